//! Heartbeats, clock-ins and clock-outs that race with the end of a lease.

use serde_json::{Value, json};
use timetracks_testkit::{Answer, TestServer};

use super::lease;
use crate::{
    support::{at_once, count},
    tracking::{MINUTE, id, make_task, with_key_of},
};

const ROUNDS: usize = 10;
const MANY: usize = 24;

fn fates(answers: &[Answer], is_of: impl Fn(usize) -> bool) -> [usize; 3] {
    let of: Vec<_> = answers
        .iter()
        .enumerate()
        .filter(|(turn, _)| is_of(*turn))
        .map(|(_, answer)| answer.clone())
        .collect();
    [201, 200, 409].map(|status| count(&of, status))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn at_the_end_of_a_lease_heartbeats_are_too_late_and_one_new_track_begins() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Nightly build").await;
    let clock_in = format!("/tasks/{task}/clock-in");
    for round in 0..ROUNDS {
        let (_, path) = lease(&ada, &task, 60).await;
        server.clock.advance(MINUTE);
        let answers = at_once(MANY, |turn| {
            let (ada, clock_in) = (ada.clone(), clock_in.clone());
            let heartbeat = format!("{path}/heartbeat");
            async move {
                match turn % 2 {
                    0 => ada.post_empty(&heartbeat).await,
                    _ => ada.post(&clock_in, &json!({ "lease": 60 })).await,
                }
            }
        })
        .await;
        let beats = fates(&answers, |turn| turn % 2 == 0);
        assert_eq!(beats, [0, 0, MANY / 2], "round {round}");
        let begun = fates(&answers, |turn| turn % 2 == 1);
        assert_eq!(begun, [1, MANY / 2 - 1, 0], "round {round}");
        ada.post_empty(&format!("/tasks/{task}/clock-out"))
            .await
            .expect(200);
    }
    let tracks = ada.get(&format!("/tasks/{task}/tracks")).await.expect(200);
    assert_eq!(tracks.as_array().unwrap().len(), 2 * ROUNDS);
}

/// Time goes on while everybody asks: whatever order it comes in, the sums are those of the tracks.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn while_the_clock_goes_on_at_most_one_track_runs_and_the_sums_are_exact() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let ada = with_key_of(&server, &ada).await;
    let task = make_task(&ada, "Nightly build").await;
    let path = |end: &str| format!("/tasks/{task}/{end}");
    for round in 0..ROUNDS {
        let listed = ada.get("/tracks?running=true").await.expect(200);
        let newest = listed.as_array().unwrap().last().map(id);
        at_once(MANY, |turn| {
            let (ada, clock) = (ada.clone(), server.clock.clone());
            let heartbeat = newest
                .as_ref()
                .map(|id| path(&format!("tracks/{id}/heartbeat")));
            let (clock_in, clock_out) = (path("clock-in"), path("clock-out"));
            async move {
                clock.advance(700);
                let answer = match (turn % 4, heartbeat) {
                    (0 | 1, Some(heartbeat)) => ada.post_empty(&heartbeat).await,
                    (2, _) => ada.post_empty(&clock_out).await,
                    _ => ada.post(&clock_in, &json!({ "lease": 3 })).await,
                };
                assert!(
                    [200, 201, 409].contains(&answer.status),
                    "{:#}",
                    answer.body
                );
                answer
            }
        })
        .await;
        let running = ada.get("/tracks?running=true").await.expect(200);
        assert!(running.as_array().unwrap().len() <= 1, "round {round}");
        let report = ada.get(&path_of_report(&task)).await.expect(200);
        let amounts = report["tracks"].as_array().unwrap().iter();
        let sum: i64 = amounts.map(|track| track["amount"].as_i64().unwrap()).sum();
        assert_eq!(report["total"], sum, "round {round}");
    }
    server.clock.advance(MINUTE);
    let report = ada.get(&path_of_report(&task)).await.expect(200);
    assert!(
        report["tracks"]
            .as_array()
            .unwrap()
            .iter()
            .all(|track| track["end"] != Value::Null)
    );
}

fn path_of_report(task: &str) -> String {
    format!("/reports/tasks/{task}")
}
