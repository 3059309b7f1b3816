//! A small organisation, what happens in it, and what the model knows of it.

use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use super::{HOUR, step::Step};

/// As many people and tasks as it takes to mix them up.
pub(super) const PEOPLE: usize = 2;
pub(super) const TASKS: usize = 3;

pub(super) const KINDS: [&str; 3] = ["human", "ci", "agent"];

/// A track as the model knows it.
#[derive(Debug, Clone)]
pub(super) struct Booked {
    pub(super) id: String,
    pub(super) who: usize,
    pub(super) task: usize,
    pub(super) start: i64,
    pub(super) end: Option<i64>,
    pub(super) by: &'static str,
    pub(super) kind: &'static str,
    /// How long a sign of life is good, in milliseconds.
    lease: Option<i64>,
    heartbeat: i64,
}

/// An organisation: two people with a key of each kind, a project with two tasks, and a standalone task.
pub(super) struct World<'s> {
    pub(super) server: &'s TestServer,
    pub(super) people: Vec<([Client; 3], String)>,
    org: String,
    /// For how long a track may run, in milliseconds.
    limit: Option<i64>,
    pub(super) project: String,
    pub(super) tasks: Vec<String>,
    pub(super) booked: Vec<Booked>,
}

impl<'s> World<'s> {
    pub(super) async fn new(server: &'s TestServer, name: &str) -> Self {
        let admin = server.sign_up(name).await;
        let member = server
            .add_user(&admin, &format!("{name}-2"), "member")
            .await;
        let org = admin.get("/account/me").await.expect(200);
        let org = text(&org["org"]["id"]);
        let mut people = Vec::new();
        for client in [admin, member] {
            let me = client.get("/account/me").await.expect(200);
            // Keys do not expire while the clock goes on for days.
            let key = async |kind: &str| {
                let key = json!({ "name": "model", "kind": kind });
                let key = client.post("/api-keys", &key).await.expect(201);
                client.with_key(&text(&key["apiKey"]))
            };
            let keys = [
                key(KINDS[0]).await,
                key(KINDS[1]).await,
                key(KINDS[2]).await,
            ];
            people.push((keys, text(&me["user"]["id"])));
        }
        let make = async |path: String, name: &str| {
            let made = people[0].0[0].post(&path, &json!({ "name": name })).await;
            text(&made.expect(201)["id"])
        };
        let project = make("/projects".to_owned(), "Shop").await;
        let inside = format!("/projects/{project}/tasks");
        let tasks = vec![
            make(inside.clone(), "Cart").await,
            make(inside, "Till").await,
            make("/tasks".to_owned(), "Mail").await,
        ];
        Self {
            server,
            people,
            project,
            tasks,
            booked: Vec::new(),
            org,
            limit: None,
        }
    }

    /// What somebody who watches all the time would have done by now.
    pub(super) fn watch(&mut self) {
        let (now, limit) = (self.server.clock.now(), self.limit);
        for track in self.booked.iter_mut().filter(|track| track.end.is_none()) {
            let limit = limit.map_or(i64::MAX, |limit| track.start + limit);
            let lease = track
                .lease
                .map_or(i64::MAX, |lease| track.heartbeat + lease);
            if lease <= limit && lease <= now {
                track.end = Some(track.heartbeat.max(track.start));
                track.by = "lease";
            } else if limit <= now {
                track.end = Some(limit);
                track.by = "limit";
            }
        }
    }

