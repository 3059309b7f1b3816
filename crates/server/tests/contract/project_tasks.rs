//! Rows 24 to 29.

use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use crate::work::{book, clock_in, each, own_id, project, task, task_in};

/// The names of the tasks of a project.
async fn names(client: &Client, project: &str) -> Vec<Value> {
    let path = format!("/projects/{project}/tasks");
    let list = client.get(&path).await.expect(200);
    each(&list, "name").into_iter().cloned().collect()
}

/// The project of a task.
async fn project_of(client: &Client, task: &str) -> Value {
    let path = format!("/tasks/{task}");
    client.get(&path).await.expect(200)["projectId"].clone()
}

#[tokio::test]
async fn a_task_is_created_in_a_project_and_listed_there() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let (shop, bank) = (project(&ada, "Shop").await, project(&ada, "Bank").await);
    task(&ada, "Standalone").await;
    task_in(&ada, &bank, "Loan").await;
    let path = format!("/projects/{shop}/tasks");
    let body = json!({ "name": "Basket", "description": "React", "externalId": "JIRA-492" });
    let created = bob.post(&path, &body).await;
    let location = created.header("location").to_owned();
    let basket = created.expect(201);
    assert_eq!(
        basket,
        json!({
            "id": basket["id"],
            "userId": own_id(&bob).await,
            "name": "Basket",
            "description": "React",
            "status": "open",
            "projectId": shop,
            "externalId": "JIRA-492",
            "createdAt": "2026-11-24T09:00:00.000Z",
            "updatedAt": "2026-11-24T09:00:00.000Z",
        })
    );
    assert_eq!(ada.get(&location).await.expect(200), basket);
    assert_eq!(ada.get(&path).await.expect(200), json!([basket]));

    server.clock.advance(1);
    task_in(&ada, &shop, "A later one").await;
    assert_eq!(names(&bob, &shop).await, ["Basket", "A later one"]);
    let first = bob.get(&format!("{path}?limit=1")).await;
    assert!(first.header("link").contains("rel=\"next\""));
    assert_eq!(first.expect(200), json!([basket]));
}

#[tokio::test]
async fn a_task_that_breaks_rules_is_not_created_in_a_project() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let shop = project(&ada, "Shop").await;
    let path = format!("/projects/{shop}/tasks");
    let body = json!({ "name": "", "description": "a\u{0}", "externalId": 5 });
    let pointers = ada.post(&path, &body).await.invalid();
    assert_eq!(pointers, ["/name", "/description", "/externalId"]);
    assert!(names(&ada, &shop).await.is_empty());
}

#[tokio::test]
async fn a_task_moves_from_project_to_project() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let (shop, bank) = (project(&ada, "Shop").await, project(&ada, "Bank").await);
    let basket = task_in(&ada, &shop, "Basket").await;
    let before = ada.get(&format!("/tasks/{basket}")).await.expect(200);
    server.clock.advance(1_000);
    let path = format!("/projects/{shop}/tasks/{basket}/move");
    let moved = bob.post(&path, &json!({ "projectId": bank })).await;
    let mut expected = before;
    expected["projectId"] = json!(bank);
    expected["updatedAt"] = json!("2026-11-24T09:00:01.000Z");
    assert_eq!(moved.expect(200), expected);
    assert!(names(&ada, &shop).await.is_empty());
    assert_eq!(names(&ada, &bank).await, ["Basket"]);
}

#[tokio::test]
async fn a_task_moves_only_to_a_project_of_its_organisation() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let shop = project(&ada, "Shop").await;
    let basket = task_in(&ada, &shop, "Basket").await;
    let foreign = project(&server.sign_up("mal").await, "mal's").await;
    let gone = project(&ada, "Gone").await;
    ada.delete(&format!("/projects/{gone}")).await.expect(200);
    let path = format!("/projects/{shop}/tasks/{basket}/move");
    for target in [&foreign, &gone, &basket] {
        let answer = ada.post(&path, &json!({ "projectId": target })).await;
        answer.problem(404, "not-found");
    }
    for body in [json!({}), json!({ "projectId": null })] {
        assert_eq!(ada.post(&path, &body).await.invalid(), ["/projectId"]);
    }
    assert_eq!(project_of(&ada, &basket).await, json!(shop));
}

#[tokio::test]
async fn a_detached_task_is_standalone_and_keeps_its_time() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let shop = project(&ada, "Shop").await;
    let basket = task_in(&ada, &shop, "Basket").await;
    book(&ada, &basket, 0, 1).await;
    clock_in(&ada, &basket).await;
    let tracks = format!("/tasks/{basket}/tracks");
    let before = ada.get(&tracks).await.expect(200);
    assert_eq!(before.as_array().unwrap().len(), 2);
    let path = format!("/projects/{shop}/tasks/{basket}/detach");
    let detached = ada.post_empty(&path).await.expect(200);
    assert_eq!(detached["projectId"], json!(null));
    assert_eq!(detached["id"], basket);
    assert!(names(&ada, &shop).await.is_empty());
    assert_eq!(ada.get(&tracks).await.expect(200), before);
    ada.post_empty(&path).await.problem(404, "not-found");
}

