//! Rows 36, 37 and 58: clocking in and out by a task's name or external id.

use reqwest::Method;
use serde_json::{Value, json};
use timetracks_testkit::TestServer;

use crate::support::make_key;
use crate::tracking::{
    MINUTE, id, ids, make, make_project, make_task, make_task_in, my_id, refuses_strangers, text,
};

#[tokio::test]
async fn the_first_clock_in_by_name_makes_the_task_and_the_next_one_finds_it() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let path = "/tasks/by-name/Write%20docs/clock-in";

    let track = bob.post_empty(path).await.expect(201);
    let tasks = ada.get("/tasks").await.expect(200);
    assert_eq!(ids(&tasks), [text(&track, "taskId")]);
    assert_eq!(tasks[0]["name"], "Write docs");
    assert_eq!(tasks[0]["userId"], my_id(&bob).await);
    assert_eq!(tasks[0]["status"], "open");
    assert_eq!(tasks[0]["projectId"], json!(null));
    assert_eq!(tasks[0]["externalId"], json!(null));

    assert_eq!(bob.post_empty(path).await.expect(200), track);
    let other = ada.post_empty(path).await.expect(201);
    assert_eq!(other["taskId"], track["taskId"]);
}

#[tokio::test]
async fn a_name_is_exact_after_trimming_and_may_hold_anything_that_can_be_encoded() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for (segment, name) in [
        ("Docs", "Docs"),
        ("docs", "docs"),
        ("Docs%2Fapi", "Docs/api"),
        ("%E2%98%95%20%26%20100%25", "☕ & 100%"),
        ("a+b", "a+b"),
        ("..%2F..", "../.."),
    ] {
        let path = format!("/tasks/by-name/{segment}/clock-in");
        let task = text(&ada.post_empty(&path).await.expect(201), "taskId");
        let task = ada.get(&format!("/tasks/{task}")).await.expect(200);
        assert_eq!(task["name"], name);
    }
    let padded = ada.post_empty("/tasks/by-name/%20Docs%20/clock-in").await;
    padded.expect(200);
    let tasks = ada.get("/tasks").await.expect(200);
    assert_eq!(ids(&tasks).len(), 6);
}

#[tokio::test]
async fn a_name_finds_tasks_in_projects_too() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let project = make_project(&ada, "Shop").await;
    let task = make_task_in(&ada, &project, "Docs").await;
    let track = ada.post_empty("/tasks/by-name/Docs/clock-in").await;
    assert_eq!(track.expect(201)["taskId"], task);
}

#[tokio::test]
async fn among_several_tasks_of_a_name_the_own_one_wins() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let cy = server.add_user(&ada, "cy", "member").await;
    let path = "/tasks/by-name/Docs/clock-in";
    let (adas, bobs) = (make_task(&ada, "Docs").await, make_task(&bob, "Docs").await);
    make_task(&ada, "docs").await;

    assert_eq!(bob.post_empty(path).await.expect(201)["taskId"], bobs);
    assert_eq!(ada.post_empty(path).await.expect(201)["taskId"], adas);

    let problem = cy.post_empty(path).await.problem(409, "ambiguous-task");
    assert_eq!(ids(&problem["candidates"]), [adas.clone(), bobs.clone()]);

    assert_eq!(cy.get("/tracks").await.expect(200), json!([]));

    // Two own ones are as ambiguous as none.
    let second = make_task(&bob, "Docs").await;
    bob.post_empty("/tasks/by-name/Docs/clock-out")
        .await
        .expect(200);
    let problem = bob.post_empty(path).await.problem(409, "ambiguous-task");
    assert_eq!(ids(&problem["candidates"]), [bobs, second, adas]);
}

