//! The conventions of bodies: what is refused before a rule is looked at, and what every update has in common.

use reqwest::Method;
use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use crate::support::{my_id, my_org, text};

const JSON: &str = "application/json";

async fn post_project(
    client: &Client,
    content_type: &str,
    body: impl Into<Vec<u8>>,
) -> timetracks_testkit::Answer {
    client
        .send_raw(Method::POST, "/projects", content_type, body.into())
        .await
}

#[tokio::test]
async fn a_body_must_say_that_it_is_json() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = r#"{"name":"Shop"}"#;
    for content_type in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "json",
        "text/json",
    ] {
        post_project(&ada, content_type, body)
            .await
            .problem(415, "unsupported-media-type");
    }
    for content_type in [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/merge-patch+json",
    ] {
        post_project(&ada, content_type, body).await.expect(201);
    }
    // An operation that can do without a body still looks at the one it gets.
    let path = "/tasks/by-name/Cart/clock-in";
    let answer = ada
        .send_raw(Method::POST, path, "text/plain", b"{}".to_vec())
        .await;
    answer.problem(415, "unsupported-media-type");
    ada.send_raw(Method::POST, path, "text/plain", Vec::new())
        .await
        .expect(201);
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let deep = format!("{{\"name\":{}{}}}", "[".repeat(200), "]".repeat(200));
    let broken: [&[u8]; 9] = [
        b"",
        b"{",
        b"nul",
        b"{\"name\":\"Shop\",}",
        b"{\"name\":\"Shop\"} x",
        b"{\"name\":\"\xff\"}",
        b"{\"name\":\"a\0b\"}",
        b"{\"name\":\"\\ud800\"}",
        deep.as_bytes(),
    ];
    for body in broken {
        let problem = post_project(&ada, JSON, body)
            .await
            .problem(400, "malformed-json");
        assert!(!text(&problem, "detail").is_empty());
    }
    assert_eq!(ada.get("/projects").await.expect(200), json!([]));
}

#[tokio::test]
async fn a_body_that_is_no_object_breaks_a_rule() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for body in ["[]", "null", "5", "\"name\"", "true"] {
        assert_eq!(
            post_project(&ada, JSON, body).await.invalid(),
            [""],
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_body_may_have_a_mebibyte_and_no_byte_more() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = |bytes: usize| {
        let frame = r#"{"name":"Shop","ignored":""}"#;
        frame.replace("\"\"", &format!("\"{}\"", "x".repeat(bytes - frame.len())))
    };
    let whole = body(1024 * 1024);
    assert_eq!(whole.len(), 1024 * 1024);
    post_project(&ada, JSON, whole).await.expect(201);
    let over = body(1024 * 1024 + 1);
    post_project(&ada, JSON, over)
        .await
        .problem(413, "body-too-large");
    assert_eq!(
        ada.get("/projects")
            .await
            .expect(200)
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn a_broken_rule_is_told_by_pointer_and_in_words() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "name": "", "externalId": 5 });
    let problem = ada.post("/projects", &body).await.problem(422, "invalid");
    assert_eq!(problem["title"], "Invalid request");
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    assert_eq!(errors.len(), 2);
    for error in errors {
        assert!(text(&error, "pointer").starts_with('/'));
        assert!(text(&error, "detail").starts_with("must "), "{error}");
    }
}

#[tokio::test]
async fn text_is_kept_byte_for_byte_but_for_the_ends_of_names() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let odd = "\u{202e}🏳️‍🌈 e\u{301} ß \\\" </script>";
    let body = json!({ "name": format!(" {odd}\u{3000}"), "description": format!(" {odd} "), "externalId": format!(" {odd} ") });
    let project = ada.post("/projects", &body).await.expect(201);
    assert_eq!(project["name"], odd);
    assert_eq!(project["description"], body["description"]);
    assert_eq!(project["externalId"], body["externalId"]);
    let list = ada.get("/projects").await.expect(200);
    assert_eq!(list, json!([project]));

    let longest = json!({
        "name": "é".repeat(200),
        "description": "é".repeat(10_000),
        "externalId": "é".repeat(255),
    });
    ada.post("/projects", &longest).await.expect(201);
    for control in ["\u{0}", "\n", "\u{1b}", "\u{7f}", "\u{85}"] {
        let broken = format!("a{control}b");
        let body = json!({ "name": broken, "description": broken, "externalId": broken });
        let pointers = ada.post("/projects", &body).await.invalid();
        assert_eq!(
            pointers,
            ["/name", "/description", "/externalId"],
            "{control:?}"
        );
    }
    let longer = json!({
        "name": "é".repeat(201),
        "description": "é".repeat(10_001),
        "externalId": "é".repeat(256),
    });
    let pointers = ada.post("/projects", &longer).await.invalid();
    assert_eq!(pointers, ["/name", "/description", "/externalId"]);
}

