//! A person with a home directory and an account.

use std::{
    io::Write,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use timetracks_client::{SystemTime, Time};

use crate::server::{self, PASSWORD, Process, json_of};

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

/// A home directory.
pub(crate) struct Home {
    pub(crate) directory: TempDir,
    environment: Vec<(String, String)>,
}

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Standard output, if it went well.
    #[track_caller]
    pub(crate) fn well(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// Standard error, if it ended so.
    #[track_caller]
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(self.stderr.starts_with("timetracks: "), "{self:?}");
        self.stderr
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Home {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            environment: Vec::new(),
        }
    }

    /// One for a pipeline, which has a key and nothing else.
    pub(crate) fn with_key(url: &str, key: &str) -> Self {
        Self::new()
            .with("TIMETRACKS_URL", url)
            .with("TIMETRACKS_API_KEY", key)
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn credentials(&self) -> PathBuf {
        self.path().join(".config/timetracks/credentials.json")
    }

    /// A command that knows of no other home, in a time zone far from UTC.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = server::timetracks();
        for name in [
            "XDG_CONFIG_HOME",
            "XDG_STATE_HOME",
            "NO_COLOR",
            "CI_PROJECT_PATH",
            "CI_JOB_URL",
            "CI_COMMIT_SHA",
            "GITHUB_REPOSITORY",
            "GITHUB_RUN_ID",
            "GITHUB_SHA",
        ] {
            command.env_remove(name);
        }
        command
            .args(arguments)
            .env("HOME", self.path())
            .env("TZ", "Europe/Berlin")
            .env("TERM", "xterm")
            .current_dir(self.path())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            // Whoever runs the tests at a terminal is not who the command talks to.
            .process_group(0);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// With this on standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap().into()
    }

    /// The JSON answer, if it went well.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let text = self.run(&[arguments, &["--json"]].concat()).well();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    #[track_caller]
    pub(crate) fn log_in(&self, server: &str, name: &str) {
        let email = format!("{name}@example.com");
        let arguments = ["login", server, "--email", &email];
        self.run_with_input(&arguments, &format!("{PASSWORD}\n"))
            .well();
    }

    /// What waits to be sent.
    pub(crate) fn queued(&self) -> Vec<Value> {
        self.lines(|name| name.ends_with(".jsonl") && !name.contains("refused"))
    }

    /// What was refused for good.
    pub(crate) fn refused(&self) -> Vec<Value> {
        self.lines(|name| name.ends_with(".refused.jsonl"))
    }

    fn lines(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<Value> {
        let directory = self.path().join(".local/state/timetracks/queue");
        let Ok(files) = std::fs::read_dir(directory) else {
            return Vec::new();
        };
        let files = files.map(|file| file.unwrap().path());
        let wanted = files.filter(|path| is_wanted(path.file_name().unwrap().to_str().unwrap()));
        let text: String = wanted
            .map(|path| std::fs::read_to_string(path).unwrap())
            .collect();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}
