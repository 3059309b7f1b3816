//! Retries through a database that comes and goes.

use serde_json::json;
use timetracks_testkit::{TestServer, postgres::Proxy};

/// Longer than who was looked up is believed in.
const LATER_MS: i64 = 5_000;
const ROUNDS: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_write_that_finds_no_database_at_first_is_not_done_without_being_remembered() {
    let first = TestServer::start().await;
    let proxy = Proxy::start(&first.database().url());
    let second = first.another_at(2, proxy.url()).await;
    let ada = second.speak_as(&first.sign_up("ada").await);
    for round in 0..ROUNDS {
        let body = json!({ "name": format!("round {round}") });
        let keyed = ada.with_header("idempotency-key", &format!("round-{round}"));
        first.clock.advance(LATER_MS);
        proxy.refuse();
        proxy.cut();
        let write = {
            let (keyed, body) = (keyed.clone(), body.clone());
            tokio::spawn(async move { keyed.post("/tasks", &body).await })
        };
        // They give up when the write's first look at who sends it does, or a little later.
        let (one, other) = tokio::join!(ada.get("/tasks"), ada.get("/tasks"));
        one.expect(503);
        other.expect(503);
        proxy.accept();
        let answer = write.await.unwrap();
        assert!([201, 503].contains(&answer.status), "{}", answer.status);
        let again = keyed.post("/tasks", &body).await;
        let replayed = again.header("idempotency-replayed") == "true";
        assert_eq!(replayed, answer.status == 201, "round {round}");
        again.expect(201);
    }
    let tasks = ada.get("/tasks").await.expect(200);
    assert_eq!(tasks.as_array().unwrap().len(), ROUNDS);
}
