//! Organisations on a server, and what their clients need to ask it.

use std::{
    fs,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    Outcome,
    fill::{self, Filled},
    load::{CARRIED, Script, Step},
    process::{Process, output},
    raw::Connection,
};

/// The most clients at once.
pub(crate) const MOST_CLIENTS: usize = 256;
pub(crate) const ORGANISATIONS: usize = 64;
/// Sessions that can be refreshed at the same time.
pub(crate) const SESSIONS: usize = 64;
/// More than any answer that is read here.
const KEPT_BYTES: usize = 64 * 1024;
const PASSWORD: &str = "correct horse battery staple";

/// An organisation, its admin's credentials, and tasks for clients to clock in on.
#[derive(Clone)]
pub(crate) struct Organisation {
    pub(crate) token: String,
    pub(crate) clocked_tasks: Vec<String>,
}

/// A data directory that can be served, and copied.
#[derive(Clone)]
pub(crate) struct Site {
    pub(crate) data: PathBuf,
    pub(crate) organisations: Vec<Organisation>,
    pub(crate) filled: Filled,
}

impl Site {
    /// Signs organisations up at a new server, which is stopped again.
    pub(crate) fn sign_up(binary: &Path, data: PathBuf) -> Outcome<Self> {
        let server = Process::server::<&str>(binary, &data, [])?;
        let mut api = Api::new(&server.address)?;
        let organisations = (0..ORGANISATIONS).map(|number| api.organisation(number));
        let organisations = organisations.collect::<Outcome<Vec<_>>>()?;
        server.stop()?;
        Ok(Self {
            data,
            organisations,
            filled: Filled::default(),
        })
    }

    /// A copy with so many tracks. What was filled in is sound, or this fails.
    pub(crate) fn filled(&self, binary: &Path, tracks: usize) -> Outcome<Self> {
        let mut site = self.copy(&format!("{tracks}"))?;
        site.filled = fill::fill(&site.database(), tracks)?;
        output(
            std::process::Command::new(binary)
                .arg("doctor")
                .arg("--data-dir")
                .arg(&site.data),
            "",
        )?;
        Ok(site)
    }

    /// A copy beside it. No server uses either.
    pub(crate) fn copy(&self, name: &str) -> Outcome<Self> {
        let data = self.data.with_file_name(format!("data-{name}"));
        if data.exists() {
            fs::remove_dir_all(&data)?;
        }
        // As private as the server makes it.
        fs::DirBuilder::new().mode(0o700).create(&data)?;
        for entry in fs::read_dir(&self.data)? {
            let entry = entry?;
            fs::copy(entry.path(), data.join(entry.file_name()))?;
        }
        Ok(Self {
            data,
            ..self.clone()
        })
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.data.join("timetracks.db")
    }

    pub(crate) fn signing_key(&self) -> PathBuf {
        self.data.join("signing.key")
    }

    fn token(&self) -> &str {
        &self.organisations[0].token
    }

    /// Clients of so many organisations that clock in and out, each on a task of their own.
    pub(crate) fn pairs(&self, organisations: usize, clients: usize) -> Vec<Script> {
        let script = |client: usize| {
            let org = &self.organisations[client % organisations];
            let task = &org.clocked_tasks[client / organisations];
            let clock = |verb, status| {
                Step::new(verb, status, format!("POST /api/v1/tasks/{task}/{verb}"))
                    .bearer(&org.token)
            };
            Script {
                steps: vec![clock("clock-in", 201), clock("clock-out", 200)],
                ..Script::default()
            }
        };
        (0..clients).map(script).collect()
    }

    /// Clients of the first organisation that all do this.
    pub(crate) fn each(&self, clients: usize, step: &Step) -> Vec<Script> {
        let script = Script {
            steps: vec![step.clone().bearer(self.token())],
            ..Script::default()
        };
        vec![script; clients]
    }

    /// Clients that read a task.
    pub(crate) fn reads(&self, clients: usize) -> Vec<Script> {
        let task = &self.organisations[0].clocked_tasks[0];
        self.each(
            clients,
            &Step::new("read", 200, format!("GET /api/v1/tasks/{task}")),
        )
    }

    /// Clients that list 100 tracks, each of some tasks in turn.
    pub(crate) fn lists(&self, clients: usize) -> Vec<Script> {
        let tasks = &self.filled.listed_tasks;
        let list = |place: usize| {
            let task = &tasks[place % tasks.len()];
            Step::new(
                "list",
                200,
                format!("GET /api/v1/tasks/{task}/tracks?limit=100"),
            )
            .bearer(self.token())
        };
        let script = |client: usize| Script {
            steps: (0..16).map(|turn| list(client * 16 + turn)).collect(),
            ..Script::default()
        };
        (0..clients).map(script).collect()
    }

