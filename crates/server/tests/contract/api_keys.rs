//! Rows 16 to 19 and 56: API keys.

use reqwest::Method;
use serde_json::{Value, json};
use timetracks_testkit::TestServer;

use crate::support::{DAY_MS, MINUTE_MS, expect_hidden, key_tokens, make_key, text};

fn key_path(key: &Value) -> String {
    format!("/api-keys/{}", text(&key["info"], "id"))
}

#[tokio::test]
async fn a_key_is_shown_once_and_known_by_its_last_four_characters() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let answer = ada
        .post("/api-keys", &json!({ "name": " nightly build " }))
        .await;
    let location = answer.header("location").to_owned();
    let key = answer.expect(201);
    let (secret, info) = (text(&key, "apiKey"), &key["info"]);
    assert!(secret.starts_with("tt_"), "{secret}");
    // 160 random bits take 32 characters of base 32, the checksum some more.
    assert!(secret.len() > 3 + 32, "{secret}");
    assert!(secret.ends_with(text(info, "last4")));
    assert_eq!(text(info, "last4").len(), 4);
    assert_eq!(info["name"], "nightly build");
    assert_eq!(info["lastUsedAt"], 0);
    assert_eq!(info["expiresAt"], Value::Null);
    assert_eq!(info["scopes"], json!(["read", "track", "manage", "admin"]));
    assert_eq!(info["createdAt"], "2026-11-24T09:00:00.000Z");
    assert_eq!(location, format!("/api/v1{}", key_path(&key)));

    let read = ada.get(&location).await.expect(200);
    assert_eq!(read, *info);
    let list = ada.get("/api-keys").await.expect(200);
    assert_eq!(list, json!([info]));
    assert!(!list.to_string().contains(secret));
}

#[tokio::test]
async fn a_key_that_breaks_a_rule_is_not_made() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let cases = [
        (json!({}), vec!["/name"]),
        (json!({ "name": null }), vec!["/name"]),
        (
            json!({ "name": "a\u{0}", "scopes": ["read", "write"], "expiresAt": "tomorrow" }),
            vec!["/name", "/scopes", "/expiresAt"],
        ),
        (json!({ "name": "x", "scopes": [] }), vec!["/scopes"]),
        (json!({ "name": "x", "scopes": "read" }), vec!["/scopes"]),
        (
            json!({ "name": "x", "expiresAt": 1_900_000_000_000_i64 }),
            vec!["/expiresAt"],
        ),
        (
            json!({ "name": "x", "expiresAt": "2026-11-24T09:00:00Z" }),
            vec!["/expiresAt"],
        ),
    ];
    for (body, pointers) in cases {
        assert_eq!(
            ada.post("/api-keys", &body).await.invalid(),
            pointers,
            "{body}"
        );
    }
    assert_eq!(ada.get("/api-keys").await.expect(200), json!([]));
}

#[tokio::test]
async fn keys_are_their_owner_s_alone() {
    let server = TestServer::start().await;
    let eve = server.sign_up("eve").await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let key = make_key(&bob, &json!({ "name": "bob's" })).await;
    let id = text(&key["info"], "id");
    // Not even an admin of the same organisation gets at a colleague's key.
    for other in [&eve, &ada] {
        assert_eq!(other.get("/api-keys").await.expect(200), json!([]));
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            expect_hidden(other, method, "/api-keys/{}", None, id).await;
        }
    }
    assert_eq!(bob.get(&key_path(&key)).await.expect(200), key["info"]);
    server
        .anonymous()
        .with_key(text(&key, "apiKey"))
        .get("/account/me")
        .await
        .expect(200);

    let anyone = server.anonymous();
    anyone.get("/api-keys").await.problem(401, "unauthorized");
    anyone
        .post("/api-keys", &json!({ "name": "x" }))
        .await
        .problem(401, "unauthorized");
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = anyone.send(method, &key_path(&key), None).await;
        answer.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn a_rotated_key_keeps_its_id_name_and_scopes() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body =
        json!({ "name": "ci", "scopes": ["track", "read"], "expiresAt": "2026-12-01T00:00:00Z" });
    let old = make_key(&ada, &body).await;
    let anyone = server.anonymous();
    anyone
        .with_key(text(&old, "apiKey"))
        .get("/account/me")
        .await
        .expect(200);
    server.clock.advance(1_000);

    let new = ada.put(&key_path(&old), &json!({})).await.expect(200);
    assert_ne!(new["apiKey"], old["apiKey"]);
    assert!(text(&new, "apiKey").ends_with(text(&new["info"], "last4")));
    for name in ["id", "name", "scopes", "expiresAt", "createdAt"] {
        assert_eq!(new["info"][name], old["info"][name], "{name}");
    }
    assert_eq!(new["info"]["scopes"], json!(["read", "track"]));
    assert_eq!(new["info"]["updatedAt"], "2026-11-24T09:00:01.000Z");
    // The new secret was never used.
    assert_eq!(new["info"]["lastUsedAt"], 0);
    assert_eq!(ada.get(&key_path(&old)).await.expect(200), new["info"]);

    anyone
        .with_key(text(&old, "apiKey"))
        .get("/account/me")
        .await
        .problem(401, "unauthorized");
    anyone
        .with_key(text(&new, "apiKey"))
        .get("/account/me")
        .await
        .expect(200);
}

#[tokio::test]
async fn a_deleted_key_is_gone() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let key = make_key(&ada, &json!({ "name": "ci" })).await;
    let deleted = ada.delete(&key_path(&key)).await.expect(200);
    assert!(!text(&deleted, "message").is_empty());
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = ada.send(method, &key_path(&key), None).await;
        answer.problem(404, "not-found");
    }
    assert_eq!(ada.get("/api-keys").await.expect(200), json!([]));
}

#[tokio::test]
async fn a_key_tells_when_it_was_last_used() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let key = make_key(&ada, &json!({ "name": "ci" })).await;
    let last_use = async || {
        let info = ada.get(&key_path(&key)).await.expect(200);
        info["lastUsedAt"].as_i64()
    };
    assert_eq!(last_use().await, Some(0));
    server.clock.advance(5_000);
    let direct = server.anonymous().with_key(text(&key, "apiKey"));
    direct.get("/account/me").await.expect(200);
    assert_eq!(last_use().await, Some(server.clock.now()));
    // Recorded to the minute, so that a busy key does not write on every request.
    server.clock.advance(MINUTE_MS);
    direct.get("/account/me").await.expect(200);
    assert_eq!(last_use().await, Some(server.clock.now()));
    server.clock.advance(MINUTE_MS);
    key_tokens(&server, text(&key, "apiKey")).await;
    assert_eq!(last_use().await, Some(server.clock.now()));
}

#[tokio::test]
async fn a_key_stops_working_by_itself_at_expires_at() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "name": "ci", "expiresAt": "2026-11-25T10:00:00+01:00" });
    let key = make_key(&ada, &body).await;
    assert_eq!(key["info"]["expiresAt"], "2026-11-25T09:00:00.000Z");
    let direct = server.anonymous().with_key(text(&key, "apiKey"));
    server.clock.advance(DAY_MS - 1);
    direct.get("/account/me").await.expect(200);
    server.clock.advance(1);
    direct.get("/account/me").await.problem(401, "unauthorized");
    // It is still there to be seen and deleted.
    let ada = server.log_in("ada").await;
    ada.delete(&key_path(&key)).await.expect(200);
}
