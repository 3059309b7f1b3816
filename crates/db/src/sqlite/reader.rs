//! Reading on a snapshot.

use rusqlite::Connection;

use super::run;
use crate::{Tx, job::Job};

/// Runs a job in one transaction: every statement of it sees the same state.
pub(crate) fn read(connection: &Connection, mut job: Box<dyn Job>) {
    let fate = run(connection, "BEGIN").and_then(|()| {
        job.run(&mut Tx::sqlite(connection));
        run(connection, "COMMIT")
    });
    job.answer(fate);
}
