//! What routes and extractors say of an operation.

use aide::{openapi::Operation as Documented, transform::TransformOperation};
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
    /// Describes the operation in the document.
    pub(crate) fn document(&'static self) -> impl FnOnce(TransformOperation) -> TransformOperation {
        self.named(self.id.to_owned(), self.summary.to_owned())
    }

    /// The same operation under the method PATCH, which needs an id of its own.
    pub(crate) fn patch(&'static self) -> impl FnOnce(TransformOperation) -> TransformOperation {
        let id = format!("{}ByPatch", self.id);
        self.named(id, format!("{} (PATCH)", self.summary))
    }

    fn named(
        &'static self,
        id: String,
        summary: String,
    ) -> impl FnOnce(TransformOperation) -> TransformOperation {
        move |mut operation| {
            may_refuse(operation.inner_mut(), self.codes);
            operation
                .id(&id)
                .summary(&summary)
                .description(self.description)
        }
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
