//! Rows 47 to 50, and who may read which report.

use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use crate::work::{HOUR, SECOND, book, clock_in, each, id, own_id, project, task, task_in};

/// The four reports on a task and on a project, and where each has its rows and their milliseconds.
fn paths(project: &str, task: &str) -> [(String, &'static str, &'static str); 4] {
    [
        (format!("/reports/tasks/{task}"), "tracks", "amount"),
        (format!("/reports/tasks/{task}/users"), "users", "total"),
        (
            format!("/reports/projects/{project}/users"),
            "users",
            "total",
        ),
        (
            format!("/reports/projects/{project}/tasks"),
            "tasks",
            "total",
        ),
    ]
}

/// Fails unless all four reports have this scope, this total and rows that add up to it.
async fn expect_everywhere(client: &Client, project: &str, task: &str, scope: &str, total: i64) {
    for (path, rows, amount) in paths(project, task) {
        let report = client.get(&path).await.expect(200);
        assert_eq!(report["scope"], scope, "{path}");
        assert_eq!(report["total"], total, "{path}");
        let sum: i64 = each(&report[rows], amount)
            .iter()
            .map(|ms| ms.as_i64().unwrap())
            .sum();
        assert_eq!(sum, total, "the {rows} of {path}");
    }
}

/// A project and a task in it, both described.
async fn described(client: &Client) -> (String, String) {
    let body = json!({ "name": "Shop", "description": "Vue" });
    let shop = id(&client.post("/projects", &body).await.expect(201));
    let body = json!({ "name": "Basket", "description": "React" });
    let path = format!("/projects/{shop}/tasks");
    let basket = id(&client.post(&path, &body).await.expect(201));
    (shop, basket)
}

#[tokio::test]
async fn the_report_of_a_task_says_what_it_is_on_and_lists_its_tracks_as_they_are() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (_, basket) = described(&ada).await;
    let now = server.clock.now();
    let first = book(&ada, &basket, now - 2 * HOUR, now - HOUR).await;
    server.clock.advance(1);
    let second = book(&ada, &basket, 0, 2_105 * SECOND + 999).await;
    let report = ada.get(&format!("/reports/tasks/{basket}")).await;
    assert_eq!(
        report.expect(200),
        json!({
            "scope": "organisation",
            "taskId": basket,
            "taskName": "Basket",
            "taskDescription": "React",
            "hours": 1,
            "minutes": 35,
            "seconds": 5,
            "total": HOUR + 2_105 * SECOND + 999,
            "timeFormatted": "1h 35m 5s",
            "kinds": [{
                "kind": "human",
                "hours": 1,
                "minutes": 35,
                "seconds": 5,
                "total": HOUR + 2_105 * SECOND + 999,
                "timeFormatted": "1h 35m 5s",
            }],
            "tracks": [first, second],
        })
    );
}

#[tokio::test]
async fn the_report_of_a_task_by_person_names_the_people_and_the_project() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (shop, basket) = described(&ada).await;
    book(&ada, &basket, 0, 61 * SECOND).await;
    let path = format!("/reports/tasks/{basket}/users");
    let expected = |project: Value, name: Value, user: &str| {
        json!({
            "scope": "organisation",
            "taskId": basket,
            "taskName": "Basket",
            "taskDescription": "React",
            "hours": 0, "minutes": 1, "seconds": 1, "total": 61_000, "timeFormatted": "0h 1m 1s",
            "kinds": [{
                "kind": "human",
                "hours": 0, "minutes": 1, "seconds": 1, "total": 61_000, "timeFormatted": "0h 1m 1s",
            }],
            "users": [{
                "userId": user,
                "firstName": "ada",
                "lastName": "Test",
                "projectId": project,
                "projectName": name,
                "hours": 0, "minutes": 1, "seconds": 1, "total": 61_000, "timeFormatted": "0h 1m 1s",
            }],
        })
    };
    let user = own_id(&ada).await;
    let report = ada.get(&path).await.expect(200);
    assert_eq!(report, expected(json!(shop), json!("Shop"), &user));

    ada.post_empty(&format!("/projects/{shop}/tasks/{basket}/detach"))
        .await
        .expect(200);
    let report = ada.get(&path).await.expect(200);
    assert_eq!(report, expected(json!(null), json!(null), &user));
}

