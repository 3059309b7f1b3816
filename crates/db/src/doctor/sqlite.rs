//! What SQLite says of itself and its file.

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

use rusqlite::Connection;

use super::Finding;
use crate::{
    Error,
    sqlite::{OLDEST, OLDEST_NAME, beside, foreign_key_faults, integrity_faults},
};

/// A log of this many bytes has not been taken in for long.
const LARGE_LOG: u64 = 256 << 20;
/// Where the header of the file says how it may be written and read, and what it says there for a log.
const LOG_MARK: ([u8; 2], usize) = ([2, 2], 18);

const DAMAGED: &str =
    "stop the server, keep the files as they are, and start it on the last good backup";

pub(super) fn examine(connection: &Connection) -> Result<Vec<Finding>, Error> {
    let path = connection.path().unwrap_or_default().to_owned();
    let path = Path::new(&path);
    Ok(vec![
        library(rusqlite::version_number()),
        journal(path),
        log(path),
        sound("integrity", integrity_faults(connection)?),
        sound("foreign keys", foreign_key_faults(connection)?),
    ])
}

fn library(number: i32) -> Finding {
    let check = "SQLite";
    let version = rusqlite::version();
    if number < OLDEST {
        let says = format!(
            "version {version} can damage its log: build TimeTracks with {OLDEST_NAME} or newer"
        );
        return Finding::problem(check, says);
    }
    Finding::ok(check, format!("version {version}"))
}

fn journal(path: &Path) -> Finding {
    let check = "journal mode";
    let (mark, place) = LOG_MARK;
    let mut header = [0; 20];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut header));
    match read {
        Err(error) => Finding::problem(check, format!("the file cannot be read: {error}")),
        Ok(()) if header[place..] == mark => Finding::ok(check, "WAL"),
        Ok(()) => Finding::warning(
            check,
            "not WAL, as in a backup that no server was started on yet: the next start changes it",
        ),
    }
}

fn log(path: &Path) -> Finding {
    let check = "log";
    let bytes = fs::metadata(beside(path, "-wal")).map_or(0, |log| log.len());
    let says = format!("{} MiB", bytes >> 20);
    match bytes {
        0..LARGE_LOG => Finding::ok(check, says),
        _ => Finding::warning(
            check,
            format!(
                "{says} beside the database: something read for long, or wrote much at once. A restart of the server takes it in"
            ),
        ),
    }
}

fn sound(check: &'static str, faults: Vec<String>) -> Finding {
    match faults.is_empty() {
        true => Finding::ok(check, "sound"),
        // SQLite divides long messages into lines.
        false => {
            let faults = faults.join("; ").replace('\n', "; ");
            Finding::problem(check, format!("{faults}: {DAMAGED}"))
        }
    }
}
