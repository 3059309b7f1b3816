//! What tools answer with: less than the API says, in the local time zone, so that a model has little to read.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};
use timetracks_client::{
    api::{Millis, projects::Project, reports::KindTime, tasks::Task, tracks::Track},
    domain::{Duration, ProjectId, TaskId, TrackId},
};

use crate::{entry::Entry, when::Local};

/// A stretch of time on a task.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Shown {
    /// The id of the track.
    id: TrackId,
    /// The name of the task.
    task: String,
    /// Its id.
    task_id: TaskId,
    /// From when, in the local time zone (RFC 3339).
    #[schemars(extend("format" = "date-time"))]
    start: String,
    /// Until when; null while it runs.
    #[schemars(extend("format" = "date-time"))]
    end: Option<String>,
    /// How long, in seconds; while it runs, up to now.
    seconds: i64,
    /// The same for people.
    duration: String,
    /// Who or what booked it: human, ci or agent.
    kind: String,
    /// What ended it, when nobody did: lease (no sign of life) or limit (the longest that the organisation allows).
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_by: Option<String>,
    /// When it ends by itself if this session is gone until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("format" = "date-time"))]
    lease_expires_at: Option<String>,
    /// What is said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// What programs say of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Map<String, Value>>")]
    meta: Option<Map<String, Value>>,
}

impl Shown {
    pub(super) fn new(local: &Local, track: Track, names: &HashMap<TaskId, String>) -> Self {
        let shown = |at: Millis| local.rfc_3339(at.0);
        let name = names.get(&track.task_id).cloned();
        Self {
            id: track.id,
            // The key may not be allowed to read it.
            task: name.unwrap_or_else(|| track.task_id.to_string()),
            task_id: track.task_id,
            start: shown(track.start),
            end: track.end.map(shown),
            seconds: track.amount / 1000,
            duration: track.time_formatted,
            kind: track.kind.into_owned(),
            ended_by: track
                .ended_by
                .filter(|by| by != "user")
                .map(std::borrow::Cow::into_owned),
            lease_expires_at: track.lease_expires_at.map(shown),
            note: track.note,
            meta: track.meta,
        }
    }
}

/// What came of clocking in or out.
#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Clocked {
    /// The track; without it, the server could not be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) track: Option<Shown>,
    /// What was written down and is sent later, once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) queued: Option<Waiting>,
    /// What that means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message: Option<String>,
}

/// Something that was written down because the server could not be reached.
#[derive(Serialize, JsonSchema)]
pub(super) struct Waiting {
    /// What was done: in, out or book.
    action: String,
    /// The task, as it was said.
    task: Option<String>,
    /// When it was done.
    #[schemars(extend("format" = "date-time"))]
    at: String,
}

impl Waiting {
    pub(super) fn new(local: &Local, entry: &Entry) -> Self {
        let action = serde_json::to_value(entry.action).unwrap_or_default();
        Self {
            action: action.as_str().unwrap_or_default().to_owned(),
            task: entry.task.clone(),
            at: local.rfc_3339(entry.instant()),
        }
    }
}

/// What runs, and what is not settled.
#[derive(Serialize, JsonSchema)]
pub(super) struct Status {
    /// This moment, in the local time zone.
    #[schemars(extend("format" = "date-time"))]
    pub(super) now: String,
    /// Your tracks that run.
    pub(super) running: Vec<Shown>,
    /// What was done while the server could not be reached; the next change sends it first.
    pub(super) waiting: Vec<Waiting>,
    /// What the server has refused of it, for the user to look at with `timetracks sync`.
    pub(super) refused: Vec<String>,
}

/// A task.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownTask {
    id: TaskId,
    name: String,
    /// Its id in another system.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    /// How far it is: open, in_progress or done.
    status: String,
    /// Its project.
    #[serde(skip_serializing_if = "Option::is_none")]
    project_id: Option<ProjectId>,
}

impl From<Task> for ShownTask {
    fn from(task: Task) -> Self {
        Self {
            id: task.id,
            name: task.name,
            external_id: task.external_id,
            status: task.status.into_owned(),
            project_id: task.project_id,
        }
    }
}

/// Tasks.
#[derive(Serialize, JsonSchema)]
pub(super) struct Tasks {
    /// The newest tasks that fit, newest first.
    pub(super) tasks: Vec<ShownTask>,
    /// How many more fit; say more in `search` to see them.
    pub(super) more: usize,
}

/// A project.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownProject {
    id: ProjectId,
    name: String,
    /// Its id in another system.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
}

impl From<Project> for ShownProject {
    fn from(project: Project) -> Self {
        Self {
            id: project.id,
            name: project.name,
            external_id: project.external_id,
        }
    }
}

/// Projects.
#[derive(Serialize, JsonSchema)]
pub(super) struct Projects {
    /// All of them, oldest first.
    pub(super) projects: Vec<ShownProject>,
}

/// Tracks of some days.
#[derive(Serialize, JsonSchema)]
pub(super) struct Logged {
    /// Every track of yours that has time in these days, whole, oldest first.
    pub(super) tracks: Vec<Shown>,
    /// What of them lies in these days, in seconds.
    pub(super) seconds: i64,
    /// The same for people.
    pub(super) duration: String,
}

/// A line of a report.
#[derive(Serialize, JsonSchema)]
pub(super) struct Row {
    /// The project, task, person or kind.
    name: String,
    /// How long, in seconds.
    seconds: i64,
    /// The same for people.
    duration: String,
}

impl Row {
    pub(super) fn new(name: String, ms: i64) -> Self {
        Self {
            name,
            seconds: ms / 1000,
            duration: Duration::from_ms(ms).to_string(),
        }
    }
}

/// Who spent how long on what.
#[derive(Serialize, JsonSchema)]
pub(super) struct Reported {
    /// Where the time went, most first.
    pub(super) rows: Vec<Row>,
    /// All of it, by what booked it: human, ci or agent.
    pub(super) kinds: Vec<Row>,
    /// All of it, in seconds.
    pub(super) seconds: i64,
    /// The same for people.
    pub(super) duration: String,
}

impl Reported {
    pub(super) fn new(rows: Vec<(String, i64)>, kinds: &[KindTime]) -> Self {
        let total = rows.iter().map(|(_, ms)| ms).sum();
        let kind = |time: &KindTime| Row::new(time.kind.to_string(), time.sum.total);
        Self {
            rows: rows
                .into_iter()
                .map(|(name, ms)| Row::new(name, ms))
                .collect(),
            kinds: kinds.iter().map(kind).collect(),
            seconds: total / 1000,
            duration: Duration::from_ms(total).to_string(),
        }
    }
}

/// A track that was booked, changed or deleted, as it is now or was last.
#[derive(Serialize, JsonSchema)]
pub(super) struct Booked {
    /// The track.
    pub(super) track: Shown,
}
