//! The answer of operations that have nothing else to say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Example;

/// A sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// What was done.
    pub message: String,
}

impl Message {
    /// That sentence.
    #[must_use]
    pub fn new(message: &str) -> Self {
        Self {
            message: message.to_owned(),
        }
    }
}

impl Example for Message {
    fn example() -> Self {
        Self::new("Done")
    }
}
