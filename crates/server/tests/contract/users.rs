//! Rows 10 to 13: the people of an organisation.

use reqwest::Method;
use serde_json::json;
use timetracks_testkit::{PASSWORD, TestServer};

use crate::support::{
    UNKNOWN, at_once, count, expect_hidden, gist, my_id, text, try_log_in, user_body,
};

#[tokio::test]
async fn an_admin_adds_a_user_and_everyone_sees_them() {
    let server = TestServer::start().await;
    server.sign_up("eve").await;
    let ada = server.sign_up("ada").await;
    server.clock.advance(1_000);
    let answer = ada.post("/users", &user_body("bob", "member")).await;
    let location = answer.header("location").to_owned();
    let bob = answer.expect(201);
    assert_eq!(bob["firstName"], "bob");
    assert_eq!(bob["email"], "bob@example.com");
    assert_eq!(bob["role"], "member");
    assert_eq!(bob["active"], true);
    assert_eq!(bob["createdAt"], "2026-11-24T09:00:01.000Z");
    assert!(bob.get("passwordToken").is_none());
    assert_eq!(location, format!("/api/v1/users/{}", text(&bob, "id")));

    let as_bob = server.log_in("bob").await;
    assert_eq!(as_bob.get(&location).await.expect(200), bob);
    let admin = ada
        .get(&format!("/users/{}", my_id(&ada).await))
        .await
        .expect(200);
    for client in [&ada, &as_bob] {
        assert_eq!(client.get("/users").await.expect(200), json!([admin, bob]));
    }
    assert!(!admin.to_string().contains("argon2"));
}

#[tokio::test]
async fn a_user_may_be_added_with_an_email_and_a_role_alone() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "email": "bob@example.com", "role": "admin" });
    let bob = ada.post("/users", &body).await.expect(201);
    assert_eq!([&bob["firstName"], &bob["lastName"]], ["", ""]);
    assert_eq!(bob["role"], "admin");
    let body = json!({ "token": bob["passwordToken"], "password": PASSWORD });
    server
        .anonymous()
        .post("/account/password", &body)
        .await
        .expect(200);
    server.log_in("bob").await;
}

#[tokio::test]
async fn only_an_admin_adds_users() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let carol = user_body("carol", "member");
    bob.post("/users", &carol).await.problem(403, "forbidden");
    let anyone = server.anonymous();
    anyone
        .post("/users", &carol)
        .await
        .problem(401, "unauthorized");
    anyone.get("/users").await.problem(401, "unauthorized");
    let path = format!("/users/{}", my_id(&bob).await);
    anyone.get(&path).await.problem(401, "unauthorized");
    anyone
        .put(&path, &json!({ "firstName": "x" }))
        .await
        .problem(401, "unauthorized");
    try_log_in(&server, "carol", PASSWORD)
        .await
        .problem(401, "invalid-credentials");
}

