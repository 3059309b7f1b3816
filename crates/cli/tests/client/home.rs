//! A home directory, and the commands of somebody who lives there.

use std::{
    io::Write,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::server::{self, PASSWORD};

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

    /// The journals of runs: those that live, and those that were killed.
    pub(crate) fn journals(&self) -> Vec<Value> {
        let mut journals = Vec::new();
        for file in self.run_files() {
            // One may have ended a moment ago.
            if file.extension().is_some_and(|end| end == "json")
                && let Ok(text) = std::fs::read_to_string(file)
            {
                journals.push(serde_json::from_str(&text).unwrap());
            }
        }
        journals
    }

    /// The last instant at which the only run was alive, as far as its journal knows.
    pub(crate) fn last_alive(&self) -> i64 {
        let mut files = self.run_files().into_iter();
        let alive = files.find(|file| file.extension().is_some_and(|end| end == "alive"));
        std::fs::read_to_string(alive.unwrap())
            .unwrap()
            .parse()
            .unwrap()
    }

    /// Every file of their directory.
    pub(crate) fn run_files(&self) -> Vec<PathBuf> {
        let Ok(accounts) = std::fs::read_dir(self.path().join(".local/state/timetracks/runs"))
        else {
            return Vec::new();
        };
        let files =
            accounts.flat_map(|account| std::fs::read_dir(account.unwrap().path()).unwrap());
        files.map(|file| file.unwrap().path()).collect()
    }

    /// Puts this in the place of all that waits.
    pub(crate) fn replace_queue(&self, entry: &Value) {
        let directory = self.path().join(".local/state/timetracks/queue");
        let files = std::fs::read_dir(directory).unwrap();
        let mut files = files.map(|file| file.unwrap().path());
        let queue = files.find(|file| file.to_str().unwrap().ends_with(".jsonl"));
        std::fs::write(queue.unwrap(), format!("{entry}\n")).unwrap();
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
