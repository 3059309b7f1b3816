//! A copy of a database page by page.

use rusqlite::{
    Connection, ErrorCode,
    backup::{Backup, StepResult},
};

use crate::Error;

/// How many pages are copied at once.
const PAGES: i32 = 1_000;

/// Copies every page into an empty database. `from` is in a transaction, whose snapshot the copy is: no writer waits for
/// it, and none disturbs it.
pub(crate) fn copy_pages(from: &Connection, to: &mut Connection) -> Result<(), Error> {
    let backup = Backup::new(from, to)?;
    loop {
        match backup.step(PAGES)? {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            // Nobody else knows of the target, and nobody stands in the way of a reader.
            _ => {
                let code = ErrorCode::DatabaseBusy;
                return Err(Error::Unavailable(format!("copying pages: {code:?}")));
            }
        }
    }
}
