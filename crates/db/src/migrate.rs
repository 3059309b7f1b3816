//! Versioned migrations, by refinery. Its own drivers hold other versions of the engines' libraries, so the bridge is here.

use refinery_core::{Migration as Known, Runner, error::Kind, traits::sync::Migrate};
use time::{OffsetDateTime, error::Parse, format_description::well_known::Rfc3339};

use crate::{Error, OpenError, Tx, sql};

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// `V1__what_it_does`.
    pub name: &'static str,
    /// The statements, one text for both engines. What stands in `/*sqlite: … */` is for SQLite alone.
    pub sql: &'static str,
}

impl Migration {
    /// The number in its name.
    pub(crate) fn version(&self) -> Option<i64> {
        let (number, _) = self.name.strip_prefix('V')?.split_once("__")?;
        number.parse().ok()
    }
}

/// A step that a database has.
pub(crate) struct Step {
    pub(crate) version: i64,
    pub(crate) name: String,
    pub(crate) checksum: String,
}

/// The steps that the database has, oldest first.
pub(crate) fn history(tx: &mut Tx<'_>) -> Result<Vec<Step>, Error> {
    let table = match tx.is_postgres() {
        false => sql!("SELECT name FROM sqlite_schema WHERE name = 'refinery_schema_history'"),
        true => sql!(
            "SELECT CAST(relname AS TEXT) FROM pg_class
            WHERE relnamespace = CAST(current_schema() AS regnamespace) AND relname = 'refinery_schema_history'"
        ),
    };
    if tx.row(table, &[], |_| Ok(()))?.is_none() {
        return Ok(Vec::new());
    }
    let steps = sql!(
        "SELECT CAST(version AS BIGINT), CAST(name AS TEXT), CAST(checksum AS TEXT)
        FROM refinery_schema_history ORDER BY version"
    );
    tx.rows(steps, &[], |row| {
        Ok(Step {
            version: row.take()?,
            name: row.take()?,
            checksum: row.take()?,
        })
    })
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
    let known = known(migrations, text).map_err(failed)?;
    Runner::new(&known)
        .set_grouped(true)
        .set_abort_divergent(true)
        .set_abort_missing(true)
        .run(bridge)
        .map(|_| ())
        .map_err(failed)
}

/// The steps that this program knows, with their checksums.
pub(crate) fn known(
    migrations: &[Migration],
    text: impl Fn(&str) -> String,
) -> Result<Vec<Known>, refinery_core::Error> {
    migrations
        .iter()
        .map(|step| Known::unapplied(step.name, &text(step.sql)))
        .collect()
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
