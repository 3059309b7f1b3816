//! Row 51.

use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use crate::work::{DAY, HOUR, book, clock_in, each, own_id, project, task, task_in};

const WEEK: i64 = 604_800_000;

/// The report on a person between two instants.
async fn between(client: &Client, user: &str, start: i64, end: i64) -> Value {
    let path = format!("/reports/users/{user}?startDate={start}&endDate={end}");
    client.get(&path).await.expect(200)
}

/// The pointers of a report that is refused for its ends.
async fn refused(client: &Client, user: &str, query: &str) -> Vec<String> {
    let path = format!("/reports/users/{user}?{query}");
    client.get(&path).await.invalid()
}

#[tokio::test]
async fn the_report_of_a_person_is_grouped_by_project_and_task() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (user, now) = (own_id(&ada).await, server.clock.now());
    let shop = project(&ada, "Shop").await;
    let basket = task_in(&ada, &shop, "Basket").await;
    let mail = task(&ada, "Mail").await;
    book(&ada, &basket, now - 3 * HOUR, now - 2 * HOUR).await;
    book(&ada, &mail, now - HOUR, now - HOUR + 61_001).await;
    let path = format!("/reports/users/{user}");
    let group = |id: Value, name: Value, task: Value| {
        let mut group = task.clone();
        for member in ["taskId", "taskName", "taskDescription"] {
            group.as_object_mut().unwrap().remove(member);
        }
        group["projectId"] = id;
        group["projectName"] = name;
        group["tasks"] = json!([task]);
        group
    };
    let basket = json!({
        "taskId": basket, "taskName": "Basket", "taskDescription": null,
        "hours": 1, "minutes": 0, "seconds": 0, "total": HOUR, "timeFormatted": "1h 0m 0s",
    });
    let mail = json!({
        "taskId": mail, "taskName": "Mail", "taskDescription": null,
        "hours": 0, "minutes": 1, "seconds": 1, "total": 61_001, "timeFormatted": "0h 1m 1s",
    });
    assert_eq!(
        ada.get(&path).await.expect(200),
        json!({
            "scope": "organisation",
            "userId": user,
            "userName": "ada Test",
            "hours": 1, "minutes": 1, "seconds": 1,
            "total": HOUR + 61_001,
            "timeFormatted": "1h 1m 1s",
            "kinds": [{
                "kind": "human",
                "hours": 1, "minutes": 1, "seconds": 1,
                "total": HOUR + 61_001,
                "timeFormatted": "1h 1m 1s",
            }],
            "projects": [
                group(json!(shop), json!("Shop"), basket),
                group(json!(null), json!(null), mail),
            ],
        })
    );
}

#[tokio::test]
async fn every_level_of_a_persons_report_adds_up_to_the_one_above() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (user, now) = (own_id(&ada).await, server.clock.now());
    let mut expected = 0;
    for (length, place) in [1_i64, 10, 100].into_iter().zip(["Shop", "Bank", ""]) {
        for name in ["Basket", "Search"] {
            let task = if place.is_empty() {
                task(&ada, name).await
            } else {
                task_in(&ada, &project(&ada, place).await, name).await
            };
            book(&ada, &task, now - length, now).await;
            book(&ada, &task, now - HOUR, now - HOUR + 7 * length).await;
            clock_in(&ada, &task).await;
            expected += 8 * length + 3;
        }
    }
    server.clock.advance(3);
    let report = ada.get(&format!("/reports/users/{user}")).await.expect(200);
    let sum = |list: &Value| -> i64 {
        each(list, "total")
            .iter()
            .filter_map(|ms| ms.as_i64())
            .sum()
    };
    assert_eq!(report["total"], expected);
    assert_eq!(sum(&report["projects"]), expected);
    let groups = report["projects"].as_array().unwrap();
    assert_eq!(groups.len(), 5);
    for group in groups {
        assert_eq!(group["total"], sum(&group["tasks"]));
    }
}

#[tokio::test]
async fn without_ends_the_last_7_days_are_reported() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (user, now) = (own_id(&ada).await, server.clock.now());
    let work = task(&ada, "Work").await;
    book(&ada, &work, now - WEEK - 10, now - WEEK + 1).await;
    book(&ada, &work, now - WEEK - 10, now - WEEK - 1).await;
    book(&ada, &work, now - 20, now - 10).await;
    book(&ada, &work, now - 100, now + HOUR).await;
    let report = ada.get(&format!("/reports/users/{user}")).await.expect(200);
    assert_eq!(report["total"], 1 + 10 + 100);
    assert_eq!(report, between(&ada, &user, now - WEEK, now).await);
}

#[tokio::test]
async fn both_ends_or_none_are_given_and_lie_at_most_7_days_apart() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let user = own_id(&ada).await;
    let start = server.clock.now() - 30 * DAY;
    between(&ada, &user, start, start + WEEK).await;
    between(&ada, &user, start, start).await;
    between(&ada, &user, 0, WEEK).await;
    for query in [
        format!("startDate={start}&endDate={}", start + WEEK + 1),
        format!("startDate={start}&endDate={}", start - 1),
        format!("startDate={start}"),
        format!("startDate={start}&endDate=tomorrow"),
        format!("startDate={start}&endDate=253402300800000"),
    ] {
        assert_eq!(refused(&ada, &user, &query).await, ["/endDate"], "{query}");
    }
    for query in ["endDate=5", "startDate=-1&endDate=5"] {
        assert_eq!(refused(&ada, &user, query).await, ["/startDate"], "{query}");
    }
    let both = refused(&ada, &user, "startDate=x&endDate=").await;
    assert_eq!(both, ["/startDate", "/endDate"]);
}