#[tokio::test]
async fn whoever_only_clocks_in_sees_a_few_candidates_and_little_of_them() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "name": "Docs", "description": "🤫".repeat(10_000) });
    for _ in 0..12 {
        ada.post("/tasks", &body).await.expect(201);
    }
    let key = make_key(&ada, &json!({ "name": "ci", "scopes": ["track"] })).await;
    let tracker = server.anonymous().with_key(&text(&key, "apiKey"));
    let path = "/tasks/by-name/Docs/clock-in";
    let problem = tracker.post_empty(path).await;
    let problem = problem.problem(409, "ambiguous-task");
    let candidates = problem["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), 10);
    for candidate in candidates {
        let members: Vec<_> = candidate.as_object().unwrap().keys().collect();
        let few = ["id", "name", "status", "projectId", "externalId"];
        assert_eq!(members, few);
    }
    for task in ids(&problem["candidates"]) {
        let path = format!("/tasks/{task}/clock-in");
        tracker.post_empty(&path).await.expect(201);
    }
    let out = tracker.post_empty("/tasks/by-name/Docs/clock-out").await;
    let problem = out.problem(409, "ambiguous-task");
    assert_eq!(ids(&problem["candidates"]).len(), 10);
}

#[tokio::test]
async fn clocking_out_by_name_ends_what_runs_and_never_makes_a_task() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let path = "/tasks/by-name/Docs/clock-out";
    ada.post_empty(path).await.problem(404, "not-found");
    assert_eq!(ada.get("/tasks").await.expect(200), json!([]));

    let (own, bobs) = (make_task(&ada, "Docs").await, make_task(&bob, "Docs").await);
    ada.post_empty(path).await.problem(409, "not-running");

    // The one that runs is meant, even when it is somebody else's.
    let clock_in = format!("/tasks/{bobs}/clock-in");
    let running = ada.post_empty(&clock_in).await.expect(201);
    server.clock.advance(MINUTE);
    let ended = ada.post_empty(path).await.expect(200);
    assert_eq!(
        (&ended["id"], &ended["amount"]),
        (&running["id"], &json!(MINUTE))
    );

    // With two running, only the caller can know which one is meant.
    ada.post_empty(&clock_in).await.expect(201);
    ada.post_empty(&format!("/tasks/{own}/clock-in"))
        .await
        .expect(201);
    let problem = ada.post_empty(path).await.problem(409, "ambiguous-task");
    let mut candidates = ids(&problem["candidates"]);
    candidates.sort();
    assert_eq!(candidates, [own, bobs]);
    let running = ada.get("/tracks?running=true").await.expect(200);
    assert_eq!(ids(&running).len(), 2);
}

#[tokio::test]
async fn an_external_id_is_one_segment_and_names_the_task_it_makes() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = "/tasks/by-external-id/owner%2Frepo%2342/clock-in";
    let track = ada.post_empty(path).await.expect(201);
    let task = ada.get("/tasks").await.expect(200)[0].clone();
    assert_eq!(id(&task), text(&track, "taskId"));
    assert_eq!(task["externalId"], "owner/repo#42");
    assert_eq!(task["name"], "owner/repo#42");

    let rename = json!({ "name": "Fix login" });
    let renamed = ada.put(&format!("/tasks/{}", id(&task)), &rename).await;
    renamed.expect(200);
    assert_eq!(ada.post_empty(path).await.expect(200), track);
    let ended = ada.post_empty("/tasks/by-external-id/owner%2Frepo%2342/clock-out");
    assert_eq!(ended.await.expect(200)["id"], track["id"]);
    assert_eq!(ids(&ada.get("/tasks").await.expect(200)).len(), 1);
}

#[tokio::test]
async fn an_external_id_is_exact_and_found_where_it_was_given() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "name": "Fix login", "externalId": "JIRA-492" });
    let task = make(&ada, "/tasks", &body).await;
    let found = ada.post_empty("/tasks/by-external-id/JIRA-492/clock-in");
    assert_eq!(found.await.expect(201)["taskId"], task);
    let other = ada.post_empty("/tasks/by-external-id/jira-492/clock-in");
    assert_ne!(other.await.expect(201)["taskId"], task);
    // A name is no external id.
    let by_name = ada.post_empty("/tasks/by-external-id/Fix%20login/clock-out");
    by_name.await.problem(404, "not-found");

    let longest = "y".repeat(255);
    let path = format!("/tasks/by-external-id/{longest}/clock-in");
    let task = text(&ada.post_empty(&path).await.expect(201), "taskId");
    let task = ada.get(&format!("/tasks/{task}")).await.expect(200);
    assert_eq!(task["externalId"], longest);
}

