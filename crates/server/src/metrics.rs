//! What Prometheus can scrape, on a listener of its own (contract, "base").

use std::{sync::Arc, time::Duration};

use axum::{
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use crate::Server;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    method: &'static str,
    route: String,
    status: u16,
}

/// The numbers, counted since the process started.
pub(crate) struct Metrics {
    registry: Registry,
    durations: Family<Labels, Histogram>,
    ready: Gauge,
    started: Counter,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        // From half a millisecond to 16 seconds.
        let durations = Family::<Labels, Histogram>::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.0005, 2.0, 16))
        });
        let (ready, started) = (Gauge::default(), Counter::default());
        let mut registry = Registry::with_prefix("timetracks");
        registry.register_with_unit(
            "http_request_duration",
            "How long requests took until their answer began, by method, route and status",
            Unit::Seconds,
            durations.clone(),
        );
        registry.register(
            "http_requests_started",
            "How many requests have come, those under way too",
            started.clone(),
        );
        registry.register(
            "ready",
            "Whether the server can do its work: 1 or 0",
            ready.clone(),
        );
        Self {
            registry,
            durations,
            ready,
            started,
        }
    }

    pub(crate) fn request_started(&self) {
        self.started.inc();
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

/// `GET /metrics`.
pub(crate) async fn scrape(
    axum::extract::State(server): axum::extract::State<Arc<Server>>,
) -> Response {
    server.metrics.ready.set(i64::from(server.is_ready()));
    let mut text = String::new();
    if encode(&mut text, &server.metrics.registry).is_err() {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let kind = HeaderValue::from_static(kind);
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}
