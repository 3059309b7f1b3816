//! Schemas that several instances share, of which some are newer than others.

use std::sync::Arc;

use serde_json::json;
use timetracks_app::MIGRATIONS;
use timetracks_db::{Db, Location, Migration, OpenError, Settings};
use timetracks_testkit::{
    TestServer,
    postgres::{Database, Server},
};

/// What a later version may do while an earlier one runs.
const LATER: Migration = Migration {
    name: "V9999__later",
    sql: "ALTER TABLE tasks ADD COLUMN colour TEXT; CREATE TABLE colours (org_id UUID NOT NULL, name TEXT NOT NULL);",
};

fn location(database: &Database) -> Location {
    Location::Postgres(database.url().parse().expect("a URL"))
}

/// Opens the database as this version does.
fn open(database: &Database) -> Result<Db, OpenError> {
    let url = database.url().parse().expect("a URL");
    Db::open(&Settings::postgres(url, 4), MIGRATIONS, Arc::new(|_| {}))
}

/// Applies the steps of a later version.
fn upgrade(database: &Database) -> Result<(), OpenError> {
    let steps: Vec<_> = MIGRATIONS.iter().copied().chain([LATER]).collect();
    Db::migrate(&location(database), &steps)
}

/// All tables with their columns, and the history.
async fn everything(database: &Database) -> String {
    let tables = database
        .query_one(
            "SELECT string_agg(table_name || '.' || column_name, ' ' ORDER BY table_name, ordinal_position)
            FROM information_schema.columns WHERE table_schema = 'public'",
        )
        .await;
    tables + &history(database).await
}

async fn history(database: &Database) -> String {
    database
        .query_one("SELECT string_agg(version || ' ' || name || ' ' || applied_on || ' ' || checksum, ', ' ORDER BY version) FROM refinery_schema_history")
        .await
}

#[tokio::test]
async fn instances_that_start_at_once_on_an_empty_database_make_the_schema_once() {
    for _ in 0..3 {
        let database = Database::create(Server::shared()).await;
        std::thread::scope(|scope| {
            let opening: Vec<_> = (0..8).map(|_| scope.spawn(|| open(&database))).collect();
            for opened in opening {
                opened.join().expect("no panic").expect("a database");
            }
        });
        let steps = database
            .query_one("SELECT string_agg(version::text, ' ' ORDER BY version) FROM refinery_schema_history")
            .await;
        let expected: Vec<_> = (1..=MIGRATIONS.len())
            .map(|step| step.to_string())
            .collect();
        assert_eq!(steps, expected.join(" "));
    }
}

#[tokio::test]
async fn a_database_of_a_later_version_is_refused_and_left_as_it_is() {
    let database = Database::create(Server::shared()).await;
    upgrade(&database).unwrap();
    let before = everything(&database).await;
    let refused = open(&database).err().expect("a refusal");
    assert!(matches!(refused, OpenError::Migration(_)), "{refused}");
    assert!(refused.to_string().contains("later"), "{refused}");
    assert_eq!(everything(&database).await, before);
    upgrade(&database).unwrap();
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_and_left_as_it_is() {
    let database = Database::create(Server::shared()).await;
    database.sql("CREATE TABLE theirs (it bigint)").await;
    for _ in 0..2 {
        let refused = open(&database).err().expect("a refusal");
        assert!(matches!(refused, OpenError::Foreign), "{refused}");
        let tables = "SELECT string_agg(relname, ' ') FROM pg_class WHERE relnamespace = 'public'::regnamespace";
        assert_eq!(database.query_one(tables).await, "theirs");
    }
}

#[tokio::test]
async fn a_step_that_fails_leaves_none_behind() {
    let database = Database::create(Server::shared()).await;
    let broken = Migration {
        name: "V9999__broken",
        sql: "CREATE TABLE half (it bigint); SELECT 1 / 0",
    };
    let steps: Vec<_> = MIGRATIONS.iter().copied().chain([broken]).collect();
    let refused = Db::migrate(&location(&database), &steps);
    assert!(
        matches!(refused, Err(OpenError::Migration(_))),
        "{refused:?}"
    );
    let tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    assert_eq!(database.query_one(tables).await, "0");
    open(&database).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_instance_goes_on_while_a_later_version_adds_to_the_schema() {
    let server = TestServer::start().await;
    let ada = server.sign_up("ada").await;
    let task = ada.post("/tasks", &json!({ "name": "Docs" })).await;
    let task = task.expect(201)["id"].as_str().unwrap().to_owned();
    let work = async || {
        server.clock.advance(1_000);
        let path = format!("/tasks/{task}");
        ada.post_empty(&format!("{path}/clock-in"))
            .await
            .expect(201);
        ada.get(&path).await.expect(200);
        ada.get("/tasks").await.expect(200);
        ada.put(&path, &json!({ "name": "More docs" }))
            .await
            .expect(200);
        ada.post_empty(&format!("{path}/clock-out"))
            .await
            .expect(200);
        ada.get(&format!("/reports/tasks/{task}")).await.expect(200);
        let another = ada.post("/tasks", &json!({ "name": "Tests" })).await;
        another.expect(201);
    };
    work().await;
    std::thread::scope(|scope| {
        let upgraded = scope.spawn(|| upgrade(server.database()));
        let handle = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| {
            while !upgraded.is_finished() {
                handle.block_on(work());
            }
            handle.block_on(work());
        });
        upgraded.join().expect("no panic").expect("an upgrade");
    });
    for _ in 0..10 {
        work().await;
    }
    let refused = open(server.database()).err().expect("a refusal");
    assert!(refused.to_string().contains("later"), "{refused}");
    println!("{refused}");
    work().await;
}
