//! Rows 61 and 62, and what a super user is and is not.

use reqwest::Method;
use serde_json::{Value, json};
use timetracks_app::internal::{AddedSuperUser, add_super_user};
use timetracks_domain::Email;
use timetracks_testkit::{Client, PASSWORD, TestServer};

use crate::support::{DAY_MS, UNKNOWN, make_key, my_id, my_org, text, try_log_in};

const OPERATIONS: [(Method, &str); 5] = [
    (Method::GET, "/internal/orgs"),
    (Method::GET, "/internal/orgs/{}"),
    (Method::GET, "/internal/stats"),
    (Method::POST, "/internal/orgs/{}/suspend"),
    (Method::POST, "/internal/orgs/{}/resume"),
];

#[tokio::test]
async fn only_a_super_user_operates_the_server() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let key = make_key(&ada, &json!({ "name": "ci" })).await;
    let with_key = server.anonymous().with_key(text(&key, "apiKey"));
    let own = my_org(&ada).await;
    for (method, path) in OPERATIONS {
        for id in [&own, UNKNOWN, "x"] {
            let path = path.replace("{}", id);
            let anyone = server.anonymous();
            let answer = anyone.send(method.clone(), &path, None).await;
            answer.problem(401, "unauthorized");
            for client in [&ada, &bob, &with_key] {
                let answer = client.send(method.clone(), &path, None).await;
                answer.problem(403, "forbidden");
            }
        }
    }
    ada.get("/account/me").await.expect(200);
}

/// Three tracks, one of them running, on two tasks.
async fn work(client: &Client) {
    for (name, tracks) in [("Cart", 2), ("Checkout", 1)] {
        let task = client
            .post("/tasks", &json!({ "name": name }))
            .await
            .expect(201);
        let path = format!("/tasks/{}/tracks", text(&task, "id"));
        for number in 1..=tracks {
            let body = match number {
                1 => json!({ "start": 0, "end": 1_000 }),
                _ => json!({ "start": 5_000 }),
            };
            client.post(&path, &body).await.expect(201);
        }
    }
}

fn counts(body: &Value) -> [i64; 4] {
    ["users", "tasks", "tracks", "liveSessions"].map(|name| body[name].as_i64().unwrap_or(-1))
}

#[tokio::test]
async fn a_super_user_sees_every_organisation_and_how_much_it_has() {
    let server = TestServer::start().await;
    let operator = server.super_user("operator").await;
    assert_eq!(operator.get("/internal/orgs").await.expect(200), json!([]));
    let ada = server.sign_up("ada").await;
    server.add_user(&ada, "bob", "member").await;
    let eve = server.sign_up("eve").await;
    work(&ada).await;
    eve.post("/tasks", &json!({ "name": "Cart" }))
        .await
        .expect(201);

    let orgs = operator.get("/internal/orgs").await.expect(200);
    let mut expected = Vec::new();
    for (client, has) in [(&ada, [2, 2, 3, 2]), (&eve, [1, 1, 0, 1])] {
        let id = my_org(client).await;
        let mut org = client.get(&format!("/orgs/{id}")).await.expect(200);
        org["suspendedAt"] = Value::Null;
        let counted = operator
            .get(&format!("/internal/orgs/{id}"))
            .await
            .expect(200);
        assert_eq!(counts(&counted), has);
        for (name, value) in org.as_object().into_iter().flatten() {
            assert_eq!(counted[name], *value);
        }
        expected.push(org);
    }
    assert_eq!(orgs, json!(expected));
    let nil = "0".repeat(26);
    for id in [UNKNOWN, "x", "%00", &nil] {
        operator
            .get(&format!("/internal/orgs/{id}"))
            .await
            .problem(404, "not-found");
    }
}

