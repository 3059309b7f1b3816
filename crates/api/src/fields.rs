//! Reading a request body so that every broken member is named at once (contract, "bodies").

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use timetracks_domain::{
    Change, Description, Email, ExternalId, Id, Instant, Kind, LeaseLength, MaxRunning, Meta, Name,
    Password, RangeError, Role, Scope, TaskStatus,
};

use crate::{DateTime, Millis};

/// A member that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldError {
    /// Which member: a JSON Pointer into the body (RFC 6901), or the name of a parameter behind a slash.
    pub pointer: String,
    /// Which rule.
    pub detail: String,
}

/// A request body.
pub trait Body: Sized {
    /// Takes its members; `None` when one that is required could not be had, which is then among the errors.
    fn from_fields(fields: &mut Fields) -> Option<Self>;

    /// What it can look like, for the documentation.
    fn example() -> Value;
}

/// A value that a member can have.
pub trait FromJson: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// The rule that the value breaks, as in "must be a string".
    fn from_json(value: Value) -> Result<Self, String>;
}

/// The members of a body, and what is wrong with them.
pub struct Fields {
    members: Map<String, Value>,
    errors: Vec<FieldError>,
    changes: bool,
}

impl Fields {
    /// Reads a whole body.
    ///
    /// # Errors
    /// Every member that breaks a rule.
    pub fn read<B: Body>(value: Value) -> Result<B, Vec<FieldError>> {
        let Value::Object(members) = value else {
            return Err(vec![FieldError {
                pointer: String::new(),
                detail: "must be an object".to_owned(),
            }]);
        };
        let mut fields = Self {
            members,
            errors: Vec::new(),
            changes: false,
        };
        let body = B::from_fields(&mut fields);
        match body {
            Some(body) if fields.errors.is_empty() => Ok(body),
            _ => Err(fields.errors),
        }
    }

    /// A member that must be there.
    pub fn required<T: FromJson>(&mut self, name: &str) -> Option<T> {
        match self.members.remove(name) {
            None => {
                self.refuse(name, "is required".to_owned());
                None
            }
            Some(value) => self.convert(name, value),
        }
    }

    /// A member that may be left out or null.
    pub fn optional<T: FromJson>(&mut self, name: &str) -> Option<T> {
        match self.members.remove(name) {
            None | Some(Value::Null) => None,
            Some(value) => self.convert(name, value),
        }
    }

    /// A member of an update that can be left out but not cleared.
    pub fn change<T: FromJson>(&mut self, name: &str) -> Change<T> {
        match self.members.remove(name) {
            None => Change::Keep,
            Some(value) => {
                self.changes = true;
                self.convert(name, value).map_or(Change::Keep, Change::Set)
            }
        }
    }

    /// A member of an update that `null` clears.
    pub fn change_or_clear<T: FromJson>(&mut self, name: &str) -> Change<Option<T>> {
        match self.members.remove(name) {
            None => Change::Keep,
            Some(Value::Null) => {
                self.changes = true;
                Change::Set(None)
            }
            Some(value) => {
                self.changes = true;
                self.convert(name, value)
                    .map_or(Change::Keep, |value| Change::Set(Some(value)))
            }
        }
    }

    /// Refuses an update in which no member was there.
    pub fn require_a_change(&mut self, names: &str) {
        if !self.changes {
            self.errors.push(FieldError {
                pointer: String::new(),
                detail: format!("must have at least one of {names}"),
            });
        }
    }

    fn convert<T: FromJson>(&mut self, name: &str, value: Value) -> Option<T> {
        match T::from_json(value) {
            Ok(value) => Some(value),
            Err(rule) => {
                self.refuse(name, rule);
                None
            }
        }
    }

    /// Refuses a member by a rule that has to do with others.
    pub fn refuse(&mut self, name: &str, detail: String) {
        self.errors.push(FieldError {
            pointer: format!("/{name}"),
            detail,
        });
    }
}

