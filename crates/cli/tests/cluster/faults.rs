//! PostgreSQL breaks while people book time on two instances.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use timetracks_testkit::postgres::{Cluster, Database, Options};
use tokio::task::block_in_place;

use crate::{load::Load, support::Process};

/// Well again within this time, on a machine that is busy with other tests. What it took is printed.
const RECOVERY: Duration = Duration::from_secs(10);

fn servers(directory: &Path, url: &str) -> Vec<Process> {
    let start = |number| {
        let data = directory.join(format!("instance-{number}"));
        Process::start_with(&data, |command| {
            command.args(["--database", url, "--signing-key"]);
            command.arg(directory.join("shared.key"));
        })
    };
    (0..2).map(start).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_every_crash_of_postgresql() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(Options::durable());
    let database = Database::create(&cluster).await;
    let load = Load::new(servers(directory.path(), &database.url())).await;
    load.during(async || {
        for round in 0..4 {
            load.until_acknowledged(50).await;
            match round % 2 {
                0 => block_in_place(|| cluster.stop_immediate()),
                _ => block_in_place(|| cluster.kill()),
            }
            load.until_ready(false).await;
            block_in_place(|| cluster.start_again());
            let took = load.until_acknowledged(1).await;
            load.until_ready(true).await;
            println!("acknowledged again {took:?} after PostgreSQL was back");
            assert!(took < RECOVERY, "{took:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_that_are_terminated_and_a_server_that_hangs_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(Options::durable());
    let database = Database::create(&cluster).await;
    let load = Load::new(servers(directory.path(), &database.url())).await;
    load.during(async || {
        for _ in 0..10 {
            cluster.terminate_backends(database.name()).await;
            load.until_acknowledged(5).await;
        }
        block_in_place(|| cluster.freeze());
        load.until_ready(false).await;
        block_in_place(|| cluster.thaw());
        load.until_ready(true).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_takes_over_has_everything_that_was_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let primary = Cluster::start(Options::durable());
    let database = Database::create(&primary).await;
    let standby = primary.standby("standby");
    primary.set("synchronous_standby_names", "standby").await;
    let is_synchronous = "SELECT COUNT(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'";
    primary.until(is_synchronous).await;
    let url = format!(
        "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/{}",
        primary.port(),
        standby.port(),
        database.name()
    );
    let load = Load::new(servers(directory.path(), &url)).await;
    load.during(async || {
        block_in_place(|| primary.kill());
        load.until_ready(false).await;
        let begin = Instant::now();
        block_in_place(|| standby.promote());
        load.until_acknowledged(1).await;
        let took = begin.elapsed();
        println!("acknowledged again {took:?} after the standby was told to take over");
        assert!(took < RECOVERY, "{took:?}");
        load.until_ready(true).await;
    })
    .await;
}
