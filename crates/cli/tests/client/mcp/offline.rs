//! What an agent does while the server cannot be reached.

use serde_json::json;

use super::{Agent, agents_home, eventually};
use crate::{
    cable::{Cable, Wired},
    support::World,
};

const QUICK: [&str; 3] = ["mcp", "--timeout", "1"];

#[tokio::test]
async fn clocking_is_written_down_told_so_and_sent_by_the_next_change() {
    let world = World::start().await;
    let wired = Wired::to(&world.address());
    let home = agents_home(&world, &wired.url);
    let agent = Agent::with(&home, &QUICK).await;
    wired.set(Cable::Cut);
    let began = json!({ "task": "JIRA-492", "note": "Look for it", "at": "2026-07-01T09:00" });
    let began = agent.call("clock_in", began).await;
    assert!(began.get("track").is_none(), "{began}");
    let queued = json!({ "action": "in", "task": "JIRA-492", "at": "2026-07-01T09:00:00+02:00" });
    assert_eq!(began["queued"], queued);
    let message = began["message"].as_str().unwrap();
    assert!(
        message.contains("cannot be reached") && message.contains("sent later, once"),
        "{message}"
    );
    let ended = agent
        .call("clock_out", json!({ "at": "2026-07-01T10:00" }))
        .await;
    assert_eq!(ended["queued"]["action"], "out");
    assert_eq!(home.queued().len(), 2);
    // What only asks cannot be answered, and says so.
    let failed = agent.failure("log", json!({})).await;
    assert!(failed.contains("cannot be reached"), "{failed}");
    let book = json!({ "task": "a", "start": "8:00", "end": "8:30" });
    let failed = agent.failure("add_track", book).await;
    assert!(failed.contains("cannot be reached"), "{failed}");
    wired.set(Cable::Whole);
    // To ask changes nothing.
    let status = agent.call("status", json!({})).await;
    assert_eq!(status["waiting"], json!([queued, ended["queued"]]));
    assert!(world.tracks().await.is_empty());
    agent.call("clock_in", json!({ "task": "Review" })).await;
    let tracks = world.tracks().await;
    assert_eq!(tracks.len(), 2);
    assert_eq!(tracks[0]["timeFormatted"], "1h 0m 0s");
    assert_eq!(
        (&tracks[0]["note"], &tracks[0]["kind"]),
        (&json!("Look for it"), &json!("agent"))
    );
    assert!(home.queued().is_empty() && home.refused().is_empty());
    assert_eq!(agent.call("status", json!({})).await["waiting"], json!([]));
}

#[tokio::test]
async fn what_is_refused_later_is_told() {
    let world = World::start().await;
    let wired = Wired::to(&world.address());
    let home = agents_home(&world, &wired.url);
    let agent = Agent::with(&home, &QUICK).await;
    wired.set(Cable::Cut);
    agent
        .call("clock_out", json!({ "task": "Write docs" }))
        .await;
    wired.set(Cable::Whole);
    agent
        .call("clock_in", json!({ "task": "Write docs" }))
        .await;
    let refused = agent.call("status", json!({})).await["refused"].clone();
    let said = refused[0].as_str().unwrap();
    assert!(
        said.contains("clock out") && said.contains("not clocked in"),
        "{said}"
    );
}

#[tokio::test]
async fn a_track_that_was_sent_late_is_kept_running_too() {
    let world = World::start().await;
    let wired = Wired::to(&world.address());
    let agent = Agent::with(&agents_home(&world, &wired.url), &QUICK).await;
    wired.set(Cable::Cut);
    agent
        .call("clock_in", json!({ "task": "Write docs", "lease": 1 }))
        .await;
    wired.set(Cable::Whole);
    let book = json!({ "task": "Review", "start": "2026-07-01T08:00", "end": "2026-07-01T08:30" });
    agent.call("add_track", book).await;
    let first = world.tracks().await[0]["leaseExpiresAt"].as_i64().unwrap();
    eventually("kept running", async || {
        let track = world.tracks().await[0].clone();
        track["leaseExpiresAt"]
            .as_i64()
            .is_some_and(|until| until > first + 2000)
    })
    .await;
}

#[tokio::test]
async fn what_is_being_clocked_when_the_host_leaves_is_written_down() {
    let world = World::start().await;
    let wired = Wired::to(&world.address());
    let home = agents_home(&world, &wired.url);
    let mut host = super::by_hand::Host::at(&home, &["mcp", "--timeout", "8"]);
    host.shake_hands();
    wired.set(Cable::Hangs);
    host.say(&super::by_hand::call(
        2,
        "clock_in",
        json!({ "task": "Write docs" }),
    ));
    eventually("asked", async || {
        wired.hung.load(std::sync::atomic::Ordering::SeqCst) > 0
    })
    .await;
    assert_eq!(host.leave().0, Some(0));
    assert_eq!(home.queued().len(), 1);
}