/// Something of each kind that can be updated, with a change that it takes.
async fn updatable(ada: &Client) -> Vec<(String, Value)> {
    let project = ada
        .post("/projects", &json!({ "name": "Shop" }))
        .await
        .expect(201);
    let task = ada
        .post("/tasks", &json!({ "name": "Cart" }))
        .await
        .expect(201);
    let tracks = format!("/tasks/{}/tracks", text(&task, "id"));
    let track = ada
        .post(&tracks, &json!({ "start": 0, "end": 5 }))
        .await
        .expect(201);
    vec![
        (
            format!("/orgs/{}", my_org(ada).await),
            json!({ "name": "New" }),
        ),
        (
            format!("/users/{}", my_id(ada).await),
            json!({ "lastName": "New" }),
        ),
        (
            format!("/projects/{}", text(&project, "id")),
            json!({ "description": "New" }),
        ),
        (
            format!("/tasks/{}", text(&task, "id")),
            json!({ "status": "done" }),
        ),
        (
            format!("{tracks}/{}", text(&track, "id")),
            json!({ "end": 7 }),
        ),
    ]
}

#[tokio::test]
async fn an_update_by_put_and_by_patch_is_the_same() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for (path, change) in updatable(&ada).await {
        let before = ada.get(&path).await.expect(200);
        for method in [Method::PUT, Method::PATCH] {
            for nothing in [json!({}), json!({ "id": "x", "Name": "x" })] {
                let answer = ada.send(method.clone(), &path, Some(&nothing)).await;
                assert_eq!(answer.invalid(), [""], "{method} {path}");
            }
        }
        let put = ada.put(&path, &change).await.expect(200);
        assert_eq!(ada.patch(&path, &change).await.expect(200), put);
        let (name, value) = change
            .as_object()
            .into_iter()
            .flatten()
            .next()
            .expect("a member");
        assert_eq!(put[name], *value);
        assert_ne!(put[name], before[name]);
        let untouched = [
            "id",
            "name",
            "firstName",
            "email",
            "userId",
            "start",
            "createdAt",
        ];
        for other in untouched.iter().filter(|other| *other != name) {
            assert_eq!(put.get(other), before.get(other), "{path} {other}");
        }
    }
}

#[tokio::test]
async fn unknown_members_are_ignored() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for (path, change) in updatable(&ada).await {
        let mut whole = ada.get(&path).await.expect(200);
        whole["unknown"] = json!({ "deep": [1, 2, 3] });
        whole["id"] = json!(5);
        whole["createdAt"] = json!("never");
        let (name, value) = change
            .as_object()
            .into_iter()
            .flatten()
            .next()
            .expect("a member");
        whole[name] = value.clone();
        // A client may send back the whole object that it got.
        let changed = ada.put(&path, &whole).await.expect(200);
        assert_eq!(changed[name], *value, "{path}");
        assert_ne!(changed["id"], 5);
        assert!(changed.get("unknown").is_none());
    }
}

#[tokio::test]
async fn every_update_is_documented_as_put_and_patch_alike() {
    let server = TestServer::start().await;
    let document = server.anonymous().get("/openapi.json").await.expect(200);
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    let mut updates = 0;
    for (path, item) in paths {
        // A PUT without a body is no update: it rotates an API key.
        let (put, patch) = (&item["put"], &item["patch"]);
        if put["requestBody"].is_object() || patch.is_object() {
            updates += 1;
            for part in ["requestBody", "responses", "parameters", "security"] {
                assert_eq!(put[part], patch[part], "{path} {part}");
            }
        }
    }
    assert!(updates >= 6, "{updates}");
}
