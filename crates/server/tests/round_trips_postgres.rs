//! What a request costs on PostgreSQL, counted between the server and the database, and what a lost answer does.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use serde_json::{Value, json};
use timetracks_app::Policy;
use timetracks_testkit::{
    Client, PASSWORD, TestServer,
    postgres::{Counts, Proxy},
};

/// Enough for every connection to have prepared every statement.
const WARM_UP: usize = 30;
const MEASUREMENTS: usize = 10;

/// The least that one of several runs costs: now and then the server also asks whether the database is there.
async fn least(proxy: &Proxy, mut run: impl AsyncFnMut()) -> Counts {
    for _ in 0..WARM_UP {
        run().await;
    }
    let mut least: Option<Counts> = None;
    for _ in 0..MEASUREMENTS {
        proxy.reset();
        run().await;
        let counts = proxy.counts();
        if least.is_none_or(|least| counts.round_trips < least.round_trips) {
            least = Some(counts);
        }
    }
    least.unwrap()
}

async fn start() -> (TestServer, TestServer, Proxy, Client) {
    start_with(Policy::default()).await
}

async fn start_with(policy: Policy) -> (TestServer, TestServer, Proxy, Client) {
    let direct = TestServer::start_with(policy).await;
    let proxy = Proxy::start(&direct.database().url());
    let server = direct.another_at(2, proxy.url()).await;
    let client = server.sign_up("ada").await;
    (direct, server, proxy, client)
}

#[tokio::test]
async fn the_hot_path_is_as_short_as_the_architecture_says() {
    let (_direct, server, proxy, client) = start().await;
    let task = client.post("/tasks", &json!({ "name": "Work" })).await;
    let task = task.expect(201)["id"].as_str().unwrap().to_owned();
    let (clock_in, clock_out) = (
        format!("/tasks/{task}/clock-in"),
        format!("/tasks/{task}/clock-out"),
    );

    let both = least(&proxy, async || {
        client.post(&clock_in, &json!({})).await.expect(201);
        server.clock.advance(1_000);
        client.post(&clock_out, &json!({})).await.expect(200);
    })
    .await;
    client.post(&clock_in, &json!({})).await.expect(201);
    let again = least(&proxy, async || {
        client.post(&clock_in, &json!({})).await.expect(200);
    })
    .await;
    let track = client
        .post(&clock_in, &json!({ "lease": 3600 }))
        .await
        .expect(200);
    let heartbeat = format!(
        "/tasks/{task}/tracks/{}/heartbeat",
        track["id"].as_str().unwrap()
    );
    let beat = least(&proxy, async || {
        server.clock.advance(1_000);
        client.post_empty(&heartbeat).await.expect(200);
    })
    .await;
    let read = least(&proxy, async || {
        client.get(&format!("/tasks/{task}")).await.expect(200);
    })
    .await;

    // In: the look, then the write with its commit. Out: the look, the sum, the commit.
    assert_eq!(both.round_trips, 2 + 3, "{both:?}");
    assert_eq!(again.round_trips, 2, "{again:?}");
    // A heartbeat: the look, then the write with its commit.
    assert_eq!(beat.round_trips, 2, "{beat:?}");
    // The second one ends the transaction, after the answer.
    assert!(read.round_trips <= 2, "{read:?}");
}

/// Adds somebody with a password or without, and answers with their path.
async fn add(admin: &Client, name: &str, password: Option<&str>) -> String {
    let body = json!({
        "email": format!("{name}@example.com"),
        "firstName": name,
        "lastName": "Test",
        "role": "member",
        "password": password,
    });
    let added = admin.post("/users", &body).await.expect(201);
    let id = |added: &Value| added["id"].as_str().map(str::to_owned);
    format!("/users/{}", id(&added).or(id(&added["user"])).unwrap())
}

#[tokio::test]
async fn whatever_is_wrong_with_a_log_in_it_is_the_same_work() {
    let policy = Policy {
        limit_logins: true,
        ..Policy::default()
    };
    let (_direct, server, proxy, ada) = start_with(policy).await;
    add(&ada, "bob", None).await;
    let eve = add(&ada, "eve", Some(PASSWORD)).await;
    let inactive = json!({ "active": false });
    ada.put(&eve, &inactive).await.expect(200);

    let mut works = Vec::new();
    for (name, password) in [
        ("nobody", PASSWORD),
        ("ada", "incorrect horse battery staple"),
        ("bob", PASSWORD),
        ("eve", PASSWORD),
    ] {
        let body = json!({ "email": format!("{name}@example.com"), "password": password });
        let anyone = server.anonymous();
        let before = server.server.app().hashing();
        let counts = least(&proxy, async || {
            // Long enough for every attempt to be forgiven.
            server.clock.advance(300_000);
            let answer = anyone.post("/account/login", &body).await;
            answer.problem(401, "invalid-credentials");
        })
        .await;
        let after = server.server.app().hashing();
        let attempts = u64::try_from(WARM_UP + MEASUREMENTS).unwrap();
        assert_eq!(after.computed - before.computed, attempts, "{name}");
        works.push((counts, after.blocks - before.blocks));
    }
    let (counts, blocks) = works[0];
    // The attempt is counted, the user looked for, the failure written down.
    assert!(counts.round_trips > 4 && blocks > 0, "{works:#?}");
    works.dedup();
    assert_eq!(works.len(), 1, "{works:#?}");
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_answered_503_and_is_there_once() {
    let (direct, _server, proxy, client) = start().await;
    let task = client.post("/tasks", &json!({ "name": "Work" })).await;
    let task = task.expect(201)["id"].as_str().unwrap().to_owned();
    let body = json!({ "start": 1_795_000_000_000_u64, "end": 1_795_000_001_000_u64 });
    let path = format!("/tasks/{task}/tracks");

    proxy.cut_after_commit();
    client.post(&path, &body).await.expect(503);
    let ada = direct.log_in("ada").await;
    let tracks = ada.get(&path).await.expect(200);
    assert_eq!(tracks.as_array().unwrap().len(), 1, "it was kept, once");

    proxy.cut_before_commit();
    client.post(&path, &body).await.expect(503);
    let tracks = ada.get(&path).await.expect(200);
    assert_eq!(tracks.as_array().unwrap().len(), 1, "it was not kept");

    client.post(&path, &body).await.expect(201);
}

#[tokio::test]
async fn connections_that_were_lost_while_idle_are_replaced_without_anyone_noticing() {
    let (_direct, _server, proxy, client) = start().await;
    for _ in 0..WARM_UP {
        client.get("/tasks").await.expect(200);
    }
    for name in ["one", "two", "three"] {
        proxy.cut();
        client
            .post("/tasks", &json!({ "name": name }))
            .await
            .expect(201);
        client.get("/tasks").await.expect(200);
    }
    let tasks = client.get("/tasks").await.expect(200);
    assert_eq!(tasks.as_array().unwrap().len(), 3);
}
