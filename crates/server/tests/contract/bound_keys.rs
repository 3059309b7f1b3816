//! API keys that are bound to a project reach that project, its tasks and their time, and nothing else.

use reqwest::Method;
use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use crate::support::{key_tokens, make_key, my_id, my_org, text};

struct World {
    server: TestServer,
    ada: Client,
    /// With the bound key, and with a session begun with it.
    bound: [Client; 2],
    project: String,
    inside: String,
    other_project: String,
    outside: [String; 2],
}

async fn world() -> World {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let make = async |path: &str, body: Value| {
        let made = ada.post(path, &body).await.expect(201);
        text(&made, "id").to_owned()
    };
    let project = make("/projects", json!({ "name": "Shop" })).await;
    let other_project = make("/projects", json!({ "name": "Bank" })).await;
    let tasks = |project: &str| format!("/projects/{project}/tasks");
    let inside = make(
        &tasks(&project),
        json!({ "name": "Cart", "externalId": "IN-1" }),
    )
    .await;
    let outside = [
        make(
            &tasks(&other_project),
            json!({ "name": "Vault", "externalId": "OUT-1" }),
        )
        .await,
        make("/tasks", json!({ "name": "Mail" })).await,
    ];
    for task in [&inside, &outside[0], &outside[1]] {
        let path = format!("/tasks/{task}/tracks");
        ada.post(&path, &json!({ "start": 0, "end": 1000 }))
            .await
            .expect(201);
    }
    let key = make_key(&ada, &json!({ "name": "ci", "projectId": project })).await;
    assert_eq!(key["info"]["projectId"], project.as_str());
    let secret = text(&key, "apiKey");
    let tokens = key_tokens(&server, secret).await;
    let bound = [
        server.anonymous().with_key(secret),
        server.anonymous().with_token(text(&tokens, "accessToken")),
    ];
    World {
        server,
        ada,
        bound,
        project,
        inside,
        other_project,
        outside,
    }
}

fn ids(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap().iter();
    list.map(|item| text(item, "id")).collect()
}

#[tokio::test]
async fn a_bound_key_works_inside_its_project() {
    let world = world().await;
    for bound in &world.bound {
        assert_eq!(
            ids(&bound.get("/projects").await.expect(200)),
            [&world.project]
        );
        assert_eq!(ids(&bound.get("/tasks").await.expect(200)), [&world.inside]);
        let tracks = bound.get("/tracks").await.expect(200);
        assert!(
            tracks
                .as_array()
                .unwrap()
                .iter()
                .all(|it| it["taskId"] == world.inside.as_str())
        );
        let path = format!("/tasks/{}", world.inside);
        bound.get(&path).await.expect(200);
        bound
            .put(&path, &json!({ "status": "in_progress" }))
            .await
            .expect(200);
        bound
            .post_empty(&format!("{path}/clock-in"))
            .await
            .expect(201);
        bound
            .post_empty("/tasks/by-name/Cart/clock-out")
            .await
            .expect(200);
        bound
            .post_empty("/tasks/by-external-id/IN-1/clock-in")
            .await
            .expect(201);
        bound
            .post_empty("/tasks/by-external-id/IN-1/clock-out")
            .await
            .expect(200);
        let projects = format!("/reports/projects/{}/tasks", world.project);
        bound.get(&projects).await.expect(200);
        bound
            .get(&format!("/reports/tasks/{}", world.inside))
            .await
            .expect(200);
        let me = bound.get("/account/me").await.expect(200);
        assert_eq!(me["user"]["firstName"], "ada");
    }
}

#[tokio::test]
async fn a_task_that_a_bound_key_names_first_is_made_in_its_project() {
    let world = world().await;
    let [bound, _] = &world.bound;
    bound
        .post_empty("/tasks/by-name/Mail/clock-in")
        .await
        .expect(201);
    bound
        .post_empty("/tasks/by-external-id/NEW-1/clock-in")
        .await
        .expect(201);
    let tasks = bound.get("/tasks").await.expect(200);
    for name in ["Mail", "NEW-1"] {
        let found = tasks
            .as_array()
            .unwrap()
            .iter()
            .find(|task| task["name"] == name);
        assert_eq!(found.unwrap()["projectId"], world.project.as_str());
    }
    bound
        .post_empty("/tasks/by-external-id/OUT-1/clock-in")
        .await
        .problem(409, "external-id-taken");
}

