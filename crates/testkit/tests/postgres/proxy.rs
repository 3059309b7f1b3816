//! What the proxy counts and breaks, with a real client and a real server.

use std::{pin::pin, time::Duration};

use timetracks_testkit::postgres::{Counts, Database, Proxy, Server};
use tokio_postgres::{Client, NoTls};

/// How long nothing must happen.
const SILENCE: Duration = Duration::from_millis(200);

async fn database_and_proxy() -> (Database, Proxy) {
    let database = Database::create(Server::shared()).await;
    database.sql("CREATE TABLE here (it bigint)").await;
    let proxy = Proxy::start(&database.url());
    (database, proxy)
}

async fn connect(proxy: &Proxy) -> Result<Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(proxy.url(), NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

async fn count(database: &Database) -> String {
    database.query_one("SELECT count(*) FROM here").await
}

#[tokio::test]
async fn an_exchange_is_counted_exactly() {
    let (_database, proxy) = database_and_proxy().await;
    let mut client = connect(&proxy).await.unwrap();
    let started = Counts {
        connections: 1,
        ..Counts::default()
    };
    assert_eq!(proxy.reset(), started);
    let insert = client
        .prepare("INSERT INTO here VALUES ($1)")
        .await
        .unwrap();
    let prepared = Counts {
        round_trips: 1,
        parses: 1,
        ..Counts::default()
    };
    assert_eq!(proxy.reset(), prepared);
    let transaction = client.transaction().await.unwrap();
    transaction.execute(&insert, &[&1_i64]).await.unwrap();
    let (one, two) = tokio::join!(
        transaction.execute(&insert, &[&2_i64]),
        transaction.execute(&insert, &[&3_i64])
    );
    assert_eq!((one.unwrap(), two.unwrap()), (1, 1));
    transaction.commit().await.unwrap();
    let done = Counts {
        round_trips: 4,
        queries: 2,
        executes: 3,
        ..Counts::default()
    };
    assert_eq!(proxy.counts(), done);
    assert_eq!(proxy.counts().statements(), 5);
}

#[tokio::test]
async fn a_commit_without_an_answer_is_committed() {
    let (database, proxy) = database_and_proxy().await;
    let mut client = connect(&proxy).await.unwrap();
    proxy.cut_after_commit();
    let transaction = client.transaction().await.unwrap();
    let insert = "INSERT INTO here VALUES (1)";
    transaction.batch_execute(insert).await.unwrap();
    assert!(transaction.commit().await.unwrap_err().is_closed());
    assert_eq!(proxy.counts().commits_cut, 1);
    assert_eq!(count(&database).await, "1");
    // Once is enough.
    let client = connect(&proxy).await.unwrap();
    let again = format!("BEGIN; {insert}; COMMIT");
    client.batch_execute(&again).await.unwrap();
    assert_eq!(count(&database).await, "2");
}

#[tokio::test]
async fn a_commit_that_was_kept_back_is_not_committed() {
    let (database, proxy) = database_and_proxy().await;
    let client = connect(&proxy).await.unwrap();
    proxy.cut_before_commit();
    client
        .batch_execute("BEGIN; INSERT INTO here VALUES (1)")
        .await
        .unwrap();
    assert!(client.batch_execute("COMMIT").await.is_err());
    assert_eq!(count(&database).await, "0");
}

#[tokio::test]
async fn connections_are_cut_and_refused() {
    let (_database, proxy) = database_and_proxy().await;
    let one = connect(&proxy).await.unwrap();
    let two = connect(&proxy).await.unwrap();
    proxy.cut();
    assert!(one.simple_query("SELECT 1").await.is_err());
    assert!(two.simple_query("SELECT 1").await.is_err());
    let client = connect(&proxy).await.unwrap();
    proxy.refuse();
    assert!(connect(&proxy).await.is_err());
    assert!(client.simple_query("SELECT 1").await.is_ok());
    proxy.accept();
    assert!(connect(&proxy).await.is_ok());
}

#[tokio::test]
async fn a_stalled_connection_is_answered_later() {
    let (database, proxy) = database_and_proxy().await;
    let client = connect(&proxy).await.unwrap();
    proxy.stall();
    let mut question = pin!(client.simple_query("SELECT 1"));
    let mut connecting = pin!(connect(&proxy));
    assert!(tokio::time::timeout(SILENCE, &mut question).await.is_err());
    let silent = tokio::time::timeout(SILENCE, &mut connecting).await;
    assert!(silent.is_err());
    proxy.resume();
    assert!(question.await.is_ok());
    let other = connecting.await.unwrap();
    // That the server has gone is not told either.
    proxy.stall();
    assert_eq!(database.terminate_backends().await, 2);
    let mut question = pin!(other.simple_query("SELECT 1"));
    assert!(tokio::time::timeout(SILENCE, &mut question).await.is_err());
    proxy.cut();
    assert!(question.await.is_err());
}
