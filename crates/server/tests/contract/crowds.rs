//! Who takes up much keeps nobody else waiting.

use reqwest::{Method, Response};
use serde_json::json;
use timetracks_testkit::{Client, TestServer};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::limits::LIMITED;

/// As many as one address may have under way.
const STRANGERS: usize = 256;

/// A log-in of which the end never comes.
async fn half_a_log_in(server: &TestServer, address: &str) -> TcpStream {
    let authority = server.base().strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(authority).await.unwrap();
    let head = format!(
        "POST /api/v1/account/login HTTP/1.1\r\nHost: {authority}\r\nX-Forwarded-For: {address}\r\n\
         Authorization: Bearer nonsense\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn an_address_without_a_credential_cannot_take_up_all_places() {
    let server = TestServer::start_with(LIMITED).await;
    let ada = server.sign_up("ada").await;
    let mut halves = Vec::new();
    for _ in 0..STRANGERS {
        halves.push(half_a_log_in(&server, "2001:db8::1").await);
    }
    let from = |client: &Client, address| client.with_header("x-forwarded-for", address);
    let crowded = from(&server.anonymous(), "2001:db8::2");
    let look = async || crowded.get("/problems/busy").await;
    // Until the last of them has arrived.
    let refused = loop {
        match look().await {
            answer if answer.status == 200 => {}
            answer => break answer,
        }
    };
    assert_eq!(refused.header("retry-after"), "1");
    refused.problem(503, "busy");
    let body = json!({ "email": "eve@example.com", "password": "not the right one" });
    let refused = crowded.post("/account/login", &body).await;
    refused.problem(503, "busy");
    crowded.get("/health/live").await.expect(200);
    from(&ada, "2001:db8::2").get("/tasks").await.expect(200);
    let other = from(&server.anonymous(), "192.0.2.1");
    other.get("/openapi.json").await.expect(200);
    drop(halves);
    while look().await.status == 503 {}
}

/// Makes tasks whose list is far longer than what the kernel takes for a client that reads nothing.
async fn write_much(client: &Client, tasks: usize) {
    // Four bytes each.
    let description = "\u{1f552}".repeat(10_000);
    for number in 0..tasks {
        let body = json!({ "name": format!("task {number}"), "description": description });
        client.post("/tasks", &body).await.expect(201);
    }
}

/// The head of the whole list, of which the rest is not read.
async fn begin(client: &Client) -> Response {
    client.request(Method::GET, "/tasks").send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_readers_of_one_organisation_leave_readers_to_the_others() {
    let server = TestServer::start().await;
    let (ada, eve) = (server.sign_up("ada").await, server.sign_up("eve").await);
    write_much(&ada, 400).await;
    write_much(&eve, 4).await;
    let readers = server.server.app().statistics().pools[2].size;
    let mut slow = Vec::new();
    for _ in 0..readers.div_ceil(2) {
        let response = begin(&ada).await;
        assert_eq!(response.status(), 200);
        slow.push(response);
    }
    let refused = ada.get("/tasks").await;
    assert_eq!(refused.header("retry-after"), "1");
    refused.problem(503, "busy");
    ada.get("/tasks?limit=1").await.expect(200);
    if slow.len() < readers {
        let list = eve.get("/tasks").await.expect(200);
        assert_eq!(list.as_array().unwrap().len(), 4);
    } else {
        eve.get("/tasks").await.problem(503, "busy");
    }
    for response in slow {
        let whole = response.bytes().await.unwrap();
        let whole: serde_json::Value = serde_json::from_slice(&whole).unwrap();
        assert_eq!(whole.as_array().unwrap().len(), 400);
    }
    let list = eve.get("/tasks").await.expect(200);
    assert_eq!(list.as_array().unwrap().len(), 4);
}
