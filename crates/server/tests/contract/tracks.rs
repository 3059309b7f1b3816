//! Rows 39 to 42: booking, reading, correcting and deleting time tracks.

use reqwest::Method;
use serde_json::json;
use timetracks_testkit::TestServer;

use crate::tracking::{
    DAY, HOUR, MINUTE, UNKNOWN_ID, book, hides, id, ids, make_task, my_id, refuses_strangers,
};

const LATEST: i64 = 253_402_300_799_999;

#[tokio::test]
async fn a_track_is_booked_read_corrected_and_deleted() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    let now = server.clock.now();
    let body = json!({ "start": now - HOUR, "end": now, "colour": "ignored" });
    let answer = ada.post(&format!("/tasks/{task}/tracks"), &body).await;
    let location = answer.header("location").to_owned();
    let track = answer.expect(201);
    let expected = json!({
        "id": track["id"], "taskId": task, "userId": my_id(&ada).await, "kind": "human",
        "startTime": "2026-11-24T08:00:00.000Z", "endTime": "2026-11-24T09:00:00.000Z",
        "start": now - HOUR, "end": now, "endedBy": "user", "lease": null, "leaseExpiresAt": null, "amount": HOUR,
        "hours": 1, "minutes": 0, "seconds": 0, "timeFormatted": "1h 0m 0s", "note": null, "meta": null,
        "createdAt": "2026-11-24T09:00:00.000Z", "updatedAt": "2026-11-24T09:00:00.000Z",
    });
    assert_eq!(track, expected);
    assert_eq!(
        location,
        format!("/api/v1/tasks/{task}/tracks/{}", id(&track))
    );
    assert_eq!(ada.get(&location).await.expect(200), track);

    server.clock.advance(1_000);
    let later = ada.put(&location, &json!({ "start": now - MINUTE })).await;
    let later = later.expect(200);
    assert_eq!(
        (&later["amount"], &later["end"]),
        (&json!(MINUTE), &json!(now))
    );
    assert_eq!(later["createdAt"], track["createdAt"]);
    assert_eq!(later["updatedAt"], "2026-11-24T09:00:01.000Z");
    let both = json!({ "start": now - 2 * HOUR, "end": now - HOUR });
    let patched = ada.patch(&location, &both).await.expect(200);
    assert_eq!(patched["amount"], HOUR);
    assert_eq!(ada.get(&location).await.expect(200), patched);

    let gone = ada.delete(&location).await.expect(200);
    assert!(gone["message"].is_string());
    ada.get(&location).await.problem(404, "not-found");
    ada.delete(&location).await.problem(404, "not-found");
}

#[tokio::test]
async fn the_ends_of_time_and_tracks_of_no_length_are_fine() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    let path = format!("/tasks/{task}/tracks");
    for (start, end) in [(0, 0), (LATEST, LATEST), (0, LATEST)] {
        let body = json!({ "start": start, "end": end });
        let track = ada.post(&path, &body).await.expect(201);
        assert_eq!(track["amount"], end - start);
    }
    let running = ada.post(&path, &json!({ "start": 0 })).await.expect(201);
    assert_eq!(running["startTime"], "1970-01-01T00:00:00.000Z");
    assert_eq!(running["amount"], server.clock.now());
}

#[tokio::test]
async fn a_persons_time_on_a_task_stays_a_number_that_every_json_reader_can_hold() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    let path = format!("/tasks/{task}/tracks");
    let longest = 1 << 53;
    for _ in 0..longest / LATEST {
        book(&ada, &task, 0, LATEST).await;
    }
    let last = book(&ada, &task, 0, longest % LATEST).await;
    let body = json!({ "start": 0, "end": 1 });
    let refused = ada.post(&path, &body).await.invalid();
    assert_eq!(refused, ["/end"]);
    let last = format!("{path}/{last}");
    let longer = json!({ "end": longest % LATEST + 1 });
    assert_eq!(ada.patch(&last, &longer).await.invalid(), ["/end"]);
    let report = ada.get(&format!("/reports/tasks/{task}/users")).await;
    let report = report.expect(200);
    assert_eq!(report["total"], longest);
    ada.delete(&last).await.expect(200);
    ada.post(&path, &body).await.expect(201);
}

