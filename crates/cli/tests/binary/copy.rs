//! Moving house between the engines.

use std::{
    path::Path,
    process::{Output, Stdio},
};

use serde_json::{Value, json};
use timetracks_testkit::postgres::{Database, Server};

use crate::support::{PASSWORD, Process, json_of, timetracks};

/// What everyone can see of what is stored.
async fn everything(process: &Process, token: &str) -> Vec<Value> {
    let mut seen = Vec::new();
    for path in ["/users", "/projects", "/tasks", "/tracks", "/api-keys"] {
        seen.push(json_of(process.get(path, token), 200).await);
    }
    for list in &mut seen {
        list.as_array_mut()
            .unwrap()
            .iter_mut()
            .for_each(forget_how_long_it_runs);
    }
    seen
}

fn forget_how_long_it_runs(item: &mut Value) {
    if item["end"].is_null() {
        for member in ["amount", "hours", "minutes", "seconds", "timeFormatted"] {
            item[member].take();
        }
    }
}

fn copy(from: &str, to: &str) -> Output {
    timetracks()
        .args(["copy", "--from", from, "--to", to])
        .output()
        .unwrap()
}

/// Copies, and answers with the lines of the tables.
fn copied(from: &str, to: &str) -> Vec<String> {
    let output = copy(from, to);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let text = String::from_utf8(output.stdout).unwrap();
    let tables = text.lines().filter(|line| line.contains(" rows  "));
    tables.map(str::to_owned).collect()
}

/// Says why nothing was copied.
fn refused(from: &str, to: &str) -> String {
    let output = copy(from, to);
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

fn serve_on(data: &Path, database: &str) -> Process {
    Process::start_with(data, |command| {
        command.args(["--database", database]);
    })
}

struct Filled {
    token: String,
    refresh_token: String,
    api_key: String,
}

/// Stores something of everything that matters.
async fn fill(process: &Process) -> Filled {
    let token = process.sign_up().await;
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let tokens = json_of(process.post("/account/login", "", &body), 200).await;
    let key = json_of(
        process.post("/api-keys", &token, &json!({ "name": "ci" })),
        201,
    )
    .await;
    let invited = json!({ "email": "grace@example.com", "role": "member" });
    json_of(process.post("/invitations", &token, &invited), 201).await;
    for name in ["Write%20docs", "%C3%9Cbung%20%F0%9F%95%B0", "Review"] {
        let path = format!("/tasks/by-name/{name}/clock-in");
        json_of(process.post(&path, &token, &json!({})), 201).await;
    }
    let path = "/tasks/by-name/Review/clock-out";
    json_of(process.post(path, &token, &json!({})), 200).await;
    Filled {
        token,
        refresh_token: tokens["refreshToken"].as_str().unwrap().to_owned(),
        api_key: key["apiKey"].as_str().unwrap().to_owned(),
    }
}

#[tokio::test]
async fn ids_sessions_keys_and_passwords_survive_the_move_there_and_back() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let file = format!("sqlite:{}", data.join("timetracks.db").display());
    let process = Process::start(&data);
    let filled = fill(&process).await;
    let before = everything(&process, &filled.token).await;
    assert!(refused(&file, "sqlite:elsewhere.db").contains("another server uses"));
    drop(process);

    let database = Database::create(Server::shared()).await;
    let url = database.url();
    let there = copied(&file, &url);
    assert!(refused(&file, &url).contains("the target is not empty"));
    let process = serve_on(&data, &url);
    assert_eq!(everything(&process, &filled.token).await, before);
    assert!(refused(&url, &file).contains("stop every instance first"));
    drop(process);

    let back = format!("sqlite:{}", data.join("back.db").display());
    assert_eq!(copied(&url, &back), there);
    let process = serve_on(&data, &back);
    assert_eq!(everything(&process, &filled.token).await, before);
    let token = json!({ "refreshToken": filled.refresh_token });
    json_of(process.post("/account/refresh", "", &token), 200).await;
    let key = json!({ "apiKey": filled.api_key });
    json_of(process.post("/account/login/api-key", "", &key), 200).await;
    process.log_in().await;
}

#[tokio::test]
async fn a_copy_that_is_killed_half_way_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let file = format!("sqlite:{}", data.join("timetracks.db").display());
    let process = Process::start(&data);
    fill(&process).await;
    drop(process);
    let database = Database::create(Server::shared()).await;
    let url = database.url();
    // The target has its schema, and somebody holds on to one of its tables.
    drop(serve_on(&directory.path().join("other"), &url));
    database.sql("DELETE FROM signing_key").await;
    let holder = database.connect().await;
    let hold = "BEGIN; LOCK TABLE tracks IN ACCESS EXCLUSIVE MODE";
    holder.batch_execute(hold).await.unwrap();
    let mut copying = timetracks()
        .args(["copy", "--from", &file, "--to", &url])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let waiting = "SELECT COUNT(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    while database.query_one(waiting).await != "t" {
        tokio::task::yield_now().await;
    }
    copying.kill().unwrap();
    copying.wait().unwrap();
    holder.batch_execute("COMMIT").await.unwrap();
    while database.terminate_backends().await > 0 {}
    assert_eq!(database.query_one("SELECT COUNT(*) FROM users").await, "0");
    assert_eq!(copied(&file, &url).len(), 18);
}
