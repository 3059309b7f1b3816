//! What Prometheus can scrape, on a listener of its own (contract, "base").

mod database;

use std::{sync::Arc, time::Duration};

use axum::{
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use prometheus_client::{
    encoding::{
        EncodeLabelSet,
        text::{encode_eof, encode_registry},
    },
    metrics::{
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::{ConstGauge, Gauge},
        histogram::{Histogram, exponential_buckets},
        info::Info,
    },
    registry::{Registry, Unit},
};
use timetracks_app::{HashingStatistics, internal::running_tracks};

use crate::Server;

const PREFIX: &str = "timetracks";
/// How long the database may take to count, before the rest is said without it.
const COUNT_TIME_LIMIT: Duration = Duration::from_secs(2);
/// The routes that log in, and with what.
const LOGINS: [(&str, &str); 2] = [
    ("/api/v1/account/login", "password"),
    ("/api/v1/account/login/api-key", "api-key"),
];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    route: String,
    status: u16,
}

/// With what somebody tried to log in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LoginLabels {
    credential: &'static str,
}

/// The numbers, counted since the process started.
pub(crate) struct Metrics {
    registry: Registry,
    durations: Family<Labels, Histogram>,
    ready: Gauge,
    started: Counter,
    limited: Counter,
    login_failures: Family<LoginLabels, Counter>,
    logins_throttled: Family<LoginLabels, Counter>,
}

impl Metrics {
    /// The numbers of a server on that engine.
    pub(crate) fn new(engine: &'static str) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix(PREFIX),
            // From half a millisecond to 16 seconds.
            durations: Family::new_with_constructor(|| {
                Histogram::new(exponential_buckets(0.0005, 2.0, 16))
            }),
            ready: Gauge::default(),
            started: Counter::default(),
            limited: Counter::default(),
            login_failures: Family::default(),
            logins_throttled: Family::default(),
        };
        // A series that is there from the start shows its first step.
        for (_, credential) in LOGINS {
            let labels = LoginLabels { credential };
            drop(metrics.login_failures.get_or_create(&labels));
            drop(metrics.logins_throttled.get_or_create(&labels));
        }
        metrics.register(engine);
        metrics
    }

    fn register(&mut self, engine: &'static str) {
        let registry = &mut self.registry;
        registry.register_with_unit(
            "http_request_duration",
            "How long requests took until their answer began, by method, route and status",
            Unit::Seconds,
            self.durations.clone(),
        );
        registry.register(
            "http_requests_started",
            "How many requests have come, those under way too",
            self.started.clone(),
        );
        registry.register(
            "http_requests_limited",
            "How many requests were refused because their sender had sent too many",
            self.limited.clone(),
        );
        registry.register(
            "login_failures",
            "How many logins were refused for a wrong credential, by its kind",
            self.login_failures.clone(),
        );
        registry.register(
            "logins_throttled",
            "How many logins were refused because there had been too many, by kind of credential",
            self.logins_throttled.clone(),
        );
        registry.register(
            "ready",
            "Whether the server can do its work: 1 or 0",
            self.ready.clone(),
        );
        let build = [("version", env!("CARGO_PKG_VERSION")), ("engine", engine)];
        registry.register("build", "What runs here", Info::new(build));
    }

    pub(crate) fn request_started(&self) {
        self.started.inc();
    }

    /// Counts a request whose sender had sent too many.
    pub(crate) fn request_limited(&self) {
        self.limited.inc();
    }

    /// Counts an answer. The route is the pattern and not the path, so that there are only so many.
    pub(crate) fn request_answered(
        &self,
        method: &Method,
        route: &str,
        status: StatusCode,
        took: Duration,
    ) {
        let labels = Labels {
            method: known(method),
            route: route.to_owned(),
            status: status.as_u16(),
        };
        let histogram = self.durations.get_or_create(&labels);
        histogram.observe(took.as_secs_f64());
        let refused = match status {
            StatusCode::UNAUTHORIZED => &self.login_failures,
            StatusCode::TOO_MANY_REQUESTS => &self.logins_throttled,
            _ => return,
        };
        if let Some((_, credential)) = LOGINS.iter().find(|(login, _)| *login == route) {
            refused.get_or_create(&LoginLabels { credential }).inc();
        }
    }
}

/// A method that is not one of ours must not make a new series.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

fn register_hashing(registry: &mut Registry, hashing: HashingStatistics) {
    registry.register(
        "password_hashes",
        "How many passwords were hashed",
        ConstCounter::new(hashing.computed),
    );
    registry.register(
        "password_hashes_waiting",
        "How many passwords are being hashed or wait for it",
        ConstGauge::new(i64::try_from(hashing.waiting).unwrap_or(i64::MAX)),
    );
}

/// `GET /metrics`.
pub(crate) async fn scrape(
    axum::extract::State(server): axum::extract::State<Arc<Server>>,
) -> Response {
    // First, because counting is itself a job for the database.
    let statistics = server.app.statistics();
    server.metrics.ready.set(i64::from(server.is_ready()));
    let running = tokio::time::timeout(COUNT_TIME_LIMIT, running_tracks(&server.app)).await;
    let running = running.ok().and_then(Result::ok);
    let mut now = database::registry(&statistics, running);
    register_hashing(&mut now, server.app.hashing());
    let mut text = String::new();
    let encoded = encode_registry(&mut text, &server.metrics.registry)
        .and_then(|()| encode_registry(&mut text, &now))
        .and_then(|()| encode_eof(&mut text));
    if encoded.is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let kind = HeaderValue::from_static(kind);
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}