#[tokio::test]
async fn clocking_out_by_external_id_never_makes_a_task() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = "/tasks/by-external-id/JIRA-1/clock-out";
    ada.post_empty(path).await.problem(404, "not-found");
    assert_eq!(ada.get("/tasks").await.expect(200), json!([]));
    let body = json!({ "name": "Fix login", "externalId": "JIRA-1" });
    make(&ada, "/tasks", &body).await;
    ada.post_empty(path).await.problem(409, "not-running");
}

#[tokio::test]
async fn times_are_checked_as_by_id_and_a_refused_clock_in_makes_no_task() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let now = server.clock.now();
    for handle in ["by-name", "by-external-id"] {
        let path = |operation: &str| format!("/tasks/{handle}/{handle}-1/{operation}");
        let tasks = ada.get("/tasks").await.expect(200);
        let early = json!({ "start": now + MINUTE + 1 });
        let refused = ada.post(&path("clock-in"), &early).await;
        assert_eq!(refused.invalid(), ["/start"]);
        assert_eq!(ada.get("/tasks").await.expect(200), tasks);

        let start = json!({ "start": now - MINUTE });
        let track = ada.post(&path("clock-in"), &start).await.expect(201);
        assert_eq!(ada.post(&path("clock-in"), &start).await.expect(200), track);
        let contradiction = ada.post(&path("clock-in"), &json!({ "start": now })).await;
        let problem = contradiction.problem(409, "already-running");
        assert_eq!(problem["track"], track);

        let end = json!({ "end": now - MINUTE - 1 });
        assert_eq!(ada.post(&path("clock-out"), &end).await.invalid(), ["/end"]);
        let ended = ada.post(&path("clock-out"), &json!({ "end": now })).await;
        assert_eq!(ended.expect(200)["amount"], MINUTE);
    }
}

#[tokio::test]
async fn what_can_be_no_name_or_external_id_is_refused() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (name, external) = ("x".repeat(201), "x".repeat(256));
    for operation in ["clock-in", "clock-out"] {
        for text in ["%20", "a%00b", "a%0Ab", &name] {
            let path = format!("/tasks/by-name/{text}/{operation}");
            assert_eq!(ada.post_empty(&path).await.invalid(), ["/name"]);
        }
        for text in ["a%00b", "a%0Ab", &external] {
            let path = format!("/tasks/by-external-id/{text}/{operation}");
            assert_eq!(ada.post_empty(&path).await.invalid(), ["/externalId"]);
        }
        for handle in ["by-name", "by-external-id"] {
            let path = format!("/tasks/{handle}/%FF/{operation}");
            ada.post_empty(&path).await.problem(404, "not-found");
        }
    }
    assert_eq!(ada.get("/tasks").await.expect(200), json!([]));
}

#[tokio::test]
async fn the_names_and_external_ids_of_other_organisations_are_not_known_here() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let eve = server.sign_up("eve").await;
    let body = json!({ "name": "Docs", "externalId": "Docs" });
    let task = make(&ada, "/tasks", &body).await;
    ada.post_empty(&format!("/tasks/{task}/clock-in"))
        .await
        .expect(201);
    let mut made = Vec::new();
    for handle in ["by-name", "by-external-id"] {
        let path = |operation: &str| format!("/tasks/{handle}/Docs/{operation}");
        eve.post_empty(&path("clock-out"))
            .await
            .problem(404, "not-found");
        made.push(eve.post_empty(&path("clock-in")).await.expect(201)["taskId"].clone());
        // Made by name, it is no task of that external id: the next turn begins with none again.
        eve.delete(&format!(
            "/tasks/{}",
            made[made.len() - 1].as_str().unwrap()
        ))
        .await
        .expect(200);
    }
    assert!(!made.contains(&json!(task)));
    let tracks: Value = ada.get("/tracks").await.expect(200);
    assert_eq!((ids(&tracks).len(), &tracks[0]["end"]), (1, &json!(null)));
}

#[tokio::test]
async fn clocking_by_handle_is_closed_to_strangers() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let mut operations = Vec::new();
    for handle in ["by-name", "by-external-id"] {
        for operation in ["clock-in", "clock-out"] {
            operations.push((Method::POST, format!("/tasks/{handle}/Docs/{operation}")));
        }
    }
    refuses_strangers(&server, &operations).await;
    assert_eq!(ada.get("/tasks").await.expect(200), json!([]));
}
