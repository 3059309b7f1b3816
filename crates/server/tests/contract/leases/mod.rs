//! Rows 34, 39 and 63: tracks that end by themselves when no heartbeat comes within their lease.

mod corrections;
mod limits;
mod races;
mod readers;
mod versions;

use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use crate::tracking::{
    HOUR, MINUTE, UNKNOWN_ID, book, hides, id, make_task, my_id, refuses_strangers, text,
};

/// Clocks in with a lease of so many seconds, and answers with the track and its path.
pub(crate) async fn lease(client: &Client, task: &str, seconds: i64) -> (Value, String) {
    let path = format!("/tasks/{task}/clock-in");
    let track = client.post(&path, &json!({ "lease": seconds })).await;
    let track = track.expect(201);
    let path = format!("/tasks/{task}/tracks/{}", id(&track));
    (track, path)
}

/// What a track says of its end.
pub(crate) fn end(track: &Value) -> (Value, Value, Value) {
    let member = |name: &str| track[name].clone();
    (member("end"), member("endedBy"), member("leaseExpiresAt"))
}

pub(crate) fn ended_by_lease(at: i64) -> (Value, Value, Value) {
    (json!(at), json!("lease"), Value::Null)
}

#[tokio::test]
async fn a_heartbeat_extends_the_lease_and_without_one_the_track_has_ended_at_the_last() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Nightly build").await;
    let (track, path) = lease(&ada, &task, 60).await;
    let start = server.clock.now();
    assert_eq!(track["lease"], 60);
    assert_eq!(
        end(&track),
        (Value::Null, Value::Null, json!(start + MINUTE))
    );

    server.clock.advance(MINUTE - 1);
    let heartbeat = format!("{path}/heartbeat");
    let beaten = ada.post_empty(&heartbeat).await.expect(200);
    let last = server.clock.now();
    assert_eq!(beaten["amount"], MINUTE - 1);
    assert_eq!(
        end(&beaten),
        (Value::Null, Value::Null, json!(last + MINUTE))
    );
    assert_eq!(ada.get(&path).await.expect(200), beaten);
    // Again at the same instant it changes nothing.
    assert_eq!(ada.post_empty(&heartbeat).await.expect(200), beaten);

    server.clock.advance(MINUTE - 1);
    assert_eq!(ada.get(&path).await.expect(200)["end"], Value::Null);
    server.clock.advance(1);
    let ended = ada.get(&path).await.expect(200);
    assert_eq!(end(&ended), ended_by_lease(last));
    assert_eq!(
        (&ended["amount"], &ended["lease"]),
        (&json!(MINUTE - 1), &json!(60))
    );
    server.clock.advance(24 * HOUR - 5 * MINUTE);
    assert_eq!(ada.get(&path).await.expect(200), ended);
}

#[tokio::test]
async fn a_lease_counts_from_the_servers_clock_and_an_end_never_lies_before_the_start() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let now = server.clock.now();
    for (start, end_at, amount) in [(now - HOUR, now, HOUR), (now + MINUTE, now + MINUTE, 0)] {
        let task = make_task(&ada, "Nightly build").await;
        let body = json!({ "start": start, "lease": 10 });
        let track = ada.post(&format!("/tasks/{task}/clock-in"), &body).await;
        let track = track.expect(201);
        assert_eq!(track["leaseExpiresAt"], now + 10_000);
        let path = format!("/tasks/{task}/tracks/{}", id(&track));
        server.clock.advance(10_000);
        let ended = ada.get(&path).await.expect(200);
        assert_eq!(end(&ended), ended_by_lease(end_at));
        assert_eq!(ended["amount"], amount);
        server.clock.advance(-10_000);
    }
}

