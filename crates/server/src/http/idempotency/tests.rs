//! What becomes of a request with a key when nobody can say who sends it.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, OnceLock, mpsc},
    thread,
};

use axum::{body::Body, http::StatusCode};
use futures_util::FutureExt;
use timetracks_app::{App, Clock, Policy, Random, RetryScope, SigningKey, Work};
use timetracks_db::Settings;
use timetracks_domain::Instant;

use super::{
    super::writing::{NotNow, PublicWriting},
    *,
};
use crate::HttpPolicy;

fn server(directory: &tempfile::TempDir) -> Arc<Server> {
    let settings = Settings::sqlite(directory.path().join("test.db"));
    let key = SigningKey::new([7; 32]);
    let clock = Clock::new(|| Instant::MIN, std::time::Duration::default);
    let app = App::open(&settings, &key, clock, Random::seeded(1), Policy::default());
    Server::new(app.unwrap(), HttpPolicy::default())
}

fn request() -> Request {
    // 160 bits of nothing and their checksum: a key that can be one.
    let mut bytes = [0; 24];
    bytes[20..].copy_from_slice(&0x0fd5_9b8d_u32.to_be_bytes());
    Request::post("/api/v1/tasks")
        .header("idempotency-key", "once")
        .header(
            "x-api-key",
            format!("tt_{}", timetracks_domain::BASE32.encode(&bytes)),
        )
        .body(Body::empty())
        .unwrap()
}

fn context() -> Context {
    Context {
        id: String::new(),
        address: None,
        digest: None,
        allowance: OnceLock::new(),
    }
}

type Reading<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>>;

/// Looks that keep every connection busy that SQLite has at hand, each in a thread of its own.
fn occupy(server: &Arc<Server>, gate: &Arc<Mutex<()>>) -> Vec<thread::JoinHandle<()>> {
    let (busy, busily) = mpsc::channel();
    let count = Settings::sqlite("any".into()).readers;
    let look = |_| {
        let (server, gate, busy) = (Arc::clone(server), Arc::clone(gate), busy.clone());
        let look = async move {
            let wait = move |_: &mut Work| {
                let _ = busy.send(());
                drop(gate.lock());
                Ok(())
            };
            server.app().look(wait).await.unwrap();
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        thread::spawn(move || runtime.unwrap().block_on(look))
    };
    let threads = (0..count).map(look).collect();
    busily.iter().take(count).for_each(drop);
    threads
}

/// Has reads wait until there is no more room for another.
fn fill<'a>(app: &'a App, gate: &Arc<Mutex<()>>) -> Vec<Reading<'a>> {
    let mut waiting: Vec<Reading<'a>> = Vec::new();
    loop {
        let gate = Arc::clone(gate);
        let mut read = Box::pin(app.read(move |_| {
            drop(gate.lock());
            Ok(())
        }));
        match (&mut read).now_or_never() {
            None => waiting.push(read),
            Some(Err(_)) => return waiting,
            Some(Ok(())) => panic!("the gate is shut"),
        }
    }
}

#[tokio::test]
async fn who_cannot_be_looked_up_is_not_taken_for_a_stranger() {
    let directory = tempfile::tempdir().unwrap();
    let server = server(&directory);
    let stranger = with_digest(&server, request(), &mut context()).await;
    assert!(stranger.is_ok(), "the handler refuses whom nobody knows");

    let gate = Arc::new(Mutex::new(()));
    let shut = gate.lock().unwrap();
    let threads = occupy(&server, &gate);
    let waiting = fill(server.app(), &gate);
    let mut context = context();
    let refused = with_digest(&server, request(), &mut context).now_or_never();
    drop(shut);
    let refused = refused.unwrap().err().unwrap();
    assert_eq!(refused.body.r#type, "/problems/busy");
    for read in waiting {
        read.await.unwrap();
    }
    for thread in threads {
        thread.join().unwrap();
    }
}

#[tokio::test]
async fn nothing_is_done_under_a_key_that_cannot_be_remembered() {
    let directory = tempfile::tempdir().unwrap();
    let server = server(&directory);
    let (parts, _) = request().into_parts();
    let started = PublicWriting::start(&parts, &server, || RetryScope::Address(None)).await;
    let Err(NotNow::Refused(problem)) = started else {
        panic!("it is begun");
    };
    assert_eq!(
        problem.body.status,
        StatusCode::SERVICE_UNAVAILABLE.as_u16()
    );
}

#[test]
fn a_long_refusal_is_not_kept() {
    let of = |length: usize| Problem::new(Code::NotRunning, "x".repeat(length));
    assert!(to_keep(&of(10)).unwrap().is_some());
    assert!(to_keep(&of(LONGEST_REFUSAL_BYTES)).unwrap().is_none());
}
