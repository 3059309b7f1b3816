//! Whoever reads sees the end at once, although nobody has written it down.

use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use super::{end, ended_by_lease, lease};
use crate::tracking::{HOUR, MINUTE, id, ids, make_project, make_task, make_task_in, my_id};

async fn total(client: &Client, path: &str) -> Value {
    client.get(path).await.expect(200)["total"].clone()
}

async fn listed(client: &Client, path: &str) -> Vec<String> {
    ids(&client.get(path).await.expect(200))
}

#[tokio::test]
async fn every_list_report_and_count_has_the_end_from_its_instant_on() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let project = make_project(&ada, "Shop").await;
    let task = make_task_in(&ada, &project, "Nightly build").await;
    let (track, path) = lease(&bob, &task, 60).await;
    let start = server.clock.now();
    server.clock.advance(50_000);
    bob.post_empty(&format!("{path}/heartbeat"))
        .await
        .expect(200);
    // Somebody else's track on the same task goes on.
    let clock_in = format!("/tasks/{task}/clock-in");
    let other = ada.post_empty(&clock_in).await.expect(201);
    let last = server.clock.now();
    let user = my_id(&bob).await;
    let reports = [
        format!("/reports/tasks/{task}"),
        format!("/reports/tasks/{task}/users"),
        format!("/reports/projects/{project}/users"),
        format!("/reports/projects/{project}/tasks"),
        format!("/reports/users/{user}"),
    ];
    let count = async || {
        let app = server.server.app();
        timetracks_app::internal::running_tracks(app).await.unwrap()
    };

    server.clock.advance(MINUTE - 1);
    let booked = last - start;
    for report in &reports {
        assert_eq!(total(&bob, report).await, booked + MINUTE - 1, "{report}");
    }
    assert_eq!(count().await, 2);
    assert_eq!(listed(&bob, "/tracks?running=true").await, [id(&track)]);

    server.clock.advance(1);
    for _ in 0..2 {
        for report in &reports {
            assert_eq!(total(&bob, report).await, booked, "{report}");
        }
        for report in &reports[..4] {
            let both = booked + (server.clock.now() - last);
            assert_eq!(total(&ada, report).await, both, "{report}");
        }
        let report = ada.get(&reports[0]).await.expect(200);
        assert_eq!(end(&report["tracks"][0]), ended_by_lease(last));
        assert_eq!(count().await, 1);
        assert_eq!(listed(&bob, "/tracks?running=true").await, [""; 0]);
        assert_eq!(listed(&bob, "/tracks?running=false").await, [id(&track)]);
        assert_eq!(listed(&ada, "/tracks?running=true").await, [id(&other)]);
        for list in [
            format!("/tasks/{task}/tracks"),
            "/tracks".to_owned(),
            format!("/tracks?taskId={task}"),
        ] {
            let list = bob.get(&list).await.expect(200);
            assert_eq!(end(&list[0]), ended_by_lease(last));
        }
        // Written down by another's correction of nothing that matters, all of it stays so.
        ada.put(&path, &json!({ "start": start })).await.expect(200);
    }
}

#[tokio::test]
async fn a_filter_by_time_goes_by_the_end_that_the_track_has() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Nightly build").await;
    let (track, path) = lease(&ada, &task, 60).await;
    server.clock.advance(30_000);
    ada.post_empty(&format!("{path}/heartbeat"))
        .await
        .expect(200);
    let last = server.clock.now();
    server.clock.advance(30_000);
    let lists = [
        format!("/tasks/{task}/tracks?"),
        "/tracks?".to_owned(),
        format!("/tracks?taskId={task}&"),
        format!("/tracks?userId={}&", my_id(&ada).await),
    ];
    let found = async |from: i64| {
        let mut found = Vec::new();
        for list in &lists {
            found.push(listed(&ada, &format!("{list}from={from}")).await == [id(&track)]);
        }
        found
    };
    // While it runs it is never over.
    assert_eq!(found(last + HOUR).await, [true; 4]);
    server.clock.advance(30_000);
    assert_eq!(found(last).await, [true; 4]);
    assert_eq!(found(last + 1).await, [false; 4]);
    let running = format!("/tracks?running=true&from={last}");
    assert_eq!(listed(&ada, &running).await, [""; 0]);
    let to = last - 30_001;
    assert_eq!(listed(&ada, &format!("/tracks?to={to}")).await, [""; 0]);
}

#[tokio::test]
async fn pages_of_running_tracks_leave_out_those_that_have_ended() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let mut running = Vec::new();
    for number in 0..6 {
        let task = make_task(&ada, &format!("Build {number}")).await;
        let (track, _) = lease(&ada, &task, if number % 2 == 0 { 60 } else { 600 }).await;
        if number % 2 == 1 {
            running.push(id(&track));
        }
    }
    server.clock.advance(MINUTE);
    let first = ada.get("/tracks?running=true&limit=2").await;
    let link = first.header("link").to_owned();
    assert_eq!(ids(&first.expect(200)), running[..2]);
    let next = link.trim_start_matches('<').split('>').next().unwrap();
    assert_eq!(
        listed(&ada, next.trim_start_matches("/api/v1")).await,
        running[2..]
    );
}

#[tokio::test]
async fn a_persons_report_counts_what_lies_inside_and_not_what_was_never_vouched_for() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Nightly build").await;
    let (_, path) = lease(&ada, &task, 3600).await;
    let start = server.clock.now();
    server.clock.advance(HOUR / 2);
    ada.post_empty(&format!("{path}/heartbeat"))
        .await
        .expect(200);
    server.clock.advance(5 * HOUR);
    let user = my_id(&ada).await;
    for (from, to, inside) in [
        (start, start + HOUR, HOUR / 2),
        (start + HOUR / 4, start + 9 * HOUR, HOUR / 4),
        (start + HOUR / 2, start + HOUR, 0),
        (start + HOUR, start + 2 * HOUR, 0),
    ] {
        let report = format!("/reports/users/{user}?startDate={from}&endDate={to}");
        assert_eq!(total(&ada, &report).await, inside);
    }
}
