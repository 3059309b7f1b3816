//! Row 62: locking an organisation out, and letting it in again.

use serde_json::{Value, json};
use timetracks_testkit::{Client, PASSWORD, TestServer};

use crate::support::{UNKNOWN, key_tokens, make_key, my_org, text, try_log_in, user_body};

/// Everyone who comes into the organisation, each known to the server already; and what gives out tokens.
async fn ways_in(server: &TestServer, ada: &Client) -> (Vec<Client>, [(&'static str, Value); 3]) {
    let bob = server.add_user(ada, "bob", "member").await;
    let key = make_key(ada, &json!({ "name": "ci" })).await;
    let secret = text(&key, "apiKey");
    let (tokens, by_key) = (server.tokens("ada").await, key_tokens(server, secret).await);
    let anyone = server.anonymous();
    let key_s_session = anyone.with_token(text(&by_key, "accessToken"));
    let clients = vec![ada.clone(), bob, anyone.with_key(secret), key_s_session];
    for client in &clients {
        client.get("/account/me").await.expect(200);
    }
    let refresh = |tokens: &Value| json!({ "refreshToken": tokens["refreshToken"] });
    let exchanges = [
        ("/account/refresh", refresh(&tokens)),
        ("/account/refresh/api-key", refresh(&by_key)),
        ("/account/login/api-key", json!({ "apiKey": secret })),
    ];
    (clients, exchanges)
}

#[tokio::test]
async fn a_suspended_organisation_is_locked_out_at_once_and_let_in_again() {
    let server = TestServer::start().await;
    let operator = server.super_user("operator").await;
    let ada = server.sign_up("ada").await;
    let eve = server.sign_up("eve").await;
    let (clients, exchanges) = ways_in(&server, &ada).await;
    let anyone = server.anonymous();
    let path = format!("/internal/orgs/{}", my_org(&ada).await);
    let suspended = operator
        .post_empty(&format!("{path}/suspend"))
        .await
        .expect(200);
    assert_eq!(suspended["suspendedAt"], "2026-11-24T09:00:00.000Z");

    for client in &clients {
        client
            .get("/account/me")
            .await
            .problem(403, "org-suspended");
        let body = json!({ "name": "Shop" });
        client
            .post("/projects", &body)
            .await
            .problem(403, "org-suspended");
    }
    try_log_in(&server, "ada", PASSWORD)
        .await
        .problem(403, "org-suspended");
    // Who does not know the password does not learn of the suspension either.
    try_log_in(&server, "ada", "no password of ada's")
        .await
        .problem(401, "invalid-credentials");
    for (path, body) in &exchanges {
        anyone.post(path, body).await.problem(403, "org-suspended");
    }
    eve.get("/users").await.expect(200);
    operator.get("/internal/stats").await.expect(200);

    let resumed = operator
        .post_empty(&format!("{path}/resume"))
        .await
        .expect(200);
    assert_eq!(resumed["suspendedAt"], Value::Null);
    for client in &clients {
        client.get("/account/me").await.expect(200);
    }
    // Nothing was lost: not even the refresh tokens that were refused meanwhile.
    for (path, body) in &exchanges {
        anyone.post(path, body).await.expect(200);
    }
    server.log_in("ada").await;
}

#[tokio::test]
async fn suspending_twice_keeps_the_first_instant_and_resuming_twice_is_harmless() {
    let server = TestServer::start().await;
    let operator = server.super_user("operator").await;
    let ada = server.sign_up("ada").await;
    let path = format!("/internal/orgs/{}", my_org(&ada).await);
    operator
        .post_empty(&format!("{path}/resume"))
        .await
        .expect(200);
    ada.get("/users").await.expect(200);
    let first = operator
        .post_empty(&format!("{path}/suspend"))
        .await
        .expect(200);
    server.clock.advance(1_000);
    let second = operator
        .post_empty(&format!("{path}/suspend"))
        .await
        .expect(200);
    assert_eq!(second, first);
    let listed = operator.get("/internal/orgs").await.expect(200);
    assert_eq!(listed, json!([first]));
    let read = operator.get(&path).await.expect(200);
    assert_eq!(read["suspendedAt"], first["suspendedAt"]);
}

#[tokio::test]
async fn only_an_organisation_can_be_suspended() {
    let server = TestServer::start().await;
    let operator = server.super_user("operator").await;
    let me = operator.get("/account/me").await.expect(200);
    // Where super users live is no organisation: suspending it would lock out who could resume it.
    for id in [UNKNOWN, "x", "%00", text(&me["org"], "id")] {
        for verb in ["suspend", "resume"] {
            let path = format!("/internal/orgs/{id}/{verb}");
            operator.post_empty(&path).await.problem(404, "not-found");
        }
    }
    operator.get("/internal/stats").await.expect(200);
}

#[tokio::test]
async fn nobody_joins_a_suspended_organisation_until_it_is_resumed() {
    let server = TestServer::start().await;
    let operator = server.super_user("operator").await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "email": "bob@example.com" });
    let created = ada.post("/invitations", &body).await.expect(201);
    let path = format!("/internal/orgs/{}", my_org(&ada).await);
    operator
        .post_empty(&format!("{path}/suspend"))
        .await
        .expect(200);
    ada.post("/invitations", &body)
        .await
        .problem(403, "org-suspended");

    let join = format!("/account/signup/{}", text(&created["invitation"], "id"));
    let anyone = server.anonymous();
    let bob = user_body("bob", "member");
    let refused = anyone.post(&join, &bob).await;
    refused.problem(403, "org-suspended");
    let resume = format!("{path}/resume");
    operator.post_empty(&resume).await.expect(200);
    anyone.post(&join, &bob).await.expect(201);
    server.log_in("bob").await.get("/users").await.expect(200);
}
