//! How much clients may use up at a time.

use std::time::Duration;

/// How much clients may use up at a time. Everybody has the default; only tests can do with less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// How many connections there may be. More are closed at once.
    pub connections: usize,
    /// How many requests may be under way. More are refused with 503.
    pub requests: usize,
    /// How long a handler may take until its answer begins.
    pub handler_time: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 10_000,
            requests: 4096,
            handler_time: Duration::from_secs(15),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unless_somebody_says_otherwise_the_bounds_are_those_of_the_documentation() {
        let documented = Bounds {
            connections: 10_000,
            requests: 4_096,
            handler_time: Duration::from_secs(15),
        };
        assert_eq!(Bounds::default(), documented);
        assert_eq!(crate::HttpPolicy::default().bounds, documented);
    }
}
