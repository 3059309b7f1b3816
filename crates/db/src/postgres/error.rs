//! What PostgreSQL's errors mean (appendix A of its manual).

use std::{error::Error as _, io};

use tokio_postgres::error::SqlState;

use crate::Error;

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let text = describe(&error);
        let Some(code) = error.code() else {
            let cause = error.source().and_then(|cause| cause.downcast_ref());
            return match cause {
                Some(io::Error { .. }) => Self::Unavailable(text),
                // Closed, or out of step with us.
                None if error.source().is_none() => Self::Unavailable(text),
                None => Self::Statement(text),
            };
        };
        match *code {
            SqlState::T_R_SERIALIZATION_FAILURE
            | SqlState::T_R_DEADLOCK_DETECTED
            | SqlState::LOCK_NOT_AVAILABLE => Self::Contended(text),
            SqlState::DISK_FULL => Self::Full,
            SqlState::QUERY_CANCELED => Self::Busy,
            SqlState::READ_ONLY_SQL_TRANSACTION
            | SqlState::TOO_MANY_CONNECTIONS
            | SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT => Self::Unavailable(text),
            // Connection exceptions, operator interventions, system errors.
            _ if ["08", "57", "58"].contains(&&code.code()[..2]) => Self::Unavailable(text),
            _ => Self::Statement(text),
        }
    }
}

/// The message with its causes. What a statement was given stays out: constraints would quote it in their details.
pub(super) fn describe(error: &tokio_postgres::Error) -> String {
    if let Some(error) = error.as_db_error() {
        return format!("{} ({})", error.message(), error.code().code());
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
