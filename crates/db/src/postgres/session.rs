//! A thread's place at the database: a connection while there is one, a new one when it was lost.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use super::{connection::Connection, target::Target};
use crate::Error;

/// How long what failed for a passing reason is tried again, before the caller is told to come back later.
const BUDGET: Duration = Duration::from_secs(2);
const SHORTEST_PAUSE_MS: u64 = 5;
const LONGEST_PAUSE_MS: u64 = 200;

pub(super) struct Session {
    target: Arc<Target>,
    patience: Duration,
    connection: Option<Connection>,
}

impl Session {
    /// Connects when first needed.
    pub(super) fn new(target: Arc<Target>, patience: Duration) -> Self {
        Self {
            target,
            patience,
            connection: None,
        }
    }

    /// The connection, or a new one when it was lost.
    pub(super) fn connection(&mut self) -> Result<&mut Connection, Error> {
        let connection = match self.connection.take() {
            Some(connection) if !connection.is_broken() => connection,
            _ => Connection::open(&self.target, self.patience)?,
        };
        Ok(self.connection.insert(connection))
    }

    /// The connection in the middle of a transaction: a new one would not be in it.
    pub(super) fn held(&mut self) -> Result<&mut Connection, Error> {
        match &mut self.connection {
            Some(connection) if !connection.is_broken() => Ok(connection),
            _ => Err(Error::Unavailable("the connection was lost".to_owned())),
        }
    }

    /// As [`Session::connection`], and not one that was lost while it was idle: what is sent over such a one has an
    /// unknown fate.
    pub(super) fn live_connection(&mut self) -> Result<&mut Connection, Error> {
        if let Some(connection) = &self.connection {
            connection.catch_up();
        }
        self.connection()
    }

    /// Ends the transaction under way, or else the connection.
    pub(super) fn reset(&mut self, end: &str) {
        if let Some(connection) = &mut self.connection {
            connection.drop_pending();
            let is_open = connection.has_sent();
            if connection.is_broken() || (is_open && connection.batch(end).is_err()) {
                self.connection = None;
            }
        }
    }
}

/// Counts the time for further tries.
pub(super) struct Tries {
    until: Instant,
    pause_ms: u64,
}

impl Tries {
    pub(super) fn begin() -> Self {
        Self {
            until: Instant::now() + BUDGET,
            pause_ms: SHORTEST_PAUSE_MS,
        }
    }

    /// Whether to try again after this error; waits a little if so. Chance keeps rivals from meeting again.
    pub(super) fn again(&mut self, error: &Error) -> bool {
        let is_passing = matches!(error, Error::Contended(_) | Error::Unavailable(_));
        if !is_passing || Instant::now() >= self.until {
            return false;
        }
        let pause_ms = self.pause_ms / 2 + rand::random_range(0..=self.pause_ms / 2);
        thread::sleep(Duration::from_millis(pause_ms));
        self.pause_ms = (self.pause_ms * 2).min(LONGEST_PAUSE_MS);
        true
    }
}
