//! The served document: complete, and about exactly the routes that there are.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};
use timetracks_testkit::TestServer;

/// Every operation of the contract, by path; `PUT` and `PATCH` are one row there.
const OPERATIONS: &[(&str, &str)] = &[
    ("/api/v1/account/login", "post"),
    ("/api/v1/account/login/api-key", "post"),
    ("/api/v1/account/logout", "post"),
    ("/api/v1/account/me", "get"),
    ("/api/v1/account/password", "post"),
    ("/api/v1/account/refresh", "post"),
    ("/api/v1/account/refresh/api-key", "post"),
    ("/api/v1/account/sessions", "get"),
    ("/api/v1/account/sessions/{sessionId}", "delete"),
    ("/api/v1/account/signup", "post"),
    ("/api/v1/account/signup/{invId}", "post"),
    ("/api/v1/api-keys", "get post"),
    ("/api/v1/api-keys/{apiKeyId}", "delete get put"),
    ("/api/v1/audit-events", "get"),
    ("/api/v1/internal/orgs", "get"),
    ("/api/v1/internal/orgs/{orgId}", "get"),
    ("/api/v1/internal/orgs/{orgId}/resume", "post"),
    ("/api/v1/internal/orgs/{orgId}/suspend", "post"),
    ("/api/v1/internal/stats", "get"),
    ("/api/v1/invitations", "get post"),
    ("/api/v1/invitations/{invId}", "delete get"),
    ("/api/v1/orgs/{orgId}", "get patch put"),
    ("/api/v1/projects", "get post"),
    ("/api/v1/projects/{projectId}", "delete get patch put"),
    ("/api/v1/projects/{projectId}/tasks", "get post"),
    ("/api/v1/projects/{projectId}/tasks/{taskId}", "delete"),
    ("/api/v1/projects/{projectId}/tasks/{taskId}/attach", "post"),
    ("/api/v1/projects/{projectId}/tasks/{taskId}/detach", "post"),
    ("/api/v1/projects/{projectId}/tasks/{taskId}/move", "post"),
    ("/api/v1/reports/projects/{projectId}/tasks", "get"),
    ("/api/v1/reports/projects/{projectId}/users", "get"),
    ("/api/v1/reports/tasks/{taskId}", "get"),
    ("/api/v1/reports/tasks/{taskId}/users", "get"),
    ("/api/v1/reports/users/{userId}", "get"),
    ("/api/v1/tasks", "get post"),
    ("/api/v1/tasks/by-external-id/{externalId}/clock-in", "post"),
    (
        "/api/v1/tasks/by-external-id/{externalId}/clock-out",
        "post",
    ),
    ("/api/v1/tasks/by-name/{name}/clock-in", "post"),
    ("/api/v1/tasks/by-name/{name}/clock-out", "post"),
    ("/api/v1/tasks/{taskId}", "delete get patch put"),
    ("/api/v1/tasks/{taskId}/clock-in", "post"),
    ("/api/v1/tasks/{taskId}/clock-out", "post"),
    ("/api/v1/tasks/{taskId}/tracks", "get post"),
    (
        "/api/v1/tasks/{taskId}/tracks/{trackId}",
        "delete get patch put",
    ),
    ("/api/v1/tasks/{taskId}/tracks/{trackId}/heartbeat", "post"),
    ("/api/v1/tracks", "get"),
    ("/api/v1/users", "get post"),
    ("/api/v1/users/{userId}", "get patch put"),
    ("/api/v1/users/{userId}/password", "patch put"),
    ("/api/v1/users/{userId}/password-reset", "post"),
    ("/docs", "get"),
    ("/health/live", "get"),
    ("/health/ready", "get"),
    ("/openapi.json", "get"),
    ("/problems/{code}", "get"),
];

/// The operations that need no credential.
const PUBLIC: &[&str] = &[
    "acceptInvitation",
    "getDocs",
    "getInvitation",
    "getLiveness",
    "getReadiness",
    "logIn",
    "logInWithApiKey",
    "getOpenapi",
    "getProblemPage",
    "redeemPasswordToken",
    "refresh",
    "refreshApiKeySession",
    "signUp",
];

fn document() -> Value {
    serde_json::to_value(timetracks_server::document()).unwrap()
}

