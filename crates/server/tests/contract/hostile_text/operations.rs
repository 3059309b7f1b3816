//! Where the served document lets a client put text.

use reqwest::Method;
use serde_json::Value;

/// An operation, with an example of its body.
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) is_public: bool,
    pub(super) example: Option<Value>,
    /// The members of its body that are text, or a list of texts.
    pub(super) members: Vec<Place>,
    /// The parameters in its path and its query that are text.
    pub(super) parameters: Vec<Place>,
}

/// Where text goes.
pub(super) struct Place {
    pub(super) name: String,
    pub(super) is_list: bool,
    pub(super) is_in_path: bool,
    /// Whether it is the id of something.
    pub(super) is_id: bool,
    /// Whether only some words fit.
    pub(super) is_word: bool,
}

/// Every operation that takes text.
pub(super) fn all(document: &Value) -> Vec<Operation> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let parameters = parameters
                .filter(|parameter| parameter["in"] == "path" || parameter["in"] == "query")
                .filter_map(|parameter| {
                    let name = parameter["name"].as_str().unwrap();
                    let mut place = place(document, name, &parameter["schema"])?;
                    place.is_in_path = parameter["in"] == "path";
                    Some(place)
                });
            let media = &operation["requestBody"]["content"]["application/json"];
            let schema = resolve(document, &media["schema"]);
            let members = schema["properties"].as_object().into_iter().flatten();
            let operation = Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                is_public: operation["security"] == serde_json::json!([]),
                example: media.get("example").cloned(),
                members: members
                    .filter_map(|(name, schema)| place(document, name, schema))
                    .collect(),
                parameters: parameters.collect(),
            };
            if !operation.members.is_empty() || !operation.parameters.is_empty() {
                all.push(operation);
            }
        }
    }
    all
}

/// The place of that schema, if it takes text.
fn place(document: &Value, name: &str, schema: &Value) -> Option<Place> {
    let schema = resolve(document, schema);
    if let Some(choices) = schema["anyOf"].as_array() {
        return choices
            .iter()
            .find_map(|choice| place(document, name, choice));
    }
    if has_type(schema, "array") {
        let mut inner = place(document, name, &schema["items"])?;
        inner.is_list = true;
        return Some(inner);
    }
    let format = schema["format"].as_str();
    has_type(schema, "string").then(|| Place {
        name: name.to_owned(),
        is_list: false,
        is_in_path: false,
        is_id: schema["pattern"] == "^[A-Za-z0-9_-]{1,64}$",
        is_word: schema["enum"].is_array() || format == Some("date-time") || name == "cursor",
    })
}

fn has_type(schema: &Value, wanted: &str) -> bool {
    match &schema["type"] {
        Value::Array(types) => types.iter().any(|one| one == wanted),
        one => one == wanted,
    }
}

fn resolve<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => schema,
    }
}
