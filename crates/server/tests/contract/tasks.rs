//! Rows 30 to 33 and 59.

use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use crate::work::{book, each, id, own_id, project, task, task_in};

/// The names of the tasks that a query lists.
async fn names(client: &Client, query: &str) -> Vec<Value> {
    let list = client.get(&format!("/tasks{query}")).await.expect(200);
    each(&list, "name").into_iter().cloned().collect()
}

#[tokio::test]
async fn a_task_starts_open_and_standalone() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "name": " Basket ", "description": "React", "externalId": "JIRA-492" });
    let created = ada.post("/tasks", &body).await;
    let location = created.header("location").to_owned();
    let basket = created.expect(201);
    assert_eq!(location, format!("/api/v1/tasks/{}", id(&basket)));
    assert_eq!(
        basket,
        json!({
            "id": basket["id"],
            "userId": own_id(&ada).await,
            "name": "Basket",
            "description": "React",
            "status": "open",
            "projectId": null,
            "externalId": "JIRA-492",
            "createdAt": "2026-11-24T09:00:00.000Z",
            "updatedAt": "2026-11-24T09:00:00.000Z",
        })
    );
    assert_eq!(ada.get(&location).await.expect(200), basket);
}

#[tokio::test]
async fn what_is_left_out_stays_and_null_clears() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "name": "Basket", "description": "React", "externalId": "JIRA-492" });
    let mut basket = ada.post("/tasks", &body).await.expect(201);
    let path = format!("/tasks/{}", id(&basket));
    for (second, change) in [
        json!({ "status": "in_progress" }),
        json!({ "description": null }),
        json!({ "externalId": null }),
        json!({ "name": "Cart", "description": "Vue", "status": "done", "externalId": "X-1" }),
        json!({ "status": "open", "unknown": 1 }),
    ]
    .into_iter()
    .enumerate()
    {
        server.clock.advance(1_000);
        for (member, value) in change.as_object().unwrap() {
            if member != "unknown" {
                basket[member] = value.clone();
            }
        }
        basket["updatedAt"] = json!(format!("2026-11-24T09:00:0{}.000Z", second + 1));
        let changed = if second % 2 == 0 {
            ada.put(&path, &change).await
        } else {
            ada.patch(&path, &change).await
        };
        assert_eq!(changed.expect(200), basket);
        assert_eq!(ada.get(&path).await.expect(200), basket);
    }
}

#[tokio::test]
async fn a_change_that_breaks_rules_changes_nothing() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = format!("/tasks/{}", task(&ada, "Basket").await);
    let before = ada.get(&path).await.expect(200);
    let broken = json!({ "name": null, "description": 1, "status": "closed", "externalId": "" });
    let pointers = ada.put(&path, &broken).await.invalid();
    assert_eq!(
        pointers,
        ["/name", "/description", "/status", "/externalId"]
    );
    for status in [json!("Open"), json!(""), json!(null), json!(1)] {
        let change = json!({ "name": "Cart", "status": status });
        let pointers = ada.patch(&path, &change).await.invalid();
        assert_eq!(pointers, ["/status"], "{status}");
    }
    ada.put(&path, &json!({})).await.invalid();
    ada.put(&path, &json!({ "projectId": null }))
        .await
        .invalid();
    assert_eq!(ada.get(&path).await.expect(200), before);
}

#[tokio::test]
async fn a_task_needs_a_name_of_at_most_200_characters() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let missing = ada.post("/tasks", &json!({})).await.invalid();
    assert_eq!(missing, ["/name"]);
    for name in [String::new(), "  ".to_owned(), "é".repeat(201)] {
        let pointers = ada.post("/tasks", &json!({ "name": name })).await.invalid();
        assert_eq!(pointers, ["/name"], "{name}");
    }
    let long = json!({ "name": "é".repeat(200), "description": null, "externalId": null });
    let created = ada.post("/tasks", &long).await.expect(201);
    assert_eq!(created["name"], long["name"]);
}

#[tokio::test]
async fn an_external_id_is_unique_in_the_organisation() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let shop = project(&ada, "Shop").await;
    let body = json!({ "name": "Basket", "externalId": "JIRA-492" });
    let holder = id(&ada.post("/tasks", &body).await.expect(201));
    let taken = "external-id-taken";
    ada.post("/tasks", &body).await.problem(409, taken);
    let in_project = format!("/projects/{shop}/tasks");
    ada.post(&in_project, &body).await.problem(409, taken);
    let other = format!("/tasks/{}", task(&ada, "Search").await);
    let change = json!({ "name": "Cart", "externalId": "JIRA-492" });
    ada.put(&other, &change).await.problem(409, taken);
    assert_eq!(names(&ada, "").await, ["Basket", "Search"]);

    let holder = format!("/tasks/{holder}");
    ada.put(&holder, &body).await.expect(200);
    // Projects, and other organisations, have external ids of their own.
    ada.post("/projects", &body).await.expect(201);
    let mal = server.sign_up("mal").await;
    mal.post("/tasks", &body).await.expect(201);

    ada.delete(&holder).await.expect(200);
    ada.put(&other, &change).await.expect(200);
}

