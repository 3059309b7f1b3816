//! The JSON Schema of each text: the same rules, for clients to know beforehand.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::{Description, Email, ExternalId, Name, Password};

/// No control characters.
const PLAIN: &str = r"^[^\u0000-\u001F\u007F-\u009F]*$";
/// No control characters, and not nothing but spaces.
const PLAIN_AND_SEEN: &str = r"^[^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F][^\u0000-\u001F\u007F-\u009F]*$";

/// Anything but NUL.
const WITHOUT_NUL: &str = r"^[^\u0000]*$";

/// Of the common passwords, which are refused, those that tools try first.
const COMMON: &str = "^(0{12}|0{15}|0{20})$";

impl JsonSchema for Name {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Name".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": Self::MAX, "pattern": PLAIN_AND_SEEN })
    }
}

impl JsonSchema for Description {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Description".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "maxLength": Self::MAX, "pattern": PLAIN })
    }
}

impl JsonSchema for ExternalId {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ExternalId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": Self::MAX, "pattern": PLAIN })
    }
}

impl JsonSchema for Email {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Email".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "email", "maxLength": Self::MAX })
    }
}

impl JsonSchema for Password {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Password".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "password", "minLength": Self::MIN, "maxLength": Self::MAX_BYTES, "pattern": WITHOUT_NUL, "not": { "pattern": COMMON } })
    }
}
