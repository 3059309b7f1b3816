//! Projects.

use crate::{Instant, ProjectId, UserId};

/// A group of tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Who made it.
    pub user: UserId,
    /// Its name; not unique.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// Its id in another system, unique in the organisation.
    pub external_id: Option<String>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}
