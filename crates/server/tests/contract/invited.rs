//! Row 7: signing up by invitation.

use serde_json::{Value, json};
use timetracks_testkit::{Client, PASSWORD, TestServer};

use crate::support::{DAY_MS, UNKNOWN, at_once, count, my_org, text, try_log_in, user_body};

/// The path that an invitation of `bob@example.com` with this role leads to.
async fn invite_bob(admin: &Client, role: &str) -> String {
    let body = json!({ "email": "Bob@example.com", "role": role });
    let created = admin.post("/invitations", &body).await.expect(201);
    format!("/account/signup/{}", text(&created["invitation"], "id"))
}

async fn users(client: &Client) -> usize {
    let users = client.get("/users").await.expect(200);
    users.as_array().map(Vec::len).unwrap_or_default()
}

#[tokio::test]
async fn who_is_invited_joins_the_organisation_once() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = invite_bob(&ada, "member").await;
    let answer = server
        .anonymous()
        .post(&path, &user_body("bob", "member"))
        .await;
    let location = answer.header("location").to_owned();
    let user = answer.expect(201);
    assert_eq!(user["role"], "member");
    assert_eq!(user["firstName"], "bob");
    assert!(user.get("passwordToken").is_none());
    assert_eq!(location, format!("/api/v1/users/{}", text(&user, "id")));
    let bob = server.log_in("bob").await;
    assert_eq!(my_org(&bob).await, my_org(&ada).await);
    assert_eq!(ada.get(&location).await.expect(200), user);

    let again = server
        .anonymous()
        .post(&path, &user_body("bob", "member"))
        .await;
    again.problem(404, "not-found");
    let invitation = path.replace("/account/signup", "/invitations");
    server
        .anonymous()
        .get(&invitation)
        .await
        .problem(404, "not-found");
    ada.delete(&invitation).await.problem(404, "not-found");
    assert_eq!(ada.get("/invitations").await.expect(200), json!([]));
}

#[tokio::test]
async fn without_a_password_the_answer_carries_a_token_that_sets_one() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = invite_bob(&ada, "admin").await;
    let body = json!({ "email": "bob@example.com", "role": "admin" });
    let user = server.anonymous().post(&path, &body).await.expect(201);
    try_log_in(&server, "bob", PASSWORD)
        .await
        .problem(401, "invalid-credentials");
    let body = json!({ "token": user["passwordToken"], "password": PASSWORD });
    server
        .anonymous()
        .post("/account/password", &body)
        .await
        .expect(200);
    server
        .log_in("bob")
        .await
        .get("/invitations")
        .await
        .expect(200);
}

#[tokio::test]
async fn the_invitation_decides_on_the_email_and_the_highest_role() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = invite_bob(&ada, "member").await;
    let anyone = server.anonymous();
    let carol = user_body("carol", "member");
    anyone
        .post(&path, &carol)
        .await
        .problem(403, "invitation-email");
    let boss = user_body("bob", "admin");
    anyone
        .post(&path, &boss)
        .await
        .problem(403, "invitation-role");
    assert_eq!(users(&ada).await, 1);

    // What was refused did not use the invitation up; less than the invited role is fine.
    let path = invite_bob(&ada, "admin").await;
    let user = anyone
        .post(&path, &user_body("BOB", "member"))
        .await
        .expect(201);
    assert_eq!(user["role"], "member");
}

#[tokio::test]
async fn a_refused_sign_up_leaves_the_invitation_good() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = invite_bob(&ada, "member").await;
    let anyone = server.anonymous();
    let pointers = anyone.post(&path, &json!({})).await.invalid();
    assert_eq!(pointers, ["/email", "/role"]);
    let body = json!({
        "firstName": "a\u{0}",
        "lastName": 5,
        "email": "bob",
        "role": "owner",
        "password": "elevenchars",
    });
    let pointers = anyone.post(&path, &body).await.invalid();
    assert_eq!(
        pointers,
        ["/firstName", "/lastName", "/email", "/role", "/password"]
    );
    anyone
        .post(&path, &user_body("bob", "admin"))
        .await
        .problem(403, "invitation-role");
    anyone
        .post(&path, &user_body("bob", "member"))
        .await
        .expect(201);
}

#[tokio::test]
async fn whose_email_was_taken_meanwhile_is_told_so() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = invite_bob(&ada, "member").await;
    server.add_user(&ada, "bob", "member").await;
    let answer = server
        .anonymous()
        .post(&path, &user_body("bob", "member"))
        .await;
    answer.problem(409, "email-taken");
    assert_eq!(users(&ada).await, 2);
}

#[tokio::test]
async fn an_unknown_or_expired_invitation_makes_no_user() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = invite_bob(&ada, "member").await;
    let (anyone, body) = (server.anonymous(), user_body("bob", "member"));
    let longer = format!("{path}0");
    for id in [
        UNKNOWN,
        "x",
        "%00",
        "login%2Fx",
        longer.trim_start_matches("/account/signup/"),
    ] {
        let path = format!("/account/signup/{id}");
        anyone.post(&path, &body).await.problem(404, "not-found");
    }
    server.clock.advance(DAY_MS);
    anyone.post(&path, &body).await.problem(404, "not-found");
    assert_eq!(users(&server.log_in("ada").await).await, 1);
}

async fn race(server: &TestServer, path: &str, body: &Value) -> (usize, usize) {
    let answers = at_once(50, |_| {
        let (anyone, path, body) = (server.anonymous(), path.to_owned(), body.clone());
        async move { anyone.post(&path, &body).await }
    })
    .await;
    (count(&answers, 201), count(&answers, 404))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_50_sign_ups_at_once_by_one_invitation_one_makes_a_user() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = invite_bob(&ada, "member").await;
    assert_eq!(
        race(&server, &path, &user_body("bob", "member")).await,
        (1, 49)
    );
    assert_eq!(users(&ada).await, 2);
    server.log_in("bob").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_50_sign_ups_at_once_without_a_password_one_makes_a_user() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let path = invite_bob(&ada, "member").await;
    let body = json!({ "email": "bob@example.com", "role": "member" });
    assert_eq!(race(&server, &path, &body).await, (1, 49));
    assert_eq!(users(&ada).await, 2);
}
