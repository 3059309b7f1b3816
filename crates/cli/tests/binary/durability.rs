//! What was answered is there after the process was killed.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};

use crate::support::{Process, json_of};

const ROUNDS: usize = 3;
const CLIENTS: usize = 8;
/// How many answers to wait for before the process is killed.
const ANSWERS: usize = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answered_write_survives_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let process = Process::start(&data);
    let token = process.sign_up().await;
    drop(process);
    let mut acknowledged: Vec<Value> = Vec::new();
    for round in 0..ROUNDS {
        let process = Process::start(&data);
        let answered = Arc::new(AtomicUsize::new(0));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let answered = Arc::clone(&answered);
                let url = format!(
                    "{}/api/v1/tasks/by-name/round-{round}-{client}/clock-",
                    process.base
                );
                tokio::spawn(clock_until_cut_off(url, token.clone(), answered))
            })
            .collect();
        while answered.load(Ordering::SeqCst) < ANSWERS {
            tokio::task::yield_now().await;
        }
        process.signal("KILL");
        for client in clients {
            acknowledged.extend(client.await.unwrap());
        }
        drop(process);
        let process = Process::start(&data);
        audit(&process, &token, &acknowledged).await;
    }
}

/// Clocks in and out again and again, and answers with every track that was acknowledged as ended.
async fn clock_until_cut_off(url: String, token: String, answered: Arc<AtomicUsize>) -> Vec<Value> {
    let http = reqwest::Client::new();
    let mut ended = Vec::new();
    loop {
        for verb in ["in", "out"] {
            let request = http.post(format!("{url}{verb}")).bearer_auth(&token);
            let Ok(response) = request.send().await else {
                return ended;
            };
            let (status, body) = (response.status(), response.json::<Value>().await);
            let Ok(track) = body else {
                return ended;
            };
            assert!(status.is_success(), "{track}");
            answered.fetch_add(1, Ordering::SeqCst);
            if verb == "out" {
                ended.push(track);
            }
        }
    }
}

async fn audit(process: &Process, token: &str, acknowledged: &[Value]) {
    let all = json_of(process.get("/tracks", token), 200).await;
    let all = all.as_array().unwrap();
    assert!(!acknowledged.is_empty());
    for track in acknowledged {
        assert!(all.contains(track), "lost: {track}");
    }
    // Clocking in was acknowledged for each that ended; at most one more a client may have been under way.
    let running = all.iter().filter(|track| track["end"] == json!(null));
    assert!(running.count() <= CLIENTS * ROUNDS);
}
