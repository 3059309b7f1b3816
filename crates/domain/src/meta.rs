//! What programs say of a track, for programs.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::TextError;

/// A small JSON object, kept as it was sent: the address of a run, a commit, an exit code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Meta(Map<String, Value>);

impl Meta {
    const MAX_BYTES: usize = 4096;

    /// An object of these members.
    ///
    /// # Errors
    /// When it takes over 4,096 bytes as JSON without spaces.
    pub fn new(members: Map<String, Value>) -> Result<Self, TextError> {
        let meta = Self(members);
        let max = Self::MAX_BYTES;
        match meta.to_text().len() {
            0..=Self::MAX_BYTES => Ok(meta),
            _ => Err(TextError::Bytes { max }),
        }
    }

    /// The object of a text that [`Meta::to_text`] made.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// As JSON without spaces.
    #[must_use]
    pub fn to_text(&self) -> String {
        serde_json::Value::from(self.0.clone()).to_string()
    }

    /// Its members.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The members of both; where both have one, the newer.
    ///
    /// # Errors
    /// As [`Meta::new`].
    pub fn merged(mut self, newer: Self) -> Result<Self, TextError> {
        self.0.extend(newer.0);
        Self::new(self.0)
    }
}

impl JsonSchema for Meta {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Meta".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // Said because generators of clients take an object without members for one that can have none.
        json_schema!({ "type": "object", "additionalProperties": true })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn meta(value: Value) -> Result<Meta, TextError> {
        match value {
            Value::Object(members) => Meta::new(members),
            other => panic!("no object: {other}"),
        }
    }

    #[test]
    fn an_object_takes_4096_bytes_and_no_more() {
        // {"a":"…"} has eight bytes beside the text.
        assert!(meta(json!({ "a": "x".repeat(4088) })).is_ok());
        let max = Meta::MAX_BYTES;
        let large = meta(json!({ "a": "x".repeat(4089) }));
        assert_eq!(large, Err(TextError::Bytes { max }));
        assert!(meta(json!({ "a": "é".repeat(2045) })).is_err());
    }

    #[test]
    fn a_text_comes_back_as_the_object_that_it_was_in_the_same_order() {
        let text = r#"{"z":1,"a":{"y":[null,true,-1.5,"\u0000\n"]},"":"é"}"#;
        assert_eq!(Meta::from_text(text).unwrap().to_text(), text);
    }

    #[test]
    fn the_newer_of_two_members_counts_and_both_together_must_fit() {
        let old = meta(json!({ "run": { "id": 1 }, "exit": null })).unwrap();
        let new = meta(json!({ "exit": 0, "run": { "url": "u" } })).unwrap();
        let both = old.merged(new).unwrap();
        assert_eq!(both.to_text(), r#"{"run":{"url":"u"},"exit":0}"#);
        let large = |name: &str| meta(json!({ name: "x".repeat(3000) })).unwrap();
        assert!(large("a").merged(large("a")).is_ok());
        assert!(large("a").merged(large("b")).is_err());
    }
}
