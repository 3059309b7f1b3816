//! What waits to be written, lane by lane. One thread at a time serves a lane, in the order of arrival.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

use crate::{Error, Lane, job::Job};

/// The lane of what concerns more than one organisation. No UUID of ours ends like this.
const SERVER_LOCK: i64 = 0x7469_6d65_7472_6b73;

/// The lanes with work, shared by the writing threads.
pub(super) struct Lanes {
    state: Mutex<State>,
    ready: Condvar,
    /// The most jobs that wait.
    limit: usize,
}

#[derive(Default)]
struct State {
    /// The jobs of every lane that is ready or being served.
    waiting: HashMap<Lane, VecDeque<Box<dyn Job>>>,
    /// Lanes with work that nobody serves.
    ready: VecDeque<Lane>,
    count: usize,
    closed: bool,
}

impl State {
    fn pop(&mut self, lane: Lane) -> Option<Box<dyn Job>> {
        let job = self.waiting.get_mut(&lane)?.pop_front()?;
        self.count -= 1;
        Some(job)
    }
}

impl Lanes {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            state: Mutex::default(),
            ready: Condvar::new(),
            limit,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a job at the end of its lane.
    pub(super) fn push(&self, lane: Lane, job: Box<dyn Job>) -> Result<(), Error> {
        let mut state = self.state();
        if state.count >= self.limit {
            return Err(Error::Busy);
        }
        state.count += 1;
        if let Some(jobs) = state.waiting.get_mut(&lane) {
            jobs.push_back(job);
        } else {
            state.waiting.insert(lane, VecDeque::from([job]));
            state.ready.push_back(lane);
            self.ready.notify_one();
        }
        Ok(())
    }

    /// Waits for a lane with work, which is then this thread's until [`Lanes::leave`]. `None` once closed and empty.
    pub(super) fn enter(&self) -> Option<(Lane, Box<dyn Job>)> {
        let mut state = self.state();
        loop {
            if let Some(lane) = state.ready.pop_front() {
                if let Some(job) = state.pop(lane) {
                    return Some((lane, job));
                }
                state.waiting.remove(&lane);
            } else if state.closed {
                return None;
            } else {
                state = self
                    .ready
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// The next job of a lane that this thread serves.
    pub(super) fn next(&self, lane: Lane) -> Option<Box<dyn Job>> {
        self.state().pop(lane)
    }

    /// Gives a lane back; if it has more work it waits behind the others.
    pub(super) fn leave(&self, lane: Lane) {
        let mut state = self.state();
        if state.waiting.get(&lane).is_some_and(VecDeque::is_empty) {
            state.waiting.remove(&lane);
        } else {
            state.ready.push_back(lane);
            self.ready.notify_one();
        }
    }

    /// How many jobs wait, in all lanes.
    pub(super) fn count(&self) -> usize {
        self.state().count
    }

    /// Lets the threads go once everything is done.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.ready.notify_all();
    }
}

/// Begins a transaction that is alone in its lane, among all the instances. Statements after it see what its
/// predecessors committed, because under READ COMMITTED each takes a snapshot of its own.
pub(super) fn begin(lane: Lane) -> String {
    let lock = match lane {
        // The end of a UUIDv7 is random. Two organisations that share it wait for each other, no more.
        Lane::Org(org) => org.as_u64_pair().1.cast_signed(),
        Lane::Server => SERVER_LOCK,
    };
    format!("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock({lock})")
}
