//! Versions of resources: `ETag`, `If-None-Match` and `If-Match` (RFC 9110 §13.1).

use reqwest::Method;
use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use crate::support::{UNKNOWN, make_key, my_id, my_org, text};

/// A path that answers with a version, and a body that changes what is there.
async fn resources(ada: &Client) -> Vec<(String, Option<Value>)> {
    let made = async |path: &str| {
        let made = ada.post(path, &json!({ "name": "a" })).await.expect(201);
        text(&made, "id").to_owned()
    };
    let (task, project) = (made("/tasks").await, made("/projects").await);
    let tracks = format!("/tasks/{task}/tracks");
    let track = ada.post(&tracks, &json!({ "start": 0 })).await.expect(201);
    let key = make_key(ada, &json!({ "name": "ci" })).await;
    let name = Some(json!({ "name": "b" }));
    vec![
        (
            format!("{tracks}/{}", text(&track, "id")),
            Some(json!({ "start": 5 })),
        ),
        (format!("/tasks/{task}"), name.clone()),
        (format!("/projects/{project}"), name.clone()),
        (
            format!("/users/{}", my_id(ada).await),
            Some(json!({ "firstName": "b" })),
        ),
        (format!("/orgs/{}", my_org(ada).await), name),
        (format!("/api-keys/{}", text(&key["info"], "id")), None),
    ]
}

#[tokio::test]
async fn an_unchanged_resource_is_not_sent_again() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for (path, change) in resources(&ada).await {
        let first = ada.get(&path).await;
        let tag = first.header("etag").to_owned();
        first.expect(200);
        // What counts up in a running track is no change of it.
        server.clock.advance(1000);
        let seen = ada.with_header("if-none-match", &tag);
        let same = seen.get(&path).await;
        assert_eq!(same.header("etag"), tag);
        assert_eq!(same.expect(304), "");
        let any = ada.with_header("if-none-match", " * ");
        any.get(&path).await.expect(304);
        let answer = ada.send(Method::PUT, &path, change.as_ref()).await;
        answer.expect(200);
        seen.get(&path).await.expect(200);
    }
}

#[tokio::test]
async fn only_the_version_that_was_seen_is_changed_or_deleted() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for (path, change) in resources(&ada).await {
        let tag = ada.get(&path).await.header("etag").to_owned();
        let stale = ada.with_header("if-match", &tag);
        server.clock.advance(1000);
        let changed = stale.send(Method::PUT, &path, change.as_ref()).await;
        let new_tag = changed.header("etag").to_owned();
        changed.expect(200);
        let now = ada.get(&path).await;
        if !new_tag.is_empty() {
            assert_eq!(now.header("etag"), new_tag, "{path}");
        }
        let before = now.expect(200);
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            let answer = stale.send(method, &path, change.as_ref()).await;
            if answer.status != 405 {
                answer.problem(412, "precondition-failed");
            }
        }
        assert_eq!(
            ada.get(&path).await.expect(200)["updatedAt"],
            before["updatedAt"]
        );
        let any = ada.with_header("if-match", "*");
        any.send(Method::PUT, &path, change.as_ref())
            .await
            .expect(200);
    }
}

/// What changes a thing at a path that is not its own, and where it is read.
async fn elsewhere(ada: &Client) -> Vec<(Method, String, Option<Value>, String)> {
    let id = async |path: &str, body: Value| {
        let made = ada.post(path, &body).await.expect(201);
        text(&made, "id").to_owned()
    };
    let (project, other) = (
        id("/projects", json!({ "name": "a" })).await,
        id("/projects", json!({ "name": "b" })).await,
    );
    let tasks = format!("/projects/{project}/tasks");
    let task = id(&tasks, json!({ "name": "Docs", "externalId": "D-1" })).await;
    let loose = id("/tasks", json!({ "name": "Loose" })).await;
    let here = format!("/tasks/{task}");
    let mut rows = Vec::new();
    for (task, name, handle) in [
        (&task, "Docs", format!("/tasks/{task}/clock-out")),
        (&loose, "Loose", "/tasks/by-name/Loose/clock-out".to_owned()),
    ] {
        let track = ada
            .post_empty(&format!("/tasks/by-name/{name}/clock-in"))
            .await;
        let track = format!("/tasks/{task}/tracks/{}", text(&track.expect(201), "id"));
        rows.push((Method::POST, handle, None, track));
    }
    let third = ada.post_empty("/tasks/by-external-id/E-1/clock-in").await;
    let third = third.header("location").replace("/api/v1", "");
    let by_external_id = "/tasks/by-external-id/E-1/clock-out".to_owned();
    rows.push((Method::POST, by_external_id, None, third));
    let me = format!("/users/{}", my_id(ada).await);
    let target = Some(json!({ "projectId": other }));
    let new = Some(json!({ "password": "another password" }));
    let end = Some(json!({ "expiresAt": "2030-01-01T00:00:00Z" }));
    let of = |project: &str, verb: &str| format!("/projects/{project}/tasks/{task}{verb}");
    rows.extend([
        (Method::POST, of(&project, "/move"), target, here.clone()),
        (Method::POST, of(&other, "/detach"), None, here.clone()),
        (Method::POST, of(&project, "/attach"), None, here.clone()),
        (Method::DELETE, of(&project, ""), None, here),
        (
            Method::PUT,
            format!("{me}/password"),
            new.clone(),
            me.clone(),
        ),
        (Method::PATCH, format!("{me}/password"), new, me.clone()),
        (Method::POST, format!("{me}/password-reset"), end, me),
    ]);
    rows
}

