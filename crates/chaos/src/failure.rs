//! Why an experiment did not end well.

use std::{error::Error, fmt};

/// Why an experiment did not end well.
pub enum Failure {
    /// The server did not keep a promise.
    Broken(String),
    /// The experiment could not be done.
    Trouble(String),
}

impl Failure {
    pub(crate) fn broken<T>(what: impl Into<String>) -> Result<T, Self> {
        Err(Self::Broken(what.into()))
    }

    pub(crate) fn trouble<T>(what: impl Into<String>) -> Result<T, Self> {
        Err(Self::Trouble(what.into()))
    }

    /// The same, and something more to know.
    pub(crate) fn with(self, more: &str) -> Self {
        match self {
            Self::Broken(what) => Self::Broken(format!("{what} ({more})")),
            Self::Trouble(what) => Self::Trouble(format!("{what} ({more})")),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(what) => write!(formatter, "BROKEN: {what}"),
            Self::Trouble(what) => write!(formatter, "could not be done: {what}"),
        }
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// What goes wrong around a server is trouble; what a server does wrong is said to be broken where it is seen.
impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        Self::Trouble(text)
    }
}
