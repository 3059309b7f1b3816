//! How many tracks run, for the server's metrics only.

use timetracks_db::sql;

use crate::{App, Error, work::Columns};

/// Counts the running tracks of all organisations. Reads what the index of running tracks leads to.
///
/// # Errors
/// When the database cannot be read.
pub async fn running_tracks(app: &App) -> Result<i64, Error> {
    let count = app.read(|work| {
        let count = sql!(
            "SELECT COUNT(*) FROM tracks WHERE ended_at IS NULL AND COALESCE(ends_at > $1, TRUE)"
        );
        Ok(work.tx.row(count, &[&work.now.ms()], |row| row.get())?)
    });
    Ok(count.await?.unwrap_or_default())
}
