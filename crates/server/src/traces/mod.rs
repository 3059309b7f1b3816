//! Traces for a collector of OpenTelemetry, by OTLP over HTTP in protobuf. They are set up by the standard environment
//! variables; without an endpoint there are none, and nothing is made for them.

mod collector;
mod request;

use std::{env, time::Duration};

use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tokio::runtime::Handle;
use tracing::{Level, Subscriber};
use tracing_subscriber::{Layer, filter::Targets, registry::LookupSpan};

use crate::ConfigError;
use collector::Collector;
pub(crate) use request::RequestSpan;

const SERVICE: &str = "timetracks";
const ENDPOINTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];
const TIMEOUTS: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
    "OTEL_EXPORTER_OTLP_TIMEOUT",
];
const CERTIFICATES: [&str; 2] = [
    "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
    "OTEL_EXPORTER_OTLP_CERTIFICATE",
];
/// Variables of which we know one value only.
const FIXED: [(&str, &str); 5] = [
    ("OTEL_TRACES_EXPORTER", "otlp"),
    ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
    ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none"),
    ("OTEL_EXPORTER_OTLP_COMPRESSION", "none"),
];
/// How long the collector may take for one batch.
const BATCH_TIME_LIMIT_MS: u64 = 10_000;
/// How long the last batches may take when the server stops.
const FLUSH_TIME_LIMIT: Duration = Duration::from_secs(3);

/// What makes traces and sends them.
pub struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// Starts what the environment asks for; `None` when it asks for nothing. Batches are sent by tasks of this runtime.
    ///
    /// # Errors
    /// When a variable makes no sense.
    pub fn from_environment(runtime: &Handle) -> Result<Option<Self>, ConfigError> {
        let is_disabled = variable("OTEL_SDK_DISABLED")
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
            || variable("OTEL_TRACES_EXPORTER").is_some_and(|value| value == "none");
        let Some((setting, endpoint)) = first(ENDPOINTS).filter(|_| !is_disabled) else {
            return Ok(None);
        };
        for (setting, only) in FIXED {
            if let Some(value) = variable(setting).filter(|value| value != only) {
                let rule = format!("`{value}`: only `{only}` is spoken");
                return Err(ConfigError { setting, rule });
            }
        }
        let timeout_ms = match first(TIMEOUTS) {
            None => BATCH_TIME_LIMIT_MS,
            Some((setting, value)) => value.parse().map_err(|_| ConfigError {
                setting,
                rule: format!("`{value}` is no number of milliseconds"),
            })?,
        };
        let collector = Collector::new(
            runtime.clone(),
            (setting, &endpoint),
            first(CERTIFICATES),
            Duration::from_millis(timeout_ms),
        )?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(collector)
            .build()
            .map_err(|error| ConfigError {
                setting,
                rule: error.to_string(),
            })?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource())
            .build();
        Ok(Some(Self { provider }))
    }

    /// Makes spans of the requests, with what was warned of meanwhile, and of nothing else: what libraries trace is not
    /// ours to tell.
    pub(crate) fn layer<S>(&self) -> impl Layer<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let ours = Targets::new()
            .with_target("timetracks", Level::WARN)
            .with_target(request::TARGET, Level::INFO);
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer(SERVICE))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(ours)
    }

    /// Sends what is left, for up to 3 s. Blocks, and needs the runtime.
    pub fn flush(self) {
        // Who cannot be reached was warned of.
        let _ = self.provider.shutdown_with_timeout(FLUSH_TIME_LIMIT);
    }
}

/// Who we are, unless the environment says it.
fn resource() -> Resource {
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let builder = Resource::builder().with_attribute(version);
    let is_named = variable("OTEL_SERVICE_NAME").is_some()
        || variable("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|all| all.contains("service.name="));
    if is_named {
        builder.build()
    } else {
        builder.with_service_name(SERVICE).build()
    }
}

/// A variable that is set; an empty one is not, as OpenTelemetry has it.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The first of these variables that is set.
fn first(names: [&'static str; 2]) -> Option<(&'static str, String)> {
    names
        .into_iter()
        .find_map(|name| Some((name, variable(name)?)))
}
