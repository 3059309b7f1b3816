//! A small organisation, what happens in it, and what the model knows of it.

use proptest::prelude::*;
use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use super::{DAY, HOUR};

/// As many people and tasks as it takes to mix them up.
const PEOPLE: usize = 2;
const TASKS: usize = 3;

/// Something that someone does.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Book {
        who: usize,
        task: usize,
        ago: i64,
        length: i64,
    },
    ClockIn {
        who: usize,
        task: usize,
    },
    ClockOut {
        who: usize,
        task: usize,
    },
    Correct {
        which: usize,
        later: i64,
        length: i64,
    },
    Reopen {
        which: usize,
    },
    Delete {
        which: usize,
    },
    Wait {
        ms: i64,
    },
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let (who, task) = (0..PEOPLE, 0..TASKS);
    prop_oneof![
        4 => (who.clone(), task.clone(), 0..10 * DAY, 0..30 * HOUR)
            .prop_map(|(who, task, ago, length)| Step::Book { who, task, ago, length }),
        3 => (who.clone(), task.clone()).prop_map(|(who, task)| Step::ClockIn { who, task }),
        2 => (who, task).prop_map(|(who, task)| Step::ClockOut { who, task }),
        2 => (any::<usize>(), 0..HOUR, 0..10 * HOUR)
            .prop_map(|(which, later, length)| Step::Correct { which, later, length }),
        1 => any::<usize>().prop_map(|which| Step::Reopen { which }),
        1 => any::<usize>().prop_map(|which| Step::Delete { which }),
        3 => (0..5 * HOUR).prop_map(|ms| Step::Wait { ms }),
    ]
}

/// A track as the model knows it.
#[derive(Debug, Clone)]
pub(super) struct Booked {
    pub(super) id: String,
    pub(super) who: usize,
    pub(super) task: usize,
    pub(super) start: i64,
    pub(super) end: Option<i64>,
}

/// An organisation: two people, a project with two tasks, and a standalone task.
pub(super) struct World<'s> {
    pub(super) server: &'s TestServer,
    pub(super) people: Vec<(Client, String)>,
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
        let mut people = Vec::new();
        for client in [admin, member] {
            let me = client.get("/account/me").await.expect(200);
            // Keys do not expire while the clock goes on for days.
            let key = client
                .post("/api-keys", &json!({ "name": "model" }))
                .await
                .expect(201);
            let client = client.with_key(&text(&key["apiKey"]));
            people.push((client, text(&me["user"]["id"])));
        }
        let make = async |path: String, name: &str| {
            let made = people[0].0.post(&path, &json!({ "name": name })).await;
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
        }
    }

    pub(super) async fn take(&mut self, step: Step) {
        let now = self.server.clock.now();
        match step {
            Step::Wait { ms } => self.server.clock.advance(ms),
            Step::Book {
                who,
                task,
                ago,
                length,
            } => {
                let (start, end) = (now - ago, now - ago + length);
                let path = format!("/tasks/{}/tracks", self.tasks[task]);
                let body = json!({ "start": start, "end": end });
                let made = self.people[who].0.post(&path, &body).await.expect(201);
                let id = text(&made["id"]);
                self.booked.push(Booked {
                    id,
                    who,
                    task,
                    start,
                    end: Some(end),
                });
            }
            Step::ClockIn { who, task } => {
                let path = format!("/tasks/{}/clock-in", self.tasks[task]);
                let answer = self.people[who].0.post_empty(&path).await;
                if answer.status == 201 {
                    let id = text(&answer.expect(201)["id"]);
                    self.booked.push(Booked {
                        id,
                        who,
                        task,
                        start: now,
                        end: None,
                    });
                } else {
                    answer.expect(200);
                }
            }
            Step::ClockOut { who, task } => {
                let path = format!("/tasks/{}/clock-out", self.tasks[task]);
                let answer = self.people[who].0.post_empty(&path).await;
                match self.running(who, task) {
                    Some(track) => {
                        answer.expect(200);
                        self.booked[track].end = Some(now.max(self.booked[track].start));
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
                    self.people[0].0.delete(&path).await.expect(200);
                    self.booked.remove(index);
                }
            }
        }
    }

    async fn correct(&mut self, which: usize, later: i64, length: i64) {
        let Some((path, index)) = self.pick(which) else {
            return;
        };
        let start = self.booked[index].start + later;
        let body = json!({ "start": start, "end": start + length });
        self.people[0].0.put(&path, &body).await.expect(200);
        self.booked[index].start = start;
        self.booked[index].end = Some(start + length);
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
        let answer = self.people[0].0.put(&path, &json!({ "end": null })).await;
        if end.is_some() && self.running(who, task).is_some() {
            answer.problem(409, "already-running");
        } else if start > self.server.clock.now() + 60_000 {
            assert_eq!(answer.invalid(), ["/start"]);
        } else {
            answer.expect(200);
            self.booked[index].end = None;
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
