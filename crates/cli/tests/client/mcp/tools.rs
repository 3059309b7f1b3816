//! What the tools are, and what each does.

use serde_json::{Value, json};

use super::world_with_agent;
use crate::server::json_of;

#[tokio::test]
async fn tools_are_described_with_valid_schemas_and_true_hints() {
    let (_world, agent) = world_with_agent().await;
    // Whether it only reads, destroys, may be repeated.
    let hints = [
        ("clock_in", false, false, true),
        ("clock_out", false, false, false),
        ("status", true, false, true),
        ("list_tasks", true, false, true),
        ("list_projects", true, false, true),
        ("log", true, false, true),
        ("report", true, false, true),
        ("add_track", false, false, false),
        ("edit_track", false, true, false),
        ("delete_track", false, true, true),
    ];
    let names: Vec<_> = agent.tools.iter().map(|tool| tool.name.as_ref()).collect();
    assert_eq!(names, hints.map(|(name, ..)| name));
    for (tool, (name, reads, destroys, repeats)) in agent.tools.iter().zip(hints) {
        let said = tool.annotations.as_ref().unwrap();
        assert_eq!(said.read_only_hint, Some(reads), "{name}");
        assert_eq!(said.destructive_hint, Some(destroys), "{name}");
        assert_eq!(said.idempotent_hint, Some(repeats), "{name}");
        assert_eq!(said.open_world_hint, Some(false), "{name}");
        assert!(tool.description.as_ref().unwrap().len() > 40, "{name}");
        assert!(tool.title.is_some(), "{name}");
        let input = Value::Object(tool.input_schema.as_ref().clone());
        let output = Value::Object(tool.output_schema.as_ref().unwrap().as_ref().clone());
        for schema in [&input, &output] {
            assert!(jsonschema::meta::is_valid(schema), "{name}: {schema}");
            assert_eq!(schema["type"], "object", "{name}");
            assert!(!schema.to_string().contains("$ref"), "{name}");
            for (property, about) in schema["properties"].as_object().into_iter().flatten() {
                let about = about["description"].as_str().unwrap_or_default();
                assert!(
                    about.len() > 8 || property == "id" || property == "name",
                    "{name}: {property}"
                );
            }
        }
        assert!(
            jsonschema::is_valid(&input, &input["examples"][0]),
            "{name}"
        );
        assert!(
            !jsonschema::is_valid(&input, &json!({ "nonsense": 1 })),
            "{name}"
        );
    }
}

#[tokio::test]
async fn the_server_says_what_it_is_and_how_it_is_used() {
    let (_world, agent) = world_with_agent().await;
    let info = agent.client.peer_info().unwrap();
    let about = info.server_info.as_ref().unwrap();
    assert_eq!(about.name, "timetracks");
    assert_eq!(about.version, env!("CARGO_PKG_VERSION"));
    assert!(info.instructions.as_ref().unwrap().contains("clock_in"));
    assert!(info.capabilities.tools.is_some());
}

