//! Holds answers against the OpenAPI document.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
};

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::Answer;

/// The document, with the validators that were needed so far.
pub(crate) struct Specification {
    document: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Specification {
    /// One for the whole test process.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: LazyLock<Arc<Specification>> = LazyLock::new(|| {
            let document = serde_json::to_value(timetracks_server::document());
            Arc::new(Specification {
                document: document.expect("the document is JSON"),
                validators: Mutex::default(),
            })
        });
        Arc::clone(&SHARED)
    }

    /// Fails unless the operation is documented to answer with this status and such a body.
    pub(crate) fn check(&self, method: &str, path: &str, answer: &Answer) {
        let path = path.split('?').next().unwrap_or_default();
        let Some((template, operation)) = self.find(&method.to_lowercase(), path) else {
            let fits = matches!(answer.status, 404 | 405);
            assert!(
                fits,
                "{method} {path} is not documented, and answers {}",
                answer.status
            );
            return;
        };
        let response = &operation["responses"][answer.status.to_string()];
        assert!(
            response.is_object(),
            "{method} {template} is not documented to answer {}: {:#}",
            answer.status,
            answer.body
        );
        let content = response["content"].as_object().cloned().unwrap_or_default();
        if content.is_empty() && answer.body == "" {
            return;
        }
        let media = answer
            .header("content-type")
            .split(';')
            .next()
            .unwrap_or_default();
        let schema = &content.get(media).unwrap_or_else(|| {
            panic!("{method} {template} is not documented to answer with {media}")
        })["schema"];
        let key = format!("{method} {template} {} {media}", answer.status);
        let validator = self.validator(key, schema);
        if let Err(error) = validator.validate(&answer.body) {
            panic!(
                "{method} {template} {}: {error} at {}\n{:#}",
                answer.status,
                error.instance_path(),
                answer.body
            );
        }
        let resolve = |header: &Value| match header["$ref"].as_str() {
            Some(reference) => {
                let pointer = reference.trim_start_matches('#');
                self.document.pointer(pointer).cloned().unwrap_or_default()
            }
            None => header.clone(),
        };
        for (name, header) in response["headers"].as_object().into_iter().flatten() {
            if resolve(header)["required"] == json!(true) {
                assert!(
                    answer.headers.contains_key(name.as_str()),
                    "{method} {template} without {name}"
                );
            }
        }
    }

    /// The operation of a path, by the template with the fewest parameters.
    fn find(&self, method: &str, path: &str) -> Option<(String, &Value)> {
        let segments: Vec<_> = path.split('/').collect();
        let paths = self.document["paths"].as_object()?;
        let fitting = paths.iter().filter(|(template, item)| {
            let parts: Vec<_> = template.split('/').collect();
            item.get(method).is_some()
                && parts.len() == segments.len()
                && parts
                    .iter()
                    .zip(&segments)
                    .all(|(part, segment)| part.starts_with('{') || part == segment)
        });
        let (template, item) = fitting.min_by_key(|(template, _)| template.matches('{').count())?;
        Some((template.clone(), &item[method]))
    }

    fn validator(&self, key: String, schema: &Value) -> Arc<Validator> {
        let mut validators = self.validators.lock().expect("no test panics here");
        let make = || {
            let mut root = schema.clone();
            root["components"] = self.document["components"].clone();
            Arc::new(jsonschema::validator_for(&root).expect("the schema is one"))
        };
        Arc::clone(validators.entry(key).or_insert_with(make))
    }
}
