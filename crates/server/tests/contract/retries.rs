//! A request that is sent again with the same `Idempotency-Key` has its effect once and gets the same answer.

use reqwest::Method;
use serde_json::{Value, json};
use timetracks_testkit::{Answer, Client, PASSWORD, TestServer};

use crate::support::{
    DAY_MS, at_once, count, key_tokens, make_key, my_id, rounds, text, user_body,
};

const KEY: &str = "idempotency-key";
const BELIEVED_MS: i64 = 5_000;

fn retry(client: &Client, key: &str) -> Client {
    client.with_header(KEY, key)
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == "true"
}

/// Sends a request twice and fails unless the second answer is the first one again.
async fn twice(client: &Client, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let client = retry(client, &format!("{method}:{path}"));
    let first = client.send(method.clone(), path, body).await;
    assert!(!is_replayed(&first), "{method} {path}");
    let second = client.send(method, path, body).await;
    assert!(is_replayed(&second), "{:#}", second.body);
    assert_eq!(first.status, second.status);
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(first.header("etag"), second.header("etag"));
    assert_eq!(gist(&first), gist(&second));
    second
}

/// A problem names the request that it answers.
fn gist(answer: &Answer) -> Value {
    let mut body = answer.body.clone();
    if answer.status >= 400 {
        body["instance"] = Value::Null;
    }
    body
}

#[tokio::test]
async fn every_kind_of_write_is_done_once() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = json!({ "name": "Write docs" });
    let made = twice(&ada, Method::POST, "/tasks", Some(&task)).await;
    let id = text(&made.body, "id").to_owned();
    let path = format!("/tasks/{id}");
    let change = json!({ "status": "done" });
    twice(&ada, Method::PUT, &path, Some(&change))
        .await
        .expect(200);
    twice(&ada, Method::PATCH, &path, Some(&change))
        .await
        .expect(200);
    let track = json!({ "start": 0, "end": 1000 });
    let tracks = format!("{path}/tracks");
    twice(&ada, Method::POST, &tracks, Some(&track))
        .await
        .expect(201);
    let clock_in = format!("{path}/clock-in");
    twice(&ada, Method::POST, &clock_in, None).await.expect(201);
    let clock_out = format!("{path}/clock-out");
    twice(&ada, Method::POST, &clock_out, None)
        .await
        .expect(200);
    let all = ada.get(&tracks).await.expect(200);
    assert_eq!(all.as_array().unwrap().len(), 2);
    twice(&ada, Method::DELETE, &path, None).await.expect(200);
    ada.get(&path).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_secret_that_is_shown_once_is_shown_to_the_retry_too() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let key = json!({ "name": "ci" });
    let made = twice(&ada, Method::POST, "/api-keys", Some(&key)).await;
    let with_key = server.anonymous().with_key(text(&made.body, "apiKey"));
    with_key.get("/account/me").await.expect(200);
    let user = json!({ "firstName": "Bob", "lastName": "B", "email": "bob@example.com", "role": "member" });
    let made = twice(&ada, Method::POST, "/users", Some(&user)).await;
    let redeem = json!({ "token": text(&made.body, "passwordToken"), "password": PASSWORD });
    let anyone = server.anonymous();
    twice(&anyone, Method::POST, "/account/password", Some(&redeem))
        .await
        .expect(200);
    server.log_in("bob").await;
}

#[tokio::test]
async fn what_needs_no_credential_is_done_once_too() {
    let server = TestServer::start().await;
    let anyone = server.anonymous();
    let sign_up = json!({
        "email": "ada@example.com", "firstName": "Ada", "lastName": "L", "password": PASSWORD, "orgName": "Engines",
    });
    twice(&anyone, Method::POST, "/account/signup", Some(&sign_up))
        .await
        .expect(201);
    let login = json!({ "email": "ada@example.com", "password": PASSWORD });
    let tokens = twice(&anyone, Method::POST, "/account/login", Some(&login)).await;
    let refresh = json!({ "refreshToken": text(&tokens.body, "refreshToken") });
    let pair = twice(&anyone, Method::POST, "/account/refresh", Some(&refresh)).await;
    let ada = anyone.with_token(text(&pair.body, "accessToken"));
    let sessions = ada.get("/account/sessions").await.expect(200);
    assert_eq!(sessions.as_array().unwrap().len(), 1);
    let invite = json!({ "email": "bob@example.com" });
    let invited = twice(&ada, Method::POST, "/invitations", Some(&invite)).await;
    let accept = format!(
        "/account/signup/{}",
        text(&invited.body["invitation"], "id")
    );
    let bob = user_body("bob", "member");
    twice(&anyone, Method::POST, &accept, Some(&bob))
        .await
        .expect(201);
}

#[tokio::test]
async fn a_refusal_is_the_answer_to_a_retry_as_well() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = ada
        .post("/tasks", &json!({ "name": "a" }))
        .await
        .expect(201);
    let path = format!("/tasks/{}/clock-out", text(&task, "id"));
    twice(&ada, Method::POST, &path, None)
        .await
        .problem(409, "not-running");
    let path_in = format!("/tasks/{}/clock-in", text(&task, "id"));
    ada.post_empty(&path_in).await.expect(201);
    let again = retry(&ada, &format!("POST:{path}"));
    again.post_empty(&path).await.problem(409, "not-running");
    ada.post_empty(&path).await.expect(200);
}

