//! Time tracks, and the rules on when they may begin and end.

use std::fmt;

use crate::{Duration, Instant, TaskId, TrackId, UserId};

/// How far a running track may start in the future, in milliseconds: room for clocks that differ (row 34).
pub const START_TOLERANCE_MS: i64 = 60_000;

/// A stretch of one person's time on one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// Its id.
    pub id: TrackId,
    /// On what.
    pub task: TaskId,
    /// Whose.
    pub user: UserId,
    /// From when.
    pub start: Instant,
    /// Until when; `None` while it runs.
    pub end: Option<Instant>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

impl Track {
    /// How long it lasted; a running one up to `now`.
    #[must_use]
    pub fn amount(&self, now: Instant) -> Duration {
        Duration::from_ms(self.end.unwrap_or(now).ms() - self.start.ms())
    }
}

/// Why a track cannot have these times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimesError {
    /// It would end before it began.
    EndBeforeStart,
    /// It would run, and start more than 60 s from now.
    StartInFuture,
}

/// Refuses times that no track can have (contract row 39).
///
/// # Errors
/// When the end lies before the start, or a running track starts more than 60 s after `now`.
pub fn check_times(start: Instant, end: Option<Instant>, now: Instant) -> Result<(), TimesError> {
    match end {
        Some(end) if end < start => Err(TimesError::EndBeforeStart),
        Some(_) => Ok(()),
        None => check_running_start(start, now),
    }
}

/// Refuses a start that a running track cannot have.
///
/// # Errors
/// When it lies more than 60 s after `now`.
pub fn check_running_start(start: Instant, now: Instant) -> Result<(), TimesError> {
    if start > now.plus_ms(START_TOLERANCE_MS) {
        Err(TimesError::StartInFuture)
    } else {
        Ok(())
    }
}

impl fmt::Display for TimesError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::EndBeforeStart => "must not lie before the start",
            Self::StartInFuture => {
                "must not lie more than 60 seconds in the future while the track runs"
            }
        })
    }
}

impl std::error::Error for TimesError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Instant {
        Instant::from_ms(ms).unwrap()
    }

    #[test]
    fn zero_is_a_fine_start_and_a_fine_length() {
        assert_eq!(check_times(at(0), Some(at(0)), at(5)), Ok(()));
        assert_eq!(
            check_times(at(1), Some(at(0)), at(5)),
            Err(TimesError::EndBeforeStart)
        );
    }

    #[test]
    fn a_running_track_may_start_a_minute_from_now_and_an_ended_one_whenever() {
        assert_eq!(check_times(at(60_005), None, at(5)), Ok(()));
        assert_eq!(
            check_times(at(60_006), None, at(5)),
            Err(TimesError::StartInFuture)
        );
        assert_eq!(check_times(at(90_000), Some(at(90_000)), at(5)), Ok(()));
    }

    #[test]
    fn a_clock_that_jumped_back_makes_no_negative_time() {
        let track = Track {
            id: TrackId::new(uuid::Uuid::nil()),
            task: TaskId::new(uuid::Uuid::nil()),
            user: UserId::new(uuid::Uuid::nil()),
            start: at(1000),
            end: None,
            created_at: at(1000),
            updated_at: at(1000),
        };
        assert_eq!(track.amount(at(400)), Duration::ZERO);
        assert_eq!(track.amount(at(1400)).ms(), 400);
    }
}
