//! PostgreSQL 13 or newer: what differs from SQLite is here.

mod connection;
mod convert;
mod error;
mod hosts;
mod lanes;
mod migrate;
mod reader;
mod session;
mod target;
mod watch;
mod writer;

use std::{sync::Arc, thread, time::Duration};

pub(crate) use connection::Connection;
pub(crate) use convert::value;
pub use target::PostgresUrl;
pub(crate) use watch::Watch;
pub(crate) use writer::Writers;

use crate::{
    Error, Listener, Migration, OpenError, Settings, readers::Readers, statistics::Commits,
};
use session::{Session, Tries};
use target::Target;

/// The channel on which instances tell each other what changed.
const CHANNEL: &str = "timetracks";
pub(crate) const OLDEST: i64 = 130_000;

/// A transaction that waits for its lane gives up after 2 s; one that a dead instance left open ends after 10 s.
const WRITE: &str = "SET lock_timeout = '2s'; SET statement_timeout = '30s'; SET idle_in_transaction_session_timeout = '10s'; SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";
const READ: &str = "SET statement_timeout = '10s'; SET idle_in_transaction_session_timeout = '10s'";
/// Its client decides how long a long answer takes.
const READ_LONG: &str =
    "SET statement_timeout = '60s'; SET idle_in_transaction_session_timeout = '120s'";
const WATCH: &str = "SET statement_timeout = '10s'";
const MIGRATE: &str = "SET client_min_messages = 'warning'";
/// Between two statements a copy may be busy with the other side.
const COPY: &str = "SET client_min_messages = 'warning'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0";

/// How long an answer may take, over what the server allows itself.
const WRITE_PATIENCE: Duration = Duration::from_secs(35);
const READ_PATIENCE: Duration = Duration::from_secs(15);
const READ_LONG_PATIENCE: Duration = Duration::from_secs(65);
const MIGRATE_PATIENCE: Duration = Duration::from_secs(3600);

/// What answers for a database.
pub(crate) struct Parts {
    pub(crate) readers: Readers,
    pub(crate) long_readers: Readers,
    pub(crate) writers: Writers,
    pub(crate) watch: Watch,
}

/// Opens the database, bringing its schema up to date. Blocks.
pub(crate) fn open(
    url: &PostgresUrl,
    settings: &Settings,
    migrations: &[Migration],
    listener: &Listener,
    commits: &Arc<Commits>,
) -> Result<Parts, OpenError> {
    migrate(url, migrations)?;
    let target = Target::new(url)?;
    let pool = |name, threads, preparation, patience| {
        let target = target.with(preparation);
        Readers::start(name, threads, settings.queue, move || {
            let mut session = Session::new(Arc::clone(&target), patience);
            Ok(move |job| reader::read(&mut session, job))
        })
    };
    let write = target.with(WRITE);
    Ok(Parts {
        readers: pool("read", settings.readers, READ, READ_PATIENCE)?,
        long_readers: pool(
            "read-long",
            settings.long_readers,
            READ_LONG,
            READ_LONG_PATIENCE,
        )?,
        writers: Writers::start(settings.writers, settings.queue, listener, commits, || {
            Session::new(Arc::clone(&write), WRITE_PATIENCE)
        })?,
        watch: Watch::start(target.with(WATCH), Arc::clone(listener))?,
    })
}

/// Brings the schema up to date. Blocks.
pub(crate) fn migrate(url: &PostgresUrl, migrations: &[Migration]) -> Result<(), OpenError> {
    let target = Target::new(url)?.with(MIGRATE);
    // On a thread of its own, because the caller's may belong to an asynchronous runtime.
    thread::scope(|scope| {
        let outcome = scope.spawn(|| prepare(target, migrations)).join();
        outcome.unwrap_or_else(|_| Err(OpenError::Postgres("the migration panicked".to_owned())))
    })
}

/// A connection outside the pools, for long work. Blocks; not for a thread of an asynchronous runtime.
pub(crate) fn connect(url: &PostgresUrl) -> Result<Connection, OpenError> {
    Ok(Connection::open(
        &Target::new(url)?.with(COPY),
        MIGRATE_PATIENCE,
    )?)
}

/// Checks what the server promises, and migrates. A server that is just starting is waited for.
fn prepare(target: Arc<Target>, migrations: &[Migration]) -> Result<(), OpenError> {
    let mut session = Session::new(target, MIGRATE_PATIENCE);
    let mut tries = Tries::begin();
    let connection = loop {
        match session.connection() {
            Err(error) if tries.again(&error) => {}
            outcome => break outcome?,
        }
    };
    expect_version(connection)?;
    if show(connection, "server_encoding")? != "UTF8" {
        return Err(OpenError::Postgres(
            "the encoding of the database must be UTF8".to_owned(),
        ));
    }
    if show(connection, "fsync")? != "on" {
        tracing::warn!(
            "PostgreSQL runs with fsync off: what it acknowledges does not survive a power cut"
        );
    }
    migrate::migrate(connection, migrations)
}

fn expect_version(connection: &mut Connection) -> Result<(), OpenError> {
    let version = show(connection, "server_version_num")?;
    if version.parse().is_ok_and(|version: i64| version >= OLDEST) {
        return Ok(());
    }
    let version = show(connection, "server_version")?;
    Err(OpenError::Postgres(format!(
        "it is PostgreSQL {version}, and TimeTracks needs 13 or newer"
    )))
}

pub(crate) fn show(connection: &mut Connection, setting: &str) -> Result<String, Error> {
    let rows = connection.ask(&format!("SHOW {setting}"))?;
    let value = rows.into_iter().flatten().flatten().next();
    Ok(value.unwrap_or_default())
}
