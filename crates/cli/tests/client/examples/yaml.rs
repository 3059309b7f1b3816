//! Pipelines as their platforms read them.

use serde_json::{Map, Value};
use yaml_rust2::{Yaml, YamlLoader};

/// The only document of a text, as JSON.
pub(super) fn parse(text: &str) -> Value {
    let documents = YamlLoader::load_from_str(text).unwrap();
    let [document] = documents.as_slice() else {
        panic!("{} documents", documents.len());
    };
    json(document)
}

fn json(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::String(text) => text.as_str().into(),
        Yaml::Integer(number) => (*number).into(),
        Yaml::Boolean(value) => (*value).into(),
        Yaml::Null => Value::Null,
        Yaml::Array(items) => items.iter().map(json).collect(),
        Yaml::Hash(members) => {
            let members = members.iter();
            let members =
                members.map(|(name, value)| (name.as_str().unwrap().to_owned(), json(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        other => panic!("{other:?}"),
    }
}

/// The members of an object, all of which must be among these.
#[track_caller]
pub(super) fn members<'a>(value: &'a Value, known: &[&str]) -> &'a Map<String, Value> {
    let members = value.as_object().unwrap_or_else(|| panic!("{value}"));
    for name in members.keys() {
        assert!(known.contains(&name.as_str()), "{name} in {value}");
    }
    members
}

/// A text.
#[track_caller]
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value}"))
}
