//! Clocking in and out, and what was booked.

use serde_json::{Value, json};

use crate::support::World;

#[tokio::test]
async fn in_out_status_and_switch_speak_of_tasks_by_name() {
    let world = World::start().await;
    let home = world.ada();
    let track = home.json(&["in", "Write docs"]);
    assert_eq!(track["end"], Value::Null);
    let again = home.json(&["in", "write DOCS"]);
    assert_eq!(
        again["id"], track["id"],
        "who is clocked in already stays so"
    );
    assert!(home.run(&["status"]).well().contains("Write docs"));
    let switched = home.json(&["switch", "JIRA-492"]);
    assert_eq!(switched[0]["id"], track["id"]);
    assert_eq!(switched[0]["end"], switched[1]["start"], "no gap");
    let running = home.json(&["status"]);
    assert_eq!(running.as_array().unwrap().len(), 1);
    assert_eq!(running[0]["id"], switched[1]["id"]);
    let out = home.json(&["out"]);
    assert_eq!(out["id"], switched[1]["id"]);
    assert_eq!(home.json(&["status"]), json!([]));
    assert!(home.run(&["out"]).failed(1).contains("not clocked in"));
    assert_eq!(world.task_names().await, ["Write docs", "JIRA-492"]);
    let tasks = home.json(&["tasks"]);
    assert_eq!(tasks[1]["externalId"], "JIRA-492");
    home.json(&["switch", "Write docs"]);
    assert_eq!(home.json(&["status"]).as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_part_of_the_name_is_enough_to_leave_and_several_are_listed() {
    let world = World::start().await;
    let home = world.ada();
    home.json(&["in", "Write docs"]);
    home.json(&["in", "Write tests"]);
    for arguments in [&["out"][..], &["out", "write"], &["switch", "Review"]] {
        let said = home.run(arguments).failed(4);
        assert!(
            said.contains("Write docs") && said.contains("Write tests"),
            "{said}"
        );
    }
    assert!(home.run(&["out", "Review"]).failed(1).contains("Review"));
    let left = home.json(&["switch", "Review", "--from", "docs"]);
    assert!(left[0]["end"].is_i64() && left[1]["end"].is_null());
    home.json(&["out", "tests"]);
    home.json(&["out"]);
    assert_eq!(home.json(&["status"]), json!([]));
}

#[tokio::test]
async fn hindsight_is_said_in_local_time() {
    let world = World::start().await;
    let home = world.ada();
    let track = home.json(&["in", "Write docs", "--at", "2026-03-01 9:00"]);
    assert_eq!(track["startTime"], "2026-03-01T08:00:00.000Z");
    let track = home.json(&["out", "--at", "2026-03-01 10:35"]);
    assert_eq!(track["timeFormatted"], "1h 35m 0s");
    assert!(
        home.run(&["in", "Write docs", "--at", "tomorrow"])
            .failed(2)
            .contains("tomorrow")
    );
}

#[tokio::test]
async fn stretches_are_added_changed_and_deleted() {
    let world = World::start().await;
    let home = world.ada();
    let track = home.json(&["add", "Write docs", "9:00-10:30", "--date", "2026-07-01"]);
    assert_eq!(track["startTime"], "2026-07-01T07:00:00.000Z");
    assert_eq!(track["timeFormatted"], "1h 30m 0s");
    let id = track["id"].as_str().unwrap();
    let tail = &id[20..];
    assert_eq!(
        home.json(&["edit", tail, "--end", "11:00"])["timeFormatted"],
        "2h 0m 0s"
    );
    assert_eq!(
        home.json(&["edit", id, "--start", "10:00"])["timeFormatted"],
        "1h 0m 0s"
    );
    assert_eq!(
        home.json(&["edit", "last", "--end", "running"])["end"],
        Value::Null
    );
    home.run(&["edit", "last"]).failed(2);
    home.run(&["edit", "zzzzzz", "--end", "11:00"]).failed(1);
    home.run(&["rm", "zz"]).failed(2);
    home.run(&["add", "Write docs", "9:00"]).failed(2);
    let said = home.run(&["rm", tail]).well();
    assert!(said.starts_with("deleted Wed 2026-07-01 10:00"), "{said}");
    assert!(world.tracks().await.is_empty());
    let night = home.json(&["add", "JIRA-7", "23:30-0:30", "--date", "2026-07-01"]);
    assert_eq!(night["amount"], 3_600_000);
    assert_eq!(home.json(&["tasks"])[1]["externalId"], "JIRA-7");
}

#[tokio::test]
async fn a_key_that_may_only_track_clocks_in_and_out_by_name() {
    let world = World::start().await;
    let key = world.key(&["track"]).await;
    let home = crate::support::Home::with_key(&world.server().base, &key);
    home.json(&["in", "nightly build"]);
    home.json(&["in", "JIRA-492"]);
    assert!(home.run(&["out"]).failed(2).contains("say the task"));
    home.json(&["out", "nightly build"]);
    home.json(&["out", "JIRA-492"]);
    assert_eq!(world.task_names().await, ["nightly build", "JIRA-492"]);
}
