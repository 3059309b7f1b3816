//! A request whose body takes its time is done for who its sender is when all of it is there.

use serde_json::json;
use timetracks_testkit::{Client, TestServer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{MINUTE_MS, key_tokens, make_key, my_id, text};

/// A request of which the server has seen the head, and who sends it, and waits for the body.
struct Late {
    stream: TcpStream,
    body: String,
}

impl Late {
    async fn begin(
        server: &TestServer,
        method: &str,
        path: &str,
        header: &str,
        body: String,
    ) -> Self {
        let address = server.base().trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: x\r\n{header}\r\nContent-Type: application/json\r\n\
            Content-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // That is said when somebody begins to read the body, which is after the caller was looked up.
        let expected = b"HTTP/1.1 100 Continue\r\n\r\n";
        let mut begun = vec![0; expected.len()];
        stream.read_exact(&mut begun).await.unwrap();
        assert_eq!(begun, expected);
        Self { stream, body }
    }

    /// Sends the body, and answers with the status.
    async fn finish(mut self) -> u16 {
        self.stream.write_all(self.body.as_bytes()).await.unwrap();
        let mut answer = String::new();
        self.stream.read_to_string(&mut answer).await.unwrap();
        answer["HTTP/1.1 ".len()..][..3].parse().unwrap()
    }
}

fn new_admin() -> String {
    json!({ "firstName": "L", "lastName": "L", "email": "late@example.com", "role": "admin" })
        .to_string()
}

async fn has_late(ada: &Client) -> bool {
    let users = ada.get("/users").await.expect(200);
    let mut users = users.as_array().unwrap().iter();
    users.any(|user| user["email"] == "late@example.com")
}

#[tokio::test]
async fn who_is_deactivated_or_demoted_meanwhile_does_nothing_more() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for (name, change, status) in [
        ("bob", json!({ "active": false }), 401),
        ("carol", json!({ "role": "member" }), 403),
    ] {
        let other = server.add_user(&ada, name, "admin").await;
        let path = format!("/users/{}", my_id(&other).await);
        let tokens = server.tokens(name).await;
        let header = format!("Authorization: Bearer {}", text(&tokens, "accessToken"));
        let late = Late::begin(&server, "POST", "/users", &header, new_admin()).await;
        ada.put(&path, &change).await.expect(200);
        assert_eq!(late.finish().await, status, "{name}");
        assert!(!has_late(&ada).await, "{name}");
    }
}

#[tokio::test]
async fn a_key_that_is_deleted_or_a_session_that_expires_meanwhile_does_nothing_more() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let key = make_key(&ada, &json!({ "name": "ci" })).await;
    let secret = text(&key, "apiKey");
    let tokens = key_tokens(&server, secret).await;
    let header = format!("Authorization: Bearer {}", text(&tokens, "accessToken"));
    let late = Late::begin(&server, "POST", "/users", &header, new_admin()).await;
    server.clock.advance(15 * MINUTE_MS);
    assert_eq!(late.finish().await, 401);

    let header = format!("X-Api-Key: {secret}");
    let late = Late::begin(&server, "POST", "/users", &header, new_admin()).await;
    let path = format!("/api-keys/{}", text(&key["info"], "id"));
    ada.delete(&path).await.expect(200);
    assert_eq!(late.finish().await, 401);
    assert!(!has_late(&ada).await);
}

#[tokio::test]
async fn who_is_who_they_were_is_served() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let tokens = server.tokens("ada").await;
    let header = format!("Authorization: Bearer {}", text(&tokens, "accessToken"));
    let late = Late::begin(&server, "POST", "/users", &header, new_admin()).await;
    server.clock.advance(MINUTE_MS);
    server.add_user(&ada, "bob", "member").await;
    assert_eq!(late.finish().await, 201);
    assert!(has_late(&ada).await);
}
