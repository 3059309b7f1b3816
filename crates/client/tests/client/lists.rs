//! Lists as streams.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt};
use serde_json::json;
use timetracks_client::{
    Client, Credential, Error, Policy,
    api::tasks::{Task, TaskFilter},
    domain::{Name, TaskStatus},
};
use timetracks_testkit::TestServer;

use crate::support::{Act, Hurried, Wire};

async fn with_tasks(names: &[String]) -> (TestServer, Client) {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    for name in names {
        ada.post("/tasks", &json!({ "name": name }))
            .await
            .expect(201);
    }
    let key = ada
        .post("/api-keys", &json!({ "name": "all" }))
        .await
        .body(201);
    let key = Credential::ApiKey(key["apiKey"].as_str().unwrap().to_owned());
    let client = Client::new(server.base(), key).unwrap();
    (server, client)
}

fn names(tasks: &[Task]) -> Vec<String> {
    tasks.iter().map(|task| task.name.clone()).collect()
}

#[tokio::test]
async fn pages_and_one_answer_of_any_length_are_the_same_list() {
    let made: Vec<_> = (0..23)
        .map(|number| format!("task {number} \"],[{{\\ é"))
        .collect();
    let (_server, client) = with_tasks(&made).await;
    let list = || client.list_tasks(&TaskFilter::default());
    for page in [1, 7, 23, 24, 1000] {
        let tasks: Vec<_> = list().pages_of(page).stream().try_collect().await.unwrap();
        assert_eq!(names(&tasks), made, "pages of {page}");
    }
    let tasks: Vec<_> = list().at_once().try_collect().await.unwrap();
    assert_eq!(names(&tasks), made);
    assert_eq!(names(&list().all().await.unwrap()), made);
}

#[tokio::test]
async fn filters_go_along_to_every_page() {
    let made = ["a", "b", "a", "a"].map(str::to_owned);
    let (_server, client) = with_tasks(&made).await;
    let filter = TaskFilter {
        name: Some(Name::parse("a").unwrap()),
        status: Some(TaskStatus::Open),
        ..TaskFilter::default()
    };
    let tasks: Vec<_> = client
        .list_tasks(&filter)
        .pages_of(1)
        .stream()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(names(&tasks), ["a", "a", "a"]);
    let none = TaskFilter {
        status: Some(TaskStatus::Done),
        ..filter
    };
    assert!(client.list_tasks(&none).all().await.unwrap().is_empty());
    assert!(client.list_tasks(&none).at_once().next().await.is_none());
}

#[tokio::test]
async fn pages_are_fetched_as_the_stream_is_read() {
    let page = || {
        Act::Answer(
            200,
            "link: </api/v1/users?limit=1&cursor=abc>; rel=\"next\"\r\n",
            "[]".to_owned(),
        )
    };
    let last = Act::Answer(200, "", "[]".to_owned());
    let wire = Wire::start(vec![page(), page(), last]).await;
    let key = Credential::ApiKey("tt_key".to_owned());
    let client = Client::new(&wire.url, key).unwrap();
    let stream = client.list_users().pages_of(1).stream();
    assert!(wire.requests().is_empty());
    assert_eq!(stream.count().await, 0);
    let lines: Vec<_> = wire
        .requests()
        .iter()
        .map(|request| request.lines().next().unwrap().to_owned())
        .collect();
    assert!(lines[0].contains("/api/v1/users?limit=1 "), "{lines:?}");
    assert!(
        lines[1].contains("/api/v1/users?limit=1&cursor=abc "),
        "{lines:?}"
    );
    assert_eq!(lines.len(), 3);
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_no_shorter_list() {
    let task =
        serde_json::to_string(&<Task as timetracks_client::api::Example>::example()).unwrap();
    let cut: &'static str = Box::leak(format!("[{task},{{\"id\"").into_boxed_str());
    let wire = Wire::start(vec![Act::CutOff(cut)]).await;
    let key = Credential::ApiKey("tt_key".to_owned());
    let client = Client::with(
        &wire.url,
        key,
        Policy::default(),
        Arc::new(Hurried::default()),
    )
    .unwrap();
    let mut stream = client.list_tasks(&TaskFilter::default()).at_once();
    assert!(stream.next().await.unwrap().is_ok());
    assert!(matches!(
        stream.next().await,
        Some(Err(Error::Transport(_)))
    ));
    let error = client
        .list_tasks(&TaskFilter::default())
        .all()
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Transport(_)), "{error:?}");
}
