//! How long tracks of an agent run, and what becomes of calls that are cut off.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::{
    Agent, agents_home,
    by_hand::{Host, call},
    eventually, world_with_agent,
};
use crate::{
    cable::{Cable, Wired},
    server::json_of,
    support::{Home, World},
};

/// The only track.
async fn only(world: &World) -> Value {
    let mut tracks = world.tracks().await;
    assert_eq!(tracks.len(), 1);
    tracks.remove(0)
}

#[tokio::test]
async fn a_track_is_kept_running_as_long_as_the_session_is_there_and_no_longer() {
    let (world, agent) = world_with_agent().await;
    let began = agent
        .call("clock_in", json!({ "task": "Write docs", "lease": 1 }))
        .await;
    assert_eq!(only(&world).await["lease"], 1);
    let first = only(&world).await["start"].as_i64().unwrap();
    // Three times as long as it would run by itself.
    eventually("kept running", async || {
        let track = only(&world).await;
        assert_eq!(track["end"], Value::Null, "{track}");
        track["leaseExpiresAt"].as_i64().unwrap() > first + 4000
    })
    .await;
    agent.leave().await;
    eventually("ended", async || only(&world).await["endedBy"] == "lease").await;
    let track = only(&world).await;
    assert_eq!(track["id"], began["track"]["id"]);
    assert!(track["amount"].as_i64().unwrap() >= 2000, "{track}");
}

#[tokio::test]
async fn the_last_sign_of_life_is_the_end_of_the_session_and_another_session_goes_on_with_the_track()
 {
    let world = World::start().await;
    let home = agents_home(&world, &world.server().base);
    let expiry = async || only(&world).await["leaseExpiresAt"].as_i64().unwrap();
    let arguments = json!({ "task": "Write docs", "lease": 3600 });
    let agent = Agent::at(&home).await;
    let began = agent.call("clock_in", arguments.clone()).await;
    // The next regular one is twenty minutes away.
    let first = expiry().await;
    agent.leave().await;
    assert!(expiry().await > first);
    let again = Agent::at(&home).await.call("clock_in", arguments).await;
    assert_eq!(again["track"]["id"], began["track"]["id"]);
}

#[tokio::test]
async fn a_track_has_a_lease_of_five_minutes_unless_another_or_none_is_asked_for() {
    let (world, agent) = world_with_agent().await;
    let began = agent.call("clock_in", json!({ "task": "a" })).await;
    assert!(began["track"]["leaseExpiresAt"].is_string());
    agent
        .call("clock_in", json!({ "task": "b", "lease": 0 }))
        .await;
    let leases: Vec<_> = world
        .tracks()
        .await
        .iter()
        .map(|track| track["lease"].clone())
        .collect();
    assert_eq!(leases, [json!(300), Value::Null]);
}

#[tokio::test]
async fn what_was_clocked_out_or_deleted_is_let_go() {
    let world = World::start().await;
    let mut host = Host::at(&agents_home(&world, &world.server().base), &["mcp"]);
    host.shake_hands();
    let begin = |id, task| call(id, "clock_in", json!({ "task": task, "lease": 1 }));
    host.ask(&begin(2, "a"));
    host.ask(&call(3, "clock_out", json!({})));
    let began = host.ask(&begin(4, "b"));
    let track = &began["result"]["structuredContent"]["track"]["id"];
    host.ask(&call(5, "delete_track", json!({ "track": track })));
    host.ask(&begin(6, "c"));
    let expiry = async || {
        let last = world.tracks().await.pop().unwrap();
        last["leaseExpiresAt"].as_i64().unwrap_or_default()
    };
    let first = expiry().await;
    // By then there were signs of life for the others too, if there were any.
    eventually("kept running", async || expiry().await > first + 2000).await;
    // One for a track that does not run is refused, and that is said.
    assert_eq!(host.leave(), (Some(0), String::new()));
}

