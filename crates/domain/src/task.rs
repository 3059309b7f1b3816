//! Tasks: what time is spent on.

use serde::{Serialize, Serializer};

use crate::{Instant, ProjectId, TaskId, UserId};

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskStatus {
    /// Not begun, or begun again.
    Open,
    /// Under way.
    InProgress,
    /// Finished.
    Done,
}

impl Serialize for TaskStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl TaskStatus {
    /// Every status, in the order of a task's life.
    pub const ALL: [Self; 3] = [Self::Open, Self::InProgress, Self::Done];

    /// The word for it on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InProgress => "in_progress",
            Self::Done => "done",
        }
    }

    /// The status of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// Something that time is spent on, alone or in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Who made it.
    pub user: UserId,
    /// Its project; `None` for a standalone task.
    pub project: Option<ProjectId>,
    /// Its name; not unique, but a handle to clock in by.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// How far it is.
    pub status: TaskStatus,
    /// Its id in another system, unique in the organisation: another handle.
    pub external_id: Option<String>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was last changed.
    pub updated_at: Instant,
}
