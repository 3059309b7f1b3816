//! Durations as people read them.

use std::{fmt, iter::Sum, ops::Add};

/// A length of time in milliseconds, never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(i64);

/// A duration cut into whole hours, minutes and seconds; hours are unbounded (contract, "durations").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    /// Whole hours, 0 and up.
    pub hours: i64,
    /// Whole minutes, 0 to 59.
    pub minutes: i64,
    /// Whole seconds, 0 to 59.
    pub seconds: i64,
}

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// That many milliseconds; a negative number (a clock that jumped) counts as none.
    #[must_use]
    pub fn from_ms(ms: i64) -> Self {
        Self(ms.max(0))
    }

    /// Milliseconds.
    #[must_use]
    pub const fn ms(self) -> i64 {
        self.0
    }

    /// Hours, minutes and seconds, floored to the second.
    #[must_use]
    pub const fn split(self) -> Split {
        let seconds = self.0 / 1000;
        Split {
            hours: seconds / 3600,
            minutes: seconds / 60 % 60,
            seconds: seconds % 60,
        }
    }

    /// `1h 35m 5s`. By hand: with the formatting machinery a list of tracks would spend a tenth of its time here.
    #[must_use]
    pub fn text(self) -> String {
        let split = self.split();
        let mut text = String::with_capacity("100h 35m 35s".len());
        for (number, unit) in [
            (split.hours, "h "),
            (split.minutes, "m "),
            (split.seconds, "s"),
        ] {
            push(&mut text, number);
            text.push_str(unit);
        }
        text
    }
}

/// Adds the digits of a number that is not negative.
fn push(text: &mut String, number: i64) {
    if number >= 10 {
        push(text, number / 10);
    }
    let digit = u8::try_from(number % 10).unwrap_or_default();
    text.push(char::from(b'0' + digit));
}

impl Add for Duration {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Duration {
    fn sum<I: Iterator<Item = Self>>(durations: I) -> Self {
        durations.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Duration {
    /// As [`Duration::text`].
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_sample_of_the_contract() {
        let duration = Duration::from_ms((3600 + 35 * 60 + 5) * 1000 + 999);
        assert_eq!(duration.to_string(), "1h 35m 5s");
        assert_eq!(Duration::from_ms(-5).to_string(), "0h 0m 0s");
        assert_eq!(
            Duration::from_ms(360_000_000_000).to_string(),
            "100000h 0m 0s"
        );
    }

    proptest! {
        #[test]
        fn the_text_names_the_parts(ms in 0..=i64::MAX) {
            let duration = Duration::from_ms(ms);
            let Split { hours, minutes, seconds } = duration.split();
            prop_assert_eq!(duration.text(), format!("{hours}h {minutes}m {seconds}s"));
        }

        #[test]
        fn the_parts_add_up_to_the_whole_floored_to_the_second(ms in 0..=i64::MAX) {
            let split = Duration::from_ms(ms).split();
            prop_assert_eq!(
                i128::from(split.hours) * 3600 + i128::from(split.minutes) * 60 + i128::from(split.seconds),
                i128::from(ms / 1000)
            );
            prop_assert!((0..60).contains(&split.minutes) && (0..60).contains(&split.seconds));
        }
    }
}
