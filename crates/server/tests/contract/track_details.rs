//! Rows 34, 35, 39 and 41: what people and programs say of a track.

use serde_json::{Value, json};
use timetracks_testkit::{Answer, TestServer};

use crate::tracking::{id, make_task};

fn details(track: &Value) -> (&Value, &Value) {
    (&track["note"], &track["meta"])
}

#[tokio::test]
async fn what_is_said_at_the_end_joins_what_was_said_at_the_start() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for (clock_in, clock_out) in [
        (
            "/tasks/by-name/Build/clock-in",
            "/tasks/by-name/Build/clock-out",
        ),
        (
            "/tasks/by-external-id/B-1/clock-in",
            "/tasks/by-external-id/B-1/clock-out",
        ),
    ] {
        let run = json!({ "runUrl": "https://ci.example.com/1", "commit": "5f3c2a1", "env": { "os": "linux" } });
        let body = json!({ "note": "Nightly", "meta": run });
        let begun = ada.post(clock_in, &body).await.expect(201);
        assert_eq!(details(&begun), (&json!("Nightly"), &run));
        let path = format!(
            "/tasks/{}/tracks/{}",
            begun["taskId"].as_str().unwrap(),
            id(&begun)
        );
        assert_eq!(ada.get(&path).await.expect(200), begun);
        // A retry changes nothing.
        assert_eq!(ada.post(clock_in, &body).await.expect(200), begun);
        let body = json!({ "note": "Failed", "meta": { "exitCode": 1, "env": {} } });
        let ended = ada.post(clock_out, &body).await.expect(200);
        let both = json!({ "runUrl": "https://ci.example.com/1", "commit": "5f3c2a1", "env": {}, "exitCode": 1 });
        assert_eq!(details(&ended), (&json!("Failed"), &both));
        assert_eq!(ada.get(&path).await.expect(200), ended);
        // Nothing said, nothing lost.
        let silent = ada
            .post(clock_in, &json!({ "note": "Kept", "meta": null }))
            .await
            .expect(201);
        let ended = ada.post_empty(clock_out).await.expect(200);
        assert_eq!(ended["id"], silent["id"]);
        assert_eq!(details(&ended), (&json!("Kept"), &Value::Null));
    }
}

#[tokio::test]
async fn a_job_that_begins_again_says_what_is_new_of_the_track_that_runs() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Build").await;
    let path = format!("/tasks/{task}/clock-in");
    ada.post(
        &path,
        &json!({ "meta": { "attempt": 1, "commit": "5f3c2a1" } }),
    )
    .await
    .expect(201);
    server.clock.advance(1_000);
    let body = json!({ "meta": { "attempt": 2 }, "note": "Again" });
    let again = ada.post(&path, &body).await.expect(200);
    assert_eq!(
        details(&again),
        (
            &json!("Again"),
            &json!({ "attempt": 2, "commit": "5f3c2a1" })
        )
    );
    assert_eq!(again["updatedAt"], "2026-11-24T09:00:01.000Z");
    let listed = ada.get("/tracks").await.expect(200);
    assert_eq!(listed, json!([again]));
    let report = ada.get(&format!("/reports/tasks/{task}")).await.expect(200);
    assert_eq!(report["tracks"], json!([again]));
}

#[tokio::test]
async fn booking_says_it_and_a_correction_replaces_or_clears_it() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Build").await;
    let tracks = format!("/tasks/{task}/tracks");
    let body =
        json!({ "start": 0, "end": 5, "note": "By hand", "meta": { "a": 1, "b": [2, null] } });
    let made = ada.post(&tracks, &body).await.expect(201);
    assert_eq!(
        details(&made),
        (&json!("By hand"), &json!({ "a": 1, "b": [2, null] }))
    );
    let path = format!("{tracks}/{}", id(&made));
    let tag = ada.get(&path).await.header("etag").to_owned();
    let replaced = ada
        .put(&path, &json!({ "meta": { "c": 3 } }))
        .await
        .expect(200);
    assert_eq!(details(&replaced), (&json!("By hand"), &json!({ "c": 3 })));
    assert_ne!(ada.get(&path).await.header("etag"), tag);
    let cleared = ada
        .patch(&path, &json!({ "note": null, "meta": null }))
        .await
        .expect(200);
    assert_eq!(details(&cleared), (&Value::Null, &Value::Null));
    assert_eq!((&cleared["start"], &cleared["end"]), (&json!(0), &json!(5)));
    assert_eq!(ada.get(&path).await.expect(200), cleared);
    assert_eq!(ada.put(&path, &json!({})).await.invalid(), [""]);
    let empty = ada
        .put(&path, &json!({ "note": "", "meta": {} }))
        .await
        .expect(200);
    assert_eq!(details(&empty), (&json!(""), &json!({})));
}

