//! Time tracks, and the rules on when they may begin and end.

use std::fmt;

use crate::{
    Duration, End, Instant, Kind, Lease, LeaseLength, MaxRunning, Meta, TaskId, TrackId, UserId,
    ending::{ends_at, own_end},
};

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
    /// Of what it was booked by, then and for good.
    pub kind: Kind,
    /// From when.
    pub start: Instant,
    /// Until when, and what ended it; `None` while it runs.
    pub end: Option<End>,
    /// The sign of life that it needs, if it needs one.
    pub lease: Option<Lease>,
    /// While it runs, the instant from which on it will have ended by itself.
    pub ends_at: Option<Instant>,
    /// What people say of it.
    pub note: Option<String>,
    /// What programs say of it.
    pub meta: Option<Meta>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}

impl Track {
    /// How long it lasted; a running one up to `now`.
    #[must_use]
    pub fn amount(&self, now: Instant) -> Duration {
        Duration::from_ms(self.end.map_or(now, |end| end.at).ms() - self.start.ms())
    }

    /// As it is at that instant: one that runs as far as anybody wrote down may have ended by itself.
    #[must_use]
    pub fn as_of(self, now: Instant) -> Self {
        match self.ends_at {
            Some(ends_at) if self.end.is_none() && ends_at <= now => Self {
                end: Some(own_end(self.start, self.lease, ends_at)),
                updated_at: self.updated_at.max(ends_at),
                ..self
            },
            _ => self,
        }
    }

    /// The same, with the instant from which on it will have ended by itself as its start and lease, and the limit of its
    /// organisation, make it.
    #[must_use]
    pub fn with_ends_at(self, limit: Option<MaxRunning>) -> Self {
        Self {
            ends_at: ends_at(self.start, self.lease, limit),
            ..self
        }
    }

    /// The same with this lease from now on, of which asking for it is the first sign of life.
    #[must_use]
    pub fn with_lease(self, length: LeaseLength, now: Instant, limit: Option<MaxRunning>) -> Self {
        let is_new = self.lease.is_none_or(|lease| lease.length != length);
        let heartbeat_at = self.lease.map_or(now, |lease| lease.heartbeat_at.max(now));
        Self {
            lease: Some(Lease {
                length,
                heartbeat_at,
            }),
            updated_at: if is_new { now } else { self.updated_at },
            ..self
        }
        .with_ends_at(limit)
    }

    /// The same after a sign of life, which is never taken back by a clock that jumped.
    #[must_use]
    pub fn with_heartbeat(self, now: Instant, limit: Option<MaxRunning>) -> Self {
        let lease = self.lease.map(|lease| Lease {
            heartbeat_at: lease.heartbeat_at.max(now),
            ..lease
        });
        Self { lease, ..self }.with_ends_at(limit)
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
    use crate::EndedBy;

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

    fn running() -> Track {
        Track {
            id: TrackId::new(uuid::Uuid::nil()),
            task: TaskId::new(uuid::Uuid::nil()),
            user: UserId::new(uuid::Uuid::nil()),
            kind: Kind::Human,
            start: at(1000),
            end: None,
            lease: None,
            ends_at: None,
            note: None,
            meta: None,
            created_at: at(1000),
            updated_at: at(1000),
        }
    }

    #[test]
    fn a_clock_that_jumped_back_makes_no_negative_time() {
        assert_eq!(running().amount(at(400)), Duration::ZERO);
        assert_eq!(running().amount(at(1400)).ms(), 400);
    }

    #[test]
    fn a_track_with_a_lease_runs_while_signs_of_life_come_and_has_then_ended_at_the_last_one() {
        let lease = Lease {
            length: LeaseLength::from_seconds(2).unwrap(),
            heartbeat_at: at(1000),
        };
        let track = Track {
            lease: Some(lease),
            ..running()
        };
        let track = track.with_ends_at(None).with_heartbeat(at(2500), None);
        assert_eq!(track.clone().as_of(at(4499)), track);
        let ended = track.clone().as_of(at(4500));
        let (at_2500, by) = (at(2500), EndedBy::Lease);
        assert_eq!(ended.end, Some(End { at: at_2500, by }));
        assert_eq!(ended.amount(at(9999)).ms(), 1500);
        assert_eq!(ended.updated_at, at(4500));
        assert_eq!(ended.clone().as_of(at(9999)), ended);
        // A clock that jumped back takes nothing away.
        assert_eq!(track.clone().with_heartbeat(at(2000), None), track);
    }
}
