//! One way to run transactions, whatever the engine. A use case is a function of a [`Tx`]; [`Db::write`] runs it
//! alone in its [`Lane`] and answers after the disk has it, [`Db::read`] runs it on a snapshot that no write waits for.
//!
//! This crate knows nothing about time tracking.

mod alive;
mod backup;
mod copy;
mod doctor;
mod error;
mod job;
mod lane;
mod migrate;
mod postgres;
mod queue;
mod readers;
mod sql;
mod sqlite;
mod statistics;
mod tx;
mod value;

use std::{path::PathBuf, sync::Arc};

pub use backup::{Backup, backup};
pub use copy::{CopiedTable, CopyError, copy};
pub use doctor::{Examination, Finding, Level, Schema};
pub use error::{Error, OpenError};
pub use lane::Lane;
pub use migrate::Migration;
pub use postgres::PostgresUrl;
pub use sql::{Sql, join, length};
pub use statistics::{Histogram, PoolStatistics, Statistics};
pub use tx::Tx;
pub use value::{FromColumn, Param, Row, Value};

use readers::Readers;
use statistics::Commits;

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// An SQLite file. It is made, readable by its owner alone, when it is not there.
    Sqlite(PathBuf),
    /// A database of PostgreSQL 13 or newer.
    Postgres(PostgresUrl),
}

/// Where the data is, and how much may happen at once.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the data is.
    pub location: Location,
    /// How many threads answer short reads.
    pub readers: usize,
    /// How many threads answer long reads, such as a list of everything.
    pub long_readers: usize,
    /// How many threads write. SQLite has one.
    pub writers: usize,
    /// How many jobs may wait before more are refused as [`Error::Busy`].
    pub queue: usize,
}

impl Settings {
    /// Sensible numbers for an SQLite file.
    #[must_use]
    pub fn sqlite(path: PathBuf) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            location: Location::Sqlite(path),
            // More than cores, so that a few reads of much do not keep everyone else's small ones waiting.
            readers: (2 * cores).clamp(4, 16),
            long_readers: 8,
            writers: 1,
            queue: 4096,
        }
    }

    /// Shares out that many connections to PostgreSQL, at least [`Settings::FEWEST_CONNECTIONS`]. Each is made when it is
    /// first needed.
    #[must_use]
    pub fn postgres(url: PostgresUrl, connections: usize) -> Self {
        // One listens to the other instances.
        let shared = connections.max(Self::FEWEST_CONNECTIONS) - 1;
        let long_readers = (shared / 5).max(1);
        let writers = (shared - long_readers) / 2;
        Self {
            location: Location::Postgres(url),
            readers: shared - long_readers - writers,
            long_readers,
            writers,
            queue: 4096,
        }
    }

    /// One for each purpose.
    pub const FEWEST_CONNECTIONS: usize = 4;
}

/// What a listener hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announcement {
    /// A transaction announced this topic.
    Of(uuid::Uuid),
    /// Announcements may have been missed, of any topic.
    Missed,
}

/// What is called with each announcement of a transaction: after its commit and before its answer by the instance that
/// ran it, moments later by the others that share the database.
pub type Listener = Arc<dyn Fn(Announcement) + Send + Sync>;

/// An open database. Clones share it; it closes when the last one goes.
#[derive(Clone)]
pub struct Db {
    // In the order in which they are closed.
    at_hand: Option<Arc<sqlite::AtHand>>,
    readers: Arc<Readers>,
    long_readers: Arc<Readers>,
    writer: Arc<Writer>,
    commits: Arc<Commits>,
}

enum Writer {
    Sqlite(sqlite::Writer),
    Postgres(postgres::Writers, postgres::Watch),
}

impl Db {
    /// Opens the database, making and migrating it when needed. Blocks.
    ///
    /// # Errors
    /// When the database cannot be opened or is none of ours, has a newer schema than this program knows,
    /// or the engine does not promise what we rely on (SQLite: WAL, `synchronous=FULL`, foreign keys; its version).
    pub fn open(
        settings: &Settings,
        migrations: &[Migration],
        listener: Listener,
    ) -> Result<Self, OpenError> {
        let commits = Commits::new();
        let (at_hand, readers, long_readers, writer) = match &settings.location {
            Location::Sqlite(path) => {
                let mut connection = sqlite::open_writer(path)?;
                backup::keep_before_migrating(&connection, path, migrations)?;
                sqlite::migrate(&mut connection, migrations)?;
                let pool = |name, threads| {
                    Readers::start(name, threads, settings.queue, || {
                        let connection = sqlite::open_reader(path)?;
                        Ok(move |job| sqlite::read(&connection, job))
                    })
                };
                let (readers, long_readers) = (
                    pool("read", settings.readers)?,
                    pool("read-long", settings.long_readers)?,
                );
                let at_hand = sqlite::AtHand::open(path, settings.readers)?;
                let counter = Arc::clone(&commits);
                let writer = sqlite::Writer::start(connection, settings.queue, listener, counter)?;
                let at_hand = Some(Arc::new(at_hand));
                (at_hand, readers, long_readers, Writer::Sqlite(writer))
            }
            Location::Postgres(url) => {
                let parts = postgres::open(url, settings, migrations, &listener, &commits)?;
                let writer = Writer::Postgres(parts.writers, parts.watch);
                (None, parts.readers, parts.long_readers, writer)
            }
        };
        Ok(Self {
            at_hand,
            readers: Arc::new(readers),
            long_readers: Arc::new(long_readers),
            writer: Arc::new(writer),
            commits,
        })
    }

