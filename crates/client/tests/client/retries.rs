//! What is tried again, how, and for how long.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use timetracks_client::{
    Client, Credential, Error, Policy,
    api::{Code, Message, Problem, tracks::ClockIn},
};
use timetracks_testkit::TestServer;

use crate::support::{Act, Hurried, Wire};

fn client(url: &str, time: &Hurried) -> Client {
    let key = Credential::ApiKey("tt_key".to_owned());
    Client::with(url, key, Policy::default(), Arc::new(time.clone())).unwrap()
}

fn well() -> Act {
    Act::Answer(200, "", json!({ "message": "done" }).to_string())
}

fn problem(code: Code, status: u16, headers: &'static str) -> Act {
    let problem = Problem::new(code, status, "because".to_owned());
    Act::Answer(status, headers, serde_json::to_string(&problem).unwrap())
}

#[tokio::test]
async fn a_write_is_sent_again_with_the_same_key_and_body_until_it_is_answered() {
    let acts = vec![
        Act::HangUp,
        Act::CutOff("{\"mess"),
        problem(Code::Unavailable, 503, ""),
        Act::Answer(502, "", "<html>".to_owned()),
        problem(Code::IdempotencyKeyInUse, 409, ""),
        well(),
    ];
    let (wire, time) = (Wire::start(acts).await, Hurried::default());
    let answer = client(&wire.url, &time).log_out().await.unwrap();
    assert_eq!(answer, Message::new("done"));
    let keys = wire.header("idempotency-key");
    assert_eq!(keys.len(), 6);
    assert!(
        keys.iter().all(|key| key.is_some() && *key == keys[0]),
        "{keys:?}"
    );
    assert!(
        wire.header("x-api-key")
            .iter()
            .all(|key| key.as_deref() == Some("tt_key"))
    );
    assert_eq!(time.naps().len(), 5);
}

#[tokio::test]
async fn every_call_has_a_key_of_its_own_unless_it_is_given_one() {
    let (wire, time) = (Wire::start(vec![well()]).await, Hurried::default());
    let client = client(&wire.url, &time);
    client.log_out().await.unwrap();
    client.log_out().await.unwrap();
    client.log_out().idempotency_key("mine").await.unwrap();
    client.get_readiness().await.unwrap();
    let keys = wire.header("idempotency-key");
    assert_ne!(keys[0], keys[1]);
    assert_eq!((keys[2].as_deref(), &keys[3]), (Some("mine"), &None));
    assert_eq!(
        wire.header("x-api-key")[3],
        None,
        "what is public carries no key"
    );
}

#[tokio::test]
async fn retry_after_is_waited_for_and_waits_double_without_it() {
    let busy = problem(Code::TooManyRequests, 429, "retry-after: 7\r\n");
    let silent = problem(Code::Unavailable, 503, "");
    let (wire, time) = (
        Wire::start(vec![busy, silent.clone(), silent, well()]).await,
        Hurried::default(),
    );
    client(&wire.url, &time).get_readiness().await.unwrap();
    let naps = time.naps();
    assert_eq!(naps[0], Duration::from_secs(7));
    assert!((100..=200).contains(&naps[1].as_millis()), "{naps:?}");
    assert!((200..=400).contains(&naps[2].as_millis()), "{naps:?}");
}

#[tokio::test]
async fn the_deadline_ends_it_with_the_last_reason() {
    let (wire, time) = (
        Wire::start(vec![problem(Code::Unavailable, 503, "")]).await,
        Hurried::default(),
    );
    let error = client(&wire.url, &time).get_readiness().await.unwrap_err();
    assert_eq!(error.code(), Some(Code::Unavailable));
    assert!(error.is_unreachable());
    let slept: Duration = time.naps().iter().sum();
    assert!(
        slept > Duration::from_secs(20) && slept < Duration::from_secs(30),
        "{slept:?}"
    );
    let before = wire.requests().len();
    let call = client(&wire.url, &Hurried::default()).get_readiness();
    call.within(Duration::from_millis(1)).await.unwrap_err();
    assert_eq!(
        wire.requests().len(),
        before + 1,
        "no time for another attempt"
    );
    let late = problem(Code::Unavailable, 503, "retry-after: 3600\r\n");
    let (wire, time) = (Wire::start(vec![late]).await, Hurried::default());
    client(&wire.url, &time).get_readiness().await.unwrap_err();
    assert!(time.naps().is_empty(), "nobody waits for an hour");
}

#[tokio::test]
async fn a_closed_port_is_tried_again_and_then_out_of_reach() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let time = Hurried::default();
    let error = client(&url, &time).get_readiness().await.unwrap_err();
    assert!(
        matches!(error, Error::Transport(_)) && error.is_unreachable(),
        "{error:?}"
    );
    assert!(error.to_string().contains("127.0.0.1:"), "{error}");
    assert!(time.naps().len() > 5);
}

#[tokio::test]
async fn refusals_are_final_and_typed() {
    let server = TestServer::start().await;
    let time = Hurried::default();
    let anonymous = client(server.base(), &time);
    let refused = anonymous.get_me().await.unwrap_err();
    assert_eq!(refused.code(), Some(Code::Unauthorized));
    let made = server
        .sign_up("ada")
        .await
        .post("/api-keys", &json!({ "name": "all" }))
        .await
        .body(201);
    let key = Credential::ApiKey(made["apiKey"].as_str().unwrap().to_owned());
    let client = Client::with(
        server.base(),
        key,
        Policy::default(),
        Arc::new(time.clone()),
    )
    .unwrap();
    let future = ClockIn {
        start: Some(timetracks_client::api::Millis(
            timetracks_client::domain::Instant::MAX,
        )),
        ..ClockIn::default()
    };
    let refused = client.clock_in_by_name("docs", &future).await.unwrap_err();
    let problem = refused.problem().unwrap();
    assert_eq!((problem.status, problem.code()), (422, Some(Code::Invalid)));
    assert_eq!(problem.errors.as_ref().unwrap()[0].pointer, "/start");
    assert!(!problem.instance.is_empty());
    assert!(time.naps().is_empty() && !refused.is_unreachable());
}

#[tokio::test]
async fn a_lost_answer_to_a_write_is_had_again_and_the_effect_is_once() {
    let server = TestServer::start().await;
    let made = server
        .sign_up("ada")
        .await
        .post("/api-keys", &json!({ "name": "all" }))
        .await
        .body(201);
    let key = Credential::ApiKey(made["apiKey"].as_str().unwrap().to_owned());
    let client = Client::new(server.base(), key).unwrap();
    let body = ClockIn::default();
    let call = || {
        client
            .clock_in_by_name("nightly build", &body)
            .idempotency_key("once")
    };
    let first = call().answer().await.unwrap();
    let again = call().answer().await.unwrap();
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!((first.replayed, again.replayed), (false, true));
    assert_eq!(first.body, again.body);
    assert_eq!(
        client
            .list_tracks(&Default::default())
            .all()
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn nobody_is_sent_elsewhere_with_the_key() {
    let elsewhere = Wire::start(vec![well()]).await;
    let to: &'static str = Box::leak(format!("location: {}/x\r\n", elsewhere.url).into_boxed_str());
    let wire = Wire::start(vec![Act::Answer(307, to, String::new())]).await;
    let error = client(&wire.url, &Hurried::default())
        .log_out()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Unreadable(_)), "{error:?}");
    assert!(elsewhere.requests().is_empty());
}
