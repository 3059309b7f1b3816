//! `run`: a command whose time is tracked.

use std::{
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, Stdio},
};

use crate::support::{Home, Ran, World};

/// A pipeline with a key that may only track.
pub(crate) async fn pipeline() -> (World, Home) {
    let world = World::start().await;
    let home = Home::with_key(&world.server().base, &world.key(&["track"]).await);
    (world, home)
}

pub(crate) fn signal(child: &Child, name: &str) {
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-s", name, &pid])
            .status()
            .unwrap()
            .success()
    );
}

/// Starts it and waits until the command says something.
pub(crate) fn started(mut command: Command) -> (Child, BufReader<std::process::ChildStdout>) {
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    (child, reader)
}

#[tokio::test]
async fn the_streams_and_the_status_are_the_commands_own() {
    let (world, home) = pipeline().await;
    let arguments = [
        "run",
        "--task",
        "nightly build",
        "--",
        "sh",
        "-c",
        "cat; echo err >&2; exit 42",
    ];
    let ran = home.run_with_input(&arguments, "in\n");
    assert_eq!(
        (ran.code, ran.stdout.as_str(), ran.stderr.as_str()),
        (Some(42), "in\n", "err\n")
    );
    let ran = home.run(&[
        "run",
        "--external-id",
        "a/b#1",
        "--",
        "printf",
        "%s|",
        "a b",
        "--strict",
        "-x",
    ]);
    assert_eq!(ran.well(), "a b|--strict|-x|");
    assert_eq!(world.task_names().await, ["nightly build", "a/b#1"]);
    let tracks = world.tracks().await;
    assert_eq!(tracks.len(), 2);
    assert!(
        tracks.iter().all(|track| track["end"].is_i64()),
        "{tracks:?}"
    );
    assert!(home.queued().is_empty());
}

#[tokio::test]
async fn the_track_is_as_long_as_the_command() {
    let (world, home) = pipeline().await;
    let mut command = home.command(&[
        "run",
        "--task",
        "build",
        "--",
        "sh",
        "-c",
        "echo ready; read line; date +%s%3N",
    ]);
    command.stdin(Stdio::piped());
    let (mut child, mut reader) = started(command);
    child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let mut end = String::new();
    reader.read_to_string(&mut end).unwrap();
    assert!(child.wait().unwrap().success());
    let tracks = world.tracks().await;
    let late = tracks[0]["end"].as_i64().unwrap() - end.trim().parse::<i64>().unwrap();
    assert!(
        (0..1500).contains(&late),
        "{late} ms after the command's own last moment"
    );
}

#[tokio::test]
async fn signals_reach_the_command_and_its_end_is_told_as_shells_do() {
    let (world, home) = pipeline().await;
    let script = "trap 'echo got; exit 7' TERM; echo ready; while :; do sleep 0.02; done";
    let (child, mut reader) =
        started(home.command(&["run", "--task", "build", "--", "sh", "-c", script]));
    signal(&child, "TERM");
    let mut rest = String::new();
    reader.read_to_string(&mut rest).unwrap();
    let output: Ran = child.wait_with_output().unwrap().into();
    assert_eq!((rest.as_str(), output.code), ("got\n", Some(7)));
    for (name, code) in [("TERM", 143), ("INT", 130), ("HUP", 129), ("USR1", 138)] {
        let (child, _reader) = started(home.command(&[
            "run",
            "--task",
            "build",
            "--",
            "sh",
            "-c",
            "echo ready; exec sleep 600",
        ]));
        signal(&child, name);
        assert_eq!(
            child.wait_with_output().unwrap().status.code(),
            Some(code),
            "{name}"
        );
    }
    let tracks = world.tracks().await;
    assert_eq!(tracks.len(), 5);
    assert!(
        tracks.iter().all(|track| track["end"].is_i64()),
        "{tracks:?}"
    );
}

