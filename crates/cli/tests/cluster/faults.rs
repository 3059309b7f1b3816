//! PostgreSQL breaks while people book time on two instances.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rand::{RngExt, rngs::StdRng};
use timetracks_testkit::postgres::{Cluster, Database, Options, blocking};
use tokio::task::block_in_place;

use crate::{
    clients::kill_one,
    instance,
    load::Load,
    support::Process,
    trial::{number, survive},
};

/// Well again within this time after PostgreSQL is. What it took is printed.
const RECOVERY: Duration = Duration::from_secs(5);
/// The same when another host has to be found, of which the standby becomes the primary first.
const TAKE_OVER: Duration = Duration::from_secs(5);

/// The same when the primary hangs: first, nobody waits for its answers any longer.
const HUNG_TAKE_OVER: Duration = Duration::from_secs(20);

/// How often something breaks: as the environment says, or else this often.
pub(crate) fn rounds(default: u64) -> u64 {
    number("TIMETRACKS_TEST_ROUNDS").unwrap_or(default)
}

/// Two instances on one database.
pub(crate) fn servers(directory: &Path, url: &str) -> Vec<Process> {
    let start = |number| {
        let data = directory.join(format!("instance-{number}"));
        Process::start_with(&data, |command| {
            command.args(["--database", url, "--signing-key"]);
            command.arg(directory.join("shared.key"));
        })
    };
    (0..2).map(start).collect()
}

/// Waits until the service is well again, now that PostgreSQL is.
async fn well_again(load: &Load) {
    let took = load.until_acknowledged(1).await;
    println!("acknowledged again {took:?} after PostgreSQL was back");
    assert!(took < RECOVERY, "{took:?}");
    load.until_ready(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_every_crash_of_postgresql() {
    let directory = tempfile::tempdir().unwrap();
    let cluster = Cluster::start(Options::durable());
    let database = Database::create(&cluster).await;
    let load = Load::new(servers(directory.path(), &database.url())).await;
    load.during(async || {
        for round in 0..rounds(4) {
            load.until_acknowledged(50).await;
            match round % 2 {
                0 => block_in_place(|| cluster.stop_immediate()),
                _ => block_in_place(|| cluster.kill()),
            }
            load.until_ready(false).await;
            block_in_place(|| cluster.start_again());
            well_again(&load).await;
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
        for _ in 0..rounds(10) {
            cluster.terminate_backends(database.name()).await;
            load.until_acknowledged(5).await;
        }
        block_in_place(|| cluster.freeze());
        load.until_refused().await;
        load.until_ready(false).await;
        block_in_place(|| cluster.thaw());
        well_again(&load).await;
    })
    .await;
}

/// Lets the standby take over when the primary is broken. Answers how long it took until something was acknowledged.
async fn take_over(break_it: impl Fn(&Cluster)) -> Duration {
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
    let mut took = Duration::ZERO;
    load.during(async || {
        block_in_place(|| break_it(&primary));
        load.until_refused().await;
        load.until_ready(false).await;
        let begin = Instant::now();
        block_in_place(|| standby.promote());
        load.until_acknowledged(1).await;
        took = begin.elapsed();
        println!("acknowledged again {took:?} after the standby was told to take over");
        load.until_ready(true).await;
    })
    .await;
    took
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_that_takes_over_has_everything_that_was_acknowledged() {
    let took = take_over(Cluster::kill).await;
    assert!(took < TAKE_OVER, "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_takes_over_from_a_primary_that_hangs() {
    let took = take_over(Cluster::freeze).await;
    assert!(took < HUNG_TAKE_OVER, "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_are_one_clock_through_every_fault_of_postgresql() {
    let directory = tempfile::tempdir().unwrap();
    let postgres = Cluster::start(Options::durable());
    let database = Database::create(&postgres).await;
    let strike = |instances: &mut instance::Cluster, random: &mut StdRng| {
        match random.random_range(0..5) {
            0 => postgres.stop_immediate(),
            1 => postgres.kill(),
            2 => {
                blocking(database.terminate_backends());
                return;
            }
            3 => {
                postgres.freeze();
                return postgres.thaw();
            }
            _ => return kill_one(instances, random),
        }
        postgres.start_again();
    };
    let instances = instance::Cluster::start(directory.path(), &database.url(), 2);
    survive(instances, strike).await;
}