#[tokio::test]
async fn a_track_that_ended_by_itself_is_explained_and_put_right() {
    let (world, agent) = world_with_agent().await;
    agent
        .call("clock_in", json!({ "task": "a", "lease": 1 }))
        .await;
    agent.leave().await;
    eventually("ended", async || only(&world).await["endedBy"] == "lease").await;
    let home = agents_home(&world, &world.server().base);
    let agent = Agent::at(&home).await;
    let failed = agent.failure("clock_out", json!({})).await;
    assert!(
        failed.contains("`log`") && failed.contains("`edit_track`"),
        "{failed}"
    );
    let log = agent.call("log", json!({})).await;
    assert_eq!(log["tracks"][0]["endedBy"], "lease");
    let change = json!({ "track": log["tracks"][0]["id"], "end": "now" });
    let changed = agent.call("edit_track", change).await;
    assert!(changed["track"].get("endedBy").is_none());
}

#[tokio::test]
async fn calls_at_the_same_time_are_all_answered() {
    let (world, agent) = world_with_agent().await;
    let clock_in = |task: &str| agent.call("clock_in", json!({ "task": task }));
    let (first, _, second, log, third, _) = tokio::join!(
        clock_in("a"),
        agent.call("status", json!({})),
        clock_in("b"),
        agent.call("log", json!({})),
        clock_in("a"),
        agent.call("list_tasks", json!({})),
    );
    assert_eq!(first["track"]["id"], third["track"]["id"]);
    assert_ne!(first["track"]["id"], second["track"]["id"]);
    assert!(log["tracks"].is_array());
    assert_eq!(world.tracks().await.len(), 2);
}

#[tokio::test]
async fn a_question_that_is_given_up_is_stopped_and_the_session_goes_on() {
    let world = World::start().await;
    let wired = Wired::to(&world.address());
    let agent = Agent::with(
        &agents_home(&world, &wired.url),
        &["mcp", "--timeout", "3600"],
    )
    .await;
    wired.set(Cable::Hangs);
    let status = agent.call("status", json!({}));
    // Whoever stops waiting says so to the server: notifications/cancelled.
    tokio::select! {
        answer = status => panic!("{answer}"),
        () = eventually("asked", async || wired.hung.load(Ordering::SeqCst) == 1) => {}
    }
    eventually("given up", async || {
        wired.given_up.load(Ordering::SeqCst) == 1
    })
    .await;
    wired.set(Cable::Whole);
    let began = agent.call("clock_in", json!({ "task": "a" })).await;
    assert_eq!(only(&world).await["id"], began["track"]["id"]);
}

#[tokio::test]
async fn who_logs_in_while_the_host_runs_needs_no_other_session() {
    let world = World::start().await;
    let home = Home::new();
    let agent = Agent::at(&home).await;
    let failed = agent.failure("clock_in", json!({ "task": "a" })).await;
    assert!(
        failed.contains("timetracks login") && failed.contains("TIMETRACKS_API_KEY"),
        "{failed}"
    );
    home.log_in(&world.server().base, "ada");
    let began = agent.call("clock_in", json!({ "task": "a" })).await;
    assert_eq!(began["track"]["kind"], "human");
}

#[tokio::test]
async fn a_key_that_may_only_track_clocks_in_and_out() {
    let world = World::start().await;
    let home = Home::with_key(&world.server().base, &world.key(&["track"]).await);
    let agent = Agent::at(&home).await;
    let began = agent
        .call("clock_in", json!({ "task": "Write docs" }))
        .await;
    assert_eq!(began["track"]["task"], began["track"]["taskId"]);
    let failed = agent.failure("status", json!({})).await;
    assert!(failed.contains("read"), "{failed}");
    let out = agent
        .call("clock_out", json!({ "task": "Write docs" }))
        .await;
    assert!(out["track"]["end"].is_string());
    let task = json_of(world.server().get("/tasks", &world.token), 200).await[0].clone();
    assert_eq!(task["name"], "Write docs");
}
