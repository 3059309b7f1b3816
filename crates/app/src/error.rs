//! The two ways in which a use case ends without doing what was asked.

use timetracks_domain::{Denied, EndedBy, Instant, Task, Track};

/// A refusal that the caller can understand, or a fault of ours.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule forbids it; nothing was changed.
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The database could not do it; nothing was changed, except as [`timetracks_db::Error::Unavailable`] says.
    #[error(transparent)]
    Database(#[from] timetracks_db::Error),
    /// Too many passwords are being hashed already.
    #[error("too many passwords are waiting to be hashed")]
    HashingBusy,
    /// Whoever asked for a long answer has stopped reading it.
    #[error("the reader went away")]
    ReaderGone,
    /// Something that cannot happen did.
    #[error("internal error: {0}")]
    Internal(String),
}

/// Why the caller does not get what they asked for. One stable code each; which HTTP status it becomes, the server knows.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// No credential, or one that is malformed, expired or revoked.
    #[error("no valid access token or API key was given")]
    Unauthenticated,
    /// Unknown email, wrong password, inactive user, unknown key or token: not told apart.
    #[error("these credentials are not valid")]
    InvalidCredentials,
    /// The role or the scope is too small.
    #[error("{0}")]
    Denied(#[from] Denied),
    /// The organisation is suspended.
    #[error("this organisation is suspended; ask the operator of the server")]
    OrgSuspended,
    /// The password was right but has expired. The token sets a new one.
    #[error(
        "the password has expired; set a new one with `passwordToken` at POST /api/v1/account/password"
    )]
    PasswordExpired {
        /// The one-time token.
        password_token: String,
    },
    /// `currentPassword` is not the current password.
    #[error("the current password is wrong")]
    WrongPassword,
    /// Too many guesses at the password of this account, or from this address.
    #[error("too many wrong passwords for this account or from this address; wait, and try again")]
    TooManyAttempts {
        /// In how many seconds the next one is allowed.
        retry_after_seconds: i64,
    },
    /// The idempotency key came with another request before.
    #[error(
        "this Idempotency-Key was used with another request; a retry is the same, byte by byte"
    )]
    IdempotencyKeyReused,
    /// The first request with this idempotency key is still under way.
    #[error("the first request with this Idempotency-Key is still under way")]
    IdempotencyKeyInUse,
    /// The thing is not the version that the client has seen.
    #[error("this is another version by now")]
    PreconditionFailed,
    /// The invitation is for another email address.
    #[error("this invitation is for another email address")]
    InvitationEmail,
    /// The invitation does not allow that role.
    #[error("this invitation does not allow that role")]
    InvitationRole,
    /// Unknown, deleted, or another organisation's.
    #[error("there is no such thing here")]
    NotFound,
    /// Another user has this email address.
    #[error("another user has this email address")]
    EmailTaken,
    /// Another project or task of the organisation has this external id.
    #[error("another one in the organisation has this external id")]
    ExternalIdTaken,
    /// The person already runs a track on this task.
    #[error("a track is already running on this task")]
    AlreadyRunning {
        /// The track that runs.
        track: Box<Track>,
        /// The moment up to which it counts.
        now: Instant,
    },
    /// The track, or whatever the person ran on this task, runs no more.
    #[error("{}", not_running(.ended.as_deref()))]
    NotRunning {
        /// The track, if there is one that has ended by itself.
        ended: Option<Box<Track>>,
    },
    /// Several tasks have this name.
    #[error("several tasks have this name; use one of their ids")]
    AmbiguousTask(Vec<Task>),
    /// The task is in another project.
    #[error("the task is in another project; move it instead")]
    TaskInProject,
    /// The organisation would be left without an active admin.
    #[error("this is the last active admin of the organisation")]
    LastAdmin,
    /// The caller came with a bare API key.
    #[error("an API key used directly has no session to end")]
    NoSession,
    /// A member of the request breaks a rule that only the stored state could show.
    #[error("{field} {rule}")]
    Invalid {
        /// The member of the body.
        field: &'static str,
        /// The rule, as in "must not lie before the start".
        rule: String,
    },
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        Self::Refused(Refusal::Denied(denied))
    }
}

fn not_running(ended: Option<&Track>) -> &'static str {
    match ended.and_then(|track| track.end).map(|end| end.by) {
        Some(EndedBy::Lease) => "the track has ended: no heartbeat came within its lease",
        Some(EndedBy::Limit) => {
            "the track has ended: it ran for as long as the organisation allows"
        }
        Some(EndedBy::User) => "the track has ended",
        None => "no track is running on this task",
    }
}