    /// Clients that book a track by hand, each on a task of their own.
    pub(crate) fn bookings(&self, clients: usize) -> Vec<Script> {
        let script = |client: usize| {
            let task = &self.organisations[0].clocked_tasks[client];
            let step = Step::new("create", 201, format!("POST /api/v1/tasks/{task}/tracks"))
                .bearer(self.token())
                .body(r#"{"start":1767225600000,"end":1767229200000}"#);
            Script {
                steps: vec![step],
                ..Script::default()
            }
        };
        (0..clients).map(script).collect()
    }

    /// Clients that refresh a session of their own, again and again. The sessions begin here.
    pub(crate) fn refreshes(address: &str) -> Outcome<Vec<Script>> {
        let mut step = Step::new("refresh", 200, "POST /api/v1/account/refresh")
            .body(format!(r#"{{"refreshToken":"{CARRIED}"}}"#));
        step.carry = Some("refreshToken".to_owned());
        let mut api = Api::new(address)?;
        let mut script = || {
            Ok(Script {
                steps: vec![step.clone()],
                carried: text(&api.log_in(0)?, "refreshToken")?,
            })
        };
        (0..SESSIONS).map(|_| script()).collect()
    }

    /// The five reports. The one of a task with its tracks is on a task that has 100 of them, however many there are in all.
    pub(crate) fn reports(&self) -> [Step; 5] {
        let Filled {
            project,
            reported_task: task,
            person,
            listed_tasks,
        } = &self.filled;
        let listed = &listed_tasks[0];
        [
            ("report: task", format!("tasks/{listed}")),
            ("report: task by person", format!("tasks/{task}/users")),
            (
                "report: project by person",
                format!("projects/{project}/users"),
            ),
            (
                "report: project by task",
                format!("projects/{project}/tasks"),
            ),
            ("report: person, 7 days", format!("users/{person}")),
        ]
        .map(|(name, path)| Step::new(name, 200, format!("GET /api/v1/reports/{path}")))
    }

    /// People who log in with a password, all at once. Those for whom there is no room are told so.
    pub(crate) fn logins(clients: usize) -> Vec<Script> {
        let mut step =
            Step::new("login", 200, "POST /api/v1/account/login").body(credentials(0).to_string());
        step.statuses.push(503);
        let script = Script {
            steps: vec![step],
            ..Script::default()
        };
        vec![script; clients]
    }

    /// A head that asks for everything.
    pub(crate) fn everything(&self) -> Step {
        Step::new("everything", 200, "GET /api/v1/tracks").bearer(self.token())
    }
}

fn email(number: usize) -> String {
    format!("admin{number}@bench.example")
}

fn credentials(number: usize) -> Value {
    json!({ "email": email(number), "password": PASSWORD })
}

fn text(value: &Value, member: &str) -> Outcome<String> {
    let text = value[member].as_str();
    Ok(text
        .ok_or_else(|| format!("no `{member}` in {value}"))?
        .to_owned())
}

/// Asks a server to prepare what is measured.
struct Api(Connection);

impl Api {
    fn new(address: &str) -> Outcome<Self> {
        Connection::open(address).map(Self)
    }

    fn post(&mut self, path: &str, status: u16, token: &str, body: &Value) -> Outcome<Value> {
        let mut step =
            Step::new(path, status, format!("POST /api/v1{path}")).body(body.to_string());
        if !token.is_empty() {
            step = step.bearer(token);
        }
        let answer = self.0.ask(&step, KEPT_BYTES)?.answer;
        Ok(serde_json::from_slice(&answer.start)?)
    }

    fn log_in(&mut self, number: usize) -> Outcome<Value> {
        self.post("/account/login", 200, "", &credentials(number))
    }

    fn organisation(&mut self, number: usize) -> Outcome<Organisation> {
        let body = json!({
            "email": email(number), "password": PASSWORD, "firstName": "Ada", "lastName": "Lovelace",
            "orgName": format!("Organisation {number}"),
        });
        self.post("/account/signup", 201, "", &body)?;
        let token = text(&self.log_in(number)?, "accessToken")?;
        // All clients may belong to the first.
        let tasks = if number == 0 {
            MOST_CLIENTS
        } else {
            MOST_CLIENTS / ORGANISATIONS
        };
        let mut clocked_tasks = Vec::new();
        for task in 0..tasks {
            let body = json!({ "name": format!("clock {task:03}") });
            let task = self.post("/tasks", 201, &token, &body)?;
            clocked_tasks.push(text(&task, "id")?);
        }
        Ok(Organisation {
            token,
            clocked_tasks,
        })
    }
}
