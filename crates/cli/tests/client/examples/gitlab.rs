//! `gitlab-ci.yml`, by a runner as small as that file allows.

use serde_json::Value;

use super::{
    example,
    machine::Machine,
    with_short_lease,
    yaml::{members, parse, text},
};
use crate::{
    cable::{Cable, Wired},
    support::{Ran, World},
};

const NAME: &str = "gitlab-ci.yml";
/// What a GitLab runner takes: the one if the image has it, else the other.
const SHELLS: [&str; 2] = ["bash", "sh"];

/// A runner of one job.
struct Runner {
    machine: Machine,
    pipeline: Value,
    job: String,
    shell: &'static str,
}

impl Runner {
    fn new(pipeline: &str, job: &str, shell: &'static str, url: &str, key: &str) -> Self {
        let mut machine = Machine::new(false);
        let (binary, checksum) = machine.published();
        let project = machine.path("project").display().to_string();
        let pipeline = parse(pipeline);
        for (name, value) in [
            ("CI", "true"),
            ("GITLAB_CI", "true"),
            ("CI_PROJECT_PATH", "ada/engine"),
            ("CI_PROJECT_DIR", &project),
            ("CI_JOB_NAME", job),
            ("CI_JOB_URL", "https://gitlab.com/ada/engine/-/jobs/4711"),
            ("CI_COMMIT_SHA", "ffac537e6cbbf934b08745a378932722df287a53"),
            ("TIMETRACKS_URL", url),
            ("TIMETRACKS_API_KEY", key),
            ("TIMETRACKS_BINARY", &binary),
            ("TIMETRACKS_SHA256", &checksum),
        ] {
            machine.set(name, value);
        }
        for (name, value) in pipeline["variables"].as_object().unwrap() {
            machine.set(name, &text(value).replace("$CI_PROJECT_DIR", &project));
        }
        Self {
            machine,
            pipeline,
            job: job.to_owned(),
            shell,
        }
    }

    async fn of(world: &World, job: &str, shell: &'static str) -> Self {
        let text = with_short_lease(&example(NAME));
        let key = world.ci_key().await;
        Self::new(&text, job, shell, &world.server().base, &key)
    }

    fn lines(&self, section: &str) -> Vec<&str> {
        let job = &self.pipeline[&self.job][section];
        let lines = job
            .as_array()
            .or(self.pipeline["default"][section].as_array());
        lines.into_iter().flatten().map(text).collect()
    }

    fn shell(&self, sections: &[&str]) -> std::process::Command {
        let options = if self.shell == "bash" {
            "set -eo pipefail"
        } else {
            "set -e"
        };
        let lines = sections.iter().flat_map(|section| self.lines(section));
        let script: Vec<_> = [options].into_iter().chain(lines).collect();
        let mut shell = self.machine.command(self.shell);
        shell.args(["-c", &script.join("\n")]);
        shell
    }

    /// What decides whether the job has failed.
    fn script(&mut self) -> Ran {
        let mut shell = self.shell(&["before_script", "script"]);
        self.machine.run(&mut shell)
    }

    /// Runs whatever came of the script, in another shell.
    fn after_script(&mut self) -> Ran {
        let mut shell = self.shell(&["after_script"]);
        self.machine.run(&mut shell)
    }
}

#[test]
fn the_pipeline_is_one_that_gitlab_takes() {
    let pipeline = parse(&example(NAME));
    let (mut jobs, sections) = (0, ["before_script", "script", "after_script"]);
    for (name, value) in pipeline.as_object().unwrap() {
        match name.as_str() {
            // Of what jobs write, only this directory outlives a container.
            "variables" => {
                let mut values = value.as_object().unwrap().values();
                assert!(values.all(|value| text(value).starts_with("$CI_PROJECT_DIR/")));
            }
            "default" => drop(members(value, &["before_script", "after_script"])),
            _ => {
                members(value, &sections);
                assert!(value["script"].is_array(), "{name}");
                jobs += 1;
            }
        }
        for section in sections {
            assert!(
                value[section]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .all(Value::is_string)
            );
        }
    }
    assert!(jobs > 0);
}

#[tokio::test]
async fn a_job_has_its_track_in_either_shell() {
    for shell in SHELLS {
        for (job, work) in [
            ("test", ["test"].as_slice()),
            ("release", &["build", "publish"]),
        ] {
            let world = World::start().await;
            let mut runner = Runner::of(&world, job, shell).await;
            let ran = runner.script();
            assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
            runner.after_script().well();
            assert_eq!(runner.machine.work(), work);
            let id = format!("ada/engine/{job}");
            let tracks = world.booked(&id, Some(&id), "user").await;
            assert_eq!(tracks.len(), 1);
            runner.machine.assert_covered(&tracks[0]);
            assert_eq!(tracks[0]["kind"], "ci");
            let meta = &tracks[0]["meta"];
            assert_eq!(meta["exitCode"], 0, "{meta}");
            assert_eq!(meta["commit"], "ffac537e6cbbf934b08745a378932722df287a53");
            assert_eq!(meta["runUrl"], "https://gitlab.com/ada/engine/-/jobs/4711");
        }
    }
}

#[tokio::test]
async fn a_script_that_fails_fails_its_job_and_is_booked() {
    for (job, broken, work) in [("test", "test", ["test"]), ("release", "build", ["build"])] {
        let world = World::start().await;
        let mut runner = Runner::of(&world, job, "sh").await;
        runner.machine.break_work(broken);
        let code = runner.script().code;
        assert_ne!(code, Some(0));
        assert_eq!(runner.machine.work(), work);
        let id = format!("ada/engine/{job}");
        let tracks = world.booked(&id, Some(&id), "user").await;
        assert_eq!(tracks[0]["meta"]["exitCode"].as_i64(), code.map(i64::from));
    }
}

#[tokio::test]
async fn what_could_not_be_told_is_sent_after_the_script() {
    let world = World::start().await;
    let wired = Wired::to(&world.address());
    let pipeline = example(NAME).replace("timetracks run ", "timetracks run --timeout 1 ");
    let mut runner = Runner::new(&pipeline, "test", "sh", &wired.url, &world.ci_key().await);
    wired.set(Cable::Cut);
    let ran = runner.script();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(world.tracks().await.is_empty());
    wired.set(Cable::Whole);
    // A container of its own: nothing is left but the working directory.
    let home = runner.machine.path("another-home").display().to_string();
    runner.machine.set("HOME", &home);
    runner.after_script().well();
    runner.after_script().well();
    let id = "ada/engine/test";
    assert_eq!(world.booked(id, Some(id), "user").await.len(), 1);
}

#[tokio::test]
async fn a_runner_that_dies_books_no_more_than_it_ran() {
    for job in ["test", "release"] {
        let world = World::start().await;
        let mut runner = Runner::of(&world, job, "sh").await;
        runner.machine.hold_work();
        let mut shell = runner.shell(&["before_script", "script"]);
        let mut job = runner.machine.start(&mut shell);
        world.beating().await;
        let killed = runner.machine.kill();
        job.wait().unwrap();
        world.ends_by_its_lease(killed).await;
    }
}

#[tokio::test]
async fn a_binary_that_is_not_the_one_is_not_run() {
    for shell in SHELLS {
        let mut runner = Runner::new(
            &example(NAME),
            "test",
            shell,
            "http://127.0.0.1:9",
            "tt_none",
        );
        runner.machine.set("TIMETRACKS_SHA256", &"0".repeat(64));
        assert_ne!(runner.script().code, Some(0));
        assert_eq!(runner.machine.work(), [""; 0]);
    }
}
