//! Lists, invitations and keys.

use serde_json::{Value, json};

use crate::{
    server::json_of,
    support::{Home, World},
};

#[tokio::test]
async fn projects_tasks_and_users_are_the_objects_of_the_api() {
    let world = World::start().await;
    let home = world.ada();
    world.add_user("grace").await;
    let server = world.server();
    let shop = json_of(
        server.post(
            "/projects",
            &world.token,
            &json!({ "name": "Shop", "externalId": "SHOP" }),
        ),
        201,
    )
    .await;
    let path = format!("/projects/{}/tasks", shop["id"].as_str().unwrap());
    let task = json_of(
        server.post(&path, &world.token, &json!({ "name": "Checkout" })),
        201,
    )
    .await;
    home.json(&["in", "Write docs"]);
    assert_eq!(home.json(&["projects"]), json!([shop]));
    assert_eq!(home.json(&["tasks", "--project", "sho"]), json!([task]));
    assert_eq!(home.json(&["tasks"]).as_array().unwrap().len(), 2);
    let users = home.json(&["users"]);
    let emails: Vec<_> = users
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["email"].clone())
        .collect();
    assert_eq!(emails, ["ada@example.com", "grace@example.com"]);
    assert!(home.run(&["users"]).well().contains("grace Test"));
    assert!(home.run(&["projects"]).well().contains("SHOP"));
    assert!(
        home.run(&["tasks", "--project", "none"])
            .failed(1)
            .contains("timetracks projects")
    );
}

#[tokio::test]
async fn a_long_list_is_whole() {
    let world = World::start().await;
    let home = world.ada();
    for number in 0..7 {
        let body = json!({ "name": format!("task {number}") });
        json_of(world.server().post("/tasks", &world.token, &body), 201).await;
    }
    assert_eq!(home.json(&["tasks"]).as_array().unwrap().len(), 7);
    assert_eq!(home.run(&["tasks"]).well().lines().count(), 7);
}

#[tokio::test]
async fn an_invitation_is_handed_over() {
    let world = World::start().await;
    let home = world.ada();
    let created = home.json(&["invite", "john@example.com"]);
    let link = created["invitation"]["link"].as_str().unwrap();
    assert_eq!(created["invitation"]["role"], "member");
    assert!(link.contains("/api/v1/account/signup/"));
    assert!(
        home.run(&["invite", "jane@example.com", "--admin"])
            .well()
            .contains("\"role\": \"admin\"")
    );
    home.run(&["invite", "nobody"]).failed(2);
    home.run(&["invite", "ada@example.com"]).failed(1);
}

#[tokio::test]
async fn keys_are_made_rotated_and_deleted_by_name() {
    let world = World::start().await;
    let home = world.ada();
    let arguments = [
        "keys",
        "create",
        "nightly",
        "--scopes",
        "read,track",
        "--until",
        "2099-12-31",
    ];
    let made = home.json(&arguments);
    assert_eq!(made["info"]["scopes"], json!(["read", "track"]));
    assert_eq!(made["info"]["expiresAt"], "2099-12-31T22:59:59.999Z");
    let pipeline =
        |made: &Value| Home::with_key(&world.server().base, made["apiKey"].as_str().unwrap());
    pipeline(&made).json(&["whoami"]);
    assert_eq!(home.json(&["keys"])[0]["name"], "nightly");
    let rotated = home.json(&["keys", "rotate", "nightly"]);
    pipeline(&made).run(&["whoami"]).failed(3);
    pipeline(&rotated).json(&["whoami"]);
    assert!(
        !home
            .run(&["keys", "list"])
            .well()
            .contains(rotated["apiKey"].as_str().unwrap())
    );
    home.run(&["keys", "delete", "night"]).failed(1);
    home.json(&["keys", "create", "nightly"]);
    assert_eq!(
        home.run(&["keys", "delete", "nightly"])
            .failed(4)
            .lines()
            .count(),
        3
    );
    home.run(&["keys", "delete", rotated["info"]["id"].as_str().unwrap()])
        .well();
    assert_eq!(home.json(&["keys", "list"]).as_array().unwrap().len(), 1);
    home.run(&["keys", "create", "x", "--scopes", "write"])
        .failed(2);
}

#[tokio::test]
async fn sessions_are_listed_and_ended() {
    let world = World::start().await;
    let (home, other) = (world.ada(), world.ada());
    let sessions = home.json(&["sessions", "list"]);
    // One is that of the test itself.
    assert_eq!(sessions.as_array().unwrap().len(), 3);
    let last = sessions[2]["id"].as_str().unwrap();
    home.json(&["sessions", "end", last]);
    other.run(&["whoami"]).failed(3);
    home.run(&["whoami"]).well();
    home.run(&["sessions", "end", "nonsense"]).failed(2);
}
