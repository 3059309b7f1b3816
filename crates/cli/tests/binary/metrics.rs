//! What Prometheus scrapes.

use serde_json::json;
use timetracks_testkit::postgres::{Database, Server};

use crate::support::{Process, json_of};

/// A server with a listener for metrics, and where that is.
struct Scraped {
    process: Process,
    address: String,
    _directory: tempfile::TempDir,
}

impl Scraped {
    fn start(arguments: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        // A port that was free a moment ago.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap().to_string();
        drop(free);
        let process = Process::start_with(&directory.path().join("data"), |command| {
            command.args(["--metrics-listen", &address]).args(arguments);
        });
        Self {
            process,
            address,
            _directory: directory,
        }
    }

    async fn scrape(&self) -> Metrics {
        let url = format!("http://{}/metrics", self.address);
        let answer = reqwest::get(url).await.unwrap();
        Metrics(answer.text().await.unwrap())
    }

    async fn status(&self, path: &str, body: serde_json::Value) -> u16 {
        let request = self.process.post(path, "", &body);
        request.send().await.unwrap().status().as_u16()
    }
}

struct Metrics(String);

impl Metrics {
    /// The value of a series; `None` when there is none.
    fn find(&self, series: &str) -> Option<f64> {
        let mut lines = self.0.lines();
        let value = lines.find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.map(|value| value.parse().unwrap())
    }

    /// The value of a series that is to be there.
    fn get(&self, series: &str) -> f64 {
        let value = self.find(series);
        value.unwrap_or_else(|| panic!("no {series} in:\n{}", self.0))
    }
}

#[tokio::test]
async fn metrics_are_on_a_listener_of_their_own_and_count_by_route() {
    let scraped = Scraped::start(&[]);
    let token = scraped.process.sign_up().await;
    json_of(scraped.process.get("/tasks/nope", &token), 404).await;
    let metrics = scraped.scrape().await;
    let missed = "timetracks_http_request_duration_seconds_count{method=\"GET\",route=\"/api/v1/tasks/{taskId}\",status=\"404\"}";
    assert_eq!(metrics.get(missed), 1.0);
    assert_eq!(metrics.get("timetracks_ready"), 1.0);
    assert!(metrics.0.ends_with("# EOF\n"), "{}", metrics.0);
    assert_eq!(metrics.0.matches("# EOF").count(), 1);
    let on_the_api = reqwest::get(format!("{}/metrics", scraped.process.base))
        .await
        .unwrap();
    assert_eq!(on_the_api.status(), 404);
}

#[tokio::test]
async fn metrics_say_what_the_database_does_on_sqlite() {
    let metrics = say_what_the_database_does(&Scraped::start(&[]), "sqlite").await;
    let size = metrics.get("timetracks_database_connections{pool=\"write\"}");
    assert_eq!(size, 1.0);
}

#[tokio::test]
async fn metrics_say_what_the_database_does_on_postgresql() {
    let database = Database::create(Server::shared()).await;
    let arguments = ["--database", &database.url(), "--database-connections", "8"];
    let metrics = say_what_the_database_does(&Scraped::start(&arguments), "postgres").await;
    let size = |pool| {
        metrics.get(&format!(
            "timetracks_database_connections{{pool=\"{pool}\"}}"
        ))
    };
    // The eighth listens to other instances.
    assert_eq!(size("write") + size("read") + size("read-long"), 7.0);
}

/// Starts two tracks, ends one, and answers with the metrics then.
async fn say_what_the_database_does(scraped: &Scraped, engine: &str) -> Metrics {
    let token = scraped.process.sign_up().await;
    let before = scraped.scrape().await;
    assert_eq!(before.get("timetracks_tracks_running"), 0.0);
    for (task, verb, status) in [("a", "in", 201), ("b", "in", 201), ("a", "out", 200)] {
        let path = format!("/tasks/by-name/{task}/clock-{verb}");
        json_of(scraped.process.post(&path, &token, &json!({})), status).await;
    }
    let metrics = scraped.scrape().await;
    assert_eq!(metrics.get("timetracks_tracks_running"), 1.0);
    let version = env!("CARGO_PKG_VERSION");
    let build = format!("timetracks_build_info{{version=\"{version}\",engine=\"{engine}\"}}");
    assert_eq!(metrics.get(&build), 1.0);

    let more = |series: &str| metrics.get(series) - before.get(series);
    // One after the other: each write has a commit of its own.
    assert_eq!(more("timetracks_database_commit_jobs_count"), 3.0);
    assert_eq!(more("timetracks_database_commit_jobs_sum"), 3.0);
    let alone = "timetracks_database_commit_jobs_bucket{le=\"1.0\"}";
    assert_eq!(more(alone), 3.0);
    assert_eq!(
        more("timetracks_database_commit_duration_seconds_count"),
        3.0
    );
    let seconds = more("timetracks_database_commit_duration_seconds_sum");
    assert!(seconds > 0.0 && seconds < 10.0, "{seconds}");
    let last = "timetracks_database_commit_duration_seconds_bucket{le=\"+Inf\"}";
    assert_eq!(
        metrics.get(last),
        metrics.get("timetracks_database_commit_duration_seconds_count")
    );
    for pool in ["write", "read", "read-long"] {
        for (what, most) in [("connections_busy", 1.0), ("jobs_waiting", 0.0)] {
            let value = metrics.get(&format!("timetracks_database_{what}{{pool=\"{pool}\"}}"));
            assert!(value <= most, "{what} of {pool}: {value}");
        }
    }
    metrics
}

#[tokio::test]
async fn metrics_count_refused_logins_and_requests() {
    let scraped = Scraped::start(&[]);
    let failures =
        |credential| format!("timetracks_login_failures_total{{credential=\"{credential}\"}}");
    let throttled = "timetracks_logins_throttled_total{credential=\"password\"}";
    let metrics = scraped.scrape().await;
    assert_eq!(metrics.get(&failures("password")), 0.0);
    assert_eq!(metrics.get(throttled), 0.0);
    assert_eq!(metrics.get("timetracks_password_hashes_total"), 0.0);

    let wrong_key = json!({ "apiKey": "tt_wrong" });
    assert_eq!(
        scraped.status("/account/login/api-key", wrong_key).await,
        401
    );
    let wrong = json!({ "email": "ada@example.com", "password": "wrong" });
    let mut refused = 0.0;
    while scraped.status("/account/login", wrong.clone()).await == 401 {
        refused += 1.0;
    }
    let metrics = scraped.scrape().await;
    assert_eq!(metrics.get(&failures("api-key")), 1.0);
    assert_eq!(metrics.get(&failures("password")), refused);
    assert!(refused > 5.0, "{refused}");
    assert_eq!(metrics.get(throttled), 1.0);
    assert_eq!(metrics.get("timetracks_password_hashes_total"), refused);
    assert_eq!(metrics.get("timetracks_password_hashes_waiting"), 0.0);
    assert_eq!(metrics.get("timetracks_http_requests_limited_total"), 0.0);

    // No other credential is as cheap to refuse as none.
    let client = reqwest::Client::new();
    let url = format!("{}/api/v1/account/me", scraped.process.base);
    while client.get(&url).send().await.unwrap().status() == 401 {}
    let metrics = scraped.scrape().await;
    assert_eq!(metrics.get("timetracks_http_requests_limited_total"), 1.0);
    assert_eq!(metrics.get(&failures("password")), refused);
}
