//! What a model is told when it asks for what cannot be.

use serde_json::json;

use super::world_with_agent;
use crate::server::json_of;

#[tokio::test]
async fn ambiguous_names_list_the_candidates() {
    let (world, agent) = world_with_agent().await;
    for task in ["Write docs", "Write tests"] {
        agent.call("clock_in", json!({ "task": task })).await;
    }
    for arguments in [json!({}), json!({ "task": "write" })] {
        let failed = agent.failure("clock_out", arguments).await;
        assert!(
            failed.contains("Write docs") && failed.contains("Write tests"),
            "{failed}"
        );
        assert_eq!(failed.lines().count(), 3, "{failed}");
    }
    let failed = agent.failure("clock_out", json!({ "task": "Lunch" })).await;
    assert!(
        failed.contains("not clocked in on \"Lunch\"") && failed.contains("`status`"),
        "{failed}"
    );
    for _ in 0..2 {
        let body = json!({ "name": "Deploy" });
        json_of(world.server().post("/tasks", &world.token, &body), 201).await;
    }
    let book = json!({ "task": "Deploy", "start": "9:00", "end": "9:30" });
    let failed = agent.failure("add_track", book).await;
    assert!(failed.contains("several tasks fit"), "{failed}");
    let task = agent
        .call("list_tasks", json!({ "search": "deploy" }))
        .await["tasks"][1]
        .clone();
    let began = agent.call("clock_in", json!({ "task": task["id"] })).await;
    assert_eq!(began["track"]["taskId"], task["id"]);
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_all_named_and_nothing_is_done() {
    let (world, agent) = world_with_agent().await;
    for (tool, arguments, named) in [
        ("clock_in", json!({}), vec!["`task`: is required"]),
        (
            "clock_in",
            json!({ "task": "", "at": "noon", "lease": 86_401, "note": 5, "meta": [], "project": "Shop" }),
            vec![
                "`task`",
                "`at`",
                "`lease`",
                "`note`",
                "`meta`",
                "`project` is no argument",
            ],
        ),
        ("clock_out", json!({ "at": "25:00" }), vec!["`at`", "25:00"]),
        (
            "log",
            json!({ "from": "someday", "kind": "cat" }),
            vec!["`from`", "`kind`", "human, ci, agent"],
        ),
        (
            "log",
            json!({ "from": "2026-07-02", "to": "2026-07-01" }),
            vec!["lies before", "`from`"],
        ),
        (
            "report",
            json!({ "by": "year" }),
            vec!["`by`", "project, task, user, kind"],
        ),
        (
            "report",
            json!({ "by": "user", "user": "ada" }),
            vec!["`user`"],
        ),
        (
            "add_track",
            json!({ "task": "a" }),
            vec!["`start`", "`end`"],
        ),
        (
            "add_track",
            json!({ "task": "a", "start": "10:00", "end": "9:00" }),
            vec!["end"],
        ),
        (
            "edit_track",
            json!({ "track": "last", "end": "soon" }),
            vec!["`track`", "`end`"],
        ),
        ("delete_track", json!({ "track": "last" }), vec!["`track`"]),
    ] {
        let failed = agent.failure(tool, arguments.clone()).await;
        for name in named {
            assert!(failed.contains(name), "{tool} {arguments}: {failed}");
        }
    }
    assert!(world.tracks().await.is_empty());
    let unknown = agent
        .try_call("fly", json!({}))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        unknown.contains("-32602") && unknown.contains("fly"),
        "{unknown}"
    );
}
