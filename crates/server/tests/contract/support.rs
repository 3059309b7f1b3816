//! What several of these modules need.

use std::{future::Future, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use timetracks_testkit::{Answer, Client, PASSWORD, TestServer};

pub(crate) const MINUTE_MS: i64 = 60_000;
pub(crate) const DAY_MS: i64 = 24 * 60 * MINUTE_MS;
/// An id that could have been given out, but never was.
pub(crate) const UNKNOWN: &str = "06nsvh0t0wr00800000029rg7r";

/// How many rounds of a race: so many, or as many as `TIMETRACKS_TEST_ROUNDS` says.
pub(crate) fn rounds(default: usize) -> usize {
    std::env::var("TIMETRACKS_TEST_ROUNDS").map_or(default, |text| text.parse().unwrap())
}

/// A text member of an answer.
#[track_caller]
pub(crate) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    let member = value[name].as_str();
    member.unwrap_or_else(|| panic!("no text `{name}` in {value:#}"))
}

/// The caller's own id.
pub(crate) async fn my_id(client: &Client) -> String {
    let me = client.get("/account/me").await.expect(200);
    text(&me["user"], "id").to_owned()
}

/// The id of the caller's organisation.
pub(crate) async fn my_org(client: &Client) -> String {
    let me = client.get("/account/me").await.expect(200);
    text(&me["org"], "id").to_owned()
}

/// Makes an API key of that body.
pub(crate) async fn make_key(client: &Client, body: &Value) -> Value {
    client.post("/api-keys", body).await.expect(201)
}

/// Logs in with an API key.
pub(crate) async fn key_tokens(server: &TestServer, key: &str) -> Value {
    let body = json!({ "apiKey": key });
    let client = server.anonymous();
    client
        .post("/account/login/api-key", &body)
        .await
        .expect(200)
}

/// An attempt to log in `{name}@example.com`.
pub(crate) async fn try_log_in(server: &TestServer, name: &str, password: &str) -> Answer {
    let body = json!({ "email": format!("{name}@example.com"), "password": password });
    server.anonymous().post("/account/login", &body).await
}

/// A body that adds `{name}@example.com` with the kit's password.
pub(crate) fn user_body(name: &str, role: &str) -> Value {
    json!({
        "firstName": name,
        "lastName": "Test",
        "email": format!("{name}@example.com"),
        "role": role,
        "password": PASSWORD,
    })
}

/// What a problem says, but for the id of its request.
pub(crate) fn gist(mut problem: Value) -> Value {
    problem["instance"] = Value::Null;
    problem
}

/// Fails unless a thing of another organisation answers exactly like one that never was, and a text that is no id
/// with the same type. `{}` in the path stands for the id.
pub(crate) async fn expect_hidden(
    client: &Client,
    method: Method,
    path: &str,
    body: Option<&Value>,
    foreign: &str,
) {
    let ask = async |id: &str| {
        let path = path.replace("{}", id);
        let answer = client.send(method.clone(), &path, body).await;
        gist(answer.problem(404, "not-found"))
    };
    assert_eq!(ask(foreign).await, ask(UNKNOWN).await);
    let long = "x".repeat(10_000);
    for id in ["x", "%00", "a%2Fb", "%0D%0A", "%FF", "-1", &long] {
        ask(id).await;
    }
}

/// Runs as many requests at once, and answers with what came back.
pub(crate) async fn at_once<F>(count: usize, request: impl Fn(usize) -> F) -> Vec<Answer>
where
    F: Future<Output = Answer> + Send + 'static,
{
    let running: Vec<_> = (0..count).map(|i| tokio::spawn(request(i))).collect();
    let mut answers = Vec::new();
    for answer in running {
        answers.push(
            answer
                .await
                .expect("the request was answered as documented"),
        );
    }
    answers
}

/// How many of the answers have this status.
pub(crate) fn count(answers: &[Answer], status: u16) -> usize {
    let having = answers.iter().filter(|answer| answer.status == status);
    having.count()
}

/// Waits until the condition holds.
pub(crate) async fn soon(what: &str, condition: impl AsyncFn() -> bool) {
    let reached = async {
        while !condition().await {
            tokio::task::yield_now().await;
        }
    };
    let reached = tokio::time::timeout(Duration::from_secs(20), reached).await;
    assert!(reached.is_ok(), "never: {what}");
}
