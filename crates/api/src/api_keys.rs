//! API keys on the wire.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use timetracks_domain::{self as domain, ApiKeyId, Instant, Kind, Name, ProjectId, Scope};

use crate::{Body, DateTime, Example, Fields, Millis, example, users::KindWord};

/// The schema of a scope.
pub struct ScopeWord;

impl JsonSchema for ScopeWord {
    fn schema_name() -> Cow<'static, str> {
        "Scope".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<_> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        json_schema!({ "type": "string", "enum": words })
    }
}

/// The words for what a credential may be used for; `None` is everything.
#[must_use]
pub fn scope_words(scopes: Option<&[Scope]>) -> Vec<Cow<'static, str>> {
    let scopes = scopes.unwrap_or(&Scope::ALL);
    scopes.iter().map(|scope| scope.as_str().into()).collect()
}

/// A key to be.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateApiKey {
    /// What you call it.
    pub name: Name,
    /// What it may be used for: `read`; `track` (clock in and out, write time tracks); `manage` (projects and tasks);
    /// `admin` (the rest). Without this member, everything that you may do yourself.
    #[schemars(with = "Option<Vec<ScopeWord>>", length(min = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<Scope>>,
    /// When it stops working by itself. Without this member, never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime>,
    /// The one project that it is good for. Without this member, whatever you may reach.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_id: Option<ProjectId>,
    /// What books time with it. Without this member, what you are.
    #[schemars(with = "Option<KindWord>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
}

impl Body for CreateApiKey {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let name = fields.required("name");
        let (scopes, expires_at) = (fields.optional("scopes"), fields.optional("expiresAt"));
        let (project_id, kind) = (fields.optional("projectId"), fields.optional("kind"));
        Some(Self {
            name: name?,
            scopes,
            expires_at,
            project_id,
            kind,
        })
    }

    fn example() -> Value {
        json!({ "name": "nightly build", "scopes": ["read", "track"], "kind": "ci" })
    }
}

/// What is known of an API key; never its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::fields_are_required)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// What its owner calls it.
    pub name: String,
    /// The last four characters of the secret, to tell keys apart.
    pub last4: String,
    /// What it may be used for.
    #[schemars(with = "Vec<ScopeWord>")]
    pub scopes: Vec<Cow<'static, str>>,
    /// When it stops working by itself; null for never.
    pub expires_at: Option<DateTime>,
    /// The one project that it is good for; null for whatever its owner may reach.
    pub project_id: Option<ProjectId>,
    /// What books time with it; null for what its owner is.
    #[schemars(with = "Option<KindWord>")]
    pub kind: Option<Cow<'static, str>>,
    /// When it was last used, to the minute; 0 until its first use.
    pub last_used_at: Millis,
    /// When it was made.
    pub created_at: DateTime,
    /// When it was last rotated.
    pub updated_at: DateTime,
}

impl From<domain::ApiKey> for ApiKey {
    fn from(key: domain::ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            last4: key.last4,
            scopes: scope_words(key.scopes.as_deref()),
            expires_at: key.expires_at.map(DateTime),
            project_id: key.project,
            kind: key.kind.map(|kind| kind.as_str().into()),
            last_used_at: Millis(key.last_used_at.unwrap_or(Instant::MIN)),
            created_at: DateTime(key.created_at),
            updated_at: DateTime(key.updated_at),
        }
    }
}

impl Example for ApiKey {
    fn example() -> Self {
        Self {
            id: example::id(3),
            name: "nightly build".to_owned(),
            last4: "u2k5".to_owned(),
            scopes: scope_words(Some(&[Scope::Read, Scope::Track])),
            expires_at: None,
            project_id: None,
            kind: Some("ci".into()),
            last_used_at: Millis(Instant::MIN),
            created_at: DateTime(example::morning()),
            updated_at: DateTime(example::morning()),
        }
    }
}

/// A key with its secret, which is shown only here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeySecret {
    /// The secret: for the header `X-Api-Key`, or to log in with.
    pub api_key: String,
    /// A sentence for people.
    pub message: String,
    /// What is known of it.
    pub info: ApiKey,
}

impl Example for ApiKeySecret {
    fn example() -> Self {
        Self {
            api_key: "tt_9pwk3v6h2m8c5x0qj7dn4rz1sbeyfga3t8u2k5".to_owned(),
            message: "API key created. Store it securely — it will not be shown again.".to_owned(),
            info: ApiKey::example(),
        }
    }
}
