//! Backups while people clock in and out. `TIMETRACKS_TEST_ROUNDS` makes more of them.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::{
        fs::{PermissionsExt, symlink},
        process::ExitStatusExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::{
    memory::book,
    support::{Process, json_of, timetracks},
};

const CLIENTS: usize = 8;
/// How many answers to wait for between two backups.
const ANSWERS: usize = 40;
/// Enough for a backup to take a while.
const TRACKS: usize = 60_000;

fn rounds(default: usize) -> usize {
    std::env::var("TIMETRACKS_TEST_ROUNDS").map_or(default, |text| text.parse().unwrap())
}

fn backup(data: &Path, file: &Path) -> Command {
    let mut command = timetracks();
    command.arg("backup").arg(file).arg("--data-dir").arg(data);
    command
}

/// What a backup said that went well.
fn backed_up(data: &Path, file: &Path) -> String {
    let output = backup(data, file).output().unwrap();
    assert!(output.status.success(), "{}", complaint(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The doctor has no complaints, in the middle of everything.
fn assert_sound(data: &Path) {
    let mut command = timetracks();
    let output = command.arg("doctor").arg("--data-dir").arg(data).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", complaint(&output));
}

/// A server on a backup, with the key of the data directory.
fn restored(data: &Path, file: &Path) -> Process {
    Process::start_with(&data.with_extension("restored"), |command| {
        command
            .arg("--database")
            .arg(format!("sqlite:{}", file.display()));
        command.arg("--signing-key").arg(data.join("signing.key"));
    })
}

/// By its id, each track that was acknowledged, as it was last seen.
type Acknowledged = BTreeMap<String, Value>;

#[derive(Default)]
struct Load {
    acknowledged: Mutex<Acknowledged>,
    stopping: AtomicBool,
}

impl Load {
    /// Clocks in and out again and again.
    async fn clock(self: Arc<Self>, base: String, token: String, client: usize) {
        let http = reqwest::Client::new();
        while !self.stopping.load(Ordering::SeqCst) {
            for verb in ["in", "out"] {
                let url = format!("{base}/api/v1/tasks/by-name/task-{client}/clock-{verb}");
                let track = http.post(url).bearer_auth(&token);
                let track = track.send().await.unwrap().error_for_status().unwrap();
                let track: Value = track.json().await.unwrap();
                let id = track["id"].as_str().unwrap().to_owned();
                self.acknowledged.lock().unwrap().insert(id, track);
            }
        }
    }

    /// What was acknowledged, once that is so many more tracks than were known.
    async fn after(&self, known: usize) -> Acknowledged {
        loop {
            let acknowledged = self.acknowledged.lock().unwrap().clone();
            if acknowledged.len() >= known + ANSWERS {
                return acknowledged;
            }
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_holds_every_write_acknowledged_before_it() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let process = Process::start(&data);
    let token = process.sign_up().await;
    let load = Arc::new(Load::default());
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (base, token) = (process.base.clone(), token.clone());
            tokio::spawn(Arc::clone(&load).clock(base, token, client))
        })
        .collect();
    let mut before = Acknowledged::new();
    for round in 0..rounds(10) {
        before = load.after(before.len()).await;
        let file = directory.path().join(format!("{round}.db"));
        let said = tokio::task::block_in_place(|| backed_up(&data, &file));
        assert!(said.contains("tracks ") && said.contains("signing.key is not in it"));
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        tokio::task::block_in_place(|| assert_sound(&data));
        let server = tokio::task::block_in_place(|| restored(&data, &file));
        audit(&server, &token, &before).await;
    }
    load.stopping.store(true, Ordering::SeqCst);
    for client in clients {
        client.await.unwrap();
    }
}

/// What was acknowledged is there, and goes on from there.
async fn audit(server: &Process, token: &str, before: &Acknowledged) {
    let all = json_of(server.get("/tracks", token), 200).await;
    let found: BTreeMap<&str, &Value> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|track| (track["id"].as_str().unwrap(), track))
        .collect();
    for (id, track) in before {
        let found = found.get(id.as_str());
        let found = found.unwrap_or_else(|| panic!("lost: {track}"));
        assert_eq!(found["start"], track["start"]);
        // Whoever was clocked in may have clocked out since.
        if !track["end"].is_null() {
            assert_eq!(*found, track);
        }
    }
    let path = "/tasks/by-name/after/clock-in";
    json_of(server.post(path, token, &json!({})), 201).await;
}

/// A stopped server's data, with enough in it for a backup to take a while; and a token.
async fn much(directory: &Path) -> (PathBuf, String) {
    let data = directory.join("data");
    let process = Process::start(&data);
    let token = process.sign_up().await;
    let task = json!({ "name": "Docs" });
    json_of(process.post("/tasks", &token, &task), 201).await;
    drop(process);
    book(&data.join("timetracks.db"), TRACKS);
    (data, token)
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut names: Vec<_> = entries.map(|entry| name(entry.unwrap())).collect();
    names.sort();
    names
}

/// Begins a backup, and waits until so many bytes of it are written.
fn begin(data: &Path, file: &Path, bytes: u64) -> Child {
    let partial = file.with_extension("db.partial");
    let command = &mut backup(data, file);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while fs::metadata(&partial).map_or(0, |partial| partial.len()) < bytes {
        assert_eq!(child.try_wait().unwrap(), None, "it was too quick");
    }
    child
}

#[tokio::test]
async fn a_backup_that_is_killed_half_way_leaves_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let (data, token) = much(directory.path()).await;
    let size = fs::metadata(data.join("timetracks.db")).unwrap().len();
    let target = directory.path().join("target");
    fs::create_dir(&target).unwrap();
    let file = target.join("backup.db");
    let rounds = rounds(5) as u64;
    for round in 0..rounds {
        let mut child = begin(&data, &file, 1 + round * (size / 2) / rounds);
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().signal(), Some(9), "it was too quick");
        assert!(!file.exists());
    }
    backed_up(&data, &file);
    assert_eq!(names(&target), ["backup.db"]);
    let server = restored(&data, &file);
    let tasks = json_of(server.get("/tasks", &token), 200).await;
    let id = tasks[0]["id"].as_str().unwrap();
    let report = json_of(server.get(&format!("/reports/tasks/{id}"), &token), 200).await;
    assert_eq!(report["total"], json!(TRACKS * 1000));
}

