//! Rows 14 and 15: changing the own password, and letting a user's expire.

use reqwest::Method;
use serde_json::json;
use timetracks_app::Policy;
use timetracks_testkit::{PASSWORD, TestServer};

use crate::support::{DAY_MS, UNKNOWN, expect_hidden, my_id, text, try_log_in};

const NEW: &str = "another password";

#[tokio::test]
async fn everyone_changes_the_own_password_with_put_and_patch() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = format!("/users/{}/password", my_id(&ada).await);
    let answer = ada
        .put(&path, &json!({ "password": NEW }))
        .await
        .expect(200);
    assert!(!text(&answer, "message").is_empty());
    try_log_in(&server, "ada", PASSWORD)
        .await
        .problem(401, "invalid-credentials");
    try_log_in(&server, "ada", NEW).await.expect(200);

    let body = json!({ "password": PASSWORD, "currentPassword": NEW });
    ada.patch(&path, &body).await.expect(200);
    try_log_in(&server, "ada", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_wrong_current_password_changes_nothing() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = format!("/users/{}/password", my_id(&ada).await);
    for wrong in ["", "incorrect horse battery staple"] {
        let body = json!({ "password": NEW, "currentPassword": wrong });
        ada.put(&path, &body).await.problem(403, "wrong-password");
    }
    server.log_in("ada").await;
}

#[tokio::test]
async fn a_password_that_breaks_a_rule_is_not_set() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = format!("/users/{}/password", my_id(&ada).await);
    for password in [
        json!(null),
        json!("elevenchars"),
        json!("x".repeat(1025)),
        json!("correct horse\0battery staple"),
        json!(123_456_789_012_i64),
    ] {
        let body = json!({ "password": password });
        assert_eq!(ada.put(&path, &body).await.invalid(), ["/password"]);
    }
    let body = json!({ "currentPassword": 5 });
    assert_eq!(
        ada.put(&path, &body).await.invalid(),
        ["/password", "/currentPassword"]
    );
    server.log_in("ada").await;
}

#[tokio::test]
async fn a_password_that_many_have_or_that_says_whose_it_is_is_refused_wherever_one_is_set() {
    let server = TestServer::start().await;
    let sign_up = |password: &str| {
        json!({ "email": "grace.hopper@example.com", "firstName": "G", "lastName": "H", "password": password,
            "orgName": "Bureau of Ships" })
    };
    let anyone = server.anonymous();
    let weak = [
        "password1234",
        "grace.hopper",
        "Grace.Hopper@example.com",
        "bureau of SHIPS",
    ];
    for password in weak {
        let answer = anyone.post("/account/signup", &sign_up(password)).await;
        assert_eq!(answer.invalid(), ["/password"], "{password}");
    }
    anyone
        .post("/account/signup", &sign_up(PASSWORD))
        .await
        .expect(201);
    let grace = server.log_in("grace.hopper").await;
    let path = format!("/users/{}/password", my_id(&grace).await);
    for password in weak {
        let answer = grace.put(&path, &json!({ "password": password })).await;
        assert_eq!(answer.invalid(), ["/password"], "{password}");
    }
    let mut user = json!({ "email": "ada.lovelace@example.com", "firstName": "A", "lastName": "L", "role": "member" });
    let made = grace.post("/users", &user).await.expect(201);
    user["email"] = json!("alan.m.turing@example.com");
    for password in ["password1234", "alan.m.turing", "bureau of ships"] {
        user["password"] = json!(password);
        assert_eq!(
            grace.post("/users", &user).await.invalid(),
            ["/password"],
            "{password}"
        );
    }
    for password in ["password1234", "ada.lovelace", "bureau of ships"] {
        let redeem = json!({ "token": made["passwordToken"], "password": password });
        let answer = anyone.post("/account/password", &redeem).await;
        assert_eq!(answer.invalid(), ["/password"], "{password}");
    }
    let invited = grace
        .post(
            "/invitations",
            &json!({ "email": "alan.m.turing@example.com" }),
        )
        .await
        .expect(201);
    let accept = format!("/account/signup/{}", text(&invited["invitation"], "id"));
    for password in ["password1234", "alan.m.turing", "bureau of ships"] {
        user["password"] = json!(password);
        assert_eq!(
            anyone.post(&accept, &user).await.invalid(),
            ["/password"],
            "{password}"
        );
    }
}

#[tokio::test]
async fn a_server_may_demand_the_current_password() {
    let policy = Policy {
        require_current_password: true,
        ..Policy::default()
    };
    let server = TestServer::start_with(policy).await;
    let ada = server.sign_up("ada").await;
    let path = format!("/users/{}/password", my_id(&ada).await);
    let pointers = ada.put(&path, &json!({ "password": NEW })).await.invalid();
    assert_eq!(pointers, ["/currentPassword"]);
    let body = json!({ "password": NEW, "currentPassword": PASSWORD });
    ada.put(&path, &body).await.expect(200);
    try_log_in(&server, "ada", NEW).await.expect(200);
}

#[tokio::test]
async fn nobody_changes_another_s_password() {
    let server = TestServer::start().await;
    let eve = server.sign_up("eve").await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let body = json!({ "password": NEW });
    let path = format!("/users/{}/password", my_id(&bob).await);
    ada.put(&path, &body).await.problem(403, "forbidden");
    server
        .anonymous()
        .put(&path, &body)
        .await
        .problem(401, "unauthorized");
    let foreign = my_id(&eve).await;
    expect_hidden(
        &ada,
        Method::PUT,
        "/users/{}/password",
        Some(&body),
        &foreign,
    )
    .await;
    expect_hidden(
        &bob,
        Method::PUT,
        "/users/{}/password",
        Some(&body),
        &foreign,
    )
    .await;
    server.log_in("bob").await;
    server.log_in("eve").await;
}