    /// Brings the schema of a database up to date, and does no more with it. Blocks.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub fn migrate(location: &Location, migrations: &[Migration]) -> Result<(), OpenError> {
        match location {
            Location::Sqlite(path) => sqlite::migrate(&mut sqlite::open_writer(path)?, migrations),
            Location::Postgres(url) => postgres::migrate(url, migrations),
        }
    }

    /// Runs a job that may write. Inside it nothing else writes to the lane; when it is answered with `Ok`, what it
    /// wrote survives a power cut, and when with `Err`, it wrote nothing. It runs to its end even if the caller
    /// stops waiting. It may be run more than once, when others got in its way; what it did before is then undone.
    ///
    /// # Errors
    /// What the job returns, or [`Error`] when it could not be run or committed.
    pub async fn write<T, E>(
        &self,
        lane: Lane,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Clone + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (job, outcome) = job::new(job);
        match &*self.writer {
            Writer::Sqlite(writer) => writer.submit(job)?,
            Writer::Postgres(writers, _) => writers.submit(lane, job)?,
        }
        answer(outcome).await
    }

    /// Runs a short job that only reads, on a snapshot that holds every write answered so far.
    ///
    /// # Errors
    /// What the job returns, or [`Error`] when it could not be run.
    pub async fn read<T, E>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Clone + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (job, outcome) = job::new(job);
        self.readers.submit(job)?;
        answer(outcome).await
    }

    /// As [`Db::read`], for a job that looks at a few rows which it finds by their keys. SQLite does that at once, in the
    /// caller's thread: handing it to another and waking up again would take longer.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn look<T, E>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Clone + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (job, outcome) = job::new(job);
        let left = match &self.at_hand {
            Some(connections) => connections.read(job),
            None => Some(job),
        };
        if let Some(job) = left {
            self.readers.submit(job)?;
        }
        answer(outcome).await
    }

    /// As [`Db::read`], for a job whose length the data or the client decides. Few run at a time.
    ///
    /// # Errors
    /// As [`Db::read`].
    pub async fn read_long<T, E>(
        &self,
        job: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Clone + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (job, outcome) = job::new(job);
        self.long_readers.submit(job)?;
        answer(outcome).await
    }

    /// Completes once this process can keep no write any more, so that it had better end: an fsync failed, and one that
    /// succeeds later would prove nothing (SQLite). PostgreSQL sees to its own disk: there it never completes.
    pub async fn storage_lost(&self) {
        match &*self.writer {
            Writer::Sqlite(writer) => writer.lost().await,
            Writer::Postgres(..) => std::future::pending().await,
        }
    }

    /// Whether writes are possible: SQLite's are not once the disk failed to keep one, PostgreSQL's are not while it
    /// cannot be reached, and neither's are once a thread that they need has died.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        match &*self.writer {
            Writer::Sqlite(writer) => writer.is_alive(),
            Writer::Postgres(writers, watch) => writers.are_alive() && watch.is_connected(),
        }
    }

    /// What it does, and has done since it was opened. Costs next to nothing.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let (engine, writers) = match &*self.writer {
            Writer::Sqlite(writer) => ("sqlite", writer.statistics()),
            Writer::Postgres(writers, _) => ("postgres", writers.statistics()),
        };
        let (commit_jobs, commit_us) = self.commits.read();
        Statistics {
            engine,
            pools: [
                writers,
                self.readers.statistics(),
                self.long_readers.statistics(),
            ],
            commit_jobs,
            commit_us,
        }
    }
}

async fn answer<T, E: From<Error>>(outcome: job::Outcome<T, E>) -> Result<T, E> {
    let died = |_| Err(Error::Unavailable("the thread that ran the job died".to_owned()).into());
    outcome.await.unwrap_or_else(died)
}
