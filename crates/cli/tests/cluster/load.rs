//! People who book time while something breaks, and the audit of what they were told.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::{Client, StatusCode};
use serde_json::json;

use crate::{
    sums::assert_report_adds_up,
    support::{Process, json_of},
};

const CLIENTS: usize = 6;
/// The server gives up after 15 s, so no answer takes longer than this.
const TIME_LIMIT: Duration = Duration::from_secs(17);
/// After this, a test is failed that waits for something.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long one booked track lasts, in milliseconds.
const LENGTH_MS: i64 = 1_000;
const START_MS: i64 = 1_700_000_000_000;

/// Several servers, and people who ask one after the other.
pub(crate) struct Load {
    servers: Vec<Process>,
    token: String,
    task: String,
    http: Client,
    next: AtomicI64,
    asked: AtomicUsize,
    /// By its start, whether a track was acknowledged.
    tried: Mutex<BTreeMap<i64, bool>>,
    refused: AtomicUsize,
    slowest: Mutex<Duration>,
    stopping: AtomicBool,
}

impl Load {
    /// Signs somebody up who has a task.
    pub(crate) async fn new(servers: Vec<Process>) -> Arc<Self> {
        let token = servers[0].sign_up().await;
        let task = servers[0].post("/tasks", &token, &json!({ "name": "Work" }));
        let task = json_of(task, 201).await["id"].as_str().unwrap().to_owned();
        Arc::new(Self {
            servers,
            token,
            task,
            http: Client::builder().timeout(TIME_LIMIT).build().unwrap(),
            next: AtomicI64::new(0),
            asked: AtomicUsize::new(0),
            tried: Mutex::default(),
            refused: AtomicUsize::new(0),
            slowest: Mutex::default(),
            stopping: AtomicBool::new(false),
        })
    }

    /// Lets people book while `break_it` runs, and audits what they were told.
    pub(crate) async fn during(self: &Arc<Self>, break_it: impl AsyncFnOnce()) {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let load = Arc::clone(self);
                tokio::spawn(async move {
                    while !load.stopping.load(Ordering::SeqCst) {
                        load.book().await;
                    }
                })
            })
            .collect();
        self.until_acknowledged(20).await;
        break_it().await;
        self.until_acknowledged(20).await;
        self.stopping.store(true, Ordering::SeqCst);
        for client in clients {
            client.await.unwrap();
        }
        self.audit().await;
    }

    fn acknowledged(&self) -> usize {
        let tried = self.tried.lock().unwrap();
        tried.values().filter(|acknowledged| **acknowledged).count()
    }

    /// Waits until so many more were acknowledged, and answers how long that took.
    pub(crate) async fn until_acknowledged(&self, more: usize) -> Duration {
        let (begin, before) = (Instant::now(), self.acknowledged());
        while self.acknowledged() < before + more {
            assert!(begin.elapsed() < PATIENCE, "nothing is acknowledged");
            tokio::task::yield_now().await;
        }
        begin.elapsed()
    }

    /// Waits until somebody more is told to come back later.
    pub(crate) async fn until_refused(&self) {
        let (begin, before) = (Instant::now(), self.refused.load(Ordering::SeqCst));
        while self.refused.load(Ordering::SeqCst) == before {
            assert!(begin.elapsed() < PATIENCE, "nothing is refused");
            tokio::task::yield_now().await;
        }
    }

    /// Waits until every instance says whether it is ready, as it should.
    pub(crate) async fn until_ready(&self, ready: bool) {
        let wanted = match ready {
            true => StatusCode::OK,
            false => StatusCode::SERVICE_UNAVAILABLE,
        };
        let begin = Instant::now();
        for server in &self.servers {
            let url = format!("{}/health/ready", server.base);
            while self.http.get(&url).send().await.unwrap().status() != wanted {
                assert!(begin.elapsed() < PATIENCE, "never {wanted}");
            }
        }
    }

    /// Books a track of its own. An answer is either the track, or 503 with the seconds to wait.
    async fn book(&self) {
        let server = self.asked.fetch_add(1, Ordering::SeqCst) % self.servers.len();
        let start = START_MS + self.next.fetch_add(1, Ordering::SeqCst) * LENGTH_MS;
        self.tried.lock().unwrap().insert(start, false);
        let base = &self.servers[server].base;
        let request = self
            .http
            .post(format!("{base}/api/v1/tasks/{}/tracks", self.task))
            .bearer_auth(&self.token)
            .json(&json!({ "start": start, "end": start + LENGTH_MS }));
        let begin = Instant::now();
        let response = request.send().await.expect("an answer in time");
        let took = begin.elapsed();
        {
            let mut slowest = self.slowest.lock().unwrap();
            *slowest = took.max(*slowest);
        }
        match response.status() {
            StatusCode::CREATED => {
                self.tried.lock().unwrap().insert(start, true);
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                assert!(response.headers().contains_key("retry-after"));
                self.refused.fetch_add(1, Ordering::SeqCst);
            }
            status => panic!("{status}: {:?}", response.text().await),
        }
    }

    /// The starts of what was acknowledged until now.
    pub(crate) fn acknowledged_starts(&self) -> BTreeSet<i64> {
        let tried = self.tried.lock().unwrap();
        let acknowledged = tried.iter().filter(|(_, acknowledged)| **acknowledged);
        acknowledged.map(|(start, _)| *start).collect()
    }

    /// On every instance: what was acknowledged is there, nothing is there twice or unasked, and the report adds up.
    async fn audit(&self) {
        let acknowledged = self.acknowledged_starts();
        for server in &self.servers {
            self.audit_server(server, &acknowledged).await;
        }
        let tried = self.tried.lock().unwrap().len();
        println!(
            "{tried} tried, {} acknowledged, {} refused; the slowest answer took {:?}",
            self.acknowledged(),
            self.refused.load(Ordering::SeqCst),
            self.slowest.lock().unwrap()
        );
    }

    /// On a server: these are there, nothing is there twice or unasked, and the report adds up.
    pub(crate) async fn audit_server(&self, server: &Process, acknowledged: &BTreeSet<i64>) {
        let path = format!("/tasks/{}/tracks", self.task);
        let tracks = json_of(server.get(&path, &self.token), 200).await;
        let starts: Vec<i64> = tracks
            .as_array()
            .unwrap()
            .iter()
            .map(|track| track["start"].as_i64().unwrap())
            .collect();
        let found: BTreeSet<i64> = starts.iter().copied().collect();
        assert_eq!(found.len(), starts.len(), "a track is there twice");
        let lost: Vec<_> = acknowledged.difference(&found).collect();
        assert!(lost.is_empty(), "{lost:?} are lost");
        let tried = self.tried.lock().unwrap().clone();
        let unasked = found.iter().find(|start| !tried.contains_key(start));
        assert_eq!(unasked, None, "nobody asked for this");
        assert_report_adds_up(&self.http, &server.base, &self.token, &self.task).await;
    }
}
