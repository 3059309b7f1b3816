//! Logs: readable on a terminal, JSON lines otherwise; always on standard error.

mod line;
mod sink;

use std::{
    io::{IsTerminal, Stderr},
    sync::Arc,
};

use timetracks_app::Clock;
use tracing_subscriber::{
    Layer,
    filter::{FilterExt, Targets, filter_fn},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{ConfigError, Traces};

use line::JsonLine;
use sink::{Entrances, Flusher, Sink};

const VARIABLE: &str = "TIMETRACKS_LOG";

/// What is logged at `INFO` or below waits for up to 10 ms, to be written with more. Dropping this writes what waits.
#[must_use = "what is logged last would be lost"]
pub struct Logging(
    #[expect(dead_code, reason = "what counts is when it is dropped")] Flusher<Stderr>,
);

/// Starts logging, and tracing if there are traces. `TIMETRACKS_LOG` chooses what is logged, as in `info` or
/// `timetracks_server=debug`.
///
/// # Errors
/// When the variable makes no sense.
pub fn start_logging(traces: Option<&Traces>) -> Result<Logging, ConfigError> {
    let chosen = std::env::var(VARIABLE).unwrap_or_else(|_| "info".to_owned());
    let filter: Targets = chosen.parse().map_err(|error| ConfigError {
        setting: VARIABLE,
        rule: format!("`{chosen}`: {error}"),
    })?;
    // Spans are for the collector, and would repeat in the log what its lines say.
    let filter = filter.and(filter_fn(is_event));
    let sink = Arc::new(Sink::new(std::io::stderr()));
    let flusher = Flusher::start(Arc::clone(&sink));
    let layer = fmt::layer().with_writer(Entrances(sink));
    let logs = if std::io::stderr().is_terminal() {
        layer.with_target(false).with_filter(filter).boxed()
    } else {
        layer
            .event_format(JsonLine(Clock::system()))
            .with_filter(filter)
            .boxed()
    };
    // A second call, as in tests, changes nothing.
    let _ = tracing_subscriber::registry()
        .with(logs)
        .with(traces.map(Traces::layer))
        .try_init();
    Ok(Logging(flusher))
}

/// Spans are for traces.
fn is_event(metadata: &tracing::Metadata<'_>) -> bool {
    metadata.is_event()
}
