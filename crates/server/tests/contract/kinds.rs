//! Who or what books time: people, pipelines and agents, on users, keys and tracks, and in reports.

use serde_json::{Value, json};
use timetracks_testkit::{Client, TestServer};

use crate::{
    support::{key_tokens, make_key, text},
    tracking::{HOUR, MINUTE, id, ids, make_project, make_task, make_task_in, my_id},
};

/// A client with a key of that kind.
async fn key_of(server: &TestServer, client: &Client, kind: &Value) -> Client {
    let key = make_key(client, &json!({ "name": "key", "kind": kind })).await;
    assert_eq!(&key["info"]["kind"], kind);
    let read = client
        .get(&format!("/api-keys/{}", text(&key["info"], "id")))
        .await;
    assert_eq!(&read.expect(200)["kind"], kind);
    server.anonymous().with_key(text(&key, "apiKey"))
}

/// The kind of the track that this client begins and ends on a task after so long.
async fn spend(server: &TestServer, client: &Client, task: &str, ms: i64) -> Value {
    let begun = client
        .post_empty(&format!("/tasks/{task}/clock-in"))
        .await
        .expect(201);
    server.clock.advance(ms);
    let ended = client
        .post_empty(&format!("/tasks/{task}/clock-out"))
        .await
        .expect(200);
    assert_eq!(ended["kind"], begun["kind"]);
    ended["kind"].clone()
}

/// The kinds of a report with their totals; they add up.
fn kinds(report: &Value) -> Vec<(String, i64)> {
    let kinds = report["kinds"].as_array().unwrap().iter();
    let kinds: Vec<_> = kinds
        .map(|row| (text(row, "kind").to_owned(), row["total"].as_i64().unwrap()))
        .collect();
    let sum: i64 = kinds.iter().map(|(_, total)| total).sum();
    assert_eq!(report["total"], sum);
    kinds
}

#[tokio::test]
async fn a_track_has_the_kind_of_the_key_or_else_the_user_that_booked_it() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = make_task(&ada, "Build").await;
    assert_eq!(spend(&server, &ada, &task, 1).await, "human");
    for kind in ["human", "ci", "agent"] {
        let key = key_of(&server, &ada, &json!(kind)).await;
        assert_eq!(spend(&server, &key, &task, 1).await, kind);
    }
    let key = make_key(&ada, &json!({ "name": "session", "kind": "agent" })).await;
    let tokens = key_tokens(&server, text(&key, "apiKey")).await;
    let session = server.anonymous().with_token(text(&tokens, "accessToken"));
    assert_eq!(spend(&server, &session, &task, 1).await, "agent");
    let rotated = ada
        .put(
            &format!("/api-keys/{}", text(&key["info"], "id")),
            &json!({}),
        )
        .await;
    assert_eq!(rotated.expect(200)["info"]["kind"], "agent");

    let silent = key_of(&server, &ada, &Value::Null).await;
    assert_eq!(spend(&server, &silent, &task, 1).await, "human");
    let me = my_id(&ada).await;
    let changed = ada
        .put(&format!("/users/{me}"), &json!({ "kind": "ci" }))
        .await;
    assert_eq!(changed.expect(200)["kind"], "ci");
    // On the next request, and what was booked before stays what it was.
    for client in [&ada, &silent] {
        assert_eq!(spend(&server, client, &task, 1).await, "ci");
    }
    let tracks = ada.get("/tracks").await.expect(200);
    let found: Vec<_> = tracks
        .as_array()
        .unwrap()
        .iter()
        .map(|track| text(track, "kind"))
        .collect();
    assert_eq!(
        found,
        [
            "human", "human", "ci", "agent", "agent", "human", "ci", "ci"
        ]
    );
    for kind in ["human", "ci", "agent"] {
        let wanted = tracks
            .as_array()
            .unwrap()
            .iter()
            .filter(|track| track["kind"] == kind);
        let listed = ada.get(&format!("/tracks?kind={kind}")).await.expect(200);
        assert_eq!(ids(&listed), wanted.map(id).collect::<Vec<_>>());
    }
    assert_eq!(ada.get("/tracks?kind=robot").await.invalid(), ["/kind"]);
    // Booked by the admin's key for another: it is the key that booked it.
    let bob = server.add_user(&ada, "bob", "member").await;
    let key = key_of(&server, &ada, &json!("agent")).await;
    let body = json!({ "start": 0, "end": 1, "userId": my_id(&bob).await });
    let booked = key
        .post(&format!("/tasks/{task}/tracks"), &body)
        .await
        .expect(201);
    assert_eq!(booked["kind"], "agent");
    // Correcting it does not make it somebody else's.
    let path = format!("/tasks/{task}/tracks/{}", id(&booked));
    assert_eq!(
        bob.put(&path, &json!({ "end": 5 })).await.expect(200)["kind"],
        "agent"
    );
}

