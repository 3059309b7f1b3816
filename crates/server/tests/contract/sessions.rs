//! Rows 6 and 53: seeing and ending sessions; and what is no credential at all.

use reqwest::Method;
use serde_json::{Value, json};
use timetracks_testkit::{Client, PASSWORD, TestServer};

use crate::support::{DAY_MS, expect_hidden, key_tokens, make_key, my_id, text};

async fn session_id(client: &Client) -> String {
    let me = client.get("/account/me").await.expect(200);
    text(&me["session"], "id").to_owned()
}

#[tokio::test]
async fn an_admin_sees_every_live_session_of_the_organisation() {
    let server = TestServer::start().await;
    server.sign_up("eve").await;
    let ada = server.sign_up("ada").await;
    let started_at = server.clock.now();
    server.clock.advance(DAY_MS / 2);
    let bob = server.add_user(&ada, "bob", "member").await;
    let key = make_key(&bob, &json!({ "name": "ci" })).await;
    key_tokens(&server, text(&key, "apiKey")).await;

    let bob_s_id = my_id(&bob).await;
    let sessions = ada.get("/account/sessions").await.expect(200);
    let starts_and_ends = sessions.as_array().into_iter().flatten().map(|session| {
        let [start, end] = ["sessionStartedAt", "expiresAt"].map(|name| &session[name]);
        json!([session["userId"], start, end, session["userAgent"]])
    });
    let now = server.clock.now();
    let expected = [
        json!([my_id(&ada).await, started_at, started_at + 7 * DAY_MS, null]),
        json!([bob_s_id, now, now + 7 * DAY_MS, null]),
        json!([bob_s_id, now, now + DAY_MS, null]),
    ];
    assert_eq!(starts_and_ends.collect::<Vec<_>>(), expected);
    assert_eq!(sessions[0]["id"], session_id(&ada).await);

    bob.get("/account/sessions").await.problem(403, "forbidden");
    server
        .anonymous()
        .get("/account/sessions")
        .await
        .problem(401, "unauthorized");
}

#[tokio::test]
async fn a_session_that_is_over_is_not_listed() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    // Bob's, because a log-in clears away what is over of the same user.
    let key = make_key(&bob, &json!({ "name": "ci" })).await;
    key_tokens(&server, text(&key, "apiKey")).await;
    let second = server.log_in("ada").await;
    let count = async |client: &Client| {
        let sessions = client.get("/account/sessions").await.expect(200);
        sessions.as_array().map(Vec::len)
    };
    assert_eq!(count(&ada).await, Some(4));
    second.post_empty("/account/logout").await.expect(200);
    assert_eq!(count(&ada).await, Some(3));
    server.clock.advance(DAY_MS);
    assert_eq!(count(&server.log_in("ada").await).await, Some(3));
}

#[tokio::test]
async fn a_session_remembers_what_its_client_calls_itself() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    for (agent, kept) in [
        ("curl/8.9", "curl/8.9"),
        (&"x".repeat(300), &"x".repeat(256)),
    ] {
        let client = server.anonymous().with_only("user-agent", agent);
        let tokens = client.post("/account/login", &body).await.expect(200);
        let me = server.anonymous().with_token(text(&tokens, "accessToken"));
        let me = me.get("/account/me").await.expect(200);
        assert_eq!(me["session"]["userAgent"], kept);
    }
    let me = ada.get("/account/me").await.expect(200);
    assert_eq!(me["session"]["userAgent"], Value::Null);
}

#[tokio::test]
async fn everyone_ends_own_sessions_and_an_admin_anyone_s() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let again = server.log_in("bob").await;
    let path = format!("/account/sessions/{}", session_id(&again).await);
    server
        .anonymous()
        .delete(&path)
        .await
        .problem(401, "unauthorized");
    bob.delete(&path).await.expect(200);
    again.get("/account/me").await.problem(401, "unauthorized");
    bob.delete(&path).await.problem(404, "not-found");

    let path = format!("/account/sessions/{}", session_id(&ada).await);
    bob.delete(&path).await.problem(403, "forbidden");
    let path = format!("/account/sessions/{}", session_id(&bob).await);
    ada.delete(&path).await.expect(200);
    bob.get("/account/me").await.problem(401, "unauthorized");
    let path = format!("/account/sessions/{}", session_id(&ada).await);
    ada.delete(&path).await.expect(200);
    ada.get("/account/me").await.problem(401, "unauthorized");
}

#[tokio::test]
async fn another_organisation_s_session_does_not_exist() {
    let server = TestServer::start().await;
    let eve = server.sign_up("eve").await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let foreign = session_id(&eve).await;
    for client in [&ada, &bob] {
        let path = "/account/sessions/{}";
        expect_hidden(client, Method::DELETE, path, None, &foreign).await;
    }
    eve.get("/account/me").await.expect(200);
}

#[tokio::test]
async fn what_is_no_live_credential_is_refused() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let key = make_key(&ada, &json!({ "name": "ci" })).await;
    let tokens = server.tokens("ada").await;
    let (access, secret) = (text(&tokens, "accessToken"), text(&key, "apiKey"));
    let refresh = text(&tokens, "refreshToken");
    let mut forged = access.to_owned();
    forged.truncate(access.rfind('.').unwrap_or_default() + 1);
    let anyone = server.anonymous();
    for value in [
        String::new(),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Basic {access}"),
        access.to_owned(),
        format!("Bearer {refresh}"),
        format!("Bearer {secret}"),
        format!("Bearer {forged}"),
        format!("Bearer {access} {access}"),
    ] {
        let client = anyone.with_only("authorization", &value);
        client.get("/account/me").await.problem(401, "unauthorized");
    }
    for value in ["", "tt_", access, refresh, &format!("{secret}0")] {
        anyone
            .with_key(value)
            .get("/account/me")
            .await
            .problem(401, "unauthorized");
    }
    let client = anyone.with_only("authorization", &format!("bearer {access}"));
    client.get("/account/me").await.expect(200);
}
