//! Random histories, and every report of them held against a model that adds up the tracks one by one.

mod step;
mod world;

use std::{cell::Cell, collections::BTreeMap};

use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::Value;
use timetracks_testkit::{Client, TestServer};

use step::step;
use world::{Booked, KINDS, World, text};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

impl World<'_> {
    /// The naive sum of what `of` takes of each track, by what `by` calls it; tracks that are left out count nothing.
    fn sums(
        &self,
        by: impl Fn(&Booked) -> Option<String>,
        of: impl Fn(i64, i64) -> i64,
    ) -> BTreeMap<String, i64> {
        let now = self.server.clock.now();
        let mut sums = BTreeMap::new();
        for track in &self.booked {
            if let Some(name) = by(track) {
                let end = track.end.unwrap_or(now);
                *sums.entry(name).or_insert(0) += of(track.start, end).max(0);
            }
        }
        sums
    }

    /// Holds every report against the model: the admin's of everything, the member's of their own.
    async fn check(&self) {
        for (index, ([client, ..], _)) in self.people.iter().enumerate() {
            let seen = |track: &Booked| index == 0 || track.who == index;
            let length = |start: i64, end: i64| end - start;
            for (task, id) in self.tasks.iter().enumerate() {
                let by_person = self.sums(
                    |track| {
                        (seen(track) && track.task == task)
                            .then(|| self.people[track.who].1.clone())
                    },
                    length,
                );
                let report = client
                    .get(&format!("/reports/tasks/{id}/users"))
                    .await
                    .expect(200);
                compare(&report, "users", "userId", &by_person);
                let on_task = |track: &Booked| seen(track) && track.task == task;
                self.check_kinds(
                    client,
                    &report,
                    &format!("/reports/tasks/{id}/users"),
                    on_task,
                )
                .await;
                let by_track = self.sums(
                    |track| (seen(track) && track.task == task).then(|| track.id.clone()),
                    length,
                );
                let report = client
                    .get(&format!("/reports/tasks/{id}"))
                    .await
                    .expect(200);
                let found = rows(&report["tracks"], "id", "amount");
                assert_eq!(found, by_track);
                self.check_kinds(client, &report, &format!("/reports/tasks/{id}"), on_task)
                    .await;
                self.check_ends(&report["tracks"]);
                assert_eq!(report["total"], by_track.values().sum::<i64>());
            }
            let inside = |track: &Booked| seen(track) && track.task < 2;
            let by_person = self.sums(
                |track| inside(track).then(|| self.people[track.who].1.clone()),
                length,
            );
            let report = client
                .get(&format!("/reports/projects/{}/users", self.project))
                .await
                .expect(200);
            compare(&report, "users", "userId", &by_person);
            let path = format!("/reports/projects/{}/users", self.project);
            self.check_kinds(client, &report, &path, inside).await;
            let by_task = self.sums(
                |track| inside(track).then(|| self.tasks[track.task].clone()),
                length,
            );
            let report = client
                .get(&format!("/reports/projects/{}/tasks", self.project))
                .await
                .expect(200);
            compare(&report, "tasks", "taskId", &by_task);
            let path = format!("/reports/projects/{}/tasks", self.project);
            self.check_kinds(client, &report, &path, inside).await;
            self.check_person(client, index).await;
        }
    }

    /// Holds the kinds of a report, and the same report about each kind alone, against the model.
    async fn check_kinds(
        &self,
        client: &Client,
        report: &Value,
        path: &str,
        is_counted: impl Fn(&Booked) -> bool,
    ) {
        let by_kind = self.sums(
            |track| is_counted(track).then(|| track.kind.to_owned()),
            |start, end| end - start,
        );
        assert_eq!(rows(&report["kinds"], "kind", "total"), by_kind, "{path}");
        for kind in KINDS {
            let report = client.get(&format!("{path}?kind={kind}")).await.expect(200);
            let own = by_kind.get(kind).copied();
            assert_eq!(report["total"], own.unwrap_or_default(), "{path} {kind}");
            let alone = own.map(|sum| (kind.to_owned(), sum));
            let kinds = rows(&report["kinds"], "kind", "total");
            assert_eq!(kinds, alone.into_iter().collect(), "{path} {kind}");
        }
    }

    /// Holds how tracks ended against the model.
    fn check_ends(&self, tracks: &Value) {
        for track in tracks.as_array().unwrap() {
            let same = |booked: &&Booked| track["id"] == booked.id;
            let booked = self.booked.iter().find(same).unwrap();
            let expected = booked.end.map(|end| (end, booked.by));
            let found = track["end"].as_i64().zip(track["endedBy"].as_str());
            assert_eq!(found, expected);
        }
    }

    async fn check_person(&self, client: &Client, who: usize) {
        let now = self.server.clock.now();
        for (from, to) in [
            (now - 7 * DAY, now),
            (now - 5 * DAY, now - 2 * DAY),
            (now - HOUR, now + DAY),
        ] {
            let by_task = self.sums(
                |track| {
                    let touches = track.start <= to && track.end.unwrap_or(now) >= from;
                    (track.who == who && touches).then(|| self.tasks[track.task].clone())
                },
                |start, end| end.min(to) - start.max(from),
            );
            let path = format!(
                "/reports/users/{}?startDate={from}&endDate={to}",
                self.people[who].1
            );
            let report = client.get(&path).await.expect(200);
            let mut found = BTreeMap::new();
            for project in report["projects"].as_array().unwrap() {
                let tasks = rows(&project["tasks"], "taskId", "total");
                assert_eq!(project["total"], tasks.values().sum::<i64>());
                let standalone = tasks.contains_key(&self.tasks[2]);
                assert_eq!(project["projectId"].is_null(), standalone);
                found.extend(tasks);
            }
            assert_eq!(found, by_task, "from {from} to {to}");
            assert_eq!(report["total"], by_task.values().sum::<i64>());
            let kinds = rows(&report["kinds"], "kind", "total");
            assert_eq!(report["total"], kinds.values().sum::<i64>());
        }
    }
}

fn rows(list: &Value, id: &str, amount: &str) -> BTreeMap<String, i64> {
    let row = |row: &Value| (text(&row[id]), row[amount].as_i64().unwrap());
    list.as_array().unwrap().iter().map(row).collect()
}

fn compare(report: &Value, list: &str, id: &str, expected: &BTreeMap<String, i64>) {
    assert_eq!(&rows(&report[list], id, "total"), expected);
    assert_eq!(report["total"], expected.values().sum::<i64>());
}

#[test]
fn every_report_is_the_sum_of_the_tracks_whatever_happened() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(TestServer::start());
    let number = Cell::new(0);
    let config = ProptestConfig {
        cases: 12,
        max_shrink_iters: 40,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let steps = prop::collection::vec(step(), 1..40);
    let outcome = TestRunner::new(config).run(&steps, |steps| {
        number.set(number.get() + 1);
        runtime.block_on(async {
            let mut world = World::new(&server, &format!("world{}", number.get())).await;
            for step in steps {
                world.take(step).await;
            }
            world.watch();
            world.check().await;
        });
        Ok(())
    });
    outcome.unwrap();
}
