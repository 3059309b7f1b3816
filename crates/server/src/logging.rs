//! Logs: readable on a terminal, JSON lines otherwise; always on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging. `TIMETRACKS_LOG` chooses what, as in `info` or `timetracks_server=debug`.
pub fn start_logging() {
    let filter =
        EnvFilter::try_from_env("TIMETRACKS_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second call, as in tests, changes nothing.
    let _ = if std::io::stderr().is_terminal() {
        builder.with_target(false).try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    };
}
