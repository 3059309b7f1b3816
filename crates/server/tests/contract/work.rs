//! What the tests of projects, tasks and reports start from.

use serde_json::{Value, json};
use timetracks_testkit::Client;

pub(crate) const SECOND: i64 = 1_000;
pub(crate) const HOUR: i64 = 3_600 * SECOND;
pub(crate) const DAY: i64 = 24 * HOUR;

/// The id of an object.
#[track_caller]
pub(crate) fn id(object: &Value) -> String {
    object["id"].as_str().expect("an id").to_owned()
}

/// The values that the objects of a list have for a member.
#[track_caller]
pub(crate) fn each<'a>(list: &'a Value, member: &str) -> Vec<&'a Value> {
    let objects = list.as_array().expect("a list");
    objects.iter().map(|object| &object[member]).collect()
}

/// The id of the one who calls.
pub(crate) async fn own_id(client: &Client) -> String {
    id(&client.get("/account/me").await.expect(200)["user"])
}

/// A new project of that name, by its id.
pub(crate) async fn project(client: &Client, name: &str) -> String {
    let body = json!({ "name": name });
    id(&client.post("/projects", &body).await.expect(201))
}

/// A new standalone task of that name, by its id.
pub(crate) async fn task(client: &Client, name: &str) -> String {
    let body = json!({ "name": name });
    id(&client.post("/tasks", &body).await.expect(201))
}

/// A new task of a project, by its id.
pub(crate) async fn task_in(client: &Client, project: &str, name: &str) -> String {
    let path = format!("/projects/{project}/tasks");
    id(&client
        .post(&path, &json!({ "name": name }))
        .await
        .expect(201))
}

/// Books the caller's time on a task: a track that has ended.
pub(crate) async fn book(client: &Client, task: &str, start: i64, end: i64) -> Value {
    let path = format!("/tasks/{task}/tracks");
    let body = json!({ "start": start, "end": end });
    client.post(&path, &body).await.expect(201)
}

/// Clocks the caller in on a task.
pub(crate) async fn clock_in(client: &Client, task: &str) {
    let path = format!("/tasks/{task}/clock-in");
    client.post_empty(&path).await.expect(201);
}
