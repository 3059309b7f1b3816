//! A few people and a few tasks, and everything that was asked about them.

use std::{sync::OnceLock, time::Duration};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::{
    history::{Violation, check},
    instance::Cluster,
    model::{Answer, Clock, Id, NamedTask, Operation, TaskAnswer},
    record::{Record, Reply, Subject},
    sums::assert_report_adds_up,
    support::{PASSWORD, json_of},
};

/// How many calls that change one clock may be under way or of unknown outcome. Each makes checking several times slower.
const MOST_OPEN_CHANGES: usize = 3;
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Somebody who clocks in and out.
#[derive(Clone)]
pub(crate) struct Person {
    id: Id,
    token: String,
}

/// A task, as clients call it.
struct Task {
    path: String,
    /// How to find it in the list of tasks.
    query: Option<(&'static str, String)>,
    id: OnceLock<Id>,
}

/// A few people and a few tasks, and everything that was asked about them.
pub(crate) struct Round {
    pub(crate) record: Record,
    people: Vec<Person>,
    tasks: Vec<Task>,
    /// For each subject, the calls that may still change it. One of unknown outcome takes its permit with it.
    changes: Vec<Semaphore>,
    http: Client,
}

/// Signs two people up in one organisation.
pub(crate) async fn people(cluster: &Cluster) -> Vec<Person> {
    let server = cluster.any();
    let ada = server.sign_up().await;
    let email = "bob@example.com";
    let body = json!({
        "email": email, "firstName": "Bob", "lastName": "Test", "role": "member", "password": PASSWORD,
    });
    json_of(server.post("/users", &ada, &body), 201).await;
    let body = json!({ "email": email, "password": PASSWORD });
    let bob = json_of(server.post("/account/login", "", &body), 200).await;
    let mut people = Vec::new();
    for token in [ada, text(&bob, "accessToken")] {
        let me = json_of(server.get("/account/me", &token), 200).await;
        let id = text(&me["user"], "id");
        people.push(Person { id, token });
    }
    people
}

impl Round {
    /// Begins a round: with one task that is there, one that will be made by its name, and one by its external id.
    pub(crate) async fn begin(cluster: &Cluster, people: &[Person], number: u64) -> Self {
        let body = json!({ "name": format!("made-{number}") });
        let made = cluster.any().post("/tasks", &people[0].token, &body);
        let made = text(&json_of(made, 201).await, "id");
        let (name, external_id) = (format!("name-{number}"), format!("external-{number}"));
        let tasks = vec![
            Task {
                path: format!("/tasks/{made}"),
                query: None,
                id: OnceLock::from(made),
            },
            Task {
                path: format!("/tasks/by-name/{name}"),
                query: Some(("name", name)),
                id: OnceLock::new(),
            },
            Task {
                path: format!("/tasks/by-external-id/{external_id}"),
                query: Some(("externalId", external_id)),
                id: OnceLock::new(),
            },
        ];
        let subjects = people.len() * tasks.len();
        Self {
            record: Record::default(),
            people: people.to_vec(),
            tasks,
            changes: (0..subjects)
                .map(|_| Semaphore::new(MOST_OPEN_CHANGES))
                .collect(),
            http: Client::builder().timeout(TIME_LIMIT).build().unwrap(),
        }
    }

    /// Every person's clock on every task.
    pub(crate) fn subjects(&self) -> Vec<Subject> {
        let of_task = |task| (0..self.people.len()).map(move |person| Subject { person, task });
        (0..self.tasks.len()).flat_map(of_task).collect()
    }

