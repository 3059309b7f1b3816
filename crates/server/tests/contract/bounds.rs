//! What happens to clients that together want more than the server has. What is enough for everybody is in
//! `server/src/bounds.rs`; here it is less.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use serde_json::json;
use timetracks_app::Policy;
use timetracks_server::Bounds;
use timetracks_testkit::TestServer;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{my_org, soon};

/// A silent client would be closed after 5 s anyway.
const AT_ONCE: Duration = Duration::from_secs(4);

async fn start(bounds: Bounds) -> TestServer {
    TestServer::start_bounded(Policy::default(), bounds).await
}

async fn connect(server: &TestServer) -> TcpStream {
    let address = server.base().trim_start_matches("http://");
    TcpStream::connect(address).await.unwrap()
}

/// Sends, and answers with what comes back until the server closes.
async fn exchange(mut stream: TcpStream, text: &str) -> String {
    // One that is closed already may not take it.
    let _ = stream.write_all(text.as_bytes()).await;
    let mut answer = Vec::new();
    let end = tokio::time::timeout(AT_ONCE, stream.read_to_end(&mut answer)).await;
    let _ = end.expect("the connection is closed at once");
    String::from_utf8(answer).unwrap()
}

/// Under way for as long as a body may take.
const HALF: &str = "POST /api/v1/account/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
    Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{";
const LIVE: &str = "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_connection_too_many_is_closed_and_the_next_has_its_place_once_one_ends() {
    let server = start(Bounds {
        connections: 3,
        ..Bounds::default()
    })
    .await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(&server).await;
        stream.write_all(HALF.as_bytes()).await.unwrap();
        held.push(stream);
    }
    for _ in 0..3 {
        assert_eq!(exchange(connect(&server).await, LIVE).await, "");
    }
    // Nobody who was there first is closed for it.
    let answer = exchange(held.remove(0), "}").await;
    assert!(answer.starts_with("HTTP/1.1 422"), "{answer}");
    soon("a place is free", async || {
        let answer = exchange(connect(&server).await, LIVE).await;
        answer.starts_with("HTTP/1.1 200")
    })
    .await;
}

#[tokio::test]
async fn a_request_too_many_is_refused_with_503_until_one_is_answered_or_given_up() {
    let server = start(Bounds {
        requests: 2,
        ..Bounds::default()
    })
    .await;
    let anyone = server.anonymous();
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = connect(&server).await;
        stream.write_all(HALF.as_bytes()).await.unwrap();
        held.push(stream);
    }
    let is_full = async || anyone.get("/account/me").await.status == 503;
    soon("two are under way", is_full).await;
    let refused = anyone.get("/account/me").await;
    assert_eq!(refused.header("retry-after"), "1");
    refused.problem(503, "busy");
    // Busy is not dead.
    anyone.get("/health/ready").await.expect(200);
    // Those who were there first are not disturbed.
    let answer = exchange(held.remove(0), "}").await;
    assert!(answer.starts_with("HTTP/1.1 422"), "{answer}");
    soon("one is answered", async || !is_full().await).await;

    let mut stream = connect(&server).await;
    stream.write_all(HALF.as_bytes()).await.unwrap();
    held.push(stream);
    soon("two are under way again", is_full).await;
    drop(held);
    soon("both are given up", async || !is_full().await).await;
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_given_up_with_503() {
    let server = start(Bounds {
        // Enough for a sign-up, which hashes, and less than PostgreSQL waits for another writer.
        handler_time: Duration::from_millis(1_500),
        ..Bounds::default()
    })
    .await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "name": "Shop" });
    ada.post("/projects", &body).await.expect(201);

    // Somebody else writes in the organisation, and does not come to an end.
    let (begun, begins) = tokio::sync::oneshot::channel();
    let (end, ends) = mpsc::channel::<()>();
    let (begun, ends) = (
        Arc::new(Mutex::new(Some(begun))),
        Arc::new(Mutex::new(ends)),
    );
    let lane = timetracks_app::lane(my_org(&ada).await.parse().unwrap());
    let job = move |_: &mut timetracks_app::Work<'_, '_>| {
        begun.lock().unwrap().take().map(|begun| begun.send(()));
        let _ = ends.lock().unwrap().recv();
        Ok(())
    };
    let app = Arc::clone(&server.server);
    let writing = tokio::spawn(async move { app.app().write(lane, job).await });
    begins.await.unwrap();

    let refused = tokio::time::timeout(5 * AT_ONCE, ada.post("/projects", &body)).await;
    let refused = refused.expect("an answer though the write does not come to an end");
    assert_eq!(refused.header("retry-after"), "1");
    refused.problem(503, "unavailable");
    // Who does not wait for it is served.
    ada.get("/projects").await.expect(200);
    drop(end);
    writing.await.unwrap().unwrap();
    ada.post("/projects", &body).await.expect(201);
}
