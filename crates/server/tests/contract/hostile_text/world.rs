//! Something of every kind, for texts to be put on.

use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use super::operations::Operation;
use crate::support::text;

/// An organisation that has one of everything.
pub(super) struct World<'s> {
    server: &'s TestServer,
    pub(super) ada: Client,
    root: Client,
    ids: Value,
}

/// A request that is right but for the text that is yet to be put into it.
pub(super) struct Request {
    /// Values for the parameters of the path, by name.
    pub(super) path: Value,
    /// The body.
    pub(super) body: Option<Value>,
    /// Who logs in with the password in the body, once it is set.
    pub(super) email: String,
}

impl<'s> World<'s> {
    pub(super) async fn new(server: &'s TestServer, root: &Client, number: usize) -> Self {
        let ada = server.sign_up(&format!("ada{number}")).await;
        let me = ada.get("/account/me").await.expect(200);
        let make = async |path: &str, body: Value| {
            let made = ada.post(path, &body).await.expect(201);
            // What is made with a key beside it is called `info`.
            let made = made.get("info").unwrap_or(&made);
            text(made, "id").to_owned()
        };
        let project = make("/projects", json!({ "name": "Shop" })).await;
        let task = make(
            &format!("/projects/{project}/tasks"),
            json!({ "name": "Cart", "externalId": "CART-1" }),
        )
        .await;
        let tracks = format!("/tasks/{task}/tracks");
        let track = make(&tracks, json!({ "start": 0, "end": 5 })).await;
        let key = make("/api-keys", json!({ "name": "nightly" })).await;
        let ids = json!({
            "orgId": me["org"]["id"], "userId": me["user"]["id"], "sessionId": me["session"]["id"],
            "projectId": project, "taskId": task, "trackId": track, "apiKeyId": key,
            "name": "Cart", "externalId": "CART-1", "code": "invalid",
        });
        Self {
            server,
            ada,
            root: root.clone(),
            ids,
        }
    }

    /// A request for the operation, with new addresses and external ids.
    pub(super) async fn request(&self, operation: &Operation, number: usize) -> Request {
        let mut email = format!("person{number}@example.com");
        let mut body = operation.example.clone();
        let mut path = self.ids.clone();
        if let Some(Value::Object(members)) = &mut body {
            members.remove("currentPassword");
            for (name, value) in [("email", &email), ("externalId", &format!("E-{number}"))] {
                if members.contains_key(name) {
                    members.insert(name.to_owned(), json!(value));
                }
            }
            if members.contains_key("projectId") {
                members.insert("projectId".to_owned(), self.ids["projectId"].clone());
            }
        }
        match operation.id.as_str() {
            "changePassword" | "changePasswordByPatch" => {
                let me = self.ada.get("/account/me").await.expect(200);
                text(&me["user"], "email").clone_into(&mut email);
            }
            "acceptInvitation" | "getInvitation" | "deleteInvitation" => {
                let invitation = json!({ "email": email });
                let made = self.ada.post("/invitations", &invitation).await.expect(201);
                path["invId"] = made["invitation"]["id"].clone();
            }
            id if id.starts_with("clockOut") => {
                let (name, external_id) = (format!("Timer {number}"), format!("T-{number}"));
                let task = json!({ "name": name, "externalId": external_id });
                let task = self.ada.post("/tasks", &task).await.expect(201);
                let clock_in = format!("/tasks/{}/clock-in", text(&task, "id"));
                self.ada.post_empty(&clock_in).await.expect(201);
                path["taskId"] = task["id"].clone();
                (path["name"], path["externalId"]) = (json!(name), json!(external_id));
            }
            "redeemPasswordToken" => {
                let user = json!({ "email": email, "role": "member" });
                let made = self.ada.post("/users", &user).await.expect(201);
                body.as_mut().unwrap()["token"] = made["passwordToken"].clone();
            }
            _ => {}
        }
        Request { path, body, email }
    }

    /// Everything that there is to see.
    pub(super) async fn everything(&self) -> Vec<Value> {
        let lists = [
            "/users",
            "/projects",
            "/tasks",
            "/tracks",
            "/api-keys",
            "/invitations",
            "/account/sessions",
        ];
        let mut all = Vec::new();
        for path in lists {
            all.push(self.ada.get(path).await.expect(200));
        }
        let org = format!("/orgs/{}", text(&self.ids, "orgId"));
        all.push(self.ada.get(&org).await.expect(200));
        let mut stats = self.root.get("/internal/stats").await.expect(200);
        // Attempts to log in are counted, which takes room.
        stats["storageBytes"].take();
        all.push(stats);
        all
    }

    /// Who sends a request: nobody, where nobody is needed.
    pub(super) fn sender(&self, operation: &Operation) -> Client {
        match operation.is_public {
            true => self.server.anonymous(),
            false if operation.path.starts_with("/api/v1/internal/") => self.root.clone(),
            false => self.ada.clone(),
        }
    }

    pub(super) async fn can_log_in(&self, email: &str, password: &str) -> bool {
        let body = json!({ "email": email, "password": password });
        let login = self.server.anonymous().post("/account/login", &body).await;
        login.status == 200
    }
}
