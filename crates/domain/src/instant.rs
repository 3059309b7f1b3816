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
        // By hand: a list of tracks writes four for each.
        let ms = self.0.unsigned_abs();
        let (seconds, ms) = (ms / 1000, (ms % 1000) as u32);
        let (day, second) = ((seconds / 86_400) as u32, (seconds % 86_400) as u32);
        let (year, month, day) = date(day);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        text[20] += (ms / 100) as u8;
        let mut write = |place: usize, number: u32| {
            [text[place], text[place + 1]] = PAIRS[number as usize % 100];
        };
        write(0, year / 100);
        write(2, year);
        write(5, month);
        write(8, day);
        write(11, second / 3600);
        write(14, second / 60 % 60);
        write(17, second % 60);
        write(21, ms);
        AsciiText::new(text)
    }
}

/// Two digits for each number below 100.
static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// Year, month and day of the month of a day since 1970, in the Gregorian calendar.
fn date(day: u32) -> (u32, u32, u32) {
    // Years here begin in March, and the first on 1 March 1600, where a cycle of 400 years begins: so a leap day ends what
    // it makes longer, be it a year, four years or a cycle.
    const DAYS_FROM_1600: u32 = 135_080;
    const YEAR: u32 = 365;
    const FOUR_YEARS: u32 = 4 * YEAR + 1;
    const CENTURY: u32 = 25 * FOUR_YEARS - 1;
    const CYCLE: u32 = 4 * CENTURY + 1;
    let day = day + DAYS_FROM_1600;
    let (cycle, day) = (day / CYCLE, day % CYCLE);
    let century = (day / CENTURY).min(3);
    let day = day - century * CENTURY;
    let (four_years, day) = (day / FOUR_YEARS, day % FOUR_YEARS);
    let year = (day / YEAR).min(3);
    let day = day - year * YEAR;
    let year = 1600 + 400 * cycle + 100 * century + 4 * four_years + year;
    // From March on, months have 31, 30, 31, 30 and 31 days, and again: 153 in five.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    if month < 10 {
        (year, month + 3, day)
    } else {
        (year + 1, month - 9, day)
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
    fn every_day_is_that_of_the_calendar() {
        for day in 0..=Instant::MAX.ms() / 86_400_000 {
            let instant = Instant::from_ms(day * 86_400_000).unwrap();
            let known = OffsetDateTime::from_unix_timestamp(day * 86_400).unwrap();
            let (year, month, day) = known.to_calendar_date();
            let known = format!("{year}-{:02}-{day:02}T00:00:00.000Z", u8::from(month));
            assert_eq!(&*instant.text(), known);
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