#[tokio::test]
async fn what_is_changed_from_elsewhere_is_only_changed_in_the_version_that_was_seen() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for (method, path, body, thing) in elsewhere(&ada).await {
        let context = format!("{method} {path}");
        let read = ada.get(&thing).await;
        let tag = read.header("etag").to_owned();
        let before = read.expect(200);
        for stale in ["\"stale\"", &format!("W/{tag}"), ""] {
            let stale = ada.with_header("if-match", stale);
            let answer = stale.send(method.clone(), &path, body.as_ref()).await;
            answer.problem(412, "precondition-failed");
        }
        let after = ada.get(&thing).await;
        assert_eq!(after.header("etag"), tag, "{context}");
        assert_eq!(after.expect(200)["updatedAt"], before["updatedAt"]);
        server.clock.advance(1000);
        let seen = ada.with_header("if-match", &format!("\"stale\", {tag}"));
        let answer = seen.send(method, &path, body.as_ref()).await;
        let new_tag = answer.header("etag").to_owned();
        answer.expect(200);
        let now = ada.get(&thing).await;
        assert_ne!(now.header("etag"), tag, "{context}");
        if !new_tag.is_empty() {
            assert_eq!(now.header("etag"), new_tag, "{context}");
        }
    }
}

#[tokio::test]
async fn every_operation_of_the_document_that_takes_a_version_is_tried_here() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let document = ada.get("/openapi.json").await.expect(200);
    let operations = document["paths"].as_object().unwrap().values();
    let operations = operations.flat_map(|item| item.as_object().unwrap().values());
    let conditional = operations.filter(|operation| {
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        let takes = parameters.any(|parameter| parameter["name"] == "If-Match");
        assert_eq!(takes, operation["responses"]["412"].is_object());
        takes
    });
    // PUT and PATCH of all resources but keys, which have no PATCH; five are deleted at their own path, people and
    // organisations are not.
    let at_its_own = 5 * 2 + 1 + 4;
    assert_eq!(
        conditional.count(),
        at_its_own + elsewhere(&ada).await.len()
    );
}

#[tokio::test]
async fn what_is_new_or_was_changed_says_its_version() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let made = async |path: &str, body: Value| {
        let made = ada.post(path, &body).await;
        let (place, tag) = (
            made.header("location").to_owned(),
            made.header("etag").to_owned(),
        );
        let id = text(&made.expect(201), "id").to_owned();
        assert_eq!(ada.get(&place).await.header("etag"), tag, "{path}");
        (id, place)
    };
    let (project, _) = made("/projects", json!({ "name": "a" })).await;
    let (task, _) = made("/tasks", json!({ "name": "a" })).await;
    made(
        &format!("/projects/{project}/tasks"),
        json!({ "name": "b" }),
    )
    .await;
    made(
        &format!("/tasks/{task}/tracks"),
        json!({ "start": 0, "end": 5 }),
    )
    .await;
    let clock_in = format!("/tasks/{task}/clock-in");
    let (_, track) = made(&clock_in, json!({})).await;
    let again = ada.post_empty(&clock_in).await;
    assert_eq!(again.header("etag"), ada.get(&track).await.header("etag"));
    again.expect(200);
}

#[tokio::test]
async fn a_weak_tag_names_a_version_to_read_and_none_to_change() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let made = ada.post("/tasks", &json!({ "name": "a" })).await;
    let (path, tag) = (
        made.header("location").to_owned(),
        made.header("etag").to_owned(),
    );
    made.expect(201);
    let weak = format!("W/{tag}");
    let change = json!({ "name": "b" });
    let reading = ada.with_header("if-none-match", &weak);
    reading.get(&path).await.expect(304);
    let changing = ada.with_header("if-match", &weak);
    changing
        .put(&path, &change)
        .await
        .problem(412, "precondition-failed");
    // Of several lines each counts.
    for (name, method, status) in [
        ("if-none-match", Method::GET, 304),
        ("if-match", Method::PUT, 200),
    ] {
        let request = ada.request(method, &path).header(name, "\"other\"");
        let answer = request.header(name, &tag).json(&change).send().await;
        assert_eq!(answer.unwrap().status(), status, "{name}");
    }
}

#[tokio::test]
async fn whoever_may_change_it_may_compare_versions_and_nobody_else() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let made = ada.post("/tasks", &json!({ "name": "a" })).await;
    let (path, tag) = (
        made.header("location").to_owned(),
        made.header("etag").to_owned(),
    );
    made.expect(201);
    let with = async |scope: &str, if_match: &str| {
        let key = make_key(&ada, &json!({ "name": "ci", "scopes": [scope] })).await;
        let client = server.anonymous().with_key(text(&key, "apiKey"));
        client.with_header("if-match", if_match)
    };
    let change = json!({ "name": "b" });
    for if_match in ["\"stale\"", &tag] {
        let tracker = with("track", if_match).await;
        tracker
            .put(&path, &change)
            .await
            .problem(403, "scope-missing");
    }
    let manager = with("manage", "\"stale\"").await;
    manager
        .put(&path, &change)
        .await
        .problem(412, "precondition-failed");
    let manager = with("manage", &tag).await;
    manager.put(&path, &change).await.expect(200);
    // What is not there has no version, and is not found.
    let missing = with("manage", "*").await;
    let path = format!("/tasks/{UNKNOWN}");
    missing.put(&path, &change).await.problem(404, "not-found");
}

#[tokio::test]
async fn every_versioned_resource_of_the_document_is_tried_here() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let document = ada.get("/openapi.json").await.expect(200);
    let paths = document["paths"].as_object().unwrap();
    let versioned = paths
        .values()
        .filter(|item| item["get"]["responses"]["304"].is_object());
    assert_eq!(versioned.count(), resources(&ada).await.len());
}
