//! One way to run transactions, whatever the engine. A use case is a function of a [`Tx`]; [`Db::write`] runs it
//! alone in its [`Lane`] and answers after the disk has it, [`Db::read`] runs it on a snapshot that no write waits for.
//!
//! This crate knows nothing about time tracking.

mod error;
mod lane;
mod migrate;
mod readers;
mod sql;
mod sqlite;
mod tx;
mod value;
mod writer;

use std::{path::PathBuf, sync::Arc};

pub use error::{Error, OpenError};
pub use lane::Lane;
pub use migrate::Migration;
pub use sql::{Sql, join, length};
pub use tx::Tx;
pub use value::{FromColumn, Param, Row, Value};

use readers::Readers;
use writer::Writer;

/// Where the data is, and how much may wait.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The SQLite file. It is made, readable by its owner alone, when it is not there.
    pub path: PathBuf,
    /// How many threads answer short reads.
    pub readers: usize,
    /// How many threads answer long reads, such as a list of everything.
    pub long_readers: usize,
    /// How many jobs may wait in a lane before more are refused as [`Error::Busy`].
    pub queue: usize,
}

impl Settings {
    /// Sensible numbers for a file.
    #[must_use]
    pub fn sqlite(path: PathBuf) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            path,
            // More than cores, so that a few reads of much do not keep everyone else's small ones waiting.
            readers: (2 * cores).clamp(4, 16),
            long_readers: 8,
            queue: 4096,
        }
    }
}

/// What is called with each announcement of a transaction, after its commit and before its answer.
pub type Listener = Arc<dyn Fn(uuid::Uuid) + Send + Sync>;

/// An open database. Clones share it; it closes when the last one goes.
#[derive(Clone)]
pub struct Db {
    // In the order in which they are closed.
    readers: Arc<Readers>,
    long_readers: Arc<Readers>,
    writer: Arc<Writer>,
}

impl Db {
    /// Opens the database, making and migrating it when needed. Blocks.
    ///
    /// # Errors
    /// When the file cannot be opened or is no database of ours, has a newer schema than this program knows,
    /// or the engine does not promise what we rely on (WAL, `synchronous=FULL`, foreign keys, its version).
    pub fn open(
        settings: &Settings,
        migrations: &[Migration],
        listener: Listener,
    ) -> Result<Self, OpenError> {
        let mut connection = sqlite::open_writer(&settings.path)?;
        migrate::run(&mut connection, migrations)?;
        let readers = Readers::start("read", settings.readers, settings)?;
        let long_readers = Readers::start("read-long", settings.long_readers, settings)?;
        Ok(Self {
            writer: Arc::new(Writer::start(connection, settings.queue, listener)?),
            readers: Arc::new(readers),
            long_readers: Arc::new(long_readers),
        })
    }

    /// Runs a job that may write. Inside it nothing else writes to the lane; when it is answered with `Ok`, what it
    /// wrote survives a power cut, and when with `Err`, it wrote nothing. It runs to its end even if the caller
    /// stops waiting.
    ///
    /// # Errors
    /// What the job returns, or [`Error`] when it could not be run or committed.
    pub async fn write<T, E>(
        &self,
        lane: Lane,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.writer.run(lane, job).await
    }

    /// Runs a short job that only reads, on a snapshot that holds every write answered so far.
    ///
    /// # Errors
    /// What the job returns, or [`Error`] when it could not be run.
    pub async fn read<T, E>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.readers.run(job).await
    }

    /// As [`Db::read`], for a job whose length the data or the client decides. Few run at a time.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn read_long<T, E>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.long_readers.run(job).await
    }

    /// Whether writes are still possible. They are not after the disk failed to keep one.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.writer.is_alive()
    }
}
