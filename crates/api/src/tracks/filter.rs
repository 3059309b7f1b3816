//! Which tracks to list.

use schemars::JsonSchema;
use serde::Serialize;
use timetracks_domain::{Kind, ProjectId, TaskId, UserId};

use crate::{Millis, Parameters, QueryString, users::KindWord};

/// Between when; a track counts when any of it lies between.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Between {
    /// Only tracks that were not over before this instant, in Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Millis>,
    /// Only tracks that had begun by this instant, in Unix milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Millis>,
}

impl Parameters for Between {
    fn from_query(query: &mut QueryString) -> Self {
        let (from, to) = (query.optional("from"), query.optional("to"));
        if let (Some(Millis(from)), Some(Millis(to))) = (from, to)
            && to < from
        {
            query.refuse("to", "must not lie before from");
        }
        Self { from, to }
    }
}

/// Which tracks to list; a parameter that is left out does not matter.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct TrackFilter {
    /// This person's. Members see only their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// On tasks of this project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// On this task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
    /// Between when.
    #[serde(flatten)]
    pub between: Between,
    /// Only those that run, or only those that do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub running: Option<bool>,
    /// Only those of this kind.
    #[schemars(with = "Option<KindWord>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
}

impl Parameters for TrackFilter {
    fn from_query(query: &mut QueryString) -> Self {
        Self {
            user_id: query.optional("userId"),
            project_id: query.optional("projectId"),
            task_id: query.optional("taskId"),
            between: Between::from_query(query),
            running: query.optional("running"),
            kind: query.optional("kind"),
        }
    }
}
