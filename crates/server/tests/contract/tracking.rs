//! What the tests of clocking and of tracks share.

use reqwest::Method;
use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

/// A minute and an hour in milliseconds.
pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// An id of the right form that was never given out.
pub(crate) const UNKNOWN_ID: &str = "06dzzzzzzzzzzzzzzzzzzzzzz0";

/// Texts in the place of an id in a path that are none.
fn no_ids() -> Vec<String> {
    let short = ["nope", "0", "%00", "%20", "a%2Fb", "%0D%0A", "%FF"];
    let mut texts: Vec<String> = short.map(str::to_owned).to_vec();
    texts.push("x".repeat(5_000));
    texts
}

/// Makes something, and answers with its id.
pub(crate) async fn make(client: &Client, path: &str, body: &Value) -> String {
    id(&client.post(path, body).await.expect(201))
}

/// Makes a standalone task of that name.
pub(crate) async fn make_task(client: &Client, name: &str) -> String {
    make(client, "/tasks", &json!({ "name": name })).await
}

/// Makes a project of that name.
pub(crate) async fn make_project(client: &Client, name: &str) -> String {
    make(client, "/projects", &json!({ "name": name })).await
}

/// Makes a task of that name in a project.
pub(crate) async fn make_task_in(client: &Client, project: &str, name: &str) -> String {
    let path = format!("/projects/{project}/tasks");
    make(client, &path, &json!({ "name": name })).await
}

/// Books a track from `start` to `end`, and answers with its id.
pub(crate) async fn book(client: &Client, task: &str, start: i64, end: i64) -> String {
    let path = format!("/tasks/{task}/tracks");
    make(client, &path, &json!({ "start": start, "end": end })).await
}

/// The id of what was answered.
#[track_caller]
pub(crate) fn id(body: &Value) -> String {
    text(body, "id")
}

/// A member that is a text.
#[track_caller]
pub(crate) fn text(body: &Value, member: &str) -> String {
    let Some(text) = body[member].as_str() else {
        panic!("no text in `{member}` of {body:#}");
    };
    text.to_owned()
}

/// The ids of a list.
#[track_caller]
pub(crate) fn ids(list: &Value) -> Vec<String> {
    let Some(items) = list.as_array() else {
        panic!("no list: {list:#}");
    };
    items.iter().map(id).collect()
}

/// The id of who asks.
pub(crate) async fn my_id(client: &Client) -> String {
    id(&client.get("/account/me").await.expect(200)["user"])
}

/// The same person with an API key, which outlives every access token when the clock is moved by days.
pub(crate) async fn with_key_of(server: &TestServer, client: &Client) -> Client {
    let body = json!({ "name": "Clock mover" });
    let key = client.post("/api-keys", &body).await.expect(201);
    server.anonymous().with_key(&text(&key, "apiKey"))
}

/// Fails unless nobody gets in without a credential, at any of these.
pub(crate) async fn refuses_strangers(server: &TestServer, operations: &[(Method, String)]) {
    let (stranger, liar) = (server.anonymous(), server.anonymous().with_token("garbage"));
    for (method, path) in operations {
        for client in [&stranger, &liar] {
            let answer = client.send(method.clone(), path, None).await;
            answer.problem(401, "unauthorized");
        }
    }
}

/// Fails unless each of these ids of others answers in the place of `{}` exactly as an unknown id does, and each text
/// that is no id with a 404 of that kind.
pub(crate) async fn hides(
    client: &Client,
    method: Method,
    template: &str,
    body: Option<&Value>,
    others: &[&str],
) {
    let ask = async |id: &str| {
        let path = template.replace("{}", id);
        let answer = client.send(method.clone(), &path, body).await;
        anonymised(answer.problem(404, "not-found"))
    };
    let unknown = ask(UNKNOWN_ID).await;
    for other in others {
        assert_eq!(ask(other).await, unknown, "{method} {template} {other}");
    }
    for text in no_ids() {
        assert_eq!(ask(&text).await["title"], unknown["title"], "{text}");
    }
}

/// A problem without what differs from request to request.
pub(crate) fn anonymised(mut problem: Value) -> Value {
    problem["instance"] = json!(null);
    problem
}