#[tokio::test]
async fn a_day_of_an_agent() {
    let (world, agent) = world_with_agent().await;
    let began = json!({ "task": "JIRA-492", "note": "Look for it", "meta": { "session": "s1" } });
    let began = agent.call("clock_in", began).await;
    assert_eq!(began["track"]["task"], "JIRA-492");
    assert_eq!(began["track"]["kind"], "agent");
    assert_eq!(began["track"]["end"], Value::Null);
    let id = &began["track"]["id"];
    // Again, it is the same track.
    let again = agent.call("clock_in", json!({ "task": "jira-492" })).await;
    assert_eq!(&again["track"]["id"], id);
    let status = agent.call("status", json!({})).await;
    assert_eq!(&status["running"][0]["id"], id);
    assert_eq!(status["running"].as_array().unwrap().len(), 1);
    let out = json!({ "note": "Found it", "meta": { "commit": "5f3c2a1" } });
    let out = agent.call("clock_out", out).await;
    assert_eq!(&out["track"]["id"], id);
    assert_eq!(out["track"]["note"], "Found it");
    assert_eq!(
        out["track"]["meta"],
        json!({ "session": "s1", "commit": "5f3c2a1" })
    );
    assert!(out["track"]["end"].is_string() && out["track"].get("endedBy").is_none());
    let status = agent.call("status", json!({})).await;
    assert_eq!(
        (&status["running"], &status["waiting"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(world.tracks().await.len(), 1);
}

#[tokio::test]
async fn stretches_are_booked_changed_and_deleted_in_the_local_time_zone() {
    let (world, agent) = world_with_agent().await;
    let booked = json!({
        "task": "Write docs", "start": "2026-07-01T09:00", "end": "2026-07-01 10:30", "note": "Leases", "meta": { "n": 1 },
    });
    let booked = agent.call("add_track", booked).await["track"].clone();
    assert_eq!(booked["start"], "2026-07-01T09:00:00+02:00");
    assert_eq!(
        (&booked["seconds"], &booked["duration"]),
        (&json!(5400), &json!("1h 30m 0s"))
    );
    assert_eq!(
        world.tracks().await[0]["startTime"],
        "2026-07-01T07:00:00.000Z"
    );
    let change =
        json!({ "track": booked["id"], "end": "11:00", "note": "", "meta": { "n": null, "m": 2 } });
    let changed = agent.call("edit_track", change).await["track"].clone();
    assert_eq!(changed["end"], "2026-07-01T11:00:00+02:00");
    assert!(changed.get("note").is_none());
    assert_eq!(changed["meta"], json!({ "m": 2 }));
    let days = json!({ "from": "2026-07-01", "to": "2026-07-01" });
    let log = agent.call("log", days.clone()).await;
    assert_eq!(
        (&log["seconds"], &log["tracks"][0]),
        (&json!(7200), &changed)
    );
    let gone = agent
        .call("delete_track", json!({ "track": booked["id"] }))
        .await;
    assert_eq!(gone["track"], changed);
    assert!(world.tracks().await.is_empty());
    assert_eq!(agent.call("log", days).await["tracks"], json!([]));
    let failed = agent
        .failure("delete_track", json!({ "track": booked["id"] }))
        .await;
    assert!(
        failed.contains("no track of yours") && failed.contains("`log`"),
        "{failed}"
    );
}

#[tokio::test]
async fn tasks_and_projects_are_there_to_choose_from() {
    let (world, agent) = world_with_agent().await;
    let server = world.server();
    let shop = json!({ "name": "Shop", "externalId": "SHOP" });
    let shop = json_of(server.post("/projects", &world.token, &shop), 201).await;
    let path = format!("/projects/{}/tasks", shop["id"].as_str().unwrap());
    json_of(
        server.post(&path, &world.token, &json!({ "name": "Checkout" })),
        201,
    )
    .await;
    for task in [
        json!({ "name": "Write docs" }),
        json!({ "name": "x", "externalId": "DOCS-1" }),
    ] {
        json_of(server.post("/tasks", &world.token, &task), 201).await;
    }
    let projects = agent.call("list_projects", json!({})).await;
    assert_eq!(
        projects["projects"],
        json!([{ "id": shop["id"], "name": "Shop", "externalId": "SHOP" }])
    );
    let names = |answer: &Value| -> Vec<String> {
        let tasks = answer["tasks"].as_array().unwrap().iter();
        tasks
            .map(|task| task["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = agent.call("list_tasks", json!({})).await;
    assert_eq!(names(&all), ["x", "Write docs", "Checkout"]);
    assert_eq!(all["more"], 0);
    let found = agent.call("list_tasks", json!({ "search": "docs" })).await;
    assert_eq!(names(&found), ["x", "Write docs"]);
    let of_shop = agent.call("list_tasks", json!({ "project": "sho" })).await;
    assert_eq!(names(&of_shop), ["Checkout"]);
    assert_eq!(of_shop["tasks"][0]["projectId"], shop["id"]);
    let failed = agent
        .failure("list_tasks", json!({ "project": "none" }))
        .await;
    assert!(
        failed.contains("no project fits \"none\"") && failed.contains("`list_projects`"),
        "{failed}"
    );
}

#[tokio::test]
async fn reports_are_by_project_task_user_and_kind() {
    let (world, agent) = world_with_agent().await;
    let ada = world.ada();
    ada.json(&["add", "Write docs", "8:00-9:00", "--date", "2026-07-01"]);
    let booked =
        json!({ "task": "Review", "start": "2026-07-01T10:00", "end": "2026-07-01T10:30" });
    agent.call("add_track", booked).await;
    let report = async |more: Value| {
        let mut arguments = json!({ "from": "2026-07-01", "to": "2026-07-12" });
        arguments
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        agent.call("report", arguments).await
    };
    let row = |name: &str, seconds: i64, duration: &str| json!({ "name": name, "seconds": seconds, "duration": duration });
    let by_task = report(json!({ "by": "task" })).await;
    let rows = json!([
        row("Write docs", 3600, "1h 0m 0s"),
        row("Review", 1800, "0h 30m 0s")
    ]);
    assert_eq!(by_task["rows"], rows);
    let kinds = json!([
        row("human", 3600, "1h 0m 0s"),
        row("agent", 1800, "0h 30m 0s")
    ]);
    assert_eq!(by_task["kinds"], kinds);
    assert_eq!(
        (&by_task["seconds"], &by_task["duration"]),
        (&json!(5400), &json!("1h 30m 0s"))
    );
    let by_kind = report(json!({ "by": "kind" })).await;
    assert_eq!(by_kind["rows"], kinds);
    let by_project = report(json!({})).await;
    assert_eq!(
        by_project["rows"],
        json!([row("(no project)", 5400, "1h 30m 0s")])
    );
    let by_user = report(json!({ "by": "user" })).await;
    assert_eq!(
        (&by_user["rows"][0]["seconds"], &by_user["kinds"]),
        (&json!(5400), &kinds)
    );
    let agents = report(json!({ "kind": "agent" })).await;
    assert_eq!(agents["seconds"], 1800);
    let log = agent
        .call(
            "log",
            json!({ "from": "2026-07-01", "to": "2026-07-01", "kind": "agent" }),
        )
        .await;
    assert_eq!(log["tracks"].as_array().unwrap().len(), 1);
    let failed = agent.failure("report", json!({ "user": "nobody" })).await;
    assert!(failed.contains("no user fits \"nobody\""), "{failed}");
}
