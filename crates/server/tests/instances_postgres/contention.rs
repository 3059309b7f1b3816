//! Somebody else holds what an instance needs.

use std::time::{Duration, Instant};

use serde_json::json;
use timetracks_testkit::TestServer;

/// The lock of the lane of ada's organisation: the end of its id.
const LOCK: &str =
    "SELECT pg_advisory_lock(('x' || right(replace(org_id::text, '-', ''), 16))::bit(64)::bigint)
    FROM organisations WHERE name LIKE 'ada%'";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_waits_2_seconds_for_an_organisation_is_told_to_come_back_and_nothing_was_done() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let eve = server.sign_up("eve").await;
    let holder = server.database().connect().await;
    holder.batch_execute(LOCK).await.unwrap();
    let since = Instant::now();
    let body = json!({ "name": "Docs" });
    let waiting = {
        let (ada, body) = (ada.clone(), body.clone());
        tokio::spawn(async move { ada.post("/tasks", &body).await })
    };
    // Others are not kept waiting, nor is who reads.
    eve.post("/tasks", &body).await.expect(201);
    assert_eq!(ada.get("/tasks").await.expect(200), json!([]));
    assert!(!waiting.is_finished());
    let refused = waiting.await.expect("an answer");
    assert!(!refused.header("retry-after").is_empty());
    refused.problem(503, "busy");
    let passed = since.elapsed();
    let around = Duration::from_millis(1_900)..Duration::from_secs(10);
    assert!(around.contains(&passed), "{passed:?}");
    println!("told after {passed:?}");
    drop(holder);
    assert_eq!(ada.get("/tasks").await.expect(200), json!([]));
    ada.post("/tasks", &body).await.expect(201);
}
