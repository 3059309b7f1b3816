//! Group commit in lanes: what waits in a lane becomes one transaction, with one commit for all.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use uuid::Uuid;

use super::{
    CHANNEL,
    lanes::{Lanes, begin},
    session::{Session, Tries},
};
use crate::{
    Announcement, Error, Lane, Listener, OpenError, PoolStatistics, Tx,
    alive::{Alive, Life},
    job::Job,
    statistics::{Busy, Commits},
};

/// The most jobs that share a commit. PostgreSQL keeps up to 64 subtransactions of a transaction at hand.
const LARGEST_GROUP: usize = 64;

/// The threads that write. They end when this is dropped, after what waits is done.
pub(crate) struct Writers {
    lanes: Arc<Lanes>,
    threads: Vec<thread::JoinHandle<()>>,
    busy: Busy,
    alive: Alive,
}

impl Writers {
    pub(super) fn start(
        threads: usize,
        queue: usize,
        listener: &Listener,
        commits: &Arc<Commits>,
        connect: impl Fn() -> Session,
    ) -> Result<Self, OpenError> {
        let mut writers = Self {
            lanes: Arc::new(Lanes::new(queue)),
            threads: Vec::with_capacity(threads),
            busy: Busy::default(),
            alive: Alive::new(),
        };
        for number in 0..threads {
            let mut writer = Writer {
                lanes: Arc::clone(&writers.lanes),
                session: connect(),
                listener: Arc::clone(listener),
                commits: Arc::clone(commits),
                busy: writers.busy.clone(),
                _life: writers.alive.life(),
            };
            let thread = thread::Builder::new()
                .name(format!("write-{number}"))
                .spawn(move || writer.serve())
                .map_err(OpenError::Thread)?;
            writers.threads.push(thread);
        }
        Ok(writers)
    }

    /// Hands a job over.
    pub(crate) fn submit(&self, lane: Lane, job: Box<dyn Job>) -> Result<(), Error> {
        self.lanes.push(lane, job)
    }

    /// Whether none of them has died, which leaves its lane without service.
    pub(crate) fn are_alive(&self) -> bool {
        self.alive.is_true()
    }

    pub(crate) fn statistics(&self) -> PoolStatistics {
        PoolStatistics {
            name: "write",
            size: self.threads.len(),
            busy: self.busy.count(),
            waiting: self.lanes.count(),
        }
    }
}