    /// Asks an instance as one of the clients, and records it. Reads instead when too much is open.
    pub(crate) async fn ask(
        &self,
        client: usize,
        (instance, address): (usize, &str),
        subject: Subject,
        operation: Operation,
    ) {
        let permits = &self.changes[subject.task * self.people.len() + subject.person];
        let (operation, permit) = match (operation, permits.try_acquire()) {
            (Operation::Read, _) | (_, Err(_)) => (Operation::Read, None),
            (change, Ok(permit)) => (change, Some(permit)),
        };
        let task = &self.tasks[subject.task];
        let (method, path) = match (operation, task.id.get()) {
            (Operation::ClockIn, _) => (Method::POST, format!("{}/clock-in", task.path)),
            (Operation::ClockOut, _) => (Method::POST, format!("{}/clock-out", task.path)),
            (Operation::Read, Some(id)) => (Method::GET, format!("/tasks/{id}/tracks")),
            (Operation::Read, None) => return,
        };
        let person = &self.people[subject.person];
        let request = self
            .http
            .request(method, format!("{address}/api/v1{path}"))
            .bearer_auth(&person.token);
        let place = self.record.sent((client, instance), subject, operation);
        let reply = match answer(request).await {
            Ok((status, body)) => Reply::read(operation, status, body, &person.id),
            Err(error) if error.is_connect() => return self.record.not_sent(place),
            Err(_) => None,
        };
        if let Some(reply) = reply {
            if let TaskAnswer::Is(id) = &reply.task {
                task.id.get_or_init(|| id.clone());
            }
            self.record.answered(place, reply);
        } else if let Some(permit) = permit {
            permit.forget();
        }
    }

    /// What cannot be explained, of every clock and every task.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        let clocks = self.subjects().into_iter().filter_map(|subject| {
            let history = self.record.clock(subject);
            check(&Clock::default(), &history).err()
        });
        let tasks = self.tasks.iter().enumerate().filter_map(|(place, task)| {
            let known = match (&task.query, task.id.get()) {
                (None, Some(id)) => NamedTask::Is(id.clone()),
                _ => NamedTask::Missing,
            };
            check(&known, &self.record.task(place)).err()
        });
        clocks.chain(tasks).collect()
    }

    /// Looks every acknowledged track up at this address, and every task in the list.
    pub(crate) async fn look_up(&self, address: &str) {
        for (subject, Reply { clock, body, .. }) in self.record.acknowledged() {
            let path = format!(
                "/tasks/{}/tracks/{}",
                text(&body, "taskId"),
                text(&body, "id")
            );
            let found = self.get(address, subject.person, &path).await;
            match clock {
                Answer::Ended(_) => assert_eq!(found, body, "acknowledged as ended"),
                _ => assert_eq!(found["start"], body["start"], "acknowledged: {body}"),
            }
        }
        for task in &self.tasks {
            if let Some((member, value)) = &task.query {
                let tasks = self
                    .get(address, 0, &format!("/tasks?{member}={value}"))
                    .await;
                let tasks = tasks.as_array().unwrap();
                assert!(tasks.len() <= 1, "several tasks are called {value}");
                if let Some(id) = task.id.get() {
                    assert_eq!(tasks[0]["id"], *id);
                }
            }
        }
    }

    /// Ends whatever runs. Nothing of this is recorded.
    pub(crate) async fn end_everything(&self, address: &str) {
        for subject in self.subjects() {
            let path = &self.tasks[subject.task].path;
            let request = self.http.post(format!("{address}/api/v1{path}/clock-out"));
            let request = request.bearer_auth(&self.people[subject.person].token);
            let (status, body) = answer(request).await.unwrap();
            assert!([200, 404, 409].contains(&status.as_u16()), "{body}");
        }
    }

    /// Holds the reports at this address against the tracks, none of which runs.
    pub(crate) async fn add_up(&self, address: &str) {
        let token = &self.people[0].token;
        for id in self.tasks.iter().filter_map(|task| task.id.get()) {
            assert_report_adds_up(&self.http, address, token, id).await;
        }
    }

    async fn get(&self, address: &str, person: usize, path: &str) -> Value {
        let request = self.http.get(format!("{address}/api/v1{path}"));
        json_of(request.bearer_auth(&self.people[person].token), 200).await
    }
}

async fn answer(
    request: reqwest::RequestBuilder,
) -> Result<(reqwest::StatusCode, Value), reqwest::Error> {
    let response = request.send().await?;
    Ok((response.status(), response.json().await?))
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap().to_owned()
}