#[tokio::test]
async fn kinds_of_users_are_for_admins_to_say() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let me = ada.get("/account/me").await.expect(200);
    assert_eq!(me["user"]["kind"], "human");
    let body = json!({ "email": "bot@example.com", "role": "member", "kind": "agent" });
    let bot = ada.post("/users", &body).await.expect(201);
    assert_eq!(bot["kind"], "agent");
    let own = format!("/users/{}", my_id(&bob).await);
    bob.put(&own, &json!({ "kind": "ci" }))
        .await
        .problem(403, "forbidden");
    assert_eq!(
        ada.patch(&own, &json!({ "kind": "ci" })).await.expect(200)["kind"],
        "ci"
    );
    let renamed = bob
        .put(&own, &json!({ "firstName": "Bob" }))
        .await
        .expect(200);
    assert_eq!(renamed["kind"], "ci");
    for wrong in [json!("robot"), json!(1), json!("Human"), json!("")] {
        let body =
            json!({ "kind": wrong, "name": "key", "email": "x@example.com", "role": "member" });
        assert_eq!(ada.post("/users", &body).await.invalid(), ["/kind"]);
        assert_eq!(ada.put(&own, &body).await.invalid(), ["/kind"]);
        assert_eq!(ada.post("/api-keys", &body).await.invalid(), ["/kind"]);
    }
    let events = ada.get("/audit-events?action=user-changed").await;
    let events = events.expect(200);
    let details: Vec<_> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["detail"].clone())
        .collect();
    assert!(details.contains(&json!("kind ci")), "{details:?}");
}

type Kinds = Vec<(String, i64)>;

fn of(kinds: &[(&str, i64)]) -> Kinds {
    let owned = |(kind, total): &(&str, i64)| ((*kind).to_owned(), *total);
    kinds.iter().map(owned).collect()
}

/// Has each kind spend time on two tasks, one of them still; every report with the kinds that it must have.
async fn spend_by_all(server: &TestServer, ada: &Client, bob: &Client) -> Vec<(String, Kinds)> {
    let project = make_project(ada, "Shop").await;
    let cart = make_task_in(ada, &project, "Cart").await;
    let till = make_task_in(ada, &project, "Till").await;
    let ci = key_of(server, ada, &json!("ci")).await;
    let agent = key_of(server, bob, &json!("agent")).await;
    spend(server, ada, &cart, 1_000).await;
    spend(server, &ci, &cart, 20_000).await;
    spend(server, &ci, &till, 300_000).await;
    spend(server, &agent, &cart, 4_000_000).await;
    // One runs, and one has ended by itself.
    let clock_in = format!("/tasks/{till}/clock-in");
    ci.post(&clock_in, &json!({ "lease": 60 }))
        .await
        .expect(201);
    let begun = agent
        .post(&clock_in, &json!({ "lease": 3600 }))
        .await
        .expect(201);
    server.clock.advance(HOUR - 1);
    let heartbeat = format!("/tasks/{till}/tracks/{}/heartbeat", id(&begun));
    agent.post_empty(&heartbeat).await.expect(200);
    server.clock.advance(MINUTE);
    let running = HOUR - 1 + MINUTE;
    let on_cart = of(&[("human", 1_000), ("ci", 20_000), ("agent", 4_000_000)]);
    let on_till = of(&[("ci", 300_000), ("agent", running)]);
    let in_shop = of(&[
        ("human", 1_000),
        ("ci", 320_000),
        ("agent", 4_000_000 + running),
    ]);
    vec![
        (format!("/reports/tasks/{cart}"), on_cart.clone()),
        (format!("/reports/tasks/{cart}/users"), on_cart),
        (format!("/reports/tasks/{till}"), on_till.clone()),
        (format!("/reports/tasks/{till}/users"), on_till),
        (
            format!("/reports/projects/{project}/users"),
            in_shop.clone(),
        ),
        (
            format!("/reports/projects/{project}/tasks"),
            in_shop.clone(),
        ),
        (
            format!("/reports/users/{}", my_id(ada).await),
            in_shop[..2].to_vec(),
        ),
        (
            format!("/reports/users/{}", my_id(bob).await),
            in_shop[2..].to_vec(),
        ),
    ]
}

#[tokio::test]
async fn every_report_says_how_much_each_kind_booked_and_can_be_about_one() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let expected = spend_by_all(&server, &ada, &bob).await;
    for (path, all) in &expected {
        assert_eq!(&kinds(&ada.get(path).await.expect(200)), all, "{path}");
        for kind in ["human", "ci", "agent"] {
            let report = ada.get(&format!("{path}?kind={kind}")).await.expect(200);
            let own: Vec<_> = all.iter().filter(|row| row.0 == kind).cloned().collect();
            assert_eq!(kinds(&report), own, "{path} {kind}");
            let rows = ["tracks", "users", "tasks", "projects"];
            let rows = rows.map(|list| report[list].as_array());
            let rows = rows.into_iter().flatten().next().unwrap();
            let sum = |row: &Value| row["total"].as_i64().or(row["amount"].as_i64()).unwrap();
            assert_eq!(
                report["total"],
                rows.iter().map(sum).sum::<i64>(),
                "{path} {kind}"
            );
            assert_eq!(rows.is_empty(), own.is_empty(), "{path} {kind}");
        }
        let wrong = ada.get(&format!("{path}?kind=robot")).await;
        assert_eq!(wrong.invalid(), ["/kind"]);
    }
    let sum = ada.get(&expected[0].0).await.expect(200)["kinds"][2].clone();
    let formatted = json!({
        "kind": "agent", "hours": 1, "minutes": 6, "seconds": 40, "total": 4_000_000,
        "timeFormatted": "1h 6m 40s",
    });
    assert_eq!(sum, formatted);
    let nothing = make_task(&ada, "Nothing").await;
    let empty = ada
        .get(&format!("/reports/tasks/{nothing}"))
        .await
        .expect(200);
    assert_eq!(empty["kinds"], json!([]));
}
