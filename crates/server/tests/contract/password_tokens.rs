//! Row 54: setting a password with a one-time token.

use serde_json::{Value, json};
use timetracks_testkit::{PASSWORD, TestServer};

use crate::support::{DAY_MS, at_once, count, make_key, text, try_log_in};

#[tokio::test]
async fn a_password_token_sets_a_password_once() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "email": "bob@example.com", "role": "member" });
    let created = ada.post("/users", &body).await.expect(201);
    let token = text(&created, "passwordToken");
    let anyone = server.anonymous();

    // A refused password must not use the token up.
    let short = json!({ "token": token, "password": "elevenchars" });
    assert_eq!(
        anyone.post("/account/password", &short).await.invalid(),
        ["/password"]
    );
    try_log_in(&server, "bob", PASSWORD)
        .await
        .problem(401, "invalid-credentials");
    let body = json!({ "token": token, "password": PASSWORD });
    anyone.post("/account/password", &body).await.expect(200);
    server.log_in("bob").await;

    let again = json!({ "token": token, "password": "another password of bob" });
    anyone
        .post("/account/password", &again)
        .await
        .problem(401, "invalid-credentials");
    server.log_in("bob").await;
}

#[tokio::test]
async fn a_password_token_is_good_for_a_day_and_until_another_one_is_used() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let mut tokens = Vec::new();
    for name in ["bob", "carol"] {
        let body = json!({ "email": format!("{name}@example.com"), "role": "member" });
        tokens.push(ada.post("/users", &body).await.expect(201));
    }
    let redeem = async |answer: &Value| {
        let body = json!({ "token": text(answer, "passwordToken"), "password": PASSWORD });
        server.anonymous().post("/account/password", &body).await
    };
    let path = format!("/users/{}/password-reset", text(&tokens[0], "id"));
    let body = json!({ "expiresAt": "2026-11-30T00:00:00Z" });
    let second = ada.post(&path, &body).await.expect(200);
    server.clock.advance(DAY_MS - 1);
    redeem(&second).await.expect(200);
    redeem(&tokens[0]).await.problem(401, "invalid-credentials");
    server.clock.advance(1);
    redeem(&tokens[1]).await.problem(401, "invalid-credentials");
}

#[tokio::test]
async fn what_is_no_password_token_sets_nothing() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let anyone = server.anonymous();
    let pointers = anyone.post("/account/password", &json!({})).await.invalid();
    assert_eq!(pointers, ["/token", "/password"]);
    let refresh = server.tokens("ada").await;
    let key = make_key(&ada, &json!({ "name": "ci" })).await;
    let other = text(&refresh, "refreshToken").replace("ttr_", "ttp_");
    for token in [
        "",
        "ttp_",
        "x",
        text(&refresh, "refreshToken"),
        &other,
        text(&key, "apiKey"),
    ] {
        let body = json!({ "token": token, "password": "a password of the thief" });
        anyone
            .post("/account/password", &body)
            .await
            .problem(401, "invalid-credentials");
    }
    server.log_in("ada").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_uses_of_one_password_token_set_one_password() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "email": "bob@example.com", "role": "member" });
    let created = ada.post("/users", &body).await.expect(201);
    let token = text(&created, "passwordToken");
    let answers = at_once(10, |number| {
        let password = format!("password number {number}");
        let (anyone, body) = (
            server.anonymous(),
            json!({ "token": token, "password": password }),
        );
        async move { anyone.post("/account/password", &body).await }
    })
    .await;
    assert_eq!(count(&answers, 200), 1);
    assert_eq!(count(&answers, 401), 9);
    let winner = answers.iter().position(|answer| answer.status == 200);
    for number in 0..answers.len() {
        let answer = try_log_in(&server, "bob", &format!("password number {number}")).await;
        assert_eq!(answer.status == 200, winner == Some(number));
    }
}
