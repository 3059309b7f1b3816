//! Tracks that end by themselves: when no sign of life comes within their lease, or at the organisation's limit.
//!
//! Nothing waits for that instant. Whoever looks at a running track works out whether it has ended, and all find the same.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::Instant;

/// What ended a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedBy {
    /// A person, or a program for them.
    User,
    /// No sign of life came within its lease.
    Lease,
    /// It ran for as long as the organisation allows.
    Limit,
}

impl EndedBy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::User, Self::Lease, Self::Limit];

    /// The word for it on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Lease => "lease",
            Self::Limit => "limit",
        }
    }

    /// The one of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|by| by.as_str() == word)
    }
}

/// The end of a track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// When it ended.
    pub at: Instant,
    /// What ended it.
    pub by: EndedBy,
}

/// A whole number outside its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RangeError {
    unit: &'static str,
    max: i64,
}

impl fmt::Display for RangeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unit, max } = self;
        write!(
            formatter,
            "must be a whole number of {unit} between 1 and {max}"
        )
    }
}

impl std::error::Error for RangeError {}

/// For how long a sign of life is good: 1 to 86,400 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LeaseLength(i64);

/// The longest that a track of an organisation may run: 1 to 8,760 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct MaxRunning(i64);

impl LeaseLength {
    const MAX_SECONDS: i64 = 86_400;
    /// Why a number is none.
    pub const RULE: RangeError = RangeError {
        unit: "seconds",
        max: Self::MAX_SECONDS,
    };

    /// That many seconds.
    ///
    /// # Errors
    /// When they are less than 1 or more than a day.
    pub fn from_seconds(seconds: i64) -> Result<Self, RangeError> {
        let fits = (1..=Self::MAX_SECONDS).contains(&seconds);
        fits.then_some(Self(seconds)).ok_or(Self::RULE)
    }

    /// Seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0
    }
}

impl MaxRunning {
    const MAX_HOURS: i64 = 8_760;
    /// Why a number is none.
    pub const RULE: RangeError = RangeError {
        unit: "hours",
        max: Self::MAX_HOURS,
    };

    /// That many hours.
    ///
    /// # Errors
    /// When they are less than 1 or more than a year.
    pub fn from_hours(hours: i64) -> Result<Self, RangeError> {
        let fits = (1..=Self::MAX_HOURS).contains(&hours);
        fits.then_some(Self(hours)).ok_or(Self::RULE)
    }

    /// Hours.
    #[must_use]
    pub const fn hours(self) -> i64 {
        self.0
    }
}

/// A lease, and the last sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// For how long a sign of life is good.
    pub length: LeaseLength,
    /// When the last one came, by the server's clock; at first when the track was booked.
    pub heartbeat_at: Instant,
}

impl Lease {
    /// When it runs out, unless another sign of life comes before.
    #[must_use]
    pub fn expires_at(self) -> Instant {
        self.heartbeat_at.plus_ms(self.length.seconds() * 1000)
    }
}

/// The instant from which on a running track has ended by itself, if nothing happens to it until then.
#[must_use]
pub(crate) fn ends_at(
    start: Instant,
    lease: Option<Lease>,
    limit: Option<MaxRunning>,
) -> Option<Instant> {
    let limit = limit.map(|limit| start.plus_ms(limit.hours() * 3_600_000));
    let lease = lease.map(Lease::expires_at);
    [lease, limit].into_iter().flatten().min()
}

/// The end that a track has from `ends_at` on: the last sign of life if it is the lease that ends it, and never before its
/// start; else that very instant.
#[must_use]
pub(crate) fn own_end(start: Instant, lease: Option<Lease>, ends_at: Instant) -> End {
    match lease {
        Some(lease) if lease.expires_at() <= ends_at => End {
            at: lease.heartbeat_at.max(start),
            by: EndedBy::Lease,
        },
        _ => End {
            at: ends_at,
            by: EndedBy::Limit,
        },
    }
}

fn whole_number(max: i64) -> Schema {
    json_schema!({ "type": "integer", "format": "int64", "minimum": 1, "maximum": max })
}

impl JsonSchema for LeaseLength {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "LeaseLength".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        whole_number(Self::MAX_SECONDS)
    }
}