#[tokio::test]
async fn a_track_without_an_end_runs_and_there_is_one_at_most() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    let path = format!("/tasks/{task}/tracks");
    let now = server.clock.now();
    let ahead = json!({ "start": now + MINUTE + 1 });
    assert_eq!(ada.post(&path, &ahead).await.invalid(), ["/start"]);

    let body = json!({ "start": now + MINUTE, "end": null });
    let running = ada.post(&path, &body).await.expect(201);
    assert_eq!(
        (&running["end"], &running["amount"]),
        (&json!(null), &json!(0))
    );
    // Even with the same start: a booking is no retry, as a clock-in is.
    for start in [now, now + MINUTE] {
        let second = ada.post(&path, &json!({ "start": start })).await;
        assert_eq!(second.problem(409, "already-running")["track"], running);
    }
    let clock_in = ada.post_empty(&format!("/tasks/{task}/clock-in")).await;
    assert_eq!(clock_in.expect(200), running);
    // An ended one may lie anywhere, in the future and over the running one too.
    book(&ada, &task, now - DAY, now + DAY).await;
    assert_eq!(ids(&ada.get(&path).await.expect(200)).len(), 2);
}

#[tokio::test]
async fn a_track_can_be_made_to_run_again_unless_one_does() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let task = make_task(&ada, "Write docs").await;
    let now = server.clock.now();
    let path = |track: &str| format!("/tasks/{task}/tracks/{track}");
    let (first, second) = (
        book(&ada, &task, now - HOUR, now - MINUTE).await,
        book(&ada, &task, now - 2 * HOUR, now - HOUR).await,
    );
    bob.post_empty(&format!("/tasks/{task}/clock-in"))
        .await
        .expect(201);

    let again = ada.put(&path(&first), &json!({ "end": null })).await;
    let again = again.expect(200);
    assert_eq!(
        (&again["end"], &again["amount"]),
        (&json!(null), &json!(HOUR))
    );
    let refused = ada.put(&path(&second), &json!({ "end": null })).await;
    assert_eq!(refused.problem(409, "already-running")["track"], again);

    // The one that runs may stay running, and begin elsewhere.
    let body = json!({ "start": now - MINUTE, "end": null });
    let moved = ada.put(&path(&first), &body).await.expect(200);
    assert_eq!(
        (&moved["id"], &moved["amount"]),
        (&json!(first), &json!(MINUTE))
    );
    let ended = ada.put(&path(&first), &json!({ "end": now })).await;
    assert_eq!(ended.expect(200)["amount"], MINUTE);
    ada.put(&path(&second), &json!({ "end": null }))
        .await
        .expect(200);
}

#[tokio::test]
async fn every_broken_member_is_named_at_once() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    let path = format!("/tasks/{task}/tracks");
    let broken = json!({ "start": "yesterday", "end": -1, "userId": 5 });
    let pointers = ada.post(&path, &broken).await.invalid();
    assert_eq!(pointers, ["/start", "/end", "/userId"]);
    for body in [json!({}), json!({ "start": null, "end": 5 })] {
        assert_eq!(ada.post(&path, &body).await.invalid(), ["/start"]);
    }
    let early = json!({ "start": 5, "end": 4 });
    assert_eq!(ada.post(&path, &early).await.invalid(), ["/end"]);

    let now = server.clock.now();
    let track = format!("{path}/{}", book(&ada, &task, now - HOUR, now).await);
    let before = ada.get(&track).await.expect(200);
    for (body, pointers) in [
        (
            json!({ "start": null, "end": LATEST + 1 }),
            vec!["/start", "/end"],
        ),
        (json!({ "end": now - HOUR - 1 }), vec!["/end"]),
        (json!({ "start": now + 1 }), vec!["/end"]),
        (
            json!({ "start": now + MINUTE + 1, "end": null }),
            vec!["/start"],
        ),
        (json!({ "taskId": task }), vec![""]),
    ] {
        assert_eq!(ada.put(&track, &body).await.invalid(), pointers, "{body}");
        assert_eq!(ada.patch(&track, &body).await.invalid(), pointers, "{body}");
    }
    assert_eq!(ada.get(&track).await.expect(200), before);
}

