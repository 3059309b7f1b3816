//! One side of a copy: a connection of its own, outside any pool.

use super::CopyError;
use crate::{Error, Location, Tx, postgres, sqlite};

/// A database of either engine, opened for a copy.
pub(crate) enum Store {
    Sqlite(rusqlite::Connection),
    Postgres(Box<postgres::Connection>),
}

impl Store {
    /// Opens what is to be read. It must be there.
    pub(crate) fn source(location: &Location) -> Result<Self, CopyError> {
        match location {
            Location::Sqlite(path) if !path.is_file() => {
                let rule = format!("there is no database at {}", path.display());
                Err(CopyError::Refused(rule))
            }
            Location::Sqlite(path) => Ok(Self::Sqlite(sqlite::open_reader(path)?)),
            Location::Postgres(url) => Ok(Self::Postgres(Box::new(postgres::connect(url)?))),
        }
    }

    /// Opens what is to be written, which has its schema.
    pub(crate) fn target(location: &Location) -> Result<Self, CopyError> {
        match location {
            Location::Sqlite(path) => Ok(Self::Sqlite(sqlite::open_writer(path)?)),
            Location::Postgres(url) => Ok(Self::Postgres(Box::new(postgres::connect(url)?))),
        }
    }

    /// A server that is still running would go on writing to the source, or mix with the copy. Whoever uses an SQLite
    /// file holds its lock.
    pub(crate) fn refuse_servers(&mut self) -> Result<(), CopyError> {
        let Self::Postgres(connection) = self else {
            return Ok(());
        };
        match connection.other_sessions()? {
            0 => Ok(()),
            count => Err(CopyError::Refused(format!(
                "{count} connections of TimeTracks use the PostgreSQL database: stop every instance first"
            ))),
        }
    }

    pub(crate) fn begin_read(&mut self) -> Result<(), Error> {
        self.run(match self {
            Self::Sqlite(_) => "BEGIN",
            Self::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        })
    }

    pub(crate) fn begin_write(&mut self) -> Result<(), Error> {
        self.run(match self {
            Self::Sqlite(_) => "BEGIN IMMEDIATE",
            Self::Postgres(_) => "BEGIN",
        })
    }

    pub(crate) fn tx(&mut self) -> Tx<'_> {
        match self {
            Self::Sqlite(connection) => Tx::sqlite(connection),
            Self::Postgres(connection) => Tx::postgres(connection),
        }
    }

    pub(crate) fn commit(&mut self) -> Result<(), Error> {
        self.run("COMMIT")
    }

    /// What is not committed is lost with the connection anyway.
    pub(crate) fn roll_back(&mut self) {
        let _ = self.run("ROLLBACK");
    }

    fn run(&mut self, text: &str) -> Result<(), Error> {
        match self {
            Self::Sqlite(connection) => sqlite::run(connection, text),
            Self::Postgres(connection) => connection.batch(text),
        }
    }
}
