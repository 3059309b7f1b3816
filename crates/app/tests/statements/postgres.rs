//! The same statements on PostgreSQL.

use std::collections::HashMap;

use timetracks_app::MIGRATIONS;
use timetracks_db::{Db, Location};
use timetracks_testkit::postgres::{Database, Server};
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::{Allowed, collect::Statement, only_allowed, statements};

/// Statements that may read a whole table.
const SCANS: &[Allowed] = &[
    (
        "SELECT (SELECT COUNT(*) FROM users), ",
        "the operator's statistics count everything, and nobody waits for them",
    ),
    ("DELETE FROM signing_key", "it has one row"),
];

async fn migrated() -> Database {
    let database = Database::create(Server::shared()).await;
    let location = Location::Postgres(database.url().parse().expect("a URL"));
    Db::migrate(&location, MIGRATIONS).expect("the schema is one");
    database
}

/// The plan of a statement for whatever it is given, as far as an index can serve it.
async fn plan(client: &Client, statement: &Statement) -> Result<String, tokio_postgres::Error> {
    let parameters = client.prepare(&statement.text).await?.params().len();
    let nulls = match parameters {
        0 => String::new(),
        count => format!("({})", vec!["NULL"; count].join(", ")),
    };
    let text = &statement.text;
    client
        .batch_execute(&format!("DEALLOCATE ALL; PREPARE s AS {text}"))
        .await?;
    let explain = format!("EXPLAIN EXECUTE s{nulls}");
    let messages = client.simple_query(&explain).await?;
    let lines = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    Ok(lines.collect::<Vec<_>>().join("\n    "))
}

#[tokio::test]
async fn every_statement_can_be_prepared_on_postgresql_and_reads_no_whole_table() {
    let database = migrated().await;
    let client = database.connect().await;
    let settings = "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan";
    client.batch_execute(settings).await.expect("settings");
    let mut plans = HashMap::new();
    for statement in statements() {
        match plan(&client, &statement).await {
            Ok(plan) => plans.insert(statement.text, plan),
            Err(error) => panic!("{}: {error:?}\n{}", statement.file, statement.text),
        };
    }
    only_allowed(SCANS, |statement| {
        let plan = &plans[&statement.text];
        plan.contains("Seq Scan").then(|| plan.clone())
    });
}
