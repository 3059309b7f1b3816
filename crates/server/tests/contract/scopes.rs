//! What each scope of an API key allows, and that a key without it is told which one is missing.

use reqwest::Method;
use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use crate::support::{key_tokens, make_key, my_id, my_org, text};

const SCOPES: [&str; 4] = ["read", "track", "manage", "admin"];

/// What the operations of the table are done to.
struct Things {
    user: String,
    org: String,
    project: String,
    task: String,
    key: String,
}

async fn things(ada: &Client) -> Things {
    let project = ada
        .post("/projects", &json!({ "name": "Shop" }))
        .await
        .expect(201);
    let task = ada
        .post("/tasks", &json!({ "name": "Cart" }))
        .await
        .expect(201);
    let key = make_key(ada, &json!({ "name": "old" })).await;
    Things {
        user: my_id(ada).await,
        org: my_org(ada).await,
        project: text(&project, "id").to_owned(),
        task: text(&task, "id").to_owned(),
        key: text(&key["info"], "id").to_owned(),
    }
}

type Row = (&'static str, Method, String, Option<Value>);

/// Operations that the scope `read` allows.
fn reads(things: &Things) -> Vec<Row> {
    let Things {
        user,
        org,
        project,
        task,
        key,
    } = things;
    let get = |path: String| ("read", Method::GET, path, None);
    vec![
        get("/account/me".to_owned()),
        get(format!("/orgs/{org}")),
        get("/users".to_owned()),
        get(format!("/users/{user}")),
        get("/api-keys".to_owned()),
        get(format!("/api-keys/{key}")),
        get("/projects".to_owned()),
        get(format!("/projects/{project}")),
        get(format!("/projects/{project}/tasks")),
        get("/tasks".to_owned()),
        get(format!("/tasks/{task}")),
        get(format!("/tasks/{task}/tracks")),
        get("/tracks".to_owned()),
        get(format!("/reports/tasks/{task}")),
        get(format!("/reports/users/{user}")),
        bare("track", Method::POST, format!("/tasks/{task}/clock-in")),
        bare("track", Method::POST, format!("/tasks/{task}/clock-out")),
    ]
}

/// Operations on work and time, and the scope that each needs, in an order in which all of them succeed.
fn work(things: &Things) -> Vec<Row> {
    let (project, task) = (&things.project, &things.task);
    vec![
        bare(
            "track",
            Method::POST,
            "/tasks/by-name/Cart/clock-in".to_owned(),
        ),
        bare(
            "track",
            Method::POST,
            "/tasks/by-name/Cart/clock-out".to_owned(),
        ),
        of(
            "track",
            Method::POST,
            format!("/tasks/{task}/tracks"),
            json!({ "start": 0, "end": 5 }),
        ),
        of(
            "manage",
            Method::POST,
            "/projects".to_owned(),
            json!({ "name": "New" }),
        ),
        of(
            "manage",
            Method::PUT,
            format!("/projects/{project}"),
            json!({ "name": "Store" }),
        ),
        of(
            "manage",
            Method::POST,
            "/tasks".to_owned(),
            json!({ "name": "New" }),
        ),
        of(
            "manage",
            Method::PATCH,
            format!("/tasks/{task}"),
            json!({ "description": "new" }),
        ),
        bare("manage", Method::DELETE, format!("/tasks/{task}")),
        bare("manage", Method::DELETE, format!("/projects/{project}")),
    ]
}

/// Operations that the scope `admin` allows.
fn administration(things: &Things) -> Vec<Row> {
    let (user, org, key) = (&things.user, &things.org, &things.key);
    vec![
        of(
            "admin",
            Method::PUT,
            format!("/users/{user}"),
            json!({ "firstName": "Ada" }),
        ),
        of(
            "admin",
            Method::PUT,
            format!("/orgs/{org}"),
            json!({ "description": "new" }),
        ),
        of(
            "admin",
            Method::POST,
            "/users".to_owned(),
            json!({ "email": "bob@example.com", "role": "member" }),
        ),
        of(
            "admin",
            Method::POST,
            "/invitations".to_owned(),
            json!({ "email": "carol@example.com" }),
        ),
        bare("admin", Method::GET, "/invitations".to_owned()),
        bare("admin", Method::GET, "/account/sessions".to_owned()),
        bare("admin", Method::DELETE, format!("/api-keys/{key}")),
    ]
}

/// An operation with a body.
fn of(scope: &'static str, method: Method, path: String, body: Value) -> Row {
    (scope, method, path, Some(body))
}

/// An operation without one.
fn bare(scope: &'static str, method: Method, path: String) -> Row {
    (scope, method, path, None)
}

#[tokio::test]
async fn each_scope_allows_its_operations_and_no_others() {
    for scope in SCOPES {
        let server = TestServer::start().await;
        let ada = server.sign_up("ada").await;
        let things = things(&ada).await;
        let rows = [reads(&things), work(&things), administration(&things)].concat();
        let key = make_key(&ada, &json!({ "name": "ci", "scopes": [scope] })).await;
        let client = server.anonymous().with_key(text(&key, "apiKey"));
        for (needed, method, path, body) in rows {
            let answer = client.send(method.clone(), &path, body.as_ref()).await;
            if needed == scope {
                assert!(
                    answer.status < 300,
                    "{scope}: {method} {path}: {:#}",
                    answer.body
                );
            } else {
                let problem = answer.problem(403, "scope-missing");
                let detail = text(&problem, "detail");
                assert!(
                    detail.contains(&format!("`{needed}`")),
                    "{method} {path}: {detail}"
                );
            }
        }
    }
}

#[tokio::test]
async fn a_session_has_the_scopes_of_the_key_that_began_it() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let key = make_key(&ada, &json!({ "name": "ci", "scopes": ["read", "manage"] })).await;
    let tokens = key_tokens(&server, text(&key, "apiKey")).await;
    let body = json!({ "refreshToken": tokens["refreshToken"] });
    let refreshed = server
        .anonymous()
        .post("/account/refresh/api-key", &body)
        .await
        .expect(200);
    for tokens in [tokens, refreshed] {
        let client = server.anonymous().with_token(text(&tokens, "accessToken"));
        let me = client.get("/account/me").await.expect(200);
        assert_eq!(me["scopes"], json!(["read", "manage"]));
        let task = client
            .post("/tasks", &json!({ "name": "Cart" }))
            .await
            .expect(201);
        let path = format!("/tasks/{}/clock-in", text(&task, "id"));
        let problem = client.post_empty(&path).await.problem(403, "scope-missing");
        assert!(text(&problem, "detail").contains("`track`"));
        client
            .get("/account/sessions")
            .await
            .problem(403, "scope-missing");
    }
}

#[tokio::test]
async fn a_key_can_do_no_more_than_its_owner() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let key = make_key(&bob, &json!({ "name": "ci", "scopes": SCOPES })).await;
    let client = server.anonymous().with_key(text(&key, "apiKey"));
    client
        .get("/account/sessions")
        .await
        .problem(403, "forbidden");
    client.get("/invitations").await.problem(403, "forbidden");
    client
        .get("/internal/stats")
        .await
        .problem(403, "forbidden");
    let path = format!("/orgs/{}", my_org(&ada).await);
    client
        .put(&path, &json!({ "name": "Bob's" }))
        .await
        .problem(403, "forbidden");
}