#[tokio::test]
async fn tasks_are_listed_oldest_first_whole_or_page_by_page() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    assert!(names(&bob, "").await.is_empty());
    for name in ["e", "d", "c", "b", "a"] {
        server.clock.advance(1);
        task(&ada, name).await;
    }
    task(&server.sign_up("mal").await, "mal's").await;
    assert_eq!(names(&bob, "").await, ["e", "d", "c", "b", "a"]);

    let (mut path, mut pages) = ("/tasks?limit=2".to_owned(), Vec::new());
    while !path.is_empty() {
        let page = bob.get(&path).await;
        let link = page.header("link").to_owned();
        let list = page.expect(200);
        pages.push(each(&list, "name").into_iter().cloned().collect::<Vec<_>>());
        assert!(pages.len() <= 3, "{link}");
        let next = link
            .split_once("/api/v1")
            .and_then(|(_, rest)| rest.split_once(">;"));
        path = next.map(|(path, _)| path.to_owned()).unwrap_or_default();
        assert_eq!(path.is_empty(), link.is_empty(), "{link}");
    }
    assert_eq!(pages, [vec!["e", "d"], vec!["c", "b"], vec!["a"]]);
}

#[tokio::test]
async fn filters_narrow_the_list_alone_and_together() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let shop = project(&ada, "Shop").await;
    for (name, external_id, status, in_shop) in [
        ("Basket", "owner/repo#1", "open", true),
        ("basket", "OWNER/REPO#1", "done", true),
        ("Basket", "JIRA-1", "done", false),
        ("Basket two", "JIRA-10", "in_progress", false),
    ] {
        server.clock.advance(1);
        let made = if in_shop {
            task_in(&ada, &shop, name).await
        } else {
            task(&ada, name).await
        };
        let change = json!({ "externalId": external_id, "status": status });
        ada.put(&format!("/tasks/{made}"), &change)
            .await
            .expect(200);
    }
    for (query, expected) in [
        (
            format!("?projectId={shop}"),
            vec!["owner/repo#1", "OWNER/REPO#1"],
        ),
        ("?status=done".to_owned(), vec!["OWNER/REPO#1", "JIRA-1"]),
        ("?status=in_progress".to_owned(), vec!["JIRA-10"]),
        ("?name=Basket".to_owned(), vec!["owner/repo#1", "JIRA-1"]),
        ("?name=Basket%20two".to_owned(), vec!["JIRA-10"]),
        ("?externalId=JIRA-1".to_owned(), vec!["JIRA-1"]),
        (
            "?externalId=owner%2Frepo%231".to_owned(),
            vec!["owner/repo#1"],
        ),
        ("?externalId=JIRA".to_owned(), vec![]),
        ("?name=Basket&status=done".to_owned(), vec!["JIRA-1"]),
        (
            format!("?projectId={shop}&status=done"),
            vec!["OWNER/REPO#1"],
        ),
        (format!("?projectId={shop}&externalId=JIRA-1"), vec![]),
        (
            format!("?projectId={shop}&name=Basket&limit=1"),
            vec!["owner/repo#1"],
        ),
    ] {
        let list = ada.get(&format!("/tasks{query}")).await.expect(200);
        assert_eq!(each(&list, "externalId"), expected, "{query}");
    }
    let pointers = ada.get("/tasks?status=closed&limit=1").await.invalid();
    assert_eq!(pointers, ["/status"]);
}

#[tokio::test]
async fn a_task_of_another_organisation_is_as_absent_as_none() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (basket, shop) = (task(&ada, "Basket").await, project(&ada, "Shop").await);
    let mal = server.sign_up("mal").await;
    let before = ada.get(&format!("/tasks/{basket}")).await.expect(200);
    for nothing in [basket.as_str(), shop.as_str(), "no%20id"] {
        let path = format!("/tasks/{nothing}");
        let change = json!({ "name": "Mine" });
        mal.get(&path).await.problem(404, "not-found");
        mal.put(&path, &change).await.problem(404, "not-found");
        mal.delete(&path).await.problem(404, "not-found");
    }
    assert_eq!(
        ada.get(&format!("/tasks/{basket}")).await.expect(200),
        before
    );
}

#[tokio::test]
async fn members_change_every_task_and_delete_their_own() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let of_ada = format!("/tasks/{}", task(&ada, "ada's").await);
    let of_bob = format!("/tasks/{}", task(&bob, "bob's").await);
    let second_of_bob = format!("/tasks/{}", task(&bob, "bob's too").await);
    let change = json!({ "status": "done" });
    let changed = bob.put(&of_ada, &change).await.expect(200);
    assert_eq!(changed["userId"], own_id(&ada).await);

    bob.delete(&of_ada).await.problem(403, "forbidden");
    ada.get(&of_ada).await.expect(200);
    bob.delete(&of_bob).await.expect(200);
    bob.get(&of_bob).await.problem(404, "not-found");
    ada.delete(&second_of_bob).await.expect(200);
    bob.delete(&second_of_bob).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_deleted_task_takes_its_tracks_along() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (basket, search) = (task(&ada, "Basket").await, task(&ada, "Search").await);
    let gone = id(&book(&ada, &basket, 0, 1).await);
    let kept = id(&book(&ada, &search, 0, 1).await);
    let path = format!("/tasks/{basket}");
    let answer = ada.delete(&path).await.expect(200);
    assert!(answer["message"].is_string());
    for path in [format!("{path}/tracks"), format!("{path}/tracks/{gone}")] {
        ada.get(&path).await.problem(404, "not-found");
    }
    let list = ada.get("/tracks").await.expect(200);
    assert_eq!(each(&list, "id"), [&json!(kept)]);
}

#[tokio::test]
async fn tasks_need_a_credential() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = format!("/tasks/{}", task(&ada, "Basket").await);
    let (anonymous, body) = (server.anonymous(), json!({ "name": "Mine" }));
    for answer in [
        anonymous.get("/tasks").await,
        anonymous.post("/tasks", &body).await,
        anonymous.get(&path).await,
        anonymous.put(&path, &body).await,
        anonymous.patch(&path, &body).await,
        anonymous.delete(&path).await,
    ] {
        answer.problem(401, "unauthorized");
    }
    assert_eq!(names(&ada, "").await, ["Basket"]);
}
