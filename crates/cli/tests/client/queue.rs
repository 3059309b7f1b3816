//! What is done while the server cannot be reached.

use std::{os::unix::fs::PermissionsExt, sync::atomic::Ordering};

use serde_json::json;

use crate::{
    cable::{Cable, Wired},
    support::{Home, World},
};

/// Ada behind a cable.
async fn behind_a_cable() -> (World, Wired, Home) {
    let world = World::start().await;
    let wired = Wired::to(&world.address());
    let home = Home::new();
    home.log_in(&wired.url, "ada");
    (world, wired, home)
}

#[tokio::test]
async fn in_and_out_are_written_down_and_sent_later_in_order_with_their_instants() {
    let (world, wired, home) = behind_a_cable().await;
    wired.set(Cable::Cut);
    let said = home
        .run(&[
            "in",
            "Write docs",
            "--at",
            "2026-07-01 9:00",
            "--timeout",
            "1",
        ])
        .well();
    assert!(said.contains("Written down"), "{said}");
    let queued = home.json(&["out", "--at", "2026-07-01 10:00", "--timeout", "1"]);
    assert_eq!(queued["queued"]["action"], "out");
    home.json(&[
        "in",
        "JIRA-492",
        "--at",
        "2026-07-01 10:00",
        "--timeout",
        "1",
    ]);
    home.json(&[
        "out",
        "JIRA-492",
        "--at",
        "2026-07-01 10:30",
        "--timeout",
        "1",
    ]);
    assert_eq!(home.queued().len(), 4);
    for file in std::fs::read_dir(home.path().join(".local/state/timetracks/queue")).unwrap() {
        assert_eq!(
            file.unwrap().metadata().unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    assert!(
        home.run(&["sync", "--timeout", "1"])
            .failed(5)
            .contains("cannot be reached")
    );
    assert!(world.tracks().await.is_empty());
    wired.set(Cable::Whole);
    // Any command that gets through sends them.
    let ran = home.run(&["status", "--json"]);
    assert_eq!(ran.stdout, "[]\n");
    assert_eq!(ran.stderr.lines().count(), 4, "{}", ran.stderr);
    let tracks = world.tracks().await;
    let amounts: Vec<_> = tracks
        .iter()
        .map(|track| track["timeFormatted"].clone())
        .collect();
    assert_eq!(amounts, ["1h 0m 0s", "0h 30m 0s"]);
    assert_eq!(tracks[0]["startTime"], "2026-07-01T07:00:00.000Z");
    assert_eq!(world.task_names().await, ["Write docs", "JIRA-492"]);
    assert!(home.queued().is_empty() && home.refused().is_empty());
    assert_eq!(home.json(&["sync"]), json!({ "sent": [], "refused": [] }));
}

#[tokio::test]
async fn a_switch_without_a_server_leaves_nothing_when_nothing_runs() {
    let (world, wired, home) = behind_a_cable().await;
    wired.set(Cable::Cut);
    let said = home.run(&["switch", "Review", "--timeout", "1"]).well();
    assert_eq!(said.matches("cannot be reached").count(), 1, "{said}");
    assert!(said.lines().all(|line| line.len() < 80), "{said}");
    assert_eq!(home.queued().len(), 2);
    wired.set(Cable::Whole);
    let ran = home.run(&["sync", "--json"]);
    assert_eq!(ran.stderr, "");
    assert!(home.queued().is_empty() && home.refused().is_empty());
    let tracks = world.tracks().await;
    assert_eq!(tracks.len(), 1, "{tracks:?}");
    assert!(tracks[0]["end"].is_null());
    // Whoever says what they leave means that.
    wired.set(Cable::Cut);
    home.json(&["switch", "Docs", "--from", "Deploy", "--timeout", "1"]);
    wired.set(Cable::Whole);
    home.run(&["sync"]).well();
    assert_eq!(home.refused().len(), 1);
}

#[tokio::test]
async fn a_request_whose_answer_was_lost_has_its_effect_once() {
    let (world, wired, home) = behind_a_cable().await;
    home.json(&["in", "Write docs"]);
    home.json(&["out"]);
    wired.set(Cable::LosesAnswers);
    let carried = wired.carried.load(Ordering::SeqCst);
    home.run(&["in", "Write docs", "--timeout", "1"]).well();
    assert!(wired.carried.load(Ordering::SeqCst) > carried);
    assert_eq!(home.queued().len(), 1);
    wired.set(Cable::Whole);
    home.json(&["sync"]);
    assert_eq!(world.tracks().await.len(), 2);
    assert_eq!(home.json(&["status"]).as_array().unwrap().len(), 1);
    // The answer to what is sent from the queue is lost as well.
    wired.set(Cable::Cut);
    home.json(&["out", "Write docs", "--timeout", "1"]);
    home.json(&["in", "Write docs", "--timeout", "1"]);
    wired.set(Cable::LosesAnswers);
    home.run(&["sync", "--timeout", "1"]).failed(5);
    wired.set(Cable::Whole);
    home.json(&["sync"]);
    assert_eq!(world.tracks().await.len(), 3);
    assert!(home.queued().is_empty() && home.refused().is_empty());
}

#[tokio::test]
async fn processes_at_the_same_time_send_once() {
    let (world, wired, home) = behind_a_cable().await;
    wired.set(Cable::Cut);
    for hour in 9..12 {
        let at = |minute: u8| format!("2026-07-01 {hour}:{minute:02}");
        home.json(&["in", "Write docs", "--at", &at(0), "--timeout", "1"]);
        home.json(&["out", "--at", &at(30), "--timeout", "1"]);
    }
    wired.set(Cable::Whole);
    let spawn = |_| {
        let mut command = home.command(&["sync", "--json"]);
        command
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..6).map(spawn).collect();
    let mut sent = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        sent += answer["sent"].as_array().unwrap().len();
    }
    assert_eq!(sent, 6);
    assert_eq!(world.tracks().await.len(), 3);
}

#[tokio::test]
async fn what_the_server_refuses_is_shown_and_kept_aside() {
    let (world, wired, home) = behind_a_cable().await;
    wired.set(Cable::Cut);
    home.json(&["out", "Write docs", "--timeout", "1"]);
    home.json(&[
        "in",
        "Write docs",
        "--at",
        "2026-07-01 9:00",
        "--timeout",
        "1",
    ]);
    wired.set(Cable::Whole);
    let ran = home.run(&["sync"]);
    assert!(
        ran.stderr.contains("refuses clock out on \"Write docs\""),
        "{ran:?}"
    );
    assert!(
        ran.stdout.contains("sent: clock in") && ran.stdout.contains("refused: clock out"),
        "{ran:?}"
    );
    assert_eq!((home.queued().len(), home.refused().len()), (0, 1));
    assert_eq!(world.tracks().await.len(), 1);
    assert!(
        home.run(&["status", "--once"])
            .stderr
            .contains("1 entries were refused")
    );
    home.run(&["sync", "--forget-refused"]).well();
    assert!(home.refused().is_empty());
}

#[tokio::test]
async fn a_line_that_was_cut_off_is_set_aside_and_the_others_are_sent() {
    let (world, wired, home) = behind_a_cable().await;
    wired.set(Cable::Cut);
    home.json(&["in", "Write docs", "--timeout", "1"]);
    let directory = home.path().join(".local/state/timetracks/queue");
    let files = std::fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().path());
    let path = files
        .into_iter()
        .find(|path| path.extension().unwrap() == "jsonl")
        .unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{text}{}", &text[..text.len() / 2])).unwrap();
    home.json(&["in", "JIRA-492", "--timeout", "1"]);
    wired.set(Cable::Whole);
    home.json(&["sync"]);
    assert_eq!(world.tracks().await.len(), 2);
    assert_eq!((home.queued().len(), home.refused().len()), (0, 1));
}

