//! What is revoked at one instance is refused by the others moments later: the clock stands still, so that only what
//! they are told can make them.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use timetracks_testkit::{Client, TestServer};

use crate::support::{Trio, my_path, text, until_refused};

const ME: &str = "/account/me";

/// The ways in that a person has.
struct Ways {
    session: Client,
    key: Client,
    key_session: Client,
    key_path: String,
}

impl Ways {
    /// A session of ada's, a key, and a session of the key.
    async fn of_ada(server: &TestServer, ada: &Client) -> Self {
        let made = ada.post("/api-keys", &json!({ "name": "ci" })).await;
        let made = made.expect(201);
        let secret = text(&made, "apiKey");
        let anyone = server.anonymous();
        let body = json!({ "apiKey": secret });
        let by_key = anyone.post("/account/login/api-key", &body).await;
        let by_key = by_key.expect(200);
        Self {
            session: server.log_in("ada").await,
            key: anyone.with_key(secret),
            key_session: anyone.with_token(text(&by_key, "accessToken")),
            key_path: format!("/api-keys/{}", text(&made["info"], "id")),
        }
    }

    fn all(&self) -> [&Client; 3] {
        [&self.session, &self.key, &self.key_session]
    }
}

/// Uses each way in at every instance, so that all of them know it.
async fn make_known(trio: &Trio, clients: &[&Client]) {
    for client in clients.iter().flat_map(|client| trio.each(client)) {
        client.get(ME).await.expect(200);
    }
}

/// Fails unless every instance refuses every way in: the first at once, the others in time.
async fn expect_refused(trio: &Trio, clients: &[&Client], path: &str, status: u16) {
    for client in clients {
        trio.first().speak_as(client).get(path).await.expect(status);
    }
    let mut longest = Duration::ZERO;
    for client in clients {
        for other in &trio.0[1..] {
            let passed = until_refused(&other.speak_as(client), path, status).await;
            longest = longest.max(passed);
        }
    }
    println!("the others knew after {longest:?}");
}

async fn ada_and_bob(trio: &Trio) -> (Client, Client, Ways) {
    let ada = trio.first().sign_up("ada").await;
    let bob = trio.first().add_user(&ada, "bob", "admin").await;
    let ways = Ways::of_ada(trio.first(), &ada).await;
    make_known(trio, &ways.all()).await;
    make_known(trio, &[&ada, &bob]).await;
    (ada, bob, ways)
}

#[tokio::test]
async fn a_session_that_was_logged_out_or_deleted() {
    let trio = Trio::start().await;
    let (ada, _, ways) = ada_and_bob(&trio).await;
    ways.session.post_empty("/account/logout").await.expect(200);
    expect_refused(&trio, &[&ways.session], ME, 401).await;
    let other = trio.first().log_in("ada").await;
    make_known(&trio, &[&other]).await;
    let me = other.get(ME).await.expect(200);
    let path = format!("/account/sessions/{}", text(&me["session"], "id"));
    ada.delete(&path).await.expect(200);
    expect_refused(&trio, &[&other], ME, 401).await;
    make_known(&trio, &[&ada, &ways.key, &ways.key_session]).await;
}

#[tokio::test]
async fn everything_of_a_person_who_was_deactivated() {
    let trio = Trio::start().await;
    let (ada, bob, ways) = ada_and_bob(&trio).await;
    let inactive = json!({ "active": false });
    let path = my_path(&ada).await;
    bob.put(&path, &inactive).await.expect(200);
    expect_refused(&trio, &ways.all(), ME, 401).await;
    make_known(&trio, &[&bob]).await;
}

#[tokio::test]
async fn what_a_role_no_longer_allows() {
    let trio = Trio::start().await;
    let (ada, bob, ways) = ada_and_bob(&trio).await;
    let path = my_path(&ada).await;
    let member = json!({ "role": "member" });
    bob.put(&path, &member).await.expect(200);
    expect_refused(&trio, &ways.all(), "/invitations", 403).await;
    make_known(&trio, &ways.all()).await;
}

#[tokio::test]
async fn a_key_that_was_rotated_or_deleted_and_its_sessions() {
    let trio = Trio::start().await;
    let ada = trio.first().sign_up("ada").await;
    for method in [Method::PUT, Method::DELETE] {
        let ways = Ways::of_ada(trio.first(), &ada).await;
        make_known(&trio, &ways.all()).await;
        ada.send(method, &ways.key_path, None).await.expect(200);
        expect_refused(&trio, &[&ways.key, &ways.key_session], ME, 401).await;
        make_known(&trio, &[&ways.session]).await;
    }
}

#[tokio::test]
async fn the_other_sessions_of_who_changed_their_password() {
    let trio = Trio::start().await;
    let (ada, _, ways) = ada_and_bob(&trio).await;
    let path = format!("{}/password", my_path(&ada).await);
    let body = json!({ "password": "another password" });
    ada.put(&path, &body).await.expect(200);
    expect_refused(&trio, &[&ways.session, &ways.key_session], ME, 401).await;
    make_known(&trio, &[&ada]).await;
}

#[tokio::test]
async fn everyone_of_an_organisation_that_was_suspended() {
    let trio = Trio::start().await;
    let operator = trio.first().super_user("operator").await;
    let (ada, bob, ways) = ada_and_bob(&trio).await;
    let me = ada.get(ME).await.expect(200);
    let path = format!("/internal/orgs/{}/suspend", text(&me["org"], "id"));
    operator.post_empty(&path).await.expect(200);
    let [session, key, key_session] = ways.all();
    let everyone = [&ada, &bob, session, key, key_session];
    expect_refused(&trio, &everyone, ME, 403).await;
}

/// What opens again is believed as quickly.
#[tokio::test]
async fn many_changes_one_after_another() {
    let trio = Trio::start().await;
    let (ada, bob, _) = ada_and_bob(&trio).await;
    let path = my_path(&ada).await;
    let mut times = Vec::new();
    for _ in 0..30 {
        for (role, status) in [("member", 403), ("admin", 200)] {
            bob.put(&path, &json!({ "role": role })).await.expect(200);
            for other in &trio.0[1..] {
                let ada = other.speak_as(&ada);
                if status == 200 {
                    // Nobody is told of what is granted by another way, so it takes as long.
                    until_granted(&ada).await;
                } else {
                    times.push(until_refused(&ada, "/invitations", 403).await);
                }
            }
        }
    }
    times.sort_unstable();
    let (half, last) = (times[times.len() / 2], times[times.len() - 1]);
    println!("half of the refusals came within {half:?}, all within {last:?}");
}

async fn until_granted(client: &Client) {
    let since = std::time::Instant::now();
    while client.get("/invitations").await.status != 200 {
        assert!(since.elapsed() < Duration::from_secs(5));
    }
}
