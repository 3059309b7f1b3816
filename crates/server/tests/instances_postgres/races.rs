//! What holds when many ask for the same thing at once, each of another instance.

use serde_json::{Value, json};
use timetracks_testkit::{Client, PASSWORD};

use crate::support::{Trio, at_once, count, my_path, post_at_once, rounds, text, until_refused};

const ROUNDS: usize = 20;
/// Of what begins with a login or two, which hash.
const SLOW_ROUNDS: usize = 10;
/// How many ask at once.
const MANY: usize = 24;

fn length(list: &Value) -> usize {
    list.as_array().map(Vec::len).unwrap_or_default()
}

/// Everyone of a team of four, at every instance.
async fn team(trio: &Trio) -> Vec<Client> {
    let ada = trio.first().sign_up("ada").await;
    let mut team = vec![ada.clone()];
    for name in ["bob", "cy", "dee"] {
        team.push(trio.first().add_user(&ada, name, "member").await);
    }
    team.iter().flat_map(|member| trio.each(member)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn first_clock_ins_by_name_make_one_task_and_a_track_for_each_person() {
    let trio = Trio::start().await;
    let team = team(&trio).await;
    for round in 0..rounds(ROUNDS) {
        let path = format!("/tasks/by-name/Write%20docs%20{round}/clock-in");
        let answers = at_once(MANY, &team, |client| {
            let path = path.clone();
            async move { client.post_empty(&path).await }
        })
        .await;
        let fates = (count(&answers, 201), count(&answers, 200));
        assert_eq!(fates, (4, MANY - 4), "round {round}");
        for answer in &answers {
            assert_eq!(answer.body["taskId"], answers[0].body["taskId"]);
        }
        for client in trio.each(&team[0]) {
            let tasks = client.get("/tasks").await.expect(200);
            assert_eq!(length(&tasks), round + 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_person_runs_one_track_on_a_task_and_ends_it_once() {
    let trio = Trio::start().await;
    let ada = trio.first().sign_up("ada").await;
    let task = ada.post("/tasks", &json!({ "name": "Write docs" })).await;
    let task = task.expect(201);
    let clients = trio.each(&ada);
    for round in 0..rounds(ROUNDS) {
        let turn = async |verb: &str| {
            let path = format!("/tasks/{}/{verb}", text(&task, "id"));
            at_once(MANY, &clients, |client| {
                let path = path.clone();
                async move { client.post_empty(&path).await }
            })
            .await
        };
        let begun = turn("clock-in").await;
        let fates = (count(&begun, 201), count(&begun, 200));
        assert_eq!(fates, (1, MANY - 1), "round {round}");
        for answer in &begun {
            assert_eq!(answer.body["id"], begun[0].body["id"]);
        }
        trio.first().clock.advance(1_000);
        let ended = turn("clock-out").await;
        let fates = (count(&ended, 200), count(&ended, 409));
        assert_eq!(fates, (1, MANY - 1), "round {round}");
    }
    let seconds = i64::try_from(rounds(ROUNDS)).unwrap();
    for client in clients {
        let path = format!("/reports/tasks/{}", text(&task, "id"));
        let report = client.get(&path).await.expect(200);
        assert_eq!(report["total"], seconds * 1_000);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lease_ends_at_the_same_instant_for_every_instance_and_one_begins_anew() {
    let trio = Trio::start().await;
    let ada = trio.first().sign_up("ada").await;
    let task = ada.post("/tasks", &json!({ "name": "Build" })).await;
    let task = format!("/tasks/{}", text(&task.expect(201), "id"));
    let (clients, lease) = (trio.each(&ada), json!({ "lease": 60 }));
    let mut booked = 0;
    for round in 0..ROUNDS {
        let clock_in = format!("{task}/clock-in");
        let begun = clients[0].post(&clock_in, &lease).await.expect(201);
        let track = format!("{task}/tracks/{}", text(&begun, "id"));
        trio.first().clock.advance(20_000);
        let heartbeat = format!("{track}/heartbeat");
        clients[1].post_empty(&heartbeat).await.expect(200);
        booked += 20_000;
        trio.first().clock.advance(60_000);
        // Nobody has written it down, and all see the same.
        for client in &clients {
            let seen = client.get(&track).await.expect(200);
            assert_eq!(
                (&seen["endedBy"], &seen["amount"]),
                (&json!("lease"), &json!(20_000))
            );
            let report = client
                .get(&format!("/reports{task}/users"))
                .await
                .expect(200);
            assert_eq!(report["total"], booked, "round {round}");
        }
        let beats = at_once(MANY, &clients, |client| {
            let heartbeat = heartbeat.clone();
            async move { client.post_empty(&heartbeat).await }
        });
        let begun = post_at_once(MANY, &clients, &clock_in, &lease);
        let (beats, begun) = tokio::join!(beats, begun);
        assert_eq!(count(&beats, 409), MANY, "round {round}");
        let fates = (count(&begun, 201), count(&begun, 200));
        assert_eq!(fates, (1, MANY - 1), "round {round}");
        clients[2]
            .post_empty(&format!("{task}/clock-out"))
            .await
            .expect(200);
    }
    for client in &clients {
        let report = client.get(&format!("/reports{task}")).await.expect(200);
        assert_eq!(
            (&report["total"], length(&report["tracks"])),
            (&json!(booked), 2 * ROUNDS)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_invitation_makes_one_user() {
    let trio = Trio::start().await;
    let ada = trio.first().sign_up("ada").await;
    let anyone = trio.each(&trio.first().anonymous());
    for round in 0..rounds(ROUNDS) {
        let body = json!({ "email": format!("bob{round}@example.com"), "role": "member" });
        let invited = ada.post("/invitations", &body).await.expect(201);
        let path = format!("/account/signup/{}", text(&invited["invitation"], "id"));
        let answers = post_at_once(MANY, &anyone, &path, &body).await;
        let fates = (count(&answers, 201), count(&answers, 404));
        assert_eq!(fates, (1, MANY - 1), "round {round}");
        let users = ada.get("/users").await.expect(200);
        assert_eq!(length(&users), round + 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_refreshes_with_one_token_two_succeed_at_most_and_the_session_is_over() {
    let trio = Trio::start().await;
    trio.first().sign_up("ada").await;
    let anyone = trio.each(&trio.first().anonymous());
    let refresh = "/account/refresh";
    for round in 0..rounds(SLOW_ROUNDS) {
        let tokens = trio.first().tokens("ada").await;
        let body = json!({ "refreshToken": tokens["refreshToken"] });
        let answers = post_at_once(MANY, &anyone, refresh, &body).await;
        let fates = (count(&answers, 200), count(&answers, 401));
        // One more is forgiven, as if the first answer had been lost.
        assert_eq!(fates, (2, MANY - 2), "round {round}");
        let won = answers.into_iter().find(|answer| answer.status == 200);
        for tokens in [tokens, won.unwrap().body] {
            let body = json!({ "refreshToken": tokens["refreshToken"] });
            for client in &anyone {
                let again = client.post(refresh, &body).await;
                again.problem(401, "invalid-credentials");
                let client = client.with_token(text(&tokens, "accessToken"));
                until_refused(&client, "/account/me", 401).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_admins_who_demote_each_other_leave_an_admin() {
    let trio = Trio::start().await;
    for round in 0..rounds(SLOW_ROUNDS) {
        let ada = trio.first().sign_up(&format!("ada{round}")).await;
        let bob = format!("bob{round}");
        let bob = trio.first().add_user(&ada, &bob, "admin").await;
        let (first, other) = (round % 3, (round + 1) % 3);
        let rivals = [trio.0[first].speak_as(&ada), trio.0[other].speak_as(&bob)];
        let targets = [my_path(&rivals[1]).await, my_path(&rivals[0]).await];
        let change = match round % 2 {
            0 => json!({ "role": "member" }),
            _ => json!({ "active": false }),
        };
        let (one, two) = tokio::join!(
            rivals[0].put(&targets[0], &change),
            rivals[1].put(&targets[1], &change)
        );
        let answers = [one, two];
        assert_eq!(count(&answers, 200), 1, "round {round}: {answers:#?}");
        let winner = if answers[0].status == 200 { &ada } else { &bob };
        let users = winner.get("/users").await.expect(200);
        let is_admin = |user: &&Value| user["role"] == "admin" && user["active"] == true;
        let admins = users.as_array().into_iter().flatten().filter(is_admin);
        assert_eq!(admins.count(), 1, "round {round}: {users:#}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sign_ups_with_one_email_make_one_user() {
    let trio = Trio::start().await;
    let anyone = trio.each(&trio.first().anonymous());
    for round in 0..rounds(SLOW_ROUNDS) {
        let body = json!({
            "email": format!("ada{round}@example.com"),
            "firstName": "Ada",
            "lastName": "Test",
            "password": PASSWORD,
            "orgName": "Ada's organisation",
        });
        let answers = post_at_once(6, &anyone, "/account/signup", &body).await;
        let fates = (count(&answers, 201), count(&answers, 409));
        assert_eq!(fates, (1, 5), "round {round}");
        trio.first().log_in(&format!("ada{round}")).await;
    }
}

/// Each organisation has a lane of its own, so only the database can decide.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_email_is_given_to_a_user_of_one_of_several_organisations() {
    let trio = Trio::start().await;
    let mut admins = Vec::new();
    for (name, instance) in ["ada", "eve", "zoe"].into_iter().zip(&trio.0) {
        admins.push(instance.speak_as(&trio.first().sign_up(name).await));
    }
    for round in 0..rounds(ROUNDS) {
        let body = json!({ "email": format!("bob{round}@example.com"), "role": "member" });
        let answers = post_at_once(MANY, &admins, "/users", &body).await;
        let fates = (count(&answers, 201), count(&answers, 409));
        assert_eq!(fates, (1, MANY - 1), "round {round}");
    }
    let mut users = 0;
    for admin in &admins {
        users += length(&admin.get("/users").await.expect(200));
    }
    assert_eq!(users, admins.len() + rounds(ROUNDS));
}
