//! What all clients asked and were told, in one order.

use std::sync::{Mutex, MutexGuard};

use reqwest::StatusCode;
use serde_json::Value;

use crate::{
    history::{Call, History},
    model::{Answer, Clock, Id, NamedTask, Operation, TaskAnswer},
};

/// An answer as it came, and what it says about the clock and about the task.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) clock: Answer,
    pub(crate) task: TaskAnswer,
    pub(crate) body: Value,
}

/// One person's clock on one task, by their places in the round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) person: usize,
    pub(crate) task: usize,
}

/// What all clients asked and were told. Each writes down a question before it is sent and an answer after it has come.
#[derive(Default)]
pub(crate) struct Record(Mutex<Calls>);

#[derive(Default)]
struct Calls {
    now: usize,
    /// `None` for a question that was never sent.
    calls: Vec<Option<(Subject, Call<Operation, Reply>)>>,
}

impl Calls {
    fn tick(&mut self) -> usize {
        self.now += 1;
        self.now
    }
}

impl Record {
    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap()
    }

    /// Writes down what is about to be asked, and answers with its place.
    pub(crate) fn sent(
        &self,
        (client, instance): (usize, usize),
        subject: Subject,
        operation: Operation,
    ) -> usize {
        let mut calls = self.calls();
        let call = Call {
            client,
            instance,
            operation,
            sent: calls.tick(),
            answer: None,
        };
        calls.calls.push(Some((subject, call)));
        calls.calls.len() - 1
    }

    /// Writes down an answer.
    pub(crate) fn answered(&self, place: usize, reply: Reply) {
        let mut calls = self.calls();
        let now = calls.tick();
        if let Some((_, call)) = &mut calls.calls[place] {
            call.answer = Some((now, reply));
        }
    }

    /// Takes back what was not sent after all.
    pub(crate) fn not_sent(&self, place: usize) {
        self.calls().calls[place] = None;
    }

    /// What became of one person's clock on one task.
    pub(crate) fn clock(&self, subject: Subject) -> History<Clock> {
        let of_subject = |(of, call): &(Subject, Call<Operation, Reply>)| {
            (*of == subject).then(|| told(call, |reply| reply.clock.clone()))
        };
        self.select(of_subject)
    }

    /// What everyone was told about a task when they clocked in or out.
    pub(crate) fn task(&self, task: usize) -> History<NamedTask> {
        let of_task = |(of, call): &(Subject, Call<Operation, Reply>)| {
            (of.task == task && call.operation != Operation::Read)
                .then(|| told(call, |reply| reply.task.clone()))
        };
        self.select(of_task)
    }

    /// Every track that somebody was told of by clocking in or out.
    pub(crate) fn acknowledged(&self) -> Vec<(Subject, Reply)> {
        let with_track = |(subject, call): &(Subject, Call<Operation, Reply>)| {
            let (_, reply) = call.answer.as_ref()?;
            let is_track = matches!(
                reply.clock,
                Answer::Now(_) | Answer::Already(_) | Answer::Ended(_)
            );
            is_track.then(|| (*subject, reply.clone()))
        };
        self.select(with_track)
    }

    fn select<T>(
        &self,
        choose: impl FnMut(&(Subject, Call<Operation, Reply>)) -> Option<T>,
    ) -> Vec<T> {
        self.calls()
            .calls
            .iter()
            .flatten()
            .filter_map(choose)
            .collect()
    }
}

fn told<T>(call: &Call<Operation, Reply>, read: impl FnOnce(&Reply) -> T) -> Call<Operation, T> {
    let answer = call.answer.as_ref();
    Call {
        client: call.client,
        instance: call.instance,
        operation: call.operation,
        sent: call.sent,
        answer: answer.map(|(time, reply)| (*time, read(reply))),
    }
}

impl Reply {
    /// Reads an answer to this person; `None` if it leaves open what was done.
    pub(crate) fn read(
        operation: Operation,
        status: StatusCode,
        body: Value,
        person: &str,
    ) -> Option<Self> {
        let text = |name: &str| -> Id { body[name].as_str().unwrap_or_default().to_owned() };
        let is = TaskAnswer::Is(text("taskId"));
        let (clock, task) = match (operation, status.as_u16()) {
            (_, 502..=504) => return None,
            (Operation::ClockIn, 201) => (Answer::Now(text("id")), is),
            (Operation::ClockIn, 200) => (Answer::Already(text("id")), is),
            (Operation::ClockOut, 200) => (Answer::Ended(text("id")), is),
            (Operation::ClockOut, 409) if text("type") == "/problems/not-running" => {
                (Answer::NotRunning, TaskAnswer::Exists)
            }
            (Operation::ClockOut, 404) => (Answer::NotRunning, TaskAnswer::Missing),
            (Operation::Read, 200) => (tracks_of(person, &body), TaskAnswer::Exists),
            _ => {
                let odd = format!("{status}: {body}");
                (Answer::Odd(odd.clone()), TaskAnswer::Odd(odd))
            }
        };
        Some(Self { clock, task, body })
    }
}

/// The person's tracks in a list of everyone's.
fn tracks_of(person: &str, list: &Value) -> Answer {
    let tracks = list.as_array().into_iter().flatten();
    let own = tracks.filter(|track| track["userId"] == person);
    let state = |track: &Value| {
        let id = track["id"].as_str().unwrap_or_default();
        (id.to_owned(), track["end"].is_null())
    };
    Answer::Tracks(own.map(state).collect())
}
