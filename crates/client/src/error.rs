//! Why there is no answer.

use std::io;

use reqwest::StatusCode;
use timetracks_api::{Code, Problem};

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server said no, and why. Its `instance` is the id of the request in the server's log.
    #[error("{}", words(.0))]
    Problem(Box<Problem>),
    /// The server was not reached, or its answer did not arrive.
    #[error("{0}")]
    Transport(String),
    /// The answer is none of TimeTracks: something else is at that address, or in between.
    #[error("{0}")]
    Unreadable(String),
    /// Something between here and the server says that it is not there (502, 503 and 504 without a problem).
    #[error("the server is not there: {0}")]
    Gateway(StatusCode),
    /// The session is over, or there never was one.
    #[error("not logged in")]
    LoggedOut,
    /// The request cannot be sent at all.
    #[error("{0}")]
    Request(String),
    /// The tokens of the session could not be read or kept.
    #[error("the session's tokens could not be kept: {0}")]
    Store(#[from] io::Error),
}

fn words(problem: &Problem) -> String {
    let errors = problem.errors.iter().flatten();
    let errors: Vec<_> = errors
        .map(|error| format!("{} {}", error.pointer.trim_start_matches('/'), error.detail))
        .collect();
    match errors.is_empty() {
        true => problem.detail.clone(),
        false => errors.join("; "),
    }
}

impl Error {
    /// The problem, if the server answered with one.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }

    /// The code of the problem, if it is one that this version knows.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        self.problem().and_then(Problem::code)
    }

    /// Whether the server could not be asked: what was to be done may be done later.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        match self {
            Self::Transport(_) | Self::Gateway(_) => true,
            Self::Problem(problem) => is_passing(problem.status),
            _ => false,
        }
    }

    /// Whether the same request may fare better in a moment.
    pub(crate) fn is_passing(&self) -> bool {
        self.is_unreachable() || self.code() == Some(Code::IdempotencyKeyInUse)
    }

    /// What an answer that is no success says.
    pub(crate) fn of(status: StatusCode, body: &[u8]) -> Self {
        match serde_json::from_slice::<Problem>(body) {
            Ok(problem) => Self::Problem(Box::new(problem)),
            Err(_) if is_passing(status.as_u16()) => Self::Gateway(status),
            Err(_) if status.is_redirection() => Self::Unreadable(format!(
                "the server answers {status} and sends clients elsewhere; give the address that it names"
            )),
            Err(_) => Self::Unreadable(format!(
                "the server answers {status}, and not as TimeTracks does"
            )),
        }
    }
}

fn is_passing(status: u16) -> bool {
    matches!(status, 429 | 502 | 503 | 504)
}
