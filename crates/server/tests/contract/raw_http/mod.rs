//! Bytes that no client library sends: each is answered as a table says, and the server goes on as if nothing had been.

mod bodies;
mod exchange;
mod framing;
mod heads;

use std::time::Duration;

use exchange::exchange;
use timetracks_testkit::{Client, TestServer};

/// How long others may have to wait meanwhile: far longer than they do, on a machine that does much else.
const AT_ONCE: Duration = Duration::from_secs(5);

/// What to send, and the statuses to get.
type Case = (&'static str, Vec<u8>, &'static [u16]);

/// A request that asks for the connection to be closed.
fn request(line: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// Fails unless every case gets its statuses, no more and no fewer, and others are answered at once all the while.
async fn expect(server: &TestServer, cases: Vec<Case>) {
    let somebody_else = server.anonymous();
    for (name, bytes, statuses) in cases {
        let (exchange, ()) = tokio::join!(exchange(server, bytes), is_served(&somebody_else));
        assert_eq!(exchange.statuses, statuses, "{name}: {}", exchange.text);
        is_served(&somebody_else).await;
    }
}

async fn is_served(client: &Client) {
    let answer = tokio::time::timeout(AT_ONCE, client.get("/health/ready")).await;
    answer.expect("an answer at once").expect(200);
}

/// A server with a user, and their access token.
async fn server() -> (TestServer, Client, String) {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let tokens = server.tokens("ada").await;
    let token = tokens["accessToken"].as_str().unwrap().to_owned();
    (server, ada, token)
}

#[tokio::test]
async fn no_second_request_is_found_in_an_ambiguous_one() {
    let (server, _, _) = server().await;
    expect(&server, framing::ambiguous()).await;
    expect(&server, framing::clear()).await;
}

#[tokio::test]
async fn what_is_no_http_or_too_much_of_it_is_refused() {
    let (server, _, _) = server().await;
    expect(&server, heads::broken()).await;
}

#[tokio::test]
async fn a_path_that_means_something_elsewhere_means_nothing_here() {
    let (server, _, token) = server().await;
    expect(&server, heads::paths(&token)).await;
}

#[tokio::test]
async fn bodies_that_parsers_choke_on_are_refused_without_effect() {
    let (server, ada, token) = server().await;
    let cases = bodies::all(&token);
    let taken = cases
        .iter()
        .filter(|(_, _, statuses)| statuses.contains(&201));
    let taken = taken.count();
    expect(&server, cases).await;
    let projects = ada.get("/projects").await.expect(200);
    assert_eq!(projects.as_array().map(Vec::len), Some(taken));
}
