//! Rows 3, 4 and 5: refreshing a session, and the sessions of API keys.

use serde_json::{Value, json};
use timetracks_testkit::{Answer, Client, TestServer};

use crate::support::{DAY_MS, MINUTE_MS, at_once, count, key_tokens, make_key, rounds, text};

async fn refresh(server: &TestServer, path: &str, tokens: &Value) -> Answer {
    let body = json!({ "refreshToken": text(tokens, "refreshToken") });
    server.anonymous().post(path, &body).await
}

const PASSWORD_KIND: &str = "/account/refresh";
const KEY_KIND: &str = "/account/refresh/api-key";

fn with(server: &TestServer, tokens: &Value) -> Client {
    server.anonymous().with_token(text(tokens, "accessToken"))
}

async fn session_of(client: &Client) -> Value {
    let me = client.get("/account/me").await.expect(200);
    me["session"].clone()
}

#[tokio::test]
async fn refreshing_gives_a_new_pair_of_the_same_session() {
    let server = TestServer::start().await;
    server.sign_up("ada").await;
    let first = server.tokens("ada").await;
    let session = session_of(&with(&server, &first)).await;
    server.clock.advance(DAY_MS);
    let second = refresh(&server, PASSWORD_KIND, &first).await.expect(200);
    assert_eq!(second["expiresIn"], server.clock.now() + DAY_MS);
    assert_ne!(second["refreshToken"], first["refreshToken"]);
    assert_eq!(session_of(&with(&server, &second)).await, session);
}

#[tokio::test]
async fn a_refresh_token_that_is_used_again_ends_the_whole_session_and_no_other() {
    let server = TestServer::start().await;
    server.sign_up("ada").await;
    let other = server.tokens("ada").await;
    let first = server.tokens("ada").await;
    let second = refresh(&server, PASSWORD_KIND, &first).await.expect(200);
    with(&server, &second).get("/account/me").await.expect(200);

    refresh(&server, PASSWORD_KIND, &first)
        .await
        .problem(401, "invalid-credentials");
    for tokens in [&first, &second] {
        with(&server, tokens)
            .get("/account/me")
            .await
            .problem(401, "unauthorized");
        refresh(&server, PASSWORD_KIND, tokens)
            .await
            .problem(401, "invalid-credentials");
    }
    with(&server, &other).get("/account/me").await.expect(200);
    refresh(&server, PASSWORD_KIND, &other).await.expect(200);
}

#[tokio::test]
async fn a_lost_answer_is_forgiven_once_within_10_seconds() {
    let server = TestServer::start().await;
    server.sign_up("ada").await;
    let first = server.tokens("ada").await;
    let lost = refresh(&server, PASSWORD_KIND, &first).await.expect(200);
    server.clock.advance(10_000);
    let second = refresh(&server, PASSWORD_KIND, &first).await.expect(200);
    with(&server, &second).get("/account/me").await.expect(200);
    let third = refresh(&server, PASSWORD_KIND, &second).await.expect(200);
    // What was lost has turned up after all, with somebody else.
    refresh(&server, PASSWORD_KIND, &lost)
        .await
        .problem(401, "invalid-credentials");
    with(&server, &third)
        .get("/account/me")
        .await
        .problem(401, "unauthorized");
}

#[tokio::test]
async fn what_was_lost_is_of_no_use_to_whoever_found_it_and_the_trail_says_so() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for found in ["accessToken", "refreshToken"] {
        for is_late in [false, true] {
            let first = server.tokens("ada").await;
            let lost = refresh(&server, PASSWORD_KIND, &first).await.expect(200);
            let second = refresh(&server, PASSWORD_KIND, &first).await.expect(200);
            with(&server, &second).get("/account/me").await.expect(200);
            if is_late {
                server.clock.advance(60 * MINUTE_MS);
            }
            let refused = match found {
                "accessToken" => with(&server, &lost).get("/account/me").await,
                _ => refresh(&server, PASSWORD_KIND, &lost).await,
            };
            refused.expect(401);
            for tokens in [&first, &lost, &second] {
                with(&server, tokens).get("/account/me").await.expect(401);
                refresh(&server, PASSWORD_KIND, tokens).await.expect(401);
            }
        }
    }
    let events = ada.get("/audit-events").await.expect(200);
    let told = events.as_array().unwrap().iter();
    let told: Vec<_> = told.map(|event| text(event, "action")).skip(2).collect();
    let each = [
        "logged-in",
        "refresh-token-forgiven",
        "refresh-token-reused",
    ];
    assert_eq!(told, each.repeat(4));
}

