//! Limits on attempts to log in, on requests and on bodies.

use reqwest::Method;
use serde_json::json;
use timetracks_app::Policy;
use timetracks_testkit::{PASSWORD, TestServer};

use crate::support::{DAY_MS, at_once, count, text, try_log_in};

pub(crate) const LIMITED: Policy = Policy {
    require_current_password: false,
    limit_logins: true,
};
pub(crate) const WRONG: &str = "not the right password";

#[tokio::test]
async fn ten_attempts_in_a_row_then_one_every_30_seconds() {
    let server = TestServer::start_with(LIMITED).await;
    server.sign_up("ada").await;
    for name in ["ada", "nobody"] {
        for _ in 0..10 {
            try_log_in(&server, name, WRONG)
                .await
                .problem(401, "invalid-credentials");
        }
        // Not even the right password is looked at.
        let refused = try_log_in(&server, name, PASSWORD).await;
        assert_eq!(refused.header("retry-after"), "30");
        refused.problem(429, "too-many-requests");
    }
    server.clock.advance(30_000);
    try_log_in(&server, "ada", WRONG)
        .await
        .problem(401, "invalid-credentials");
    try_log_in(&server, "ada", PASSWORD)
        .await
        .problem(429, "too-many-requests");
    server.clock.advance(30_000);
    try_log_in(&server, "ada", PASSWORD).await.expect(200);
    for _ in 0..10 {
        try_log_in(&server, "ada", WRONG)
            .await
            .problem(401, "invalid-credentials");
    }
}

#[tokio::test]
async fn many_attempts_at_once_get_no_further() {
    let server = TestServer::start_with(LIMITED).await;
    server.sign_up("ada").await;
    let body = json!({ "email": "ADA@example.com", "password": WRONG });
    let answers = at_once(40, |_| {
        let (anyone, body) = (server.anonymous(), body.clone());
        async move { anyone.post("/account/login", &body).await }
    })
    .await;
    assert_eq!((count(&answers, 401), count(&answers, 429)), (10, 30));
}

#[tokio::test]
async fn others_are_not_held_up_by_an_account_under_attack() {
    let server = TestServer::start_with(LIMITED).await;
    let ada = server.sign_up("ada").await;
    server.add_user(&ada, "bob", "member").await;
    for _ in 0..11 {
        try_log_in(&server, "ada", WRONG).await;
    }
    server.log_in("bob").await;
    ada.get("/account/me").await.expect(200);
}

#[tokio::test]
async fn an_answer_says_what_is_left_to_the_credential() {
    let server = TestServer::start_with(LIMITED).await;
    let ada = server.sign_up("ada").await;
    let first = ada.get("/account/me").await;
    assert_eq!(first.header("ratelimit-policy"), "\"default\";q=60000;w=60");
    assert_eq!(first.header("ratelimit"), "\"default\";r=59999;t=1");
    let second = ada.get("/account/me").await;
    assert_eq!(second.header("ratelimit"), "\"default\";r=59998;t=1");
    let anyone = server
        .anonymous()
        .with_token("nonsense")
        .get("/account/me")
        .await;
    assert_eq!(anyone.header("ratelimit-policy"), "\"default\";q=6000;w=60");
    anyone.problem(401, "unauthorized");
}

#[tokio::test]
async fn a_clock_that_is_put_right_locks_nobody_out() {
    let server = TestServer::start_with(LIMITED).await;
    let anyone = server.anonymous();
    for ms in [0, DAY_MS, -DAY_MS, -DAY_MS] {
        server.clock.put_right(ms);
        anyone.get("/openapi.json").await.expect(200);
        server
            .sign_up(&format!("ada{ms}{}", server.clock.now()))
            .await;
    }
}

#[tokio::test]
async fn a_refused_request_says_that_nothing_is_left() {
    let server = TestServer::start_with(LIMITED).await;
    let anyone = server.anonymous().with_token("nonsense");
    for _ in 0..6_000 {
        let request = anyone.request(Method::GET, "/account/me");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 401);
    }
    let refused = anyone.get("/account/me").await;
    assert_eq!(
        refused.header("ratelimit-policy"),
        "\"default\";q=6000;w=60"
    );
    assert_eq!(refused.header("ratelimit"), "\"default\";r=0;t=60");
    assert_eq!(refused.header("retry-after"), "1");
    refused.problem(429, "too-many-requests");
}

#[tokio::test]
async fn a_server_without_limits_counts_nothing() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    assert_eq!(ada.get("/account/me").await.header("ratelimit"), "");
    for _ in 0..12 {
        try_log_in(&server, "ada", WRONG)
            .await
            .problem(401, "invalid-credentials");
    }
    server.log_in("ada").await;
}

#[tokio::test]
async fn a_body_below_account_has_at_most_4_kib() {
    let server = TestServer::start().await;
    let body = json!({ "email": "ada@example.com", "password": "x".repeat(4096) });
    let answer = server.anonymous().post("/account/login", &body).await;
    answer.problem(413, "body-too-large");
}

#[tokio::test]
async fn json_may_be_127_levels_deep_and_no_level_deeper() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for (open, close) in [("[", "]"), ("{\"x\":", "}")] {
        // The body itself is the first level.
        let body = |levels: usize| {
            let (open, close) = (open.repeat(levels - 1), close.repeat(levels - 1));
            format!("{{\"name\":\"Shop\",\"ignored\":{open}1{close}}}")
        };
        let post = async |levels| {
            let body = body(levels).into_bytes();
            let json = "application/json";
            ada.send_raw(Method::POST, "/projects", json, body).await
        };
        post(127).await.expect(201);
        for levels in [128, 129, 100_000] {
            let problem = post(levels).await.problem(400, "malformed-json");
            let detail = text(&problem, "detail");
            assert!(detail.contains("recursion limit exceeded"), "{detail}");
        }
    }
}