#[tokio::test]
async fn from_expires_at_on_the_right_password_only_leads_to_a_new_one() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let path = format!("/users/{}/password-reset", my_id(&bob).await);
    let body = json!({ "expiresAt": "2026-11-27T10:00:00+01:00" });
    let scheduled = ada.post(&path, &body).await.expect(200);
    assert_eq!(scheduled["message"], "Password reset scheduled");
    assert!(!text(&scheduled, "passwordToken").is_empty());

    server.clock.advance(3 * DAY_MS - 1);
    server.log_in("bob").await;
    server.clock.advance(1);
    let wrong = "incorrect horse battery staple";
    try_log_in(&server, "bob", wrong)
        .await
        .problem(401, "invalid-credentials");
    let expired = try_log_in(&server, "bob", PASSWORD)
        .await
        .problem(403, "password-expired");
    let body = json!({ "token": expired["passwordToken"], "password": NEW });
    server
        .anonymous()
        .post("/account/password", &body)
        .await
        .expect(200);
    try_log_in(&server, "bob", NEW).await.expect(200);
    try_log_in(&server, "bob", PASSWORD)
        .await
        .problem(401, "invalid-credentials");
}

#[tokio::test]
async fn a_new_password_lifts_the_expiry() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let bob_s = my_id(&bob).await;
    let path = format!("/users/{bob_s}/password-reset");
    // An instant that has passed is at once.
    let body = json!({ "expiresAt": "2026-11-24T09:00:00Z" });
    let token = ada.post(&path, &body).await.expect(200);
    try_log_in(&server, "bob", PASSWORD)
        .await
        .problem(403, "password-expired");
    let path = format!("/users/{bob_s}/password");
    bob.put(&path, &json!({ "password": NEW }))
        .await
        .expect(200);
    try_log_in(&server, "bob", NEW).await.expect(200);
    // The token that the admin got must not undo the choice.
    let body = json!({ "token": token["passwordToken"], "password": PASSWORD });
    let redeemed = server.anonymous().post("/account/password", &body).await;
    redeemed.problem(401, "invalid-credentials");
}

#[tokio::test]
async fn a_password_is_kept_byte_for_byte() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = format!("/users/{}/password", my_id(&ada).await);
    let odd = " \ttabulator\u{7f}\u{85}e\u{301}\n ";
    ada.put(&path, &json!({ "password": odd }))
        .await
        .expect(200);
    try_log_in(&server, "ada", odd).await.expect(200);
    let trimmed = try_log_in(&server, "ada", odd.trim()).await;
    trimmed.problem(401, "invalid-credentials");
}

#[tokio::test]
async fn a_password_that_an_admin_lets_expire_is_not_set_again() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let bob_s = format!("/users/{}", my_id(&bob).await);
    let body = json!({ "expiresAt": "2026-11-24T09:00:00Z" });
    let reset = format!("{bob_s}/password-reset");
    let token = ada.post(&reset, &body).await.expect(200)["passwordToken"].clone();
    let same = json!({ "token": token, "password": PASSWORD });
    let anyone = server.anonymous();
    let redeemed = anyone.post("/account/password", &same).await;
    assert_eq!(redeemed.invalid(), ["/password"]);
    let path = format!("{bob_s}/password");
    let changed = bob.put(&path, &json!({ "password": PASSWORD })).await;
    assert_eq!(changed.invalid(), ["/password"]);
    try_log_in(&server, "bob", PASSWORD)
        .await
        .problem(403, "password-expired");
    let other = json!({ "token": token, "password": NEW });
    anyone.post("/account/password", &other).await.expect(200);
    // Nothing expires any more, so nothing is compared either.
    let bob = json!({ "email": "bob@example.com", "password": NEW });
    let tokens = anyone.post("/account/login", &bob).await.expect(200);
    let bob = anyone.with_token(text(&tokens, "accessToken"));
    bob.put(&path, &json!({ "password": NEW }))
        .await
        .expect(200);
}

#[tokio::test]
async fn only_an_admin_schedules_a_password_reset() {
    let server = TestServer::start().await;
    let eve = server.sign_up("eve").await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let body = json!({ "expiresAt": "2026-11-24T09:00:00Z" });
    let path = format!("/users/{}/password-reset", my_id(&bob).await);
    server
        .anonymous()
        .post(&path, &body)
        .await
        .problem(401, "unauthorized");
    let foreign = my_id(&eve).await;
    for id in [&my_id(&bob).await, &my_id(&ada).await, &foreign, UNKNOWN] {
        let path = format!("/users/{id}/password-reset");
        bob.post(&path, &body).await.problem(403, "forbidden");
    }
    expect_hidden(
        &ada,
        Method::POST,
        "/users/{}/password-reset",
        Some(&body),
        &foreign,
    )
    .await;
    for expires_at in [
        json!(null),
        json!("tomorrow"),
        json!("2026-11-30"),
        json!(1_795_510_800_000_i64),
    ] {
        let body = json!({ "expiresAt": expires_at });
        assert_eq!(ada.post(&path, &body).await.invalid(), ["/expiresAt"]);
    }
    assert_eq!(ada.post(&path, &json!({})).await.invalid(), ["/expiresAt"]);
    for name in ["bob", "ada", "eve"] {
        server.log_in(name).await;
    }
}
