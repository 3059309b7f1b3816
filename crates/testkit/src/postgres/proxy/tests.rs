//! Conversations byte by byte.

use std::sync::{Arc, Mutex};

use super::{
    around_host,
    conversation::{Conversation, Counts, Fault, Ledger, Verdict, locked},
};

const READY: &[u8] = b"Z\0\0\0\x05I";
const SYNC: (&str, &str) = ("S", "");

/// Messages of a type and a body, one after another.
fn messages(messages: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, body) in messages {
        bytes.extend(kind.as_bytes());
        bytes.extend((body.len() as u32 + 4).to_be_bytes());
        bytes.extend(body.as_bytes());
    }
    bytes
}

/// A conversation, with each byte in a read of its own.
struct Talk {
    conversation: Conversation,
    ledger: Arc<Mutex<Ledger>>,
}

impl Talk {
    fn new() -> Self {
        let ledger = Arc::default();
        let conversation = Conversation::new(Arc::clone(&ledger));
        Self {
            conversation,
            ledger,
        }
    }

    /// As a client does that would like TLS, gets none, and proves who it is with a password.
    fn started() -> Self {
        let mut talk = Self::new();
        talk.ask(b"\0\0\0\x08\x04\xd2\x16\x2f");
        talk.answer(b"N");
        talk.ask(b"\0\0\0\x10\0\x03\0\0user\0me\0");
        talk.answer(b"R\0\0\0\x08\0\0\0\x03");
        talk.ask(&messages(&[("p", "secret\0")]));
        talk.answer(b"R\0\0\0\x08\0\0\0\0");
        assert_eq!(talk.counts(), Counts::default());
        talk.answer(READY);
        let connections = std::mem::take(&mut locked(&talk.ledger).counts).connections;
        assert_eq!(connections, 1);
        talk
    }

    fn with(fault: Fault) -> Self {
        let talk = Self::started();
        locked(&talk.ledger).fault = Some(fault);
        talk
    }

    fn ask(&mut self, bytes: &[u8]) -> Verdict {
        let verdicts = bytes
            .chunks(1)
            .map(|byte| self.conversation.client_said(byte));
        verdicts.last().unwrap()
    }

    fn answer(&mut self, bytes: &[u8]) -> Verdict {
        let verdicts = bytes
            .chunks(1)
            .map(|byte| self.conversation.server_said(byte));
        verdicts.last().unwrap()
    }

    fn counts(&self) -> Counts {
        locked(&self.ledger).counts
    }
}

#[test]
fn statements_and_round_trips_are_counted() {
    let mut talk = Talk::started();
    talk.ask(&messages(&[("Q", "BEGIN\0")]));
    talk.answer(READY);
    talk.ask(&messages(&[
        ("P", "s\0SELECT 1\0\0\0"),
        ("D", "Ss\0"),
        SYNC,
    ]));
    talk.answer(READY);
    let execute = [("B", "\0s\0\0\0\0\0\0\0"), ("E", "\0\0\0\0\0"), SYNC];
    talk.ask(&messages(&execute));
    // Asked before the answer: no other round trip.
    talk.ask(&messages(&execute));
    talk.answer(READY);
    talk.answer(READY);
    // Closed without waiting, and the client is gone.
    talk.ask(&messages(&[("C", "Ss\0"), SYNC, ("X", "")]));
    let expected = Counts {
        round_trips: 3,
        queries: 1,
        parses: 1,
        executes: 2,
        ..Counts::default()
    };
    assert_eq!(talk.counts(), expected);
    assert_eq!(talk.counts().statements(), 3);
}

#[test]
fn a_question_while_a_statement_is_being_closed_is_a_round_trip() {
    let mut talk = Talk::started();
    talk.ask(&messages(&[("C", "Ss\0"), SYNC]));
    talk.ask(&messages(&[("Q", "SELECT 1\0")]));
    talk.answer(READY);
    talk.ask(&messages(&[("Q", "SELECT 2\0")]));
    assert_eq!(talk.counts().round_trips, 1);
    talk.answer(READY);
    talk.answer(READY);
    talk.ask(&messages(&[("Q", "SELECT 3\0")]));
    assert_eq!(talk.counts().round_trips, 2);
}

#[test]
fn the_answer_to_a_commit_is_kept_back_with_what_is_before_it() {
    let mut talk = Talk::with(Fault::After);
    assert_eq!(
        talk.ask(&messages(&[("Q", "SELECT committed\0")])),
        Verdict::Forward
    );
    let question = messages(&[("Q", "INSERT\0"), ("Q", "commit;\0")]);
    assert_eq!(talk.ask(&question), Verdict::Forward);
    assert_eq!(talk.answer(READY), Verdict::Withhold);
    assert_eq!(talk.answer(READY), Verdict::Withhold);
    assert_eq!(talk.answer(READY), Verdict::Cut);
    assert_eq!(talk.counts().commits_cut, 1);
}

#[test]
fn a_prepared_commit_is_known_by_its_name() {
    let mut talk = Talk::with(Fault::After);
    talk.ask(&messages(&[("P", "end\0COMMIT\0\0\0"), SYNC]));
    assert_eq!(talk.answer(READY), Verdict::Forward);
    talk.ask(&messages(&[
        ("B", "\0end\0\0\0\0\0\0\0"),
        ("E", "\0\0\0\0\0"),
        SYNC,
    ]));
    assert_eq!(talk.answer(b"C\0\0\0\x0bCOMMIT\0"), Verdict::Withhold);
    assert_eq!(talk.answer(READY), Verdict::Cut);
}

#[test]
fn a_commit_is_kept_from_the_server_once() {
    let mut talk = Talk::with(Fault::Before);
    assert_eq!(talk.ask(&messages(&[("Q", "BEGIN\0")])), Verdict::Forward);
    let commit = messages(&[("Q", "COMMIT\0")]);
    assert_eq!(talk.ask(&commit), Verdict::Cut);
    assert!(locked(&talk.ledger).fault.is_none());
}

#[test]
fn what_is_encrypted_is_not_read() {
    let mut talk = Talk::new();
    talk.ask(b"\0\0\0\x08\x04\xd2\x16\x2f");
    talk.answer(b"S");
    talk.ask(&messages(&[("Q", "COMMIT\0")]));
    talk.answer(READY);
    assert_eq!(talk.counts(), Counts::default());
}

#[test]
fn the_host_of_a_url_is_found() {
    for (url, parts) in [
        ("postgres://u:p@h:1/x?y", ("postgres://u:p@", "h:1", "/x?y")),
        ("postgres://h?y=a@b/c", ("postgres://", "h", "?y=a@b/c")),
        ("postgres://u@h", ("postgres://u@", "h", "")),
    ] {
        assert_eq!(around_host(url), parts);
    }
}
