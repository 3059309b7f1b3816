//! Where the client takes the time from.

use std::{pin::Pin, time::Duration};

use timetracks_domain::Instant;

/// A clock, and a way to wait for it. Tests bring one that does not wait.
pub trait Time: Send + Sync + 'static {
    /// The moment, as the wall shows it.
    fn now(&self) -> Instant;

    /// How long it has been since some fixed moment, whatever the wall shows.
    fn elapsed(&self) -> Duration;

    /// Waits.
    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The time of the machine.
#[derive(Debug, Clone, Copy)]
pub struct SystemTime(std::time::Instant);

impl Default for SystemTime {
    fn default() -> Self {
        Self(std::time::Instant::now())
    }
}

impl Time for SystemTime {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the client reads it"
    )]
    fn now(&self) -> Instant {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let ms = since.map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        });
        Instant::MIN.plus_ms(ms)
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(time))
    }
}
