//! What can be found out about a database that is left as it is, whether servers use it or not.

mod postgres;
mod sqlite;

use std::path::PathBuf;

use crate::{CopyError, Error, Location, Migration, OpenError, Tx, copy::store::Store, migrate};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, and may not for long, or not as one thinks.
    Warning,
    /// It is wrong.
    Problem,
}

/// What one check came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// What was looked at.
    pub check: &'static str,
    /// What was found, and what to do about it.
    pub says: String,
}

impl Finding {
    /// It is as it should be.
    pub fn ok(check: &'static str, says: impl Into<String>) -> Self {
        Self::new(Level::Ok, check, says)
    }

    /// Somebody should have a look.
    pub fn warning(check: &'static str, says: impl Into<String>) -> Self {
        Self::new(Level::Warning, check, says)
    }

    /// Somebody must do something.
    pub fn problem(check: &'static str, says: impl Into<String>) -> Self {
        Self::new(Level::Problem, check, says)
    }

    fn new(level: Level, check: &'static str, says: impl Into<String>) -> Self {
        let says = says.into();
        Self { level, check, says }
    }
}

/// How the schema of a database stands to the one that a program knows. Versions are numbers of steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schema {
    /// There is none.
    Missing,
    /// It is this version, and a server brings it up to date.
    Older(i64),
    /// It is the one that the program knows.
    Current(i64),
    /// It is of a newer program.
    Newer(i64),
    /// This step is another than the one of the same number that the program knows.
    Changed(String),
}

/// A database that is looked at.
pub struct Examination {
    store: Store,
    /// The log that somebody would have made who disturbed this.
    undisturbed_without: Option<PathBuf>,
}

impl Examination {
    /// Opens a database, which must be there. Blocks.
    ///
    /// # Errors
    /// When it cannot be opened or read, or another program made it.
    pub fn open(location: &Location) -> Result<Self, OpenError> {
        let Location::Sqlite(path) = location else {
            let store = Store::source(location).map_err(|error| match error {
                CopyError::Open(error) => error,
                error => OpenError::Postgres(error.to_string()),
            })?;
            return Ok(Self {
                store,
                undisturbed_without: None,
            });
        };
        let (connection, is_alone) = crate::sqlite::open_to_look(path)?;
        crate::sqlite::refuse_foreign(&connection)?;
        Ok(Self {
            store: Store::Sqlite(connection),
            undisturbed_without: is_alone.then(|| crate::sqlite::beside(path, "-wal")),
        })
    }

    /// Whether what was found may be wrong, because a server was started meanwhile.
    #[must_use]
    pub fn is_disturbed(&self) -> bool {
        self.undisturbed_without
            .as_ref()
            .is_some_and(|log| log.exists())
    }

    /// Looks at what the engine says of itself and its files. `connections` is how many a server may have, `now` tells the
    /// time in Unix milliseconds.
    ///
    /// # Errors
    /// When the engine does not say.
    pub fn engine(
        &mut self,
        connections: usize,
        now: &dyn Fn() -> i64,
    ) -> Result<Vec<Finding>, Error> {
        match &mut self.store {
            Store::Sqlite(connection) => sqlite::examine(connection),
            Store::Postgres(connection) => postgres::examine(connection, connections, now),
        }
    }

    /// How the schema stands to these steps.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn schema(&mut self, migrations: &[Migration]) -> Result<Schema, Error> {
        let unreadable = |error: refinery_core::Error| Error::Statement(error.to_string());
        let text = match self.store {
            Store::Sqlite(_) => crate::sqlite::without_markers,
            Store::Postgres(_) => str::to_owned,
        };
        let known = migrate::known(migrations, text).map_err(unreadable)?;
        let has = self.snapshot(migrate::history)?;
        let Some(last) = has.last() else {
            return Ok(Schema::Missing);
        };
        for step in &has {
            let known = known
                .iter()
                .find(|known| i64::from(known.version()) == step.version);
            let Some(known) = known else {
                return Ok(Schema::Newer(last.version));
            };
            if known.name() != step.name || known.checksum().to_string() != step.checksum {
                return Ok(Schema::Changed(known.to_string()));
            }
        }
        if has.len() < known.len() {
            return Ok(Schema::Older(last.version));
        }
        Ok(Schema::Current(last.version))
    }

    /// Runs a job that only reads, on one snapshot.
    ///
    /// # Errors
    /// What the job returns, or that there is no snapshot.
    pub fn snapshot<T, E: From<Error>>(
        &mut self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.store.begin_read()?;
        let outcome = job(&mut self.store.tx());
        self.store.roll_back();
        outcome
    }
}
