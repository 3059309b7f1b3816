//! Instances of one database share a signing key, and one with another key does not start.

use std::path::Path;

use reqwest::StatusCode;
use serde_json::json;
use timetracks_testkit::postgres::{Database, Server};

use crate::support::{PASSWORD, Process, json_of, timetracks};

/// Runs the binary, which is expected to end by itself. Answers with its exit status and what it complained of.
fn run(arguments: &[&str], directory: &Path, url: &str, key: &str) -> (Option<i32>, String) {
    let mut command = timetracks();
    command.args(arguments).current_dir(directory);
    command.args(["--database", url, "--signing-key", key]);
    let output = command.output().unwrap();
    let complaint = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), complaint)
}

/// Starts an instance that takes its key from the environment.
fn start(directory: &Path, url: &str, key: &str) -> Process {
    Process::start_with(&directory.join("data"), |command| {
        command.current_dir(directory).args(["--database", url]);
        command.env("TIMETRACKS_SIGNING_KEY", key);
    })
}

fn is_refused((status, complaint): &(Option<i32>, String)) -> bool {
    *status == Some(78) && complaint.contains("`signing-key`")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_with_another_key_starts_only_when_the_key_was_accepted() {
    const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];
    let temporary = tempfile::tempdir().unwrap();
    let directory = temporary.path();
    let database = Database::create(Server::shared()).await;
    let url = database.url();

    let first = start(directory, &url, "first.key");
    first.sign_up().await;
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    let tokens = json_of(first.post("/account/login", "", &login), 200).await;
    let old = tokens["accessToken"].as_str().unwrap();
    let refusal = run(&SERVE, directory, &url, "other.key");
    assert!(is_refused(&refusal), "{refusal:?}");
    json_of(first.get("/account/me", old), 200).await;
    drop(first);

    let accepted = run(&["signing-key", "accept"], directory, &url, "other.key");
    assert_eq!(accepted.0, Some(0), "{accepted:?}");
    let refusal = run(&SERVE, directory, &url, "first.key");
    assert!(is_refused(&refusal), "{refusal:?}");
    let instances = [(); 2].map(|()| start(directory, &url, "other.key"));
    let renewal = json!({ "refreshToken": tokens["refreshToken"] });
    let renewed = instances[0].post("/account/refresh", "", &renewal);
    let renewed = json_of(renewed, 200).await;
    for instance in &instances {
        let answer = instance.get("/account/me", old).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        let token = renewed["accessToken"].as_str().unwrap();
        json_of(instance.get("/account/me", token), 200).await;
    }
}
