//! The audit trail: who did what to the security of an organisation, with what, from where (contract row 63).

use serde_json::{Value, json};
use timetracks_testkit::{Client, PASSWORD, TestServer};

use crate::support::{make_key, my_id, my_org, text, try_log_in};

async fn trail(admin: &Client) -> Vec<Value> {
    let events = admin.get("/audit-events").await.expect(200);
    events.as_array().unwrap().clone()
}

fn actions(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| text(event, "action")).collect()
}

#[tokio::test]
async fn every_security_event_leaves_an_entry() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let me = my_id(&ada).await;
    server.add_user(&ada, "bob", "member").await;
    try_log_in(&server, "bob", "wrong password here")
        .await
        .expect(401);
    let users = ada.get("/users").await.expect(200);
    let bob = format!("/users/{}", text(&users[1], "id"));
    ada.put(&bob, &json!({ "role": "admin" })).await.expect(200);
    ada.put(&bob, &json!({ "active": false })).await.expect(200);
    let reset = json!({ "expiresAt": "2026-11-24T10:00:00Z" });
    ada.post(&format!("{bob}/password-reset"), &reset)
        .await
        .expect(200);
    let invited = ada
        .post("/invitations", &json!({ "email": "cy@example.com" }))
        .await
        .expect(201);
    let invitation = text(&invited["invitation"], "id");
    ada.delete(&format!("/invitations/{invitation}"))
        .await
        .expect(200);
    let key = make_key(&ada, &json!({ "name": "ci" })).await;
    let key = format!("/api-keys/{}", text(&key["info"], "id"));
    ada.send(reqwest::Method::PUT, &key, None).await.expect(200);
    ada.delete(&key).await.expect(200);
    let org = format!("/orgs/{}", my_org(&ada).await);
    ada.put(&org, &json!({ "name": "New" })).await.expect(200);
    for path in ["/projects", "/tasks"] {
        let made = ada.post(path, &json!({ "name": "gone" })).await.expect(201);
        ada.delete(&format!("{path}/{}", text(&made, "id")))
            .await
            .expect(200);
    }
    let password = json!({ "password": "another long password" });
    ada.put(&format!("/users/{me}/password"), &password)
        .await
        .expect(200);
    let events = trail(&ada).await;
    assert_eq!(
        actions(&events),
        [
            "signed-up",
            "logged-in",
            "user-created",
            "logged-in",
            "login-failed",
            "user-changed",
            "user-changed",
            "password-expiry-set",
            "invitation-created",
            "invitation-deleted",
            "api-key-created",
            "api-key-rotated",
            "api-key-deleted",
            "organisation-changed",
            "project-deleted",
            "task-deleted",
            "password-changed",
        ]
    );
    assert_eq!(events[5]["detail"], "role admin");
    assert_eq!(events[6]["detail"], "deactivated");
    assert!(
        events
            .iter()
            .all(|event| !event.to_string().contains(invitation))
    );
}

#[tokio::test]
async fn an_entry_says_who_with_what_from_where_and_outlives_its_subject() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let key = make_key(&ada, &json!({ "name": "ci" })).await;
    let pipeline = server
        .anonymous()
        .with_key(text(&key, "apiKey"))
        .with_header("x-forwarded-for", "203.0.113.9, 198.51.100.7")
        .with_header("x-request-id", "build-77");
    let task = pipeline
        .post("/tasks", &json!({ "name": "Deploy" }))
        .await
        .expect(201);
    let task = text(&task, "id");
    pipeline.delete(&format!("/tasks/{task}")).await.expect(200);
    ada.delete(&format!("/api-keys/{}", text(&key["info"], "id")))
        .await
        .expect(200);
    let found = ada
        .get("/audit-events?action=task-deleted")
        .await
        .expect(200);
    let event = &found[0];
    assert_eq!(event["userId"], my_id(&ada).await.as_str());
    assert_eq!(event["apiKeyId"], key["info"]["id"]);
    assert_eq!(event["sessionId"], Value::Null);
    assert_eq!(event["address"], "198.51.100.7");
    assert_eq!(event["requestId"], "build-77");
    assert_eq!(event["subjectType"], "task");
    assert_eq!(event["subjectId"], task);
    assert_eq!(event["detail"], "Deploy");
}

