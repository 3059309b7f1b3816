//! Versions of tracks that end by themselves: what readers are shown is what a change is compared with.

use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use super::{ended_by_lease, lease};
use crate::tracking::{HOUR, MINUTE, make_task, text};

async fn tag(client: &Client, path: &str) -> String {
    let answer = client.get(path).await;
    let tag = answer.header("etag").to_owned();
    answer.expect(200);
    tag
}

#[tokio::test]
async fn a_heartbeat_and_a_clock_in_again_say_the_version_that_readers_are_shown() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Nightly build").await;
    let (_, path) = lease(&ada, &task, 60).await;
    let before = tag(&ada, &path).await;
    for (retry, body) in [
        (format!("{path}/heartbeat"), Value::Null),
        (format!("/tasks/{task}/clock-in"), json!({ "lease": 60 })),
        (format!("/tasks/{task}/clock-in"), json!({ "lease": 90 })),
    ] {
        server.clock.advance(30_000);
        let answer = match body {
            Value::Null => ada.post_empty(&retry).await,
            _ => ada.post(&retry, &body).await,
        };
        assert_eq!(answer.header("etag"), tag(&ada, &path).await, "{retry}");
        let is_new = answer.expect(200)["lease"] == 90;
        assert_eq!(tag(&ada, &path).await != before, is_new, "{retry}");
    }
}

#[tokio::test]
async fn clocking_out_compares_with_the_version_seen_before_heartbeats() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Nightly build").await;
    let (_, path) = lease(&ada, &task, 60).await;
    let seen = tag(&ada, &path).await;
    server.clock.advance(30_000);
    let heartbeat = format!("{path}/heartbeat");
    ada.post_empty(&heartbeat).await.expect(200);
    let clock_out = format!("/tasks/{task}/clock-out");
    let stale = ada.with_header("if-match", "\"stale\"");
    let refused = stale.post_empty(&clock_out).await;
    refused.problem(412, "precondition-failed");
    let same = ada.with_header("if-match", &seen);
    let ended = same.post_empty(&clock_out).await;
    assert_eq!(ended.header("etag"), tag(&ada, &path).await);
    assert_eq!(ended.expect(200)["endedBy"], "user");
}

#[tokio::test]
async fn clocking_out_after_the_lease_ran_out_is_refused_as_not_running_whatever_version_was_seen()
{
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let clock_in = "/tasks/by-external-id/B-1/clock-in";
    let begun = ada.post(clock_in, &json!({ "lease": 60 })).await;
    let path = begun.header("location").replace("/api/v1", "");
    let task = text(&begun.expect(201), "taskId");
    let (start, running) = (server.clock.now(), tag(&ada, &path).await);
    server.clock.advance(MINUTE);
    let ended = tag(&ada, &path).await;
    for handle in [&task, "by-name/B-1", "by-external-id/B-1"] {
        for seen in [&running, &ended, "\"stale\"", "*"] {
            let late = ada.with_header("if-match", seen);
            let late = late.post_empty(&format!("/tasks/{handle}/clock-out")).await;
            let track = &late.problem(409, "not-running")["track"];
            assert_eq!(super::end(track), ended_by_lease(start), "{handle} {seen}");
        }
    }
    assert_eq!(tag(&ada, &path).await, ended);
}

#[tokio::test]
async fn a_track_that_ended_by_itself_is_changed_and_deleted_in_the_version_that_readers_are_shown()
{
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "note": "killed" });
    for is_deleted in [false, true] {
        let task = make_task(&ada, "Nightly build").await;
        let (_, path) = lease(&ada, &task, 60).await;
        let running = tag(&ada, &path).await;
        server.clock.advance(HOUR);
        let ended = tag(&ada, &path).await;
        assert_ne!(ended, running);
        for (seen, status) in [(&running, 412), (&ended, 200)] {
            let client = ada.with_header("if-match", seen);
            let answer = match is_deleted {
                true => client.delete(&path).await,
                false => client.patch(&path, &body).await,
            };
            assert_eq!(answer.status, status);
            if status == 412 {
                // Nothing was written down either, and it would be no other version.
                assert_eq!(tag(&ada, &path).await, ended);
            }
        }
    }
}

#[tokio::test]
async fn writing_down_that_a_track_has_ended_makes_no_other_version_of_it() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Nightly build").await;
    let (_, first) = lease(&ada, &task, 60).await;
    server.clock.advance(HOUR);
    let ended = tag(&ada, &first).await;
    server.clock.advance(HOUR);
    // It needs the place of the first, whose end is written down for it.
    lease(&ada, &task, 60).await;
    assert_eq!(tag(&ada, &first).await, ended);
    let seen = ada.with_header("if-match", &ended);
    seen.patch(&first, &json!({ "note": "killed" }))
        .await
        .expect(200);
}
