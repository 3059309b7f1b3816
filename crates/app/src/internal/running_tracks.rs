//! How many tracks run, for the server's metrics only.

use timetracks_db::sql;

use crate::{App, Error, work::Columns};

/// Counts the running tracks of all organisations. Reads the index of what runs and nothing else.
///
/// # Errors
/// When the database cannot be read.
pub async fn running_tracks(app: &App) -> Result<i64, Error> {
    let count = app.read(|work| {
        let count = sql!("SELECT COUNT(*) FROM tracks WHERE ended_at IS NULL");
        Ok(work.tx.row(count, &[], |row| row.get())?)
    });
    Ok(count.await?.unwrap_or_default())
}
