//! Days and times of day as people say them, in the local time zone.

use jiff::{
    ToSpan, ZonedDateTime,
    civil::{Date, Time, Weekday},
    tz::TimeZone,
};
use timetracks_client::domain::Instant;

use super::failure::Failure;

/// The moment, and the zone that it is read in.
pub(crate) struct Local(ZonedDateTime);

impl Local {
    pub(crate) fn now() -> Self {
        Self(ZonedDateTime::now())
    }

    #[cfg(test)]
    fn at(text: &str) -> Self {
        Self(text.parse().unwrap())
    }

    pub(crate) fn today(&self) -> Date {
        self.0.date()
    }

    pub(crate) fn instant(&self) -> Instant {
        instant(&self.0)
    }

    fn zone(&self) -> TimeZone {
        self.0.time_zone().clone()
    }

    /// A moment as the clock on the wall shows it.
    pub(crate) fn zoned(&self, moment: Instant) -> ZonedDateTime {
        let timestamp = jiff::Timestamp::from_millisecond(moment.ms()).unwrap_or_default();
        timestamp.to_zoned_datetime(self.zone())
    }

    /// A moment with the offset of the zone, as programs like it.
    pub(crate) fn rfc_3339(&self, moment: Instant) -> String {
        self.zoned(moment).strftime("%FT%T%:z").to_string()
    }

    /// The first moment of a day, which is not always midnight.
    pub(crate) fn start_of(&self, day: Date) -> Result<Instant, Failure> {
        let start = day.to_zoned_datetime(self.zone());
        start
            .and_then(|start| start.start_of_day())
            .map(|start| instant(&start))
            .map_err(out_of_range)
    }

    /// Monday of this week.
    pub(crate) fn monday(&self) -> Date {
        let back = i64::from(self.today().weekday().to_monday_zero_offset());
        self.today()
            .checked_sub(back.days())
            .unwrap_or(self.today())
    }

    /// `today`, `yesterday`, the last `monday`, `2026-11-24`.
    pub(crate) fn day(&self, text: &str) -> Result<Date, Failure> {
        let word = text.trim().to_lowercase();
        let back = match word.as_str() {
            "today" => Some(0),
            "yesterday" => Some(1),
            word => weekday(word).map(|day| i64::from(self.today().weekday().since(day))),
        };
        if let Some(days) = back {
            return self.today().checked_sub(days.days()).map_err(out_of_range);
        }
        word.parse().map_err(|_| {
            Failure::usage(format!(
                "{text:?} is no day: say today, yesterday, a weekday, or 2026-11-24"
            ))
        })
    }

    /// A time of day on a day.
    pub(crate) fn on(&self, day: Date, time: Time) -> Result<Instant, Failure> {
        let moment = day.to_datetime(time).to_zoned_datetime(self.zone());
        moment.map(|moment| instant(&moment)).map_err(out_of_range)
    }

    /// `now`, a time of day on this day, or a date with a time.
    pub(crate) fn moment(&self, text: &str, day: Date) -> Result<Instant, Failure> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("now") {
            return Ok(self.instant());
        }
        if let Ok(moment) = Instant::parse(text) {
            return Ok(moment);
        }
        if let Some((date, time)) = text.split_once(['T', ' ']) {
            return self.on(self.day(date)?, time_of_day(time)?);
        }
        self.on(day, time_of_day(text)?)
    }

    /// `9:00-10:30` on this day; an end before the start is on the next one. `9:00-` has no end yet.
    pub(crate) fn range(
        &self,
        text: &str,
        day: Date,
    ) -> Result<(Instant, Option<Instant>), Failure> {
        let parts = text.split_once(['-', '–']);
        let Some((start, end)) = parts else {
            return Err(Failure::usage(format!(
                "{text:?} is no stretch of time: say 9:00-10:30"
            )));
        };
        let from = time_of_day(start)?;
        if end.trim().is_empty() {
            return Ok((self.on(day, from)?, None));
        }
        let to = time_of_day(end)?;
        let next = day.checked_add(1.day()).map_err(out_of_range)?;
        let last = if to < from { next } else { day };
        Ok((self.on(day, from)?, Some(self.on(last, to)?)))
    }
}

