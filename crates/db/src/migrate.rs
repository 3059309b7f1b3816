//! Versioned migrations, by refinery. Its own drivers hold other versions of the engines' libraries, so the bridge is here.

use refinery_core::{Migration as Known, Runner, error::Kind, traits::sync::Migrate};
use time::{OffsetDateTime, error::Parse, format_description::well_known::Rfc3339};

use crate::OpenError;

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// `V1__what_it_does`.
    pub name: &'static str,
    /// The statements, one text for both engines. What stands in `/*sqlite: … */` is for SQLite alone.
    pub sql: &'static str,
}

/// Brings the schema up to date: all steps in one transaction, or none. `text` makes an engine's text of a step's.
pub(crate) fn run(
    bridge: &mut impl Migrate,
    migrations: &[Migration],
    text: impl Fn(&str) -> String,
) -> Result<(), OpenError> {
    let failed = |error: refinery_core::Error| {
        OpenError::Migration(match error.kind() {
            Kind::MissingVersion(step) => {
                format!(
                    "the database has the step {step}, so it belongs to a newer version of this program"
                )
            }
            _ => error.to_string(),
        })
    };
    let known = migrations
        .iter()
        .map(|step| Known::unapplied(step.name, &text(step.sql)))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    Runner::new(&known)
        .set_grouped(true)
        .set_abort_divergent(true)
        .set_abort_missing(true)
        .run(bridge)
        .map(|_| ())
        .map_err(failed)
}

/// A step as the history has it: its version, its name, when it was applied, its checksum.
pub(crate) fn applied(
    version: i32,
    name: String,
    applied_on: &str,
    checksum: &str,
) -> Result<Known, Box<dyn std::error::Error + Send + Sync>> {
    let applied_on = OffsetDateTime::parse(applied_on, &Rfc3339).map_err(|error: Parse| error)?;
    Ok(Known::applied(version, name, applied_on, checksum.parse()?))
}
