//! Projects on the wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use timetracks_domain::{self as domain, Change, Description, ExternalId, Name, ProjectId, UserId};

use crate::{Body, DateTime, Example, Fields, example};

/// A group of tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::fields_are_required)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Who made it.
    pub user_id: UserId,
    /// Its name; not unique.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// Its id in another system, unique in the organisation.
    pub external_id: Option<String>,
    /// When it was made.
    pub created_at: DateTime,
    /// When it was last changed.
    pub updated_at: DateTime,
}

impl From<domain::Project> for Project {
    fn from(project: domain::Project) -> Self {
        Self {
            id: project.id,
            user_id: project.user,
            name: project.name,
            description: project.description,
            external_id: project.external_id,
            created_at: DateTime(project.created_at),
            updated_at: DateTime(project.updated_at),
        }
    }
}

impl Example for Project {
    fn example() -> Self {
        Self {
            id: example::id(4),
            user_id: example::id(2),
            name: "New e-commerce system".to_owned(),
            description: Some("Few months with NestJS and Vue".to_owned()),
            external_id: Some("JIRA-102".to_owned()),
            created_at: DateTime(example::morning()),
            updated_at: DateTime(example::morning()),
        }
    }
}

/// A project to be.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateProject {
    /// Its name.
    pub name: Name,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Its id in another system, unique in the organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
}

impl Body for CreateProject {
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
            "name": "New e-commerce shop",
            "description": "Few months with NestJS and Vue",
            "externalId": "JIRA-102"
        })
    }
}

/// What is to be different; a member that is left out stays as it is.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::some_field_is_required)]
pub struct UpdateProject {
    /// The name.
    #[schemars(with = "Name")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub name: Change<Name>,
    /// What it is about; null clears it.
    #[schemars(with = "Option<Description>")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub description: Change<Option<Description>>,
    /// The id in another system; null clears it.
    #[schemars(with = "Option<ExternalId>")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub external_id: Change<Option<ExternalId>>,
}

impl Body for UpdateProject {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let body = Self {
            name: fields.change("name"),
            description: fields.change_or_clear("description"),
            external_id: fields.change_or_clear("externalId"),
        };
        fields.require_a_change("name, description, externalId");
        Some(body)
    }

    fn example() -> Value {
        json!({ "name": "New e-commerce system", "description": null })
    }
}
