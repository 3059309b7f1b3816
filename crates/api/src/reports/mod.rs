//! Reports on the wire. Every breakdown adds up to its total exactly, in milliseconds.

mod examples;
mod filter;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use timetracks_domain::{
    self as domain, ByKind, Duration, Kind, ProjectId, ReportScope, Split, TaskId, UserId,
};

pub use filter::{ReportFilter, ReportRange};

use crate::{tracks::Track, users::KindWord};

/// The schema of a report's scope.
pub struct ScopeWord;

impl JsonSchema for ScopeWord {
    fn schema_name() -> Cow<'static, str> {
        "ReportScope".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": ["own", "organisation"] })
    }
}

/// The word for whose time a report covers.
#[must_use]
pub fn scope_word(scope: ReportScope) -> &'static str {
    match scope {
        ReportScope::Own => "own",
        ReportScope::Organisation => "organisation",
    }
}

/// A sum of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sum {
    /// The whole hours of `total`.
    pub hours: i64,
    /// Its whole minutes beyond the hours.
    pub minutes: i64,
    /// Its whole seconds beyond the minutes.
    pub seconds: i64,
    /// The sum in milliseconds; running tracks count up to the moment of the answer.
    pub total: i64,
    /// The sum for people.
    pub time_formatted: String,
}

impl From<Duration> for Sum {
    fn from(duration: Duration) -> Self {
        let Split {
            hours,
            minutes,
            seconds,
        } = duration.split();
        Self {
            hours,
            minutes,
            seconds,
            total: duration.ms(),
            time_formatted: duration.text(),
        }
    }
}

/// What was spent by one kind of people or programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KindTime {
    /// Who or what booked it.
    #[schemars(with = "KindWord")]
    pub kind: Cow<'static, str>,
    /// How much.
    #[serde(flatten)]
    pub sum: Sum,
}

/// A total, kind by kind.
#[must_use]
pub fn kind_times(total: ByKind) -> Vec<KindTime> {
    let time = |(kind, amount): (Kind, Duration)| KindTime {
        kind: kind.as_str().into(),
        sum: amount.into(),
    };
    total.kinds().map(time).collect()
}

/// The head of a report on a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::fields_are_required)]
pub struct TaskHead {
    /// Whose time it covers: your own, or everyone's in the organisation.
    #[schemars(with = "ScopeWord")]
    pub scope: Cow<'static, str>,
    /// The task.
    pub task_id: TaskId,
    /// Its name.
    pub task_name: String,
    /// What it is about.
    pub task_description: Option<String>,
    /// How much was spent on it.
    #[serde(flatten)]
    pub sum: Sum,
    /// By whom or what.
    pub kinds: Vec<KindTime>,
}

impl TaskHead {
    /// The head of a report on that task.
    #[must_use]
    pub fn new(scope: ReportScope, task: domain::Task, total: ByKind) -> Self {
        Self {
            scope: scope_word(scope).into(),
            task_id: task.id,
            task_name: task.name,
            task_description: task.description,
            sum: total.total().into(),
            kinds: kind_times(total),
        }
    }
}

/// What was spent on a task, track by track.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskReport {
    /// What and how much.
    #[serde(flatten)]
    pub head: TaskHead,
    /// The tracks, oldest first.
    pub tracks: Vec<Track>,
}

/// What one person spent on a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::fields_are_required)]
pub struct TaskUser {
    /// Who.
    pub user_id: UserId,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The project of the task; null for a standalone task.
    pub project_id: Option<ProjectId>,
    /// Its name.
    pub project_name: Option<String>,
    /// How much.
    #[serde(flatten)]
    pub sum: Sum,
}

/// What was spent on a task, person by person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskUsersReport {
    /// What and how much.
    #[serde(flatten)]
    pub head: TaskHead,
    /// Who spent time on it.
    pub users: Vec<TaskUser>,
}

/// The head of a report on a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::fields_are_required)]
pub struct ProjectHead {
    /// Whose time it covers: your own, or everyone's in the organisation.
    #[schemars(with = "ScopeWord")]
    pub scope: Cow<'static, str>,
    /// The project.
    pub project_id: ProjectId,
    /// Its name.
    pub project_name: String,
    /// What it is about.
    pub project_description: Option<String>,
    /// How much was spent on it.
    #[serde(flatten)]
    pub sum: Sum,
    /// By whom or what.
    pub kinds: Vec<KindTime>,
}

impl ProjectHead {
    /// The head of a report on that project.
    #[must_use]
    pub fn new(scope: ReportScope, project: domain::Project, total: ByKind) -> Self {
        Self {
            scope: scope_word(scope).into(),
            project_id: project.id,
            project_name: project.name,
            project_description: project.description,
            sum: total.total().into(),
            kinds: kind_times(total),
        }
    }
}

/// What one person spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectUser {
    /// Who.
    pub user_id: UserId,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// How much.
    #[serde(flatten)]
    pub sum: Sum,
}

impl From<domain::UserTime> for ProjectUser {
    fn from(row: domain::UserTime) -> Self {
        Self {
            user_id: row.user.id,
            first_name: row.user.first_name,
            last_name: row.user.last_name,
            sum: row.amount.total().into(),
        }
    }
}

/// What was spent on a project, person by person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectUsersReport {
    /// What and how much.
    #[serde(flatten)]
    pub head: ProjectHead,
    /// Who spent time on it.
    pub users: Vec<ProjectUser>,
}

/// What was spent on one task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::fields_are_required)]
pub struct ReportTask {
    /// The task.
    pub task_id: TaskId,
    /// Its name.
    pub task_name: String,
    /// What it is about.
    pub task_description: Option<String>,
    /// How much.
    #[serde(flatten)]
    pub sum: Sum,
}

impl From<domain::TaskTime> for ReportTask {
    fn from(row: domain::TaskTime) -> Self {
        Self {
            task_id: row.task.id,
            task_name: row.task.name,
            task_description: row.task.description,
            sum: row.amount.total().into(),
        }
    }
}

/// What was spent on a project, task by task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProjectTasksReport {
    /// What and how much.
    #[serde(flatten)]
    pub head: ProjectHead,
    /// The tasks that time was spent on.
    pub tasks: Vec<ReportTask>,
}

/// What one person spent on one project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::fields_are_required)]
pub struct ReportProject {
    /// The project; null for the group of standalone tasks.
    pub project_id: Option<ProjectId>,
    /// Its name; null for the group of standalone tasks.
    pub project_name: Option<String>,
    /// How much.
    #[serde(flatten)]
    pub sum: Sum,
    /// The tasks that time was spent on.
    pub tasks: Vec<ReportTask>,
}

impl From<domain::ProjectTime> for ReportProject {
    fn from(row: domain::ProjectTime) -> Self {
        let sum = row.amount().total().into();
        let (project_id, project_name) = row.project.map_or((None, None), |project| {
            (Some(project.id), Some(project.name))
        });
        Self {
            project_id,
            project_name,
            sum,
            tasks: row.tasks.into_iter().map(ReportTask::from).collect(),
        }
    }
}

/// What a person spent, by project and task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserReport {
    /// Whose time you may read: your own, or everyone's in the organisation.
    #[schemars(with = "ScopeWord")]
    pub scope: Cow<'static, str>,
    /// Who.
    pub user_id: UserId,
    /// First and last name.
    pub user_name: String,
    /// How much.
    #[serde(flatten)]
    pub sum: Sum,
    /// By whom or what.
    pub kinds: Vec<KindTime>,
    /// On what, by project.
    pub projects: Vec<ReportProject>,
}
