//! Instants: milliseconds since 1970-01-01T00:00:00Z, in a range that every notation can express.

use std::fmt;

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::AsciiText;

/// A moment, in Unix milliseconds (UTC), between 1970 and the end of the year 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// The moment is outside the accepted range, or the text is no RFC 3339 date-time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstantError {
    /// Before 1970 or after 9999.
    OutOfRange,
    /// Not `2026-11-24T10:00:00Z` or alike.
    Malformed,
}

impl Instant {
    /// 1970-01-01T00:00:00.000Z.
    pub const MIN: Self = Self(0);
    /// 9999-12-31T23:59:59.999Z (contract, "instants").
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The instant that many milliseconds after 1970.
    ///
    /// # Errors
    /// When it lies outside [`Instant::MIN`] and [`Instant::MAX`].
    pub fn from_ms(ms: i64) -> Result<Self, InstantError> {
        let instant = Self(ms);
        if (Self::MIN..=Self::MAX).contains(&instant) {
            Ok(instant)
        } else {
            Err(InstantError::OutOfRange)
        }
    }

    /// Reads an RFC 3339 date-time with any offset; what is finer than a millisecond is cut off.
    ///
    /// # Errors
    /// When the text is no such date-time, or the moment is out of range.
    pub fn parse(text: &str) -> Result<Self, InstantError> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| InstantError::Malformed)?;
        let ms = moment.unix_timestamp_nanos().div_euclid(1_000_000);
        Self::from_ms(i64::try_from(ms).map_err(|_| InstantError::OutOfRange)?)
    }

    /// Unix milliseconds.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// This moment moved by some milliseconds, held inside the range.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms)).clamp(Self::MIN, Self::MAX)
    }

    /// RFC 3339, UTC, `Z`, milliseconds.
    #[must_use]
    pub fn text(self) -> AsciiText<24> {
        let moment = OffsetDateTime::from_unix_timestamp(self.0 / 1000);
        let moment = moment.expect("every instant has a year of four digits");
        let (year, month, day) = moment.to_calendar_date();
        let (hour, minute, second) = moment.to_hms();
        let ms = self.0 % 1000;
        // By hand: a list of tracks spends a fifth of its time here otherwise.
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let mut write = |place: usize, number: u8| {
            text[place] += number / 10;
            text[place + 1] += number % 10;
        };
        write(0, (year / 100) as u8);
        write(2, (year % 100) as u8);
        write(5, month.into());
        write(8, day);
        write(11, hour);
        write(14, minute);
        write(17, second);
        write(20, (ms / 10) as u8);
        text[22] += (ms % 10) as u8;
        AsciiText::new(text)
    }
}

impl fmt::Display for Instant {
    /// As [`Instant::text`].
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text())
    }
}

impl fmt::Display for InstantError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::OutOfRange => {
                "must lie between 1970 and the end of 9999 (0 to 253402300799999 ms)"
            }
            Self::Malformed => "must be an RFC 3339 date-time such as 2026-11-24T10:00:00Z",
        })
    }
}

impl std::error::Error for InstantError {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_and_milliseconds_are_two_notations_of_one_moment() {
        let instant = Instant::from_ms(1_712_100_000_007).unwrap();
        assert_eq!(instant.to_string(), "2024-04-02T23:20:00.007Z");
        assert_eq!(Instant::parse("2024-04-03T01:20:00.007+02:00"), Ok(instant));
        assert_eq!(Instant::MIN.to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Instant::MAX.to_string(), "9999-12-31T23:59:59.999Z");
    }

    proptest! {
        #[test]
        fn every_moment_is_read_as_it_is_written(ms in 0..=Instant::MAX.ms()) {
            let instant = Instant::from_ms(ms).unwrap();
            let text = instant.to_string();
            prop_assert_eq!(text.len(), 24);
            prop_assert_eq!(Instant::parse(&text), Ok(instant));
        }
    }

    #[test]
    fn what_lies_outside_is_refused() {
        assert_eq!(Instant::from_ms(-1), Err(InstantError::OutOfRange));
        assert_eq!(
            Instant::from_ms(253_402_300_800_000),
            Err(InstantError::OutOfRange)
        );
        assert_eq!(
            Instant::parse("1969-12-31T23:59:59Z"),
            Err(InstantError::OutOfRange)
        );
        assert_eq!(Instant::parse("tomorrow"), Err(InstantError::Malformed));
        assert_eq!(Instant::parse("2025-04-30"), Err(InstantError::Malformed));
    }
}
