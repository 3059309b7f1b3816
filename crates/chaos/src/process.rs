//! A server in a process of its own, under the shim.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use crate::{Failure, Place, shim::Control};

/// How often to look whether something has happened.
pub(crate) const LOOK: Duration = Duration::from_millis(5);

const LONGEST_START_UP: Duration = Duration::from_secs(30);

/// A running server. It is killed when it goes out of scope.
pub(crate) struct Process {
    child: Child,
    /// Where it listens.
    pub(crate) base: String,
    /// From its start until it said that it was ready.
    pub(crate) start_up: Duration,
    pub(crate) control: Control,
}

impl Process {
    /// Starts a server on a free port and waits for its line.
    pub(crate) async fn start(place: &Place) -> Result<Self, Failure> {
        Self::start_with(place, None).await
    }

    /// As [`Process::start`], and all that reaches the database's files is appended to a trace.
    pub(crate) async fn start_with(place: &Place, trace: Option<PathBuf>) -> Result<Self, Failure> {
        let control = Control::new(place.directory.join("control"))?;
        let mut options = std::fs::File::options();
        let log = options.create(true).append(true);
        let log = log.open(place.directory.join("server.log"))?;
        let mut command = Command::new(&place.server);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TIMETRACKS_") {
                command.env_remove(name);
            }
        }
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(place.data())
            .env("TIMETRACKS_LOG", "warn")
            // The writers ask as often as they can; how often they may is not what is tried here.
            .env("TIMETRACKS_RATE_LIMIT", "off")
            .env("LD_PRELOAD", &place.shim)
            .env("CHAOS_MARKER", place.data())
            .env("CHAOS_CONTROL", &control.path)
            .stdout(Stdio::piped())
            .stderr(log);
        if let Some(trace) = trace {
            command.env("CHAOS_TRACE", trace);
        }
        let began = Instant::now();
        let mut child = command.spawn()?;
        let stdout = child.stdout.take();
        let line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            let read = stdout.map(|stdout| BufReader::new(stdout).read_line(&mut line));
            read.transpose().map(|_| line)
        });
        let mut process = Self {
            child,
            base: String::new(),
            start_up: Duration::ZERO,
            control,
        };
        let Ok(line) = tokio::time::timeout(LONGEST_START_UP, line).await else {
            return Failure::broken("the server was not ready in time");
        };
        let line = line??;
        process.start_up = began.elapsed();
        let mut words = line.split_whitespace();
        match words.find(|word| word.starts_with("http")) {
            Some(url) => url.trim_end_matches(',').clone_into(&mut process.base),
            None => return Failure::broken("the server did not start; see its log"),
        }
        Ok(process)
    }

    /// `ADDRESS:PORT`.
    pub(crate) fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) -> Result<(), Failure> {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status()?;
        if !sent.success() {
            return Failure::broken(format!("the server was gone before SIG{name}"));
        }
        Ok(())
    }

    /// Waits for its end, no longer than this.
    pub(crate) async fn wait(&mut self, limit: Duration) -> Result<Option<ExitStatus>, Failure> {
        let began = Instant::now();
        loop {
            let status = self.child.try_wait()?;
            if status.is_some() || began.elapsed() >= limit {
                return Ok(status);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether it still runs.
    pub(crate) fn is_running(&mut self) -> Result<bool, Failure> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Kills it, as `kill -9` does, and waits until it is gone.
    pub(crate) fn kill(mut self) -> Result<(), Failure> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// The most memory that it has had so far, in KiB.
    pub(crate) fn most_memory_kib(&self) -> Result<u64, Failure> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let mut lines = status.lines();
        let most = lines.find_map(|line| line.strip_prefix("VmHWM:"));
        let number = most.and_then(|most| most.split_whitespace().next()?.parse().ok());
        number.map_or_else(|| Failure::trouble("the system does not say"), Ok)
    }

    /// How many files and connections it has open. The log of SQLite is left out: each connection to the database opens
    /// it when it is first used, so it says nothing beyond the database itself.
    pub(crate) fn open_files(&self) -> Result<usize, Failure> {
        let directory = format!("/proc/{}/fd", self.child.id());
        let mut count = 0;
        for entry in std::fs::read_dir(directory)? {
            // One that was closed meanwhile is not open.
            let target = std::fs::read_link(entry?.path());
            count +=
                usize::from(target.is_ok_and(|path| !path.to_string_lossy().ends_with("-wal")));
        }
        Ok(count)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
