//! The client and the served document know the same operations.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use timetracks_client::{Client, Credential, OPERATIONS};
use timetracks_testkit::TestServer;

/// Method, path, names in the query string, whether a credential is needed, whether a key makes it safe to repeat.
type Shape = (String, String, Vec<String>, bool, bool);

fn served(document: &Value) -> BTreeSet<Shape> {
    let mut shapes = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let is_method = ["get", "put", "post", "patch", "delete"].contains(&method.as_str());
            // PUT and PATCH are one handler; pages for people are not for clients.
            let twin = method == "put"
                && item["patch"]["requestBody"] == operation["requestBody"]
                && item["patch"].is_object();
            if !is_method || twin || !answers_json(operation) {
                continue;
            }
            let parameters = operation["parameters"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let named = |place: &str| {
                let inside = parameters
                    .iter()
                    .filter(|parameter| parameter["in"] == place);
                let names = inside.map(|parameter| parameter["name"].as_str().unwrap().to_owned());
                names.collect::<BTreeSet<_>>()
            };
            let in_path: BTreeSet<_> = path
                .split('/')
                .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
                .map(str::to_owned)
                .collect();
            assert_eq!(named("path"), in_path, "{method} {path}");
            let headers = named("header");
            for header in &headers {
                let known =
                    ["Idempotency-Key", "If-Match", "If-None-Match"].contains(&header.as_str());
                assert!(
                    known,
                    "{method} {path} has a header that the client does not know: {header}"
                );
            }
            let security = operation["security"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            shapes.insert((
                method.to_uppercase(),
                path.clone(),
                named("query").into_iter().collect(),
                !security.is_empty(),
                headers.contains("Idempotency-Key"),
            ));
        }
    }
    shapes
}

fn answers_json(operation: &Value) -> bool {
    let responses = operation["responses"].as_object().unwrap();
    let well = responses
        .iter()
        .filter(|(status, _)| status.starts_with('2'));
    well.into_iter()
        .any(|(_, response)| response["content"]["application/json"].is_object())
}

#[tokio::test]
async fn the_client_has_every_operation_of_the_served_document_and_no_other() {
    let server = TestServer::start().await;
    let client = Client::new(server.base(), Credential::None).unwrap();
    let document = client.get_open_api().await.unwrap();
    assert_eq!(document["openapi"], json!("3.1.0"));
    let served = served(&document);
    assert!(served.len() > 60, "{}", served.len());
    let shape = |operation: &timetracks_client::Operation| {
        (
            operation.method.to_owned(),
            operation.path.to_owned(),
            operation.query(),
            operation.signed,
            operation.method != "GET",
        )
    };
    let known: BTreeSet<Shape> = OPERATIONS.iter().map(shape).collect();
    assert_eq!(known.len(), OPERATIONS.len(), "two methods do the same");
    let missing: Vec<_> = served.difference(&known).collect();
    let made_up: Vec<_> = known.difference(&served).collect();
    assert!(
        missing.is_empty() && made_up.is_empty(),
        "without a method: {missing:#?}\nnot served so: {made_up:#?}"
    );
}