#[tokio::test]
async fn a_track_that_straddles_an_end_counts_only_the_part_inside() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let user = own_id(&ada).await;
    let start = server.clock.now() - 5 * DAY;
    let end = start + DAY;
    for (from, to, inside) in [
        (start - 50, start + 3, 3),
        (end - 4, end + 50, 4),
        (start - 50, end + 50, DAY),
        (start, end, DAY),
        (start + 10, start + 15, 5),
        (start - 50, start, 0),
        (end, end + 50, 0),
        (start - 50, start - 1, 0),
        (end + 1, end + 50, 0),
        (start + 7, start + 7, 0),
    ] {
        let work = task(&ada, "Work").await;
        book(&ada, &work, from, to).await;
        let report = between(&ada, &user, start, end).await;
        assert_eq!(report["total"], inside, "{from} to {to}");
        ada.delete(&format!("/tasks/{work}")).await.expect(200);
    }
}

#[tokio::test]
async fn a_long_track_that_began_long_before_reaches_into_the_window() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (user, now) = (own_id(&ada).await, server.clock.now());
    let work = task(&ada, "Work").await;
    book(&ada, &work, now - 400 * DAY, now - DAY).await;
    book(&ada, &work, now - HOUR, now).await;
    let report = between(&ada, &user, now - 2 * DAY, now).await;
    assert_eq!(report["total"], DAY + HOUR);
}

/// A track can become long in more ways than by being booked so.
#[tokio::test]
async fn a_track_that_was_made_long_later_reaches_into_the_window_too() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (user, now) = (own_id(&ada).await, server.clock.now());
    let work = task(&ada, "Work").await;
    let short = book(&ada, &work, now - 40 * DAY, now - 40 * DAY + 1).await;
    let path = format!("/tasks/{work}/tracks/{}", short["id"].as_str().unwrap());
    let change = json!({ "end": now - DAY });
    ada.put(&path, &change).await.expect(200);
    let report = between(&ada, &user, now - 2 * DAY, now).await;
    assert_eq!(report["total"], DAY);

    let other = task(&ada, "Other work").await;
    let body = json!({ "start": now - 90 * DAY });
    let path = format!("/tasks/{other}/clock-in");
    ada.post(&path, &body).await.expect(201);
    let path = format!("/tasks/{other}/clock-out");
    ada.post_empty(&path).await.expect(200);
    let report = between(&ada, &user, now - 2 * DAY, now).await;
    assert_eq!(report["total"], DAY + 2 * DAY);
}

#[tokio::test]
async fn a_running_track_counts_to_now_or_to_the_end_of_the_window() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (user, start) = (own_id(&ada).await, server.clock.now());
    let work = task(&ada, "Work").await;
    clock_in(&ada, &work).await;
    server.clock.advance(HOUR + 1);
    for (from, to, inside) in [
        (start - DAY, start + DAY, HOUR + 1),
        (start - DAY, start + HOUR, HOUR),
        (start + 5, start + DAY, HOUR + 1 - 5),
        (start + 5, start + 9, 4),
        (start - DAY, start - 1, 0),
        (start + HOUR + 2, start + DAY, 0),
    ] {
        let report = between(&ada, &user, from, to).await;
        assert_eq!(report["total"], inside, "{from} to {to}");
    }
    let report = ada.get(&format!("/reports/users/{user}")).await.expect(200);
    assert_eq!(report["total"], HOUR + 1);
}

#[tokio::test]
async fn members_report_on_themselves_and_admins_on_everyone() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let (ada_path, bob_path) = (
        format!("/reports/users/{}", own_id(&ada).await),
        format!("/reports/users/{}", own_id(&bob).await),
    );
    let (work, now) = (task(&ada, "Work").await, server.clock.now());
    book(&ada, &work, now - 11, now).await;
    book(&bob, &work, now - 22, now).await;
    for (client, path, scope, total) in [
        (&bob, &bob_path, "own", 22),
        (&ada, &bob_path, "organisation", 22),
        (&ada, &ada_path, "organisation", 11),
    ] {
        let report = client.get(path).await.expect(200);
        assert_eq!(report["scope"], scope);
        assert_eq!(report["total"], total);
    }
    bob.get(&ada_path).await.problem(403, "forbidden");
    let answer = server.anonymous().get(&bob_path).await;
    answer.problem(401, "unauthorized");
}

#[tokio::test]
async fn people_of_another_organisation_are_as_absent_as_nobody() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (user, now) = (own_id(&ada).await, server.clock.now());
    let work = task(&ada, "Work").await;
    book(&ada, &work, now - 33, now).await;
    let mal = server.sign_up("mal").await;
    let max = server.add_user(&mal, "max", "member").await;
    for client in [&mal, &max] {
        for nobody in [user.as_str(), work.as_str(), "no%20id"] {
            let path = format!("/reports/users/{nobody}");
            client.get(&path).await.problem(404, "not-found");
        }
    }
    let root = server.super_user("root").await;
    let report = root.get(&format!("/reports/users/{user}")).await;
    assert_eq!(report.expect(200)["total"], 33);
    let report = root.get(&format!("/reports/users/{work}")).await;
    report.problem(404, "not-found");
}
