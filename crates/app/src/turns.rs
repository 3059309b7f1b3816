//! So many at a time of everything that has the same key.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Lets so many at a time have a turn for the same key. Nothing is kept of keys for which nobody has or wants one.
pub struct Turns<K> {
    at_once: usize,
    queues: Queues<K>,
}

type Queues<K> = Arc<Mutex<HashMap<K, Arc<Semaphore>>>>;

/// Somebody's turn, until this is dropped.
pub struct Turn<K: Eq + Hash> {
    key: K,
    queue: Option<Arc<Semaphore>>,
    permit: Option<OwnedSemaphorePermit>,
    queues: Queues<K>,
}

impl<K: Eq + Hash + Clone> Turns<K> {
    /// So many at a time.
    #[must_use]
    pub fn new(at_once: usize) -> Self {
        Self {
            at_once,
            queues: Arc::default(),
        }
    }

    /// A turn, once it comes.
    pub async fn wait(&self, key: K) -> Turn<K> {
        let (mut turn, queue) = self.line_up(key);
        turn.permit = queue.acquire_owned().await.ok();
        turn
    }

    /// A turn, if there is one now.
    #[must_use]
    pub fn take(&self, key: K) -> Option<Turn<K>> {
        let (mut turn, queue) = self.line_up(key);
        turn.permit = Some(queue.try_acquire_owned().ok()?);
        Some(turn)
    }

    fn line_up(&self, key: K) -> (Turn<K>, Arc<Semaphore>) {
        let mut queues = lock(&self.queues);
        let queue = queues
            .entry(key.clone())
            .or_insert_with(|| Arc::new(Semaphore::new(self.at_once)));
        let turn = Turn {
            key,
            queue: Some(Arc::clone(queue)),
            permit: None,
            queues: Arc::clone(&self.queues),
        };
        (turn, Arc::clone(queue))
    }
}

impl<K: Eq + Hash> Drop for Turn<K> {
    fn drop(&mut self) {
        self.permit = None;
        let mut queues = lock(&self.queues);
        // Under the lock, so that the last one to leave sees that nobody is left.
        self.queue = None;
        if queues
            .get(&self.key)
            .is_some_and(|queue| Arc::strong_count(queue) == 1)
        {
            queues.remove(&self.key);
        }
    }
}

fn lock<K>(queues: &Queues<K>) -> MutexGuard<'_, HashMap<K, Arc<Semaphore>>> {
    queues.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future,
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    fn now<F: Future>(future: std::pin::Pin<&mut F>) -> Option<F::Output> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    #[test]
    fn so_many_have_a_turn_and_the_next_waits_for_one_of_the_same_key() {
        let turns = Turns::new(2);
        let first = turns.take('a').unwrap();
        let _second = now(pin!(turns.wait('a'))).unwrap();
        assert!(turns.take('a').is_none());
        assert!(turns.take('b').is_some());
        let mut third = pin!(turns.wait('a'));
        assert!(now(third.as_mut()).is_none());
        drop(first);
        let _third = now(third).unwrap();
        assert!(turns.take('a').is_none());
    }

    #[test]
    fn nothing_is_kept_of_who_has_left_or_given_up() {
        let turns = Turns::new(1);
        let turn = turns.take('a').unwrap();
        let mut waiting = Box::pin(turns.wait('a'));
        assert!(now(waiting.as_mut()).is_none());
        assert!(turns.take('a').is_none());
        drop(turn);
        assert_eq!(lock(&turns.queues).len(), 1);
        drop(waiting);
        assert_eq!(lock(&turns.queues).len(), 0);
    }
}
