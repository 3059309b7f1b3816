//! What an organisation's audit trail tells: who did what to its security, with which credential, from where.

use std::net::IpAddr;

use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::{
    ApiKeyId, AuditEventId, Instant, InvitationId, OrgId, ProjectId, SessionId, TaskId, UserId,
};

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Action {
    SignedUp,
    LoggedIn,
    LoginFailed,
    SessionEnded,
    RefreshTokenForgiven,
    RefreshTokenReused,
    PasswordChanged,
    PasswordExpirySet,
    PasswordTokenIssued,
    SuperUserAdded,
    UserCreated,
    UserChanged,
    InvitationCreated,
    InvitationDeleted,
    InvitationAccepted,
    ApiKeyCreated,
    ApiKeyRotated,
    ApiKeyDeleted,
    OrganisationChanged,
    OrganisationSuspended,
    OrganisationResumed,
    ProjectDeleted,
    TaskDeleted,
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 23] = [
        Self::SignedUp,
        Self::LoggedIn,
        Self::LoginFailed,
        Self::SessionEnded,
        Self::RefreshTokenForgiven,
        Self::RefreshTokenReused,
        Self::PasswordChanged,
        Self::PasswordExpirySet,
        Self::PasswordTokenIssued,
        Self::SuperUserAdded,
        Self::UserCreated,
        Self::UserChanged,
        Self::InvitationCreated,
        Self::InvitationDeleted,
        Self::InvitationAccepted,
        Self::ApiKeyCreated,
        Self::ApiKeyRotated,
        Self::ApiKeyDeleted,
        Self::OrganisationChanged,
        Self::OrganisationSuspended,
        Self::OrganisationResumed,
        Self::ProjectDeleted,
        Self::TaskDeleted,
    ];

    /// The word for it on the wire and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedUp => "signed-up",
            Self::LoggedIn => "logged-in",
            Self::LoginFailed => "login-failed",
            Self::SessionEnded => "session-ended",
            Self::RefreshTokenForgiven => "refresh-token-forgiven",
            Self::RefreshTokenReused => "refresh-token-reused",
            Self::PasswordChanged => "password-changed",
            Self::PasswordExpirySet => "password-expiry-set",
            Self::PasswordTokenIssued => "password-token-issued",
            Self::SuperUserAdded => "super-user-added",
            Self::UserCreated => "user-created",
            Self::UserChanged => "user-changed",
            Self::InvitationCreated => "invitation-created",
            Self::InvitationDeleted => "invitation-deleted",
            Self::InvitationAccepted => "invitation-accepted",
            Self::ApiKeyCreated => "api-key-created",
            Self::ApiKeyRotated => "api-key-rotated",
            Self::ApiKeyDeleted => "api-key-deleted",
            Self::OrganisationChanged => "organisation-changed",
            Self::OrganisationSuspended => "organisation-suspended",
            Self::OrganisationResumed => "organisation-resumed",
            Self::ProjectDeleted => "project-deleted",
            Self::TaskDeleted => "task-deleted",
        }
    }

    /// The action of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == word)
    }
}

/// What it was done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the types say it")]
pub enum Subject {
    Organisation(OrgId),
    User(UserId),
    Session(SessionId),
    ApiKey(ApiKeyId),
    /// Its row: the public id, which is a secret, is not made of this alone.
    Invitation(InvitationId),
    Project(ProjectId),
    Task(TaskId),
}

impl Subject {
    /// Every word for a kind of subject.
    pub const KINDS: [&str; 7] = [
        "organisation",
        "user",
        "session",
        "apiKey",
        "invitation",
        "project",
        "task",
    ];

    /// The word for its kind, on the wire and in the database.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        Self::KINDS[match self {
            Self::Organisation(_) => 0,
            Self::User(_) => 1,
            Self::Session(_) => 2,
            Self::ApiKey(_) => 3,
            Self::Invitation(_) => 4,
            Self::Project(_) => 5,
            Self::Task(_) => 6,
        }]
    }

    /// Its row.
    #[must_use]
    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Organisation(id) => id.uuid(),
            Self::User(id) => id.uuid(),
            Self::Session(id) => id.uuid(),
            Self::ApiKey(id) => id.uuid(),
            Self::Invitation(id) => id.uuid(),
            Self::Project(id) => id.uuid(),
            Self::Task(id) => id.uuid(),
        }
    }
}

/// An entry of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// Its id.
    pub id: AuditEventId,
    /// What was done.
    pub action: Action,
    /// Who did it, `None` when nobody was known.
    pub user: Option<UserId>,
    /// The session in use.
    pub session: Option<SessionId>,
    /// The API key in use.
    pub api_key: Option<ApiKeyId>,
    /// From where.
    pub address: Option<IpAddr>,
    /// The id of the request.
    pub request: Option<String>,
    /// What it was done to: kind and id.
    pub subject: Option<(String, Uuid)>,
    /// More, for people.
    pub detail: Option<String>,
    /// When.
    pub created_at: Instant,
}
