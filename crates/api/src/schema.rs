//! What the derived schemas cannot say by themselves.

use schemars::Schema;
use serde_json::{Value, json};

/// Answers always have all their members, null ones too.
pub(crate) fn fields_are_required(schema: &mut Schema) {
    let names: Vec<Value> = schema
        .get("properties")
        .and_then(Value::as_object)
        .map(|properties| properties.keys().map(|name| json!(name)).collect())
        .unwrap_or_default();
    schema.insert("required".to_owned(), Value::Array(names));
}

/// Of an update every member may be left out, but not all of them.
pub(crate) fn some_field_is_required(schema: &mut Schema) {
    schema.remove("required");
    schema.insert("minProperties".to_owned(), json!(1));
}