#[tokio::test]
async fn no_token_is_forgiven_twice_or_late_or_when_its_successor_was_used() {
    let server = TestServer::start().await;
    server.sign_up("ada").await;
    let twice = async |first: &Value| {
        refresh(&server, PASSWORD_KIND, first).await.expect(200);
        refresh(&server, PASSWORD_KIND, first).await.expect(200);
    };
    let late = async |first: &Value| {
        refresh(&server, PASSWORD_KIND, first).await.expect(200);
        server.clock.advance(10_001);
    };
    let refreshed = async |first: &Value| {
        let second = refresh(&server, PASSWORD_KIND, first).await.expect(200);
        refresh(&server, PASSWORD_KIND, &second).await.expect(200);
    };
    let read = async |first: &Value| {
        let second = refresh(&server, PASSWORD_KIND, first).await.expect(200);
        with(&server, &second).get("/tasks").await.expect(200);
    };
    for case in 0..4 {
        let first = server.tokens("ada").await;
        match case {
            0 => twice(&first).await,
            1 => late(&first).await,
            2 => refreshed(&first).await,
            _ => read(&first).await,
        }
        refresh(&server, PASSWORD_KIND, &first)
            .await
            .problem(401, "invalid-credentials");
        with(&server, &first)
            .get("/account/me")
            .await
            .problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn a_used_token_of_an_api_key_s_session_ends_that_session_too() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let key = make_key(&ada, &json!({ "name": "ci" })).await;
    let first = key_tokens(&server, text(&key, "apiKey")).await;
    let second = refresh(&server, KEY_KIND, &first).await.expect(200);
    server.clock.advance(10_001);
    refresh(&server, KEY_KIND, &first)
        .await
        .problem(401, "invalid-credentials");
    with(&server, &second)
        .get("/account/me")
        .await
        .problem(401, "unauthorized");
    refresh(&server, KEY_KIND, &second)
        .await
        .problem(401, "invalid-credentials");
    server
        .anonymous()
        .with_key(text(&key, "apiKey"))
        .get("/account/me")
        .await
        .expect(200);
}

#[tokio::test]
async fn a_session_ends_after_7_days_however_often_it_is_refreshed() {
    let server = TestServer::start().await;
    server.sign_up("ada").await;
    let mut tokens = server.tokens("ada").await;
    let end = server.clock.now() + 7 * DAY_MS;
    while server.clock.now() + DAY_MS < end {
        server.clock.advance(DAY_MS - 1_000);
        tokens = refresh(&server, PASSWORD_KIND, &tokens).await.expect(200);
        let expires_in = tokens["expiresIn"].as_i64().unwrap();
        assert_eq!(expires_in, end.min(server.clock.now() + DAY_MS));
        assert_eq!(session_of(&with(&server, &tokens)).await["expiresAt"], end);
    }
    server.clock.advance(end - 1 - server.clock.now());
    with(&server, &tokens).get("/account/me").await.expect(200);
    server.clock.advance(1);
    with(&server, &tokens)
        .get("/account/me")
        .await
        .problem(401, "unauthorized");
    refresh(&server, PASSWORD_KIND, &tokens)
        .await
        .problem(401, "invalid-credentials");
}

#[tokio::test]
async fn an_api_key_s_session_lasts_15_minutes_at_a_time_and_a_day_in_all() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let key = make_key(&ada, &json!({ "name": "ci" })).await;
    let mut tokens = key_tokens(&server, text(&key, "apiKey")).await;
    let end = server.clock.now() + DAY_MS;
    assert_eq!(tokens["expiresIn"], server.clock.now() + 15 * MINUTE_MS);
    server.clock.advance(15 * MINUTE_MS - 1);
    with(&server, &tokens).get("/account/me").await.expect(200);
    server.clock.advance(1);
    with(&server, &tokens)
        .get("/account/me")
        .await
        .problem(401, "unauthorized");

    tokens = refresh(&server, KEY_KIND, &tokens).await.expect(200);
    assert_eq!(tokens["expiresIn"], server.clock.now() + 15 * MINUTE_MS);
    server
        .clock
        .advance(end - 5 * MINUTE_MS - server.clock.now());
    tokens = refresh(&server, KEY_KIND, &tokens).await.expect(200);
    assert_eq!(tokens["expiresIn"], end);
    server.clock.advance(5 * MINUTE_MS - 1);
    with(&server, &tokens).get("/account/me").await.expect(200);
    server.clock.advance(1);
    with(&server, &tokens)
        .get("/account/me")
        .await
        .problem(401, "unauthorized");
    refresh(&server, KEY_KIND, &tokens)
        .await
        .problem(401, "invalid-credentials");
}

