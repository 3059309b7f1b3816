//! Histories written by hand, that the checker must accept or reject.

use crate::{
    history::{Call, History, Object, check},
    model::{
        Answer::{self, Already, Ended, NotRunning, Now, Odd, Tracks},
        Clock, NamedTask,
        Operation::{ClockIn, ClockOut, Read},
        TaskAnswer::{self, Exists, Is, Missing},
    },
};

/// A history as it is written down.
struct Script<T: Object>(History<T>, usize);

impl<T: Object + Default> Script<T> {
    fn new() -> Self {
        Self(Vec::new(), 0)
    }

    fn send(&mut self, client: usize, operation: T::Op) -> usize {
        self.1 += 1;
        self.0.push(Call {
            client,
            instance: 0,
            operation,
            sent: self.1,
            answer: None,
        });
        self.0.len() - 1
    }

    fn answer(&mut self, place: usize, answer: T::Ret) {
        self.1 += 1;
        self.0[place].answer = Some((self.1, answer));
    }

    /// A call during which nothing else happens.
    fn call(&mut self, operation: T::Op, answer: T::Ret) {
        let place = self.send(0, operation);
        self.answer(place, answer);
    }

    #[track_caller]
    fn is_accepted(&self) {
        if let Err(violation) = check(&T::default(), &self.0) {
            panic!("{violation}");
        }
    }

    #[track_caller]
    fn is_rejected(&self) -> Vec<String> {
        check(&T::default(), &self.0).unwrap_err().0
    }
}

/// Calls one after another, such as `in = now a, read = a, out = ended a, read = (a), out = not running`.
fn clock(calls: &str) -> Script<Clock> {
    let mut script = Script::new();
    for call in calls.split(", ") {
        let (operation, answer) = call.split_once(" =").unwrap();
        match (operation, answer.trim()) {
            ("in", answer) => match answer.split_once(' ') {
                Some(("now", id)) => script.call(ClockIn, now(id)),
                Some(("already", id)) => script.call(ClockIn, already(id)),
                _ => script.call(ClockIn, Odd(answer.to_owned())),
            },
            ("out", "not running") => script.call(ClockOut, NotRunning),
            ("out", answer) => script.call(ClockOut, ended(answer.trim_start_matches("ended "))),
            (_, answer) => script.call(Read, tracks(answer)),
        }
    }
    script
}

fn now(id: &str) -> Answer {
    Now(id.to_owned())
}

fn already(id: &str) -> Answer {
    Already(id.to_owned())
}

fn ended(id: &str) -> Answer {
    Ended(id.to_owned())
}

/// Tracks by id; one in parentheses has ended.
fn tracks(ids: &str) -> Answer {
    let state = |id: &str| {
        let bare = id.trim_matches(['(', ')']);
        (bare.to_owned(), bare == id)
    };
    Tracks(ids.split_whitespace().map(state).collect())
}

#[test]
fn an_ordinary_day_is_accepted() {
    let day = "out = not running, read =, in = now a, in = already a, read = a, out = ended a, \
               out = not running, in = now b, read = (a) b";
    clock(day).is_accepted();
}

#[test]
fn answers_one_after_another_that_no_clock_gives_are_rejected() {
    let table = [
        ("a second running track", "in = now a, in = now b"),
        ("another running track", "in = now a, in = already b"),
        ("made twice", "in = now a, out = ended a, in = now a"),
        ("ended twice", "in = now a, out = ended a, out = ended a"),
        ("a track nobody began", "out = ended a"),
        ("a lost clock-in", "in = now a, out = not running"),
        (
            "a lost clock-out",
            "in = now a, out = ended a, in = already a",
        ),
        ("a stale read", "in = now a, read ="),
        ("a stale end", "in = now a, out = ended a, read = a"),
        ("a lost track", "in = now a, out = ended a, read ="),
        ("a track too many", "in = now a, read = a (b)"),
        ("two running", "in = now a, read = a b"),
        ("ended early", "in = now a, read = (a)"),
        ("an odd answer", "in = 500"),
    ];
    for (what, calls) in table {
        assert!(check(&Clock::default(), &clock(calls).0).is_err(), "{what}");
    }
}

#[test]
fn calls_at_the_same_time_may_take_effect_in_either_order() {
    let mut script = Script::<Clock>::new();
    let (first, second) = (script.send(0, ClockIn), script.send(1, ClockIn));
    let (out, read) = (script.send(2, ClockOut), script.send(3, Read));
    script.answer(second, now("a"));
    script.answer(first, already("a"));
    script.answer(read, tracks("(a)"));
    script.answer(out, ended("a"));
    script.is_accepted();
}

