//! Two organisations, people with every kind of credential, and fresh things for every call.

use serde_json::{Value, json};
use timetracks_testkit::{Client, PASSWORD, TestServer};

use super::Operation;
use crate::support::{MINUTE_MS, key_tokens, make_key, my_id, my_org, text};

/// Every kind of credential.
pub(super) const CREDENTIALS: [&str; 14] = [
    "none",
    "garbage",
    "malformed header",
    "expired",
    "revoked",
    "refresh token",
    "API key as bearer",
    "key that may read",
    "member",
    "admin",
    "admin's key",
    "admin's key session",
    "other organisation",
    "super user",
];

/// The lists that grow with every call.
const GROWING: [&str; 4] = ["/projects", "/tasks", "/tracks", "/audit-events"];

pub(super) struct World {
    server: TestServer,
    ada: Client,
    eve: Client,
    root: Client,
    bob: Client,
    /// A user who is there to be changed.
    carl: String,
    expired: Client,
    revoked: Client,
    refresh_token: String,
    key: Value,
    read_key: String,
    count: usize,
    /// An organisation that operators may do anything to.
    operated: String,
    /// Where each growing list ended before this call, as a query.
    seen: [Vec<String>; 2],
}

impl World {
    pub(super) async fn new() -> Self {
        let server = TestServer::start().await;
        let ada = server.sign_up("ada").await;
        let key = make_key(&ada, &json!({ "name": "ci" })).await;
        let expired = key_tokens(&server, text(&key, "apiKey")).await;
        server.clock.advance(16 * MINUTE_MS);
        let bob = server.add_user(&ada, "bob", "member").await;
        let carl = server.add_user(&ada, "carl", "member").await;
        let eve = server.sign_up("eve").await;
        let root = server.super_user("root").await;
        let revoked = server.log_in("ada").await;
        revoked.post_empty("/account/logout").await.expect(200);
        let tokens = server.tokens("ada").await;
        let read = make_key(&ada, &json!({ "name": "read", "scopes": ["read"] })).await;
        let anyone = server.anonymous();
        for secret in [text(&key, "apiKey"), text(&read, "apiKey")] {
            anyone.with_key(secret).get("/account/me").await.expect(200);
        }
        let operated = my_org(&server.sign_up("frida").await).await;
        Self {
            expired: anyone.with_token(text(&expired, "accessToken")),
            revoked,
            refresh_token: text(&tokens, "refreshToken").to_owned(),
            read_key: text(&read, "apiKey").to_owned(),
            carl: my_id(&carl).await,
            key,
            bob,
            eve,
            root,
            ada,
            count: 0,
            operated,
            server,
            seen: [vec![String::new(); 4], vec![String::new(); 4]],
        }
    }

    pub(super) async fn document(&self) -> Value {
        self.ada.get("/openapi.json").await.expect(200)
    }

    /// A client with that credential. Who logs out does so with a session of their own.
    pub(super) async fn client(&self, credential: &str, operation: &str) -> Client {
        let anyone = self.server.anonymous();
        let leaves = operation == "logOut";
        match credential {
            "none" => anyone,
            "garbage" => anyone.with_token("garbage"),
            "malformed header" => anyone.with_only("authorization", "Basic YWRhOmFkYQ=="),
            "expired" => self.expired.clone(),
            "revoked" => self.revoked.clone(),
            "refresh token" => anyone.with_token(&self.refresh_token),
            "API key as bearer" => anyone.with_token(text(&self.key, "apiKey")),
            "key that may read" => anyone.with_key(&self.read_key),
            "member" if leaves => self.server.log_in("bob").await,
            "member" => self.bob.clone(),
            "admin" if leaves => self.server.log_in("ada").await,
            "admin" => self.ada.clone(),
            "admin's key" => anyone.with_key(text(&self.key, "apiKey")),
            "admin's key session" => {
                let tokens = key_tokens(&self.server, text(&self.key, "apiKey")).await;
                anyone.with_token(text(&tokens, "accessToken"))
            }
            "other organisation" if leaves => self.server.log_in("eve").await,
            "other organisation" => self.eve.clone(),
            "super user" if leaves => self.server.log_in("root").await,
            "super user" => self.root.clone(),
            other => panic!("no credential {other}"),
        }
    }

    /// A path and a body for the operation, on things that were made for this call.
    pub(super) async fn request(&mut self, operation: &Operation) -> (String, Option<Value>) {
        self.count += 1;
        self.forget_what_was().await;
        let mut path = operation.path.clone();
        while let Some((start, rest)) = path.clone().split_once('{') {
            let (name, rest) = rest.split_once('}').unwrap();
            let id = self.id(name, operation).await;
            path = format!("{start}{id}{rest}");
        }
        (path, self.body(operation).await)
    }

