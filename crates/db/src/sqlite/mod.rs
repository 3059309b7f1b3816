//! SQLite: opening it, and making sure that it promises what we promise.

mod check;
mod look;
mod migrate;
mod pages;
mod reader;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]
mod tests;
mod tx;
mod writer;

use std::{fs::OpenOptions, path::Path};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};

pub(crate) use check::{foreign_key_faults, integrity_faults};
pub(crate) use look::{beside, open_to_look};
pub(crate) use migrate::{migrate, without_markers};
pub(crate) use pages::copy_pages;
pub(crate) use reader::{AtHand, read};
pub(crate) use tx::{bytes, execute, query, value};
pub(crate) use writer::Writer;

use crate::{Error, OpenError};

/// The first release without the WAL-reset corruption bug.
pub(crate) const OLDEST: i32 = 3_051_003;
/// The same in words.
pub(crate) const OLDEST_NAME: &str = "3.51.3";
/// How long a writer of another process may hold us up, in milliseconds.
const BUSY_TIMEOUT_MS: u64 = 5_000;
/// From how many pages of 4 KiB on the log is moved into the file. With SQLite's own 1,000 that would be a fifth of what a
/// busy writer does, mostly for pages that change again at once.
const CHECKPOINT_PAGES: i64 = 4_000;
/// How many prepared statements a connection keeps: more than there are.
const STATEMENTS: usize = 512;

/// The one connection that writes.
pub(crate) fn open_writer(path: &Path) -> Result<Connection, OpenError> {
    refuse_old(rusqlite::version_number(), rusqlite::version())?;
    create_private(path)?;
    let connection = open(path)?;
    refuse_foreign(&connection)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    expect(&connection, "journal_mode", "wal")?;
    expect(&connection, "synchronous", "2")?;
    expect(&connection, "foreign_keys", "1")?;
    Ok(connection)
}

/// A connection that cannot write.
pub(crate) fn open_reader(path: &Path) -> Result<Connection, OpenError> {
    let connection = open(path)?;
    connection.pragma_update(None, "query_only", true)?;
    expect(&connection, "query_only", "1")?;
    Ok(connection)
}

/// What is to become a copy of a database. It survives nothing until it is written whole and synchronised.
pub(crate) fn open_copy(path: &Path) -> Result<Connection, OpenError> {
    let connection = open(path)?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    Ok(connection)
}

/// Puts everything into the one file, without a log beside it. A server that opens it makes a log again.
pub(crate) fn leave_log(connection: &Connection) -> Result<(), OpenError> {
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    expect(connection, "journal_mode", "delete")
}

fn refuse_old(number: i32, name: &str) -> Result<(), OpenError> {
    if number < OLDEST {
        return Err(OpenError::Promise {
            asked: "sqlite_version()",
            found: name.to_owned(),
            needed: OLDEST_NAME,
        });
    }
    Ok(())
}

/// Another program's database is to be left as it is: ours has a history of migrations, or is empty.
pub(crate) fn refuse_foreign(connection: &Connection) -> Result<(), OpenError> {
    let (tables, histories): (i64, i64) = connection.query_row(
        "SELECT COUNT(*), COUNT(CASE WHEN name = 'refinery_schema_history' THEN 1 END)
        FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if tables > 0 && histories == 0 {
        return Err(OpenError::Foreign);
    }
    Ok(())
}

fn open(path: &Path) -> Result<Connection, OpenError> {
    open_with(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

fn open_with(path: &Path, flags: OpenFlags) -> Result<Connection, OpenError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_TIMEOUT_MS))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Else SQLite plans a prepared statement anew whenever other values are bound to it: at every request.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// SQLite gives its log and shared memory the permissions of the file, so the file must be private from the start.
fn create_private(path: &Path) -> Result<(), OpenError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(source) => Err(OpenError::File {
            path: path.display().to_string(),
            source,
        }),
    }
}

fn expect(
    connection: &Connection,
    pragma: &'static str,
    needed: &'static str,
) -> Result<(), OpenError> {
    let found = connection.pragma_query_value(None, pragma, |row| {
        Ok(match row.get_ref(0)? {
            rusqlite::types::ValueRef::Integer(number) => number.to_string(),
            other => other.as_str()?.to_owned(),
        })
    })?;
    if found == needed {
        Ok(())
    } else {
        Err(OpenError::Promise {
            asked: pragma,
            found,
            needed,
        })
    }
}

/// Runs a statement without parameters.
pub(crate) fn run(connection: &Connection, text: &str) -> Result<(), Error> {
    Ok(connection.prepare_cached(text)?.raw_execute().map(|_| ())?)
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(
                ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::DatabaseCorrupt,
            ) => Self::Unavailable(error.to_string()),
            _ => Self::Statement(error.to_string()),
        }
    }
}
