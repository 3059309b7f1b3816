//! Clocking out that was written down, and what has become of the track when it is sent.

use serde_json::{Value, json};

use crate::{
    cable::{Cable, Wired},
    leases::until_over,
    support::{Home, World},
};

async fn behind_a_cable() -> (World, Wired, Home) {
    let world = World::start().await;
    let wired = Wired::to(&world.address());
    let home = Home::new();
    home.log_in(&wired.url, "ada");
    (world, wired, home)
}

/// Clocks in with a lease, and out while the server cannot be reached and the lease is over.
async fn left_too_late(world: &World, wired: &Wired, home: &Home, out: &[&str]) -> (Value, Value) {
    let track = home.json(&["in", "Write docs", "--lease", "1"]);
    wired.set(Cable::Cut);
    until_over(&track).await;
    assert_eq!(world.until_ended(&track["id"]).await["endedBy"], "lease");
    let queued = home.json(&[out, &["--meta", "done=true", "--timeout", "1"]].concat());
    wired.set(Cable::Whole);
    (track, queued["queued"]["at"].clone())
}

#[tokio::test]
async fn a_track_that_its_lease_ended_meanwhile_gets_the_end_that_was_said() {
    let (world, wired, ada) = behind_a_cable().await;
    let pipeline = Home::with_key(&wired.url, &world.key(&["track"]).await);
    // The only one; a named one; and a named one for a key that may not read.
    for (home, out) in [
        (&ada, &["out"][..]),
        (&ada, &["out", "docs"]),
        (&pipeline, &["out", "Write docs"]),
    ] {
        let (track, at) = left_too_late(&world, &wired, home, out).await;
        home.json(&["sync"]);
        assert!(
            home.queued().is_empty() && home.refused().is_empty(),
            "{out:?}"
        );
        let left = world.until_ended(&track["id"]).await;
        assert_eq!((&left["end"], &left["endedBy"]), (&at, &json!("user")));
        assert_eq!(left["meta"]["done"], true);
    }
    assert_eq!(world.tracks().await.len(), 3);
}

#[tokio::test]
async fn a_track_that_somebody_ended_meanwhile_stays_so() {
    let (world, wired, home) = behind_a_cable().await;
    let track = home.json(&["in", "Write docs"]);
    wired.set(Cable::Cut);
    home.json(&["out", "Write docs", "--timeout", "1"]);
    let ended = world.ada().json(&["out"]);
    wired.set(Cable::Whole);
    home.json(&["sync"]);
    assert_eq!((home.queued().len(), home.refused().len()), (0, 1));
    assert_eq!(world.until_ended(&track["id"]).await["end"], ended["end"]);
}

#[tokio::test]
async fn what_was_done_by_an_attempt_that_the_server_has_forgotten_counts_as_done() {
    let (world, wired, home) = behind_a_cable().await;
    let track = home.json(&["in", "Write docs"]);
    wired.set(Cable::LosesEnds);
    home.json(&["out", "--timeout", "1"]);
    let ended = world.until_ended(&track["id"]).await;
    // The key is all that the server forgets after a day.
    let mut entry = home.queued()[0].clone();
    entry["key"] = json!("another");
    home.replace_queue(&entry);
    wired.set(Cable::Whole);
    let answer = home.json(&["sync"]);
    assert_eq!(answer["sent"].as_array().unwrap().len(), 1);
    assert_eq!(answer["refused"], json!([]));
    assert_eq!(world.until_ended(&track["id"]).await["end"], ended["end"]);
}

#[tokio::test]
async fn what_waited_for_longer_than_the_limit_is_as_long_as_it_was() {
    let (world, wired, home) = behind_a_cable().await;
    world.limit_to_hours(2).await;
    wired.set(Cable::Cut);
    for (command, at) in [("in", "9:00"), ("out", "10:00")] {
        let at = format!("2026-07-01 {at}");
        home.json(&[command, "Write docs", "--at", &at, "--timeout", "1"]);
    }
    wired.set(Cable::Whole);
    home.json(&["sync"]);
    assert!(home.refused().is_empty(), "{:?}", home.refused());
    let tracks = world.tracks().await;
    assert_eq!(tracks.len(), 1);
    assert_eq!(tracks[0]["timeFormatted"], "1h 0m 0s");
}

#[tokio::test]
async fn whoever_leaves_what_its_lease_has_ended_is_told_how_to_correct_that() {
    let world = World::start().await;
    let home = world.ada();
    let track = home.json(&["in", "Write docs", "--lease", "1"]);
    until_over(&track).await;
    let ended = world.until_ended(&track["id"]).await;
    let correction = |out: &[&str], is: &str| {
        let said = home.run(out).failed(1);
        assert!(said.contains("ended by its lease at "), "{said}");
        assert!(said.ends_with(&format!("  timetracks {is}\n")), "{said}");
    };
    correction(&["out"], "edit last --end now");
    correction(&["out", "docs"], "edit last --end now");
    correction(&["out", "--at", "now"], "edit last --end now");
    assert_eq!(
        world.tracks().await,
        [ended],
        "nothing is changed by itself"
    );
    home.json(&["in", "Review"]);
    home.json(&["out"]);
    let said = home.run(&["out"]).failed(1);
    assert!(
        !said.contains("lease"),
        "another one was left since: {said}"
    );
    let id = track["id"].as_str().unwrap();
    correction(&["out", "docs"], &format!("edit {id} --end now"));
    let now = home.json(&["edit", id, "--end", "now"]);
    assert_eq!(now["endedBy"], "user");
    let said = home.run(&["out", "docs"]).failed(1);
    assert!(!said.contains("lease"), "{said}");
}
