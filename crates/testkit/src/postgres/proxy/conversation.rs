//! What a client and its server say to each other on one connection.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::frames::{Frames, text};

const CANCEL: u32 = 80_877_102;
const ENCRYPTION: [u32; 2] = [80_877_103, 80_877_104];

/// What passed a proxy. The start-up of a connection is in `connections` and nowhere else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections that got as far as to take statements.
    pub connections: u64,
    /// How often a client began to ask when everything it had asked before was answered. What needs no waiting, such as
    /// to close a prepared statement, is no question.
    pub round_trips: u64,
    /// Simple queries (`Q`). One may be several statements: `BEGIN; SELECT 1`.
    pub queries: u64,
    /// Statements that were prepared, with a name or without one (`P`).
    pub parses: u64,
    /// Prepared statements that were executed (`E`).
    pub executes: u64,
    /// Connections that were cut at a COMMIT.
    pub commits_cut: u64,
}

impl Counts {
    /// What was executed: simple queries and prepared statements.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.queries + self.executes
    }
}

/// On which side of a COMMIT a connection is cut.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Before,
    After,
}

/// What all connections of a proxy write down, and what the next COMMIT has to expect.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) counts: Counts,
    pub(super) fault: Option<Fault>,
}

/// What is to happen to what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Forward,
    Withhold,
    Cut,
}

/// One connection, as far as it was read.
pub(super) struct Conversation {
    ledger: Arc<Mutex<Ledger>>,
    client: Frames,
    server: Frames,
    stage: Stage,
    /// How often the client asked for everything before to be answered: with a simple query or a Sync.
    asked: u64,
    /// How often the server has answered everything.
    answered: u64,
    /// Whether the client has begun to ask something that is not answered.
    is_waiting: bool,
    /// Which prepared statements and portals commit.
    committing: HashSet<(What, String)>,
    /// The answer at which the connection is cut.
    cut_at: Option<u64>,
}

#[derive(PartialEq, Eq, Hash)]
enum What {
    Statement,
    Portal,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The client has not said yet what it wants.
    Greeting,
    /// The client has asked for encryption: the answer is one byte.
    Encrypting,
    /// The client has said who it is, and proves it.
    StartingUp,
    Ready,
    /// Encrypted, or a request to cancel a statement.
    Opaque,
}

impl Conversation {
    pub(super) fn new(ledger: Arc<Mutex<Ledger>>) -> Self {
        Self {
            ledger,
            client: Frames::default(),
            server: Frames::default(),
            stage: Stage::Greeting,
            asked: 0,
            answered: 0,
            is_waiting: false,
            committing: HashSet::new(),
            cut_at: None,
        }
    }

    /// Takes what was read from the client.
    pub(super) fn client_said(&mut self, bytes: &[u8]) -> Verdict {
        self.client.push(bytes);
        loop {
            let read = match self.stage {
                Stage::Opaque => return Verdict::Forward,
                Stage::Greeting => self.client.untyped().map(|body| self.greeting(&body)),
                _ => self.client.typed().map(|(kind, body)| match self.stage {
                    Stage::Ready => self.question(kind, &body),
                    _ => Verdict::Forward,
                }),
            };
            match read {
                None => return Verdict::Forward,
                Some(Verdict::Cut) => return Verdict::Cut,
                Some(_) => {}
            }
        }
    }

    fn greeting(&mut self, body: &[u8]) -> Verdict {
        let code = body.first_chunk().copied().map(u32::from_be_bytes);
        self.stage = match code {
            Some(CANCEL) | None => Stage::Opaque,
            Some(code) if ENCRYPTION.contains(&code) => Stage::Encrypting,
            Some(_) => Stage::StartingUp,
        };
        Verdict::Forward
    }

    fn question(&mut self, kind: u8, body: &[u8]) -> Verdict {
        let (first, rest) = text(body);
        let mut commits = false;
        let ledger = Arc::clone(&self.ledger);
        let mut ledger = locked(&ledger);
        match kind {
            b'Q' => {
                ledger.counts.queries += 1;
                commits = is_commit(&first);
            }
            b'P' => {
                ledger.counts.parses += 1;
                self.remember(What::Statement, first, is_commit(&text(rest).0));
            }
            b'B' => {
                let commits = self.committing.contains(&(What::Statement, text(rest).0));
                self.remember(What::Portal, first, commits);
            }
            b'E' => {
                ledger.counts.executes += 1;
                commits = self.committing.contains(&(What::Portal, first));
            }
            _ => {}
        }
        if matches!(kind, b'Q' | b'P' | b'B' | b'D' | b'E' | b'F') && !self.is_waiting {
            self.is_waiting = true;
            ledger.counts.round_trips += 1;
        }
        if matches!(kind, b'Q' | b'S' | b'F') {
            self.asked += 1;
        }
        let Some(fault) = ledger.fault.take_if(|_| commits) else {
            return Verdict::Forward;
        };
        ledger.counts.commits_cut += 1;
        if fault == Fault::Before {
            return Verdict::Cut;
        }
        // A prepared COMMIT is answered at the Sync that follows.
        self.cut_at = Some(self.asked + u64::from(kind == b'E'));
        Verdict::Forward
    }

    fn remember(&mut self, what: What, name: String, commits: bool) {
        if commits {
            self.committing.insert((what, name));
        } else {
            self.committing.remove(&(what, name));
        }
    }

    /// Takes what was read from the server.
    pub(super) fn server_said(&mut self, bytes: &[u8]) -> Verdict {
        if self.stage == Stage::Opaque {
            return Verdict::Forward;
        }
        self.server.push(bytes);
        if self.stage == Stage::Encrypting {
            let refused = self.server.byte() == Some(b'N');
            self.stage = if refused {
                Stage::Greeting
            } else {
                Stage::Opaque
            };
            return Verdict::Forward;
        }
        while let Some((kind, _)) = self.server.typed() {
            if kind == b'Z' {
                self.ready_for_query();
            }
        }
        match self.cut_at {
            Some(answer) if answer <= self.answered => Verdict::Cut,
            Some(_) => Verdict::Withhold,
            None => Verdict::Forward,
        }
    }

    fn ready_for_query(&mut self) {
        if self.stage == Stage::Ready {
            self.answered += 1;
            self.is_waiting &= self.answered < self.asked;
        } else {
            self.stage = Stage::Ready;
            locked(&self.ledger).counts.connections += 1;
        }
    }
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_commit(statement: &str) -> bool {
    statement
        .split(|character: char| !character.is_alphanumeric() && character != '_')
        .any(|word| word.eq_ignore_ascii_case("commit"))
}