#[tokio::test]
async fn a_key_belongs_to_one_request() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let keyed = retry(&ada, "k-1");
    let body = json!({ "name": "a" });
    keyed.post("/tasks", &body).await.expect(201);
    let reused = "idempotency-key-reused";
    keyed
        .post("/tasks", &json!({ "name": "b" }))
        .await
        .problem(422, reused);
    keyed.post("/projects", &body).await.problem(422, reused);
    keyed
        .put("/tasks", &body)
        .await
        .problem(405, "method-not-allowed");
    // As a structured field it is the same key.
    let quoted = retry(&ada, "\"k-1\"").post("/tasks", &body).await;
    assert!(is_replayed(&quoted));
    let all = ada.get("/tasks").await.expect(200);
    assert_eq!(all.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_meets_another_s_keys() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "member").await;
    let eve = server.sign_up("eve").await;
    for (client, name) in [(&ada, "a"), (&bob, "b"), (&eve, "e")] {
        let answer = retry(client, "1")
            .post("/tasks", &json!({ "name": name }))
            .await;
        assert_eq!(answer.expect(201)["name"], name);
    }
}

#[tokio::test]
async fn another_credential_gets_no_answer_that_was_not_for_it() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let bob = server.add_user(&ada, "bob", "admin").await;
    let secret = async |scopes: Value| {
        let key = make_key(&bob, &json!({ "name": "ci", "scopes": scopes })).await;
        text(&key, "apiKey").to_owned()
    };
    let (reader, admin) = (
        secret(json!(["read"])).await,
        secret(json!(["admin"])).await,
    );
    let of_key = |secret: &str| retry(&server.anonymous().with_key(secret), "mint");
    let carol =
        json!({ "firstName": "C", "lastName": "C", "email": "carol@example.com", "role": "admin" });
    let minted = retry(&bob, "mint").post("/users", &carol).await;
    text(&minted.expect(201), "passwordToken");
    of_key(&reader)
        .post("/users", &carol)
        .await
        .problem(403, "scope-missing");
    let with_other_key = of_key(&admin).post("/users", &carol).await;
    with_other_key.problem(409, "email-taken");
    // Whoever may do less by now is another sender: neither the secret again, nor a second effect.
    let path = format!("/users/{}", my_id(&bob).await);
    ada.put(&path, &json!({ "role": "member" }))
        .await
        .expect(200);
    // Another instance hears of it a little later.
    server.clock.advance(BELIEVED_MS);
    for client in [retry(&bob, "mint"), of_key(&admin)] {
        let answer = client.post("/users", &carol).await;
        answer.problem(422, "idempotency-key-reused");
    }
    ada.put(&path, &json!({ "role": "admin" }))
        .await
        .expect(200);
    server.clock.advance(BELIEVED_MS);
    assert!(is_replayed(
        &retry(&bob, "mint").post("/users", &carol).await
    ));
}

#[tokio::test]
async fn a_session_of_a_key_retries_what_the_key_began() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let key = make_key(&ada, &json!({ "name": "ci" })).await;
    let secret = text(&key, "apiKey");
    let tokens = key_tokens(&server, secret).await;
    let body = json!({ "name": "a" });
    let with_key = retry(&server.anonymous().with_key(secret), "k");
    with_key.post("/tasks", &body).await.expect(201);
    let session = server.anonymous().with_token(text(&tokens, "accessToken"));
    assert!(is_replayed(
        &retry(&session, "k").post("/tasks", &body).await
    ));
}

#[tokio::test]
async fn two_keys_are_none() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for keys in [["a", "b"], ["a", "a"]] {
        let request = ada.request(Method::POST, "/tasks");
        let request = request.header(KEY, keys[0]).header(KEY, keys[1]);
        let answer = request.json(&json!({ "name": "a" })).send().await.unwrap();
        assert_eq!(answer.status(), 422);
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["errors"][0]["pointer"], "/Idempotency-Key");
    }
    assert_eq!(ada.get("/tasks").await.expect(200), json!([]));
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let secret = make_key(&ada, &json!({ "name": "ci" })).await;
    let ada = server.anonymous().with_key(text(&secret, "apiKey"));
    let keyed = retry(&ada, "daily");
    let first = keyed
        .post("/tasks", &json!({ "name": "a" }))
        .await
        .expect(201);
    server.clock.advance(DAY_MS - 1);
    let replayed = keyed.post("/tasks", &json!({ "name": "a" })).await;
    assert_eq!(replayed.expect(201), first);
    server.clock.advance(1);
    let second = keyed
        .post("/tasks", &json!({ "name": "b" }))
        .await
        .expect(201);
    assert_eq!(second["name"], "b");
}

#[tokio::test]
async fn a_key_that_makes_no_sense_is_refused_by_its_name() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for key in ["", "\"\"", &"x".repeat(256)] {
        let pointers = retry(&ada, key)
            .post("/tasks", &json!({ "name": "a" }))
            .await
            .invalid();
        assert_eq!(pointers, ["/Idempotency-Key"], "{key}");
    }
    retry(&ada, "").get("/tasks").await.expect(200);
}

#[tokio::test]
async fn of_many_at_once_one_is_done_and_the_others_are_told_so() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for round in 0..rounds(10) {
        let answers = at_once(16, |_| {
            let keyed = retry(&ada, &format!("round-{round}"));
            async move { keyed.post("/tasks", &json!({ "name": "once" })).await }
        })
        .await;
        let fresh = answers
            .iter()
            .filter(|it| it.status == 201 && !is_replayed(it));
        assert_eq!(fresh.count(), 1);
        assert_eq!(count(&answers, 201) + count(&answers, 409), 16);
        for answer in answers.into_iter().filter(|it| it.status == 409) {
            answer.problem(409, "idempotency-key-in-use");
        }
    }
    let all = ada.get("/tasks").await.expect(200);
    assert_eq!(all.as_array().unwrap().len(), rounds(10));
}
