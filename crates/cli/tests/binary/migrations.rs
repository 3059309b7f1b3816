//! A newer program on an older database: the old schema or the new one, never something between, and a copy is kept.

use std::{io::Read, path::Path, process::Stdio, thread};

use timetracks_app::MIGRATIONS;
use timetracks_db::{Db, Location};

use crate::support::{Process, timetracks};

/// How often a server is killed while it changes the schema.
const ROUNDS: u32 = 20;
/// A user whom an older program has stored.
const OLD_DATA: &str = "INSERT INTO organisations VALUES
    (X'019ab5c05a007000800000000000000a', 'Engines', NULL, NULL, NULL, 1, 1)";

/// The database of a program that knew the first two steps.
fn make_old(path: &Path) {
    Db::migrate(&Location::Sqlite(path.to_owned()), &MIGRATIONS[..2]).unwrap();
    let database = rusqlite::Connection::open(path).unwrap();
    database.execute_batch(OLD_DATA).unwrap();
}

fn number(path: &Path, query: &str) -> i64 {
    let database = rusqlite::Connection::open(path).unwrap();
    database.query_row(query, [], |row| row.get(0)).unwrap()
}

const VERSION: &str = "SELECT MAX(version) FROM refinery_schema_history";
const ORGANISATIONS: &str = "SELECT COUNT(*) FROM organisations";

#[tokio::test]
async fn a_copy_is_kept_before_the_schema_changes() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let path = data.join("timetracks.db");
    make_old(&path);
    let copy = data.join("timetracks.db.before-V3");
    std::fs::write(&copy, "of an attempt before").unwrap();
    let process = Process::start(&data);
    process.sign_up().await;
    drop(process);
    assert_eq!(
        (number(&copy, VERSION), number(&copy, ORGANISATIONS)),
        (2, 1)
    );
    assert_eq!(number(&path, VERSION), MIGRATIONS.len() as i64);
    assert_eq!(number(&path, ORGANISATIONS), 2);
    // Nothing changes at the next start, so nothing is copied.
    std::fs::remove_file(&copy).unwrap();
    drop(Process::start(&data));
    assert!(!copy.exists());
}

#[test]
fn a_change_of_the_schema_that_is_cut_off_leaves_the_old_one_or_the_new_one() {
    let directory = tempfile::tempdir().unwrap();
    let mut found = [0; 2];
    for round in 0..ROUNDS {
        let data = directory.path().join(round.to_string());
        std::fs::create_dir(&data).unwrap();
        let path = data.join("timetracks.db");
        make_old(&path);
        let mut command = timetracks();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]);
        let mut child = command.arg(&data).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = child.stdout.take().unwrap();
        let ready = thread::spawn(move || output.read(&mut [0; 1]));
        // At another moment of its start in every round: when the copy is there, or the log of the database has grown
        // so far, or at the latest when it is ready.
        let log = data.join("timetracks.db-wal");
        let enough = u64::from(round) * 4_000;
        let grown = || std::fs::metadata(&log).is_ok_and(|log| log.len() > enough);
        let copied = || data.join("timetracks.db.before-V3").exists();
        while !(ready.is_finished() || if round % 4 == 0 { copied() } else { grown() }) {
            thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let version = number(&path, VERSION);
        assert!(
            version == 2 || version == MIGRATIONS.len() as i64,
            "{version}"
        );
        found[usize::from(version > 2)] += 1;
        let database = rusqlite::Connection::open(&path).unwrap();
        let check: String = database
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(check, "ok");
        drop(database);
        drop(Process::start(&data));
        assert_eq!(number(&path, VERSION), MIGRATIONS.len() as i64);
        assert_eq!(number(&path, ORGANISATIONS), 1);
    }
    println!("old: {}, new: {}", found[0], found[1]);
}