#[tokio::test]
async fn the_statistics_count_the_whole_server() {
    let server = TestServer::start().await;
    let operator = server.super_user("operator").await;
    let ada = server.sign_up("ada").await;
    let eve = server.sign_up("eve").await;
    work(&ada).await;
    work(&eve).await;
    let stats = operator.get("/internal/stats").await.expect(200);
    assert_eq!(stats["organisations"], 2);
    // The super user is a user, too, and has a session.
    assert_eq!(counts(&stats), [3, 4, 6, 3]);
    assert!(stats["storageBytes"].as_i64() > Some(4096));
    assert_eq!(stats["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(stats["now"], "2026-11-24T09:00:00.000Z");

    eve.post_empty("/account/logout").await.expect(200);
    let stats = operator.get("/internal/stats").await.expect(200);
    assert_eq!(counts(&stats), [3, 4, 6, 2]);
    server.clock.advance(7 * DAY_MS);
    let operator = server.log_in("operator").await;
    let stats = operator.get("/internal/stats").await.expect(200);
    assert_eq!(counts(&stats), [3, 4, 6, 1]);
}

#[tokio::test]
async fn a_super_user_without_an_organisation_has_an_account_and_no_resources() {
    let server = TestServer::start().await;
    let operator = server.super_user("operator").await;
    let me = operator.get("/account/me").await.expect(200);
    assert_eq!(me["role"], "super_user");
    assert_eq!(me["superUser"], true);
    let ada = server.sign_up("ada").await;
    for org in [text(&me["org"], "id"), &my_org(&ada).await, UNKNOWN] {
        let path = format!("/orgs/{org}");
        operator.get(&path).await.problem(403, "forbidden");
        operator
            .put(&path, &json!({ "name": "Mine" }))
            .await
            .problem(403, "forbidden");
    }
    for path in [
        "/users",
        "/invitations",
        "/account/sessions",
        "/projects",
        "/tasks",
        "/tracks",
    ] {
        operator.get(path).await.problem(403, "forbidden");
    }
    let name = json!({ "name": "Cart" });
    for path in ["/projects", "/tasks", "/tasks/by-name/Cart/clock-in"] {
        let body = if path.ends_with("clock-in") {
            json!({})
        } else {
            name.clone()
        };
        operator.post(path, &body).await.problem(403, "forbidden");
    }
    let boss = json!({ "email": "boss@example.com", "role": "admin" });
    operator
        .post("/users", &boss)
        .await
        .problem(403, "forbidden");
    operator
        .post("/invitations", &boss)
        .await
        .problem(403, "forbidden");
    let task = ada.post("/tasks", &name).await.expect(201);
    let path = format!("/tasks/{}", text(&task, "id"));
    operator.get(&path).await.problem(403, "forbidden");
    operator.delete(&path).await.problem(403, "forbidden");
    let ada_s = format!("/users/{}", my_id(&ada).await);
    operator.get(&ada_s).await.problem(403, "forbidden");
    operator
        .put(&ada_s, &json!({ "role": "member" }))
        .await
        .problem(403, "forbidden");

    let own = format!("/users/{}", my_id(&operator).await);
    operator.get(&own).await.expect(200);
    operator
        .put(&own, &json!({ "firstName": "Olga" }))
        .await
        .expect(200);
    operator
        .put(&own, &json!({ "role": "admin" }))
        .await
        .problem(403, "forbidden");
    let path = format!("{own}/password");
    operator
        .put(&path, &json!({ "password": "another password" }))
        .await
        .expect(200);
    try_log_in(&server, "operator", "another password")
        .await
        .expect(200);
}

#[tokio::test]
async fn a_super_user_reports_on_any_organisation() {
    let server = TestServer::start().await;
    let operator = server.super_user("operator").await;
    let ada = server.sign_up("ada").await;
    let eve = server.sign_up("eve").await;
    for client in [&ada, &eve] {
        let project = client
            .post("/projects", &json!({ "name": "Shop" }))
            .await
            .expect(201);
        let project = format!("/projects/{}", text(&project, "id"));
        let task = client
            .post(&format!("{project}/tasks"), &json!({ "name": "Cart" }))
            .await
            .expect(201);
        let task = format!("/tasks/{}", text(&task, "id"));
        let start = server.clock.now() - 5_000;
        let body = json!({ "start": start, "end": start + 1_234 });
        client
            .post(&format!("{task}/tracks"), &body)
            .await
            .expect(201);
        let user = format!("/users/{}", my_id(client).await);
        for what in [
            task.clone(),
            format!("{task}/users"),
            format!("{project}/users"),
            format!("{project}/tasks"),
            user,
        ] {
            let path = format!("/reports{what}");
            let report = operator.get(&path).await.expect(200);
            assert_eq!(report["scope"], "organisation");
            assert_eq!(report["total"], 1_234, "{path}");
            assert_eq!(report, client.get(&path).await.expect(200));
        }
    }
    for what in [
        "tasks/{}",
        "tasks/{}/users",
        "projects/{}/users",
        "projects/{}/tasks",
        "users/{}",
    ] {
        for id in [UNKNOWN, "x", "%00"] {
            let path = format!("/reports/{}", what.replace("{}", id));
            operator.get(&path).await.problem(404, "not-found");
        }
    }
}

#[tokio::test]
async fn a_super_user_s_api_key_operates_the_server_when_it_may() {
    let server = TestServer::start().await;
    let operator = server.super_user("operator").await;
    for (scope, status) in [("admin", 200), ("read", 403)] {
        let key = make_key(&operator, &json!({ "name": "ci", "scopes": [scope] })).await;
        let client = server.anonymous().with_key(text(&key, "apiKey"));
        let answer = client.get("/internal/stats").await;
        if status == 200 {
            answer.expect(200);
        } else {
            answer.problem(403, "scope-missing");
        }
    }
}

#[tokio::test]
async fn a_user_who_becomes_a_super_user_keeps_role_and_password() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    bob.get("/internal/stats").await.problem(403, "forbidden");
    let email = Email::parse("BOB@example.com").expect("an address");
    let added = add_super_user(server.server.app(), email).await;
    assert!(matches!(added, Ok(AddedSuperUser::Promoted)), "{added:?}");

    bob.get("/internal/stats").await.expect(200);
    let me = bob.get("/account/me").await.expect(200);
    assert_eq!(me["role"], "member");
    assert_eq!(me["superUser"], true);
    bob.get("/users").await.expect(200);
    bob.get("/invitations").await.problem(403, "forbidden");
    try_log_in(&server, "bob", PASSWORD).await.expect(200);
}
