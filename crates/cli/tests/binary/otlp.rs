//! Traces, as a collector of OpenTelemetry gets them.

mod collector;

use std::process::Command;

use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use reqwest::RequestBuilder;
use timetracks_testkit::postgres::{Cluster, Database, Options};

use crate::support::{Process, json_of};
use collector::{Collector, Mood, attribute};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";
/// What the thread is called that sends traces, as far as the kernel keeps it.
const THREAD: &str = "OpenTelemetry.T";

/// A server that sends its traces there, and not before it stops unless told otherwise.
fn start(
    directory: &tempfile::TempDir,
    endpoint: &str,
    change: impl FnOnce(&mut Command),
) -> Process {
    Process::start_with(&directory.path().join("data"), |command| {
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
            .env("OTEL_BSP_SCHEDULE_DELAY", "3600000");
        change(command);
    })
}

/// A request in the trace of its caller.
fn traced(request: RequestBuilder, flags: &str) -> RequestBuilder {
    request.header("traceparent", format!("00-{TRACE}-{PARENT}-{flags}"))
}

/// A request that may come as often as one likes.
async fn live(process: &Process) {
    let answer = reqwest::get(format!("{}/health/live", process.base)).await;
    assert_eq!(answer.unwrap().status(), 200);
}

/// The one span of the caller's trace.
fn of_the_trace(spans: &[Span]) -> &Span {
    let mut found = spans.iter().filter(|span| hex(&span.trace_id) == TRACE);
    let span = found.next().unwrap_or_else(|| panic!("{spans:?}"));
    assert!(found.next().is_none());
    span
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_request_is_a_span_in_the_trace_of_its_caller_and_is_sent_when_the_server_stops() {
    let directory = tempfile::tempdir().unwrap();
    let collector = Collector::start(Mood::Well);
    let process = start(&directory, &collector.endpoint(), |_| {});
    let token = process.sign_up().await;
    let request = process.get("/tasks/of-nobody", &token);
    let request = traced(request, "01").header("x-request-id", "seen-twice");
    json_of(request, 404).await;
    let unwanted = traced(process.get("/account/me", &token), "00");
    json_of(unwanted, 200).await;
    let log = process.stop();
    assert!(log.contains(&format!("\"trace_id\":\"{TRACE}\"")), "{log}");

    let (spans, resource) = collector.spans();
    assert_eq!(attribute(&resource, "service.name").unwrap(), "timetracks");
    let version = attribute(&resource, "service.version").unwrap();
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
    // Whoever calls decides whether the call is traced.
    assert!(!spans.iter().any(|span| span.name.contains("/account/me")));
    let signed_up = "POST /api/v1/account/signup";
    assert!(spans.iter().any(|span| span.name == signed_up), "{spans:?}");

    let span = of_the_trace(&spans);
    assert_eq!(hex(&span.parent_span_id), PARENT);
    assert_eq!(span.name, "GET /api/v1/tasks/{taskId}");
    assert_eq!(span.kind(), SpanKind::Server);
    let expected = [
        ("http.request.method", "GET"),
        ("http.route", "/api/v1/tasks/{taskId}"),
        ("http.response.status_code", "404"),
        ("timetracks.request.id", "seen-twice"),
    ];
    for (name, value) in expected {
        let found = attribute(&span.attributes, name);
        assert_eq!(found.as_deref(), Some(value), "{name} of {span:?}");
    }
    assert!(span.end_time_unix_nano > span.start_time_unix_nano);
    let status = span.status.clone().unwrap_or_default();
    assert_eq!(status.code(), StatusCode::Unset);
    let everything = format!("{spans:?}");
    for secret in ["of-nobody", &token] {
        assert!(!everything.contains(secret), "{everything}");
    }
}

#[tokio::test]
async fn the_standard_variables_say_who_sends_what_with_which_headers() {
    let directory = tempfile::tempdir().unwrap();
    let collector = Collector::start(Mood::Well);
    let process = start(&directory, &collector.endpoint(), |command| {
        command
            .env("OTEL_SERVICE_NAME", "our-clock")
            .env("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=lab")
            .env("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=acme")
            .env("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
            .env("OTEL_TRACES_SAMPLER_ARG", "0");
    });
    live(&process).await;
    json_of(traced(process.get("/account/me", ""), "01"), 401).await;
    process.stop();
    let (spans, resource) = collector.spans();
    assert_eq!(spans.len(), 1, "{spans:?}");
    of_the_trace(&spans);
    assert_eq!(attribute(&resource, "service.name").unwrap(), "our-clock");
    let place = attribute(&resource, "deployment.environment");
    assert_eq!(place.as_deref(), Some("lab"));
    assert!(collector.headers().contains("x-tenant: acme"));
}

#[tokio::test]
async fn a_fault_is_told_with_its_cause() {
    let directory = tempfile::tempdir().unwrap();
    let collector = Collector::start(Mood::Well);
    let cluster = Cluster::start(Options::forgetful());
    let database = Database::create(&cluster).await;
    let process = start(&directory, &collector.endpoint(), |command| {
        command.args(["--database", &database.url()]);
    });
    let token = process.sign_up().await;
    cluster.stop_immediate();
    json_of(traced(process.get("/tasks", &token), "01"), 503).await;
    process.stop();

    let (spans, _) = collector.spans();
    let span = of_the_trace(&spans);
    let status = span.status.clone().unwrap_or_default();
    assert_eq!(status.code(), StatusCode::Error, "{span:?}");
    let kind = attribute(&span.attributes, "error.type");
    assert_eq!(kind.as_deref(), Some("503"));
    let told = span.events.iter().map(|event| event.name.as_str());
    let told: Vec<_> = told.collect();
    assert_eq!(told, ["the database could not do it"], "{span:?}");
}

#[tokio::test]
async fn traces_go_over_tls_to_a_collector_with_a_good_certificate_only() {
    let directory = tempfile::tempdir().unwrap();
    let (collector, certificate) = Collector::start_with_tls();
    let path = directory.path().join("ca.pem");
    std::fs::write(&path, certificate).unwrap();
    let trusting = start(&directory, &collector.endpoint(), |command| {
        command.env("OTEL_EXPORTER_OTLP_CERTIFICATE", &path);
    });
    json_of(traced(trusting.get("/account/me", ""), "01"), 401).await;
    trusting.stop();
    of_the_trace(&collector.spans().0);

    let wary = start(&directory, &collector.endpoint(), |_| {});
    json_of(traced(wary.get("/account/me", ""), "01"), 401).await;
    wary.stop();
    assert!(collector.spans().0.is_empty());
}

#[tokio::test]
async fn nothing_is_made_for_traces_that_nobody_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let sends = |process: &Process| {
        let threads = process.threads();
        threads.iter().any(|name| name.trim() == THREAD)
    };
    let process = Process::start(&directory.path().join("data"));
    json_of(traced(process.get("/account/me", ""), "01"), 401).await;
    assert!(!sends(&process), "{:?}", process.threads());
    let log = process.stop();
    assert!(
        log.contains("/account/me") && !log.contains("trace_id"),
        "{log}"
    );
    let endpoint = "http://127.0.0.1:1";
    for (name, value) in [
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_SDK_DISABLED", "true"),
    ] {
        let process = start(&directory, endpoint, |command| {
            command.env(name, value);
        });
        assert!(!sends(&process), "{name}: {:?}", process.threads());
        process.stop();
    }
    // So that the name is right.
    let process = start(&directory, endpoint, |_| {});
    assert!(sends(&process), "{:?}", process.threads());
    process.stop();
}

#[tokio::test]
async fn a_collector_that_fails_is_warned_of_once_and_is_told_when_it_is_well_again() {
    let directory = tempfile::tempdir().unwrap();
    let collector = Collector::start(Mood::HangsUp);
    let process = start(&directory, &collector.endpoint(), |command| {
        command
            .env("OTEL_BSP_SCHEDULE_DELAY", "20")
            .env("OTEL_BSP_MAX_QUEUE_SIZE", "4");
    });
    let warnings = || process.log().matches("traces cannot be sent").count();
    // More than one batch and its tries.
    while collector.asked() < 10 || warnings() == 0 {
        live(&process).await;
    }
    assert_eq!(warnings(), 1, "{}", process.log());
    collector.change(Mood::Well);
    // The collector has them a moment before the server knows.
    let is_well_again = || process.log().matches("traces are sent again").count();
    while collector.spans().0.is_empty() || is_well_again() == 0 {
        live(&process).await;
    }
    assert_eq!((is_well_again(), warnings()), (1, 1), "{}", process.log());
    process.stop();
}

#[tokio::test]
async fn a_collector_that_says_nothing_holds_up_neither_requests_nor_the_stop() {
    let directory = tempfile::tempdir().unwrap();
    let collector = Collector::start(Mood::Silent);
    let process = start(&directory, &collector.endpoint(), |command| {
        command
            .env("OTEL_BSP_SCHEDULE_DELAY", "20")
            .env("OTEL_EXPORTER_OTLP_TIMEOUT", "3600000");
    });
    while collector.asked() == 0 {
        live(&process).await;
    }
    // Far more than may wait.
    for _ in 0..3_000 {
        live(&process).await;
    }
    let began = std::time::Instant::now();
    process.stop();
    let took = began.elapsed();
    assert!(took.as_secs() < 10, "{took:?}");
}
