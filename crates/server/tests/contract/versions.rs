//! Versions of resources: `ETag`, `If-None-Match` and `If-Match` (RFC 9110 §13.1).

use reqwest::Method;
use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use crate::support::{make_key, my_id, my_org, text};

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
        let any = ada.with_header("if-none-match", "\"other\", *");
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