#[tokio::test]
async fn a_stolen_refresh_token_is_told_and_so_is_what_the_operator_did() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let root = server.super_user("root").await;
    let tokens = server.tokens("ada").await;
    let refresh = json!({ "refreshToken": text(&tokens, "refreshToken") });
    let anyone = server.anonymous();
    for status in [200, 200, 401] {
        anyone
            .post("/account/refresh", &refresh)
            .await
            .expect(status);
    }
    let org = format!("/internal/orgs/{}", my_org(&ada).await);
    root.post_empty(&format!("{org}/suspend")).await.expect(200);
    root.post_empty(&format!("{org}/resume")).await.expect(200);
    let events = trail(&ada).await;
    assert_eq!(
        actions(&events)[3..],
        [
            "refresh-token-forgiven",
            "refresh-token-reused",
            "organisation-suspended",
            "organisation-resumed"
        ]
    );
    assert_eq!(events[5]["userId"], my_id(&root).await.as_str());
}

#[tokio::test]
async fn what_goes_with_something_else_or_comes_from_the_command_line_is_told_too() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let (me, him) = (my_id(&ada).await, my_id(&bob).await);
    let project = ada.post("/projects", &json!({ "name": "p" })).await;
    let project = project.expect(201);
    let mut keys = Vec::new();
    for name in ["one", "other"] {
        let body = json!({ "name": name, "projectId": project["id"] });
        keys.push(make_key(&ada, &body).await["info"]["id"].clone());
    }
    ada.delete(&format!("/projects/{}", text(&project, "id")))
        .await
        .expect(200);
    let email = timetracks_domain::Email::parse("ada@example.com").unwrap();
    timetracks_app::internal::add_super_user(server.server.app(), email)
        .await
        .unwrap();
    let reset = json!({ "expiresAt": "2026-11-24T08:00:00Z" });
    ada.post(&format!("/users/{him}/password-reset"), &reset)
        .await
        .expect(200);
    try_log_in(&server, "bob", PASSWORD)
        .await
        .problem(403, "password-expired");
    let events = trail(&ada).await;
    let told: Vec<_> = events[6..]
        .iter()
        .map(|event| {
            (
                text(event, "action"),
                &event["userId"],
                &event["subjectId"],
                &event["detail"],
            )
        })
        .collect();
    let (me, him, nobody) = (json!(me), json!(him), Value::Null);
    assert_eq!(
        told,
        [
            ("api-key-deleted", &me, &keys[0], &json!("one")),
            ("api-key-deleted", &me, &keys[1], &json!("other")),
            ("project-deleted", &me, &project["id"], &json!("p")),
            ("super-user-added", &nobody, &me, &nobody),
            ("password-expiry-set", &me, &him, &events[10]["detail"]),
            (
                "password-token-issued",
                &him,
                &him,
                &json!("for an expired password")
            ),
        ]
    );
}

#[tokio::test]
async fn admins_read_their_own_trail_alone_and_what_failed_leaves_no_entry() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let eve = server.sign_up("eve").await;
    bob.get("/audit-events").await.problem(403, "forbidden");
    assert_eq!(actions(&trail(&eve).await), ["signed-up", "logged-in"]);
    let before = trail(&ada).await;
    bob.post("/users", &json!({ "firstName": "x", "lastName": "y", "email": "z@example.com", "role": "member", "password": PASSWORD }))
        .await
        .problem(403, "forbidden");
    ada.delete("/tasks/06nsvh0t0wr00800000029rg7r")
        .await
        .problem(404, "not-found");
    assert_eq!(trail(&ada).await, before);
    let answer = ada.get("/audit-events?action=nonsense").await;
    assert_eq!(answer.invalid(), ["/action"]);
    let page = ada.get("/audit-events?limit=1").await;
    assert!(page.header("link").contains("cursor="));
}
