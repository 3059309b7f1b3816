//! `--shutdown-delay-seconds`: what load balancers see before a server stops.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Process, json_of};

/// A server that was told to stop, and has said so at `/health/ready`.
async fn draining(directory: &tempfile::TempDir, seconds: &str) -> (Process, String) {
    let process = Process::start_with(&directory.path().join("data"), |command| {
        command.args(["--shutdown-delay-seconds", seconds]);
    });
    let token = process.sign_up().await;
    assert_eq!(ready(&process).await, 200);
    process.signal("TERM");
    while ready(&process).await == 200 {}
    (process, token)
}

/// On a new connection each time, as a load balancer asks.
async fn ready(process: &Process) -> u16 {
    let address = process.base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = "GET /health/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1);
    status.unwrap().parse().unwrap()
}

#[tokio::test]
async fn until_the_delay_is_over_a_server_that_is_not_ready_accepts_and_answers() {
    let directory = tempfile::tempdir().unwrap();
    let (mut process, token) = draining(&directory, "300").await;
    for name in ["one", "two", "three"] {
        assert_eq!(ready(&process).await, 503);
        let body = json!({ "name": name });
        json_of(process.post("/projects", &token, &body), 201).await;
    }
    let live = reqwest::get(format!("{}/health/live", process.base)).await;
    assert_eq!(live.unwrap().status(), 200);
    // A second signal does not wait for the rest of it.
    process.signal("TERM");
    assert_eq!(process.wait().code(), Some(1));
}

#[tokio::test]
async fn when_the_delay_is_over_the_server_stops_by_itself() {
    let directory = tempfile::tempdir().unwrap();
    let (mut process, _) = draining(&directory, "5").await;
    assert!(process.wait().success());
}
