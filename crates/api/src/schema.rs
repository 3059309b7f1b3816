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

/// A member that is left out when there is nothing to say is never null.
pub(crate) fn left_out_is_not_null(schema: &mut Schema) {
    let required = schema.get("required").cloned().unwrap_or_default();
    let members = schema.ensure_object().get_mut("properties");
    for (name, member) in members.and_then(Value::as_object_mut).into_iter().flatten() {
        let is_required = required
            .as_array()
            .is_some_and(|names| names.contains(&json!(name)));
        let Some(member) = member.as_object_mut().filter(|_| !is_required) else {
            continue;
        };
        if let Some(Value::Array(kinds)) = member.get("type") {
            let kind = kinds.iter().find(|kind| *kind != "null").cloned();
            member.insert("type".to_owned(), kind.into());
        }
        if let Some(Value::Array(choices)) = member.remove("anyOf") {
            let choice = choices.into_iter().find(|choice| choice["type"] != "null");
            if let Some(Value::Object(choice)) = choice {
                member.extend(choice);
            }
        }
    }
}
