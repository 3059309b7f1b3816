//! What can be done with a track that has ended by itself: nothing without saying so.

use serde_json::{Value, json};
use timetracks_testkit::TestServer;

use super::{end, ended_by_lease, lease};
use crate::tracking::{HOUR, MINUTE, id, make_task, text};

#[tokio::test]
async fn clocking_out_after_the_lease_ran_out_is_refused_with_the_track_and_its_end_can_be_corrected()
 {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let handles = ["/tasks/by-name/Build", "/tasks/by-external-id/B-1"];
    for handle in handles.map(str::to_owned) {
        let begun = ada
            .post(&format!("{handle}/clock-in"), &json!({ "lease": 60 }))
            .await;
        let begun = begun.expect(201);
        let task = text(&begun, "taskId");
        let start = server.clock.now();
        server.clock.advance(HOUR);
        let by_id = format!("/tasks/{task}/clock-out");
        for path in [format!("{handle}/clock-out"), by_id.clone(), by_id] {
            for body in [json!({}), json!({ "end": start + 30_000 })] {
                let late = ada.post(&path, &body).await.problem(409, "not-running");
                assert_eq!(late["track"]["id"], begun["id"], "{path}");
                assert_eq!(end(&late["track"]), ended_by_lease(start));
            }
        }
        // The job was cut off from the network and knows that it worked until now.
        let path = format!("/tasks/{task}/tracks/{}", id(&begun));
        let body = json!({ "end": server.clock.now() });
        let corrected = ada.put(&path, &body).await.expect(200);
        assert_eq!(
            (&corrected["endedBy"], &corrected["amount"]),
            (&json!("user"), &json!(HOUR))
        );
        let report = ada.get(&format!("/reports/tasks/{task}")).await.expect(200);
        assert_eq!(report["total"], HOUR);
    }
}

#[tokio::test]
async fn clocking_out_by_name_means_the_task_that_still_runs() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let first = make_task(&ada, "Build").await;
    let second = make_task(&ada, "Build").await;
    lease(&ada, &first, 60).await;
    lease(&ada, &second, 3600).await;
    let both = ada.post_empty("/tasks/by-name/Build/clock-out").await;
    both.problem(409, "ambiguous-task");
    server.clock.advance(MINUTE);
    let ended = ada
        .post_empty("/tasks/by-name/Build/clock-out")
        .await
        .expect(200);
    assert_eq!(ended["taskId"], second);
    assert_eq!(ended["endedBy"], "user");
    let late = ada.post_empty("/tasks/by-name/Build/clock-out").await;
    assert_eq!(late.problem(409, "not-running")["track"]["taskId"], first);
}

#[tokio::test]
async fn however_many_of_a_name_have_ended_by_themselves_the_one_that_runs_is_found() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let leases = std::iter::repeat_n(60, 12).chain([3600]);
    let mut last = String::new();
    for seconds in leases {
        last = make_task(&ada, "Build").await;
        lease(&ada, &last, seconds).await;
    }
    server.clock.advance(MINUTE);
    let again = ada.post_empty("/tasks/by-name/Build/clock-in").await;
    assert_eq!(again.expect(200)["taskId"], last);
    let ended = ada.post_empty("/tasks/by-name/Build/clock-out").await;
    assert_eq!(ended.expect(200)["taskId"], last);
}

#[tokio::test]
async fn a_track_that_ended_by_itself_is_corrected_from_the_end_that_it_has() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Nightly build").await;
    let (_, path) = lease(&ada, &task, 60).await;
    let start = server.clock.now();
    server.clock.advance(HOUR);
    let earlier = ada
        .put(&path, &json!({ "start": start - HOUR }))
        .await
        .expect(200);
    assert_eq!(end(&earlier), ended_by_lease(start));
    assert_eq!(earlier["amount"], HOUR);
    // A page that sends the whole track back has not ended it.
    let same = ada
        .put(&path, &json!({ "start": start - HOUR, "end": start }))
        .await;
    assert_eq!(same.expect(200)["endedBy"], "lease");
    let wrong = ada.put(&path, &json!({ "start": start + 1 })).await;
    assert_eq!(wrong.invalid(), ["/end"]);
    let report = ada.get(&format!("/reports/tasks/{task}")).await.expect(200);
    assert_eq!(report["total"], HOUR);
}

#[tokio::test]
async fn a_track_that_runs_again_has_its_lease_from_that_instant() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Nightly build").await;
    let (_, path) = lease(&ada, &task, 60).await;
    server.clock.advance(HOUR);
    let again = ada.put(&path, &json!({ "end": null })).await.expect(200);
    let now = server.clock.now();
    assert_eq!(end(&again), (Value::Null, Value::Null, json!(now + MINUTE)));
    assert_eq!(again["amount"], HOUR);
    server.clock.advance(MINUTE);
    let ended = ada.get(&path).await.expect(200);
    assert_eq!(
        (end(&ended), &ended["amount"]),
        (ended_by_lease(now), &json!(HOUR))
    );
    // The one that seems to run beside it has ended, so it is not in the way.
    let (_, second) = lease(&ada, &task, 60).await;
    ada.put(&path, &json!({ "end": null }))
        .await
        .problem(409, "already-running");
    server.clock.advance(MINUTE);
    ada.put(&path, &json!({ "end": null })).await.expect(200);
    assert_eq!(ada.get(&second).await.expect(200)["endedBy"], "lease");
}

#[tokio::test]
async fn neither_booking_nor_deleting_meets_a_track_that_has_ended() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Nightly build").await;
    let tracks = format!("/tasks/{task}/tracks");
    let (_, path) = lease(&ada, &task, 60).await;
    let body = json!({ "start": server.clock.now(), "lease": 60 });
    ada.post(&tracks, &body)
        .await
        .problem(409, "already-running");
    server.clock.advance(30_000);
    ada.post_empty(&format!("{path}/heartbeat"))
        .await
        .expect(200);
    server.clock.advance(MINUTE);
    let second = ada.post(&tracks, &body).await.expect(201);
    let report = format!("/reports/tasks/{task}");
    assert_eq!(ada.get(&report).await.expect(200)["total"], 30_000 + 90_000);
    ada.delete(&path).await.expect(200);
    assert_eq!(ada.get(&report).await.expect(200)["total"], 90_000);
    server.clock.advance(MINUTE);
    // Deleted before anybody wrote down that it ended.
    ada.delete(&format!("{tracks}/{}", id(&second)))
        .await
        .expect(200);
    let report = ada.get(&format!("{report}/users")).await.expect(200);
    assert_eq!(
        (&report["total"], &report["users"]),
        (&json!(0), &json!([]))
    );
}

#[tokio::test]
async fn a_heartbeat_is_no_new_version_of_a_track_and_its_end_is() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Nightly build").await;
    let (_, path) = lease(&ada, &task, 60).await;
    let tag = async || ada.get(&path).await.header("etag").to_owned();
    let before = tag().await;
    server.clock.advance(30_000);
    ada.post_empty(&format!("{path}/heartbeat"))
        .await
        .expect(200);
    assert_eq!(tag().await, before);
    server.clock.advance(MINUTE);
    let after = tag().await;
    assert_ne!(after, before);
    let body = json!({ "start": server.clock.now() - HOUR });
    let stale = ada.with_header("if-match", &before).put(&path, &body).await;
    stale.problem(412, "precondition-failed");
    ada.with_header("if-match", &after)
        .put(&path, &body)
        .await
        .expect(200);
}
