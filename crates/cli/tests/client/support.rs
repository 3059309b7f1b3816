//! A server, and what it knows.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use timetracks_client::{SystemTime, Time};

pub(crate) use crate::home::{Home, Ran};
use crate::server::{PASSWORD, Process, json_of};

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How long it waits between two looks.
pub(crate) const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// What the clock on the wall shows, in Unix milliseconds.
pub(crate) fn now() -> i64 {
    SystemTime::default().now().ms()
}

/// A server with `ada@example.com`, who is its admin.
pub(crate) struct World {
    pub(crate) server: Option<Process>,
    pub(crate) token: String,
    pub(crate) directory: TempDir,
}

impl World {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = Process::start(&directory.path().join("data"));
        let token = server.sign_up().await;
        Self {
            server: Some(server),
            token,
            directory,
        }
    }

    pub(crate) fn server(&self) -> &Process {
        self.server.as_ref().unwrap()
    }

    /// Where the server listens: `HOST:PORT`.
    pub(crate) fn address(&self) -> String {
        self.server().base.trim_start_matches("http://").to_owned()
    }

    /// Kills the server.
    pub(crate) fn kill(&mut self) {
        self.server = None;
    }

    /// Starts it again, elsewhere.
    pub(crate) fn revive(&mut self) {
        self.server = Some(Process::start(&self.directory.path().join("data")));
    }

    /// Adds `{name}@example.com`.
    pub(crate) async fn add_user(&self, name: &str) {
        let body = json!({
            "email": format!("{name}@example.com"), "firstName": name, "lastName": "Test", "role": "member",
            "password": PASSWORD,
        });
        json_of(self.server().post("/users", &self.token, &body), 201).await;
    }

    /// What the server knows: tracks, oldest first.
    pub(crate) async fn tracks(&self) -> Vec<Value> {
        let answer = json_of(self.server().get("/tracks", &self.token), 200).await;
        answer.as_array().unwrap().clone()
    }

    /// Waits until a track is so, and answers with it.
    pub(crate) async fn until(&self, is_so: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let tracks = self.tracks().await;
            if let Some(track) = tracks.iter().find(|track| is_so(track)) {
                return track.clone();
            }
            assert!(began.elapsed() < PATIENCE, "never so: {tracks:?}");
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Waits until a track has an end, and answers with it.
    pub(crate) async fn until_ended(&self, id: &Value) -> Value {
        self.until(|track| track["id"] == *id && track["end"].is_i64())
            .await
    }

    /// The names of all tasks.
    pub(crate) async fn task_names(&self) -> Vec<String> {
        let answer = json_of(self.server().get("/tasks", &self.token), 200).await;
        let tasks = answer.as_array().unwrap().iter();
        tasks
            .map(|task| task["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Tracks of the organisation end after so many hours.
    pub(crate) async fn limit_to_hours(&self, hours: i64) {
        let me = json_of(self.server().get("/account/me", &self.token), 200).await;
        let org = me["org"]["id"].as_str().unwrap();
        let path = format!("{}/api/v1/orgs/{org}", self.server().base);
        let change = reqwest::Client::new().patch(path).bearer_auth(&self.token);
        json_of(change.json(&json!({ "maxRunning": hours })), 200).await;
    }

    /// A key with these scopes.
    pub(crate) async fn key(&self, scopes: &[&str]) -> String {
        let body = json!({ "name": "pipeline", "scopes": scopes });
        let key = json_of(self.server().post("/api-keys", &self.token, &body), 201).await;
        key["apiKey"].as_str().unwrap().to_owned()
    }

    /// A home of somebody who is logged in as ada.
    pub(crate) fn ada(&self) -> Home {
        let home = Home::new();
        home.log_in(&self.server().base, "ada");
        home
    }
}
