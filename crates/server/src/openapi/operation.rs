//! What routes and extractors say of an operation.

use aide::openapi::Operation as Documented;
use serde_json::{Value, json};
use timetracks_api::Code;

/// Where the codes of an operation are noted until its responses are made of them.
pub(super) const CODES: &str = "x-problems";

/// What an operation is about, beside its handler.
pub(crate) struct Operation {
    /// Its name in generated clients.
    pub(crate) id: &'static str,
    /// A few words.
    pub(crate) summary: &'static str,
    /// A few sentences (Markdown).
    pub(crate) description: &'static str,
    /// What its use case may refuse, beyond what its extractors do.
    pub(crate) codes: &'static [Code],
}

impl Operation {
    /// Describes the operation. Under a second method, PATCH, it needs an id of its own.
    pub(crate) fn document(&self, operation: &mut Documented, by_patch: bool) {
        may_refuse(operation, self.codes);
        let (of_id, of_summary) = if by_patch {
            ("ByPatch", " (PATCH)")
        } else {
            ("", "")
        };
        operation.operation_id = Some(format!("{}{of_id}", self.id));
        operation.summary = Some(format!("{}{of_summary}", self.summary));
        operation.description = Some(self.description.to_owned());
    }
}

/// Notes that an operation may answer with these problems.
pub(crate) fn may_refuse(operation: &mut Documented, codes: &[Code]) {
    let noted = operation
        .extensions
        .entry(CODES.to_owned())
        .or_insert_with(|| json!([]));
    if let Value::Array(noted) = noted {
        for code in codes {
            let word = json!(code.as_str());
            if !noted.contains(&word) {
                noted.push(word);
            }
        }
    }
}
