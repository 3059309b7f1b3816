//! `github-actions.yml`, by a runner as small as that file allows.

use std::{collections::BTreeMap, fs, process::Command};

use serde_json::{Value, json};

use super::{
    example,
    machine::{Machine, now_ms},
    with_short_lease,
    yaml::{members, parse, text},
};
use crate::{
    server::read,
    support::{Ran, World},
};

const NAME: &str = "github-actions.yml";

/// A runner of one job.
struct Runner {
    machine: Machine,
    workflow: Value,
    job: String,
    /// What stands between `${{` and `}}`.
    contexts: BTreeMap<&'static str, String>,
    has_failed: bool,
    next: usize,
}

impl Runner {
    fn new(workflow: &str, job: &str, url: &str, key: &str) -> Self {
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

    async fn of(world: &World, job: &str) -> Self {
        let text = with_short_lease(&example(NAME));
        Self::new(&text, job, &world.server().base, &world.ci_key().await)
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
    fn take_over(&mut self, code: Option<i32>) {
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
    fn step(&mut self) -> Option<Ran> {
        let mut shell = self.next()?;
        let ran = self.machine.run(&mut shell);
        self.take_over(ran.code);
        Some(ran)
    }

    /// Runs the job from where it is to its end. Answers with the first failure.
    fn finish(&mut self) -> Option<Ran> {
        let mut failure = None;
        while let Some(ran) = self.step() {
            if ran.code != Some(0) && failure.is_none() {
                failure = Some(ran);
            }
        }
        failure
    }

    /// Runs the job until a step works, and does not end.
    async fn hold(&mut self) -> std::process::Child {
        self.machine.hold_work();
        loop {
            let mut shell = self.next().unwrap();
            let mut child = self.machine.start(&mut shell);
            loop {
                if !self.machine.work().is_empty() {
                    return child;
                }
                if let Some(status) = child.try_wait().unwrap() {
                    assert!(status.success());
                    self.take_over(status.code());
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
    }
}

#[test]
fn the_workflow_is_one_that_github_takes() {
    let workflow = parse(&example(NAME));
    members(&workflow, &["name", "on", "env", "jobs"]);
    assert_eq!(workflow["on"], json!(["push"]));
    let jobs = workflow["jobs"].as_object().unwrap();
    assert!(!jobs.is_empty());
    for (name, job) in jobs {
        members(job, &["runs-on", "needs", "steps"]);
        text(&job["runs-on"]);
        assert!(
            job["needs"].is_null() || jobs.contains_key(text(&job["needs"])),
            "{name}"
        );
        for step in job["steps"].as_array().unwrap() {
            members(step, &["name", "uses", "run", "if", "env"]);
            assert_ne!(step["uses"].is_null(), step["run"].is_null(), "{step}");
            if let Some(action) = step["uses"].as_str() {
                let (action, version) = action.split_once("@v").unwrap();
                assert!(
                    action.contains('/') && version.parse::<u8>().is_ok(),
                    "{step}"
                );
            }
            // Whatever is put into a script by the platform is run by it.
            assert!(
                !step["run"].as_str().unwrap_or_default().contains("${{"),
                "{step}"
            );
        }
    }
}

#[tokio::test]
async fn each_command_of_a_job_has_its_track() {
    let world = World::start().await;
    let mut runner = Runner::of(&world, "test").await;
    assert!(runner.finish().is_none());
    assert_eq!(runner.machine.work(), ["build", "test"]);
    let id = "ada/engine/CI/test";
    let tracks = world.booked(id, Some(id), "user").await;
    assert_eq!(tracks.len(), 2);
    for track in tracks {
        assert_eq!(track["kind"], "ci");
        assert_eq!(track["meta"]["exitCode"], 0, "{track}");
        assert_eq!(
            track["meta"]["commit"],
            "ffac537e6cbbf934b08745a378932722df287a53"
        );
        assert_eq!(
            track["meta"]["runUrl"],
            "https://github.com/ada/engine/actions/runs/4711"
        );
    }
}

#[tokio::test]
async fn a_command_that_fails_fails_its_job_and_is_booked() {
    let world = World::start().await;
    let mut runner = Runner::of(&world, "test").await;
    runner.machine.break_work("build");
    assert_eq!(runner.finish().unwrap().code, Some(7));
    assert_eq!(runner.machine.work(), ["build"]);
    let id = "ada/engine/CI/test";
    let tracks = world.booked(id, Some(id), "user").await;
    assert_eq!(tracks.len(), 1);
    assert_eq!(tracks[0]["meta"]["exitCode"], 7);
}

#[tokio::test]
async fn a_job_of_several_steps_has_one_track() {
    let id = "ada/engine/CI/release";
    for (broken, work, code) in [
        (None, ["build", "publish"].as_slice(), 0),
        (Some("publish"), &["build", "publish"], 1),
        (Some("build"), &["build"], 1),
    ] {
        let world = World::start().await;
        let mut runner = Runner::of(&world, "release").await;
        if let Some(argument) = broken {
            runner.machine.break_work(argument);
        }
        let mut held = runner.hold().await;
        let running = world.beating().await;
        runner.machine.release_work();
        let status = held.wait().unwrap();
        let middle = now_ms();
        runner.take_over(status.code());
        let failure = runner.finish();
        assert_eq!(failure.is_some(), broken == Some("publish"));
        assert_eq!(runner.machine.work(), work);
        let tracks = world.booked(id, Some(id), "user").await;
        assert_eq!(tracks.len(), 1);
        assert_eq!(tracks[0]["id"], running["id"]);
        assert!(tracks[0]["end"].as_i64().unwrap() >= middle);
        assert_eq!(tracks[0]["meta"]["exitCode"], code, "{tracks:?}");
        assert_eq!(read(&runner.machine.path("temp/timetracks.log")), "");
    }
}

#[tokio::test]
async fn a_cancelled_job_clocks_out() {
    let world = World::start().await;
    let mut runner = Runner::of(&world, "release").await;
    let mut held = runner.hold().await;
    world.beating().await;
    let group = format!("-{}", held.id());
    let killed = Command::new("kill")
        .args(["-s", "KILL", "--", &group])
        .status();
    assert!(killed.unwrap().success());
    held.wait().unwrap();
    runner.has_failed = true;
    runner.contexts.insert("job.status", "cancelled".to_owned());
    assert!(runner.finish().is_none());
    let id = "ada/engine/CI/release";
    let tracks = world.booked(id, Some(id), "user").await;
    assert_eq!(tracks[0]["meta"]["exitCode"], 130);
}

#[tokio::test]
async fn a_runner_that_dies_books_no_more_than_it_ran() {
    for job in ["test", "release"] {
        let world = World::start().await;
        let mut runner = Runner::of(&world, job).await;
        runner.hold().await;
        world.beating().await;
        let killed = runner.machine.kill();
        world.ends_by_its_lease(killed).await;
    }
}

#[tokio::test]
async fn without_secrets_as_for_forks_and_without_a_server_a_job_goes_on() {
    for job in ["test", "release"] {
        for (url, key) in [("", ""), ("http://127.0.0.1:9", "tt_none")] {
            let short = example(NAME).replace("timetracks run ", "timetracks run --timeout 1 ");
            let mut runner = Runner::new(&short, job, url, key);
            assert!(runner.finish().is_none(), "{job}");
            assert_eq!(runner.machine.work().len(), 2);
        }
    }
}

#[tokio::test]
async fn a_binary_that_is_not_the_one_is_not_run() {
    let mut runner = Runner::new(&example(NAME), "test", "http://127.0.0.1:9", "tt_none");
    runner
        .contexts
        .insert("vars.TIMETRACKS_SHA256", "0".repeat(64));
    assert!(runner.finish().is_some());
    assert_eq!(runner.machine.work(), [""; 0]);
}
