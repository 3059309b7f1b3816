//! Rows 1, 2 and 55: signing up, logging in, who am I.

use serde_json::{Value, json};
use timetracks_testkit::{PASSWORD, TestServer};

use crate::support::{DAY_MS, at_once, count, gist, make_key, my_id, text, try_log_in, user_body};

fn sign_up_body() -> Value {
    json!({
        "email": "Ada@Example.com",
        "firstName": " Ada ",
        "lastName": "Lovelace",
        "password": PASSWORD,
        "orgName": "Analytical Engines",
    })
}

#[tokio::test]
async fn signing_up_makes_an_admin_and_their_organisation() {
    let server = TestServer::start().await;
    let answer = server
        .anonymous()
        .post("/account/signup", &sign_up_body())
        .await;
    let location = answer.header("location").to_owned();
    let signed_up = answer.expect(201);
    assert!(!text(&signed_up, "message").is_empty());
    let (user, org) = (&signed_up["user"], &signed_up["org"]);
    assert_eq!(user["firstName"], "Ada");
    assert_eq!(user["email"], "Ada@Example.com");
    assert_eq!(user["role"], "admin");
    assert_eq!(user["active"], true);
    assert_eq!(org["name"], "Analytical Engines");
    assert_eq!(location, format!("/api/v1/users/{}", text(user, "id")));

    let ada = server.log_in("ada").await;
    assert_eq!(ada.get(&location).await.expect(200), *user);
    let path = format!("/orgs/{}", text(org, "id"));
    assert_eq!(ada.get(&path).await.expect(200), *org);
}

#[tokio::test]
async fn signing_up_names_every_broken_member_at_once() {
    let server = TestServer::start().await;
    let anyone = server.anonymous();
    let all = ["/email", "/firstName", "/lastName", "/password", "/orgName"];
    let missing = anyone.post("/account/signup", &json!({})).await.invalid();
    assert_eq!(missing, all);
    let broken = json!({
        "email": "ada",
        "firstName": " \u{3000} ",
        "lastName": 5,
        "password": "elevenchars",
        "orgName": "x".repeat(201),
    });
    assert_eq!(anyone.post("/account/signup", &broken).await.invalid(), all);
    for text in ["a\u{0}b", "a\nb", "a\u{7f}b"] {
        let mut body = sign_up_body();
        body["orgName"] = json!(text);
        let pointers = anyone.post("/account/signup", &body).await.invalid();
        assert_eq!(pointers, ["/orgName"]);
    }
    try_log_in(&server, "ada", PASSWORD)
        .await
        .problem(401, "invalid-credentials");
}

#[tokio::test]
async fn a_password_has_at_least_12_characters_and_at_most_1024_bytes() {
    let server = TestServer::start().await;
    let anyone = server.anonymous();
    let cases = [
        ("é".repeat(11), 422),
        ("é".repeat(12), 201),
        ("x".repeat(1025), 422),
        ("é".repeat(513), 422),
        ("é".repeat(512), 201),
    ];
    for (number, (password, status)) in cases.iter().enumerate() {
        let mut body = sign_up_body();
        body["email"] = json!(format!("p{number}@example.com"));
        body["password"] = json!(password);
        let answer = anyone.post("/account/signup", &body).await;
        if *status == 422 {
            assert_eq!(answer.invalid(), ["/password"]);
        } else {
            answer.expect(201);
            try_log_in(&server, &format!("p{number}"), password)
                .await
                .expect(200);
        }
    }
}

