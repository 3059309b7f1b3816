//! The same statements on PostgreSQL.

use std::collections::HashMap;

use timetracks_app::MIGRATIONS;
use timetracks_db::{Db, Location};
use timetracks_testkit::postgres::{Database, Server};
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::{Allowed, DOCTOR, collect::Statement, only_allowed, statements};

/// Statements that may read a whole table.
const SCANS: &[Allowed] = &[
    (
        "SELECT (SELECT COUNT(*) FROM users), ",
        "the operator's statistics count everything, and nobody waits for them",
    ),
    ("DELETE FROM signing_key", "it has one row"),
    ("SELECT id FROM tracks WHERE ended_at < started_at", DOCTOR),
    (
        "SELECT org_id FROM organisations WHERE created_at > $1 ",
        DOCTOR,
    ),
];

pub(super) async fn migrated() -> Database {
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

/// What is unique on the whole server, or found without an organisation, and so cannot be cut up by organisation.
const OF_THE_SERVER: &[&str] = &[
    "logins",
    "api_keys",
    "signing_key",
    "login_attempts",
    "unknown_logins",
];

/// The schema with every table partitioned by organisation that can be.
fn partitioned() -> String {
    let mut text = String::new();
    for migration in MIGRATIONS {
        let mut parts = migration.sql.split("/*sqlite:");
        text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            text.push_str(part.split_once("*/").expect("a comment ends").1);
        }
    }
    // Comments may hold a semicolon.
    let lines = text.lines().filter_map(|line| line.split("--").next());
    let text = lines.collect::<Vec<_>>().join("\n");
    let mut statements = Vec::new();
    for statement in text.split(';') {
        let table = statement.split_once("CREATE TABLE ");
        let name = table.and_then(|(_, rest)| rest.split_whitespace().next());
        statements.push(match name {
            Some(name) if !OF_THE_SERVER.contains(&name) => format!(
                "{statement} PARTITION BY HASH (org_id);
                CREATE TABLE {name}_0 PARTITION OF {name} FOR VALUES WITH (MODULUS 2, REMAINDER 0);
                CREATE TABLE {name}_1 PARTITION OF {name} FOR VALUES WITH (MODULUS 2, REMAINDER 1)"
            ),
            _ => statement.to_owned(),
        });
    }
    statements.join(";")
}

#[tokio::test]
async fn the_schema_can_be_partitioned_by_organisation() {
    let database = Database::create(Server::shared()).await;
    database.sql(&partitioned()).await;
    let partitioned = "SELECT COUNT(*) FROM pg_class WHERE relkind = 'p'";
    assert_eq!(database.query_one(partitioned).await, "13");
}
