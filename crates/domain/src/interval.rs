//! Windows of time and what of a track lies inside them.

use std::fmt;

use crate::{Duration, Instant};

/// The longest window of the user report: 7 days in milliseconds (contract row 51).
const LONGEST_MS: i64 = 604_800_000;

/// A stretch of time with both ends inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first instant inside.
    pub start: Instant,
    /// The last instant inside.
    pub end: Instant,
}

/// Why two instants are no window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowError {
    /// Only the start was given.
    EndMissing,
    /// Only the end was given.
    StartMissing,
    /// The end lies before the start.
    EndBeforeStart,
    /// More than 7 days.
    TooLong,
}

impl Window {
    /// The window of a user report: both ends, or neither for the 7 days up to `now` (contract row 51).
    ///
    /// # Errors
    /// When one end is missing, they stand the wrong way round, or are over 7 days apart.
    pub fn of_report(
        start: Option<Instant>,
        end: Option<Instant>,
        now: Instant,
    ) -> Result<Self, WindowError> {
        let window = match (start, end) {
            (None, None) => Self {
                start: now.plus_ms(-LONGEST_MS),
                end: now,
            },
            (Some(start), Some(end)) => Self { start, end },
            (Some(_), None) => return Err(WindowError::EndMissing),
            (None, Some(_)) => return Err(WindowError::StartMissing),
        };
        if window.end < window.start {
            Err(WindowError::EndBeforeStart)
        } else if window.end.ms() - window.start.ms() > LONGEST_MS {
            Err(WindowError::TooLong)
        } else {
            Ok(window)
        }
    }

    /// How much of the time from `start` to `end` lies inside.
    #[must_use]
    pub fn clip(self, start: Instant, end: Instant) -> Duration {
        Duration::from_ms(end.min(self.end).ms() - start.max(self.start).ms())
    }
}

impl fmt::Display for WindowError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::EndMissing => "must be given together with startDate",
            Self::StartMissing => "must be given together with endDate",
            Self::EndBeforeStart => "must not lie before startDate",
            Self::TooLong => "must lie at most 7 days (604800000 ms) after startDate",
        })
    }
}

impl std::error::Error for WindowError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: i64) -> Instant {
        Instant::from_ms(ms).unwrap()
    }

    #[test]
    fn seven_days_are_allowed_and_a_millisecond_more_is_not() {
        let report = |start, end| Window::of_report(start, end, at(LONGEST_MS * 3));
        assert!(report(Some(at(5)), Some(at(5 + LONGEST_MS))).is_ok());
        assert_eq!(
            report(Some(at(5)), Some(at(6 + LONGEST_MS))),
            Err(WindowError::TooLong)
        );
        assert_eq!(
            report(Some(at(5)), Some(at(4))),
            Err(WindowError::EndBeforeStart)
        );
        assert_eq!(report(Some(at(5)), None), Err(WindowError::EndMissing));
        assert_eq!(report(None, Some(at(5))), Err(WindowError::StartMissing));
        assert_eq!(
            report(None, None),
            Ok(Window {
                start: at(LONGEST_MS * 2),
                end: at(LONGEST_MS * 3)
            })
        );
    }

    proptest! {
        /// The naive model walks the track millisecond by millisecond.
        #[test]
        fn clipping_counts_what_is_inside(start in 0..300_i64, length in 0..300_i64, from in 0..300_i64, width in 0..300_i64) {
            let inside = (start..start + length).filter(|ms| (from..from + width).contains(ms)).count();
            let window = Window { start: at(from), end: at(from + width) };
            prop_assert_eq!(window.clip(at(start), at(start + length)).ms(), i64::try_from(inside).unwrap());
        }
    }
}