#[tokio::test]
async fn what_is_ignored_stays_ignored() {
    let (_world, home) = pipeline().await;
    let script =
        "trap '' HUP; exec \"$0\" run --task build -- sh -c 'echo ready; read line; echo end'";
    let mut command = home.command(&[]);
    let binary = command.get_program().to_owned();
    let environment: Vec<_> = command
        .get_envs()
        .map(|(name, value)| (name.to_owned(), value.map(std::ffi::OsStr::to_owned)))
        .collect();
    command = Command::new("sh");
    command
        .args(["-c", script])
        .arg(binary)
        .stdin(Stdio::piped());
    for (name, value) in environment {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let (mut child, mut reader) = started(command);
    signal(&child, "HUP");
    child.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let mut rest = String::new();
    reader.read_to_string(&mut rest).unwrap();
    assert_eq!(
        (rest.as_str(), child.wait().unwrap().code()),
        ("end\n", Some(0))
    );
}

#[tokio::test]
async fn a_command_that_cannot_begin_has_no_time() {
    let (world, home) = pipeline().await;
    home.run(&["run", "--task", "build", "--", "no-such-command"])
        .failed(127);
    home.run(&["run", "--task", "build", "--", "/"]).failed(126);
    assert!(world.tracks().await.is_empty());
    assert!(home.queued().is_empty());
}

#[tokio::test]
async fn jobs_on_one_task_at_the_same_time_are_all_booked() {
    let (world, home) = pipeline().await;
    let command = || {
        let mut command = home.command(&[
            "run",
            "--task",
            "build",
            "--",
            "sh",
            "-c",
            "echo ready; read line",
        ]);
        command.stdin(Stdio::piped());
        command
    };
    let mut running: Vec<_> = (0..3).map(|_| started(command())).collect();
    for (child, _) in &mut running {
        drop(child.stdin.take());
        child.wait().unwrap();
    }
    let tracks = world.tracks().await;
    assert_eq!(tracks.len(), 3, "{tracks:?}");
    assert!(tracks.iter().all(|track| track["end"].is_i64()));
    assert_eq!(world.task_names().await, ["build"]);
}

#[tokio::test]
async fn the_task_is_what_the_pipeline_calls_its_job() {
    let (world, home) = pipeline().await;
    let home = home
        .with("GITHUB_REPOSITORY", "ada/engine")
        .with("GITHUB_WORKFLOW", "CI")
        .with("GITHUB_JOB", "test");
    home.run(&["run", "--", "true"]).well();
    let home = home.with("TIMETRACKS_TASK", "engine tests");
    home.run(&["run", "--", "true"]).well();
    assert_eq!(
        world.task_names().await,
        ["ada/engine/CI/test", "engine tests"]
    );
}

#[tokio::test]
async fn without_a_task_or_an_account_the_command_runs_unless_it_is_strict() {
    let (world, home) = pipeline().await;
    let ran = home.run(&["run", "--", "echo", "done"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "done\n"));
    assert!(ran.stderr.contains("--task"), "{ran:?}");
    let nobody = Home::new();
    let ran = nobody.run(&["run", "--task", "x", "--", "sh", "-c", "echo done; exit 3"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(3), "done\n"));
    for (home, code) in [(&home, 2), (&nobody, 3)] {
        let arguments: &[&str] = match code {
            2 => &["run", "--strict", "--", "echo", "done"],
            _ => &["run", "--strict", "--task", "x", "--", "echo", "done"],
        };
        let ran = home.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(code), ""), "{ran:?}");
    }
    assert!(world.tracks().await.is_empty());
}

#[tokio::test]
async fn a_refusal_fails_only_what_is_strict() {
    let world = World::start().await;
    let home = Home::with_key(&world.server().base, &world.key(&["read"]).await);
    let ran = home.run(&["run", "--task", "x", "--", "echo", "done"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "done\n"));
    assert!(ran.stderr.contains("scope"), "{ran:?}");
    let ran = home.run(&["run", "--strict", "--task", "x", "--", "echo", "done"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(home.queued().is_empty());
}

#[tokio::test]
async fn a_run_that_is_killed_leaves_the_track_at_the_server() {
    let (world, home) = pipeline().await;
    let script = "echo ready; exec sleep 600";
    let (mut child, _reader) = started(home.command(&[
        "run", "--strict", "--task", "build", "--", "sh", "-c", script,
    ]));
    let children =
        std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id())).unwrap();
    signal(&child, "KILL");
    child.wait().unwrap();
    let tracks = world.tracks().await;
    assert_eq!(tracks.len(), 1);
    assert!(tracks[0]["end"].is_null());
    for orphan in children.split_whitespace() {
        assert!(Command::new("kill").arg(orphan).status().unwrap().success());
    }
}
