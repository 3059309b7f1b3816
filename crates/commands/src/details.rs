//! What is said of a track beside its times: a note, what programs say, and for how long a heartbeat is good.

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use timetracks_client::domain::{Change, Description, LeaseLength, Meta};

use super::failure::Failure;

/// What programs say, as it came.
pub(crate) type Members = Map<String, Value>;

/// The options that say something of a track.
#[derive(Args, Default)]
pub(crate) struct Details {
    /// What you say of the track
    #[arg(long, value_name = "TEXT", value_parser = note)]
    pub(crate) note: Option<String>,
    /// What programs say of the track; again for more. A number, true, false and null of JSON are that, all else is text
    #[arg(long, value_name = "KEY=VALUE|OBJECT", value_parser = members)]
    pub(crate) meta: Vec<Members>,
}

/// What is said of a track, as it waits in the queue.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Said {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) meta: Option<Members>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lease: Option<i64>,
}

impl Details {
    pub(crate) fn is_nothing(&self) -> bool {
        self.note.is_none() && self.meta.is_empty()
    }

    /// All members; of two of a name the later one.
    pub(crate) fn members(&self) -> Option<Members> {
        (!self.meta.is_empty()).then(|| self.meta.iter().flatten().map(owned).collect())
    }

    pub(crate) fn said(&self, lease: Option<LeaseLength>) -> Result<Said, Failure> {
        let meta = self.members();
        fitting(meta.clone().unwrap_or_default())?;
        Ok(Said {
            note: self.note.clone(),
            meta,
            lease: lease.map(LeaseLength::seconds),
        })
    }

    /// The note of a track that has one perhaps; an empty one takes it away.
    pub(crate) fn changed_note(&self) -> Change<Option<Description>> {
        match self.note.as_deref() {
            None => Change::Keep,
            Some("") => Change::Set(None),
            Some(text) => Change::Set(Description::parse(text).ok()),
        }
    }

    /// The members of a track that has these: the new ones join them, and null takes one away.
    pub(crate) fn changed_meta(
        &self,
        known: Option<&Members>,
    ) -> Result<Change<Option<Meta>>, Failure> {
        let Some(new) = self.members() else {
            return Ok(Change::Keep);
        };
        let mut members = known.cloned().unwrap_or_default();
        members.extend(new);
        members.retain(|_, value| !value.is_null());
        Ok(Change::Set(match members.is_empty() {
            true => None,
            false => Some(fitting(members)?),
        }))
    }
}

impl Said {
    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn note(&self) -> Option<Description> {
        Description::parse(self.note.as_deref()?).ok()
    }

    pub(crate) fn meta(&self) -> Option<Meta> {
        Meta::new(self.meta.clone()?).ok()
    }

    pub(crate) fn lease(&self) -> Option<LeaseLength> {
        LeaseLength::from_seconds(self.lease?).ok()
    }
}

fn owned((name, value): (&String, &Value)) -> (String, Value) {
    (name.clone(), value.clone())
}

fn fitting(members: Members) -> Result<Meta, Failure> {
    Meta::new(members).map_err(|rule| Failure::usage(format!("--meta {rule}")))
}

fn note(text: &str) -> Result<String, String> {
    let note = Description::parse(text);
    note.map(String::from)
        .map_err(|rule| format!("a note {rule}"))
}

fn members(text: &str) -> Result<Members, String> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| format!("no JSON object: {error}"));
    }
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => {
            Ok([(name.to_owned(), plain(value))].into_iter().collect())
        }
        _ => Err("say KEY=VALUE, or a JSON object".to_owned()),
    }
}

/// A value without quotation marks. Only a number that JSON would write so is one: a version 1.10 and a commit 12e4 are not.
fn plain(text: &str) -> Value {
    let value = serde_json::from_str::<Value>(text).unwrap_or_default();
    let written = value.to_string();
    match value {
        Value::Number(_) | Value::Bool(_) | Value::Null if written == text => value,
        _ => text.into(),
    }
}