#[tokio::test]
async fn people_clock_in_while_a_backup_is_made_and_nobody_makes_it_twice_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let (data, token) = much(directory.path()).await;
    let process = Process::start(&data);
    let file = directory.path().join("backup.db");
    let mut child = begin(&data, &file, 1);
    let path = "/tasks/by-name/Docs/clock-in";
    json_of(process.post(path, &token, &json!({})), 201).await;
    let second = backup(&data, &file).output().unwrap();
    assert_eq!(child.try_wait().unwrap(), None, "it was too quick");
    assert!(
        complaint(&second).contains("is under way"),
        "{}",
        complaint(&second)
    );
    assert!(child.wait().unwrap().success());
    assert!(file.exists());
}

#[tokio::test]
async fn nothing_is_overwritten_and_nothing_is_left_of_what_failed() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let process = Process::start(&data);
    process.sign_up().await;
    let target = directory.path().join("target");
    fs::create_dir(&target).unwrap();
    let file = target.join("backup.db");
    for taken in ["backup.db", "backup.db-wal", "backup.db-journal"] {
        let taken = target.join(taken);
        fs::write(&taken, "precious").unwrap();
        let output = backup(&data, &file).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let message = complaint(&output);
        assert!(message.contains("nothing is overwritten"), "{message}");
        assert_eq!(fs::read(&taken).unwrap(), b"precious");
        fs::remove_file(taken).unwrap();
    }
    let precious = directory.path().join("precious");
    fs::write(&precious, "precious").unwrap();
    let partial = target.join("backup.db.partial");
    for leads_to in [&precious, &directory.path().join("nowhere")] {
        symlink(leads_to, &partial).unwrap();
        let message = refused(backup(&data, &file), 1);
        assert!(message.contains("is no plain file"), "{message}");
        assert_eq!(fs::read(&precious).unwrap(), b"precious");
        fs::remove_file(&partial).unwrap();
    }
    assert!(!directory.path().join("nowhere").exists());
    let nowhere = backup(&data, &target.join("no/such/backup.db"));
    assert!(refused(nowhere, 1).contains("cannot make"));
    let missing = backup(&directory.path().join("elsewhere"), &file);
    assert!(refused(missing, 78).contains("there is no database"));
    assert!(!directory.path().join("elsewhere").exists());

    // What belongs to nobody is copied, and found.
    drop(process);
    let database = Connection::open(data.join("timetracks.db")).unwrap();
    let orphan = "PRAGMA foreign_keys = OFF; INSERT INTO logins VALUES ('x', randomblob(16), randomblob(16))";
    database.execute_batch(orphan).unwrap();
    drop(database);
    let message = refused(backup(&data, &file), 1);
    assert!(message.contains("1 of logins refer to users"), "{message}");
    assert_eq!(names(&target), [""; 0]);
}

fn refused(mut command: Command, status: i32) -> String {
    let output = command.output().unwrap();
    let message = complaint(&output);
    assert_eq!(output.status.code(), Some(status), "{message}");
    message
}
