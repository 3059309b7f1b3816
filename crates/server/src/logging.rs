//! Logs: readable on a terminal, JSON lines otherwise; always on standard error.

use std::io::IsTerminal;

use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{ConfigError, Traces};

const VARIABLE: &str = "TIMETRACKS_LOG";

/// Starts logging, and tracing if there are traces. `TIMETRACKS_LOG` chooses what is logged, as in `info` or
/// `timetracks_server=debug`.
///
/// # Errors
/// When the variable makes no sense.
pub fn start_logging(traces: Option<&Traces>) -> Result<(), ConfigError> {
    let chosen = std::env::var(VARIABLE).unwrap_or_else(|_| "info".to_owned());
    let filter = EnvFilter::builder()
        .parse(&chosen)
        .map_err(|error| ConfigError {
            setting: VARIABLE,
            rule: format!("`{chosen}`: {error}"),
        })?;
    // Spans are for the collector, and would repeat in the log what its lines say.
    let filter = filter.and(filter_fn(is_event));
    let layer = fmt::layer().with_writer(std::io::stderr);
    let logs = if std::io::stderr().is_terminal() {
        layer.with_target(false).with_filter(filter).boxed()
    } else {
        layer.json().flatten_event(true).with_filter(filter).boxed()
    };
    // A second call, as in tests, changes nothing.
    let _ = tracing_subscriber::registry()
        .with(logs)
        .with(traces.map(Traces::layer))
        .try_init();
    Ok(())
}

/// Spans are for traces.
fn is_event(metadata: &tracing::Metadata<'_>) -> bool {
    metadata.is_event()
}
