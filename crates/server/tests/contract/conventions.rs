//! What holds for every request: ids, paths, methods, problem pages, health.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;
use timetracks_testkit::TestServer;

use crate::support::{UNKNOWN, text};

#[tokio::test]
async fn a_sane_request_id_comes_back_and_another_one_is_replaced() {
    let server = TestServer::start().await;
    let anyone = server.anonymous();
    let longest = "x".repeat(128);
    for id in ["7", "build-42_a.b:c/d+e=", &longest] {
        let client = anyone.with_only("x-request-id", id);
        assert_eq!(client.get("/health/live").await.header("x-request-id"), id);
        let answer = client.get("/account/me").await;
        assert_eq!(answer.problem(401, "unauthorized")["instance"], id);
    }
    let longer = "x".repeat(129);
    let mut replaced = BTreeSet::new();
    let insane = [
        "", " ", "a b", "a\tb", "<script>", "a\"b", "{x}", "a,b", "a;b", "%0a", &longer,
    ];
    for id in insane {
        let client = anyone.with_only("x-request-id", id);
        let answer = client.get("/health/live").await;
        assert_ne!(answer.header("x-request-id"), id);
        replaced.insert(answer.header("x-request-id").to_owned());
    }
    assert_eq!(
        replaced.len(),
        insane.len(),
        "every request has an id of its own"
    );
}

#[tokio::test]
async fn an_unknown_path_is_not_found_with_and_without_a_credential() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let paths = [
        "/nope",
        "/users/x/nope",
        "/api/v2/users",
        "/health/nope",
        "/docs/",
        "/api/v1",
        "/users/",
        "/internal",
    ];
    for client in [&ada, &server.anonymous()] {
        for path in paths {
            for method in [Method::GET, Method::POST, Method::DELETE] {
                client
                    .send(method, path, None)
                    .await
                    .problem(404, "not-found");
            }
        }
    }
}

#[tokio::test]
async fn another_method_is_not_allowed_and_the_answer_names_those_that_are() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let document = ada.get("/openapi.json").await.expect(200);
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    assert!(paths.len() > 30);
    for (template, item) in paths {
        let path = fill(&template);
        let methods = [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ];
        let (known, other): (Vec<_>, Vec<_>) = methods
            .into_iter()
            .partition(|method| item[method.as_str().to_lowercase()].is_object());
        assert!(!other.is_empty(), "{template} takes everything");
        for method in other {
            let answer = ada.send(method, &path, None).await;
            let mut allowed: Vec<_> = answer.header("allow").split(',').map(str::trim).collect();
            // GET brings HEAD along.
            allowed.retain(|method| *method != "HEAD");
            let allowed: BTreeSet<_> = allowed.into_iter().collect();
            let known: BTreeSet<_> = known.iter().map(Method::as_str).collect();
            assert_eq!(allowed, known, "{template}");
            answer.problem(405, "method-not-allowed");
        }
    }
}

/// A path of the template, with an id that nothing has.
fn fill(template: &str) -> String {
    let segments = template
        .split('/')
        .map(|segment| match segment.starts_with('{') {
            true => UNKNOWN,
            false => segment,
        });
    segments.collect::<Vec<_>>().join("/")
}

/// Every reference to a problem page in a document.
fn problem_types(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.starts_with("/problems/") && !text.contains('{') => {
            found.insert(text.clone());
        }
        Value::Array(values) => values.iter().for_each(|value| problem_types(value, found)),
        Value::Object(members) => members
            .values()
            .for_each(|value| problem_types(value, found)),
        _ => {}
    }
}

#[tokio::test]
async fn every_problem_has_a_page_for_people() {
    let server = TestServer::start().await;
    let anyone = server.anonymous();
    let document = anyone.get("/openapi.json").await.expect(200);
    let mut types = BTreeSet::new();
    problem_types(&document["components"]["examples"], &mut types);
    assert!(types.len() > 20, "{types:?}");
    // No operation is documented to answer this one.
    types.insert("/problems/method-not-allowed".to_owned());
    for path in types {
        let answer = anyone.get(&path).await;
        assert!(
            answer.header("content-type").starts_with("text/html"),
            "{path}"
        );
        let page = answer.expect(200);
        let code = path.trim_start_matches("/problems/");
        assert!(page.as_str().unwrap_or_default().contains(code), "{path}");
    }
    anyone.get("/problems/nope").await.problem(404, "not-found");
    anyone.get("/problems/%00").await.problem(404, "not-found");
}

#[tokio::test]
async fn a_problem_says_what_it_is() {
    let server = TestServer::start().await;
    let anyone = server.anonymous();
    let problem = anyone.get("/account/me").await.problem(401, "unauthorized");
    for name in ["type", "title", "detail", "instance"] {
        assert!(!text(&problem, name).is_empty(), "{name}");
    }
    assert_eq!(problem["status"], 401);
    assert!(problem.get("errors").is_none());
}

#[tokio::test]
async fn a_server_that_drains_lives_but_is_not_ready() {
    let server = TestServer::start().await;
    let anyone = server.anonymous();
    anyone.get("/health/live").await.expect(200);
    anyone.get("/health/ready").await.expect(200);
    server.server.start_draining();
    anyone.get("/health/live").await.expect(200);
    let answer = anyone.get("/health/ready").await;
    assert!(!answer.header("retry-after").is_empty());
    answer.problem(503, "unavailable");
}

#[tokio::test]
async fn the_reference_needs_no_internet_and_offers_the_document() {
    let server = TestServer::start().await;
    let answer = server.anonymous().get("/docs").await;
    let policy = answer.header("content-security-policy").to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(!policy.contains("http"), "{policy}");
    let page = answer.expect(200);
    let page = page.as_str().unwrap_or_default();
    for outside in ["<script src", "<link rel=\"stylesheet\"", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let link = page
        .split("<a ")
        .find(|link| link.contains("href=\"/openapi.json\""));
    assert!(link.is_some_and(|link| link.contains("download=")));
}