#[tokio::test]
async fn a_lease_is_a_whole_number_of_seconds_up_to_a_day_and_only_of_a_running_track() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Nightly build").await;
    let handles =
        ["/tasks/by-name/N", "/tasks/by-external-id/N"].map(|path| format!("{path}/clock-in"));
    let clock_in = format!("/tasks/{task}/clock-in");
    let tracks = format!("/tasks/{task}/tracks");
    for wrong in [
        json!(0),
        json!(86_401),
        json!(-1),
        json!(1.5),
        json!("60"),
        json!([]),
    ] {
        let body = json!({ "lease": wrong, "start": 0 });
        for path in handles.iter().chain([&clock_in, &tracks]) {
            assert_eq!(
                ada.post(path, &body).await.invalid(),
                ["/lease"],
                "{path} {wrong}"
            );
        }
    }
    let both = json!({ "start": 0, "end": 5, "lease": 60 });
    assert_eq!(ada.post(&tracks, &both).await.invalid(), ["/lease"]);
    assert_eq!(ada.get("/tracks").await.expect(200), json!([]));

    for (number, path) in handles.iter().chain([&clock_in]).enumerate() {
        let seconds = [1, 86_400, 60][number];
        let track = ada
            .post(path, &json!({ "lease": seconds }))
            .await
            .expect(201);
        let expiry = server.clock.now() + seconds * 1000;
        assert_eq!(
            (&track["lease"], &track["leaseExpiresAt"]),
            (&json!(seconds), &json!(expiry))
        );
    }
    let other = make_task(&ada, "Weekly build").await;
    let body = json!({ "start": 0, "lease": 60 });
    let track = ada
        .post(&format!("/tasks/{other}/tracks"), &body)
        .await
        .expect(201);
    assert_eq!(track["leaseExpiresAt"], server.clock.now() + MINUTE);
    let ended = ada
        .get(&format!(
            "/tasks/{other}/tracks/{}",
            book(&ada, &other, 0, 5).await
        ))
        .await;
    assert_eq!(ended.expect(200)["lease"], Value::Null);
}

#[tokio::test]
async fn a_heartbeat_is_for_ones_own_running_track_and_for_admins() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let cy = server.add_user(&ada, "cy", "member").await;
    let eve = server.sign_up("eve").await;
    let task = make_task(&ada, "Nightly build").await;
    let (track, path) = lease(&bob, &task, 60).await;
    let heartbeat = format!("{path}/heartbeat");
    server.clock.advance(1_000);
    for client in [&bob, &ada] {
        let beaten = client.post_empty(&heartbeat).await.expect(200);
        assert_eq!(beaten["leaseExpiresAt"], server.clock.now() + MINUTE);
        assert_eq!(beaten["updatedAt"], track["updatedAt"]);
    }
    cy.post_empty(&heartbeat).await.problem(403, "forbidden");
    for scopes in [["read"], ["manage"]] {
        let key = json!({ "name": "no tracking", "scopes": scopes });
        let key = text(&bob.post("/api-keys", &key).await.expect(201), "apiKey");
        let client = server.anonymous().with_key(&key);
        client
            .post_empty(&heartbeat)
            .await
            .problem(403, "scope-missing");
    }
    let template = format!("/tasks/{task}/tracks/{{}}/heartbeat");
    hides(&ada, reqwest::Method::POST, &template, None, &[UNKNOWN_ID]).await;
    eve.post_empty(&heartbeat).await.problem(404, "not-found");
    let elsewhere = make_task(&ada, "Another").await;
    let elsewhere = format!("/tasks/{elsewhere}/tracks/{}/heartbeat", id(&track));
    bob.post_empty(&elsewhere).await.problem(404, "not-found");
    refuses_strangers(&server, &[(reqwest::Method::POST, heartbeat)]).await;
}

#[tokio::test]
async fn a_heartbeat_without_a_lease_is_harmless_and_one_too_late_is_refused_with_the_track() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Nightly build").await;
    let track = ada
        .post_empty(&format!("/tasks/{task}/clock-in"))
        .await
        .expect(201);
    let path = format!("/tasks/{task}/tracks/{}", id(&track));
    let heartbeat = format!("{path}/heartbeat");
    assert_eq!(ada.post_empty(&heartbeat).await.expect(200), track);
    let ended = ada
        .post_empty(&format!("/tasks/{task}/clock-out"))
        .await
        .expect(200);
    assert_eq!(ended["endedBy"], "user");
    let late = ada.post_empty(&heartbeat).await.problem(409, "not-running");
    assert_eq!(late["track"], ended);

    let (track, path) = lease(&ada, &task, 60).await;
    server.clock.advance(MINUTE);
    let late = ada.post_empty(&format!("{path}/heartbeat")).await;
    let late = late.problem(409, "not-running");
    assert_eq!(
        end(&late["track"]),
        ended_by_lease(server.clock.now() - MINUTE)
    );
    assert_eq!(late["track"]["id"], track["id"]);
    assert_eq!(ada.get(&path).await.expect(200), late["track"]);
}

