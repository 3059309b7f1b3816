//! A PostgreSQL server where databases can be made, and statements for it.

use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::{Cluster, Options};

/// After this, a test is failed that waits for a server.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a PostgreSQL server is, and as whom it is used.
#[derive(Clone, Debug)]
pub struct Server {
    /// The URL up to and with the slash before the database's name.
    before: String,
    /// The database that is there for administration.
    database: String,
    /// The parameters of the URL with their question mark, or nothing.
    after: String,
}

impl Server {
    /// The server of a URL, `postgres://user:password@host:port/database?parameters`.
    ///
    /// # Panics
    /// When it is not such a URL.
    #[must_use]
    pub fn at(url: &str) -> Self {
        let (url, after) = match url.find('?') {
            Some(question) => url.split_at(question),
            None => (url, ""),
        };
        let authority = url.find("://").expect("a URL, postgres://…") + 3;
        let (before, database) = match url[authority..].find('/') {
            Some(slash) => url.split_at(authority + slash + 1),
            None => (url, ""),
        };
        Self {
            before: format!("{}/", before.trim_end_matches('/')),
            database: Some(database)
                .filter(|name| !name.is_empty())
                .unwrap_or("postgres")
                .to_owned(),
            after: after.to_owned(),
        }
    }

    /// The server that all tests of this process share: the one of `TIMETRACKS_TEST_POSTGRES`, or else a cluster that
    /// is made when it is first asked for, forgets everything in a power failure, and ends with the process. Blocks
    /// for about a second then.
    ///
    /// # Panics
    /// When there is neither.
    pub fn shared() -> &'static Self {
        static GIVEN: OnceLock<Option<Server>> = OnceLock::new();
        static MADE: OnceLock<Cluster> = OnceLock::new();
        let given = GIVEN.get_or_init(|| {
            let url = std::env::var("TIMETRACKS_TEST_POSTGRES").ok();
            url.filter(|url| !url.is_empty()).map(|url| Self::at(&url))
        });
        match given {
            Some(server) => server,
            None => MADE.get_or_init(|| Cluster::start(Options::forgetful())),
        }
    }

    /// The URL of a database of this server.
    #[must_use]
    pub fn url_of(&self, database: &str) -> String {
        format!("{}{database}{}", self.before, self.after)
    }

    /// The URL of the database that is there for administration.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of(&self.database)
    }

    /// A new session. Its connection is served by a task of the current runtime.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn connect(&self) -> Client {
        connect(&self.url()).await
    }

    /// Runs statements, in a session of their own.
    ///
    /// # Panics
    /// When one fails.
    pub async fn sql(&self, statements: &str) {
        sql(&self.url(), statements).await;
    }

    /// The text of the one value that a query answers with.
    ///
    /// # Panics
    /// When it fails, or answers with anything else.
    pub async fn query_one(&self, query: &str) -> String {
        query_one(&self.url(), query).await
    }

    /// Waits until a query for one truth value answers with true: asks again and again, in one session.
    ///
    /// # Panics
    /// When it fails, or is not true for a minute.
    pub async fn until(&self, query: &str) {
        let client = self.connect().await;
        let end = Instant::now() + PATIENCE;
        while value(&client, query).await != "t" {
            assert!(Instant::now() < end, "never true: {query}");
        }
    }

    /// Changes a setting that needs no restart, and has the server take notice of it.
    ///
    /// # Panics
    /// When there is no such setting.
    pub async fn set(&self, name: &str, value: &str) {
        let value = value.replace('\'', "''");
        self.sql(&format!("ALTER SYSTEM SET {name} = '{value}'"))
            .await;
        self.sql("SELECT pg_reload_conf()").await;
    }

    /// Ends all sessions of a database. Answers with how many there were.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn terminate_backends(&self, database: &str) -> usize {
        let ended = self
            .query_one(&format!(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                 WHERE datname = '{database}' AND pid <> pg_backend_pid()"
            ))
            .await;
        ended.parse().expect("a count")
    }
}

/// A session with the database of a URL.
pub(super) async fn connect(url: &str) -> Client {
    let connected = patiently(url, tokio_postgres::connect(url, NoTls)).await;
    let (client, connection) = connected.unwrap_or_else(|error| panic!("no {url}: {error:?}"));
    tokio::spawn(connection);
    client
}

/// Runs statements in a session of their own.
pub(super) async fn sql(url: &str, statements: &str) {
    let client = connect(url).await;
    let done = patiently(statements, client.batch_execute(statements)).await;
    done.unwrap_or_else(|error| panic!("{statements}: {error:?}"));
}

/// The text of the one value that a query answers with, in a session of its own.
pub(super) async fn query_one(url: &str, query: &str) -> String {
    value(&connect(url).await, query).await
}

async fn value(client: &Client, query: &str) -> String {
    let messages = patiently(query, client.simple_query(query)).await;
    let messages = messages.unwrap_or_else(|error| panic!("{query}: {error:?}"));
    let mut values = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0)),
        _ => None,
    });
    match (values.next(), values.next()) {
        (Some(Some(value)), None) => value.to_owned(),
        _ => panic!("not one value: {query}"),
    }
}

async fn patiently<T>(what: &str, future: impl Future<Output = T>) -> T {
    let answer = tokio::time::timeout(PATIENCE, future).await;
    answer.unwrap_or_else(|_| panic!("no answer within {PATIENCE:?}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::Server;

    #[test]
    fn only_the_database_of_a_url_is_changed() {
        for (given, changed) in [
            ("postgres://u:p@h:1/x?a=b/c", "postgres://u:p@h:1/new?a=b/c"),
            ("postgres://u@h", "postgres://u@h/new"),
            ("postgresql://h/?a=b", "postgresql://h/new?a=b"),
            ("postgres://h?a=b", "postgres://h/new?a=b"),
        ] {
            assert_eq!(Server::at(given).url_of("new"), changed);
        }
        assert_eq!(
            Server::at("postgres://h?a").url(),
            "postgres://h/postgres?a"
        );
        assert_eq!(Server::at("postgres://h/x").url(), "postgres://h/x");
    }
}
