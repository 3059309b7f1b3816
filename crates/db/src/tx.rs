//! The small surface through which use cases see a database.

use rusqlite::Connection;
use uuid::Uuid;

use crate::{Error, Param, Row, Sql};

/// A transaction under way.
pub struct Tx<'c> {
    connection: &'c Connection,
    announcements: Vec<Uuid>,
    failed: bool,
}

impl<'c> Tx<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            announcements: Vec::new(),
            failed: false,
        }
    }

    /// Runs a statement that answers with no rows, and says how many rows it changed.
    ///
    /// # Errors
    /// When the statement fails. Nothing further can then be run in this transaction.
    pub fn execute(&mut self, sql: &Sql, parameters: &[&dyn Param]) -> Result<u64, Error> {
        self.attempt(|connection| {
            let mut statement = connection.prepare_cached(sql.sqlite())?;
            bind(&mut statement, parameters)?;
            Ok(statement.raw_execute()? as u64)
        })
    }

    /// Reads the first row, if there is one.
    ///
    /// # Errors
    /// When the statement fails, or `read` does.
    pub fn row<T>(
        &mut self,
        sql: &Sql,
        parameters: &[&dyn Param],
        read: impl FnOnce(&mut Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        self.attempt(|connection| {
            let mut statement = connection.prepare_cached(sql.sqlite())?;
            bind(&mut statement, parameters)?;
            match statement.raw_query().next()? {
                Some(row) => read(&mut Row::new(row)).map(Some),
                None => Ok(None),
            }
        })
    }

    /// Reads every row.
    ///
    /// # Errors
    /// When the statement fails, or `read` does.
    pub fn rows<T>(
        &mut self,
        sql: &Sql,
        parameters: &[&dyn Param],
        mut read: impl FnMut(&mut Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        self.each(sql, parameters, |row| {
            all.push(read(row)?);
            Ok::<(), Error>(())
        })?;
        Ok(all)
    }

    /// Visits row after row without keeping them, until `visit` fails.
    ///
    /// # Errors
    /// When the statement fails, or what `visit` answers with.
    pub fn each<E: From<Error>>(
        &mut self,
        sql: &Sql,
        parameters: &[&dyn Param],
        mut visit: impl FnMut(&mut Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut stopped = None;
        self.attempt(|connection| {
            let mut statement = connection.prepare_cached(sql.sqlite())?;
            bind(&mut statement, parameters)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                if let Err(error) = visit(&mut Row::new(row)) {
                    stopped = Some(error);
                    break;
                }
            }
            Ok(())
        })?;
        stopped.map_or(Ok(()), Err)
    }

    /// Has the listener told of this topic once the transaction is kept, before it is answered.
    pub fn announce(&mut self, topic: Uuid) {
        self.announcements.push(topic);
    }

    /// How many bytes the database takes on disk, without what waits in its log.
    ///
    /// # Errors
    /// When the engine does not say.
    pub fn storage_bytes(&mut self) -> Result<i64, Error> {
        self.attempt(|connection| {
            Ok(connection.query_row(
                "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
                [],
                |row| row.get(0),
            )?)
        })
    }

    /// After an error PostgreSQL refuses the rest of a transaction and SQLite does not: here both do.
    fn attempt<T>(
        &mut self,
        run: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.failed {
            return Err(Error::AfterFailure);
        }
        let outcome = run(self.connection);
        self.failed = outcome.is_err();
        outcome
    }

    /// Whether a statement failed, so that nothing of this may be kept.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed
    }

    pub(crate) fn into_announcements(self) -> Vec<Uuid> {
        self.announcements
    }
}

fn bind(statement: &mut rusqlite::Statement<'_>, parameters: &[&dyn Param]) -> Result<(), Error> {
    let expected = statement.parameter_count();
    if expected != parameters.len() {
        let given = parameters.len();
        return Err(Error::Statement(format!(
            "{expected} parameters expected, {given} given"
        )));
    }
    for (index, parameter) in parameters.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, parameter.value())?;
    }
    Ok(())
}
