//! `track.sh`, which has nothing but curl.

use std::{
    process::{Child, Command},
    sync::atomic::Ordering,
};

use super::{
    SHORT_LEASE,
    machine::{Machine, now_ms},
    path, until,
};
use crate::{
    cable::{Cable, Wired},
    support::{Ran, World},
};

const NAME: &str = "track.sh";

async fn machine(world: &World, url: &str) -> Machine {
    let mut machine = Machine::new(false);
    machine.set("TIMETRACKS_URL", url);
    machine.set("TIMETRACKS_API_KEY", &world.ci_key().await);
    machine.set("TIMETRACKS_LEASE", &SHORT_LEASE.to_string());
    machine
}

/// The script by a shell that knows little more than POSIX.
fn script(machine: &Machine, arguments: &[&str]) -> Command {
    let mut command = machine.command("sh");
    command.arg(path(NAME)).args(arguments);
    command
}

fn signal(name: &str, target: &str) {
    let kill = Command::new("kill")
        .args(["-s", name, "--", target])
        .status();
    assert!(kill.unwrap().success());
}

/// A held job whose track is kept alive.
async fn held(world: &World) -> (Machine, Child) {
    let mut machine = machine(world, &world.server().base).await;
    machine.hold_work();
    let mut command = script(&machine, &["build", "make", "test"]);
    let child = machine.start(&mut command);
    world.beating().await;
    (machine, child)
}

#[tokio::test]
async fn it_books_the_time_of_a_command_and_ends_as_that_does() {
    let odd = "Ünit & \"tests\"/100% #1";
    for (task, shell) in [("nightly build", "sh"), (odd, "sh"), ("a/b#1", "bash")] {
        let world = World::start().await;
        let mut machine = machine(&world, &world.server().base).await;
        let mut command = machine.command(shell);
        let job = ["sh", "-c", "echo out; echo err >&2; exit 42"];
        command.arg(path(NAME)).arg(task).args(job);
        let ran = machine.run(&mut command);
        assert_eq!(
            (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
            (Some(42), "out\n", "err\n")
        );
        let tracks = world.booked(task, Some(task), "user").await;
        assert_eq!(tracks.len(), 1);
        assert_eq!(tracks[0]["kind"], "ci");
        assert_eq!(tracks[0]["meta"]["exitCode"], 42);
        assert_eq!(tracks[0]["lease"], SHORT_LEASE);
    }
}

#[tokio::test]
async fn the_track_outlives_its_lease_while_the_command_runs() {
    let world = World::start().await;
    let (machine, mut child) = held(&world).await;
    let lease_ms = SHORT_LEASE * 1000;
    let started = world.beating().await["start"].as_i64().unwrap();
    until("the lease", async || {
        (now_ms() >= started + lease_ms).then_some(())
    })
    .await;
    let released = now_ms();
    machine.release_work();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let tracks = world.booked("build", Some("build"), "user").await;
    assert!(tracks[0]["end"].as_i64().unwrap() >= released);
}

#[tokio::test]
async fn answers_that_are_lost_change_nothing() {
    let world = World::start().await;
    let wired = Wired::to(&world.address());
    let mut machine = machine(&world, &wired.url).await;
    machine.set("TIMETRACKS_LEASE", "300");
    machine.hold_work();
    let mut command = script(&machine, &["build", "make", "test"]);
    wired.set(Cable::LosesAnswers);
    let child = machine.start(&mut command);
    let lost_twice = async |from: usize| {
        let carried = || wired.carried.load(Ordering::SeqCst);
        until("two requests", async || {
            (carried() >= from + 2).then_some(())
        })
        .await;
        wired.set(Cable::Whole);
    };
    lost_twice(0).await;
    machine.working(1).await;
    let running = world.tracks().await;
    wired.set(Cable::LosesAnswers);
    let before = wired.carried.load(Ordering::SeqCst);
    machine.release_work();
    lost_twice(before).await;
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(0));
    assert!(!ran.stderr.contains("track.sh: "), "{ran:?}");
    let tracks = world.booked("build", Some("build"), "user").await;
    assert_eq!(tracks.len(), 1);
    assert_eq!(tracks[0]["id"], running[0]["id"]);
}

#[tokio::test]
async fn without_a_server_or_a_key_the_command_runs_untracked() {
    let world = World::start().await;
    for (url, key) in [
        ("http://127.0.0.1:9", None),
        (&world.server().base, Some("tt_none")),
    ] {
        let mut machine = machine(&world, url).await;
        if let Some(key) = key {
            machine.set("TIMETRACKS_API_KEY", key);
        }
        machine.break_work("test");
        let mut command = script(&machine, &["build", "make", "test"]);
        let ran = machine.run(&mut command);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(7), ""));
        assert!(
            ran.stderr
                .ends_with("the time of this command is not tracked\n"),
            "{ran:?}"
        );
        assert_eq!(machine.work(), ["test"]);
    }
    assert!(world.tracks().await.is_empty());
}

#[tokio::test]
async fn a_job_that_is_ended_by_a_signal_clocks_out() {
    for (name, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let world = World::start().await;
        let (_machine, mut child) = held(&world).await;
        signal(name, &format!("-{}", child.id()));
        let status = until("the end of the job", async || child.try_wait().unwrap()).await;
        assert_eq!(status.code(), Some(code), "{name}");
        let tracks = world.booked("build", Some("build"), "user").await;
        assert_eq!(tracks[0]["meta"]["exitCode"], code);
    }
}

#[tokio::test]
async fn a_machine_that_dies_books_no_more_than_it_ran() {
    let world = World::start().await;
    let (mut machine, _child) = held(&world).await;
    let killed = machine.kill();
    world.ends_by_its_lease(killed).await;
}

#[tokio::test]
async fn a_script_that_is_killed_alone_takes_its_heartbeats_with_it() {
    let world = World::start().await;
    let (_machine, mut child) = held(&world).await;
    signal("KILL", &child.id().to_string());
    child.wait().unwrap();
    world.ends_by_its_lease(now_ms()).await;
}

#[tokio::test]
async fn the_key_is_in_no_list_of_processes() {
    let world = World::start().await;
    let wired = Wired::to(&world.address());
    let mut machine = machine(&world, &wired.url).await;
    wired.set(Cable::Hangs);
    let key = machine.environment["TIMETRACKS_API_KEY"].clone();
    let mut command = script(&machine, &["build", "make", "test"]);
    let group = machine.start(&mut command).id().to_string();
    until("curl", async || {
        let list = Command::new("ps").args(["-eo", "pgid=,args="]).output();
        let list = String::from_utf8(list.unwrap().stdout).unwrap();
        let is_ours = |line: &&str| line.split_whitespace().next() == Some(&group);
        let ours: Vec<_> = list.lines().filter(is_ours).collect();
        assert!(!ours.iter().any(|line| line.contains(&key)), "{ours:?}");
        let clocks_in = |line: &&str| line.contains("curl ") && line.contains("clock-in");
        ours.iter().any(clocks_in).then_some(())
    })
    .await;
}
