//! What `timetracks doctor` finds, each thing provoked, and that it changes nothing.

use std::{
    collections::BTreeMap,
    fs::{self, File, Permissions},
    os::unix::fs::{FileExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Diagnosis, Process, json_of, timetracks};

fn doctor(data: &Path) -> Diagnosis {
    let mut command = timetracks();
    command.arg("doctor").arg("--data-dir").arg(data);
    Diagnosis::of(&mut command)
}

/// Everything in a directory, with the modes. The index of a log is only good while somebody uses it.
fn contents(directory: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    let content = |path: PathBuf| {
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        let is_index = path.extension().is_some_and(|end| end == "db-shm");
        let bytes = match is_index {
            true => Vec::new(),
            false => fs::read(&path).unwrap(),
        };
        (path, (mode, bytes))
    };
    entries
        .map(|entry| content(entry.unwrap().path()))
        .collect()
}

/// Diagnoses, and asserts that nothing was changed by it.
fn untouched(data: &Path) -> Diagnosis {
    let before = contents(data);
    let diagnosis = doctor(data);
    let after = contents(data);
    let names = |contents: &BTreeMap<PathBuf, _>| contents.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after));
    assert!(before == after, "a file was changed");
    diagnosis
}

/// An organisation with a track of a second, on a server that runs.
async fn installation() -> (TempDir, PathBuf, Process) {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let process = Process::start(&data);
    let token = process.sign_up().await;
    let task = process.post("/tasks", &token, &json!({ "name": "Docs" }));
    let task = json_of(task, 201).await["id"].as_str().unwrap().to_owned();
    let track = json!({ "start": 1_700_000_000_000_i64, "end": 1_700_000_001_000_i64 });
    let path = format!("/tasks/{task}/tracks");
    json_of(process.post(&path, &token, &track), 201).await;
    let path = "/tasks/by-name/Review/clock-in";
    json_of(process.post(path, &token, &json!({})), 201).await;
    (directory, data, process)
}

/// The same, with the server stopped as it should be.
async fn stopped() -> (TempDir, PathBuf) {
    let (directory, data, process) = installation().await;
    process.stop();
    assert!(!data.join("timetracks.db-wal").exists());
    (directory, data)
}

#[tokio::test]
async fn a_sound_installation_has_no_complaints_and_is_left_as_it_is() {
    let (_directory, data, process) = installation().await;
    let running = untouched(&data);
    process.signal("KILL");
    drop(process);
    let killed = untouched(&data);
    // The log has everything, and nobody has an index of it.
    fs::remove_file(data.join("timetracks.db-shm")).unwrap();
    let copied = untouched(&data);
    Process::start(&data).stop();
    let stopped = untouched(&data);
    for (name, diagnosis) in [
        ("running", running),
        ("killed", killed),
        ("copied", copied),
        ("stopped", stopped),
    ] {
        assert_eq!(diagnosis.complaints(), [""; 0], "{name}");
        assert_eq!(diagnosis.status, Some(0), "{name}");
        assert_eq!(
            diagnosis.lines.len(),
            19,
            "{name}: {:?}",
            diagnosis.lines.keys()
        );
    }
}

type Change = fn(&Path);

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Runs statements on the database. Constraints do not hold here.
fn sql(data: &Path, statements: &str) {
    let database = Connection::open(data.join("timetracks.db")).unwrap();
    let free = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;";
    database.execute_batch(free).unwrap();
    database.execute_batch(statements).unwrap();
}

/// Writes nonsense over the first page of a table or an index.
fn spoil(data: &Path, name: &str) {
    let path = data.join("timetracks.db");
    let database = Connection::open(&path).unwrap();
    let place =
        "SELECT (rootpage - 1) * page_size FROM sqlite_schema, pragma_page_size() WHERE name = ?1";
    let place: i64 = database.query_row(place, [name], |row| row.get(0)).unwrap();
    drop(database);
    let file = File::options().write(true).open(path).unwrap();
    file.write_all_at(&[0xff; 512], place.unsigned_abs())
        .unwrap();
}

