//! Problems (RFC 9457): the codes, what they mean, and the body that carries them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{FieldError, tasks::Candidate, tracks::Track};

/// What went wrong. The code is the last part of the problem's `type`, `/problems/{code}`, and never changes its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "`explanation` is the documentation, for the wire too"
)]
pub enum Code {
    MalformedJson,
    Unauthorized,
    InvalidCredentials,
    Forbidden,
    ScopeMissing,
    SessionRequired,
    ProjectBound,
    OrgSuspended,
    PasswordExpired,
    WrongPassword,
    InvitationEmail,
    InvitationRole,
    NotFound,
    MethodNotAllowed,
    MalformedRequest,
    RequestTimeout,
    EmailTaken,
    ExternalIdTaken,
    AlreadyRunning,
    NotRunning,
    AmbiguousTask,
    TaskInProject,
    LastAdmin,
    NoSession,
    IdempotencyKeyInUse,
    PreconditionFailed,
    BodyTooLarge,
    UnsupportedMediaType,
    Invalid,
    IdempotencyKeyReused,
    TooManyRequests,
    Internal,
    Busy,
    Unavailable,
    StorageFull,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 35] = [
        Self::MalformedJson,
        Self::Unauthorized,
        Self::InvalidCredentials,
        Self::Forbidden,
        Self::ScopeMissing,
        Self::SessionRequired,
        Self::ProjectBound,
        Self::OrgSuspended,
        Self::PasswordExpired,
        Self::WrongPassword,
        Self::InvitationEmail,
        Self::InvitationRole,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::MalformedRequest,
        Self::RequestTimeout,
        Self::EmailTaken,
        Self::ExternalIdTaken,
        Self::AlreadyRunning,
        Self::NotRunning,
        Self::AmbiguousTask,
        Self::TaskInProject,
        Self::LastAdmin,
        Self::NoSession,
        Self::IdempotencyKeyInUse,
        Self::PreconditionFailed,
        Self::BodyTooLarge,
        Self::UnsupportedMediaType,
        Self::Invalid,
        Self::IdempotencyKeyReused,
        Self::TooManyRequests,
        Self::Internal,
        Self::Busy,
        Self::Unavailable,
        Self::StorageFull,
    ];

    /// The code as it stands in `type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.entry().0
    }

    /// The code of that word; `None` for one of a newer server.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == word)
    }

    /// The short summary that every problem of this code has as its `title`.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.entry().1
    }

    /// What it means and what to do about it.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        self.entry().2
    }

    #[expect(clippy::too_many_lines, reason = "a table, one row a code")]
    const fn entry(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::MalformedJson => (
                "malformed-json",
                "Malformed JSON",
                "The request body is not JSON in UTF-8. `detail` says where it breaks.",
            ),
            Self::Unauthorized => (
                "unauthorized",
                "Not authenticated",
                "Send `Authorization: Bearer <accessToken>` or `X-Api-Key: <key>`. The one that came is malformed, expired or revoked, or none came.",
            ),
            Self::InvalidCredentials => (
                "invalid-credentials",
                "Invalid credentials",
                "The email, password, key or token is not valid. Which of them is not said, so that nobody can find out who has an account.",
            ),
            Self::Forbidden => (
                "forbidden",
                "Not allowed",
                "Your role does not allow this. Ask an admin of your organisation.",
            ),
            Self::ScopeMissing => (
                "scope-missing",
                "Scope missing",
                "The API key does not have the scope that this needs; `detail` names it. Make a key with that scope.",
            ),
            Self::SessionRequired => (
                "session-required",
                "Session required",
                "An API key cannot do this. Log in with email and password.",
            ),
            Self::ProjectBound => (
                "project-bound",
                "API key bound to a project",
                "The API key is good for one project, its tasks and their time. This reaches beyond it.",
            ),
            Self::OrgSuspended => (
                "org-suspended",
                "Organisation suspended",
                "The operator of this server has suspended your organisation. Nothing is lost; ask the operator.",
            ),
            Self::PasswordExpired => (
                "password-expired",
                "Password expired",
                "The password was right, but an admin let it expire. Set a new one with `passwordToken` at POST /api/v1/account/password.",
            ),
            Self::WrongPassword => (
                "wrong-password",
                "Wrong password",
                "`currentPassword` is not your current password.",
            ),
            Self::InvitationEmail => (
                "invitation-email",
                "Invitation for another address",
                "Sign up with the email address that was invited.",
            ),
            Self::InvitationRole => (
                "invitation-role",
                "Role above the invitation",
                "The invitation does not allow the role that was asked for.",
            ),
            Self::NotFound => (
                "not-found",
                "Not found",
                "There is no such thing here: it never was, it was deleted, or it belongs to another organisation.",
            ),
            Self::MethodNotAllowed => (
                "method-not-allowed",
                "Method not allowed",
                "This path exists, but not with this method. The header `Allow` lists those it takes.",
            ),
            Self::MalformedRequest => (
                "malformed-request",
                "Malformed request",
                "A request names exactly one host, in the header `Host`. Only the oldest HTTP goes without.",
            ),
            Self::RequestTimeout => (
                "request-timeout",
                "Request too slow",
                "The request body did not arrive in time.",
            ),
            Self::EmailTaken => (
                "email-taken",
                "Email in use",
                "A user of this server has this email address already.",
            ),
            Self::ExternalIdTaken => (
                "external-id-taken",
                "External id in use",
                "Another project or task of your organisation has this external id already.",
            ),
            Self::AlreadyRunning => (
                "already-running",
                "Already running",
                "A person runs at most one track on a task. `track` is the one that runs.",
            ),
            Self::NotRunning => (
                "not-running",
                "Not running",
                "You are not clocked in on this task, or the track has ended. One that ended by itself is in `track`: if its end is wrong, correct it.",
            ),
            Self::AmbiguousTask => (
                "ambiguous-task",
                "Several tasks of that name",
                "Several tasks have this name, and not exactly one of them is yours. Use the id of one of `candidates`.",
            ),
            Self::TaskInProject => (
                "task-in-project",
                "Task in another project",
                "The task is in another project already. Move it instead.",
            ),
            Self::LastAdmin => (
                "last-admin",
                "Last admin",
                "An organisation keeps at least one active admin who can log in. Make someone else an admin first.",
            ),
            Self::NoSession => (
                "no-session",
                "No session",
                "An API key that is used directly has no session to end.",
            ),
            Self::IdempotencyKeyInUse => (
                "idempotency-key-in-use",
                "Idempotency key in use",
                "The first request with this Idempotency-Key is still under way. Try again a little later, with the same key.",
            ),
            Self::PreconditionFailed => (
                "precondition-failed",
                "Changed in the meantime",
                "The thing is not the version that `If-Match` names: somebody changed it. Get it again, and decide anew.",
            ),
            Self::BodyTooLarge => (
                "body-too-large",
                "Body too large",
                "A request body has at most 1 MiB, those below `/account/` at most 4 KiB.",
            ),
            Self::UnsupportedMediaType => (
                "unsupported-media-type",
                "Unsupported media type",
                "Send the body as JSON, with `Content-Type: application/json` and no `Content-Encoding`.",
            ),
            Self::Invalid => (
                "invalid",
                "Invalid request",
                "Well-formed, but some members or parameters break a rule. `errors` names each of them.",
            ),
            Self::IdempotencyKeyReused => (
                "idempotency-key-reused",
                "Idempotency key reused",
                "This Idempotency-Key came with another request within the last day. A retry is the same request, byte by byte; anything else needs a new key.",
            ),
            Self::TooManyRequests => (
                "too-many-requests",
                "Too many requests",
                "Nothing was done. Try again after the seconds in `Retry-After`.",
            ),
            Self::Internal => (
                "internal",
                "Internal error",
                "A fault of the server. Nothing was changed. Its log has the details under the id in `instance`.",
            ),
            Self::Busy => (
                "busy",
                "Busy",
                "Too much is waiting already. Nothing was changed; try again after the seconds in `Retry-After`.",
            ),
            Self::Unavailable => (
                "unavailable",
                "Unavailable",
                "The server cannot reach its storage, or took too long. Whether a write was kept is not known; look before you try again after the seconds in `Retry-After`.",
            ),
            Self::StorageFull => (
                "storage-full",
                "Storage full",
                "The disk of the server is full. Nothing was changed; reading still works.",
            ),
        }
    }
}

