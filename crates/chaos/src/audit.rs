//! Whether a database is whole, and has what it must have.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use crate::{
    Failure,
    ledger::{Found, Ledger},
};

/// Sums that are kept but wrong, and sums that are missing.
const WRONG_TOTALS: &str = "WITH summed AS (
        SELECT org_id, task_id, user_id, COUNT(*) AS tracks, COALESCE(SUM(ended_at - started_at), 0) AS ended_ms
        FROM tracks GROUP BY org_id, task_id, user_id
    ), kept AS (
        SELECT org_id, task_id, user_id, tracks, ended_ms FROM task_totals WHERE tracks > 0 OR ended_ms > 0
    )
    SELECT (SELECT COUNT(*) FROM (SELECT * FROM summed EXCEPT SELECT * FROM kept))
        + (SELECT COUNT(*) FROM (SELECT * FROM kept EXCEPT SELECT * FROM summed))";

/// Looks into a database while its server runs.
pub(crate) fn running(path: &Path, ledger: &Ledger) -> Result<(), Failure> {
    check(path, OpenFlags::SQLITE_OPEN_READ_ONLY, ledger, u64::MAX)
}

/// Looks only whether a database is whole, while its server runs.
pub(crate) fn whole(path: &Path) -> Result<(), Failure> {
    let open = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY);
    let looked = open.and_then(|connection| is_whole(&connection));
    looked.map_err(unreadable)?
}

/// Looks into a database that nobody has open, as after a power cut at this length of the trace.
pub(crate) fn recovered(path: &Path, ledger: &Ledger, until: u64) -> Result<(), Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    check(path, flags, ledger, until)
}

fn check(path: &Path, flags: OpenFlags, ledger: &Ledger, until: u64) -> Result<(), Failure> {
    let open = Connection::open_with_flags(path, flags);
    let looked = open.and_then(|connection| look(&connection));
    ledger.check(&looked.map_err(unreadable)??, until)
}

/// What SQLite cannot read is broken, and not the fault of the experiment.
fn unreadable(error: rusqlite::Error) -> Failure {
    Failure::Broken(format!("the database: {error}"))
}

fn look(connection: &Connection) -> rusqlite::Result<Result<Found, Failure>> {
    if let Err(failure) = is_whole(connection)? {
        return Ok(Err(failure));
    }
    if is_empty(connection)? {
        return Ok(Ok(Found::new()));
    }
    tasks(connection)
}

/// Whether it was never migrated, so that it has nothing.
fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    let count = "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'tracks'";
    connection.query_row(count, [], |row| Ok(row.get::<_, i64>(0)? == 0))
}

fn is_whole(connection: &Connection) -> rusqlite::Result<Result<(), Failure>> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Ok(Failure::broken(format!("integrity check: {verdict}")));
    }
    if is_empty(connection)? {
        return Ok(Ok(()));
    }
    if number("SELECT COUNT(*) FROM pragma_foreign_key_check")? > 0 {
        return Ok(Failure::broken("a row belongs to one that is not there"));
    }
    let wrong = number(WRONG_TOTALS)?;
    if wrong > 0 {
        return Ok(Failure::broken(format!(
            "{wrong} kept totals differ from the sums of the tracks"
        )));
    }
    Ok(Ok(()))
}

/// Every task with its one track.
fn tasks(connection: &Connection) -> rusqlite::Result<Result<Found, Failure>> {
    let mut statement = connection.prepare(
        "SELECT tasks.name, tracks.started_at, tracks.ended_at FROM tasks
        LEFT JOIN tracks ON tracks.org_id = tasks.org_id AND tracks.task_id = tasks.id",
    )?;
    let mut rows = statement.query([])?;
    let mut found = Found::new();
    while let Some(row) = rows.next()? {
        let name: String = row.get(0)?;
        let start: Option<i64> = row.get(1)?;
        let Some(start) = start else {
            return Ok(Failure::broken(format!(
                "half an effect: {name} has no track"
            )));
        };
        if found.insert(name.clone(), (start, row.get(2)?)).is_some() {
            return Ok(Failure::broken(format!("{name} is there twice")));
        }
    }
    Ok(Ok(found))
}