#[tokio::test]
async fn an_email_belongs_to_one_user_whatever_its_case() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let anyone = server.anonymous();
    anyone
        .post("/account/signup", &sign_up_body())
        .await
        .problem(409, "email-taken");
    let body = json!({ "email": "ADA@EXAMPLE.COM", "password": PASSWORD });
    anyone.post("/account/login", &body).await.expect(200);
    assert_eq!(
        ada.get("/users").await.expect(200).as_array().map(Vec::len),
        Some(1)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_sign_ups_with_one_email_make_one_user_and_one_organisation() {
    let server = TestServer::start().await;
    let operator = server.super_user("operator").await;
    let answers = at_once(10, |number| {
        let (anyone, mut body) = (server.anonymous(), sign_up_body());
        body["orgName"] = json!(format!("Organisation {number}"));
        async move { anyone.post("/account/signup", &body).await }
    })
    .await;
    assert_eq!(count(&answers, 201), 1);
    assert_eq!(count(&answers, 409), 9);
    let orgs = operator.get("/internal/orgs").await.expect(200);
    assert_eq!(orgs.as_array().map(Vec::len), Some(1), "{orgs:#}");
    let ada = server.log_in("ada").await;
    let users = ada.get("/users").await.expect(200);
    assert_eq!(users.as_array().map(Vec::len), Some(1), "{users:#}");
}

#[tokio::test]
async fn a_log_in_lasts_a_day_to_the_millisecond() {
    let server = TestServer::start().await;
    server.sign_up("ada").await;
    let tokens = server.tokens("ada").await;
    assert_eq!(tokens["expiresIn"], server.clock.now() + DAY_MS);
    let ada = server.anonymous().with_token(text(&tokens, "accessToken"));
    server.clock.advance(DAY_MS - 1);
    ada.get("/account/me").await.expect(200);
    server.clock.advance(1);
    ada.get("/account/me").await.problem(401, "unauthorized");
}

#[tokio::test]
async fn an_access_token_dies_at_expires_in_also_between_two_seconds() {
    let server = TestServer::start().await;
    server.sign_up("ada").await;
    server.clock.advance(999);
    let tokens = server.tokens("ada").await;
    let ada = server.anonymous().with_token(text(&tokens, "accessToken"));
    let expires_in = tokens["expiresIn"].as_i64().unwrap();
    server.clock.advance(expires_in - 1 - server.clock.now());
    ada.get("/account/me").await.expect(200);
    server.clock.advance(1);
    ada.get("/account/me").await.problem(401, "unauthorized");
}

#[tokio::test]
async fn whatever_is_wrong_with_a_log_in_the_answer_is_the_same() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let path = format!("/users/{}", my_id(&bob).await);
    ada.put(&path, &json!({ "active": false }))
        .await
        .expect(200);
    let mut carol = user_body("carol", "member");
    carol["password"] = Value::Null;
    ada.post("/users", &carol).await.expect(201);

    let mut answers = Vec::new();
    for (name, password) in [
        ("nobody", PASSWORD),
        ("ada", "incorrect horse battery staple"),
        ("ada", ""),
        ("bob", PASSWORD),
        ("carol", PASSWORD),
    ] {
        let answer = try_log_in(&server, name, password).await;
        answers.push(gist(answer.problem(401, "invalid-credentials")));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
}

#[tokio::test]
async fn a_log_in_needs_an_email_and_a_password() {
    let server = TestServer::start().await;
    let anyone = server.anonymous();
    let pointers = anyone.post("/account/login", &json!({})).await.invalid();
    assert_eq!(pointers, ["/email", "/password"]);
    let body = json!({ "email": "no address", "password": 5 });
    let pointers = anyone.post("/account/login", &body).await.invalid();
    assert_eq!(pointers, ["/email", "/password"]);
}

#[tokio::test]
async fn everyone_learns_who_they_are() {
    let server = TestServer::start().await;
    server
        .anonymous()
        .get("/account/me")
        .await
        .problem(401, "unauthorized");
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let me = bob.get("/account/me").await.expect(200);
    assert_eq!(me["user"]["email"], "bob@example.com");
    assert_eq!(me["org"]["name"], "ada's organisation");
    assert_eq!(me["role"], "member");
    assert_eq!(me["scopes"], json!(["read", "track", "manage", "admin"]));
    assert_eq!(me["session"]["userId"], me["user"]["id"]);
    assert_eq!(me["session"]["expiresAt"], server.clock.now() + 7 * DAY_MS);

    let key = make_key(&bob, &json!({ "name": "ci", "scopes": ["read"] })).await;
    let with_key = server.anonymous().with_key(text(&key, "apiKey"));
    let me = with_key.get("/account/me").await.expect(200);
    assert_eq!(me["user"]["email"], "bob@example.com");
    assert_eq!(me["scopes"], json!(["read"]));
    assert_eq!(me["session"], Value::Null);
}
