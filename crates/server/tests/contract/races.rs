//! What holds when many ask for the same thing at once.

use std::{collections::BTreeMap, future::Future};

use serde_json::json;
use timetracks_testkit::{Answer, Client, TestServer};

use crate::tracking::{MINUTE, ids, make_task, text};

const MANY: usize = 50;

/// Sends that many requests at once, and waits for all answers.
async fn at_once<F: Future<Output = Answer> + Send + 'static>(
    ask: impl Fn(usize) -> F,
) -> Vec<Answer> {
    let asked: Vec<_> = (0..MANY).map(|turn| tokio::spawn(ask(turn))).collect();
    let mut answers = Vec::new();
    for task in asked {
        answers.push(task.await.expect("no request panics"));
    }
    answers
}

/// Sends the same POST that many times at once, taking turns among the clients.
async fn post_at_once(clients: &[Client], path: &str) -> Vec<Answer> {
    at_once(|turn| {
        let (client, path) = (clients[turn % clients.len()].clone(), path.to_owned());
        async move { client.post_empty(&path).await }
    })
    .await
}

/// How many answers had which status.
fn statuses(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.status).or_default() += 1;
    }
    counts
}

async fn team(server: &TestServer) -> Vec<Client> {
    let ada = server.sign_up("ada").await;
    let mut team = vec![ada.clone()];
    for name in ["bob", "cy", "dee", "eli"] {
        team.push(server.add_user(&ada, name, "member").await);
    }
    team
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_first_clock_ins_by_name_make_one_task() {
    let server = TestServer::start().await;
    let team = team(&server).await;
    let answers = post_at_once(&team, "/tasks/by-name/Write%20docs/clock-in").await;
    one_task_was_made(&team, &answers).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_first_clock_ins_by_external_id_make_one_task() {
    let server = TestServer::start().await;
    let team = team(&server).await;
    let answers = post_at_once(&team, "/tasks/by-external-id/owner%2Frepo%2342/clock-in").await;
    one_task_was_made(&team, &answers).await;
}

/// One task, and one running track for each of the team.
async fn one_task_was_made(team: &[Client], answers: &[Answer]) {
    let expected = BTreeMap::from([(200, MANY - team.len()), (201, team.len())]);
    assert_eq!(statuses(answers), expected);
    let tasks = ids(&team[0].get("/tasks").await.expect(200));
    assert_eq!(tasks.len(), 1);
    for answer in answers {
        assert_eq!(answer.body["taskId"], tasks[0]);
    }
    let tracks = team[0].get("/tracks").await.expect(200);
    assert_eq!(ids(&tracks).len(), team.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_clock_ins_of_one_person_start_one_track() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    let path = format!("/tasks/{task}/clock-in");
    let answers = post_at_once(std::slice::from_ref(&ada), &path).await;
    let expected = BTreeMap::from([(200, MANY - 1), (201, 1)]);
    assert_eq!(statuses(&answers), expected);
    let tracks = ids(&ada.get("/tracks").await.expect(200));
    assert_eq!(tracks.len(), 1);
    for answer in answers {
        assert_eq!(text(&answer.body, "id"), tracks[0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_clock_outs_end_the_track_once() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    ada.post_empty(&format!("/tasks/{task}/clock-in"))
        .await
        .expect(201);
    server.clock.advance(MINUTE);
    let path = format!("/tasks/{task}/clock-out");
    let answers = post_at_once(std::slice::from_ref(&ada), &path).await;
    let expected = BTreeMap::from([(200, 1), (409, MANY - 1)]);
    assert_eq!(statuses(&answers), expected);
    for answer in answers.into_iter().filter(|answer| answer.status == 409) {
        answer.problem(409, "not-running");
    }
    let report = ada.get(&format!("/reports/tasks/{task}")).await;
    assert_eq!(report.expect(200)["total"], MINUTE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_bookings_without_an_end_start_one_track() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    let now = server.clock.now();
    let answers = at_once(|turn| {
        let (ada, path) = (ada.clone(), format!("/tasks/{task}/tracks"));
        let body = json!({ "start": now - i64::try_from(turn).unwrap() });
        async move { ada.post(&path, &body).await }
    })
    .await;
    let expected = BTreeMap::from([(201, 1), (409, MANY - 1)]);
    assert_eq!(statuses(&answers), expected);
    let tracks = ada.get("/tracks").await.expect(200);
    assert_eq!(ids(&tracks).len(), 1);
    for answer in answers.into_iter().filter(|answer| answer.status == 409) {
        assert_eq!(answer.problem(409, "already-running")["track"], tracks[0]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_reopenings_leave_one_running_track() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Write docs").await;
    let now = server.clock.now();
    let mut paths = Vec::new();
    for turn in 0..MANY {
        let start = now - i64::try_from(turn).unwrap();
        let body = json!({ "start": start, "end": now });
        let booked = ada.post(&format!("/tasks/{task}/tracks"), &body).await;
        paths.push(booked.header("location").to_owned());
    }
    let answers = at_once(|turn| {
        let (ada, path) = (ada.clone(), paths[turn].clone());
        async move { ada.put(&path, &json!({ "end": null })).await }
    })
    .await;
    let expected = BTreeMap::from([(200, 1), (409, MANY - 1)]);
    assert_eq!(statuses(&answers), expected);
    let running = ada.get("/tracks?running=true").await.expect(200);
    assert_eq!(ids(&running).len(), 1);
}

/// Totals are kept with every write, so they must come out right whatever the writes' order was.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_bookings_and_deletions_leave_exact_totals() {
    let server = TestServer::start().await;
    let team = team(&server).await;
    let task = make_task(&team[0], "Write docs").await;
    let now = server.clock.now();
    let path = format!("/tasks/{task}/tracks");
    at_once(|turn| {
        let (client, path) = (team[turn % team.len()].clone(), path.clone());
        let length = i64::try_from(turn).unwrap() + 1;
        let body = json!({ "start": now - length, "end": now });
        async move {
            let booked = client.post(&path, &body).await;
            let location = booked.header("location").to_owned();
            booked.clone().expect(201);
            if length % 2 == 0 {
                client.delete(&location).await.expect(200);
            }
            booked
        }
    })
    .await;
    // The odd numbers from 1 to 49.
    let report = team[0].get(&format!("/reports/tasks/{task}/users")).await;
    let report = report.expect(200);
    assert_eq!(report["total"], 625);
    let people = report["users"].as_array().unwrap();
    let sum: i64 = people
        .iter()
        .map(|row| row["total"].as_i64().unwrap())
        .sum();
    assert_eq!((people.len(), sum), (team.len(), 625));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_uses_of_an_external_id_make_one_task_and_one_project() {
    let server = TestServer::start().await;
    let team = team(&server).await;
    for path in ["/tasks", "/projects"] {
        let answers = at_once(|turn| {
            let client = team[turn % team.len()].clone();
            let body = json!({ "name": "Fix login", "externalId": "JIRA-1" });
            async move { client.post(path, &body).await }
        })
        .await;
        let expected = BTreeMap::from([(201, 1), (409, MANY - 1)]);
        assert_eq!(statuses(&answers), expected, "{path}");
        let listed = team[0].get(path).await.expect(200);
        assert_eq!(ids(&listed).len(), 1, "{path}");
    }
}