#[tokio::test]
async fn admins_book_for_others_and_members_for_themselves() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let eve = server.sign_up("eve").await;
    let (adas, bobs, eves) = (my_id(&ada).await, my_id(&bob).await, my_id(&eve).await);
    let task = make_task(&ada, "Write docs").await;
    let path = format!("/tasks/{task}/tracks");
    let body = |user: &str| json!({ "start": 0, "end": 1, "userId": user });

    let own = bob.post(&path, &body(&bobs)).await.expect(201);
    let for_bob = ada.post(&path, &body(&bobs)).await.expect(201);
    assert_eq!(
        (&own["userId"], &for_bob["userId"]),
        (&json!(bobs), &json!(bobs))
    );
    // A member learns nothing about who there is.
    for user in [&adas, &eves, UNKNOWN_ID] {
        bob.post(&path, &body(user)).await.problem(403, "forbidden");
    }
    for user in [&eves, UNKNOWN_ID, "nope", "\u{0}", ""] {
        ada.post(&path, &body(user)).await.problem(404, "not-found");
    }
    let listed = ada.get(&path).await.expect(200);
    assert_eq!(ids(&listed), [id(&own), id(&for_bob)]);
}

#[tokio::test]
async fn a_member_can_neither_read_nor_touch_anothers_track_and_an_admin_can() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let task = make_task(&ada, "Write docs").await;
    let now = server.clock.now();
    let path = |track: &str| format!("/tasks/{task}/tracks/{track}");
    let adas = path(&book(&ada, &task, now - HOUR, now).await);
    let before = ada.get(&adas).await.expect(200);
    let change = json!({ "end": null });
    bob.get(&adas).await.problem(403, "forbidden");
    bob.put(&adas, &change).await.problem(403, "forbidden");
    bob.patch(&adas, &change).await.problem(403, "forbidden");
    bob.delete(&adas).await.problem(403, "forbidden");
    assert_eq!(ada.get(&adas).await.expect(200), before);

    let bobs = path(&book(&bob, &task, now - HOUR, now).await);
    ada.get(&bobs).await.expect(200);
    let running = ada.put(&bobs, &change).await.expect(200);
    assert_eq!(running["userId"], my_id(&bob).await);
    ada.delete(&bobs).await.expect(200);
    bob.get(&bobs).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_track_is_found_under_its_own_task_only() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (docs, code) = (make_task(&ada, "Docs").await, make_task(&ada, "Code").await);
    let track = book(&ada, &docs, 0, 5).await;
    let wrong = format!("/tasks/{code}/tracks/{track}");
    ada.get(&wrong).await.problem(404, "not-found");
    let change = json!({ "end": 6 });
    ada.put(&wrong, &change).await.problem(404, "not-found");
    ada.patch(&wrong, &change).await.problem(404, "not-found");
    ada.delete(&wrong).await.problem(404, "not-found");
    let right = ada.get(&format!("/tasks/{docs}/tracks/{track}")).await;
    assert_eq!(right.expect(200)["end"], 5);
}

#[tokio::test]
async fn tracks_are_closed_to_strangers_and_hidden_from_other_organisations() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let eve = server.sign_up("eve").await;
    let task = make_task(&ada, "Write docs").await;
    let own = make_task(&eve, "Own").await;
    let track = book(&ada, &task, 0, 5).await;
    let (list, one) = (
        format!("/tasks/{task}/tracks"),
        format!("/tasks/{task}/tracks/{track}"),
    );
    let mut operations = vec![
        (Method::GET, "/tracks".to_owned()),
        (Method::GET, list.clone()),
        (Method::POST, list),
    ];
    for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
        operations.push((method, one.clone()));
    }
    refuses_strangers(&server, &operations).await;

    let body = json!({ "start": 0, "end": 1 });
    let body = Some(&body);
    let list = "/tasks/{}/tracks";
    hides(&eve, Method::GET, list, None, &[&task]).await;
    hides(&eve, Method::POST, list, body, &[&task]).await;
    let (by_task, by_track) = (
        format!("/tasks/{{}}/tracks/{track}"),
        format!("/tasks/{own}/tracks/{{}}"),
    );
    for (template, other) in [(&by_task, &task), (&by_track, &track)] {
        hides(&eve, Method::GET, template, None, &[other]).await;
        hides(&eve, Method::PUT, template, body, &[other]).await;
        hides(&eve, Method::PATCH, template, body, &[other]).await;
        hides(&eve, Method::DELETE, template, None, &[other]).await;
    }
    assert_eq!(ada.get(&one).await.expect(200)["end"], 5);
}
