//! The span of a request, in the words of OpenTelemetry's conventions.

use axum::http::{HeaderMap, Method, StatusCode};
use opentelemetry::{
    propagation::TextMapPropagator,
    trace::{TraceContextExt, TraceId},
};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::{Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// What the span is known by among everything that is traced.
pub(super) const TARGET: &str = "timetracks_server::traces::request";

/// The span of a request, which is none when nobody collects them.
pub(crate) struct RequestSpan(Span);

impl RequestSpan {
    /// Begins a span, in the caller's trace if there is one. Its name is the route and not the path, which may hold a
    /// secret.
    pub(crate) fn begin(
        method: &Method,
        route: Option<&str>,
        id: &str,
        headers: &HeaderMap,
    ) -> Self {
        let method = known(method);
        let name = match route {
            Some(route) => format!("{method} {route}"),
            None => method.to_owned(),
        };
        let span = tracing::info_span!(
            target: TARGET,
            "request",
            "otel.name" = name,
            "otel.kind" = "server",
            "otel.status_code" = Empty,
            "http.request.method" = method,
            "http.route" = route,
            "http.response.status_code" = Empty,
            "error.type" = Empty,
            "timetracks.request.id" = id,
        );
        let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
        // Fails when the subscriber is not ours, as in tests; then nobody reads the span.
        let _ = span.set_parent(parent);
        Self(span)
    }

    /// No span.
    pub(crate) fn none() -> Self {
        Self(Span::none())
    }

    /// What runs the request runs in this.
    pub(crate) fn span(&self) -> Span {
        self.0.clone()
    }

    /// The id of the trace, for the log.
    pub(crate) fn trace_id(&self) -> Option<String> {
        if self.0.is_none() {
            return None;
        }
        let context = self.0.context();
        let id = context.span().span_context().trace_id();
        (id != TraceId::INVALID).then(|| id.to_string())
    }

    /// Ends it with what was answered.
    pub(crate) fn end(self, status: StatusCode) {
        let number = i64::from(status.as_u16());
        self.0.record("http.response.status_code", number);
        if status.is_server_error() {
            self.0.record("otel.status_code", "ERROR");
            self.0.record("error.type", status.as_str());
        }
    }
}

/// A method that is not one of ours must not make a new name.
fn known(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::HEAD
        | Method::POST
        | Method::PUT
        | Method::PATCH
        | Method::DELETE
        | Method::OPTIONS => method.as_str(),
        _ => "_OTHER",
    }
}
