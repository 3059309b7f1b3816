//! What SQLite finds wrong with its file.

use rusqlite::{Connection, ErrorCode};

use crate::Error;

/// What is wrong with the file: pages, indexes, constraints. A few faults tell enough.
pub(crate) fn integrity_faults(connection: &Connection) -> Result<Vec<String>, Error> {
    let faults = texts(connection, "PRAGMA integrity_check(5)")?;
    Ok(faults.into_iter().filter(|fault| fault != "ok").collect())
}

/// Which rows refer to what is not there.
pub(crate) fn foreign_key_faults(connection: &Connection) -> Result<Vec<String>, Error> {
    texts(
        connection,
        "SELECT COUNT(*) || ' of ' || \"table\" || ' refer to ' || parent || ' that are not there'
        FROM pragma_foreign_key_check GROUP BY \"table\", parent",
    )
}

/// The first column of what a statement answers. That the file cannot be read is an answer.
fn texts(connection: &Connection, query: &str) -> Result<Vec<String>, Error> {
    let read = || -> rusqlite::Result<Vec<String>> {
        let mut statement = connection.prepare(query)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        rows.collect()
    };
    read().or_else(|error| match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Ok(vec![error.to_string()]),
        _ => Err(error.into()),
    })
}