#[tokio::test]
async fn what_lies_outside_of_the_project_is_not_there() {
    let world = world().await;
    let tracks = world.ada.get("/tracks").await.expect(200);
    for bound in &world.bound {
        for task in &world.outside {
            let track = tracks
                .as_array()
                .unwrap()
                .iter()
                .find(|it| it["taskId"] == task.as_str());
            let track = text(track.unwrap(), "id");
            for (method, path) in [
                (Method::GET, format!("/tasks/{task}")),
                (Method::DELETE, format!("/tasks/{task}")),
                (Method::POST, format!("/tasks/{task}/clock-in")),
                (Method::POST, format!("/tasks/{task}/clock-out")),
                (Method::GET, format!("/tasks/{task}/tracks")),
                (Method::GET, format!("/tasks/{task}/tracks/{track}")),
                (Method::DELETE, format!("/tasks/{task}/tracks/{track}")),
                (Method::GET, format!("/tracks?taskId={task}")),
                (Method::GET, format!("/reports/tasks/{task}")),
                (Method::GET, format!("/reports/tasks/{task}/users")),
                (Method::GET, format!("/projects/{}", world.other_project)),
                (
                    Method::GET,
                    format!("/projects/{}/tasks", world.other_project),
                ),
                (
                    Method::GET,
                    format!("/tasks?projectId={}", world.other_project),
                ),
                (
                    Method::GET,
                    format!("/tracks?projectId={}", world.other_project),
                ),
                (
                    Method::GET,
                    format!("/reports/projects/{}/users", world.other_project),
                ),
                (
                    Method::POST,
                    format!("/projects/{}/tasks/{task}/attach", world.project),
                ),
            ] {
                bound
                    .send(method, &path, None)
                    .await
                    .problem(404, "not-found");
            }
        }
        let into = format!("/projects/{}/tasks/{}/move", world.project, world.inside);
        let body = json!({ "projectId": world.other_project });
        bound.post(&into, &body).await.problem(404, "not-found");
    }
    let all = world.ada.get("/tasks").await.expect(200);
    assert_eq!(all.as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn what_reaches_beyond_the_project_is_refused() {
    let world = world().await;
    let (user, org) = (my_id(&world.ada).await, my_org(&world.ada).await);
    let name = json!({ "name": "x" });
    for bound in &world.bound {
        for (method, path, body) in [
            (Method::GET, "/users".to_owned(), None),
            (Method::GET, format!("/orgs/{org}"), None),
            (Method::PUT, format!("/orgs/{org}"), Some(&name)),
            (Method::GET, "/invitations".to_owned(), None),
            (Method::GET, "/account/sessions".to_owned(), None),
            (Method::GET, "/audit-events".to_owned(), None),
            (Method::GET, format!("/reports/users/{user}"), None),
            (Method::POST, "/tasks".to_owned(), Some(&name)),
            (Method::POST, "/projects".to_owned(), Some(&name)),
            (Method::DELETE, format!("/projects/{}", world.project), None),
            (
                Method::POST,
                format!("/projects/{}/tasks/{}/detach", world.project, world.inside),
                None,
            ),
        ] {
            bound
                .send(method, &path, body)
                .await
                .problem(403, "project-bound");
        }
    }
}

#[tokio::test]
async fn of_its_owner_s_keys_a_bound_one_sees_itself_alone() {
    let world = world().await;
    let mine = world.ada.get("/api-keys").await.expect(200);
    let bound_id = ids(&mine)[0].to_owned();
    let other = make_key(&world.ada, &json!({ "name": "other" })).await;
    let other = format!("/api-keys/{}", text(&other["info"], "id"));
    for bound in &world.bound {
        assert_eq!(ids(&bound.get("/api-keys").await.expect(200)), [&bound_id]);
        let page = bound.get("/api-keys?limit=1").await;
        assert_eq!(page.header("link"), "");
        bound
            .get(&format!("/api-keys/{bound_id}"))
            .await
            .expect(200);
        bound.get(&other).await.problem(404, "not-found");
    }
    let unbound = world.ada.get("/api-keys").await.expect(200);
    assert_eq!(ids(&unbound).len(), 2);
}

#[tokio::test]
async fn a_key_can_be_bound_to_a_project_of_the_own_organisation_only_and_dies_with_it() {
    let world = world().await;
    let eve = world.server.sign_up("eve").await;
    let body = json!({ "name": "ci", "projectId": world.project });
    eve.post("/api-keys", &body).await.problem(404, "not-found");
    assert_eq!(eve.get("/api-keys").await.expect(200), json!([]));
    world
        .ada
        .delete(&format!("/projects/{}", world.project))
        .await
        .expect(200);
    for bound in &world.bound {
        bound.get("/account/me").await.problem(401, "unauthorized");
    }
}
