//! Rows 20 to 23 and 57.

use serde_json::json;
use timetracks_testkit::TestServer;

use crate::work::{book, each, id, own_id, project, task_in};

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

#[tokio::test]
async fn a_project_has_the_fields_of_the_contract() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "name": "Shop", "description": null, "id": "mine", "userId": "mine" });
    let shop = ada.post("/projects", &body).await.expect(201);
    assert_ne!(shop["id"], "mine");
    assert_eq!(
        shop,
        json!({
            "id": shop["id"],
            "userId": own_id(&ada).await,
            "name": "Shop",
            "description": null,
            "externalId": null,
            "createdAt": "2026-11-24T09:00:00.000Z",
            "updatedAt": "2026-11-24T09:00:00.000Z",
        })
    );
}

#[tokio::test]
async fn projects_are_listed_oldest_first_to_everyone_in_the_organisation() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    assert_eq!(bob.get("/projects").await.expect(200), json!([]));
    for name in ["Shop", "Bank"] {
        server.clock.advance(1);
        project(&ada, name).await;
    }
    project(&server.sign_up("mal").await, "mal's").await;
    for client in [&ada, &bob] {
        let list = client.get("/projects").await.expect(200);
        assert_eq!(each(&list, "name"), ["Shop", "Bank"]);
    }
    let page = bob.get("/projects?limit=1").await;
    assert!(page.header("link").contains("rel=\"next\""));
    assert_eq!(each(&page.expect(200), "name"), ["Shop"]);
    let whole = bob.get("/projects?limit=2").await;
    assert_eq!(whole.header("link"), "");
    for limit in ["0", "1001", "many"] {
        let pointers = bob.get(&format!("/projects?limit={limit}")).await.invalid();
        assert_eq!(pointers, ["/limit"], "{limit}");
    }
}

#[tokio::test]
async fn an_external_id_of_a_project_is_unique_in_the_organisation() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let body = json!({ "name": "Shop", "externalId": "JIRA-102" });
    let holder = id(&ada.post("/projects", &body).await.expect(201));
    let holder = format!("/projects/{holder}");
    let other = format!("/projects/{}", project(&ada, "Bank").await);
    let taken = "external-id-taken";
    ada.post("/projects", &body).await.problem(409, taken);
    ada.put(&other, &body).await.problem(409, taken);
    assert_eq!(ada.get(&other).await.expect(200)["name"], "Bank");
    ada.put(&holder, &body).await.expect(200);
    let mal = server.sign_up("mal").await;
    mal.post("/projects", &body).await.expect(201);

    let change = json!({ "externalId": null });
    ada.put(&holder, &change).await.expect(200);
    ada.put(&other, &body).await.expect(200);
}

#[tokio::test]
async fn a_change_of_a_project_names_every_broken_member_and_changes_nothing() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = format!("/projects/{}", project(&ada, "Shop").await);
    let before = ada.get(&path).await.expect(200);
    let broken = json!({ "name": null, "description": 1, "externalId": "" });
    let pointers = ada.put(&path, &broken).await.invalid();
    assert_eq!(pointers, ["/name", "/description", "/externalId"]);
    ada.patch(&path, &json!({})).await.invalid();
    assert_eq!(ada.get(&path).await.expect(200), before);
}

#[tokio::test]
async fn members_change_every_project_and_delete_their_own() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let eve = server.add_user(&ada, "eve", "member").await;
    let of_bob = format!("/projects/{}", project(&bob, "bob's").await);
    let second_of_bob = format!("/projects/{}", project(&bob, "bob's too").await);
    let change = json!({ "description": "eve was here" });
    let changed = eve.put(&of_bob, &change).await.expect(200);
    assert_eq!(changed["userId"], own_id(&bob).await);

    eve.delete(&of_bob).await.problem(403, "forbidden");
    bob.get(&of_bob).await.expect(200);
    let answer = bob.delete(&of_bob).await.expect(200);
    assert!(answer["message"].is_string());
    ada.delete(&second_of_bob).await.expect(200);
    let list = ada.get("/projects").await.expect(200);
    assert_eq!(list, json!([]));
}

#[tokio::test]
async fn the_tasks_of_a_deleted_project_become_standalone_and_keep_their_time() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (shop, bank) = (project(&ada, "Shop").await, project(&ada, "Bank").await);
    let basket = task_in(&ada, &shop, "Basket").await;
    let loan = task_in(&ada, &bank, "Loan").await;
    let track = book(&ada, &basket, 0, 1).await;
    ada.delete(&format!("/projects/{shop}")).await.expect(200);
    let task = ada.get(&format!("/tasks/{basket}")).await.expect(200);
    assert_eq!(task["projectId"], json!(null));
    let tracks = ada.get(&format!("/tasks/{basket}/tracks")).await;
    assert_eq!(tracks.expect(200), json!([track]));
    let other = ada.get(&format!("/tasks/{loan}")).await.expect(200);
    assert_eq!(other["projectId"], json!(bank));
}

#[tokio::test]
async fn a_project_of_another_organisation_an_unknown_and_a_malformed_id_answer_alike() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let shop = project(&ada, "Shop").await;
    let mal = server.sign_up("mal").await;
    let gone = project(&mal, "Gone").await;
    mal.delete(&format!("/projects/{gone}")).await.expect(200);
    let mut answers = Vec::new();
    for nothing in [shop.as_str(), gone.as_str(), "no%20id", "%00"] {
        let path = format!("/projects/{nothing}");
        let change = json!({ "name": "Mine" });
        for answer in [
            mal.get(&path).await,
            mal.put(&path, &change).await,
            mal.patch(&path, &change).await,
            mal.delete(&path).await,
        ] {
            let mut problem = answer.problem(404, "not-found");
            problem["instance"] = json!(null);
            answers.push(problem);
        }
    }
    // Not even text, so this is no id: that it is not found is enough.
    mal.get("/projects/%FF").await.problem(404, "not-found");
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
    let kept = ada.get(&format!("/projects/{shop}")).await.expect(200);
    assert_eq!(kept["name"], "Shop");
}

#[tokio::test]
async fn projects_need_a_credential() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = format!("/projects/{}", project(&ada, "Shop").await);
    let (anonymous, body) = (server.anonymous(), json!({ "name": "Mine" }));
    for answer in [
        anonymous.get("/projects").await,
        anonymous.post("/projects", &body).await,
        anonymous.get(&path).await,
        anonymous.put(&path, &body).await,
        anonymous.patch(&path, &body).await,
        anonymous.delete(&path).await,
    ] {
        answer.problem(401, "unauthorized");
    }
    let list = ada.get("/projects").await.expect(200);
    assert_eq!(each(&list, "name"), ["Shop"]);
}
