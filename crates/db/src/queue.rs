//! What waits for a thread that works it off.
//!
//! A thread without work sleeps at once. Channels let it spin for a while first, which on few cores takes the time of
//! those who could bring it work.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use crate::Error;

/// First in, first out, for any number of consumers.
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
    /// The most that waits.
    limit: usize,
}

struct State<T> {
    waiting: VecDeque<T>,
    consumers: usize,
    /// The consumers that sleep.
    idle: usize,
    is_closed: bool,
}

/// One who works a queue off. Once the last has gone nothing is accepted, and what waits is dropped.
pub(crate) struct Consumer<T>(Arc<Queue<T>>);

impl<T> Queue<T> {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                consumers: 0,
                idle: 0,
                is_closed: false,
            }),
            filled: Condvar::new(),
            limit,
        })
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new consumer.
    pub(crate) fn consumer(self: &Arc<Self>) -> Consumer<T> {
        self.state().consumers += 1;
        Consumer(Arc::clone(self))
    }

    /// Puts something at the end.
    ///
    /// # Errors
    /// [`Error::Busy`] when too much waits; [`Error::Unavailable`] once it is closed.
    pub(crate) fn push(&self, item: T) -> Result<(), Error> {
        let mut state = self.state();
        if state.is_closed {
            return Err(Error::Unavailable(
                "the database is being closed".to_owned(),
            ));
        }
        if state.waiting.len() >= self.limit {
            return Err(Error::Busy);
        }
        state.waiting.push_back(item);
        if state.idle > 0 {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// How much waits.
    pub(crate) fn len(&self) -> usize {
        self.state().waiting.len()
    }

    /// Accepts no more. The consumers see what waits already, and then the end.
    pub(crate) fn close(&self) {
        self.state().is_closed = true;
        self.filled.notify_all();
    }
}

impl<T> Consumer<T> {
    /// The next; waits for it. `None` once the queue is closed and empty.
    pub(crate) fn pop(&self) -> Option<T> {
        let mut state = self.0.state();
        loop {
            if let Some(item) = state.waiting.pop_front() {
                return Some(item);
            }
            if state.is_closed {
                return None;
            }
            state.idle += 1;
            let woken = self.0.filled.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }

    /// The next, if there is one already.
    pub(crate) fn try_pop(&self) -> Option<T> {
        self.0.state().waiting.pop_front()
    }
}

impl<T> Drop for Consumer<T> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.consumers -= 1;
        if state.consumers == 0 {
            state.is_closed = true;
            // Outside the lock: what is dropped may wake others.
            let left = std::mem::take(&mut state.waiting);
            drop(state);
            drop(left);
        }
    }
}
