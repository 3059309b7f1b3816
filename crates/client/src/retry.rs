//! How long and how often a call is tried.

use std::time::Duration;

/// How patient a client is.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// How long a call may take with all its attempts and the waiting between them.
    pub deadline: Duration,
    /// How long one attempt may take.
    pub attempt: Duration,
    /// How long an attempt may take to connect.
    pub connect: Duration,
    /// About how long to wait after the first attempt; twice as long after each further one.
    pub first_wait: Duration,
    /// The longest to wait, unless the server asks for more.
    pub longest_wait: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(30),
            attempt: Duration::from_secs(20),
            connect: Duration::from_secs(5),
            first_wait: Duration::from_millis(100),
            longest_wait: Duration::from_secs(5),
        }
    }
}

impl Policy {
    /// How long to wait after so many failed attempts: somewhere in the upper half of what has doubled each time, so that
    /// clients that failed together do not come back together.
    pub(crate) fn wait(&self, attempts: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempts.saturating_sub(1));
        let most = self
            .first_wait
            .saturating_mul(doubled)
            .min(self.longest_wait);
        most.mul_f64(rand::random_range(0.5..=1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_are_spread() {
        let policy = Policy::default();
        for (attempts, most_ms) in [(1, 100), (2, 200), (3, 400), (7, 5000), (99, 5000)] {
            let most = Duration::from_millis(most_ms);
            let waits: Vec<_> = (0..50).map(|_| policy.wait(attempts)).collect();
            assert!(waits.iter().all(|wait| *wait <= most && *wait >= most / 2));
            assert!(waits.iter().any(|wait| *wait != waits[0]));
        }
    }
}
