//! Organisations on the wire.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use timetracks_domain::{self as domain, Change, Description, Email, MaxRunning, Name, OrgId};

use crate::{Body, DateTime, Example, Fields, example};

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::fields_are_required)]
pub struct Organisation {
    /// Its id.
    pub id: OrgId,
    /// Its name; not unique.
    pub name: String,
    /// What it is about.
    pub description: Option<String>,
    /// The same as `description`, misspelt as in the first version of this API.
    #[schemars(extend("deprecated" = true))]
    pub decription: Option<String>,
    /// Where to reach it; at first the address of who signed it up.
    pub email: Option<String>,
    /// After how many hours a running track is ended; null for never.
    pub max_running: Option<i64>,
    /// When it signed up.
    pub created_at: DateTime,
    /// When it was last changed.
    pub updated_at: DateTime,
}

impl From<domain::Organisation> for Organisation {
    fn from(org: domain::Organisation) -> Self {
        Self {
            id: org.id,
            name: org.name,
            decription: org.description.clone(),
            description: org.description,
            email: org.email,
            max_running: org.max_running.map(MaxRunning::hours),
            created_at: DateTime(org.created_at),
            updated_at: DateTime(org.updated_at),
        }
    }
}

impl Example for Organisation {
    fn example() -> Self {
        Self {
            id: example::id(1),
            name: "Visidra".to_owned(),
            description: Some("Time well spent".to_owned()),
            decription: Some("Time well spent".to_owned()),
            email: Some("contact@visidra.com".to_owned()),
            max_running: Some(16),
            created_at: DateTime(example::morning()),
            updated_at: DateTime(example::morning()),
        }
    }
}

/// What is to be different; a member that is left out stays as it is.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::some_field_is_required)]
pub struct UpdateOrganisation {
    /// The name.
    #[schemars(with = "Name")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub name: Change<Name>,
    /// The contact address; null clears it.
    #[schemars(with = "Option<Email>")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub email: Change<Option<Email>>,
    /// What it is about; null clears it.
    #[schemars(with = "Option<Description>")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub description: Change<Option<Description>>,
    /// After how many hours a running track is ended; null for never. An end that was shown stays.
    #[schemars(with = "Option<MaxRunning>")]
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub max_running: Change<Option<MaxRunning>>,
}

impl Body for UpdateOrganisation {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let body = Self {
            name: fields.change("name"),
            email: fields.change_or_clear("email"),
            description: fields.change_or_clear("description"),
            max_running: fields.change_or_clear("maxRunning"),
        };
        fields.require_a_change("name, email, description, maxRunning");
        Some(body)
    }

    fn example() -> Value {
        json!({ "name": "Visidra Updated", "email": "contact.updated@visidra.com", "maxRunning": 16 })
    }
}
