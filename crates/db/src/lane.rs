//! What may run side by side.

use uuid::Uuid;

/// Jobs of one lane run one after another. SQLite has a single writer, so there all lanes are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lane {
    /// The writes of one organisation.
    Org(Uuid),
    /// Writes that concern more than one.
    Server,
}
