//! Three instances, and what is asked of them.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use serde_json::Value;
use timetracks_testkit::{Answer, Client, TestServer};

/// How long another instance may go on believing in what was revoked.
const BELIEVED: Duration = Duration::from_secs(5);

/// How many rounds of a race: so many, or as many as `TIMETRACKS_TEST_ROUNDS` says.
pub(crate) fn rounds(default: usize) -> usize {
    std::env::var("TIMETRACKS_TEST_ROUNDS").map_or(default, |text| text.parse().unwrap())
}

/// Three instances on one database.
pub(crate) struct Trio(pub(crate) [TestServer; 3]);

impl Trio {
    pub(crate) async fn start() -> Self {
        let first = TestServer::start().await;
        let (second, third) = (first.another(2).await, first.another(3).await);
        Self([first, second, third])
    }

    /// The instance where things are prepared.
    pub(crate) fn first(&self) -> &TestServer {
        &self.0[0]
    }

    /// A client of each instance with that one's credential.
    pub(crate) fn each(&self, client: &Client) -> Vec<Client> {
        let each = self.0.iter().map(|instance| instance.speak_as(client));
        each.collect()
    }
}

/// Asks that many times at once, the clients taking turns, and waits for all answers.
pub(crate) async fn at_once<F: Future<Output = Answer> + Send + 'static>(
    count: usize,
    clients: &[Client],
    ask: impl Fn(Client) -> F,
) -> Vec<Answer> {
    let clients = clients.iter().cycle().take(count);
    let asked: Vec<_> = clients
        .map(|client| tokio::spawn(ask(client.clone())))
        .collect();
    let mut answers = Vec::new();
    for answer in asked {
        answers.push(answer.await.expect("no request panics"));
    }
    answers
}

/// As [`at_once`], for the same POST.
pub(crate) async fn post_at_once(
    count: usize,
    clients: &[Client],
    path: &str,
    body: &Value,
) -> Vec<Answer> {
    at_once(count, clients, |client| {
        let (path, body) = (path.to_owned(), body.clone());
        async move { client.post(&path, &body).await }
    })
    .await
}

/// How many answers have this status.
pub(crate) fn count(answers: &[Answer], status: u16) -> usize {
    let having = answers.iter().filter(|answer| answer.status == status);
    having.count()
}

/// A text member of an answer.
#[track_caller]
pub(crate) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    let member = value[name].as_str();
    member.unwrap_or_else(|| panic!("no text `{name}` in {value:#}"))
}

/// The path of the one who calls.
pub(crate) async fn my_path(client: &Client) -> String {
    let me = client.get("/account/me").await.expect(200);
    format!("/users/{}", text(&me["user"], "id"))
}

/// Asks until the answer has this status, which it must within the 5 s for which an instance may believe in what is no
/// longer so. Until then it is 200. Answers with how long that took.
pub(crate) async fn until_refused(client: &Client, path: &str, status: u16) -> Duration {
    let since = Instant::now();
    loop {
        let answer = client.get(path).await;
        let passed = since.elapsed();
        if answer.status == status {
            return passed;
        }
        answer.expect(200);
        assert!(passed < BELIEVED, "{path} is still answered");
    }
}