fn instant(moment: &ZonedDateTime) -> Instant {
    Instant::MIN.plus_ms(moment.timestamp().as_millisecond())
}

fn out_of_range(error: jiff::Error) -> Failure {
    Failure::usage(error.to_string())
}

fn weekday(word: &str) -> Option<Weekday> {
    let days = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let fits = |day: &str| word.len() >= 3 && day.starts_with(word);
    let offset = days.iter().position(|day| fits(day))?;
    Weekday::from_monday_zero_offset(i8::try_from(offset).ok()?).ok()
}

/// `9`, `9:05`, `09:05:30`.
fn time_of_day(text: &str) -> Result<Time, Failure> {
    let wrong = || Failure::usage(format!("{text:?} is no time of day: say 9:00 or 17:45"));
    let mut parts = [0_i8; 3];
    let words: Vec<_> = text.trim().split(':').collect();
    if words.len() > parts.len() {
        return Err(wrong());
    }
    for (part, word) in parts.iter_mut().zip(words) {
        let digits = word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit());
        *part = word.parse().ok().filter(|_| digits).ok_or_else(wrong)?;
    }
    Time::new(parts[0], parts[1], parts[2], 0).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn berlin(text: &str) -> Local {
        Local::at(&format!("{text}[Europe/Berlin]"))
    }

    #[test]
    fn days_are_said_in_words_or_as_a_date() {
        let local = berlin("2026-11-25T18:00:00");
        for (text, day) in [
            ("today", "2026-11-25"),
            ("Yesterday", "2026-11-24"),
            ("mon", "2026-11-23"),
            ("wednesday", "2026-11-25"),
            ("thu", "2026-11-19"),
            ("2026-02-28", "2026-02-28"),
        ] {
            assert_eq!(local.day(text).unwrap().to_string(), day, "{text}");
        }
        for text in ["", "m", "2026-02-30", "noday"] {
            assert!(local.day(text).is_err(), "{text}");
        }
        assert_eq!(local.monday().to_string(), "2026-11-23");
    }

    #[test]
    fn days_are_as_long_as_the_clock_on_the_wall_makes_them() {
        let local = berlin("2026-11-25T18:00:00");
        let length = |day: &str| {
            let day = local.day(day).unwrap();
            let next = day.checked_add(1.day()).unwrap();
            local.start_of(next).unwrap().ms() - local.start_of(day).unwrap().ms()
        };
        assert_eq!(length("2026-03-29"), 23 * HOUR);
        assert_eq!(length("2026-10-25"), 25 * HOUR);
        assert_eq!(length("2026-11-25"), 24 * HOUR);
        let (start, end) = local
            .range("1:30-3:30", local.day("2026-03-29").unwrap())
            .unwrap();
        assert_eq!(end.unwrap().ms() - start.ms(), HOUR);
    }

    #[test]
    fn stretches_and_moments_are_short_to_type() {
        let local = berlin("2026-11-25T18:00:00");
        let today = local.today();
        let text = |moment: Instant| moment.to_string();
        let (start, end) = local.range("9-10:30", today).unwrap();
        assert_eq!(
            (text(start).as_str(), text(end.unwrap()).as_str()),
            ("2026-11-25T08:00:00.000Z", "2026-11-25T09:30:00.000Z")
        );
        let (start, end) = local.range("22:00-1:00", today).unwrap();
        assert_eq!(end.unwrap().ms() - start.ms(), 3 * HOUR);
        assert_eq!(local.range("9-", today).unwrap().1, None);
        let moment = |said: &str| text(local.moment(said, today).unwrap());
        assert_eq!(moment("now"), "2026-11-25T17:00:00.000Z");
        assert_eq!(moment("2026-07-01 9:15"), "2026-07-01T07:15:00.000Z");
        assert_eq!(moment("yesterday 9"), "2026-11-24T08:00:00.000Z");
        assert_eq!(moment("2026-07-01T09:15:00Z"), "2026-07-01T09:15:00.000Z");
        for wrong in ["", "25:00", "9:60", "9:5:5:5", "-9", "+9", "noon", "9:000"] {
            assert!(local.moment(wrong, today).is_err(), "{wrong}");
        }
    }
}