#[tokio::test]
async fn a_session_ends_with_the_api_key_that_it_was_begun_with() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "name": "ci", "expiresAt": "2026-11-24T09:10:00Z" });
    let key = make_key(&ada, &body).await;
    let tokens = key_tokens(&server, text(&key, "apiKey")).await;
    assert_eq!(tokens["expiresIn"], server.clock.now() + 10 * MINUTE_MS);
    server.clock.advance(10 * MINUTE_MS - 1);
    with(&server, &tokens).get("/account/me").await.expect(200);
    server.clock.advance(1);
    with(&server, &tokens)
        .get("/account/me")
        .await
        .problem(401, "unauthorized");
    refresh(&server, KEY_KIND, &tokens)
        .await
        .problem(401, "invalid-credentials");
    let body = json!({ "apiKey": text(&key, "apiKey") });
    let again = server
        .anonymous()
        .post("/account/login/api-key", &body)
        .await;
    again.problem(401, "invalid-credentials");
}

#[tokio::test]
async fn a_token_of_the_other_kind_is_refused_and_its_session_lives_on() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let key = make_key(&ada, &json!({ "name": "ci" })).await;
    let by_key = key_tokens(&server, text(&key, "apiKey")).await;
    let by_password = server.tokens("ada").await;
    for (tokens, right, wrong) in [
        (by_key, KEY_KIND, PASSWORD_KIND),
        (by_password, PASSWORD_KIND, KEY_KIND),
    ] {
        refresh(&server, wrong, &tokens)
            .await
            .problem(401, "invalid-credentials");
        with(&server, &tokens).get("/account/me").await.expect(200);
        let next = refresh(&server, right, &tokens).await.expect(200);
        with(&server, &next).get("/account/me").await.expect(200);
    }
}

#[tokio::test]
async fn a_made_up_refresh_token_is_refused_and_harms_nobody() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let tokens = server.tokens("ada").await;
    let key = make_key(&ada, &json!({ "name": "ci" })).await;
    let good = text(&tokens, "refreshToken");
    // Same organisation, same session, another secret.
    let (head, tail) = good.split_at(60);
    let swapped = if tail.starts_with('A') { 'B' } else { 'A' };
    let guessed = format!("{head}{swapped}{}", &tail[1..]);
    let anyone = server.anonymous();
    for token in [
        "",
        "x",
        "ttr_",
        &guessed,
        text(&tokens, "accessToken"),
        text(&key, "apiKey"),
    ] {
        for path in [PASSWORD_KIND, KEY_KIND] {
            let body = json!({ "refreshToken": token });
            anyone
                .post(path, &body)
                .await
                .problem(401, "invalid-credentials");
        }
    }
    for body in [
        json!({}),
        json!({ "refreshToken": 5 }),
        json!({ "refreshToken": null }),
    ] {
        for path in [PASSWORD_KIND, KEY_KIND] {
            assert_eq!(anyone.post(path, &body).await.invalid(), ["/refreshToken"]);
        }
    }
    refresh(&server, PASSWORD_KIND, &tokens).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_50_refreshes_at_once_two_succeed_at_most_and_the_session_is_over() {
    let server = TestServer::start().await;
    server.sign_up("ada").await;
    for _ in 0..rounds(5) {
        let tokens = server.tokens("ada").await;
        with(&server, &tokens).get("/account/me").await.expect(200);
        let answers = at_once(50, |_| {
            let body = json!({ "refreshToken": text(&tokens, "refreshToken") });
            let anyone = server.anonymous();
            async move { anyone.post(PASSWORD_KIND, &body).await }
        })
        .await;
        // The second is forgiven, as if the first answer had been lost.
        assert_eq!(count(&answers, 200), 2);
        assert_eq!(count(&answers, 401), 48);
        with(&server, &tokens)
            .get("/account/me")
            .await
            .problem(401, "unauthorized");
        for answer in answers.into_iter().filter(|answer| answer.status == 200) {
            with(&server, &answer.body)
                .get("/account/me")
                .await
                .problem(401, "unauthorized");
            refresh(&server, PASSWORD_KIND, &answer.body)
                .await
                .problem(401, "invalid-credentials");
        }
    }
}

#[tokio::test]
async fn only_a_live_api_key_begins_a_session() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let key = make_key(&ada, &json!({ "name": "ci" })).await;
    let good = text(&key, "apiKey");
    let tokens = key_tokens(&server, good).await;
    let anyone = server.anonymous();
    let longer = format!("{good}0");
    let login = "/account/login/api-key";
    for wrong in [
        "",
        "tt_",
        "x",
        &longer,
        &good[..good.len() - 1],
        text(&tokens, "accessToken"),
    ] {
        let body = json!({ "apiKey": wrong });
        anyone
            .post(login, &body)
            .await
            .problem(401, "invalid-credentials");
    }
    assert_eq!(anyone.post(login, &json!({})).await.invalid(), ["/apiKey"]);
    assert_eq!(
        anyone.post(login, &json!({ "apiKey": [] })).await.invalid(),
        ["/apiKey"]
    );
}
