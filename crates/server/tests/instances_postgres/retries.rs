//! A request that is sent again with the same `Idempotency-Key`, to another instance or through a database that comes and goes.

use serde_json::json;
use timetracks_testkit::{Answer, TestServer, postgres::Proxy};

use crate::support::{Trio, at_once, count, rounds, text};

const KEY: &str = "idempotency-key";
const ROUNDS: usize = 20;
/// Longer than who was looked up is believed in.
const LATER_MS: i64 = 5_000;
const OUTAGES: usize = 4;
/// How many ask at once.
const MANY: usize = 24;

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == "true"
}

#[tokio::test]
async fn an_answer_is_given_again_by_every_instance_and_is_not_to_be_read_in_the_database() {
    let trio = Trio::start().await;
    let ada = trio.first().sign_up("ada").await.with_header(KEY, "1");
    let body = json!({ "name": "ci" });
    let first = ada.post("/api-keys", &body).await;
    assert!(!is_replayed(&first));
    let first = first.expect(201);
    for client in trio.each(&ada) {
        let again = client.post("/api-keys", &body).await;
        assert!(is_replayed(&again));
        assert_eq!(again.expect(201), first);
    }
    let secret = text(&first, "apiKey");
    let me = trio.first().anonymous().with_key(secret);
    me.get("/account/me").await.expect(200);

    let database = trio.first().database();
    let rows = |having: &str| format!("SELECT COUNT(*) FROM idempotency_keys WHERE {having}");
    assert_eq!(
        database
            .query_one(&rows("octet_length(answer) > 100"))
            .await,
        "1"
    );
    let clear = rows(&format!("position('{secret}'::bytea IN answer) > 0"));
    assert_eq!(database.query_one(&clear).await, "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_requests_with_one_key_to_all_instances_one_is_done() {
    let trio = Trio::start().await;
    let ada = trio.first().sign_up("ada").await;
    for round in 0..rounds(ROUNDS) {
        let keyed = ada.with_header(KEY, &format!("round-{round}"));
        let name = format!("Write docs {round}");
        let answers = at_once(MANY, &trio.each(&keyed), |client| {
            let body = json!({ "name": name });
            async move { client.post("/tasks", &body).await }
        })
        .await;
        let fates = (count(&answers, 201), count(&answers, 409));
        assert_eq!(fates.0 + fates.1, MANY, "round {round}: {answers:#?}");
        let done = answers.iter().filter(|it| it.status == 201);
        let fresh: Vec<_> = done.clone().filter(|it| !is_replayed(it)).collect();
        assert_eq!(fresh.len(), 1, "round {round}");
        for answer in done {
            assert_eq!(answer.body, fresh[0].body, "round {round}");
        }
        for answer in answers.iter().filter(|it| it.status == 409) {
            answer.clone().problem(409, "idempotency-key-in-use");
        }
        // Whoever was told that it is under way asks again.
        for client in trio.each(&keyed) {
            let again = client.post("/tasks", &json!({ "name": name })).await;
            assert!(is_replayed(&again), "round {round}");
            assert_eq!(again.expect(201), fresh[0].body, "round {round}");
        }
    }
    let tasks = ada.get("/tasks").await.expect(200);
    assert_eq!(tasks.as_array().unwrap().len(), rounds(ROUNDS));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_write_that_finds_no_database_at_first_is_not_done_without_being_remembered() {
    let first = TestServer::start().await;
    let proxy = Proxy::start(&first.database().url());
    let second = first.another_at(2, proxy.url()).await;
    let ada = second.speak_as(&first.sign_up("ada").await);
    for round in 0..OUTAGES {
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
    assert_eq!(tasks.as_array().unwrap().len(), OUTAGES);
}