#[tokio::test]
async fn a_note_has_10000_characters_at_most_and_meta_4096_bytes_in_all() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Build").await;
    let [clock_in, clock_out, tracks] =
        ["clock-in", "clock-out", "tracks"].map(|end| format!("/tasks/{task}/{end}"));
    let made = ada
        .post(&tracks, &json!({ "start": 0, "end": 5 }))
        .await
        .expect(201);
    let track = format!("{tracks}/{}", id(&made));
    let send = async |path: &str, member: &str, value: &Value| -> Answer {
        let body = json!({ "start": 0, "end": 5, (member): value });
        match path == track {
            true => ada.put(path, &body).await,
            false => ada.post(path, &body).await,
        }
    };
    let wrong = [
        ("note", json!("x".repeat(10_001))),
        ("note", json!("a\u{0}b")),
        ("note", json!(5)),
        ("meta", json!({ "a": "x".repeat(4_089) })),
        ("meta", json!([])),
        ("meta", json!("{}")),
        ("meta", json!(7)),
    ];
    for (member, value) in &wrong {
        for path in [&clock_in, &clock_out, &tracks, &track] {
            let refused = send(path, member, value).await;
            assert_eq!(refused.invalid(), [format!("/{member}")], "{path} {value}");
        }
    }
    for (member, value) in [
        ("note", json!("é".repeat(10_000))),
        ("meta", json!({ "a": "x".repeat(4_088) })),
    ] {
        for path in [&tracks, &track] {
            let answer = send(path, member, &value).await;
            assert_eq!(answer.body[member], value);
        }
    }
    // Two that fit, but not together.
    let half = |name: &str| json!({ "meta": { (name): "x".repeat(3_000) } });
    let begun = ada.post(&clock_in, &half("a")).await.expect(201);
    assert_eq!(ada.post(&clock_in, &half("b")).await.invalid(), ["/meta"]);
    assert_eq!(ada.post(&clock_out, &half("b")).await.invalid(), ["/meta"]);
    let running = ada
        .get(&format!("{tracks}/{}", id(&begun)))
        .await
        .expect(200);
    assert_eq!(running, begun);
    ada.post(&clock_out, &half("a")).await.expect(200);
}

#[tokio::test]
async fn meta_comes_back_as_it_was_sent_whatever_is_in_it() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let texts = [
        r#"{"z":1,"a":{"y":[true,null,-1.5e-7,9007199254740993]},"":""}"#,
        r#"{"\u0000":"\u0000\u001f\u007f","'; DROP TABLE tracks; --":"\\\"{}$1?1"}"#,
        "{\"\u{202e}\u{1f468}\u{200d}\u{1f469}\":\"\u{fffd}\u{feff}e\u{301}\",\"__proto__\":{\"constructor\":1}}",
        r#"{"a":1,"A":2,"true":false,"null":null}"#,
    ];
    for (number, text) in texts.into_iter().enumerate() {
        let task = make_task(&ada, &format!("Build {number}")).await;
        let body = format!("{{\"meta\":{text}}}");
        let path = format!("/tasks/{task}/clock-in");
        let answer = ada
            .send_raw(
                reqwest::Method::POST,
                &path,
                "application/json",
                body.into_bytes(),
            )
            .await;
        let begun = answer.expect(201);
        let sent: Value = serde_json::from_str(text).unwrap();
        for track in [
            &begun,
            &ada.get(&format!("/tasks/{task}/tracks/{}", id(&begun)))
                .await
                .expect(200),
        ] {
            assert_eq!(track["meta"], sent);
            // The order too.
            assert_eq!(track["meta"].to_string(), sent.to_string());
        }
    }
    let deep = "[".repeat(500) + &"]".repeat(500);
    let body = format!("{{\"meta\":{{\"a\":{deep}}}}}");
    let answer = ada
        .send_raw(
            reqwest::Method::POST,
            "/tasks/by-name/Deep/clock-in",
            "application/json",
            body.into_bytes(),
        )
        .await;
    assert_eq!(answer.status, 400);
}