/// Provokes each, and asserts that it is found at this level.
async fn found<C>(table: &[(&str, &str, C)], provoke: impl Fn(&C, &Path)) {
    let (directory, sound) = stopped().await;
    for (number, (check, level, change)) in table.iter().enumerate() {
        let data = directory.path().join(number.to_string());
        fs::create_dir(&data).unwrap();
        mode(&data, 0o700);
        for entry in fs::read_dir(&sound).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, data.join(path.file_name().unwrap())).unwrap();
        }
        assert_eq!(doctor(&data).complaints(), [""; 0]);
        provoke(change, &data);
        let diagnosis = untouched(&data);
        assert_eq!(
            diagnosis.level(check),
            *level,
            "{number}: {:#?}",
            diagnosis.lines
        );
        let is_problem = diagnosis
            .lines
            .values()
            .any(|(level, _)| level == "problem");
        assert_eq!(diagnosis.status, Some(i32::from(is_problem)), "{number}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_files_and_keys_is_found() {
    found::<Change>(
        &[
            ("data directory", "warning", |data| {
                mode(data, 0o755);
            }),
            ("data directory", "problem", |data| {
                mode(data, 0o770);
            }),
            ("files", "problem", |data| {
                mode(&data.join("signing.key"), 0o644);
            }),
            ("files", "problem", |data| {
                mode(&data.join("timetracks.db"), 0o640);
            }),
            ("signing key", "problem", |data| {
                fs::remove_file(data.join("signing.key")).unwrap();
            }),
            ("signing key", "problem", |data| {
                fs::write(data.join("signing.key"), [7; 31]).unwrap();
            }),
            ("known key", "problem", |data| {
                fs::write(data.join("signing.key"), [7; 32]).unwrap();
            }),
            ("database", "problem", |data| {
                fs::remove_file(data.join("timetracks.db")).unwrap();
            }),
            ("log", "warning", |data| {
                let log = data.join("timetracks.db-wal");
                fs::write(&log, [7; 4096]).unwrap();
                mode(&log, 0o600);
                let log = File::options().write(true).open(log).unwrap();
                log.set_len(256 << 20).unwrap();
            }),
        ],
        |change, data| change(data),
    )
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_the_database_is_found() {
    const ORPHAN: &str = "INSERT INTO logins VALUES ('x', randomblob(16), randomblob(16))";
    const NEWER: &str =
        "INSERT INTO refinery_schema_history VALUES (99, 'new', '2030-01-01T00:00:00Z', '1')";
    const OLDER: &str =
        "DROP TABLE signing_key; DELETE FROM refinery_schema_history WHERE version = 2";
    const OTHER: &str = "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema;
        PRAGMA writable_schema = OFF; CREATE TABLE bookmarks (url TEXT)";
    found::<Change>(
        &[
            ("database", "problem", |data| {
                sql(data, OTHER);
            }),
            ("schema", "problem", |data| {
                fs::write(data.join("timetracks.db"), "").unwrap();
            }),
            ("schema", "problem", |data| {
                sql(data, NEWER);
            }),
            ("schema", "problem", |data| {
                sql(data, "UPDATE refinery_schema_history SET checksum = '1'");
            }),
            ("schema", "warning", |data| {
                sql(data, OLDER);
            }),
            ("journal mode", "warning", |data| {
                sql(data, "PRAGMA journal_mode = DELETE");
            }),
            ("integrity", "problem", |data| {
                spoil(data, "tracks_by_person");
            }),
            ("integrity", "problem", |data| {
                spoil(data, "tracks");
            }),
            // What follows cannot be read.
            ("database", "problem", |data| {
                spoil(data, "tracks");
            }),
            ("foreign keys", "problem", |data| {
                sql(data, ORPHAN);
            }),
        ],
        |change, data| change(data),
    )
    .await;
}

/// Users who have no password, and a token that ends so many milliseconds from now.
const TOKEN: &str = "UPDATE users SET password_hash = NULL; INSERT INTO password_tokens
    SELECT org_id, id, randomblob(32), 1000 * unixepoch()";

#[tokio::test]
async fn what_is_wrong_with_the_data_is_found() {
    let expired = format!("{TOKEN} - 1 FROM users");
    let good = format!("{TOKEN} + 600000 FROM users");
    let table = [
        ("kept totals", "problem", "UPDATE task_totals SET ended_ms = ended_ms + 1 WHERE ended_ms > 0"),
        ("kept totals", "problem", "UPDATE task_totals SET tracks = 2 WHERE ended_ms = 0"),
        ("kept totals", "problem", "DELETE FROM task_totals WHERE ended_ms = 0"),
        ("kept totals", "problem", "DELETE FROM tracks WHERE ended_at IS NULL"),
        ("kept totals", "problem", "UPDATE task_totals SET ci_tracks = 1 WHERE ended_ms = 0"),
        ("kept totals", "problem", "UPDATE tracks SET kind = 'agent' WHERE ended_at IS NOT NULL"),
        (
            "running tracks",
            "warning",
            "UPDATE organisations SET max_running_hours = 1000000",
        ),
        ("running tracks", "warning", "UPDATE tracks SET ends_at = 1 WHERE ended_at IS NULL"),
        (
            "running tracks",
            "ok",
            "UPDATE tracks SET lease_s = 1, heartbeat_at = 1, ends_at = 1001 WHERE ended_at IS NULL",
        ),
        ("longest tracks", "problem", "UPDATE users SET longest_track_ms = 999"),
        (
            "ends of tracks",
            "problem",
            "UPDATE tracks SET ended_at = started_at - 1 WHERE ended_at IS NOT NULL",
        ),
        ("admins", "warning", "UPDATE users SET active = FALSE"),
        ("admins", "warning", "UPDATE users SET role = 'member'"),
        ("admins", "warning", "UPDATE users SET password_hash = NULL"),
        ("admins", "warning", "UPDATE users SET password_expires_at = 1"),
        ("admins", "warning", &expired),
        ("admins", "ok", &good),
        ("the future", "warning", "UPDATE tasks SET updated_at = updated_at + 86460000"),
        (
            "the future",
            "warning",
            "UPDATE tracks SET started_at = started_at + 86460000 WHERE ended_at IS NULL",
        ),
        // Somebody booked it.
        (
            "the future",
            "ok",
            "UPDATE tracks SET started_at = started_at + 1000000000000, ended_at = ended_at + 1000000000000
            WHERE ended_at IS NOT NULL",
        ),
    ];
    found(&table, |statements, data| sql(data, statements)).await;
}

#[test]
fn a_wrong_setting_is_refused_and_nothing_is_made() {
    let directory = tempfile::tempdir().unwrap();
    for (arguments, status) in [(&["--database", "mysql://x"][..], 78), (&[], 1)] {
        let mut command = timetracks();
        command.arg("doctor").args(arguments);
        let output = command.current_dir(directory.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(status));
    }
    assert!(contents(directory.path()).is_empty());
}
