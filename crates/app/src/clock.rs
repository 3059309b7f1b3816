//! The only place that looks at a clock.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use timetracks_domain::Instant;

/// Tells the time, and how much of it has passed: the machine's, or in tests whatever they say.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> Instant + Send + Sync>,
    passed: Arc<dyn Fn() -> Duration + Send + Sync>,
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        let started = std::time::Instant::now();
        let now = || {
            #[expect(clippy::disallowed_methods, reason = "this is the one place")]
            let since = SystemTime::now().duration_since(UNIX_EPOCH);
            let ms = since.map_or(0, |since| {
                i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
            });
            Instant::MIN.plus_ms(ms)
        };
        Self::new(now, move || started.elapsed())
    }

    /// A clock that answers with what these functions say.
    pub fn new(
        now: impl Fn() -> Instant + Send + Sync + 'static,
        passed: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Self {
        Self {
            now: Arc::new(now),
            passed: Arc::new(passed),
        }
    }

    /// Now. Somebody may put the clock right, so an earlier answer can be greater.
    #[must_use]
    pub fn now(&self) -> Instant {
        (self.now)()
    }

    /// How much time has passed, from whenever on. It never goes back.
    #[must_use]
    pub fn passed(&self) -> Duration {
        (self.passed)()
    }
}
