//! The conventions of lists: whole, or page by page.

use serde_json::{Value, json};
use timetracks_testkit::{Answer, Client, TestServer};

use crate::support::{UNKNOWN, key_tokens, make_key, text};

/// Where the `Link` header of a page leads, if it has one.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link");
    if link.is_empty() {
        return None;
    }
    let target = link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"");
    Some(target.expect("a link to the next page").to_owned())
}

/// Everything behind a path, fetched page by page.
async fn pages(client: &Client, path: &str) -> Vec<Value> {
    let (mut pages, mut path) = (Vec::new(), Some(path.to_owned()));
    while let Some(here) = path.take() {
        let answer = client.get(&here).await;
        path = next(&answer);
        pages.push(answer.expect(200));
        assert!(pages.len() < 100, "the pages do not end");
    }
    pages
}

async fn add_projects(client: &Client, names: &[&str]) -> Vec<Value> {
    let mut projects = Vec::new();
    for name in names {
        projects.push(
            client
                .post("/projects", &json!({ "name": name }))
                .await
                .expect(201),
        );
    }
    projects
}

#[tokio::test]
async fn pages_follow_each_other_by_their_links_until_the_list_ends() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    assert_eq!(pages(&ada, "/projects?limit=2").await, [json!([])]);
    let all = add_projects(&ada, &["e", "d", "c", "b", "a"]).await;
    let answer = ada.get("/projects").await;
    assert_eq!(next(&answer), None);
    assert_eq!(answer.expect(200), json!(all));

    assert_eq!(
        pages(&ada, "/projects?limit=2").await,
        [json!(all[..2]), json!(all[2..4]), json!(all[4..])]
    );
    for limit in [5, 6, 1000] {
        assert_eq!(
            pages(&ada, &format!("/projects?limit={limit}")).await,
            [json!(all)]
        );
    }
    // The page size may change on the way, and go away.
    let link = next(&ada.get("/projects?limit=2").await).expect("there is more");
    let wider = link.replace("limit=2", "limit=3");
    assert_eq!(pages(&ada, &wider).await, [json!(all[2..])]);
    let rest = link.replace("limit=2&", "");
    assert_eq!(pages(&ada, &rest).await, [json!(all[2..])]);
}

#[tokio::test]
async fn a_page_neither_skips_nor_repeats_when_the_list_changes() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let all = add_projects(&ada, &["a", "b", "c", "d"]).await;
    let link = next(&ada.get("/projects?limit=2").await).expect("there is more");
    // Also not when the very project that the cursor was taken from is gone.
    for project in &all[..2] {
        ada.delete(&format!("/projects/{}", text(project, "id")))
            .await
            .expect(200);
    }
    let newest = add_projects(&ada, &["e"]).await;
    let expected = [json!(all[2..]), json!(newest)];
    assert_eq!(pages(&ada, &link).await, expected);
}

#[tokio::test]
async fn a_limit_or_cursor_that_is_none_is_refused() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for limit in [
        "0",
        "-1",
        "1001",
        "x",
        "",
        "1.5",
        "99999999999999999999",
        "%00",
    ] {
        let pointers = ada.get(&format!("/users?limit={limit}")).await.invalid();
        assert_eq!(pointers, ["/limit"], "{limit}");
    }
    for cursor in ["x", "", "%00", &"0".repeat(25), &"x".repeat(5_000)] {
        let pointers = ada
            .get(&format!("/users?limit=1&cursor={cursor}"))
            .await
            .invalid();
        assert_eq!(pointers, ["/cursor"], "{cursor}");
    }
    let pointers = ada.get("/users?limit=0&cursor=x").await.invalid();
    assert_eq!(pointers, ["/limit", "/cursor"]);
    ada.get("/users?limit=1&unknown=x").await.expect(200);
}

#[tokio::test]
async fn every_list_has_pages() {
    let server = TestServer::start().await;
    let operator = server.super_user("operator").await;
    server.sign_up("eve").await;
    let ada = server.sign_up("ada").await;
    for name in ["bob", "carol"] {
        let body = json!({ "email": format!("{name}@example.com"), "role": "member" });
        ada.post("/users", &body).await.expect(201);
        let body = json!({ "email": format!("{name}.too@example.com") });
        ada.post("/invitations", &body).await.expect(201);
        let key = make_key(&ada, &json!({ "name": name })).await;
        key_tokens(&server, text(&key, "apiKey")).await;
    }
    let project = &add_projects(&ada, &["a", "b"]).await[0];
    let project_tasks = format!("/projects/{}/tasks", text(project, "id"));
    let mut tracks = String::new();
    for name in ["a", "b"] {
        let task = ada
            .post(&project_tasks, &json!({ "name": name }))
            .await
            .expect(201);
        tracks = format!("/tasks/{}/tracks", text(&task, "id"));
    }
    for start in [0, 5] {
        ada.post(&tracks, &json!({ "start": start, "end": 9 }))
            .await
            .expect(201);
    }
    for path in [
        "/users",
        "/invitations",
        "/api-keys",
        "/account/sessions",
        "/projects",
        &project_tasks,
        "/tasks",
        &tracks,
        "/tracks",
    ] {
        expect_pages(&ada, path).await;
    }
    expect_pages(&operator, "/internal/orgs").await;
}

/// One by one the same as all at once.
async fn expect_pages(client: &Client, path: &str) {
    let all = client.get(path).await.expect(200);
    let one_by_one = pages(client, &format!("{path}?limit=1")).await;
    let count = all.as_array().map(Vec::len).unwrap_or_default();
    assert!(count > 1, "{path}: {all:#}");
    assert_eq!(one_by_one.len(), count, "{path}");
    let joined: Vec<_> = one_by_one.iter().map(|page| page[0].clone()).collect();
    assert_eq!(json!(joined), all, "{path}");
}

#[tokio::test]
async fn a_link_keeps_the_filters_of_its_list() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for name in ["a & b", "other", "a & b", "a & b"] {
        ada.post("/tasks", &json!({ "name": name }))
            .await
            .expect(201);
    }
    let filtered = ada.get("/tasks?name=a+%26+b").await.expect(200);
    assert_eq!(filtered.as_array().map(Vec::len), Some(3));
    let pages = pages(&ada, "/tasks?name=a+%26+b&limit=2").await;
    assert_eq!(
        pages,
        [json!([filtered[0], filtered[1]]), json!([filtered[2]])]
    );
}

#[tokio::test]
async fn a_long_list_arrives_whole() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let mut all = Vec::new();
    for number in 0..12 {
        // Together far more than what is kept in memory before it is handed on.
        let body = json!({ "name": format!("{number}"), "description": "é".repeat(10_000) });
        all.push(ada.post("/projects", &body).await.expect(201));
    }
    assert_eq!(ada.get("/projects").await.expect(200), json!(all));
    assert_eq!(
        pages(&ada, "/projects?limit=7").await,
        [json!(all[..7]), json!(all[7..])]
    );
}

#[tokio::test]
async fn a_list_of_what_does_not_exist_is_no_empty_list() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for path in ["/projects/{}/tasks", "/tasks/{}/tracks"] {
        for query in ["", "?limit=1"] {
            let path = format!("{}{query}", path.replace("{}", UNKNOWN));
            ada.get(&path).await.problem(404, "not-found");
        }
    }
}
