//! Guessing passwords: by account, by address, with a session; and what is kept of it.

use serde_json::{Value, json};
use timetracks_db::{Row, Sql, sql};
use timetracks_testkit::{PASSWORD, TestServer};

use crate::{
    limits::{LIMITED, WRONG},
    support::{DAY_MS, at_once, count, my_id, try_log_in},
};

#[tokio::test]
async fn right_passwords_at_once_are_never_too_many() {
    let server = TestServer::start_with(LIMITED).await;
    server.sign_up("ada").await;
    // One is left.
    for _ in 0..9 {
        try_log_in(&server, "ada", WRONG).await.expect(401);
    }
    let body = json!({ "email": "ada@example.com", "password": PASSWORD });
    let answers = at_once(30, |_| {
        let (anyone, body) = (server.anonymous(), body.clone());
        async move { anyone.post("/account/login", &body).await }
    })
    .await;
    assert_eq!(count(&answers, 200), 30);
}

#[tokio::test]
async fn an_address_may_fail_100_times_whichever_accounts_it_names_and_others_go_on() {
    let server = TestServer::start_with(LIMITED).await;
    server.sign_up("ada").await;
    let log_in = async |address: &str, name: &str, password: &str| {
        let client = server.anonymous().with_header("x-forwarded-for", address);
        let email = format!("{name}@example.com");
        let body = json!({ "email": email, "password": password });
        client.post("/account/login", &body).await
    };
    let (one, neighbour) = ("2001:db8::1", "2001:db8::2");
    for number in 0..100 {
        let name = format!("nobody{}", number / 9);
        log_in(one, &name, WRONG).await.expect(401);
        // Who gets in has not failed.
        if number % 10 == 0 {
            log_in(one, "ada", PASSWORD).await.expect(200);
        }
    }
    let refused = log_in(neighbour, "ada", PASSWORD).await;
    assert_eq!(refused.header("retry-after"), "5");
    refused.problem(429, "too-many-requests");
    log_in("2001:db8:0:1::1", "ada", PASSWORD).await.expect(200);
    server.clock.advance(5_000);
    log_in(one, "eve", WRONG).await.expect(401);
    log_in(one, "eve", WRONG).await.expect(429);
    server.clock.advance(5_000);
    log_in(one, "ada", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn a_session_guesses_the_password_no_faster_than_a_login() {
    let server = TestServer::start_with(LIMITED).await;
    let ada = server.sign_up("ada").await;
    let path = format!("/users/{}/password", my_id(&ada).await);
    let guess = json!({ "password": "another long password", "currentPassword": WRONG });
    for _ in 0..10 {
        ada.put(&path, &guess).await.problem(403, "wrong-password");
    }
    let refused = ada.put(&path, &guess).await;
    assert_eq!(refused.header("retry-after"), "30");
    refused.problem(429, "too-many-requests");
    try_log_in(&server, "ada", PASSWORD).await.expect(429);
    let events = ada.get("/audit-events?action=login-failed").await;
    let events = events.expect(200);
    let me = my_id(&ada).await;
    assert_eq!(events.as_array().unwrap().len(), 10);
    assert_eq!(events[9]["detail"], "the current password");
    assert_eq!(events[9]["userId"], me.as_str());
    assert_ne!(events[9]["sessionId"], Value::Null);
    server.clock.advance(30_000);
    let right = json!({ "password": "another long password", "currentPassword": PASSWORD });
    ada.put(&path, &right).await.expect(200);
    ada.put(&path, &guess).await.problem(403, "wrong-password");
}

#[tokio::test]
async fn what_strangers_name_is_forgotten_once_it_is_forgiven_and_leaves_a_number() {
    let server = TestServer::start_with(LIMITED).await;
    for number in 0..40 {
        let name = format!("nobody{number}");
        try_log_in(&server, &name, WRONG).await.expect(401);
    }
    let look = async |sql: &'static Sql| {
        let found = server.server.app().read(move |work| {
            let mut found = 0_i64;
            let read = |row: &mut Row| row.take().map(|number| found = number);
            work.tx.row(sql, &[], read)?;
            Ok(found)
        });
        found.await.unwrap()
    };
    let accounts = sql!("SELECT COUNT(*) FROM login_attempts");
    let failures = sql!("SELECT CAST(SUM(failures) AS BIGINT) FROM unknown_logins");
    let events = sql!("SELECT COUNT(*) FROM audit_events");
    assert_eq!(look(accounts).await, 40);
    server.clock.advance(DAY_MS);
    for _ in 0..32 {
        try_log_in(&server, "nobody", WRONG).await;
    }
    assert_eq!(look(accounts).await, 1);
    assert_eq!(look(failures).await, 50);
    assert_eq!(look(events).await, 0);
}
