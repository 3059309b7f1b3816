//! Versioned migrations, by refinery. Its own drivers hold other versions of the engines' libraries, so the bridge is here.

use refinery_core::{
    Migration as Known, Runner,
    traits::sync::{Migrate, Query, Transaction},
};
use rusqlite::Connection;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::OpenError;

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// `V1__what_it_does`.
    pub name: &'static str,
    /// The statements, one text for both engines. What stands in `/*sqlite: … */` is for SQLite alone.
    pub sql: &'static str,
}

/// Brings the schema up to date: all steps in one transaction, or none.
pub(crate) fn run(connection: &mut Connection, migrations: &[Migration]) -> Result<(), OpenError> {
    let failed = |error: refinery_core::Error| OpenError::Migration(error.to_string());
    let known = migrations
        .iter()
        .map(|step| Known::unapplied(step.name, &for_sqlite(step.sql)))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    Runner::new(&known)
        .set_grouped(true)
        .set_abort_divergent(true)
        .set_abort_missing(true)
        .run(&mut Bridge(connection))
        .map(|_| ())
        .map_err(failed)
}

/// Takes the comment signs off what is meant for SQLite alone.
fn for_sqlite(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, marked)) = rest.split_once("/*sqlite:") {
        let (inside, after) = marked.split_once("*/").unwrap_or((marked, ""));
        result.push_str(before);
        result.push_str(inside);
        rest = after;
    }
    result.push_str(rest);
    result
}

struct Bridge<'c>(&'c mut Connection);

impl Transaction for Bridge<'_> {
    type Error = rusqlite::Error;

    fn execute<'a, T: Iterator<Item = &'a str>>(
        &mut self,
        queries: T,
    ) -> Result<usize, Self::Error> {
        let transaction = self
            .0
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut count = 0;
        for query in queries {
            transaction.execute_batch(query)?;
            count += 1;
        }
        transaction.commit()?;
        Ok(count)
    }
}

impl Query<Vec<Known>> for Bridge<'_> {
    fn query(&mut self, query: &str) -> Result<Vec<Known>, Self::Error> {
        let mut statement = self.0.prepare(query)?;
        let rows = statement.query_map([], |row| {
            let applied_on: String = row.get(2)?;
            let checksum: String = row.get(3)?;
            let unreadable = |column, error: Box<dyn std::error::Error + Send + Sync>| {
                rusqlite::Error::FromSqlConversionFailure(
                    column,
                    rusqlite::types::Type::Text,
                    error,
                )
            };
            Ok(Known::applied(
                row.get(0)?,
                row.get(1)?,
                OffsetDateTime::parse(&applied_on, &Rfc3339)
                    .map_err(|error| unreadable(2, error.into()))?,
                checksum
                    .parse()
                    .map_err(|error: std::num::ParseIntError| unreadable(3, error.into()))?,
            ))
        })?;
        rows.collect()
    }
}

impl Migrate for Bridge<'_> {}