#[test]
fn two_that_both_begin_a_track_at_the_same_time_are_rejected() {
    let mut script = Script::<Clock>::new();
    let (first, second) = (script.send(0, ClockIn), script.send(1, ClockIn));
    script.answer(first, now("a"));
    script.answer(second, now("b"));
    script.is_rejected();
}

#[test]
fn two_that_both_end_a_track_at_the_same_time_are_rejected() {
    let mut script = Script::<Clock>::new();
    script.call(ClockIn, now("a"));
    let (first, second) = (script.send(0, ClockOut), script.send(1, ClockOut));
    script.answer(first, ended("a"));
    script.answer(second, ended("a"));
    script.is_rejected();
}

#[test]
fn a_call_of_unknown_outcome_may_have_taken_effect() {
    for after in [NotRunning, ended("a")] {
        let mut script = Script::<Clock>::new();
        script.send(1, ClockIn);
        script.call(ClockOut, after);
        script.is_accepted();
    }
}

#[test]
fn a_call_of_unknown_outcome_may_take_effect_later() {
    let mut script = Script::<Clock>::new();
    script.call(ClockIn, now("a"));
    script.send(1, ClockOut);
    script.call(Read, tracks("a"));
    script.call(ClockIn, now("b"));
    script.call(Read, tracks("(a) b"));
    script.is_accepted();
}

#[test]
fn a_call_of_unknown_outcome_takes_effect_at_most_once() {
    let mut script = Script::<Clock>::new();
    script.send(1, ClockIn);
    script.call(ClockOut, ended("a"));
    script.call(ClockOut, ended("b"));
    script.is_rejected();
}

#[test]
fn a_call_of_unknown_outcome_does_not_take_effect_before_it_was_sent() {
    let mut script = Script::<Clock>::new();
    script.call(ClockIn, already("a"));
    script.send(1, ClockIn);
    script.is_rejected();
}

#[test]
fn calls_of_unknown_outcome_that_change_nothing_hide_none_that_do() {
    let mut script = clock("in = now a, out = ended a");
    for operation in [ClockOut, ClockIn, ClockIn] {
        script.send(1, operation);
    }
    script.call(Read, tracks("(a) b"));
    script.is_accepted();
}

#[test]
fn tracks_that_began_and_ended_unseen_are_recognised_later() {
    let mut script = Script::<Clock>::new();
    script.send(1, ClockIn);
    script.send(2, ClockOut);
    script.call(ClockIn, now("b"));
    script.call(Read, tracks("(a) b"));
    script.call(Read, tracks("(a) b"));
    script.is_accepted();
    script.call(Read, tracks("(c) b"));
    script.is_rejected();
}

#[test]
fn a_violation_shows_only_what_it_needs() {
    let mut script = clock(
        "out = not running, read =, in = now a, in = already a, read = a, in = now b, out = ended b",
    );
    script.send(1, Read);
    let expected = [
        "client 0 -> instance 0: ClockIn",
        "client 0 <- instance 0: ClockIn = Now(\"a\")",
        "client 0 -> instance 0: ClockIn",
        "client 0 <- instance 0: ClockIn = Now(\"b\")",
    ];
    assert_eq!(script.is_rejected(), expected);
}

/// The orders of these calls could not be tried one by one.
#[test]
fn a_long_history_is_rejected_as_well() {
    let mut script = clock("in = now a");
    for _ in 0..3 {
        script.send(9, ClockOut);
    }
    for _ in 0..8 {
        let sent: Vec<_> = (0..4).map(|client| script.send(client, Read)).collect();
        for place in sent {
            script.answer(place, tracks("a"));
        }
    }
    script.is_accepted();
    script.call(Read, tracks("b"));
    script.is_rejected();
}

#[test]
fn a_name_has_one_task_and_a_clock_out_makes_none() {
    let is = |id: &str| -> TaskAnswer { Is(id.to_owned()) };
    let mut script = Script::<NamedTask>::new();
    script.call(ClockOut, Missing);
    script.send(1, ClockIn);
    script.call(ClockOut, Missing);
    script.call(ClockOut, Exists);
    script.call(ClockIn, is("t"));
    script.call(Read, is("t"));
    script.is_accepted();
    for wrong in [is("u"), Missing, TaskAnswer::Odd("409".to_owned())] {
        let mut script = Script::<NamedTask>::new();
        let (first, second) = (script.send(0, ClockIn), script.send(1, ClockIn));
        script.answer(first, is("t"));
        script.answer(second, wrong);
        script.is_rejected();
    }
}
