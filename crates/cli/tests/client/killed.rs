//! `kill -9` of a run, at every moment of its life: what is booked is never too much, and never lost.

use std::{os::unix::fs::PermissionsExt, time::Instant};

use serde_json::{Value, json};

use crate::{
    cable::Cable,
    going::Going,
    leases::until_over,
    run, run_offline,
    server::json_of,
    support::{BETWEEN_LOOKS, Home, PATIENCE},
};

/// Waits until something is so on this machine.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "never: {what}");
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// Waits until the journal knows that the run has lived for so long.
async fn until_it_lived(home: &Home, ms: i64) {
    until("a journal", || !home.journals().is_empty()).await;
    let start = home.journals()[0]["since"].as_i64().unwrap();
    until("a life", || home.last_alive() >= start + ms).await;
}

/// The only track, up to at most one lease before the run was dead and to no moment behind that.
#[track_caller]
fn assert_booked(tracks: &[Value], killed: i64, lease_ms: i64) {
    assert_eq!(tracks.len(), 1, "{tracks:?}");
    let end = tracks[0]["end"].as_i64().unwrap();
    let early = killed - end;
    assert!((0..=lease_ms).contains(&early), "{early} ms too early");
}

/// Sends what waits and finds that all of it is gone then.
#[track_caller]
fn sync(home: &Home) {
    home.json(&["sync"]);
    assert!(home.queued().is_empty() && home.refused().is_empty());
    assert!(home.run_files().is_empty(), "{:?}", home.run_files());
    assert_eq!(home.json(&["sync"])["sent"], json!([]));
}