#[tokio::test]
async fn a_heartbeat_that_is_sent_again_with_its_key_is_answered_again() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Nightly build").await;
    let (_, path) = lease(&ada, &task, 60).await;
    let client = ada.with_header("idempotency-key", "beat-1");
    let heartbeat = format!("{path}/heartbeat");
    let first = client.post_empty(&heartbeat).await.expect(200);
    server.clock.advance(30_000);
    let again = client.post_empty(&heartbeat).await;
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.expect(200), first);
    // So it is no sign of life.
    server.clock.advance(30_000);
    assert_eq!(ada.get(&path).await.expect(200)["endedBy"], "lease");
}

#[tokio::test]
async fn a_clock_in_with_a_lease_while_clocked_in_is_a_heartbeat_and_sets_the_lease() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Nightly build").await;
    let (track, path) = lease(&ada, &task, 60).await;
    let clock_in = format!("/tasks/{task}/clock-in");
    server.clock.advance(30_000);
    // The job was killed and runs again: the same track goes on.
    let again = ada
        .post(&clock_in, &json!({ "lease": 60 }))
        .await
        .expect(200);
    assert_eq!(again["id"], track["id"]);
    assert_eq!(again["updatedAt"], track["updatedAt"]);
    assert_eq!(again["leaseExpiresAt"], server.clock.now() + MINUTE);
    let longer = ada
        .post(&clock_in, &json!({ "lease": 120 }))
        .await
        .expect(200);
    assert_eq!(longer["leaseExpiresAt"], server.clock.now() + 2 * MINUTE);
    assert_ne!(longer["updatedAt"], track["updatedAt"]);
    server.clock.advance(1_000);
    // Without one it says nothing, as ever.
    let silent = ada.post_empty(&clock_in).await.expect(200);
    assert_eq!(silent["leaseExpiresAt"], longer["leaseExpiresAt"]);
    assert_eq!(ada.get(&path).await.expect(200), silent);

    // A timer that was begun without a lease gets the one that is asked for.
    let other = make_task(&ada, "Weekly build").await;
    let clock_in = format!("/tasks/{other}/clock-in");
    ada.post_empty(&clock_in).await.expect(201);
    let leased = ada
        .post(&clock_in, &json!({ "lease": 5 }))
        .await
        .expect(200);
    assert_eq!(leased["leaseExpiresAt"], server.clock.now() + 5_000);
    // A start that contradicts the track is refused, and no heartbeat.
    server.clock.advance(1_000);
    let contradiction = ada
        .post(&clock_in, &json!({ "lease": 5, "start": 0 }))
        .await;
    let problem = contradiction.problem(409, "already-running");
    assert_eq!(problem["track"]["leaseExpiresAt"], leased["leaseExpiresAt"]);
}

#[tokio::test]
async fn whoever_clocks_in_after_the_lease_ran_out_begins_anew_and_the_sums_are_exact() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let user = my_id(&ada).await;
    for path in [
        "/tasks/by-name/Build/clock-in",
        "/tasks/by-external-id/B-1/clock-in",
    ] {
        let body = json!({ "lease": 60 });
        let first = ada.post(path, &body).await.expect(201);
        server.clock.advance(20_000);
        let track = format!("/tasks/{}/tracks/{}", text(&first, "taskId"), id(&first));
        ada.post_empty(&format!("{track}/heartbeat"))
            .await
            .expect(200);
        server.clock.advance(MINUTE);
        let seen = ada.get(&track).await.expect(200);
        let second = ada.post(path, &body).await.expect(201);
        assert_ne!(second["id"], first["id"]);
        // It is written down now, and nobody can tell.
        assert_eq!(ada.get(&track).await.expect(200), seen);
        server.clock.advance(1_000);
        let report = format!("/reports/tasks/{}", text(&first, "taskId"));
        assert_eq!(ada.get(&report).await.expect(200)["total"], 21_000);
        ada.post_empty(&path.replace("clock-in", "clock-out"))
            .await
            .expect(200);
        let report = ada.get(&format!("{report}/users")).await.expect(200);
        assert_eq!(report["total"], 21_000);
    }
    let report = ada.get(&format!("/reports/users/{user}")).await.expect(200);
    assert_eq!(report["total"], 42_000);
}
