//! Reading on a snapshot.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use rusqlite::Connection;

use super::{open_reader, run};
use crate::{OpenError, Tx, job::Job};

/// Runs a job in one transaction: every statement of it sees the same state.
pub(crate) fn read(connection: &Connection, mut job: Box<dyn Job>) {
    let fate = run(connection, "BEGIN").and_then(|()| {
        job.run(&mut Tx::sqlite(connection));
        run(connection, "COMMIT")
    });
    job.answer(fate);
}

/// Connections for whoever wants to look at a few rows at once, where it is.
pub(crate) struct AtHand(Mutex<Vec<Connection>>);

impl AtHand {
    pub(crate) fn open(path: &Path, connections: usize) -> Result<Self, OpenError> {
        let connections = (0..connections).map(|_| open_reader(path));
        Ok(Self(Mutex::new(connections.collect::<Result<_, _>>()?)))
    }

    /// Runs a job here and now, or gives it back when all connections are in use.
    pub(crate) fn read(&self, job: Box<dyn Job>) -> Option<Box<dyn Job>> {
        let idle = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(connection) = idle().pop() else {
            return Some(job);
        };
        read(&connection, job);
        idle().push(connection);
        None
    }
}