/// Every operation with its path and method.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &Value)| {
        let methods = item.as_object().unwrap().clone();
        let path = path.clone();
        methods
            .into_iter()
            .map(move |(method, operation)| (path.clone(), method, operation))
    };
    paths.iter().flat_map(of_path).collect()
}

#[tokio::test]
async fn the_document_is_served_as_it_is_made() {
    let server = TestServer::start().await;
    let served = server.anonymous().get("/openapi.json").await.expect(200);
    assert_eq!(served, document());
    assert_eq!(served["openapi"], "3.1.0");
}

#[test]
fn the_operations_are_those_of_the_contract() {
    let mut documented = BTreeMap::<String, BTreeSet<String>>::new();
    for (path, method, _) in operations(&document()) {
        documented.entry(path).or_default().insert(method);
    }
    let found: Vec<_> = documented
        .iter()
        .map(|(path, methods)| {
            let methods: Vec<_> = methods.iter().map(String::as_str).collect();
            (path.as_str(), methods.join(" "))
        })
        .collect();
    let mut expected: Vec<_> = OPERATIONS
        .iter()
        .map(|(path, methods)| (*path, (*methods).to_owned()))
        .collect();
    expected.sort_unstable();
    assert_eq!(found, expected);
}

/// Undocumented routes cannot be made (clippy bans `Router::route`); here each documented path takes its documented
/// methods and no other.
#[tokio::test]
async fn the_router_takes_exactly_the_documented_methods() {
    let server = TestServer::start().await;
    let anonymous = server.anonymous();
    for (path, methods) in OPERATIONS {
        let filled = path.replace(['{', '}'], "");
        for method in ["get", "post", "put", "patch", "delete"] {
            let verb: Method = method.to_uppercase().parse().unwrap();
            let request = anonymous.request(verb, &filled);
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            if !methods.split(' ').any(|documented| documented == method) {
                assert_eq!(status, 405, "{method} {path}");
                let allow = answer.headers()["allow"].to_str().unwrap().to_lowercase();
                let allowed: BTreeSet<_> =
                    allow.split(',').filter(|word| *word != "head").collect();
                assert_eq!(allowed, methods.split(' ').collect(), "{method} {path}");
            } else {
                assert_ne!(status, 405, "{method} {path}");
            }
        }
    }
}

#[test]
fn every_operation_is_described_and_named_once() {
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&document()) {
        let place = format!("{method} {path}");
        for member in ["operationId", "summary", "description"] {
            let text = operation[member].as_str().unwrap_or_default();
            assert!(!text.is_empty(), "{place} without {member}");
        }
        assert_eq!(
            operation["tags"].as_array().map(Vec::len),
            Some(1),
            "{place}"
        );
        assert!(ids.insert(operation["operationId"].to_string()), "{place}");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{place}: {parameter}");
        }
    }
}

#[test]
fn every_operation_says_who_may_call_it_and_what_it_may_answer() {
    for (path, method, operation) in operations(&document()) {
        let id = operation["operationId"].as_str().unwrap();
        let place = format!("{method} {path}");
        let responses = operation["responses"].as_object().unwrap();
        let is_public = PUBLIC.contains(&id);
        assert_eq!(operation["security"] == json!([]), is_public, "{place}");
        if !is_public {
            assert!(
                responses.contains_key("401") && responses.contains_key("403"),
                "{place}"
            );
        }
        if path.contains('{') {
            assert!(
                responses.contains_key("404") || path.contains("by-"),
                "{place}"
            );
        }
        for status in ["500", "503"] {
            assert!(responses.contains_key(status), "{place}");
        }
        for (status, response) in responses {
            let empty = serde_json::Map::new();
            let content = response["content"].as_object().unwrap_or(&empty);
            assert_eq!(content.is_empty(), status == "304", "{place} {status}");
            for (media, body) in content {
                let is_page = media == "text/html" || id == "getOpenapi";
                let has_example = !body["example"].is_null() || body["examples"].is_object();
                assert!(is_page || has_example, "{place} {status} has no example");
            }
            assert!(response["headers"]["X-Request-Id"].is_object(), "{place}");
            let is_list = content
                .get("application/json")
                .is_some_and(|body| body["schema"]["type"] == "array");
            assert_eq!(is_list, response["headers"]["Link"].is_object(), "{place}");
        }
    }
}