#[tokio::test]
async fn the_reports_of_a_project_name_its_people_and_its_tasks() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (shop, basket) = described(&ada).await;
    book(&ada, &basket, 0, 3_661 * SECOND).await;
    let (user, sum) = (own_id(&ada).await, "1h 1m 1s");
    let report = ada.get(&format!("/reports/projects/{shop}/users")).await;
    let mut expected = json!({
        "scope": "organisation",
        "projectId": shop,
        "projectName": "Shop",
        "projectDescription": "Vue",
        "hours": 1, "minutes": 1, "seconds": 1, "total": 3_661_000, "timeFormatted": sum,
        "kinds": [{
            "kind": "human",
            "hours": 1, "minutes": 1, "seconds": 1, "total": 3_661_000, "timeFormatted": sum,
        }],
        "users": [{
            "userId": user,
            "firstName": "ada",
            "lastName": "Test",
            "hours": 1, "minutes": 1, "seconds": 1, "total": 3_661_000, "timeFormatted": sum,
        }],
    });
    assert_eq!(report.expect(200), expected);

    let report = ada.get(&format!("/reports/projects/{shop}/tasks")).await;
    expected.as_object_mut().unwrap().remove("users");
    expected["tasks"] = json!([{
        "taskId": basket,
        "taskName": "Basket",
        "taskDescription": "React",
        "hours": 1, "minutes": 1, "seconds": 1, "total": 3_661_000, "timeFormatted": sum,
    }]);
    assert_eq!(report.expect(200), expected);
}

#[tokio::test]
async fn what_nobody_spent_time_on_has_empty_reports() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (shop, basket) = described(&ada).await;
    for (path, rows, _) in paths(&shop, &basket) {
        let report = ada.get(&path).await.expect(200);
        assert_eq!(report["total"], 0, "{path}");
        assert_eq!(report["timeFormatted"], "0h 0m 0s", "{path}");
        assert_eq!(report[rows], json!([]), "{path}");
    }
}

#[tokio::test]
async fn running_tracks_count_to_the_millisecond_of_the_answer() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let shop = project(&ada, "Shop").await;
    let basket = task_in(&ada, &shop, "Basket").await;
    let search = task_in(&ada, &shop, "Search").await;
    book(&ada, &basket, 0, 7).await;
    clock_in(&ada, &basket).await;
    server.clock.advance(333);
    clock_in(&bob, &basket).await;
    server.clock.advance(1);
    expect_everywhere(&ada, &shop, &basket, "organisation", 7 + 334 + 1).await;
    server.clock.advance(20 * HOUR);
    expect_everywhere(&ada, &shop, &basket, "organisation", 342 + 2 * 20 * HOUR).await;

    let path = format!("/tasks/{basket}/clock-out");
    ada.post_empty(&path).await.expect(200);
    bob.post_empty(&path).await.expect(200);
    server.clock.advance(HOUR);
    expect_everywhere(&ada, &shop, &basket, "organisation", 342 + 40 * HOUR).await;

    clock_in(&bob, &search).await;
    server.clock.advance(5);
    let path = format!("/reports/projects/{shop}/tasks");
    let report = ada.get(&path).await.expect(200);
    assert_eq!(report["total"], 347 + 40 * HOUR);
    assert_eq!(
        each(&report["tasks"], "total"),
        [&json!(342 + 40 * HOUR), &json!(5)]
    );
}

#[tokio::test]
async fn members_read_their_own_time_and_admins_everyones() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let eve = server.add_user(&ada, "eve", "member").await;
    let shop = project(&ada, "Shop").await;
    let basket = task_in(&ada, &shop, "Basket").await;
    book(&ada, &basket, 0, 1_001).await;
    book(&bob, &basket, 0, 10_002).await;
    expect_everywhere(&ada, &shop, &basket, "organisation", 11_003).await;
    expect_everywhere(&bob, &shop, &basket, "own", 10_002).await;
    expect_everywhere(&eve, &shop, &basket, "own", 0).await;

    let bob_id = own_id(&bob).await;
    for (path, rows, _) in paths(&shop, &basket) {
        let report = bob.get(&path).await.expect(200);
        if rows != "tasks" {
            assert_eq!(each(&report[rows], "userId"), [&json!(bob_id)], "{path}");
        }
    }
}

#[tokio::test]
async fn the_reports_of_another_organisation_are_as_absent_as_those_of_nothing() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let shop = project(&ada, "Shop").await;
    let basket = task_in(&ada, &shop, "Basket").await;
    let mal = server.sign_up("mal").await;
    let deleted = task(&mal, "Gone").await;
    mal.delete(&format!("/tasks/{deleted}")).await.expect(200);
    for (known, unknown) in [(&shop, &basket), (&deleted, &deleted)] {
        for (path, _, _) in paths(known, unknown) {
            mal.get(&path).await.problem(404, "not-found");
        }
    }
    for (path, _, _) in paths("no id", "no id") {
        let path = path.replace(' ', "%20");
        mal.get(&path).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn a_super_user_may_report_on_any_organisation() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let shop = project(&ada, "Shop").await;
    let basket = task_in(&ada, &shop, "Basket").await;
    book(&ada, &basket, 0, 1_234).await;
    let root = server.super_user("root").await;
    expect_everywhere(&root, &shop, &basket, "organisation", 1_234).await;
    for (path, _, _) in paths(&basket, &shop) {
        root.get(&path).await.problem(404, "not-found");
    }
}

#[tokio::test]
async fn reports_need_a_credential() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (shop, basket) = described(&ada).await;
    for (path, _, _) in paths(&shop, &basket) {
        let answer = server.anonymous().get(&path).await;
        answer.problem(401, "unauthorized");
    }
}