#[tokio::test]
async fn a_server_killed_in_the_middle_gets_it_when_it_is_back() {
    let (mut world, wired, home) = behind_a_cable().await;
    home.json(&["in", "Write docs"]);
    world.kill();
    let queued = home.json(&["switch", "Review", "--timeout", "1"]);
    assert_eq!(queued.as_array().unwrap().len(), 2);
    world.revive();
    wired.lead_to(&world.address());
    let out = home.json(&["out"]);
    assert_eq!(out["start"], queued[1]["queued"]["at"]);
    let tracks = world.tracks().await;
    assert_eq!(tracks.len(), 2);
    assert_eq!(tracks[0]["end"], queued[0]["queued"]["at"]);
}

#[tokio::test]
async fn each_account_has_a_queue_of_its_own() {
    let (world, wired, home) = behind_a_cable().await;
    world.add_user("grace").await;
    wired.set(Cable::Cut);
    home.json(&["in", "Write docs", "--timeout", "1"]);
    wired.set(Cable::Whole);
    home.log_in(&wired.url, "grace");
    assert_eq!(home.json(&["status"]), json!([]));
    assert!(world.tracks().await.is_empty());
    home.log_in(&wired.url, "ada");
    assert_eq!(home.json(&["status"]).as_array().unwrap().len(), 1);
}
