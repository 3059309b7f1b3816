//! An instance that nobody can tell anything, and one whose connections break.

use serde_json::json;
use timetracks_testkit::{
    Client, TestServer,
    postgres::{Proxy, Server},
};

use crate::support::{text, until_refused};

const ME: &str = "/account/me";
const BELIEVED_MS: i64 = 5_000;
/// How many threads of a test server answer short reads.
const READERS: usize = 3;

/// Two instances, the second behind a proxy. It listens no more and cannot connect again, but its readers can read.
async fn first_and_deaf() -> (TestServer, TestServer, Proxy, Client) {
    let first = TestServer::start().await;
    let proxy = Proxy::start(&first.database().url());
    let separator = if proxy.url().contains('?') { '&' } else { '?' };
    let url = format!("{}{separator}application_name=deaf", proxy.url());
    let deaf = first.another_at(2, &url).await;
    let ada = first.sign_up("ada").await;
    let its = format!(
        "datname = '{}' AND application_name = 'deaf'",
        first.database().name()
    );
    let listens = "(query LIKE '%LISTEN timetracks' OR query = 'SELECT 1')";
    let count = format!("SELECT count(*) FROM pg_stat_activity WHERE {its}");
    Server::shared()
        .until(&format!("SELECT ({count} AND {listens}) = 1"))
        .await;
    // Each reader connects with its first job.
    while first
        .database()
        .query_one(&format!("{count} AND query = 'COMMIT'"))
        .await
        != READERS.to_string()
    {
        let clients = vec![deaf.speak_as(&ada)];
        crate::support::at_once(2 * READERS, &clients, |client| async move {
            client.get("/tasks").await
        })
        .await;
    }
    proxy.refuse();
    let ended = first
        .database()
        .query_one(&format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {its} AND {listens}"
        ))
        .await;
    assert_eq!(ended, "1");
    Server::shared()
        .until(&format!("SELECT ({count} AND {listens}) = 0"))
        .await;
    (first, deaf, proxy, ada)
}

/// Has ada delete another session of hers at the first instance, which the deaf one knows. Answers with its client there.
async fn revoke(first: &TestServer, deaf: &TestServer, ada: &Client) -> Client {
    let revoked = first.log_in("ada").await;
    let at_deaf = deaf.speak_as(&revoked);
    let me = at_deaf.get(ME).await.expect(200);
    let path = format!("/account/sessions/{}", text(&me["session"], "id"));
    ada.delete(&path).await.expect(200);
    revoked.get(ME).await.problem(401, "unauthorized");
    at_deaf
}

#[tokio::test]
async fn who_cannot_be_told_believes_in_what_was_revoked_for_5_seconds_at_most() {
    let (first, deaf, _proxy, ada) = first_and_deaf().await;
    let revoked = revoke(&first, &deaf, &ada).await;
    first.clock.advance(BELIEVED_MS - 1);
    // Were this refused, then somebody would have told the instance after all.
    revoked.get(ME).await.expect(200);
    first.clock.advance(1);
    revoked.get(ME).await.problem(401, "unauthorized");
    deaf.speak_as(&ada).get(ME).await.expect(200);
}

#[tokio::test]
async fn who_can_be_told_again_believes_in_nothing_from_before() {
    let (first, deaf, proxy, ada) = first_and_deaf().await;
    let revoked = revoke(&first, &deaf, &ada).await;
    revoked.get(ME).await.expect(200);
    proxy.accept();
    let passed = until_refused(&revoked, ME, 401).await;
    println!("knew {passed:?} after it could connect again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn broken_connections_are_made_again_without_a_word() {
    let first = TestServer::start().await;
    let proxy = Proxy::start(&first.database().url());
    let second = first.another_at(2, proxy.url()).await;
    let ada = second.speak_as(&first.sign_up("ada").await);
    for _ in 0..20 {
        // A write of one exchange, one that looks first, and a read each find nothing but broken connections.
        proxy.cut();
        let task = ada.post("/tasks", &json!({ "name": "Docs" })).await;
        let task = format!("/tasks/{}", text(&task.expect(201), "id"));
        proxy.cut();
        ada.post_empty(&format!("{task}/clock-in"))
            .await
            .expect(201);
        proxy.cut();
        ada.get(&task).await.expect(200);
        first.clock.advance(BELIEVED_MS);
    }
}
