//! The PostgreSQL that tests use, tested itself.

mod proxy;

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use timetracks_testkit::postgres::{Cluster, Database, Options, Server, blocking};

/// What the test that is to be killed finds in its environment.
const VICTIM: &str = "TIMETRACKS_TESTKIT_VICTIM";

#[tokio::test]
async fn a_database_is_made_and_dropped() {
    let server = Server::shared();
    let database = Database::create(server).await;
    let other = Database::create(server).await;
    database.sql("CREATE TABLE here (it bigint)").await;
    let tables = "SELECT count(*) FROM pg_class WHERE relname = 'here'";
    assert_eq!(database.query_one(tables).await, "1");
    assert_eq!(database.copy().await.query_one(tables).await, "1");
    assert_eq!(other.query_one(tables).await, "0");
    let session = database.connect().await;
    let named = format!(
        "SELECT count(*) FROM pg_database WHERE datname = '{}'",
        database.name()
    );
    assert_eq!(server.query_one(&named).await, "1");
    drop(database);
    assert_eq!(server.query_one(&named).await, "0");
    assert!(session.simple_query("SELECT 1").await.is_err());
}

#[test]
fn a_database_is_made_without_a_runtime() {
    let database = blocking(Database::create(Server::shared()));
    assert_eq!(blocking(database.query_one("SELECT 1 + 1")), "2");
}

#[tokio::test]
async fn sessions_are_ended() {
    let database = Database::create(Server::shared()).await;
    let session = database.connect().await;
    assert!(session.simple_query("SELECT 1").await.is_ok());
    assert_eq!(database.terminate_backends().await, 1);
    assert!(session.simple_query("SELECT 1").await.is_err());
    assert_eq!(database.query_one("SELECT 1").await, "1");
}

#[tokio::test]
async fn what_was_committed_survives_a_crash() {
    let cluster = Cluster::start(Options::durable());
    cluster.sql("CREATE TABLE rounds (round bigint)").await;
    for (round, end) in [Cluster::kill, Cluster::stop_immediate, Cluster::stop]
        .into_iter()
        .enumerate()
    {
        let insert = format!("INSERT INTO rounds VALUES ({round})");
        cluster.sql(&insert).await;
        end(&cluster);
        cluster.start_again();
        let rounds = cluster.query_one("SELECT count(*) FROM rounds").await;
        assert_eq!(rounds, (round + 1).to_string());
    }
    let directory = cluster.directory().to_owned();
    cluster.kill();
    drop(cluster);
    assert!(!directory.exists());
}

#[tokio::test]
async fn a_frozen_cluster_answers_when_it_has_thawed() {
    let cluster = Cluster::start(Options::forgetful());
    let session = cluster.connect().await;
    cluster.freeze();
    let mut question = std::pin::pin!(session.simple_query("SELECT 1"));
    let early = tokio::time::timeout(Duration::from_millis(200), &mut question);
    assert!(early.await.is_err());
    cluster.thaw();
    assert!(question.await.is_ok());
    cluster.freeze();
    let directory = cluster.directory().to_owned();
    drop(cluster);
    assert!(!directory.exists());
    assert_eq!(processes_of(&directory), 0);
}

#[tokio::test]
async fn a_standby_follows_and_is_promoted() {
    let primary = Cluster::start(Options::forgetful().with("synchronous_commit", "remote_apply"));
    let standby = primary.standby("follower");
    primary.set("synchronous_standby_names", "follower").await;
    primary
        .until("SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'")
        .await;
    primary
        .sql("CREATE TABLE followed AS SELECT 42 AS it")
        .await;
    assert_eq!(standby.query_one("SELECT it FROM followed").await, "42");
    assert_eq!(standby.query_one("SELECT pg_is_in_recovery()").await, "t");
    primary.kill();
    standby.promote();
    assert_eq!(standby.query_one("SELECT pg_is_in_recovery()").await, "f");
    standby.set("synchronous_standby_names", "").await;
    standby.sql("INSERT INTO followed VALUES (43)").await;
    assert_eq!(
        standby.query_one("SELECT sum(it) FROM followed").await,
        "85"
    );
}

/// What [`nothing_is_left_of_a_process_that_was_killed`] kills.
#[test]
fn victim() {
    if std::env::var_os(VICTIM).is_some() {
        let cluster = Cluster::start(Options::forgetful());
        println!("\n{VICTIM}={}", cluster.directory().display());
        std::thread::park();
    }
}

#[test]
fn nothing_is_left_of_a_process_that_was_killed() {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "victim", "--nocapture"])
        .env(VICTIM, "yes")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let directory = BufReader::new(victim.stdout.take().unwrap())
        .lines()
        .find_map(|line| Some(PathBuf::from(line.unwrap().strip_prefix(VICTIM)?.get(1..)?)))
        .unwrap();
    assert!(directory.exists());
    assert_ne!(processes_of(&directory), 0);
    victim.kill().unwrap();
    victim.wait().unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while directory.exists() || processes_of(&directory) > 0 {
        assert!(
            Instant::now() < end,
            "{} is still there",
            directory.display()
        );
        std::thread::yield_now();
    }
}

/// How many processes work in a cluster's directory, even if it is deleted.
fn processes_of(directory: &Path) -> usize {
    std::fs::read_dir("/proc")
        .expect("processes")
        .filter_map(|entry| std::fs::read_link(entry.ok()?.path().join("cwd")).ok())
        .filter(|working| working.starts_with(directory))
        .count()
}
