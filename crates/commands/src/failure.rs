//! Why a command ends without having done its work, and the exit status that says so. The numbers are promised in
//! docs/cli.md.

use std::fmt::Write;

use timetracks_client::{
    Error,
    api::{Code, Problem, tracks::Track},
};

/// Refused by the server, not found, or anything else.
pub(crate) const REFUSED: u8 = 1;
/// The command line makes no sense; clap's own.
pub(crate) const USAGE: u8 = 2;
/// Nobody is logged in, or no longer.
pub(crate) const NOT_LOGGED_IN: u8 = 3;
/// Several things fit.
pub(crate) const AMBIGUOUS: u8 = 4;
/// The server cannot be reached.
pub(crate) const UNREACHABLE: u8 = 5;
/// A wrong setting, as for the server.
pub(crate) const CONFIGURATION: u8 = 78;

/// What is said on standard error, and the exit status.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: u8,
    pub(crate) message: String,
    /// What the server called it.
    pub(crate) code: Option<Code>,
    /// The track that stands in the way, or is to be running and is not.
    pub(crate) track: Option<Box<Track>>,
}

impl Failure {
    pub(crate) fn new(status: u8, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            code: None,
            track: None,
        }
    }

    /// Nothing fits, or it is refused.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(REFUSED, message)
    }

    /// The command line makes no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(USAGE, message)
    }

    /// The files of this program cannot be read or written.
    pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::new(CONFIGURATION, format!("{}: {error}", path.display()))
    }

    /// Whether the same may go well later, without anybody doing it differently.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self.status, UNREACHABLE | NOT_LOGGED_IN | CONFIGURATION)
            || self.code == Some(Code::OrgSuspended)
    }

    pub(crate) fn not_logged_in() -> Self {
        Self::new(
            NOT_LOGGED_IN,
            "not logged in. Run `timetracks login`, or set TIMETRACKS_URL and TIMETRACKS_API_KEY.",
        )
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let failure = Self::of(&error);
        Self {
            code: error.code(),
            track: error
                .problem()
                .and_then(|problem| problem.track.clone())
                .map(Box::new),
            ..failure
        }
    }
}

impl Failure {
    fn of(error: &Error) -> Self {
        match error {
            Error::LoggedOut => Self::not_logged_in(),
            Error::Problem(problem) => of_problem(problem, error),
            Error::Transport(_) | Error::Gateway(_) => Self::new(
                UNREACHABLE,
                format!(
                    "the server cannot be reached: {error}. Is the address right, and is it running? Try again then."
                ),
            ),
            Error::Request(_) => Self::usage(error.to_string()),
            Error::Unreadable(_) => Self::refused(format!("{error}. Is the address right?")),
            Error::Store(_) => Self::new(CONFIGURATION, error.to_string()),
        }
    }
}

fn of_problem(problem: &Problem, error: &Error) -> Failure {
    match (problem.status, error.code()) {
        (401, Some(Code::InvalidCredentials)) => Failure::new(
            NOT_LOGGED_IN,
            "the email, password or key is wrong. Try again.",
        ),
        (401, _) => Failure::new(
            NOT_LOGGED_IN,
            "the API key is not accepted: it is wrong, expired or revoked. Log in again, or set another TIMETRACKS_API_KEY.",
        ),
        (_, Some(Code::AmbiguousTask)) => {
            let mut message = "several tasks fit. Say the id of one of them:".to_owned();
            for task in problem.candidates.iter().flatten() {
                let external = task.external_id.as_deref().unwrap_or_default();
                let _ = write!(message, "\n  {}  {}  {external}", task.id, task.name);
            }
            Failure::new(AMBIGUOUS, message)
        }
        (429 | 502..=504, _) => Failure::new(
            UNREACHABLE,
            format!("the server cannot do it now: {error}. Try again later."),
        ),
        (500, _) => Failure::refused(format!(
            "a fault of the server; its log has the details under {}",
            problem.instance
        )),
        _ => Failure::refused(error.to_string()),
    }
}
