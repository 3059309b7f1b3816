//! The files in `examples/`, run for real: as their platform would run them, against a live server.

mod cron;
mod git;
mod github;
mod github_runner;
mod gitlab;
mod machine;
mod shell;
mod yaml;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    server::{json_of, read},
    support::World,
};

/// Each example, and what runs it.
const COVERED: [(&str, &str); 6] = [
    ("crontab", "crates/cli/tests/client/examples/cron.rs"),
    (
        "git-post-checkout",
        "crates/cli/tests/client/examples/git.rs",
    ),
    (
        "github-actions.yml",
        "crates/cli/tests/client/examples/github.rs",
    ),
    (
        "gitlab-ci.yml",
        "crates/cli/tests/client/examples/gitlab.rs",
    ),
    ("nginx.conf", "checks/cluster"),
    ("track.sh", "crates/cli/tests/client/examples/shell.rs"),
];

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The shortest lease that leaves room for a machine that is busy, in seconds.
const SHORT_LEASE: i64 = 3;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn path(name: &str) -> PathBuf {
    root().join("examples").join(name)
}

fn example(name: &str) -> String {
    read(&path(name))
}

/// The same with a lease that a test can wait for.
fn with_short_lease(text: &str) -> String {
    let short = text.replace(
        "timetracks run ",
        &format!("timetracks run --lease {SHORT_LEASE} "),
    );
    assert_ne!(short, text);
    short
}

/// Looks until there is something to be seen.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(began.elapsed() < PATIENCE, "{what}: not in {PATIENCE:?}");
        tokio::task::yield_now().await;
    }
}

#[test]
fn every_example_is_run_by_a_test_that_names_it() {
    let files = fs::read_dir(root().join("examples")).unwrap();
    let mut names: Vec<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, COVERED.map(|(name, _)| name));
    for (name, test) in COVERED {
        assert!(read(&root().join(test)).contains(name), "{test}: {name}");
    }
}

impl World {
    /// A key as the documentation has pipelines make one.
    async fn ci_key(&self) -> String {
        let body = json!({ "name": "pipeline", "scopes": ["track"], "kind": "ci" });
        let key = json_of(self.server().post("/api-keys", &self.token, &body), 201).await;
        key["apiKey"].as_str().unwrap().to_owned()
    }

    /// All tracks, if they are on one task, which has this name and external id, and have ended so.
    async fn booked(&self, name: &str, external_id: Option<&str>, ended_by: &str) -> Vec<Value> {
        let tasks = json_of(self.server().get("/tasks", &self.token), 200).await;
        let tasks = tasks.as_array().unwrap();
        assert_eq!(tasks.len(), 1, "{tasks:?}");
        assert_eq!(tasks[0]["name"], name);
        assert_eq!(tasks[0]["externalId"], json!(external_id));
        let tracks = self.tracks().await;
        for track in &tracks {
            assert_eq!(track["taskId"], tasks[0]["id"]);
            assert_eq!(track["endedBy"], ended_by, "{track}");
        }
        tracks
    }

    /// The only track, as soon as it runs and is kept alive.
    async fn beating(&self) -> Value {
        let mut first = Value::Null;
        until("a heartbeat", async || {
            let tracks = self.tracks().await;
            let [track] = tracks.as_slice() else {
                return None;
            };
            let expires = &track["leaseExpiresAt"];
            if first.is_null() {
                first = expires.clone();
            }
            (*expires != first).then(|| track.clone())
        })
        .await
    }

    /// The only track, as soon as it has ended.
    async fn ended(&self) -> Value {
        until("the end of the track", async || {
            let tracks = self.tracks().await;
            assert_eq!(tracks.len(), 1, "{tracks:?}");
            (!tracks[0]["end"].is_null()).then(|| tracks[0].clone())
        })
        .await
    }

    /// Watches a job that somebody has killed at this instant: what is booked is what it ran, but for one lease at most.
    async fn ends_by_its_lease(&self, killed_ms: i64) {
        let track = self.ended().await;
        assert_eq!(track["endedBy"], "lease", "{track}");
        let lost = killed_ms - track["end"].as_i64().unwrap();
        assert!((0..=SHORT_LEASE * 1000).contains(&lost), "{lost} ms");
    }
}
