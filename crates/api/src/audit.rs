//! The audit trail on the wire.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use timetracks_domain::{
    self as domain, Action, ApiKeyId, AuditEventId, Id, SessionId, Subject, UserId,
};

use crate::{DateTime, Example, Parameters, QueryString, example};

/// The schema of an action.
pub struct ActionWord;

impl JsonSchema for ActionWord {
    fn schema_name() -> Cow<'static, str> {
        "AuditAction".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<_> = Action::ALL.iter().map(|action| action.as_str()).collect();
        json_schema!({ "type": "string", "enum": words })
    }
}

/// The schema of a kind of subject.
pub struct SubjectWord;

impl JsonSchema for SubjectWord {
    fn schema_name() -> Cow<'static, str> {
        "AuditSubject".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": Subject::KINDS })
    }
}

/// Something that was done to the security of an organisation. It outlives what it was done to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::fields_are_required)]
pub struct AuditEvent {
    /// Its id.
    pub id: AuditEventId,
    /// What was done.
    #[schemars(with = "ActionWord")]
    pub action: Cow<'static, str>,
    /// Who did it; null when nobody was known.
    pub user_id: Option<UserId>,
    /// The session in use, if one was.
    pub session_id: Option<SessionId>,
    /// The API key in use, if one was.
    pub api_key_id: Option<ApiKeyId>,
    /// The client's address; null when the server itself did it.
    pub address: Option<String>,
    /// The id of the request, as in the server's log.
    pub request_id: Option<String>,
    /// What it was done to: the kind.
    #[schemars(with = "Option<SubjectWord>")]
    pub subject_type: Option<String>,
    /// What it was done to: the id. For an invitation, whose id is a secret, that of its record.
    pub subject_id: Option<String>,
    /// More, for people.
    pub detail: Option<String>,
    /// When.
    pub created_at: DateTime,
}

impl From<domain::AuditEvent> for AuditEvent {
    fn from(event: domain::AuditEvent) -> Self {
        let (subject_type, subject_id) = event.subject.unzip();
        Self {
            id: event.id,
            action: event.action.as_str().into(),
            user_id: event.user,
            session_id: event.session,
            api_key_id: event.api_key,
            address: event.address.map(|address| address.to_string()),
            request_id: event.request,
            subject_type,
            subject_id: subject_id.map(|id| Id::<domain::kind::AuditEvent>::new(id).to_string()),
            detail: event.detail,
            created_at: DateTime(event.created_at),
        }
    }
}

impl Example for AuditEvent {
    fn example() -> Self {
        Self {
            id: example::id(9),
            action: Action::ApiKeyCreated.as_str().into(),
            user_id: Some(example::id(2)),
            session_id: Some(example::id(4)),
            api_key_id: None,
            address: Some("192.0.2.7".to_owned()),
            request_id: Some("06nsvh0t0wr00800000029rg7r".to_owned()),
            subject_type: Some("apiKey".to_owned()),
            subject_id: Some(example::id::<domain::kind::ApiKey>(3).to_string()),
            detail: Some("nightly build".to_owned()),
            created_at: DateTime(example::morning()),
        }
    }
}

/// Which entries of the audit trail.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub struct AuditFilter {
    /// Those of this action.
    #[schemars(with = "Option<ActionWord>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// Those of what this user did: none, when there never was such a user.
    #[schemars(with = "Option<String>")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
}

impl Parameters for AuditFilter {
    fn from_query(query: &mut QueryString) -> Self {
        Self {
            action: query.optional("action"),
            user_id: query.optional("userId"),
        }
    }
}
