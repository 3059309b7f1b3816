//! `run` and the lease of its track.

use serde_json::{Value, json};

use crate::{
    cable::Cable,
    going::Going,
    killed::until,
    run, run_offline,
    support::{BETWEEN_LOOKS, now},
};

/// Waits until the clock shows that a track's lease is over.
pub(crate) async fn until_over(track: &Value) {
    while now() <= track["leaseExpiresAt"].as_i64().unwrap() {
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

#[tokio::test]
async fn a_run_shows_signs_of_life_and_says_where_it_ran_and_how_it_ended() {
    let (world, home) = run::pipeline().await;
    let commit = "5f3c2a1b5f3c2a1b5f3c2a1b5f3c2a1b5f3c2a1b";
    let home = home
        .with("GITHUB_SERVER_URL", "https://github.com")
        .with("GITHUB_REPOSITORY", "ada/engine")
        .with("GITHUB_RUN_ID", "42")
        .with("GITHUB_SHA", commit);
    let said = ["--note", "nightly", "--meta", "try=2"];
    let going = Going::on(&home, &[&["--strict", "--lease", "3"][..], &said].concat());
    let first = world.tracks().await[0].clone();
    assert_eq!(
        (&first["lease"], &first["note"]),
        (&json!(3), &json!("nightly"))
    );
    let expires = |track: &Value| track["leaseExpiresAt"].as_i64();
    let second = world.until(|track| expires(track) > expires(&first)).await;
    world.until(|track| expires(track) > expires(&second)).await;
    going.end();
    let track = world.tracks().await[0].clone();
    assert_eq!(track["endedBy"], "user");
    let mut meta = track["meta"].clone();
    let duration = meta.as_object_mut().unwrap().remove("durationMs").unwrap();
    assert_eq!(duration, track["amount"]);
    assert!(
        duration.as_i64().unwrap() >= 1000,
        "three heartbeats lie in it"
    );
    let url = "https://github.com/ada/engine/actions/runs/42";
    assert_eq!(
        meta,
        json!({ "runUrl": url, "commit": commit, "try": 2, "exitCode": 3 })
    );
}

#[tokio::test]
async fn a_lease_is_the_default_and_can_be_left_out() {
    let (world, home) = run::pipeline().await;
    for options in [
        &[][..],
        &["--no-lease"],
        &["--lease", "0"],
        &["--lease", "2h"],
    ] {
        let arguments = [&["run", "--task", "build"], options, &["--", "true"]].concat();
        home.run(&arguments).well();
    }
    let tracks = world.tracks().await;
    let leases: Vec<_> = tracks.iter().map(|track| track["lease"].clone()).collect();
    assert_eq!(leases, [json!(120), Value::Null, Value::Null, json!(7200)]);
    let much = format!("a={}", "x".repeat(4080));
    let ran = home.run(&[
        "run", "--task", "build", "--meta", &much, "--", "echo", "done",
    ]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "done\n"));
    assert!(ran.stderr.contains("leaves no room"), "{ran:?}");
}

#[tokio::test]
async fn a_command_that_is_killed_says_so() {
    let (world, home) = run::pipeline().await;
    let script = ["--", "sh", "-c", "kill -9 $$"];
    let ran = home.run(&[&["run", "--task", "build"][..], &script].concat());
    assert_eq!(ran.code, Some(137));
    let meta = world.tracks().await[0]["meta"].clone();
    assert_eq!(
        (&meta["signal"], &meta["exitCode"]),
        (&json!(9), &json!(137))
    );
}

#[tokio::test]
async fn a_server_away_for_longer_than_the_lease_finds_the_command_still_running() {
    let (mut world, wired, home) = run_offline::pipeline().await;
    let going = Going::on(&home, &["--strict", "--lease", "1"]);
    let before = world.tracks().await[0].clone();
    world.kill();
    until_over(&before).await;
    world.revive();
    wired.lead_to(&world.address());
    let again = world.until(|track| track["end"].is_null()).await;
    assert_eq!(again["id"], before["id"]);
    let ended = now();
    going.end();
    let tracks = world.tracks().await;
    assert_eq!(tracks.len(), 1, "{tracks:?}");
    assert!(tracks[0]["end"].as_i64().unwrap() >= ended);
    assert_eq!(tracks[0]["start"], before["start"]);
}

#[tokio::test]
async fn a_server_that_is_back_after_the_end_gets_all_of_the_time() {
    let (mut world, wired, home) = run_offline::pipeline().await;
    let going = Going::on(&home, &["--strict", "--lease", "1"]);
    let before = world.tracks().await[0].clone();
    world.kill();
    until_over(&before).await;
    let ran = going.end();
    assert!(ran.stderr.contains("written down"), "{ran:?}");
    let queued = home.queued();
    assert_eq!(queued[0]["track"]["track"], before["id"]);
    world.revive();
    wired.lead_to(&world.address());
    home.json(&["sync"]);
    let tracks = world.tracks().await;
    assert_eq!(tracks.len(), 1, "{tracks:?}");
    assert_eq!(tracks[0]["end"], queued[0]["at"]);
    assert_eq!(tracks[0]["meta"]["exitCode"], 3);
    assert!(home.queued().is_empty() && home.refused().is_empty());
}

#[tokio::test]
async fn another_track_on_the_task_is_left_alone_and_no_time_is_lost() {
    let (world, wired, home) = run_offline::pipeline().await;
    let going = Going::on(&home, &["--strict", "--lease", "1"]);
    let before = world.tracks().await[0].clone();
    wired.set(Cable::Cut);
    world.until_ended(&before["id"]).await;
    let ada = world.ada();
    let other = ada.json(&["in", "build"]);
    assert_ne!(other["id"], before["id"]);
    wired.set(Cable::Whole);
    let ended = now();
    going.end();
    let tracks = world.tracks().await;
    assert_eq!(tracks.len(), 2, "{tracks:?}");
    for track in &tracks {
        match track["id"] == before["id"] {
            true => assert!(track["end"].as_i64().unwrap() >= ended, "{track}"),
            false => assert!(track["end"].is_null(), "{track}"),
        }
    }
}

#[tokio::test]
async fn a_track_that_somebody_ends_by_hand_stays_so() {
    let (world, home) = run::pipeline().await;
    let ada = world.ada();
    // Heard of by a heartbeat, or at the end alone.
    for lease in ["1", "2m"] {
        let going = Going::on(&home, &["--strict", "--lease", lease]);
        let ended = ada.json(&["out", "build"]);
        if lease == "1" {
            until("its being over", || home.journals().is_empty()).await;
        }
        let other = ada.json(&["in", "build"]);
        let ran = going.end();
        assert!(ran.stderr.contains("ended by hand"), "{ran:?}");
        let tracks = world.tracks().await;
        let of = |id: &Value| tracks.iter().find(|track| track["id"] == *id).unwrap();
        assert_eq!(of(&ended["id"])["end"], ended["end"]);
        assert!(of(&other["id"])["end"].is_null());
        ada.json(&["out", "build"]);
    }
    assert_eq!(world.tracks().await.len(), 4);
    let going = Going::on(&home, &["--strict"]);
    ada.json(&["rm", "last"]);
    assert!(going.end().stderr.contains("deleted"));
    assert_eq!(world.tracks().await.len(), 4);
    assert!(home.queued().is_empty() && home.run_files().is_empty());
}

#[tokio::test]
async fn of_two_jobs_on_a_task_the_second_gets_the_running_track_when_the_first_has_ended() {
    let (world, home) = run::pipeline().await;
    let first = Going::on(&home, &["--strict", "--lease", "1"]);
    let second = Going::on(&home, &["--strict", "--lease", "1"]);
    let start = world.tracks().await[0]["start"].clone();
    first.end();
    let running = world.until(|track| track["end"].is_null()).await;
    assert!(running["start"].as_i64() > start.as_i64());
    second.end();
    let tracks = world.tracks().await;
    assert_eq!(tracks.len(), 2, "{tracks:?}");
    let ours = tracks.iter().find(|track| track["id"] == running["id"]);
    assert_eq!(ours.unwrap()["meta"]["exitCode"], 3);
}