#[tokio::test]
async fn a_user_that_breaks_a_rule_is_not_added() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let pointers = ada.post("/users", &json!({})).await.invalid();
    assert_eq!(pointers, ["/email", "/role"]);
    let body = json!({
        "firstName": "",
        "lastName": "a\u{0}",
        "email": "bob",
        "role": "super_user",
        "password": "elevenchars",
    });
    let pointers = ada.post("/users", &body).await.invalid();
    assert_eq!(
        pointers,
        ["/firstName", "/lastName", "/email", "/role", "/password"]
    );

    // An address is taken on the whole server, not in the organisation alone.
    server.sign_up("eve").await;
    for name in ["ada", "EVE"] {
        let body = user_body(name, "member");
        ada.post("/users", &body).await.problem(409, "email-taken");
    }
    assert_eq!(
        ada.get("/users").await.expect(200).as_array().map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn another_organisation_s_user_does_not_exist() {
    let server = TestServer::start().await;
    let eve = server.sign_up("eve").await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let foreign = my_id(&eve).await;
    let body = json!({ "firstName": "Ada" });
    for client in [&ada, &bob] {
        expect_hidden(client, Method::GET, "/users/{}", None, &foreign).await;
    }
    for method in [Method::PUT, Method::PATCH] {
        expect_hidden(&ada, method, "/users/{}", Some(&body), &foreign).await;
    }
    // A member may change no other user, so nothing is told apart either.
    let mut answers = Vec::new();
    for id in [&foreign, UNKNOWN, "x", &my_id(&ada).await] {
        let answer = bob.put(&format!("/users/{id}"), &body).await;
        answers.push(gist(answer.problem(403, "forbidden")));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    assert_eq!(
        eve.get("/account/me").await.expect(200)["user"]["firstName"],
        "eve"
    );
}

#[tokio::test]
async fn everyone_changes_own_names_and_email() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let path = format!("/users/{}", my_id(&bob).await);
    server.clock.advance(1_000);
    let body = json!({ "firstName": " Robert ", "email": "robert@example.com" });
    let changed = bob.put(&path, &body).await.expect(200);
    assert_eq!(changed["firstName"], "Robert");
    assert_eq!(changed["lastName"], "Test");
    assert_eq!(changed["email"], "robert@example.com");
    assert_eq!(changed["updatedAt"], "2026-11-24T09:00:01.000Z");
    assert_eq!(bob.get(&path).await.expect(200), changed);

    try_log_in(&server, "bob", PASSWORD)
        .await
        .problem(401, "invalid-credentials");
    server.log_in("robert").await;
    // The old address is free again, and another case of the own one is no other address.
    server.add_user(&ada, "bob", "member").await;
    bob.patch(&path, &json!({ "email": "ROBERT@example.com" }))
        .await
        .expect(200);
    server.log_in("robert").await;
    let taken = json!({ "email": "ADA@example.com" });
    bob.put(&path, &taken).await.problem(409, "email-taken");
    server.log_in("robert").await;
}

#[tokio::test]
async fn role_and_active_are_for_admins() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let path = format!("/users/{}", my_id(&bob).await);
    for body in [
        json!({ "role": "admin" }),
        json!({ "active": false }),
        json!({ "active": true }),
    ] {
        bob.put(&path, &body).await.problem(403, "forbidden");
    }
    let mixed = json!({ "firstName": "Robert", "role": "admin" });
    bob.put(&path, &mixed).await.problem(403, "forbidden");
    assert_eq!(bob.get(&path).await.expect(200)["firstName"], "bob");

    let changed = ada.put(&path, &mixed).await.expect(200);
    assert_eq!(
        [&changed["firstName"], &changed["role"]],
        ["Robert", "admin"]
    );
    let changed = ada
        .put(&path, &json!({ "active": false }))
        .await
        .expect(200);
    assert_eq!(changed["active"], false);
    assert_eq!(ada.get("/users").await.expect(200)[1], changed);
}

#[tokio::test]
async fn a_change_that_breaks_a_rule_changes_nothing() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = format!("/users/{}", my_id(&ada).await);
    let before = ada.get(&path).await.expect(200);
    for body in [json!({}), json!({ "unknown": 1 })] {
        assert_eq!(ada.put(&path, &body).await.invalid(), [""]);
    }
    let body = json!({
        "firstName": null,
        "lastName": "x".repeat(201),
        "email": "@",
        "role": "owner",
        "active": "yes",
    });
    let pointers = ada.put(&path, &body).await.invalid();
    assert_eq!(
        pointers,
        ["/firstName", "/lastName", "/email", "/role", "/active"]
    );
    assert_eq!(ada.get(&path).await.expect(200), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_users_who_race_for_an_address_one_gets_it() {
    let server = TestServer::start().await;
    let mut racers = Vec::new();
    for name in ["ada", "bob", "carol"] {
        let client = server.sign_up(name).await;
        let path = format!("/users/{}", my_id(&client).await);
        racers.push((client, path));
    }
    let answers = at_once(racers.len(), |number| {
        let (client, path) = racers[number].clone();
        async move {
            client
                .put(&path, &json!({ "email": "best@example.com" }))
                .await
        }
    })
    .await;
    assert_eq!(count(&answers, 200), 1);
    assert_eq!(count(&answers, 409), 2);
    server.log_in("best").await;
}
