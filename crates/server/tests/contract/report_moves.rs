//! Where time is reported after its task moved, or its track changed (rows 26 to 29, 41, 42, 47 to 51, 57 and 59).

use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use crate::work::{HOUR, book, clock_in, id, own_id, project, task, task_in};

/// The total of a report.
async fn total(client: &Client, path: &str) -> Value {
    client.get(path).await.expect(200)["total"].clone()
}

/// Fails unless both reports on a project have this total.
async fn expect_project(client: &Client, project: &str, expected: i64) {
    for rows in ["users", "tasks"] {
        let path = format!("/reports/projects/{project}/{rows}");
        assert_eq!(total(client, &path).await, expected, "{path}");
    }
}

/// Fails unless the caller's own report has this one project, or the group without one.
async fn expect_group(client: &Client, project: Value, name: Value, expected: i64) {
    let path = format!("/reports/users/{}", own_id(client).await);
    let report = client.get(&path).await.expect(200);
    assert_eq!(report["projects"].as_array().unwrap().len(), 1);
    assert_eq!(report["projects"][0]["projectId"], project);
    assert_eq!(report["projects"][0]["projectName"], name);
    assert_eq!(report["projects"][0]["total"], expected);
    assert_eq!(report["total"], expected);
}

#[tokio::test]
async fn the_time_of_a_task_follows_it_from_project_to_project() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let now = server.clock.now();
    let (shop, bank) = (project(&ada, "Shop").await, project(&ada, "Bank").await);
    let basket = task_in(&ada, &shop, "Basket").await;
    book(&ada, &basket, now - HOUR, now).await;
    clock_in(&ada, &basket).await;
    server.clock.advance(9);
    let spent = HOUR + 9;
    expect_project(&ada, &shop, spent).await;
    expect_group(&ada, json!(shop), json!("Shop"), spent).await;

    let path = format!("/projects/{shop}/tasks/{basket}/move");
    let body = json!({ "projectId": bank });
    ada.post(&path, &body).await.expect(200);
    expect_project(&ada, &shop, 0).await;
    expect_project(&ada, &bank, spent).await;
    expect_group(&ada, json!(bank), json!("Bank"), spent).await;

    let path = format!("/projects/{bank}/tasks/{basket}/detach");
    ada.post_empty(&path).await.expect(200);
    expect_project(&ada, &bank, 0).await;
    expect_group(&ada, json!(null), json!(null), spent).await;

    let path = format!("/projects/{shop}/tasks/{basket}/attach");
    ada.post_empty(&path).await.expect(200);
    expect_project(&ada, &shop, spent).await;

    ada.delete(&format!("/projects/{shop}")).await.expect(200);
    for rows in ["users", "tasks"] {
        let path = format!("/reports/projects/{shop}/{rows}");
        ada.get(&path).await.problem(404, "not-found");
    }
    expect_group(&ada, json!(null), json!(null), spent).await;
    let path = format!("/reports/tasks/{basket}");
    assert_eq!(total(&ada, &path).await, spent);
}

#[tokio::test]
async fn a_deleted_task_leaves_no_time_in_any_report() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let now = server.clock.now();
    let shop = project(&ada, "Shop").await;
    let basket = task_in(&ada, &shop, "Basket").await;
    let search = task_in(&ada, &shop, "Search").await;
    let third = task_in(&ada, &shop, "Third").await;
    book(&ada, &basket, now - HOUR, now).await;
    book(&ada, &search, now - 5, now).await;
    book(&ada, &third, now - 70, now).await;
    clock_in(&ada, &basket).await;
    clock_in(&ada, &third).await;
    server.clock.advance(1);
    expect_project(&ada, &shop, HOUR + 5 + 70 + 2).await;

    ada.delete(&format!("/tasks/{basket}")).await.expect(200);
    expect_project(&ada, &shop, 5 + 70 + 1).await;
    let path = format!("/projects/{shop}/tasks/{third}");
    ada.delete(&path).await.expect(200);
    expect_project(&ada, &shop, 5).await;
    expect_group(&ada, json!(shop), json!("Shop"), 5).await;
    for deleted in [basket, third] {
        for path in ["", "/users"] {
            let path = format!("/reports/tasks/{deleted}{path}");
            ada.get(&path).await.problem(404, "not-found");
        }
    }
}

#[tokio::test]
async fn a_deleted_track_leaves_no_time_and_nobody_in_any_report() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let now = server.clock.now();
    let shop = project(&ada, "Shop").await;
    let basket = task_in(&ada, &shop, "Basket").await;
    let ended = id(&book(&ada, &basket, now - HOUR, now).await);
    let path = format!("/tasks/{basket}/tracks");
    let body = json!({ "start": now - 4 });
    let running = id(&ada.post(&path, &body).await.expect(201));
    expect_project(&ada, &shop, HOUR + 4).await;

    ada.delete(&format!("{path}/{ended}")).await.expect(200);
    expect_project(&ada, &shop, 4).await;
    expect_group(&ada, json!(shop), json!("Shop"), 4).await;

    ada.delete(&format!("{path}/{running}")).await.expect(200);
    expect_project(&ada, &shop, 0).await;
    for (path, rows) in [
        (format!("/reports/tasks/{basket}"), "tracks"),
        (format!("/reports/tasks/{basket}/users"), "users"),
        (format!("/reports/projects/{shop}/users"), "users"),
        (format!("/reports/projects/{shop}/tasks"), "tasks"),
        (format!("/reports/users/{}", own_id(&ada).await), "projects"),
    ] {
        let report = ada.get(&path).await.expect(200);
        assert_eq!((&report["total"], &report[rows]), (&json!(0), &json!([])));
    }
}

#[tokio::test]
async fn a_changed_track_changes_every_report() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let now = server.clock.now();
    let shop = project(&ada, "Shop").await;
    let basket = task_in(&ada, &shop, "Basket").await;
    let track = id(&book(&ada, &basket, now - HOUR, now - 1).await);
    let path = format!("/tasks/{basket}/tracks/{track}");
    for (change, expected) in [
        (json!({ "start": now - 100 }), 99),
        (json!({ "end": now - 60 }), 40),
        (json!({ "end": null }), 100),
        (json!({ "end": now - 100 }), 0),
        (json!({ "start": now - 2 * HOUR, "end": now }), 2 * HOUR),
    ] {
        ada.put(&path, &change).await.expect(200);
        expect_project(&ada, &shop, expected).await;
        expect_group(&ada, json!(shop), json!("Shop"), expected).await;
    }
}

#[tokio::test]
async fn reports_show_the_names_of_now() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (user, work) = (own_id(&ada).await, task(&ada, "Work").await);
    book(&ada, &work, 0, 1).await;
    let body = json!({ "firstName": "Ada", "lastName": "Lovelace" });
    ada.put(&format!("/users/{user}"), &body).await.expect(200);
    let body = json!({ "name": "Rest", "description": "none" });
    ada.put(&format!("/tasks/{work}"), &body).await.expect(200);
    let path = format!("/reports/tasks/{work}/users");
    let report = ada.get(&path).await.expect(200);
    assert_eq!(report["taskName"], "Rest");
    assert_eq!(report["taskDescription"], "none");
    assert_eq!(report["users"][0]["lastName"], "Lovelace");
    let path = format!("/reports/users/{user}?startDate=0&endDate=1");
    let report = ada.get(&path).await.expect(200);
    assert_eq!(report["userName"], "Ada Lovelace");
    assert_eq!(report["projects"][0]["tasks"][0]["taskName"], "Rest");
}