/// Seconds, or `90s`, `15m`, `2h`.
pub(crate) fn lease(text: &str) -> Result<LeaseLength, String> {
    let seconds = seconds(text)?;
    LeaseLength::from_seconds(seconds).map_err(|rule| rule.to_string())
}

/// As [`lease`], or 0 for none.
pub(crate) fn lease_or_none(text: &str) -> Result<i64, String> {
    match seconds(text)? {
        0 => Ok(0),
        _ => lease(text).map(LeaseLength::seconds),
    }
}

fn seconds(text: &str) -> Result<i64, String> {
    let units = [('s', 1), ('m', 60), ('h', 3600)];
    let unit = units.iter().find(|(unit, _)| text.ends_with(*unit));
    let (digits, factor) = match unit {
        Some((_, factor)) => (&text[..text.len() - 1], *factor),
        None => (text, 1),
    };
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse::<i64>().ok().filter(|_| plain);
    let seconds = number.and_then(|number| number.checked_mul(factor));
    seconds.ok_or_else(|| "say seconds, or 90s, 15m, 2h".to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn details(meta: &[&str]) -> Details {
        let meta = meta.iter().map(|text| members(text).unwrap()).collect();
        Details { note: None, meta }
    }

    #[test]
    fn a_value_is_what_json_would_write_so_and_else_text() {
        for (text, value) in [
            ("n=5", json!({ "n": 5 })),
            ("n=-1.5", json!({ "n": -1.5 })),
            ("ok=true", json!({ "ok": true })),
            ("gone=null", json!({ "gone": null })),
            ("version=1.10", json!({ "version": "1.10" })),
            ("commit=12e4", json!({ "commit": "12e4" })),
            ("commit=007", json!({ "commit": "007" })),
            ("text=", json!({ "text": "" })),
            ("text=\"a\"", json!({ "text": "\"a\"" })),
            ("url=http://a/?b=c", json!({ "url": "http://a/?b=c" })),
            (r#" {"a": {"b": [1]}}"#, json!({ "a": { "b": [1] } })),
        ] {
            assert_eq!(json!(members(text).unwrap()), value, "{text}");
        }
        for wrong in ["", "a", "=5", "{", "{\"a\"}", "{} {}"] {
            assert!(members(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn later_members_win_and_all_must_fit() {
        let said = details(&["a=1", r#"{"b":2,"a":3}"#]).said(None).unwrap();
        assert_eq!(json!(said.meta), json!({ "a": 3, "b": 2 }));
        let large = format!("a={}", "x".repeat(4096));
        assert!(details(&[&large]).said(None).is_err());
        assert!(details(&[]).said(None).unwrap().is_nothing());
    }

    #[test]
    fn a_change_joins_what_is_there_and_null_takes_away() {
        let known = members(r#"{"a":1,"b":2}"#).unwrap();
        let changed = |meta: &[&str]| match details(meta).changed_meta(Some(&known)).unwrap() {
            Change::Keep => json!("kept"),
            Change::Set(meta) => json!(meta),
        };
        assert_eq!(changed(&[]), json!("kept"));
        assert_eq!(changed(&["b=null", "c=3"]), json!({ "a": 1, "c": 3 }));
        assert_eq!(changed(&["a=null", "b=null"]), Value::Null);
    }

    #[test]
    fn leases_are_said_in_seconds_minutes_or_hours() {
        for (text, seconds) in [
            ("1", 1),
            ("90s", 90),
            ("15m", 900),
            ("2h", 7200),
            ("86400", 86_400),
        ] {
            assert_eq!(lease(text).unwrap().seconds(), seconds, "{text}");
        }
        for wrong in [
            "",
            "0",
            "s",
            "-5",
            "1.5h",
            "25h",
            "5d",
            "5mm",
            "+5",
            "99999999999999999h",
        ] {
            assert!(lease(wrong).is_err(), "{wrong}");
        }
        assert_eq!(lease_or_none("0"), Ok(0));
        assert!(lease_or_none("25h").is_err());
    }
}
