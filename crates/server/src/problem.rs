//! The only place where a refusal becomes an HTTP status.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use timetracks_api::{Code, FieldError, tasks::Candidate, tracks::Track};
use timetracks_app::{Error, Refusal};
use timetracks_domain::{Denied, Instant};

/// An answer that is a problem. The middleware writes its body, because it knows the id of the request.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) body: Box<timetracks_api::Problem>,
    /// After how many seconds it is worth to try again, if it is.
    retry_after_seconds: Option<i64>,
}

impl Problem {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        let status = status(code).as_u16();
        Self {
            body: Box::new(timetracks_api::Problem::new(code, status, detail.into())),
            retry_after_seconds: (status == 503).then_some(1),
        }
    }

    /// A problem that needs no other words than its explanation.
    pub(crate) fn of(code: Code) -> Self {
        Self::new(code, code.explanation())
    }

    /// The same, with the seconds after which it is worth to try again.
    pub(crate) fn retry_after(self, seconds: i64) -> Self {
        Self {
            retry_after_seconds: Some(seconds),
            ..self
        }
    }

    /// A request that names every member that breaks a rule.
    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        let mut problem = Self::new(Code::Invalid, "some members or parameters break a rule");
        problem.body.errors = Some(errors);
        problem
    }

    fn from_refusal(refusal: Refusal) -> Self {
        let mut problem = Self::new(code(&refusal), refusal.to_string());
        match refusal {
            Refusal::AlreadyRunning { track, now } => {
                problem.body.track = Some(Track::at(&track, now));
            }
            Refusal::NotRunning { ended: Some(track) } => {
                problem.body.track = Some(Track::at(&track, Instant::MIN));
            }
            Refusal::AmbiguousTask(tasks) => {
                problem.body.candidates = Some(tasks.into_iter().map(Candidate::from).collect());
            }
            Refusal::PasswordExpired { password_token } => {
                problem.body.password_token = Some(password_token);
            }
            Refusal::TooManyAttempts {
                retry_after_seconds,
            } => problem.retry_after_seconds = Some(retry_after_seconds),
            Refusal::Invalid { field, rule } => {
                let pointer = format!("/{field}");
                let detail = rule;
                problem.body.errors = Some(vec![FieldError { pointer, detail }]);
            }
            _ => {}
        }
        problem
    }

    fn from_database(error: &timetracks_db::Error) -> Self {
        use timetracks_db::Error as Database;
        let code = match error {
            Database::Busy | Database::Contended(_) => Code::Busy,
            Database::Full => Code::StorageFull,
            Database::Unavailable(_) => Code::Unavailable,
            Database::Panicked | Database::AfterFailure | Database::Statement(_) => Code::Internal,
        };
        tracing::error!(%error, "the database could not do it");
        Self::of(code)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::from_refusal(refusal)
    }
}

/// What a use case ended with.
impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusal) => Self::from_refusal(refusal),
            Error::Database(error) => Self::from_database(&error),
            Error::HashingBusy => Self::of(Code::Busy),
            Error::ReaderGone => Self::of(Code::RequestTimeout),
            Error::Internal(cause) => {
                tracing::error!(cause, "internal error");
                Self::of(Code::Internal)
            }
        }
    }
}

/// The code of a refusal.
fn code(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::Unauthenticated => Code::Unauthorized,
        Refusal::InvalidCredentials => Code::InvalidCredentials,
        Refusal::Denied(Denied::Role) => Code::Forbidden,
        Refusal::Denied(Denied::Scope(_)) => Code::ScopeMissing,
        Refusal::Denied(Denied::ApiKey) => Code::SessionRequired,
        Refusal::Denied(Denied::Project) => Code::ProjectBound,
        Refusal::TooManyAttempts { .. } => Code::TooManyRequests,
        Refusal::IdempotencyKeyReused => Code::IdempotencyKeyReused,
        Refusal::IdempotencyKeyInUse => Code::IdempotencyKeyInUse,
        Refusal::PreconditionFailed => Code::PreconditionFailed,
        Refusal::OrgSuspended => Code::OrgSuspended,
        Refusal::PasswordExpired { .. } => Code::PasswordExpired,
        Refusal::WrongPassword => Code::WrongPassword,
        Refusal::InvitationEmail => Code::InvitationEmail,
        Refusal::InvitationRole => Code::InvitationRole,
        Refusal::NotFound => Code::NotFound,
        Refusal::EmailTaken => Code::EmailTaken,
        Refusal::ExternalIdTaken => Code::ExternalIdTaken,
        Refusal::AlreadyRunning { .. } => Code::AlreadyRunning,
        Refusal::NotRunning { .. } => Code::NotRunning,
        Refusal::AmbiguousTask(_) => Code::AmbiguousTask,
        Refusal::TaskInProject => Code::TaskInProject,
        Refusal::LastAdmin => Code::LastAdmin,
        Refusal::NoSession => Code::NoSession,
        Refusal::Invalid { .. } => Code::Invalid,
    }
}

/// The status of a code.
pub(crate) fn status(code: Code) -> StatusCode {
    match code {
        Code::MalformedJson | Code::MalformedRequest => StatusCode::BAD_REQUEST,
        Code::Unauthorized | Code::InvalidCredentials => StatusCode::UNAUTHORIZED,
        Code::Forbidden
        | Code::ScopeMissing
        | Code::SessionRequired
        | Code::ProjectBound
        | Code::OrgSuspended
        | Code::PasswordExpired
        | Code::WrongPassword
        | Code::InvitationEmail
        | Code::InvitationRole => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        Code::EmailTaken
        | Code::ExternalIdTaken
        | Code::AlreadyRunning
        | Code::NotRunning
        | Code::AmbiguousTask
        | Code::TaskInProject
        | Code::LastAdmin
        | Code::NoSession
        | Code::IdempotencyKeyInUse => StatusCode::CONFLICT,
        Code::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
        Code::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        Code::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::Invalid | Code::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Busy | Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Code::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status =
            StatusCode::from_u16(self.body.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// What an operation may refuse is noted by its extractors and its description, see `openapi`.
impl aide::OperationOutput for Problem {
    type Inner = timetracks_api::Problem;
}
