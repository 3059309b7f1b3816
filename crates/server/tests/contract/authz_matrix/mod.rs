//! Every operation of the served document with every kind of credential answers what one checked-in table says, and a
//! refused call changes nothing. An operation without a row fails.
//!
//! The table is `table.txt`. With `TIMETRACKS_TEST_BLESS=1` the test writes what it found, to be read before it is kept.

mod world;

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::Value;
use timetracks_testkit::Answer;

use world::{CREDENTIALS, World};

const TABLE: &str = include_str!("table.txt");

/// An operation of the document.
struct Operation {
    id: String,
    method: Method,
    path: String,
    /// The example of its body, if it takes one.
    body: Option<Value>,
    /// The names of the parameters that must be there.
    required: Vec<String>,
}

fn operations(document: &Value) -> Vec<Operation> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let body = &operation["requestBody"]["content"]["application/json"]["example"];
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let required = parameters
                .filter(|parameter| parameter["in"] == "query" && parameter["required"] == true)
                .map(|parameter| parameter["name"].as_str().unwrap().to_owned());
            found.push(Operation {
                id: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                body: (!body.is_null()).then(|| body.clone()),
                required: required.collect(),
            });
        }
    }
    found
}

/// Status and, for a refusal, its code.
fn gist(answer: &Answer) -> String {
    let code = answer.body["type"].as_str().unwrap_or_default();
    match code.rsplit('/').next() {
        Some(code) if answer.status >= 400 => format!("{} {code}", answer.status),
        _ => answer.status.to_string(),
    }
}

fn rows(table: &str) -> BTreeMap<(&str, &str), &str> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    let cells = lines.map(|line| {
        let mut cells = line.split('|').map(str::trim);
        let mut cell = || {
            cells
                .next()
                .unwrap_or_else(|| panic!("a cell is missing in: {line}"))
        };
        ((cell(), cell()), cell())
    });
    cells.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_answers_every_credential_as_the_table_says() {
    let mut world = World::new().await;
    let document = world.document().await;
    let mut found = Vec::new();
    for operation in operations(&document) {
        assert!(
            operation.required.is_empty(),
            "{} needs a query",
            operation.id
        );
        for credential in CREDENTIALS {
            let client = world.client(credential, &operation.id).await;
            let (path, body) = world.request(&operation).await;
            let before = world.everything().await;
            let answer = client
                .send(operation.method.clone(), &path, body.as_ref())
                .await;
            let gist = gist(&answer);
            assert!(answer.status < 500, "{} {credential}: {gist}", operation.id);
            if answer.status >= 400 || operation.method == Method::GET {
                let after = world.everything().await;
                assert_eq!(
                    before, after,
                    "{} {credential} changed something",
                    operation.id
                );
            }
            found.push((operation.id.clone(), credential, gist));
        }
    }
    let text: String = found
        .iter()
        .map(|(id, credential, gist)| format!("{id:<32} | {credential:<22} | {gist}\n"))
        .collect();
    if std::env::var_os("TIMETRACKS_TEST_BLESS").is_some() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/contract/authz_matrix/table.txt"
        );
        std::fs::write(path, format!("# operation | credential | answer\n{text}")).unwrap();
    }
    let expected = rows(TABLE);
    for (id, credential, gist) in &found {
        let row = expected.get(&(id, credential));
        assert_eq!(row.copied(), Some(gist.as_str()), "{id} with {credential}");
    }
    assert_eq!(
        expected.len(),
        found.len(),
        "the table has rows of no operation"
    );
}
