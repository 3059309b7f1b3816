//! Whatever ends a session or narrows what it may do holds on the very next request (rows 13, 14, 18, 19, 52, 54).

use reqwest::Method;
use serde_json::{Value, json};
use timetracks_testkit::{Answer, Client, TestServer};

use crate::support::{key_tokens, make_key, my_id, text};

/// A way in, with what it needs to be tried again.
struct Way {
    client: Client,
    refresh: Option<(&'static str, Value)>,
}

/// Every way in that `ada` has: a session, a key, and a session of that key. Each was used, so that the server knows it.
async fn ways_in(server: &TestServer, ada: &Client) -> (Vec<Way>, String) {
    let key = make_key(ada, &json!({ "name": "ci" })).await;
    let secret = text(&key, "apiKey");
    let (by_password, by_key) = (server.tokens("ada").await, key_tokens(server, secret).await);
    let session = |path: &'static str, tokens: Value| Way {
        client: server.anonymous().with_token(text(&tokens, "accessToken")),
        refresh: Some((path, json!({ "refreshToken": tokens["refreshToken"] }))),
    };
    let key_alone = Way {
        client: server.anonymous().with_key(secret),
        refresh: None,
    };
    let ways = vec![
        session("/account/refresh", by_password),
        session("/account/refresh/api-key", by_key),
        key_alone,
    ];
    for way in &ways {
        way.client.get("/account/me").await.expect(200);
    }
    (ways, text(&key["info"], "id").to_owned())
}

impl Way {
    async fn expect_open(&self) {
        self.client.get("/account/me").await.expect(200);
    }

    async fn expect_shut(&self) {
        self.client
            .get("/account/me")
            .await
            .problem(401, "unauthorized");
        if let Some((path, body)) = &self.refresh {
            self.client
                .post(path, body)
                .await
                .problem(401, "invalid-credentials");
        }
    }
}

#[tokio::test]
async fn logging_out_ends_this_session_and_no_other() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (ways, _) = ways_in(&server, &ada).await;
    let [by_password, by_key, key] = &ways[..] else {
        panic!("three ways in");
    };
    key.client
        .post_empty("/account/logout")
        .await
        .problem(409, "no-session");
    for way in [by_password, by_key] {
        way.client.post_empty("/account/logout").await.expect(200);
        way.expect_shut().await;
    }
    key.expect_open().await;
    ada.get("/account/me").await.expect(200);
    server
        .anonymous()
        .post_empty("/account/logout")
        .await
        .problem(401, "unauthorized");
}

#[tokio::test]
async fn who_is_deactivated_is_out_at_once() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "admin").await;
    let (ways, _) = ways_in(&server, &ada).await;
    let path = format!("/users/{}", my_id(&ada).await);
    bob.put(&path, &json!({ "active": false }))
        .await
        .expect(200);
    ada.get("/account/me").await.problem(401, "unauthorized");
    for way in &ways {
        way.expect_shut().await;
    }
    // The sessions are gone for good; the key is a credential that the user still has.
    bob.put(&path, &json!({ "active": true })).await.expect(200);
    ways[0].expect_shut().await;
    ways[1].expect_shut().await;
    ways[2].expect_open().await;
    server.log_in("ada").await;
}

#[tokio::test]
async fn another_role_counts_from_the_next_request_on() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "admin").await;
    let (ways, _) = ways_in(&server, &ada).await;
    let path = format!("/users/{}", my_id(&ada).await);
    let list = async |way: &Way| -> Answer { way.client.get("/account/sessions").await };
    for way in &ways {
        list(way).await.expect(200);
    }
    bob.put(&path, &json!({ "role": "member" }))
        .await
        .expect(200);
    for way in &ways {
        list(way).await.problem(403, "forbidden");
    }
    bob.put(&path, &json!({ "role": "admin" }))
        .await
        .expect(200);
    for way in &ways {
        list(way).await.expect(200);
    }
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_at_once() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let (ways, _) = ways_in(&server, &ada).await;
    let path = format!("/users/{}/password", my_id(&ada).await);
    ada.put(&path, &json!({ "password": "another password" }))
        .await
        .expect(200);
    ways[0].expect_shut().await;
    ways[1].expect_shut().await;
    ada.get("/account/me").await.expect(200);
    bob.get("/account/me").await.expect(200);
}

#[tokio::test]
async fn a_password_token_ends_every_session_at_once() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (ways, _) = ways_in(&server, &ada).await;
    let path = format!("/users/{}/password-reset", my_id(&ada).await);
    let reset = json!({ "expiresAt": "2027-01-01T00:00:00Z" });
    let token = ada.post(&path, &reset).await.expect(200);
    let body = json!({ "token": token["passwordToken"], "password": "another password" });
    server
        .anonymous()
        .post("/account/password", &body)
        .await
        .expect(200);
    ada.get("/account/me").await.problem(401, "unauthorized");
    ways[0].expect_shut().await;
    ways[1].expect_shut().await;
}

#[tokio::test]
async fn a_rotated_or_deleted_api_key_is_dead_at_once_with_its_sessions() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for method in [Method::PUT, Method::DELETE] {
        let (ways, key) = ways_in(&server, &ada).await;
        let (other, _) = ways_in(&server, &ada).await;
        let path = format!("/api-keys/{key}");
        ada.send(method, &path, None).await.expect(200);
        ways[0].expect_open().await;
        ways[1].expect_shut().await;
        ways[2].expect_shut().await;
        for way in &other {
            way.expect_open().await;
        }
    }
}

#[tokio::test]
async fn an_ended_credential_gets_no_answer_again() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let keyed = bob.with_header("idempotency-key", "k");
    keyed
        .post("/tasks", &json!({ "name": "a" }))
        .await
        .expect(201);
    let path = format!("/users/{}", my_id(&bob).await);
    ada.put(&path, &json!({ "active": false }))
        .await
        .expect(200);
    keyed
        .post("/tasks", &json!({ "name": "a" }))
        .await
        .problem(401, "unauthorized");
}
