//! Rows 8 and 9: the organisation's `maxRunning`, after which a forgotten timer is ended.

use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use super::{end, ended_by_lease, lease};
use crate::{
    support::my_org,
    tracking::{HOUR, MINUTE, id, make_task, my_id, with_key_of},
};

async fn allow(client: &Client, hours: Value) -> Value {
    let path = format!("/orgs/{}", my_org(client).await);
    client
        .put(&path, &json!({ "maxRunning": hours }))
        .await
        .expect(200)
}

fn ended_by_limit(at: i64) -> (Value, Value, Value) {
    (json!(at), json!("limit"), Value::Null)
}

async fn clock_in(client: &Client, task: &str) -> String {
    let track = client
        .post_empty(&format!("/tasks/{task}/clock-in"))
        .await
        .expect(201);
    format!("/tasks/{task}/tracks/{}", id(&track))
}

#[tokio::test]
async fn the_limit_is_whole_hours_up_to_a_year_or_none() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let path = format!("/orgs/{}", my_org(&ada).await);
    assert_eq!(ada.get(&path).await.expect(200)["maxRunning"], Value::Null);
    for wrong in [
        json!(0),
        json!(8_761),
        json!(-1),
        json!(1.5),
        json!("1"),
        json!(true),
    ] {
        let refused = ada.put(&path, &json!({ "maxRunning": wrong })).await;
        assert_eq!(refused.invalid(), ["/maxRunning"]);
    }
    for hours in [json!(1), json!(8_760), Value::Null, json!(10)] {
        let changed = ada
            .patch(&path, &json!({ "maxRunning": hours }))
            .await
            .expect(200);
        assert_eq!(changed["maxRunning"], hours);
        assert_eq!(bob.get(&path).await.expect(200)["maxRunning"], hours);
    }
    let renamed = ada
        .put(&path, &json!({ "name": "Engines" }))
        .await
        .expect(200);
    assert_eq!(renamed["maxRunning"], 10);
    bob.put(&path, &json!({ "maxRunning": 1 }))
        .await
        .problem(403, "forbidden");
}

#[tokio::test]
async fn a_forgotten_timer_has_ended_at_the_limit_for_everybody_who_looks() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    allow(&ada, json!(10)).await;
    let start = server.clock.now();
    let path = clock_in(&ada, &task).await;
    server.clock.advance(10 * HOUR - 1);
    assert_eq!(ada.get(&path).await.expect(200)["end"], Value::Null);
    server.clock.advance(1);
    let ended = ada.get(&path).await.expect(200);
    assert_eq!(end(&ended), ended_by_limit(start + 10 * HOUR));
    assert_eq!(
        (&ended["amount"], &ended["lease"]),
        (&json!(10 * HOUR), &Value::Null)
    );
    server.clock.advance(3 * HOUR);
    let user = my_id(&ada).await;
    for report in [
        format!("/reports/tasks/{task}"),
        format!("/reports/tasks/{task}/users"),
        format!("/reports/users/{user}"),
    ] {
        assert_eq!(
            ada.get(&report).await.expect(200)["total"],
            10 * HOUR,
            "{report}"
        );
    }
    assert_eq!(ada.get("/tracks?running=true").await.expect(200), json!([]));
    let late = ada.post_empty(&format!("/tasks/{task}/clock-out")).await;
    let late = late.problem(409, "not-running");
    assert_eq!(late["track"], ended);
    // The next day begins anew.
    let second = clock_in(&ada, &task).await;
    assert_ne!(second, path);
    assert_eq!(ada.get(&path).await.expect(200), ended);
}

#[tokio::test]
async fn a_heartbeat_extends_no_lease_beyond_the_limit() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Nightly build").await;
    allow(&ada, json!(1)).await;
    let start = server.clock.now();
    let (_, path) = lease(&ada, &task, 2400).await;
    for _ in 0..2 {
        server.clock.advance(25 * MINUTE);
        ada.post_empty(&format!("{path}/heartbeat"))
            .await
            .expect(200);
    }
    server.clock.advance(10 * MINUTE);
    let late = ada.post_empty(&format!("{path}/heartbeat")).await;
    let late = late.problem(409, "not-running");
    assert_eq!(end(&late["track"]), ended_by_limit(start + HOUR));
    // The lease of another runs out before.
    let other = make_task(&ada, "Weekly build").await;
    let (_, path) = lease(&ada, &other, 2400).await;
    let start = server.clock.now();
    server.clock.advance(5 * HOUR);
    assert_eq!(
        end(&ada.get(&path).await.expect(200)),
        ended_by_lease(start)
    );
}