impl JsonSchema for MaxRunning {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "MaxRunning".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        whole_number(Self::MAX_HOURS)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::MIN.plus_ms(seconds * 1000)
    }

    fn lease(length: i64, heartbeat: i64) -> Lease {
        Lease {
            length: LeaseLength::from_seconds(length).unwrap(),
            heartbeat_at: at(heartbeat),
        }
    }

    /// The end that is found at `now`.
    fn end(
        start: Instant,
        lease: Option<Lease>,
        limit: Option<MaxRunning>,
        now: Instant,
    ) -> Option<End> {
        let ends_at = ends_at(start, lease, limit)?;
        (ends_at <= now).then(|| own_end(start, lease, ends_at))
    }

    #[test]
    fn the_bounds_are_those_of_the_contract() {
        for (seconds, fits) in [(0, false), (1, true), (86_400, true), (86_401, false)] {
            assert_eq!(LeaseLength::from_seconds(seconds).is_ok(), fits);
        }
        for (hours, fits) in [(0, false), (1, true), (8_760, true), (8_761, false)] {
            assert_eq!(MaxRunning::from_hours(hours).is_ok(), fits);
        }
        let rule = LeaseLength::RULE.to_string();
        assert_eq!(
            rule,
            "must be a whole number of seconds between 1 and 86400"
        );
    }

    #[test]
    fn a_lease_is_over_at_its_last_instant_and_the_track_ends_at_the_last_sign_of_life() {
        let lease = Some(lease(10, 100));
        let just_before = at(110).plus_ms(-1);
        assert_eq!(end(at(50), lease, None, just_before), None);
        let by = EndedBy::Lease;
        assert_eq!(
            end(at(50), lease, None, at(110)),
            Some(End { at: at(100), by })
        );
        // A start up to a minute ahead makes no negative time.
        assert_eq!(
            end(at(130), lease, None, at(200)),
            Some(End { at: at(130), by })
        );
    }

    #[test]
    fn what_comes_first_ends_a_track_and_at_the_same_instant_the_lease() {
        let limit = Some(MaxRunning::from_hours(1).unwrap());
        let ended = |heartbeat| end(at(0), Some(lease(10, heartbeat)), limit, at(9000)).unwrap();
        assert_eq!(ended(3589).by, EndedBy::Lease);
        assert_eq!(ended(3590).by, EndedBy::Lease);
        let limited = End {
            at: at(3600),
            by: EndedBy::Limit,
        };
        assert_eq!(ended(3591), limited);
        // A start that was moved back: the track had run for too long before the last sign of life.
        assert_eq!(ended(8000), limited);
    }

    fn limits() -> impl Strategy<Value = Option<MaxRunning>> {
        prop::option::of((1..4_i64).prop_map(|hours| MaxRunning::from_hours(hours).unwrap()))
    }

    proptest! {
        /// The naive model watches the track second by second.
        #[test]
        fn a_track_ends_when_somebody_who_watches_it_would_end_it(
            start in 0..9000_i64, heartbeat in 0..9000_i64, length in 1..9000_i64, leased: bool,
            limit in limits(), now in 0..30_000_i64,
        ) {
            let lease = leased.then(|| lease(length, heartbeat));
            let mut watched = None;
            for second in 0..=now {
                if leased && second >= heartbeat + length {
                    watched = Some(End { at: at(heartbeat.max(start)), by: EndedBy::Lease });
                } else if limit.is_some_and(|limit| second >= start + limit.hours() * 3600) {
                    watched = Some(End { at: at(second), by: EndedBy::Limit });
                }
                if watched.is_some() {
                    break;
                }
            }
            prop_assert_eq!(end(at(start), lease, limit, at(now)), watched);
        }

        #[test]
        fn an_end_that_was_seen_stays(
            start in 0..9000_i64, heartbeat in 0..9000_i64, length in 1..9000_i64, limit in limits(),
            now in 0..30_000_i64, later in 0..30_000_i64,
        ) {
            let lease = Some(lease(length, heartbeat));
            let seen = end(at(start), lease, limit, at(now));
            prop_assert!(seen.is_none_or(|seen| seen.at >= at(start)));
            if seen.is_some() {
                prop_assert_eq!(end(at(start), lease, limit, at(now + later)), seen);
            }
        }

        /// Whoever dies has booked nothing after the last sign of life, and nobody books more than the limit.
        #[test]
        fn no_time_is_booked_that_nobody_vouched_for(
            start in 0..9000_i64, alive in 0..9000_i64, length in 1..9000_i64, limit in limits(), dead in 0..90_000_i64,
        ) {
            let lease = Some(lease(length, start + alive));
            let now = at(start + alive + dead);
            let ended = end(at(start), lease, limit, now);
            let booked = ended.map_or(now, |end| end.at).ms() - at(start).ms();
            prop_assert!(booked < (alive + length) * 1000);
            prop_assert!(limit.is_none_or(|limit| booked <= limit.hours() * 3_600_000));
            prop_assert!(ended.is_some() || dead < length);
            if ended.is_some_and(|end| end.by == EndedBy::Lease) {
                prop_assert_eq!(booked, alive * 1000);
            }
        }
    }
}