fn text<T, E: ToString>(
    value: Value,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, String> {
    match value {
        Value::String(text) => parse(&text).map_err(|rule| rule.to_string()),
        _ => Err("must be a string".to_owned()),
    }
}

/// To JSON, 5.0 is an integer too.
fn integer(value: &Value) -> Option<i64> {
    /// Beyond this a float may stand for several integers.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    value.as_i64().or_else(|| {
        let number = value.as_f64()?;
        #[expect(clippy::cast_possible_truncation, reason = "whole, and in range")]
        (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
    })
}

fn bounded<T>(
    value: &Value,
    rule: RangeError,
    make: impl FnOnce(i64) -> Result<T, RangeError>,
) -> Result<T, String> {
    let made = integer(value).ok_or(rule).and_then(make);
    made.map_err(|rule| rule.to_string())
}

impl FromJson for String {
    fn from_json(value: Value) -> Result<Self, String> {
        text(value, |text| Ok::<_, String>(text.to_owned()))
    }
}

impl FromJson for bool {
    fn from_json(value: Value) -> Result<Self, String> {
        value
            .as_bool()
            .ok_or_else(|| "must be true or false".to_owned())
    }
}

impl FromJson for Name {
    fn from_json(value: Value) -> Result<Self, String> {
        text(value, Self::parse)
    }
}

impl FromJson for Description {
    fn from_json(value: Value) -> Result<Self, String> {
        text(value, Self::parse)
    }
}

impl FromJson for ExternalId {
    fn from_json(value: Value) -> Result<Self, String> {
        text(value, Self::parse)
    }
}

impl FromJson for Email {
    fn from_json(value: Value) -> Result<Self, String> {
        text(value, Self::parse)
    }
}

impl FromJson for Password {
    fn from_json(value: Value) -> Result<Self, String> {
        text(value, Self::parse)
    }
}

impl<K> FromJson for Id<K> {
    fn from_json(value: Value) -> Result<Self, String> {
        text(value, |text| {
            Ok::<_, String>(text.parse().unwrap_or_else(|_| Self::unknown()))
        })
    }
}

impl FromJson for Role {
    fn from_json(value: Value) -> Result<Self, String> {
        text(value, |word| {
            Self::from_word(word).ok_or("must be one of member, admin")
        })
    }
}

impl FromJson for Kind {
    fn from_json(value: Value) -> Result<Self, String> {
        text(value, |word| {
            Self::from_word(word).ok_or("must be one of human, ci, agent")
        })
    }
}

impl FromJson for TaskStatus {
    fn from_json(value: Value) -> Result<Self, String> {
        text(value, |word| {
            Self::from_word(word).ok_or("must be one of open, in_progress, done")
        })
    }
}

impl FromJson for Vec<Scope> {
    fn from_json(value: Value) -> Result<Self, String> {
        let rule = || "must be a list of one or more of read, track, manage, admin".to_owned();
        let Value::Array(words) = value else {
            return Err(rule());
        };
        let mut scopes: Self = words
            .iter()
            .map(|word| word.as_str().and_then(Scope::from_word).ok_or_else(rule))
            .collect::<Result<_, _>>()?;
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            Err(rule())
        } else {
            Ok(scopes)
        }
    }
}

impl FromJson for Millis {
    fn from_json(value: Value) -> Result<Self, String> {
        let ms =
            integer(&value).ok_or("must be an integer: Unix milliseconds, 0 to 253402300799999")?;
        Instant::from_ms(ms)
            .map(Self)
            .map_err(|rule| rule.to_string())
    }
}

impl FromJson for MaxRunning {
    fn from_json(value: Value) -> Result<Self, String> {
        bounded(&value, Self::RULE, Self::from_hours)
    }
}

impl FromJson for Meta {
    fn from_json(value: Value) -> Result<Self, String> {
        match value {
            Value::Object(members) => Self::new(members).map_err(|rule| rule.to_string()),
            _ => Err("must be an object".to_owned()),
        }
    }
}

impl FromJson for LeaseLength {
    fn from_json(value: Value) -> Result<Self, String> {
        bounded(&value, Self::RULE, Self::from_seconds)
    }
}

impl FromJson for DateTime {
    fn from_json(value: Value) -> Result<Self, String> {
        text(value, |text| Instant::parse(text).map(Self))
    }
}
