//! One connection, owned by one thread. What need not be answered at once waits and travels with what must.

use std::{borrow::Cow, collections::HashMap, future::ready, time::Duration};

use futures_util::{
    StreamExt,
    future::{join, join_all},
};
use tokio::{runtime::Runtime, sync::watch, task::yield_now, time::sleep};
use tokio_postgres::{Client, RowStream, Statement};

use super::target::Target;
use crate::{Error, Param, Row, Sql, Value, value::Owned};

/// How much may wait to be sent.
const MOST_PENDING: usize = 16;
/// How many rows a walk asks for first, and then each time.
const FIRST_ROWS: u32 = 200;
const MORE_ROWS: u32 = 2_000;

/// A live connection. Once [`Connection::is_broken`], it is good for nothing more.
pub(crate) struct Connection {
    client: Client,
    /// What was prepared.
    statements: HashMap<Key, Statement>,
    pending: Vec<Pending>,
    /// How long an answer may take, the server's own time-outs being shorter.
    patience: Duration,
    silence: watch::Receiver<()>,
    broken: bool,
    has_sent: bool,
    /// How many statements that may write it was given.
    writes: u64,
    has_shown_rows: bool,
    // After the client, whose end it waits for.
    runtime: Runtime,
}

/// A statement, which is static, by its address; and whether a cursor walks over it.
type Key = (usize, bool);

enum Pending {
    Batch(String),
    Statement(Statement, Vec<Owned>),
}

impl Pending {
    async fn send(&self, client: &Client) -> Result<(), tokio_postgres::Error> {
        match self {
            Self::Batch(text) => client.batch_execute(text).await,
            Self::Statement(statement, parameters) => {
                let values = parameters.iter().map(Owned::value);
                client.execute_raw(statement, values).await.map(|_| ())
            }
        }
    }
}

