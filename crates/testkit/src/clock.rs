//! The clock of the server under test.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use timetracks_app::Clock;
use timetracks_domain::Instant;

/// A clock that stands still until it is moved.
#[derive(Clone)]
pub struct TestClock {
    now_ms: Arc<AtomicI64>,
    passed_ms: Arc<AtomicU64>,
}

impl TestClock {
    pub(crate) fn at(ms: i64) -> Self {
        Self {
            now_ms: Arc::new(AtomicI64::new(ms)),
            passed_ms: Arc::default(),
        }
    }

    /// Unix milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.now_ms.load(Ordering::SeqCst)
    }

    /// Lets some milliseconds pass. With a negative number the clock is put back.
    pub fn advance(&self, ms: i64) {
        self.put_right(ms);
        let passed = u64::try_from(ms).unwrap_or_default();
        self.passed_ms.fetch_add(passed, Ordering::SeqCst);
    }

    /// Puts the clock right by some milliseconds, without any passing.
    pub fn put_right(&self, ms: i64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    pub(crate) fn clock(&self) -> Clock {
        let (clock, passed) = (self.clone(), Arc::clone(&self.passed_ms));
        Clock::new(
            move || Instant::MIN.plus_ms(clock.now()),
            move || Duration::from_millis(passed.load(Ordering::SeqCst)),
        )
    }
}