    pub(super) async fn take(&mut self, step: Step) {
        let now = self.server.clock.now();
        self.watch();
        match step {
            Step::Wait { ms } => self.server.clock.advance(ms),
            Step::Book {
                who,
                task,
                kind,
                ago,
                length,
            } => {
                let (start, end) = (now - ago, now - ago + length);
                let path = format!("/tasks/{}/tracks", self.tasks[task]);
                let body = json!({ "start": start, "end": end });
                let client = &self.people[who].0[kind];
                let made = client.post(&path, &body).await.expect(201);
                let id = text(&made["id"]);
                self.booked.push(Booked {
                    id,
                    who,
                    task,
                    start,
                    end: Some(end),
                    by: "user",
                    kind: KINDS[kind],
                    lease: None,
                    heartbeat: now,
                });
            }
            Step::ClockIn {
                who,
                task,
                kind,
                lease,
            } => self.clock_in(who, task, kind, lease).await,
            Step::Heartbeat { which } => self.heartbeat(which).await,
            Step::Limit { hours } => {
                let path = format!("/orgs/{}", self.org);
                let body = json!({ "maxRunning": hours });
                self.people[0].0[0].put(&path, &body).await.expect(200);
                self.limit = hours.map(|hours| hours * HOUR);
            }
            Step::ClockOut { who, task } => {
                let path = format!("/tasks/{}/clock-out", self.tasks[task]);
                let answer = self.people[who].0[0].post_empty(&path).await;
                match self.running(who, task) {
                    Some(track) => {
                        answer.expect(200);
                        self.booked[track].end = Some(now.max(self.booked[track].start));
                        self.booked[track].by = "user";
                    }
                    None => drop(answer.problem(409, "not-running")),
                }
            }
            Step::Correct {
                which,
                later,
                length,
            } => self.correct(which, later, length).await,
            Step::Reopen { which } => self.reopen(which).await,
            Step::Delete { which } => {
                if let Some((path, index)) = self.pick(which) {
                    self.people[0].0[0].delete(&path).await.expect(200);
                    self.booked.remove(index);
                }
            }
        }
    }

    async fn clock_in(&mut self, who: usize, task: usize, kind: usize, lease: Option<i64>) {
        let (now, ms) = (self.server.clock.now(), lease.map(|seconds| seconds * 1000));
        let path = format!("/tasks/{}/clock-in", self.tasks[task]);
        let client = &self.people[who].0[kind];
        let answer = client.post(&path, &json!({ "lease": lease })).await;
        match self.running(who, task) {
            Some(running) => {
                let track = &mut self.booked[running];
                assert_eq!(text(&answer.expect(200)["id"]), track.id);
                if ms.is_some() {
                    (track.lease, track.heartbeat) = (ms, now);
                }
            }
            None => self.booked.push(Booked {
                id: text(&answer.expect(201)["id"]),
                who,
                task,
                start: now,
                end: None,
                by: "user",
                kind: KINDS[kind],
                lease: ms,
                heartbeat: now,
            }),
        }
    }

    async fn heartbeat(&mut self, which: usize) {
        let Some((path, index)) = self.pick(which) else {
            return;
        };
        let client = &self.people[0].0[0];
        let answer = client.post_empty(&format!("{path}/heartbeat")).await;
        let track = &mut self.booked[index];
        match track.end {
            None => {
                answer.expect(200);
                track.heartbeat = self.server.clock.now();
            }
            Some(end) => {
                let refused = answer.problem(409, "not-running");
                assert_eq!(refused["track"]["end"], end);
            }
        }
    }

    async fn correct(&mut self, which: usize, later: i64, length: i64) {
        let Some((path, index)) = self.pick(which) else {
            return;
        };
        let start = self.booked[index].start + later;
        let body = json!({ "start": start, "end": start + length });
        self.people[0].0[0].put(&path, &body).await.expect(200);
        let track = &mut self.booked[index];
        track.start = start;
        if track.end != Some(start + length) {
            track.by = "user";
        }
        track.end = Some(start + length);
    }

    async fn reopen(&mut self, which: usize) {
        let Some((path, index)) = self.pick(which) else {
            return;
        };
        let Booked {
            who,
            task,
            start,
            end,
            ..
        } = self.booked[index].clone();
        let client = &self.people[0].0[0];
        let answer = client.put(&path, &json!({ "end": null })).await;
        if start > self.server.clock.now() + 60_000 {
            assert_eq!(answer.invalid(), ["/start"]);
        } else if end.is_some() && self.running(who, task).is_some() {
            answer.problem(409, "already-running");
        } else {
            answer.expect(200);
            let track = &mut self.booked[index];
            if track.end.take().is_some() {
                track.heartbeat = self.server.clock.now();
            }
        }
    }

    fn pick(&self, which: usize) -> Option<(String, usize)> {
        let index = which.checked_rem(self.booked.len())?;
        let track = &self.booked[index];
        let path = format!("/tasks/{}/tracks/{}", self.tasks[track.task], track.id);
        Some((path, index))
    }

    fn running(&self, who: usize, task: usize) -> Option<usize> {
        let running =
            |track: &Booked| track.who == who && track.task == task && track.end.is_none();
        self.booked.iter().position(running)
    }
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