impl Drop for Writers {
    fn drop(&mut self) {
        self.lanes.close();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

struct Writer {
    lanes: Arc<Lanes>,
    session: Session,
    listener: Listener,
    commits: Arc<Commits>,
    busy: Busy,
    _life: Life,
}

/// A job that ran, and what became of it already.
type Done = (Box<dyn Job>, Result<(), Error>);

/// What a group in a transaction has come to.
#[derive(Default)]
struct Group {
    done: Vec<Done>,
    announcements: Vec<Uuid>,
    /// Whether the transaction holds what some job wrote.
    has_kept: bool,
    /// Whether COMMIT was sent: a connection lost from then on leaves nobody knowing.
    is_committing: bool,
    is_committed: bool,
    commit_took: Duration,
}

impl Group {
    fn can_retry(&self, error: &Error) -> bool {
        !self.is_committing || matches!(error, Error::Contended(_))
    }
}

impl Writer {
    fn serve(&mut self) {
        while let Some((lane, first)) = self.lanes.enter() {
            let _busy = self.busy.enter();
            self.commit_group(lane, first);
            self.lanes.leave(lane);
        }
    }

    /// Runs and commits the first job and whatever waits behind it. All of them are run again when the engine could not
    /// keep them for a reason that passes.
    fn commit_group(&mut self, lane: Lane, first: Box<dyn Job>) {
        let mut tries = Tries::begin();
        let mut jobs = vec![first];
        let (group, committed) = loop {
            let mut group = Group::default();
            let outcome = self.run_group(lane, &mut jobs, &mut group);
            match outcome {
                Err(error) if group.can_retry(&error) && tries.again(&error) => {
                    let done = group.done.drain(..).map(|(job, _)| job);
                    jobs.splice(..0, done);
                }
                outcome => break (group, outcome),
            }
        };
        if group.is_committed {
            self.commits.count(group.done.len(), group.commit_took);
        }
        if committed.is_ok() {
            for topic in group.announcements {
                (self.listener)(Announcement::Of(topic));
            }
        }
        for (job, fate) in group.done {
            job.answer(fate.and(committed.clone()));
        }
        for job in jobs {
            job.answer(committed.clone());
        }
    }

    /// One transaction. Moves each job that ran into the group; when this fails nothing is kept, except that nobody
    /// knows once the group was committing.
    fn run_group(
        &mut self,
        lane: Lane,
        jobs: &mut Vec<Box<dyn Job>>,
        group: &mut Group,
    ) -> Result<(), Error> {
        let outcome = self.fill(lane, jobs, group);
        if !group.is_committed {
            self.session.reset("ROLLBACK");
        }
        outcome
    }

    fn fill(
        &mut self,
        lane: Lane,
        jobs: &mut Vec<Box<dyn Job>>,
        group: &mut Group,
    ) -> Result<(), Error> {
        self.session.live_connection()?.begin(begin(lane));
        while !group.is_committed {
            if jobs.is_empty() {
                let room = group.done.len() < LARGEST_GROUP;
                jobs.extend(room.then(|| self.lanes.next(lane)).flatten());
            }
            if jobs.is_empty() {
                break;
            }
            let mut job = jobs.remove(0);
            let is_last = jobs.is_empty()
                && (group.done.len() + 1 == LARGEST_GROUP || !self.lanes.has_more(lane));
            let fate = self.run_job(lane, job.as_mut(), is_last, group);
            match fate {
                Err(error) if is_of_group(&error) => {
                    jobs.insert(0, job);
                    return Err(error);
                }
                fate => group.done.push((job, fate)),
            }
        }
        if group.has_kept && !group.is_committed {
            self.commit("", group)?;
        }
        Ok(())
    }

    /// Runs a job, in a savepoint if others before it are to be kept, and commits behind the last.
    fn run_job(
        &mut self,
        lane: Lane,
        job: &mut dyn Job,
        is_last: bool,
        group: &mut Group,
    ) -> Result<(), Error> {
        let connection = self.session.held()?;
        if group.has_kept {
            connection.start("SAVEPOINT job".to_owned());
        }
        let mut tx = Tx::postgres(connection);
        let keep = job.run(&mut tx);
        let failure = tx.failure().cloned();
        let announced = tx.into_announcements();
        if let Some(error) = failure.filter(is_of_group) {
            return Err(error);
        }
        if !keep {
            return self.undo(lane, group);
        }
        let before = group.announcements.len();
        group.announcements.extend(announced);
        let release = if group.has_kept { "RELEASE job; " } else { "" };
        let outcome = if is_last {
            group.has_kept = true;
            self.commit(release, group)
        } else if group.has_kept {
            self.session.held()?.batch("RELEASE job")
        } else {
            self.session.held()?.flush()
        };
        match outcome {
            Ok(()) => group.has_kept = true,
            // A statement that was sent late failed: this job is undone, and the others are not.
            Err(ref error) if !is_of_group(error) => {
                group.announcements.truncate(before);
                group.is_committing = false;
                group.has_kept = !release.is_empty();
                self.undo(lane, group)?;
            }
            Err(_) => {}
        }
        outcome
    }

    /// Undoes what the last job wrote, or else loses the whole transaction.
    fn undo(&mut self, lane: Lane, group: &Group) -> Result<(), Error> {
        let connection = self.session.held()?;
        connection.drop_pending();
        let back = match group.has_kept {
            true => "ROLLBACK TO job; RELEASE job",
            false => "ROLLBACK",
        };
        if connection.has_sent()
            && let Err(error) = connection.batch(back)
        {
            return Err(Error::Unavailable(error.to_string()));
        }
        if !group.has_kept {
            connection.begin(begin(lane));
        }
        Ok(())
    }

    /// Commits. `release` comes first: in a transaction that failed it fails too, so that COMMIT is not run.
    fn commit(&mut self, release: &str, group: &mut Group) -> Result<(), Error> {
        let notify: String = group
            .announcements
            .iter()
            .map(|topic| format!("SELECT pg_notify('{CHANNEL}', '{topic}'); "))
            .collect();
        group.is_committing = true;
        let connection = self.session.held()?;
        let began = Instant::now();
        connection.batch(&format!("{release}{notify}COMMIT"))?;
        group.commit_took = began.elapsed();
        group.is_committed = true;
        Ok(())
    }
}

/// Whether the whole transaction is lost with this error, and not the job alone.
fn is_of_group(error: &Error) -> bool {
    matches!(error, Error::Contended(_) | Error::Unavailable(_))
}
