//! The bridge between refinery and SQLite.

use refinery_core::{
    Migration as Known,
    traits::sync::{Migrate, Query, Transaction},
};
use rusqlite::{Connection, TransactionBehavior, types::Type};

use crate::{Migration, OpenError, migrate};

/// Brings the schema up to date.
pub(crate) fn migrate(
    connection: &mut Connection,
    migrations: &[Migration],
) -> Result<(), OpenError> {
    migrate::run(&mut Bridge(connection), migrations, without_markers)
}

/// Takes the comment signs off what is meant for SQLite alone.
pub(crate) fn without_markers(text: &str) -> String {
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
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
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
            let (applied_on, checksum): (String, String) = (row.get(2)?, row.get(3)?);
            migrate::applied(row.get(0)?, row.get(1)?, &applied_on, &checksum)
                .map_err(|error| rusqlite::Error::FromSqlConversionFailure(2, Type::Text, error))
        })?;
        rows.collect()
    }
}

impl Migrate for Bridge<'_> {}
