//! The bridge between refinery and PostgreSQL.

use refinery_core::{
    Migration as Known,
    traits::sync::{Migrate, Query, Transaction},
};

use super::connection::Connection;
use crate::{Error, Migration, OpenError, migrate};

/// Which instance migrates, when several start at once.
const LOCK: i64 = 0x6d69_6772_6174_6531;

/// Brings the schema up to date: all of it in one transaction, one instance at a time.
pub(super) fn migrate(
    connection: &mut Connection,
    migrations: &[Migration],
) -> Result<(), OpenError> {
    connection.batch(&format!("BEGIN; SELECT pg_advisory_xact_lock({LOCK})"))?;
    refuse_foreign(connection)?;
    migrate::run(&mut Bridge(connection), migrations, str::to_owned)?;
    connection.batch("COMMIT")?;
    Ok(())
}

/// Another program's tables are to be left as they are: ours come with a history of migrations.
fn refuse_foreign(connection: &mut Connection) -> Result<(), OpenError> {
    let rows = connection.ask(
        "SELECT 1 FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
        HAVING COUNT(*) > 0 AND COUNT(CASE WHEN relname = 'refinery_schema_history' THEN 1 END) = 0",
    )?;
    if rows.is_empty() {
        Ok(())
    } else {
        Err(OpenError::Foreign)
    }
}

struct Bridge<'c>(&'c mut Connection);

impl Transaction for Bridge<'_> {
    type Error = Error;

    fn execute<'a, T: Iterator<Item = &'a str>>(&mut self, queries: T) -> Result<usize, Error> {
        let mut count = 0;
        for query in queries {
            self.0.batch(query)?;
            count += 1;
        }
        Ok(count)
    }
}

impl Query<Vec<Known>> for Bridge<'_> {
    fn query(&mut self, query: &str) -> Result<Vec<Known>, Error> {
        let rows = self.0.ask(query)?;
        let known = rows.into_iter().map(|row| {
            let mut columns = row.into_iter().map(Option::unwrap_or_default);
            let mut column = || columns.next().unwrap_or_default();
            let (version, name) = (column(), column());
            let unreadable = |error| Error::Statement(format!("the history: {error}"));
            let version = version
                .parse()
                .map_err(|error: std::num::ParseIntError| unreadable(error.into()))?;
            migrate::applied(version, name, &column(), &column()).map_err(unreadable)
        });
        known.collect()
    }
}

impl Migrate for Bridge<'_> {}
