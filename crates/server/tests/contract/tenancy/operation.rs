//! Every operation that takes ids, with slots where they go.

use reqwest::Method;

/// The kinds of ids; `other` is a second project.
pub(super) const SLOTS: [&str; 9] = [
    "org",
    "user",
    "session",
    "key",
    "invitation",
    "project",
    "other",
    "task",
    "track",
];

/// An operation. A slot such as `{task}` in its path or body takes an id.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) body: &'static str,
}

impl Operation {
    /// The slots that it has.
    pub(super) fn slots(&self) -> Vec<&'static str> {
        let has = |slot: &&str| {
            let slot = format!("{{{slot}}}");
            self.path.contains(&slot) || self.body.contains(&slot)
        };
        SLOTS.into_iter().filter(has).collect()
    }
}

const fn of(method: Method, path: &'static str, body: &'static str) -> Operation {
    Operation { method, path, body }
}

const NAME: &str = r#"{ "name": "Mine now" }"#;
const PERSON: &str = r#"{ "firstName": "Mallory" }"#;
const PASSWORD: &str = r#"{ "password": "a password to get in with" }"#;
const EXPIRY: &str = r#"{ "expiresAt": "2026-11-25T00:00:00Z" }"#;
const MOVE: &str = r#"{ "projectId": "{other}" }"#;
const TIMES: &str = r#"{ "start": 0, "end": 1 }"#;
const TIMES_OF_USER: &str = r#"{ "start": 0, "end": 1, "userId": "{user}" }"#;

pub(super) const OPERATIONS: &[Operation] = &[
    of(Method::GET, "/orgs/{org}", ""),
    of(Method::PUT, "/orgs/{org}", NAME),
    of(Method::PATCH, "/orgs/{org}", NAME),
    of(Method::GET, "/users/{user}", ""),
    of(Method::PUT, "/users/{user}", PERSON),
    of(Method::PATCH, "/users/{user}", PERSON),
    of(Method::PUT, "/users/{user}/password", PASSWORD),
    of(Method::PATCH, "/users/{user}/password", PASSWORD),
    of(Method::POST, "/users/{user}/password-reset", EXPIRY),
    of(Method::DELETE, "/account/sessions/{session}", ""),
    of(Method::GET, "/api-keys/{key}", ""),
    of(Method::PUT, "/api-keys/{key}", ""),
    of(Method::DELETE, "/api-keys/{key}", ""),
    of(Method::DELETE, "/invitations/{invitation}", ""),
    of(Method::GET, "/projects/{project}", ""),
    of(Method::PUT, "/projects/{project}", NAME),
    of(Method::PATCH, "/projects/{project}", NAME),
    of(Method::DELETE, "/projects/{project}", ""),
    of(Method::GET, "/projects/{project}/tasks", ""),
    of(Method::POST, "/projects/{project}/tasks", NAME),
    of(Method::DELETE, "/projects/{project}/tasks/{task}", ""),
    of(Method::POST, "/projects/{project}/tasks/{task}/move", MOVE),
    of(Method::POST, "/projects/{project}/tasks/{task}/detach", ""),
    of(Method::POST, "/projects/{project}/tasks/{task}/attach", ""),
    of(Method::GET, "/tasks/{task}", ""),
    of(Method::PUT, "/tasks/{task}", NAME),
    of(Method::PATCH, "/tasks/{task}", NAME),
    of(Method::DELETE, "/tasks/{task}", ""),
    of(Method::POST, "/tasks/{task}/clock-in", ""),
    of(Method::POST, "/tasks/{task}/clock-out", ""),
    of(Method::GET, "/tasks/{task}/tracks", ""),
    of(Method::POST, "/tasks/{task}/tracks", TIMES),
    of(Method::POST, "/tasks/{task}/tracks", TIMES_OF_USER),
    of(Method::GET, "/tasks/{task}/tracks/{track}", ""),
    of(Method::PUT, "/tasks/{task}/tracks/{track}", TIMES),
    of(Method::PATCH, "/tasks/{task}/tracks/{track}", TIMES),
    of(Method::DELETE, "/tasks/{task}/tracks/{track}", ""),
    of(Method::POST, "/tasks/{task}/tracks/{track}/heartbeat", ""),
    of(Method::GET, "/reports/tasks/{task}", ""),
    of(Method::GET, "/reports/tasks/{task}/users", ""),
    of(Method::GET, "/reports/projects/{project}/users", ""),
    of(Method::GET, "/reports/projects/{project}/tasks", ""),
    of(Method::GET, "/reports/users/{user}", ""),
    of(Method::GET, "/tasks?projectId={project}", ""),
    of(Method::GET, "/tracks?userId={user}", ""),
    of(Method::GET, "/tracks?projectId={project}", ""),
    of(Method::GET, "/tracks?taskId={task}", ""),
    of(
        Method::GET,
        "/tracks?taskId={task}&projectId={project}&userId={user}",
        "",
    ),
];
