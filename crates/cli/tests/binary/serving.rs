//! Starting, stopping, and what is left on the disk.

use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::support::{PASSWORD, Process, json_of, timetracks};

#[tokio::test]
async fn a_server_needs_no_configuration_and_keeps_its_files_private() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let process = Process::start(&data);
    assert!(
        process.line.contains(&format!("{}/docs", process.base)),
        "{}",
        process.line
    );
    process.sign_up().await;
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    assert!(names.contains(&"signing.key".to_owned()), "{names:?}");
    assert!(names.contains(&"timetracks.db-wal".to_owned()), "{names:?}");
}

#[tokio::test]
async fn tokens_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let process = Process::start(&data);
    let token = process.sign_up().await;
    process.stop();
    // After a graceful stop the file holds everything: nothing waits in a log beside it.
    assert!(!data.join("timetracks.db-wal").exists());
    let process = Process::start(&data);
    let me = json_of(process.get("/account/me", &token), 200).await;
    assert_eq!(me["user"]["email"], "ada@example.com");
}

#[tokio::test]
async fn a_silent_client_does_not_hold_up_a_graceful_stop_for_ever() {
    let directory = tempfile::tempdir().unwrap();
    let mut process = Process::start(&directory.path().join("data"));
    let address = process.base.trim_start_matches("http://").to_owned();
    let silent = std::net::TcpStream::connect(address).unwrap();
    process.signal("INT");
    assert!(process.wait().success());
    drop(silent);
}

#[tokio::test]
async fn requests_under_way_are_answered_before_a_graceful_stop() {
    let directory = tempfile::tempdir().unwrap();
    let mut process = Process::start(&directory.path().join("data"));
    let token = process.sign_up().await;
    // Logins take a while: they hash.
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let logins: Vec<_> = (0..8)
        .map(|_| tokio::spawn(process.post("/account/login", &token, &body).send()))
        .collect();
    // Once one is answered, all have been accepted: they were sent before.
    let mut logins = logins.into_iter();
    assert_eq!(logins.next().unwrap().await.unwrap().unwrap().status(), 200);
    process.signal("TERM");
    for login in logins {
        // One whose connection was not accepted yet is refused; none is cut off half way.
        if let Ok(answer) = login.await.unwrap() {
            assert_eq!(answer.status(), 200);
        }
    }
    assert!(process.wait().success());
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let _first = Process::start(&data);
    let mut second = timetracks();
    second.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]);
    let output = second.arg(&data).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("another server"), "{message}");
}

#[test]
fn a_database_with_a_newer_schema_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    drop(Process::start(&data));
    let path = data.join("timetracks.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    let newer = "INSERT INTO refinery_schema_history VALUES (999, 'from_the_future', '2030-01-01T00:00:00Z', '1')";
    database.execute_batch(newer).unwrap();
    database
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    database.close().unwrap();
    let before = std::fs::read(&path).unwrap();
    let mut command = timetracks();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]);
    let output = command.arg(&data).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("migrations") && message.contains("from_the_future"),
        "{message}"
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_super_user_is_made_on_the_command_line() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let process = Process::start(&data);
    let add = |email: &str| {
        let mut command = timetracks();
        command.args(["superuser", "add", email, "--data-dir"]);
        let output = command.arg(&data).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };

    // Asking again before the password is set gives another token, in case the first was lost.
    add("root@example.com");
    let printed = add("root@example.com");
    let token = printed
        .split('"')
        .find(|word| word.starts_with("ttp_"))
        .unwrap();
    let body = json!({ "token": token, "password": PASSWORD });
    json_of(process.post("/account/password", "", &body), 200).await;
    let body = json!({ "email": "root@example.com", "password": PASSWORD });
    let tokens = json_of(process.post("/account/login", "", &body), 200).await;
    let root = tokens["accessToken"].as_str().unwrap();
    let stats = json_of(process.get("/internal/stats", root), 200).await;
    assert_eq!(stats["organisations"], 0);

    process.sign_up().await;
    assert!(!add("Ada@example.com").contains("ttp_"));
    let ada = process.log_in().await;
    let stats = json_of(process.get("/internal/stats", &ada), 200).await;
    assert_eq!(stats["organisations"], 1);
}

#[test]
fn the_specification_and_the_version_are_printed() {
    let printed = timetracks().arg("openapi").output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let version = timetracks().arg("--version").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    assert_eq!(
        version.trim(),
        format!("timetracks {}", env!("CARGO_PKG_VERSION"))
    );
}
