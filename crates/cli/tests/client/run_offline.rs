//! `run` while the server cannot be reached, or does not answer.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
    time::Instant,
};

use crate::{
    cable::{Cable, Wired},
    run::signal,
    support::{BETWEEN_LOOKS, Home, World},
};

pub(crate) async fn pipeline() -> (World, Wired, Home) {
    let world = World::start().await;
    let wired = Wired::to(&world.address());
    let home = Home::with_key(&wired.url, &world.key(&["track"]).await);
    (world, wired, home)
}

#[tokio::test]
async fn time_that_cannot_be_told_is_written_down_and_sent_once() {
    let (world, wired, home) = pipeline().await;
    for state in [Cable::Cut, Cable::Hangs, Cable::LosesAnswers] {
        wired.set(state);
        let ran = home.run(&[
            "run",
            "--timeout",
            "1",
            "--task",
            "build",
            "--",
            "sh",
            "-c",
            "echo done; exit 9",
        ]);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(9), "done\n"),
            "{state:?}"
        );
        assert!(ran.stderr.contains("written down"), "{ran:?}");
        assert!(!ran.stderr.contains("ry again"), "{ran:?}");
        assert!(ran.stderr.lines().all(|line| line.len() < 80), "{ran:?}");
        assert_eq!(home.queued().len(), 1, "{state:?}");
        wired.set(Cable::Whole);
        home.json(&["sync"]);
        assert!(home.queued().is_empty() && home.refused().is_empty());
    }
    let tracks = world.tracks().await;
    assert_eq!(tracks.len(), 3, "{tracks:?}");
    assert!(
        tracks.iter().all(|track| track["end"].is_i64()),
        "{tracks:?}"
    );
}

#[tokio::test]
async fn a_server_that_hangs_does_not_delay_the_command() {
    let (_world, wired, home) = pipeline().await;
    wired.set(Cable::Hangs);
    let mut command = home.command(&[
        "run",
        "--timeout",
        "20",
        "--task",
        "build",
        "--",
        "echo",
        "ready",
    ]);
    let began = Instant::now();
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "ready\n");
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    let children = format!("/proc/{0}/task/{0}/children", child.id());
    while !std::fs::read_to_string(&children).unwrap().is_empty() {
        std::thread::yield_now();
    }
    // The command has ended. Whoever has no patience for the rest loses nothing.
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        signal(&child, "TERM");
        std::thread::sleep(BETWEEN_LOOKS);
    };
    assert_eq!(status.code(), Some(0));
    assert!(began.elapsed().as_secs() < 15, "{:?}", began.elapsed());
    assert_eq!(home.queued().len(), 1);
}

#[tokio::test]
async fn strict_waits_to_be_clocked_in_and_fails_when_that_cannot_be() {
    let (world, wired, home) = pipeline().await;
    wired.set(Cable::Cut);
    let ran = home.run(&[
        "run",
        "--strict",
        "--timeout",
        "1",
        "--task",
        "build",
        "--",
        "echo",
        "done",
    ]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(5), ""));
    assert!(world.tracks().await.is_empty() && home.queued().is_empty());
}

#[tokio::test]
async fn a_server_killed_while_the_command_runs_gets_the_end_later() {
    let (mut world, wired, home) = pipeline().await;
    let mut command = home.command(&[
        "run",
        "--strict",
        "--timeout",
        "1",
        "--task",
        "build",
        "--",
        "sh",
        "-c",
        "echo ready; read line",
    ]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let running = world.tracks().await;
    assert!(running[0]["end"].is_null());
    world.kill();
    drop(child.stdin.take());
    assert_eq!(
        child.wait().unwrap().code(),
        Some(1),
        "strict, and not clocked out"
    );
    let queued = home.queued();
    assert_eq!(queued.len(), 1);
    world.revive();
    wired.lead_to(&world.address());
    home.json(&["sync"]);
    let tracks = world.tracks().await;
    assert_eq!(tracks.len(), 1, "{tracks:?}");
    assert_eq!(tracks[0]["id"], running[0]["id"]);
    assert_eq!(tracks[0]["end"], queued[0]["at"]);
}
