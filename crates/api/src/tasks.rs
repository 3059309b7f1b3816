//! Tasks on the wire.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use timetracks_domain::{
    self as domain, Change, Description, ExternalId, Name, ProjectId, TaskId, TaskStatus, UserId,
};

use crate::{Body, DateTime, Example, Fields, Parameters, QueryString, example};

/// The schema of a task's status.
pub struct StatusWord;

impl JsonSchema for StatusWord {
    fn schema_name() -> Cow<'static, str> {
        "TaskStatus".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words = TaskStatus::ALL.map(TaskStatus::as_str);
        json_schema!({ "type": "string", "enum": words })
    }
}

/// Something that time is spent on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::fields_are_required)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// Who made it.
    pub user_id: UserId,
    /// Its name; not unique, but you can clock in by it.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// How far it is.
    #[schemars(with = "StatusWord")]
    pub status: Cow<'static, str>,
    /// Its project; null for a standalone task.
    pub project_id: Option<ProjectId>,
    /// Its id in another system, unique in the organisation; you can clock in by it.
    pub external_id: Option<String>,
    /// When it was made.
    pub created_at: DateTime,
    /// When it was last changed.
    pub updated_at: DateTime,
}

impl From<domain::Task> for Task {
    fn from(task: domain::Task) -> Self {
        Self {
            id: task.id,
            user_id: task.user,
            name: task.name,
            description: task.description,
            status: task.status.as_str().into(),
            project_id: task.project,
            external_id: task.external_id,
            created_at: DateTime(task.created_at),
            updated_at: DateTime(task.updated_at),
        }
    }
}

/// One of several tasks of a name: as much as somebody may know who only clocks in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::fields_are_required)]
pub struct Candidate {
    /// Its id.
    pub id: TaskId,
    /// Its name.
    pub name: String,
    /// How far it is.
    #[schemars(with = "StatusWord")]
    pub status: Cow<'static, str>,
    /// Its project; null for a standalone task.
    pub project_id: Option<ProjectId>,
    /// Its id in another system.
    pub external_id: Option<String>,
}

impl From<domain::Task> for Candidate {
    fn from(task: domain::Task) -> Self {
        Self {
            id: task.id,
            name: task.name,
            status: task.status.as_str().into(),
            project_id: task.project,
            external_id: task.external_id,
        }
    }
}

impl Example for Candidate {
    fn example() -> Self {
        let task = Task::example();
        Self {
            id: task.id,
            name: task.name,
            status: task.status,
            project_id: task.project_id,
            external_id: task.external_id,
        }
    }
}

impl Example for Task {
    fn example() -> Self {
        Self {
            id: example::id(5),
            user_id: example::id(2),
            name: "New website design".to_owned(),
            description: Some("Create a new homepage using React".to_owned()),
            status: "open".into(),
            project_id: Some(example::id(4)),
            external_id: Some("JIRA-492".to_owned()),
            created_at: DateTime(example::morning()),
            updated_at: DateTime(example::morning()),
        }
    }
}

/// A task to be.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateTask {
    /// Its name.
    pub name: Name,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Its id in another system, unique in the organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
}

impl Body for CreateTask {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let name = fields.required("name");
        let description = fields.optional("description");
        let external_id = fields.optional("externalId");
        Some(Self {
            name: name?,
            description,
            external_id,
        })
    }

    fn example() -> Value {
        json!({
            "name": "New website design",
            "description": "Create a new homepage using React",
            "externalId": "JIRA-492"
        })
    }
}

/// What is to be different; a member that is left out stays as it is.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::some_field_is_required)]
pub struct UpdateTask {
    /// The name.
    #[schemars(with = "Name")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub name: Change<Name>,
    /// What it is about; null clears it.
    #[schemars(with = "Option<Description>")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub description: Change<Option<Description>>,
    /// How far it is.
    #[schemars(with = "StatusWord")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub status: Change<TaskStatus>,
    /// The id in another system; null clears it.
    #[schemars(with = "Option<ExternalId>")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub external_id: Change<Option<ExternalId>>,
}

impl Body for UpdateTask {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let body = Self {
            name: fields.change("name"),
            description: fields.change_or_clear("description"),
            status: fields.change("status"),
            external_id: fields.change_or_clear("externalId"),
        };
        fields.require_a_change("name, description, status, externalId");
        Some(body)
    }

    fn example() -> Value {
        json!({ "name": "New website design", "status": "in_progress" })
    }
}

/// Where a task is to go.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MoveTask {
    /// Its new project.
    pub project_id: ProjectId,
}

impl Body for MoveTask {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            project_id: fields.required("projectId")?,
        })
    }

    fn example() -> Value {
        json!({ "projectId": example::id::<domain::kind::Project>(7) })
    }
}

/// Which tasks to list; a parameter that is left out does not matter.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct TaskFilter {
    /// Those in this project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// Those this far.
    #[schemars(with = "Option<StatusWord>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<TaskStatus>,
    /// The one with this external id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Those of exactly this name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
}

impl Parameters for TaskFilter {
    fn from_query(query: &mut QueryString) -> Self {
        Self {
            project_id: query.optional("projectId"),
            status: query.optional("status"),
            external_id: query.optional("externalId"),
            name: query.optional("name"),
        }
    }
}