#[tokio::test]
async fn only_a_standalone_task_is_attached() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let (shop, bank) = (project(&ada, "Shop").await, project(&ada, "Bank").await);
    let basket = task(&ada, "Basket").await;
    let path = format!("/projects/{shop}/tasks/{basket}/attach");
    let attached = bob.post_empty(&path).await.expect(200);
    assert_eq!(attached["projectId"], json!(shop));
    assert_eq!(names(&ada, &shop).await, ["Basket"]);

    let path = format!("/projects/{bank}/tasks/{basket}/attach");
    let answer = ada.post_empty(&path).await;
    answer.problem(409, "task-in-project");
    assert_eq!(project_of(&ada, &basket).await, json!(shop));
    assert!(names(&ada, &bank).await.is_empty());
}

#[tokio::test]
async fn under_the_wrong_project_a_task_is_not_found() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (shop, bank) = (project(&ada, "Shop").await, project(&ada, "Bank").await);
    let basket = task_in(&ada, &shop, "Basket").await;
    let standalone = task(&ada, "Standalone").await;
    let body = json!({ "projectId": shop });
    for (project, task) in [(&bank, &basket), (&shop, &standalone), (&shop, &bank)] {
        let path = format!("/projects/{project}/tasks/{task}");
        for answer in [
            ada.post(&format!("{path}/move"), &body).await,
            ada.post_empty(&format!("{path}/detach")).await,
            ada.delete(&path).await,
        ] {
            answer.problem(404, "not-found");
        }
    }
    assert_eq!(project_of(&ada, &basket).await, json!(shop));
    assert_eq!(project_of(&ada, &standalone).await, json!(null));
}

#[tokio::test]
async fn projects_and_tasks_of_another_organisation_are_not_found() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let (shop, alone) = (project(&ada, "Shop").await, task(&ada, "Alone").await);
    let basket = task_in(&ada, &shop, "Basket").await;
    let mal = server.sign_up("mal").await;
    let (own, own_task) = (project(&mal, "mal's").await, task(&mal, "mal's").await);
    let (name, target) = (json!({ "name": "Mine" }), json!({ "projectId": own }));
    for project in [shop.as_str(), "no%20id"] {
        let path = format!("/projects/{project}/tasks");
        for answer in [
            mal.get(&path).await,
            mal.get(&format!("{path}?limit=1")).await,
            mal.post(&path, &name).await,
            mal.post(&format!("{path}/{basket}/move"), &target).await,
            mal.post_empty(&format!("{path}/{basket}/detach")).await,
            mal.post_empty(&format!("{path}/{own_task}/attach")).await,
            mal.delete(&format!("{path}/{basket}")).await,
        ] {
            answer.problem(404, "not-found");
        }
    }
    for foreign in [alone.as_str(), basket.as_str(), "no%20id"] {
        let path = format!("/projects/{own}/tasks/{foreign}/attach");
        mal.post_empty(&path).await.problem(404, "not-found");
    }
    assert_eq!(names(&ada, &shop).await, ["Basket"]);
    assert_eq!(project_of(&ada, &alone).await, json!(null));
    assert!(names(&mal, &own).await.is_empty());
}

#[tokio::test]
async fn members_delete_their_own_tasks_of_a_project_and_admins_any() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let shop = project(&bob, "Shop").await;
    let of_ada = task_in(&ada, &shop, "ada's").await;
    let of_bob = task_in(&bob, &shop, "bob's").await;
    let second_of_bob = task_in(&bob, &shop, "bob's too").await;
    let path = |task: &str| format!("/projects/{shop}/tasks/{task}");
    let track = book(&bob, &of_bob, 0, 1).await;

    let answer = bob.delete(&path(&of_ada)).await;
    answer.problem(403, "forbidden");
    let answer = bob.delete(&path(&of_bob)).await.expect(200);
    assert!(answer["message"].is_string());
    ada.delete(&path(&second_of_bob)).await.expect(200);
    assert_eq!(names(&ada, &shop).await, ["ada's"]);

    let gone = format!("/tasks/{of_bob}");
    bob.get(&gone).await.problem(404, "not-found");
    let track = format!("{gone}/tracks/{}", track["id"].as_str().unwrap());
    bob.get(&track).await.problem(404, "not-found");
    assert_eq!(bob.get("/tracks").await.expect(200), json!([]));
}

#[tokio::test]
async fn the_tasks_of_a_project_need_a_credential() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let shop = project(&ada, "Shop").await;
    let basket = task_in(&ada, &shop, "Basket").await;
    let (anonymous, path) = (server.anonymous(), format!("/projects/{shop}/tasks"));
    let (name, target) = (json!({ "name": "Mine" }), json!({ "projectId": shop }));
    for answer in [
        anonymous.get(&path).await,
        anonymous.post(&path, &name).await,
        anonymous
            .post(&format!("{path}/{basket}/move"), &target)
            .await,
        anonymous
            .post_empty(&format!("{path}/{basket}/detach"))
            .await,
        anonymous
            .post_empty(&format!("{path}/{basket}/attach"))
            .await,
        anonymous.delete(&format!("{path}/{basket}")).await,
    ] {
        answer.problem(401, "unauthorized");
    }
    assert_eq!(names(&ada, &shop).await, ["Basket"]);
}
