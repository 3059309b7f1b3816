//! Looking at a database and leaving everything as it is: no file is made, no log is taken in.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::{open, open_with};
use crate::OpenError;

/// A connection that changes nothing, not even by being closed, and whether it must not be disturbed: then what it
/// reads is wrong as soon as somebody else writes.
pub(crate) fn open_to_look(path: &Path) -> Result<(Connection, bool), OpenError> {
    let log = fs::metadata(beside(path, "-wal")).map_or(0, |log| log.len());
    let has_index = beside(path, "-shm").exists();
    let (connection, is_alone) = if log == 0 && !has_index {
        // Nobody uses it. An ordinary connection would make a log.
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        (open_with(Path::new(&immutable(path)), flags)?, true)
    } else if has_index {
        (open_with(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?, false)
    } else {
        // Copied here after a crash: only a connection that nobody shares the log with needs no index of it on disk.
        let connection = open(path)?;
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        (connection, false)
    };
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok((connection, is_alone))
}

/// A file that SQLite has beside a database.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The URI of a file that does not change.
fn immutable(path: &Path) -> String {
    let path = path.to_string_lossy();
    let path = path
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    format!("file:{path}?immutable=1")
}
