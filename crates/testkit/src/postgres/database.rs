//! A database for one test.

use std::time::Duration;

use tokio_postgres::Client;

use super::{
    Server, blocking,
    server::{connect, query_one, sql},
};

/// After this, a server that does not answer keeps a database that is no longer needed.
const PATIENCE: Duration = Duration::from_secs(5);

/// A fresh database with a name of its own. It is dropped with this value, whoever still uses it.
pub struct Database {
    server: Server,
    name: String,
}

impl Database {
    /// Makes an empty database.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn create(server: &Server) -> Self {
        Self::from_template(server, "template0").await
    }

    /// Makes a copy of this database, to which nobody may be connected meanwhile: quicker than migrating a new one.
    ///
    /// # Panics
    /// When it cannot be made.
    pub async fn copy(&self) -> Self {
        Self::from_template(&self.server, &self.name).await
    }

    async fn from_template(server: &Server, template: &str) -> Self {
        let database = Self {
            server: server.clone(),
            name: format!("timetracks_test_{:016x}", rand::random::<u64>()),
        };
        // Copying files needs two checkpoints, which cost nothing only where nothing is synchronised with the disk.
        let copies_files = server
            .query_one(
                "SELECT current_setting('server_version_num')::int >= 150000 AND current_setting('fsync') = 'off'",
            )
            .await;
        let strategy = match copies_files.as_str() {
            "t" => "STRATEGY file_copy",
            _ => "",
        };
        let name = &database.name;
        server
            .sql(&format!(
                "CREATE DATABASE {name} TEMPLATE {template} {strategy}"
            ))
            .await;
        database
    }

    /// Its URL: `postgres://user@127.0.0.1:PORT/name`.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url_of(&self.name)
    }

    /// Its name, which needs no quotes.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
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

    /// Ends all its sessions. Answers with how many there were.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn terminate_backends(&self) -> usize {
        self.server.terminate_backends(&self.name).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let url = self.server.url();
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let drop = async {
            let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
            tokio::spawn(connection);
            client.batch_execute(&statement).await
        };
        // The server may be gone, frozen or a standby by now: then so be it.
        let _ = blocking(async { tokio::time::timeout(PATIENCE, drop).await });
    }
}
