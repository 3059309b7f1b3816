//! Rows 20 to 23 and 57.

use serde_json::json;
use timetracks_testkit::TestServer;

#[tokio::test]
async fn a_project_is_created_read_changed_and_deleted() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "name": " Shop ", "description": "Vue", "externalId": "JIRA-102" });
    let created = ada.post("/projects", &body).await;
    let location = created.header("location").to_owned();
    let project = created.expect(201);
    assert_eq!(project["name"], "Shop");
    assert_eq!(project["createdAt"], "2026-11-24T09:00:00.000Z");
    assert_eq!(ada.get(&location).await.expect(200), project);

    server.clock.advance(1_000);
    let change = json!({ "description": null });
    let changed = ada.patch(&location, &change).await.expect(200);
    assert_eq!(changed["description"], json!(null));
    assert_eq!(changed["name"], "Shop");
    assert_eq!(changed["updatedAt"], "2026-11-24T09:00:01.000Z");

    ada.delete(&location).await.expect(200);
    ada.get(&location).await.problem(404, "not-found");
}

#[tokio::test]
async fn every_broken_member_is_named_at_once() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "name": "a\u{0}b", "description": 5, "externalId": "" });
    let pointers = ada.post("/projects", &body).await.invalid();
    assert_eq!(pointers, ["/name", "/description", "/externalId"]);
}
