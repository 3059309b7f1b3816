//! Logs: readable on a terminal, JSON lines otherwise; always on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::ConfigError;

const VARIABLE: &str = "TIMETRACKS_LOG";

/// Starts logging. `TIMETRACKS_LOG` chooses what, as in `info` or `timetracks_server=debug`.
///
/// # Errors
/// When the variable makes no sense.
pub fn start_logging() -> Result<(), ConfigError> {
    let chosen = std::env::var(VARIABLE).unwrap_or_else(|_| "info".to_owned());
    let filter = EnvFilter::builder()
        .parse(&chosen)
        .map_err(|error| ConfigError {
            setting: VARIABLE,
            rule: format!("`{chosen}`: {error}"),
        })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second call, as in tests, changes nothing.
    let _ = if std::io::stderr().is_terminal() {
        builder.with_target(false).try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    };
    Ok(())
}
