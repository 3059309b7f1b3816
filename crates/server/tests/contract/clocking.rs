//! Rows 34 and 35: clocking in and out by id, and what is promised of running tracks.

use reqwest::Method;
use serde_json::{Value, json};
use timetracks_testkit::TestServer;

use crate::tracking::{HOUR, MINUTE, hides, id, ids, make_task, my_id, refuses_strangers};

#[tokio::test]
async fn clocking_in_starts_a_track_and_a_retry_answers_with_the_same_one() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    let path = format!("/tasks/{task}/clock-in");

    let answer = ada.post_empty(&path).await;
    let location = answer.header("location").to_owned();
    let track = answer.expect(201);
    assert_eq!(track["taskId"], task);
    assert_eq!(track["userId"], my_id(&ada).await);
    assert_eq!(track["start"], server.clock.now());
    assert_eq!(track["startTime"], "2026-11-24T09:00:00.000Z");
    assert_eq!(track["end"], json!(null));
    assert_eq!(track["endTime"], json!(null));
    assert_eq!(ada.get(&location).await.expect(200), track);

    server.clock.advance(MINUTE);
    let again = ada.post_empty(&path).await.expect(200);
    assert_eq!(again["id"], track["id"]);
    assert_eq!(again["start"], track["start"]);
    assert_eq!(again["updatedAt"], track["updatedAt"]);
    assert_eq!(again["amount"], MINUTE);
    let listed = ada.get(&format!("/tasks/{task}/tracks")).await.expect(200);
    assert_eq!(ids(&listed), [id(&track)]);
}

#[tokio::test]
async fn a_running_track_counts_up_to_the_moment_of_the_answer_and_an_ended_one_stands_still() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    let track = ada.post_empty(&format!("/tasks/{task}/clock-in")).await;
    let path = format!("/tasks/{task}/tracks/{}", id(&track.expect(201)));

    server.clock.advance(HOUR + 35 * MINUTE + 5_999);
    let running = ada.get(&path).await.expect(200);
    let parts = |track: &Value| {
        ["amount", "hours", "minutes", "seconds", "timeFormatted"].map(|part| track[part].clone())
    };
    let expected = [
        json!(HOUR + 35 * MINUTE + 5_999),
        json!(1),
        json!(35),
        json!(5),
        json!("1h 35m 5s"),
    ];
    assert_eq!(parts(&running), expected);

    let ended = ada.post_empty(&format!("/tasks/{task}/clock-out")).await;
    let ended = ended.expect(200);
    assert_eq!(parts(&ended), expected);
    assert_eq!(ended["id"], running["id"]);
    assert_eq!(ended["end"], server.clock.now());
    assert_eq!(ended["endTime"], "2026-11-24T10:35:05.999Z");
    server.clock.advance(HOUR);
    assert_eq!(ada.get(&path).await.expect(200), ended);
}

#[tokio::test]
async fn a_start_may_be_given_and_is_compared_with_the_running_track() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    let path = format!("/tasks/{task}/clock-in");
    let start = server.clock.now() - HOUR;

    let track = ada.post(&path, &json!({ "start": start })).await;
    let track = track.expect(201);
    assert_eq!(track["start"], start);
    assert_eq!(track["amount"], HOUR);
    let same = ada.post(&path, &json!({ "start": start })).await;
    assert_eq!(same.expect(200), track);
    assert_eq!(ada.post(&path, &json!({})).await.expect(200), track);

    let contradiction = ada.post(&path, &json!({ "start": start + 1 })).await;
    let problem = contradiction.problem(409, "already-running");
    assert_eq!(problem["track"], track);
    let listed = ada.get(&format!("/tasks/{task}/tracks")).await.expect(200);
    assert_eq!(listed, json!([track]));
}

#[tokio::test]
async fn a_start_may_lie_60_seconds_ahead_and_no_millisecond_more() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    let path = format!("/tasks/{task}/clock-in");
    let latest = server.clock.now() + MINUTE;

    let too_late = ada.post(&path, &json!({ "start": latest + 1 })).await;
    assert_eq!(too_late.invalid(), ["/start"]);
    let listed = ada.get(&format!("/tasks/{task}/tracks")).await.expect(200);
    assert_eq!(listed, json!([]));

    let track = ada.post(&path, &json!({ "start": latest })).await;
    let track = track.expect(201);
    assert_eq!(track["amount"], 0);
    assert_eq!(track["timeFormatted"], "0h 0m 0s");

    // Ending it before it has begun makes no negative time.
    let ended = ada.post_empty(&format!("/tasks/{task}/clock-out")).await;
    let ended = ended.expect(200);
    assert_eq!(ended["end"], latest);
    assert_eq!(ended["amount"], 0);
}