#[tokio::test]
async fn an_end_that_was_shown_stays_whatever_becomes_of_the_limit() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let ada = with_key_of(&server, &ada).await;
    let tasks = [
        make_task(&ada, "One").await,
        make_task(&ada, "Two").await,
        make_task(&ada, "Three").await,
    ];
    allow(&ada, json!(2)).await;
    let limited = clock_in(&ada, &tasks[0]).await;
    let (_, leased) = lease(&ada, &tasks[1], 60).await;
    server.clock.advance(2 * HOUR);
    let young = clock_in(&ada, &tasks[2]).await;
    let everything = async || {
        let mut all = Vec::new();
        for path in [&limited, &leased] {
            all.push(ada.get(path).await.expect(200));
        }
        for task in &tasks[..2] {
            all.push(
                ada.get(&format!("/reports/tasks/{task}/users"))
                    .await
                    .expect(200),
            );
        }
        all
    };
    let shown = everything().await;
    assert_eq!(shown[0]["endedBy"], "limit");
    for hours in [json!(1), Value::Null, json!(100), json!(1)] {
        allow(&ada, hours).await;
        assert_eq!(everything().await, shown);
    }
    // The one that still ran has the limit of the day.
    server.clock.advance(HOUR);
    assert_eq!(ada.get(&young).await.expect(200)["endedBy"], "limit");
}

#[tokio::test]
async fn a_change_of_the_limit_reaches_the_tracks_that_run() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let eve = server.sign_up("eve").await;
    let task = make_task(&ada, "Write docs").await;
    let start = server.clock.now();
    let path = clock_in(&ada, &task).await;
    let (_, foreign) = {
        let task = make_task(&eve, "Write docs").await;
        (task.clone(), clock_in(&eve, &task).await)
    };
    server.clock.advance(5 * HOUR);
    allow(&ada, json!(6)).await;
    assert_eq!(ada.get(&path).await.expect(200)["end"], Value::Null);
    server.clock.advance(2 * HOUR);
    // It has ended by now, so it is too late for more.
    allow(&ada, json!(8)).await;
    assert_eq!(
        end(&ada.get(&path).await.expect(200)),
        ended_by_limit(start + 6 * HOUR)
    );
    assert_eq!(eve.get(&foreign).await.expect(200)["end"], Value::Null);

    let path = clock_in(&ada, &task).await;
    let start = server.clock.now();
    server.clock.advance(7 * HOUR);
    // One that has run for longer is ended where it should have been.
    allow(&ada, json!(3)).await;
    assert_eq!(
        end(&ada.get(&path).await.expect(200)),
        ended_by_limit(start + 3 * HOUR)
    );
    let report = ada.get(&format!("/reports/tasks/{task}")).await.expect(200);
    assert_eq!(report["total"], 9 * HOUR);
    // Taken away, it ends nothing more.
    allow(&ada, Value::Null).await;
    let path = clock_in(&ada, &task).await;
    server.clock.advance(HOUR);
    assert_eq!(ada.get(&path).await.expect(200)["end"], Value::Null);
}

#[tokio::test]
async fn what_begins_or_is_made_to_run_too_far_back_has_ended_at_once() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    allow(&ada, json!(2)).await;
    let start = server.clock.now() - 3 * HOUR;
    let report = async || {
        let report = ada.get(&format!("/reports/tasks/{task}")).await.expect(200);
        assert_eq!(
            report["total"],
            report["tracks"]
                .as_array()
                .unwrap()
                .iter()
                .map(|track| track["amount"].as_i64().unwrap())
                .sum::<i64>()
        );
        report["total"].clone()
    };
    // A queue that is sent late loses nothing and books no more than is allowed.
    let late = ada
        .post(
            &format!("/tasks/{task}/clock-in"),
            &json!({ "start": start }),
        )
        .await;
    let late = late.expect(201);
    assert_eq!(end(&late), ended_by_limit(start + 2 * HOUR));
    let path = format!("/tasks/{task}/tracks/{}", id(&late));
    assert_eq!(ada.get(&path).await.expect(200), late);
    assert_eq!(report().await, 2 * HOUR);
    let again = ada.put(&path, &json!({ "end": null })).await.expect(200);
    assert_eq!(end(&again), ended_by_limit(start + 2 * HOUR));
    let booked = ada
        .post(&format!("/tasks/{task}/tracks"), &json!({ "start": start }))
        .await;
    assert_eq!(end(&booked.expect(201)), ended_by_limit(start + 2 * HOUR));
    // A start that is moved.
    let running = clock_in(&ada, &task).await;
    let moved = ada
        .put(&running, &json!({ "start": start }))
        .await
        .expect(200);
    assert_eq!(end(&moved), ended_by_limit(start + 2 * HOUR));
    assert_eq!(report().await, 6 * HOUR);
    // An end that is given is anybody's own business.
    let long = json!({ "start": 0, "end": 100 * HOUR });
    let long = ada
        .post(&format!("/tasks/{task}/tracks"), &long)
        .await
        .expect(201);
    assert_eq!(long["endedBy"], "user");
}
