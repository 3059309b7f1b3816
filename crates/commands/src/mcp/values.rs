//! Values that arguments can have, with the rules that they break.

use clap::ValueEnum;
use serde_json::Value;
use timetracks_client::{
    api::{Fields, FromJson},
    domain::{ExternalId, LeaseLength, TrackId},
};

use crate::when::Local;

/// What something is called: a name, an external id or an id.
pub(super) struct Text(pub(super) String);

/// A time as people say it, or as RFC 3339 does.
pub(super) struct Time(pub(super) String);

/// A day as people say it.
pub(super) struct Day(pub(super) String);

/// The end of a track: a time, or `running` for none.
pub(super) struct End(pub(super) String);

/// For how many seconds a sign of life is good, or 0 for a track that needs none.
pub(super) struct Lease(pub(super) Option<LeaseLength>);

/// The whole id of a track: what is nearly an id is not good enough for what cannot be undone.
pub(super) struct Track(pub(super) TrackId);

impl FromJson for Text {
    fn from_json(value: Value) -> Result<Self, String> {
        let text = String::from_json(value)?;
        // Nothing is called by more than an external id may have.
        ExternalId::parse(text.trim()).map_err(|rule| rule.to_string())?;
        Ok(Self(text))
    }
}

impl FromJson for Time {
    fn from_json(value: Value) -> Result<Self, String> {
        let text = String::from_json(value)?;
        let local = Local::now();
        let moment = local.moment(&text, local.today());
        moment.map_err(|failure| failure.message)?;
        Ok(Self(text))
    }
}

impl FromJson for End {
    fn from_json(value: Value) -> Result<Self, String> {
        match value.as_str() {
            Some("running") => Ok(Self("running".to_owned())),
            _ => Time::from_json(value).map(|time| Self(time.0)),
        }
    }
}

impl FromJson for Day {
    fn from_json(value: Value) -> Result<Self, String> {
        let text = String::from_json(value)?;
        let day = Local::now().day(&text);
        day.map_err(|failure| failure.message)?;
        Ok(Self(text))
    }
}

impl FromJson for Lease {
    fn from_json(value: Value) -> Result<Self, String> {
        if value.as_i64() == Some(0) {
            return Ok(Self(None));
        }
        let length = LeaseLength::from_json(value);
        length
            .map(|length| Self(Some(length)))
            .map_err(|rule| format!("{rule}, or 0"))
    }
}

impl FromJson for Track {
    fn from_json(value: Value) -> Result<Self, String> {
        let id = String::from_json(value)?.trim().parse();
        id.map(Self).map_err(|_| {
            "must be the whole id of a track, as `status` and `log` answer it".to_owned()
        })
    }
}

/// The words of a list.
pub(super) fn words<T: ValueEnum>() -> Vec<String> {
    let values = T::value_variants().iter();
    let words = values.filter_map(ValueEnum::to_possible_value);
    words.map(|word| word.get_name().to_owned()).collect()
}

/// A word out of a list.
pub(super) fn word<T: ValueEnum>(fields: &mut Fields, name: &str) -> Option<T> {
    let said: String = fields.optional(name)?;
    let known = T::from_str(&said, false).ok();
    if known.is_none() {
        let words = words::<T>().join(", ");
        fields.refuse(name, format!("must be one of {words}"));
    }
    known
}
