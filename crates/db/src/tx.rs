//! The small surface through which use cases see a database.

use uuid::Uuid;

use crate::{Error, Param, Row, Sql, postgres, sqlite};

/// A transaction under way.
pub struct Tx<'c> {
    engine: Engine<'c>,
    announcements: Vec<Uuid>,
    failure: Option<Error>,
}

enum Engine<'c> {
    Sqlite(&'c rusqlite::Connection),
    Postgres(&'c mut postgres::Connection),
}

impl<'c> Tx<'c> {
    pub(crate) fn sqlite(connection: &'c rusqlite::Connection) -> Self {
        Self::new(Engine::Sqlite(connection))
    }

    pub(crate) fn postgres(connection: &'c mut postgres::Connection) -> Self {
        Self::new(Engine::Postgres(connection))
    }

    fn new(engine: Engine<'c>) -> Self {
        Self {
            engine,
            announcements: Vec::new(),
            failure: None,
        }
    }

    /// Runs a statement whose answer does not matter. PostgreSQL is sent it together with the next one that does, or
    /// with the commit: should it fail, then that says so.
    ///
    /// # Errors
    /// When the statement fails. Nothing further can then be run in this transaction.
    pub fn execute(&mut self, sql: &'static Sql, parameters: &[&dyn Param]) -> Result<(), Error> {
        self.attempt(|engine| match engine {
            Engine::Sqlite(connection) => sqlite::execute(connection, sql, parameters).map(|_| ()),
            Engine::Postgres(connection) => connection.defer(sql, parameters),
        })
    }

    /// Runs a statement that answers with no rows, and says how many rows it changed.
    ///
    /// # Errors
    /// When the statement fails. Nothing further can then be run in this transaction.
    pub fn count(&mut self, sql: &'static Sql, parameters: &[&dyn Param]) -> Result<u64, Error> {
        self.attempt(|engine| match engine {
            Engine::Sqlite(connection) => sqlite::execute(connection, sql, parameters),
            Engine::Postgres(connection) => connection.execute(sql, parameters),
        })
    }

    /// Reads the first row, if there is one.
    ///
    /// # Errors
    /// When the statement fails, or `read` does.
    pub fn row<T>(
        &mut self,
        sql: &'static Sql,
        parameters: &[&dyn Param],
        read: impl FnOnce(&mut Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let (mut read, mut first) = (Some(read), None);
        self.query(sql, parameters, &mut |row| {
            first = read.take().map(|read| read(row)).transpose()?;
            Ok(false)
        })?;
        Ok(first)
    }

    /// Reads every row.
    ///
    /// # Errors
    /// When the statement fails, or `read` does.
    pub fn rows<T>(
        &mut self,
        sql: &'static Sql,
        parameters: &[&dyn Param],
        mut read: impl FnMut(&mut Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        self.query(sql, parameters, &mut |row| {
            all.push(read(row)?);
            Ok(true)
        })?;
        Ok(all)
    }

    /// Visits row after row without keeping them, until `visit` fails. For answers that may be long.
    ///
    /// # Errors
    /// When the statement fails, or what `visit` answers with.
    pub fn each<E: From<Error>>(
        &mut self,
        sql: &'static Sql,
        parameters: &[&dyn Param],
        mut visit: impl FnMut(&mut Row<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut stopped = None;
        let mut visit = |row: &mut Row<'_>| {
            stopped = visit(row).err();
            Ok(stopped.is_none())
        };
        self.attempt(|engine| match engine {
            Engine::Sqlite(connection) => sqlite::query(connection, sql, parameters, &mut visit),
            Engine::Postgres(connection) => connection.walk(sql, parameters, &mut visit),
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
        self.attempt(|engine| match engine {
            Engine::Sqlite(connection) => sqlite::bytes(connection),
            Engine::Postgres(connection) => connection.bytes(),
        })
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }

    fn query(
        &mut self,
        sql: &'static Sql,
        parameters: &[&dyn Param],
        visit: &mut dyn FnMut(&mut Row<'_>) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        self.attempt(|engine| match engine {
            Engine::Sqlite(connection) => sqlite::query(connection, sql, parameters, visit),
            Engine::Postgres(connection) => connection.query(sql, parameters, visit),
        })
    }

    /// After an error PostgreSQL refuses the rest of a transaction and SQLite does not: here both do.
    fn attempt<T>(
        &mut self,
        run: impl FnOnce(&mut Engine<'c>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if self.failure.is_some() {
            return Err(Error::AfterFailure);
        }
        let outcome = run(&mut self.engine);
        self.failure = outcome.as_ref().err().cloned();
        outcome
    }

    /// The statement that failed, so that nothing of this may be kept.
    pub(crate) fn failure(&self) -> Option<&Error> {
        self.failure.as_ref()
    }

    pub(crate) fn into_announcements(self) -> Vec<Uuid> {
        self.announcements
    }
}