impl Connection {
    /// Connects. Blocks.
    pub(super) fn open(target: &Target, patience: Duration) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        let client = runtime.block_on(async {
            let (client, connection) = target.connect().await?;
            tokio::spawn(connection);
            Ok::<_, Error>(client)
        })?;
        let mut connection = Self {
            client,
            statements: HashMap::new(),
            pending: Vec::new(),
            patience,
            silence: target.silence(),
            broken: false,
            has_sent: false,
            writes: 0,
            has_shown_rows: false,
            runtime,
        };
        connection.batch(&target.preparation)?;
        Ok(connection)
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken || self.client.is_closed() || self.silence.has_changed().unwrap_or(false)
    }

    /// Takes in what came while nobody waited for anything, such as the connection's end.
    pub(super) fn catch_up(&self) {
        // The first turn sees that something came, the second is after it was read.
        self.runtime.block_on(async {
            yield_now().await;
            yield_now().await;
        });
    }

    /// Whether rows left for outside since the last [`Connection::begin`], so that nothing can be done over.
    pub(super) fn has_shown_rows(&self) -> bool {
        self.has_shown_rows
    }

    /// Begins a transaction, once something is sent.
    pub(super) fn begin(&mut self, text: String) {
        self.has_shown_rows = false;
        self.has_sent = false;
        self.pending.push(Pending::Batch(text));
    }

    /// Whether something was sent since the last [`Connection::begin`].
    pub(super) fn has_sent(&self) -> bool {
        self.has_sent
    }

    /// How many statements that may write it was given so far.
    pub(super) fn writes(&self) -> u64 {
        self.writes
    }

    /// Forgets what waits to be sent.
    pub(super) fn drop_pending(&mut self) {
        self.pending.clear();
    }

    /// Sends what waits, then these statements without parameters, and waits for the answers. When one of them fails,
    /// none behind it is run.
    pub(crate) fn batch(&mut self, text: &str) -> Result<(), Error> {
        self.exchange(async |client| client.batch_execute(text).await)
    }

    /// Sends what waits.
    pub(super) fn flush(&mut self) -> Result<(), Error> {
        self.exchange(|_| ready(Ok(())))
    }

    /// What statements without parameters answer, column by column as text.
    pub(crate) fn ask(&mut self, text: &str) -> Result<Vec<Vec<Option<String>>>, Error> {
        let messages = self.exchange(async |client| client.simple_query(text).await)?;
        let rows = messages.into_iter().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => {
                let column = |index| row.get(index).map(str::to_owned);
                Some((0..row.len()).map(column).collect())
            }
            _ => None,
        });
        Ok(rows.collect())
    }

    /// Sends a statement later, when its answer or another's is waited for.
    pub(crate) fn defer(&mut self, sql: &Sql, parameters: &[&dyn Param]) -> Result<(), Error> {
        let statement = self.prepared(sql)?;
        check(&statement, parameters)?;
        self.writes += 1;
        let parameters = Owned::all(parameters);
        self.pending.push(Pending::Statement(statement, parameters));
        if self.pending.len() < MOST_PENDING {
            return Ok(());
        }
        self.flush()
    }

    /// Runs a statement, and says how many rows it changed.
    pub(crate) fn execute(&mut self, sql: &Sql, parameters: &[&dyn Param]) -> Result<u64, Error> {
        let statement = self.prepared(sql)?;
        check(&statement, parameters)?;
        self.writes += 1;
        let values = parameters.iter().map(|parameter| parameter.value());
        self.exchange(async |client| client.execute_raw(&statement, values).await)
    }

    /// Shows `visit` row after row, until it says `false`. For answers that are short.
    pub(crate) fn query(
        &mut self,
        sql: &Sql,
        parameters: &[&dyn Param],
        visit: &mut dyn FnMut(&mut Row<'_>) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let statement = self.prepared(sql)?;
        check(&statement, parameters)?;
        self.writes += u64::from(!sql.only_reads());
        let values = parameters.iter().map(|parameter| parameter.value());
        let rows = self.exchange(async |client| {
            let rows = client.query_raw(&statement, values).await?;
            collect(rows).await
        })?;
        for row in &rows {
            if !visit(&mut Row::postgres(row))? {
                break;
            }
        }
        Ok(())
    }

    /// As [`Connection::query`], through a cursor: what is not visited is not sent.
    pub(crate) fn walk(
        &mut self,
        sql: &Sql,
        parameters: &[&dyn Param],
        visit: &mut dyn FnMut(&mut Row<'_>) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let declare = || format!("DECLARE walk NO SCROLL CURSOR FOR {}", sql.text()).into();
        let statement = self.prepare((address(sql), true), declare)?;
        check(&statement, parameters)?;
        let parameters = Owned::all(parameters);
        self.pending.push(Pending::Statement(statement, parameters));
        let mut wanted = FIRST_ROWS;
        loop {
            let fetch = format!("FETCH FORWARD {wanted} FROM walk");
            let rows = self.exchange(async |client| {
                let none: [(Value<'_>, tokio_postgres::types::Type); 0] = [];
                collect(client.query_typed_raw(&fetch, none).await?).await
            })?;
            for row in &rows {
                self.has_shown_rows = true;
                if !visit(&mut Row::postgres(row))? {
                    self.pending.push(Pending::Batch("CLOSE walk".to_owned()));
                    return Ok(());
                }
            }
            if rows.len() < wanted as usize {
                self.pending.push(Pending::Batch("CLOSE walk".to_owned()));
                return Ok(());
            }
            wanted = MORE_ROWS;
        }
    }

    /// How many other connections of TimeTracks the database has.
    pub(crate) fn other_sessions(&mut self) -> Result<i64, Error> {
        self.number(
            "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()
            AND application_name = 'timetracks' AND pid <> pg_backend_pid()",
        )
    }

    /// How many bytes the database takes.
    pub(crate) fn bytes(&mut self) -> Result<i64, Error> {
        self.number("SELECT pg_database_size(current_database())")
    }

    fn number(&mut self, query: &str) -> Result<i64, Error> {
        let rows = self.ask(query)?;
        let number = rows
            .first()
            .and_then(|row| row.first()?.as_ref()?.parse().ok());
        number.ok_or_else(|| Error::Statement("no number was answered".to_owned()))
    }

    fn prepared(&mut self, sql: &Sql) -> Result<Statement, Error> {
        self.prepare((address(sql), false), || sql.text().into())
    }

    fn prepare(
        &mut self,
        key: Key,
        text: impl FnOnce() -> Cow<'static, str>,
    ) -> Result<Statement, Error> {
        if let Some(statement) = self.statements.get(&key) {
            return Ok(statement.clone());
        }
        // With what waits, such as a savepoint: a statement that cannot be prepared spoils the transaction up to it.
        let statement = self.exchange(async |client| client.prepare(&text()).await)?;
        self.statements.insert(key, statement.clone());
        Ok(statement)
    }

    /// Sends what waits and `last` in one go, and waits for all the answers. The first that failed is the error.
    fn exchange<'c, T, F>(&'c mut self, last: impl FnOnce(&'c Client) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, tokio_postgres::Error>>,
    {
        let pending = std::mem::take(&mut self.pending);
        self.has_sent = true;
        let client = &self.client;
        let all = async {
            let before = join_all(pending.iter().map(|pending| pending.send(client)));
            let (before, last) = join(before, last(client)).await;
            before.into_iter().collect::<Result<(), _>>()?;
            last
        };
        let (patience, mut silence) = (self.patience, self.silence.clone());
        let outcome = self.runtime.block_on(async {
            tokio::select! {
                outcome = all => outcome.map_err(Error::from),
                Ok(()) = silence.changed() => Err(Error::Unavailable("the server is silent".to_owned())),
                () = sleep(patience) => Err(Error::Unavailable("no answer in time".to_owned())),
            }
        });
        if let Err(Error::Unavailable(_)) = outcome {
            self.broken = true;
        }
        outcome
    }
}

async fn collect(rows: RowStream) -> Result<Vec<tokio_postgres::Row>, tokio_postgres::Error> {
    let mut rows = std::pin::pin!(rows);
    let mut all = Vec::new();
    while let Some(row) = rows.next().await {
        all.push(row?);
    }
    Ok(all)
}

fn address(sql: &Sql) -> usize {
    std::ptr::from_ref(sql) as usize
}

fn check(statement: &Statement, parameters: &[&dyn Param]) -> Result<(), Error> {
    let (expected, given) = (statement.params().len(), parameters.len());
    if expected == given {
        Ok(())
    } else {
        Err(Error::Statement(format!(
            "{expected} parameters expected, {given} given"
        )))
    }
}
