//! Starting and stopping the binary.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use reqwest::RequestBuilder;
use serde_json::{Value, json};

/// The password of everyone here.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// The binary under test, with an environment of its own.
pub(crate) fn timetracks() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_timetracks"));
    let ours = |name: &str| name.starts_with("TIMETRACKS_") || name.starts_with("OTEL_");
    for (name, _) in std::env::vars().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    command
}

/// A server in a process of its own. It is killed when it goes out of scope.
pub(crate) struct Process {
    child: Child,
    /// What it printed when it was ready.
    pub(crate) line: String,
    /// Where it listens.
    pub(crate) base: String,
    log: PathBuf,
}

impl Process {
    /// Starts a server on a free port and waits for its line.
    pub(crate) fn start(data_dir: &Path) -> Self {
        Self::start_with(data_dir, |_| {})
    }

    /// As [`Process::start`], with more arguments or environment.
    pub(crate) fn start_with(data_dir: &Path, change: impl FnOnce(&mut Command)) -> Self {
        let log = data_dir.with_extension("log");
        let file = std::fs::File::options()
            .create(true)
            .append(true)
            .open(&log)
            .unwrap();
        let mut command = timetracks();
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(data_dir)
            .stdout(Stdio::piped())
            .stderr(file);
        change(&mut command);
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let base = line
            .split_whitespace()
            .find_map(|word| {
                word.strip_suffix(',')
                    .filter(|word| word.starts_with("http"))
            })
            .unwrap_or_else(|| panic!("no URL in {line:?}; log:\n{}", read(&log)))
            .to_owned();
        Self {
            child,
            line,
            base,
            log,
        }
    }

    /// What it has logged by now. Lines that say what goes on in good order come a moment after what they tell of.
    pub(crate) fn log(&self) -> String {
        read(&self.log)
    }

    /// Stops it in good order. Answers with everything that it has logged.
    pub(crate) fn stop(mut self) -> String {
        self.signal("TERM");
        assert!(self.wait().success());
        self.log()
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// The names of its threads.
    pub(crate) fn threads(&self) -> Vec<String> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let names = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")));
        // One may have ended meanwhile.
        names.filter_map(Result::ok).collect()
    }

    /// A line of /proc/PID/status, in KiB.
    pub(crate) fn memory_kib(&self, name: &str) -> u64 {
        let status = read(Path::new(&format!("/proc/{}/status", self.child.id())));
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// A request below `/api/v1`.
    pub(crate) fn post(&self, path: &str, token: &str, body: &Value) -> RequestBuilder {
        reqwest::Client::new()
            .post(format!("{}/api/v1{path}", self.base))
            .bearer_auth(token)
            .json(body)
    }

    /// A request below `/api/v1`.
    pub(crate) fn get(&self, path: &str, token: &str) -> RequestBuilder {
        reqwest::Client::new()
            .get(format!("{}/api/v1{path}", self.base))
            .bearer_auth(token)
    }

    /// Signs up `ada@example.com` and answers with an access token.
    pub(crate) async fn sign_up(&self) -> String {
        let body = json!({
            "email": "ada@example.com",
            "firstName": "Ada",
            "lastName": "Lovelace",
            "password": PASSWORD,
            "orgName": "Engines",
        });
        json_of(self.post("/account/signup", "", &body), 201).await;
        self.log_in().await
    }

    /// Logs `ada@example.com` in and answers with an access token.
    pub(crate) async fn log_in(&self) -> String {
        let body = json!({ "email": "ada@example.com", "password": PASSWORD });
        let tokens = json_of(self.post("/account/login", "", &body), 200).await;
        tokens["accessToken"].as_str().unwrap().to_owned()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a request and answers with its JSON body, if the status is this one.
pub(crate) async fn json_of(request: RequestBuilder, status: u16) -> Value {
    let response = request.send().await.unwrap();
    let found = response.status().as_u16();
    let text = response.text().await.unwrap();
    assert_eq!(found, status, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// A file's text.
pub(crate) fn read(path: &Path) -> String {
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|mut file| file.read_to_string(&mut text))
        .unwrap();
    text
}

/// What the doctor said: of each check its level, and the rest of the line.
pub(crate) struct Diagnosis {
    pub(crate) status: Option<i32>,
    pub(crate) lines: BTreeMap<String, (String, String)>,
}

impl Diagnosis {
    /// Asks the doctor.
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = text.lines().map(|line| {
            let (level, rest) = line.split_at(9);
            let (check, says) = rest.split_at(19);
            let level = level.trim().to_owned();
            let is_level = ["ok", "warning", "problem"].contains(&level.as_str());
            assert!(is_level, "{line}");
            (check.trim().to_owned(), (level, says.to_owned()))
        });
        Self {
            status: output.status.code(),
            lines: lines.collect(),
        }
    }

    /// What a check came to.
    pub(crate) fn level(&self, check: &str) -> &str {
        let line = self.lines.get(check);
        let (level, _) = line.unwrap_or_else(|| panic!("nothing of {check}: {:?}", self.lines));
        level
    }

    /// The checks with another level than `ok`. How much room there is is not up to us.
    pub(crate) fn complaints(&self) -> Vec<&str> {
        let lines = self.lines.iter();
        lines
            .filter(|(check, (level, _))| *check != "room on disk" && level != "ok")
            .map(|(check, _)| check.as_str())
            .collect()
    }
}
