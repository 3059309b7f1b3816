//! What an API key may never do, whatever its scopes: change the credentials of a person.

use reqwest::Method;
use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use crate::support::{UNKNOWN, key_tokens, make_key, my_id, text};

fn key_path(key: &Value) -> String {
    format!("/api-keys/{}", text(&key["info"], "id"))
}

/// The key itself, and a session begun with it.
async fn uses_of(server: &TestServer, key: &Value) -> [Client; 2] {
    let secret = text(key, "apiKey");
    let tokens = key_tokens(server, secret).await;
    let anyone = server.anonymous();
    let session = anyone.with_token(text(&tokens, "accessToken"));
    [anyone.with_key(secret), session]
}

#[tokio::test]
async fn a_key_works_on_reads_and_writes_alike() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let key = make_key(&ada, &json!({ "name": "ci" })).await;
    for client in uses_of(&server, &key).await {
        let project = client
            .post("/projects", &json!({ "name": "Shop" }))
            .await
            .expect(201);
        assert_eq!(project["userId"], my_id(&ada).await);
        let path = format!("/projects/{}", text(&project, "id"));
        client
            .put(&path, &json!({ "name": "Store" }))
            .await
            .expect(200);
        client.get(&path).await.expect(200);
        client.delete(&path).await.expect(200);
    }
}

#[tokio::test]
async fn a_key_neither_makes_nor_rotates_keys() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let key = make_key(&ada, &json!({ "name": "ci" })).await;
    for client in uses_of(&server, &key).await {
        let body = json!({ "name": "another" });
        client
            .post("/api-keys", &body)
            .await
            .problem(403, "session-required");
        for path in [key_path(&key), format!("/api-keys/{UNKNOWN}")] {
            let answer = client.send(Method::PUT, &path, None).await;
            answer.problem(403, "session-required");
        }
        assert_eq!(
            client
                .get("/api-keys")
                .await
                .expect(200)
                .as_array()
                .map(Vec::len),
            Some(1)
        );
    }
    // It may give itself up.
    let [direct, _] = uses_of(&server, &key).await;
    direct.delete(&key_path(&key)).await.expect(200);
    direct.get("/account/me").await.problem(401, "unauthorized");
}

#[tokio::test]
async fn a_key_changes_neither_passwords_nor_emails() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let key = make_key(&ada, &json!({ "name": "ci" })).await;
    let (ada_s, bob_s) = (my_id(&ada).await, my_id(&bob).await);
    for client in uses_of(&server, &key).await {
        let password = json!({ "password": "a password of the thief" });
        for user in [&ada_s, &bob_s] {
            let path = format!("/users/{user}/password");
            client
                .put(&path, &password)
                .await
                .problem(403, "session-required");
            let email = json!({ "firstName": "Eve", "email": "eve@example.com" });
            let path = format!("/users/{user}");
            client
                .put(&path, &email)
                .await
                .problem(403, "session-required");
        }
        // What changes no email is an ordinary change.
        let same = json!({ "firstName": "Ada", "email": "ada@example.com" });
        client
            .put(&format!("/users/{ada_s}"), &same)
            .await
            .expect(200);
    }
    let read = ada.get(&format!("/users/{bob_s}")).await.expect(200);
    assert_eq!(read["firstName"], "bob");
    server.log_in("ada").await;
    server.log_in("bob").await;
}

#[tokio::test]
async fn a_key_does_not_get_at_a_password_by_resetting_it() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let key = make_key(&ada, &json!({ "name": "ci" })).await;
    let path = format!("/users/{}/password-reset", my_id(&ada).await);
    // The answer would carry a token that sets the owner's password, and so opens the session that a key must not get.
    for client in uses_of(&server, &key).await {
        let body = json!({ "expiresAt": "2027-01-01T00:00:00Z" });
        client
            .post(&path, &body)
            .await
            .problem(403, "session-required");
    }
}
