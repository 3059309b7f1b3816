//! A runner of GitHub, as small as the example allows.

use std::{
    collections::BTreeMap,
    fs,
    process::{Child, Command},
};

use serde_json::Value;

use super::{
    machine::Machine,
    until,
    yaml::{parse, text},
};
use crate::support::Ran;

/// A runner of one job.
pub(super) struct Runner {
    pub(super) machine: Machine,
    workflow: Value,
    job: String,
    /// What stands between `${{` and `}}`.
    pub(super) contexts: BTreeMap<&'static str, String>,
    pub(super) has_failed: bool,
    next: usize,
}

impl Runner {
    pub(super) fn new(workflow: &str, job: &str, url: &str, key: &str) -> Self {
        let mut machine = Machine::new(false);
        let (binary, checksum) = machine.published();
        let temp = machine.path("temp").display().to_string();
        for (name, value) in [
            ("CI", "true"),
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SERVER_URL", "https://github.com"),
            ("GITHUB_REPOSITORY", "ada/engine"),
            ("GITHUB_WORKFLOW", "CI"),
            ("GITHUB_JOB", job),
            ("GITHUB_RUN_ID", "4711"),
            ("GITHUB_SHA", "ffac537e6cbbf934b08745a378932722df287a53"),
            ("GITHUB_ENV", &format!("{temp}/env")),
            ("GITHUB_PATH", &format!("{temp}/path")),
            ("RUNNER_TEMP", &temp),
        ] {
            machine.set(name, value);
        }
        let contexts = [
            ("vars.TIMETRACKS_URL", url.to_owned()),
            ("vars.TIMETRACKS_BINARY", binary),
            ("vars.TIMETRACKS_SHA256", checksum),
            ("secrets.TIMETRACKS_API_KEY", key.to_owned()),
            ("job.status", "success".to_owned()),
        ];
        Self {
            machine,
            workflow: parse(workflow),
            job: job.to_owned(),
            contexts: contexts.into(),
            has_failed: false,
            next: 0,
        }
    }

    fn evaluate(&self, value: &str) -> String {
        let mut pieces = value.split("${{");
        let mut result = pieces.next().unwrap().to_owned();
        for piece in pieces {
            let (expression, rest) = piece.split_once("}}").unwrap();
            result += &self.contexts[expression.trim()];
            result += rest;
        }
        result
    }

    fn environment(&self, of: &Value) -> Vec<(String, String)> {
        let members = of["env"].as_object().into_iter().flatten();
        members
            .map(|(name, value)| (name.clone(), self.evaluate(text(value))))
            .collect()
    }

    /// The next step that has something to run, as its shell; none when the job is over.
    fn next(&mut self) -> Option<Command> {
        let job = &self.workflow["jobs"][&self.job];
        let step = loop {
            let step = job["steps"].get(self.next)?;
            self.next += 1;
            let is_due = !self.has_failed || step["if"] == "always()";
            if is_due && step["uses"].is_null() {
                break step;
            }
        };
        let script = self.machine.path("temp/script.sh");
        fs::write(&script, text(&step["run"])).unwrap();
        let mut shell = self.machine.command("bash");
        match step["shell"].as_str() {
            None => shell.arg("-e"),
            Some("bash") => shell.args(["--noprofile", "--norc", "-eo", "pipefail"]),
            Some(other) => panic!("{other}"),
        };
        shell
            .arg(script)
            .envs(self.environment(&self.workflow))
            .envs(self.environment(job))
            .envs(self.environment(step));
        Some(shell)
    }

    /// What a step leaves for those behind it.
    pub(super) fn take_over(&mut self, code: Option<i32>) {
        if code != Some(0) && !self.has_failed {
            self.has_failed = true;
            self.contexts.insert("job.status", "failure".to_owned());
        }
        for (file, is_path) in [("temp/env", false), ("temp/path", true)] {
            let file = self.machine.path(file);
            let lines = fs::read_to_string(&file).unwrap_or_default();
            for line in lines.lines() {
                if is_path {
                    let path = &self.machine.environment["PATH"];
                    self.machine.set("PATH", &format!("{line}:{path}"));
                } else {
                    let (name, value) = line.split_once('=').unwrap();
                    self.machine.set(name, value);
                }
            }
            let _ = fs::remove_file(file);
        }
    }

    /// Runs a step, unless the job is over.
    pub(super) fn step(&mut self) -> Option<Ran> {
        let mut shell = self.next()?;
        let ran = self.machine.run(&mut shell);
        self.take_over(ran.code);
        Some(ran)
    }

    /// Runs the job from where it is to its end. Answers with the first failure.
    pub(super) fn finish(&mut self) -> Option<Ran> {
        let mut failure = None;
        while let Some(ran) = self.step() {
            if ran.code != Some(0) && failure.is_none() {
                failure = Some(ran);
            }
        }
        failure
    }

    /// Runs the job until a step works, and does not end.
    pub(super) async fn hold(&mut self) -> Child {
        self.machine.hold_work();
        loop {
            let mut shell = self.next().unwrap();
            let mut child = self.machine.start(&mut shell);
            let status = until("work, or the end of a step", async || {
                if self.machine.work().is_empty() {
                    return child.try_wait().unwrap().map(Some);
                }
                Some(None)
            });
            let Some(status) = status.await else {
                return child;
            };
            assert!(status.success());
            self.take_over(status.code());
        }
    }
}