#[tokio::test]
async fn with_the_server_up_the_lease_ends_it_and_the_next_command_knows_better() {
    let (world, home) = run::pipeline().await;
    let going = Going::on(&home, &["--strict", "--lease", "2"]);
    until_it_lived(&home, 1000).await;
    for file in home.run_files() {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    // Whoever syncs while it lives leaves it alone.
    assert_eq!(home.json(&["sync"])["sent"], json!([]));
    let last = home.last_alive();
    let killed = going.kill();
    let track = world.until(|track| track["end"].is_i64()).await;
    assert_eq!(track["endedBy"], "lease");
    assert_booked(&world.tracks().await, killed, 2000);
    sync(&home);
    let tracks = world.tracks().await;
    assert_booked(&tracks, killed, 2000);
    assert_eq!(tracks[0]["id"], track["id"]);
    assert!(tracks[0]["end"].as_i64().unwrap() >= last, "{tracks:?}");
    assert_eq!(tracks[0]["meta"]["killed"], true);
}

#[tokio::test]
async fn whoever_is_killed_while_they_book_it_leaves_no_time_too_much() {
    let (world, home) = run::pipeline().await;
    let going = Going::on(&home, &["--strict", "--lease", "2"]);
    let track = world.tracks().await[0].clone();
    let killed = going.kill();
    // They got as far as the heartbeat.
    let path = format!(
        "/tasks/{}/tracks/{}/heartbeat",
        track["taskId"].as_str().unwrap(),
        track["id"].as_str().unwrap()
    );
    json_of(world.server().post(&path, &world.token, &json!({})), 200).await;
    let ended = world.until_ended(&track["id"]).await;
    assert!(ended["end"].as_i64().unwrap() > killed);
    sync(&home);
    assert_booked(&world.tracks().await, killed, 2000);
}

#[tokio::test]
async fn the_next_command_ends_at_once_what_a_lease_would_end_later() {
    let (world, home) = run::pipeline().await;
    for options in [&["--strict"][..], &["--strict", "--no-lease"]] {
        let going = Going::on(&home, options);
        let (last, killed) = (home.last_alive(), going.kill());
        // Whoever says nothing but `run` says this, too.
        home.run(&["run", "--task", "other", "--", "true"]).well();
        let tracks = world.tracks().await;
        let of_build = |track: &&Value| track["meta"]["killed"] == true;
        let end = tracks.iter().rfind(of_build).unwrap()["end"].as_i64();
        assert!((last..=killed).contains(&end.unwrap()), "{tracks:?}");
        assert!(tracks.iter().all(|track| track["end"].is_i64()));
        sync(&home);
    }
    assert_eq!(world.tracks().await.len(), 4);
}

#[tokio::test]
async fn with_the_server_away_nothing_is_lost() {
    let (mut world, wired, home) = run_offline::pipeline().await;
    let going = Going::on(&home, &["--strict", "--lease", "1"]);
    let before = world.tracks().await[0].clone();
    world.kill();
    until_over(&before).await;
    until("a sign of life", || {
        home.last_alive() > before["leaseExpiresAt"].as_i64().unwrap()
    })
    .await;
    let killed = going.kill();
    world.revive();
    wired.lead_to(&world.address());
    let ended = world.until_ended(&before["id"]).await;
    assert_eq!(ended["endedBy"], "lease");
    sync(&home);
    let tracks = world.tracks().await;
    assert_booked(&tracks, killed, 1000);
    assert_eq!(tracks[0]["id"], before["id"]);
    assert_eq!(tracks[0]["meta"]["killed"], true);
}

#[tokio::test]
async fn before_the_server_heard_of_it_nothing_is_lost() {
    let (world, wired, home) = run_offline::pipeline().await;
    wired.set(Cable::Cut);
    let going = Going::on(&home, &["--lease", "2", "--note", "nightly"]);
    until_it_lived(&home, 600).await;
    let killed = going.kill();
    // It waits in the queue now, whether or not somebody gets through.
    home.run(&["sync", "--timeout", "1"]).failed(5);
    assert_eq!(home.queued()[0]["endMeta"], json!({ "killed": true }));
    assert!(world.tracks().await.is_empty());
    // Whoever sends it hears no answer, and a lease begins that nobody keeps up. It is not what counts.
    wired.set(Cable::LosesAnswers);
    home.run(&["sync", "--timeout", "1"]).failed(5);
    let begun = world.until(|track| track["end"].is_i64()).await;
    assert!(begun["end"].as_i64().unwrap() > killed);
    wired.set(Cable::Whole);
    sync(&home);
    let tracks = world.tracks().await;
    assert_booked(&tracks, killed, 2000);
    assert!(tracks[0]["amount"].as_i64().unwrap() >= 600);
    assert_eq!(tracks[0]["note"], "nightly");
}

#[tokio::test]
async fn between_clocking_in_and_the_answer_it_is_booked_once() {
    let (world, wired, home) = run_offline::pipeline().await;
    wired.set(Cable::LosesAnswers);
    let going = Going::on(&home, &["--lease", "2"]);
    let track = world.until(|_| true).await;
    until_it_lived(&home, 600).await;
    assert_eq!(home.journals()[0]["track"], Value::Null);
    let killed = going.kill();
    wired.set(Cable::Whole);
    sync(&home);
    let tracks = world.tracks().await;
    assert_booked(&tracks, killed, 2000);
    assert_eq!(tracks[0]["id"], track["id"]);
}

#[tokio::test]
async fn while_it_clocks_out_the_end_is_that_of_the_command() {
    for hangs in [true, false] {
        let (world, wired, home) = run_offline::pipeline().await;
        let mut going = Going::patient(&home, "20", &["--strict"]);
        match hangs {
            true => world.server().signal("STOP"),
            false => wired.set(Cable::LosesEnds),
        }
        going.let_go();
        let knows_end = |journal: &Value| journal["endMeta"]["exitCode"] == 3;
        until("an end", || home.journals().iter().any(knows_end)).await;
        if !hangs {
            world.until(|track| track["end"].is_i64()).await;
        }
        let end = home.journals()[0]["at"].clone();
        going.kill();
        match hangs {
            true => world.server().signal("CONT"),
            false => wired.set(Cable::Whole),
        }
        sync(&home);
        let tracks = world.tracks().await;
        assert_eq!(tracks.len(), 1, "{tracks:?}");
        assert_eq!(tracks[0]["end"], end, "{hangs}");
        assert_eq!(tracks[0]["meta"]["exitCode"], 3);
        assert_eq!(tracks[0]["meta"]["killed"], Value::Null);
    }
}

#[tokio::test]
async fn beside_another_run_each_is_booked() {
    let (world, home) = run::pipeline().await;
    let first = Going::on(&home, &["--strict"]);
    let second = Going::on(&home, &["--strict"]);
    first.kill();
    let killed = second.kill();
    sync(&home);
    let tracks = world.tracks().await;
    assert_eq!(tracks.len(), 2, "{tracks:?}");
    for track in tracks {
        assert!(track["end"].as_i64().unwrap() <= killed, "{track}");
        assert_eq!(track["meta"]["killed"], true);
    }
}

#[tokio::test]
async fn what_was_killed_long_ago_does_not_run_from_then_to_now() {
    let (world, wired, home) = run_offline::pipeline().await;
    wired.set(Cable::Cut);
    let going = Going::on(&home, &[]);
    until_it_lived(&home, 1).await;
    let killed = going.kill();
    world.limit_to_hours(1).await;
    // As if it had been yesterday: a clock-in with its start is over the limit at once.
    home.run(&["sync", "--timeout", "1"]).failed(5);
    let day = 86_400_000;
    let mut entry = home.queued()[0].clone();
    for member in ["since", "at"] {
        entry[member] = json!(entry[member].as_i64().unwrap() - day);
    }
    home.replace_queue(&entry);
    wired.set(Cable::Whole);
    sync(&home);
    assert_booked(&world.tracks().await, killed - day, 1000);
}