    async fn id(&mut self, name: &str, operation: &Operation) -> String {
        let unique = format!("thing {}", self.count);
        let named = json!({ "name": unique });
        let made = async |path: &str, body: &Value| {
            let made = self.ada.post(path, body).await.expect(201);
            text(&made, "id").to_owned()
        };
        match name {
            "orgId" if operation.path.contains("/internal/") => self.operated.clone(),
            "orgId" => my_org(&self.ada).await,
            "userId" if operation.id.starts_with("changePassword") => my_id(&self.ada).await,
            "userId" => self.carl.clone(),
            "projectId" => made("/projects", &named).await,
            "taskId" if operation.path.contains("/projects/{projectId}/tasks") => {
                let project = self.newest_project().await;
                let task = made(&format!("/projects/{project}/tasks"), &named).await;
                if operation.id == "attachTask" {
                    let path = format!("/projects/{project}/tasks/{task}/detach");
                    self.ada.post_empty(&path).await.expect(200);
                }
                task
            }
            "taskId" => made("/tasks", &named).await,
            "trackId" => {
                let task = self.newest_task().await;
                let body = match operation.id.as_str() {
                    "sendHeartbeat" => json!({ "start": self.server.clock.now(), "lease": 60 }),
                    _ => json!({ "start": 0, "end": 9 }),
                };
                made(&format!("/tasks/{task}/tracks"), &body).await
            }
            "apiKeyId" => {
                let key = make_key(&self.ada, &named).await;
                text(&key["info"], "id").to_owned()
            }
            "sessionId" => {
                let tokens = key_tokens(&self.server, text(&self.key, "apiKey")).await;
                let client = self
                    .server
                    .anonymous()
                    .with_token(text(&tokens, "accessToken"));
                let me = client.get("/account/me").await.expect(200);
                text(&me["session"], "id").to_owned()
            }
            "invId" => {
                let body = json!({ "email": format!("invited{}@example.com", self.count) });
                let made = self.ada.post("/invitations", &body).await.expect(201);
                text(&made["invitation"], "id").to_owned()
            }
            "name" | "externalId" => {
                let by = if name == "name" {
                    "by-name"
                } else {
                    "by-external-id"
                };
                let handle = format!("HANDLE-{}", self.count);
                if operation.id.starts_with("clockOut") {
                    for client in [&self.ada, &self.bob, &self.eve] {
                        let path = format!("/tasks/{by}/{handle}/clock-in");
                        client.post_empty(&path).await.expect(201);
                    }
                }
                handle
            }
            "code" => "not-found".to_owned(),
            other => panic!("no id for {other}"),
        }
    }

    async fn newest_project(&self) -> String {
        let all = self.ada.get("/projects").await.expect(200);
        text(all.as_array().unwrap().last().unwrap(), "id").to_owned()
    }

    async fn newest_task(&self) -> String {
        let all = self.ada.get("/tasks").await.expect(200);
        text(all.as_array().unwrap().last().unwrap(), "id").to_owned()
    }

    /// The body of the document's example, with what must be new or true here.
    async fn body(&self, operation: &Operation) -> Option<Value> {
        let unique = format!("new{}@example.com", self.count);
        let mut body = operation.body.clone()?;
        match operation.id.as_str() {
            "signUp" | "createUser" | "createInvitation" => body["email"] = json!(unique),
            "acceptInvitation" => {
                body["email"] = json!(format!("invited{}@example.com", self.count));
                body["role"] = json!("member");
            }
            "logIn" => body = json!({ "email": "ada@example.com", "password": PASSWORD }),
            "logInWithApiKey" => body = json!({ "apiKey": self.key["apiKey"] }),
            "refresh" => {
                body = json!({ "refreshToken": self.server.tokens("eve").await["refreshToken"] });
            }
            "refreshApiKeySession" => {
                let tokens = key_tokens(&self.server, text(&self.key, "apiKey")).await;
                body = json!({ "refreshToken": tokens["refreshToken"] });
            }
            "redeemPasswordToken" => {
                let user = json!({ "firstName": "New", "lastName": "Test", "email": unique, "role": "member" });
                let made = self.eve.post("/users", &user).await.expect(201);
                body = json!({ "token": made["passwordToken"], "password": PASSWORD });
            }
            "updateUser" | "updateUserByPatch" => {
                body = json!({ "firstName": format!("Carl {}", self.count) });
            }
            "changePassword" | "changePasswordByPatch" => body = json!({ "password": PASSWORD }),
            "moveTask" => body["projectId"] = json!(self.newest_project().await),
            "createTrack" => body = json!({ "start": 0, "end": 1000 }),
            "updateTrack" | "updateTrackByPatch" => body = json!({ "start": 1 }),
            id if id.starts_with("clock") => return None,
            _ => {}
        }
        if body.get("externalId").is_some() {
            body["externalId"] = json!(format!("EXT-{}", self.count));
        }
        Some(body)
    }

    /// The lists that grow with every call, of either organisation, each from where it ended before this call.
    fn lists(&self) -> Vec<(&Client, String)> {
        let mut lists = Vec::new();
        for (client, seen) in [&self.ada, &self.eve].into_iter().zip(&self.seen) {
            for (path, cursor) in GROWING.iter().zip(seen) {
                lists.push((client, format!("{path}?{cursor}")));
            }
        }
        lists
    }

    /// What is there now belongs to the calls before.
    async fn forget_what_was(&mut self) {
        let mut seen = [self.seen[0].clone(), self.seen[1].clone()];
        for (place, (client, path)) in self.lists().into_iter().enumerate() {
            let list = client.get(&path).await.expect(200);
            if let Some(last) = list.as_array().unwrap().last() {
                let cursor = &mut seen[place / GROWING.len()][place % GROWING.len()];
                *cursor = format!("cursor={}", text(last, "id"));
            }
        }
        self.seen = seen;
    }

    /// All that the two organisations have, but for what belongs to the calls before.
    pub(super) async fn everything(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for (client, path) in self.lists() {
            all.push(client.get(&path).await.expect(200));
        }
        for client in [&self.ada, &self.eve] {
            for path in ["/users", "/invitations", "/account/sessions", "/api-keys"] {
                all.push(client.get(path).await.expect(200));
            }
            let org = format!("/orgs/{}", my_org(client).await);
            all.push(client.get(&org).await.expect(200));
        }
        all
    }
}
