//! Reading on a snapshot.

use super::session::{Session, Tries};
use crate::{Error, Tx, job::Job};

/// Runs a job in one transaction: every statement of it sees the same state. The caller has the answer before the
/// transaction is over.
pub(super) fn read(session: &mut Session, mut job: Box<dyn Job>) {
    let mut tries = Tries::begin();
    let fate = loop {
        match attempt(session, job.as_mut()) {
            Err((error, true)) if tries.again(&error) => {}
            outcome => break outcome.map_err(|(error, _)| error),
        }
    };
    let is_over = fate.is_err();
    job.answer(fate);
    if !is_over {
        session.reset("COMMIT");
    }
}

/// Leaves the transaction open when it went well. An error says whether it can be tried again.
fn attempt(session: &mut Session, job: &mut dyn Job) -> Result<(), (Error, bool)> {
    let connection = session.connection().map_err(|error| (error, true))?;
    connection.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".to_owned());
    let mut tx = Tx::postgres(connection);
    job.run(&mut tx);
    let failure = tx.failure().cloned();
    let outcome = match failure {
        Some(error) => Err(error),
        // Nothing was sent at all if the job ran no statement: ask at least whether the database is there.
        None if !connection.has_sent() => connection.flush(),
        None => Ok(()),
    };
    let can_retry = !connection.has_shown_rows();
    outcome.map_err(|error| {
        session.reset("ROLLBACK");
        (error, can_retry)
    })
}
