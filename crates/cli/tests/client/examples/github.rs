//! `github-actions.yml`, its jobs run step by step.

use std::process::Command;

use serde_json::json;

use super::{
    example,
    github_runner::Runner,
    with_short_lease,
    yaml::{members, parse, text},
};
use crate::{
    cable::{Cable, Wired},
    server::read,
    support::World,
};

const NAME: &str = "github-actions.yml";

/// A runner of this job, whose leases a test can wait for.
async fn runner(world: &World, job: &str) -> Runner {
    let text = with_short_lease(&example(NAME));
    let key = world.ci_key().await;
    Runner::new(&text, job, &world.server().base, &key)
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
    let mut runner = runner(&world, "test").await;
    assert!(runner.finish().is_none());
    assert_eq!(runner.machine.work(), ["build", "test"]);
    let id = "ada/engine/CI/test";
    let tracks = world.booked(id, Some(id), "user").await;
    assert_eq!(tracks.len(), 2);
    runner.machine.assert_covered(&tracks[1]);
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
    let mut runner = runner(&world, "test").await;
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
        let mut runner = runner(&world, "release").await;
        if let Some(argument) = broken {
            runner.machine.break_work(argument);
        }
        let mut held = runner.hold().await;
        let running = world.beating().await;
        runner.machine.release_work();
        let status = held.wait().unwrap();
        runner.take_over(status.code());
        let failure = runner.finish();
        assert_eq!(failure.is_some(), broken == Some("publish"));
        assert_eq!(runner.machine.work(), work);
        let tracks = world.booked(id, Some(id), "user").await;
        assert_eq!(tracks.len(), 1);
        assert_eq!(tracks[0]["id"], running["id"]);
        runner.machine.assert_covered(&tracks[0]);
        assert_eq!(tracks[0]["meta"]["exitCode"], code, "{tracks:?}");
        assert_eq!(read(&runner.machine.path("temp/timetracks.log")), "");
    }
}

#[tokio::test]
async fn what_the_server_missed_is_sent_in_the_end() {
    let world = World::start().await;
    let wired = Wired::to(&world.address());
    let impatient = example(NAME).replace("timetracks run ", "timetracks run --timeout 1 ");
    let mut runner = Runner::new(&impatient, "test", &wired.url, &world.ci_key().await);
    wired.set(Cable::Cut);
    while runner.machine.work().len() < 2 {
        runner.step().unwrap().well();
    }
    assert!(world.tracks().await.is_empty());
    wired.set(Cable::Whole);
    assert!(runner.finish().is_none());
    let id = "ada/engine/CI/test";
    assert_eq!(world.booked(id, Some(id), "user").await.len(), 2);
}

#[tokio::test]
async fn a_cancelled_job_clocks_out() {
    let world = World::start().await;
    let mut runner = runner(&world, "release").await;
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
        let mut runner = runner(&world, job).await;
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