#[tokio::test]
async fn an_end_may_be_given_and_lies_not_before_the_start() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    let start = server.clock.now();
    let clock_in = format!("/tasks/{task}/clock-in");
    let clock_out = format!("/tasks/{task}/clock-out");
    ada.post_empty(&clock_in).await.expect(201);
    server.clock.advance(HOUR);

    let early = ada.post(&clock_out, &json!({ "end": start - 1 })).await;
    assert_eq!(early.invalid(), ["/end"]);
    let still = ada.get("/tracks?running=true").await.expect(200);
    assert_eq!(still[0]["end"], json!(null));

    let ended = ada.post(&clock_out, &json!({ "end": start })).await;
    let ended = ended.expect(200);
    assert_eq!(
        (&ended["end"], &ended["amount"]),
        (&json!(start), &json!(0))
    );
}

#[tokio::test]
async fn clocking_out_with_nothing_running_is_a_conflict() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let task = make_task(&ada, "Write docs").await;
    let clock_out = format!("/tasks/{task}/clock-out");
    ada.post_empty(&clock_out).await.problem(409, "not-running");

    let clock_in = format!("/tasks/{task}/clock-in");
    ada.post_empty(&clock_in).await.expect(201);
    // Another's running track is not the caller's.
    bob.post_empty(&clock_out).await.problem(409, "not-running");
    ada.post_empty(&clock_out).await.expect(200);
    ada.post_empty(&clock_out).await.problem(409, "not-running");
}

#[tokio::test]
async fn one_person_runs_several_tasks_and_several_people_run_one() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let (docs, code) = (make_task(&ada, "Docs").await, make_task(&ada, "Code").await);
    let mut running = Vec::new();
    for (client, task) in [(&ada, &docs), (&ada, &code), (&bob, &docs)] {
        let answer = client.post_empty(&format!("/tasks/{task}/clock-in")).await;
        running.push(id(&answer.expect(201)));
    }
    let everything = ada.get("/tracks?running=true").await.expect(200);
    assert_eq!(ids(&everything), running);

    ada.post_empty(&format!("/tasks/{docs}/clock-out"))
        .await
        .expect(200);
    let left = ada.get("/tracks?running=true").await.expect(200);
    assert_eq!(ids(&left), running[1..]);
}

#[tokio::test]
async fn a_clock_that_jumps_back_makes_no_negative_time() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    let start = server.clock.now();
    let track = ada.post_empty(&format!("/tasks/{task}/clock-in")).await;
    let path = format!("/tasks/{task}/tracks/{}", id(&track.expect(201)));

    server.clock.advance(-2 * MINUTE);
    assert_eq!(ada.get(&path).await.expect(200)["amount"], 0);
    let report = format!("/reports/tasks/{task}");
    assert_eq!(ada.get(&report).await.expect(200)["total"], 0);

    let ended = ada.post_empty(&format!("/tasks/{task}/clock-out")).await;
    let ended = ended.expect(200);
    assert_eq!(
        (&ended["end"], &ended["amount"]),
        (&json!(start), &json!(0))
    );
}

#[tokio::test]
async fn the_body_may_be_left_out_but_a_broken_one_is_named() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    for (operation, member) in [("clock-in", "start"), ("clock-out", "end")] {
        let path = format!("/tasks/{task}/{operation}");
        for value in [
            json!("now"),
            json!(-1),
            json!(253_402_300_800_000_i64),
            json!(1.5),
        ] {
            let answer = ada.post(&path, &json!({ member: value })).await;
            assert_eq!(answer.invalid(), [format!("/{member}")]);
        }
        let answer = ada.post(&path, &json!([1])).await;
        assert_eq!(answer.invalid(), [""]);
        let post = |kind, body: &str| ada.send_raw(Method::POST, &path, kind, body.into());
        let malformed = post("application/json", "{").await;
        malformed.problem(400, "malformed-json");
        let other_type = post("text/plain", "{}").await;
        other_type.problem(415, "unsupported-media-type");
    }
    assert_eq!(ada.get("/tracks").await.expect(200), json!([]));
}

#[tokio::test]
async fn clocking_by_id_is_closed_to_strangers_and_blind_to_other_organisations() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let eve = server.sign_up("eve").await;
    let task = make_task(&ada, "Write docs").await;
    let operations = ["clock-in", "clock-out"].map(|operation| {
        let path = format!("/tasks/{task}/{operation}");
        (Method::POST, path)
    });
    refuses_strangers(&server, &operations).await;
    for operation in ["clock-in", "clock-out"] {
        let template = format!("/tasks/{{}}/{operation}");
        hides(&eve, Method::POST, &template, None, &[&task]).await;
    }
    assert_eq!(ada.get("/tracks").await.expect(200), json!([]));
}
