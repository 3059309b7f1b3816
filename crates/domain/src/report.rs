//! The rows of reports. A report's total is the sum of its rows, made by [`total`] and by nothing else.

use crate::{Access, Duration, Project, Task, User};

/// Whose time a report covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportScope {
    /// The caller's own.
    Own,
    /// Everyone's.
    Organisation,
}

impl From<Access> for ReportScope {
    fn from(access: Access) -> Self {
        match access {
            Access::Own(_) => Self::Own,
            Access::Anyone => Self::Organisation,
        }
    }
}

/// What one person spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserTime {
    /// Who.
    pub user: User,
    /// How long.
    pub amount: Duration,
}

/// What was spent on one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskTime {
    /// On what.
    pub task: Task,
    /// How long.
    pub amount: Duration,
}

/// What was spent on one project, or on standalone tasks together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectTime {
    /// On what; `None` for the standalone tasks.
    pub project: Option<Project>,
    /// The tasks, whose times add up to this one's.
    pub tasks: Vec<TaskTime>,
}

impl ProjectTime {
    /// How long.
    #[must_use]
    pub fn amount(&self) -> Duration {
        self.tasks.iter().map(|task| task.amount).sum()
    }
}

/// The exact sum of a breakdown.
pub fn total(rows: impl IntoIterator<Item = Duration>) -> Duration {
    rows.into_iter().sum()
}