/// An error (RFC 9457), sent as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(transform = crate::schema::left_out_is_not_null)]
pub struct Problem {
    /// `/problems/{code}`: a stable reference, which leads to a page about it.
    pub r#type: String,
    /// The same summary for every problem of this type.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong this time.
    pub detail: String,
    /// The id of the request, as in the header `X-Request-Id` and in the server's log.
    pub instance: String,
    /// With `invalid`: every member or parameter that breaks a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<Vec<FieldError>>,
    /// With `already-running`: the track that runs. With `not-running`: the one that has ended, if it did so by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track: Option<Track>,
    /// With `ambiguous-task`: tasks of that name, 10 at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidates: Option<Vec<Candidate>>,
    /// With `password-expired`: a one-time token that sets a new password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_token: Option<String>,
}

impl Problem {
    /// A problem of this code, with this status and detail.
    #[must_use]
    pub fn new(code: Code, status: u16, detail: String) -> Self {
        Self {
            r#type: format!("/problems/{}", code.as_str()),
            title: code.title().to_owned(),
            status,
            detail,
            instance: String::new(),
            errors: None,
            track: None,
            candidates: None,
            password_token: None,
        }
    }

    /// Its code, the last part of `type`.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        Code::from_word(self.r#type.rsplit('/').next().unwrap_or_default())
    }
}
