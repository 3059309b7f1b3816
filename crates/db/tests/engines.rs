//! What both engines say of themselves: how busy they are, and whether they can still write.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    time::Duration,
};

use timetracks_db::{
    Announcement, Db, Error, Histogram, Lane, Listener, Migration, PoolStatistics, Settings, Tx,
    sql,
};
use timetracks_testkit::postgres::{Database, Server};
use uuid::Uuid;

const SCHEMA: &[Migration] = &[Migration {
    name: "V1__numbers",
    sql: "CREATE TABLE numbers (number BIGINT PRIMARY KEY)",
}];
const LANE: Lane = Lane::Org(Uuid::from_u128(1));
const PATIENCE: Duration = Duration::from_secs(20);

/// An open database on either engine, and where it is.
struct World {
    db: Db,
    _place: (Option<tempfile::TempDir>, Option<Database>),
}

impl World {
    fn on_sqlite(listener: Listener) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let settings = Settings::sqlite(directory.path().join("numbers.db"));
        Self {
            db: Db::open(&settings, SCHEMA, listener).unwrap(),
            _place: (Some(directory), None),
        }
    }

    async fn on_postgres(listener: Listener) -> Self {
        let database = Database::create(Server::shared()).await;
        let settings = Settings::postgres(database.url().parse().unwrap(), 8);
        Self {
            db: Db::open(&settings, SCHEMA, listener).unwrap(),
            _place: (None, Some(database)),
        }
    }

    fn pool(&self, name: &str) -> PoolStatistics {
        let pools = self.db.statistics().pools;
        *pools.iter().find(|pool| pool.name == name).unwrap()
    }

    /// Writes a number, once the gate is open if there is one.
    fn write(&self, number: i64, gate: Option<Gate>) -> tokio::task::JoinHandle<Result<(), Error>> {
        let db = self.db.clone();
        let job = move |tx: &mut Tx<'_>| {
            gate.as_ref().inspect(|gate| gate.pass());
            let insert = sql!("INSERT INTO numbers (number) VALUES ($1)");
            tx.execute(insert, &[&number]).map(|_| ())
        };
        tokio::spawn(async move { db.write(LANE, job).await })
    }
}

fn deaf() -> Listener {
    Arc::new(|_| {})
}

/// Holds up whoever passes until its sender goes.
#[derive(Clone)]
struct Gate {
    opened: Arc<Mutex<mpsc::Receiver<()>>>,
    /// How many have come to it.
    reached: Arc<AtomicUsize>,
}

impl Gate {
    fn new() -> (mpsc::Sender<()>, Self) {
        let (open, opened) = mpsc::channel();
        let opened = Arc::new(Mutex::new(opened));
        let reached = Arc::default();
        (open, Self { opened, reached })
    }

    fn pass(&self) {
        self.reached.fetch_add(1, Ordering::SeqCst);
        let _ = self.opened.lock().unwrap().recv();
    }

    async fn is_reached(&self) {
        until("somebody comes to the gate", || {
            self.reached.load(Ordering::SeqCst) > 0
        })
        .await;
    }
}

async fn until(what: &str, condition: impl Fn() -> bool) {
    let reached = async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    };
    let reached = tokio::time::timeout(PATIENCE, reached).await;
    assert!(reached.is_ok(), "never: {what}");
}

/// How many values a histogram has, in the bucket up to `bound` and in all.
fn counts(histogram: &Histogram, bound: u64) -> (u64, u64) {
    let mut buckets = histogram.buckets.iter();
    let within = buckets.find(|(upper, _)| *upper == bound).unwrap().1;
    let all: u64 = histogram.buckets.iter().map(|(_, count)| count).sum();
    (within, all + histogram.above)
}

/// One write holds its connection while three others line up behind it, and all share a commit.
async fn counts_what_happens(world: World, engine: &str) {
    assert_eq!(world.db.statistics().engine, engine);
    let (open, gate) = Gate::new();
    let first = world.write(1, Some(gate.clone()));
    gate.is_reached().await;
    let writer = world.pool("write");
    assert_eq!((writer.busy, writer.waiting), (1, 0));
    let others: Vec<_> = (2..5).map(|number| world.write(number, None)).collect();
    until("three wait", || world.pool("write").waiting == 3).await;
    drop(open);
    first.await.unwrap().unwrap();
    for other in others {
        other.await.unwrap().unwrap();
    }
    until("nobody writes", || world.pool("write").busy == 0).await;
    let refuse = |_: &mut Tx<'_>| Err::<(), _>(Error::Busy);
    assert!(world.db.write(LANE, refuse).await.is_err());
    let statistics = world.db.statistics();
    assert_eq!(counts(&statistics.commit_jobs, 4), (1, 1));
    assert_eq!(statistics.commit_jobs.sum, 4);
    assert_eq!(counts(&statistics.commit_us, 100).1, 1);
    assert!(statistics.commit_us.sum > 0);
}

/// As many reads as there are connections, and one more.
async fn counts_reads(world: World) {
    let size = world.pool("read-long").size;
    let (open, gate) = Gate::new();
    let reads: Vec<_> = (0..=size)
        .map(|_| {
            let (db, gate) = (world.db.clone(), gate.clone());
            let wait = move |_: &mut Tx<'_>| {
                gate.pass();
                Ok::<_, Error>(())
            };
            tokio::spawn(async move { db.read_long(wait).await })
        })
        .collect();
    until("all read and one waits", || {
        let readers = world.pool("read-long");
        readers.busy == size && readers.waiting == 1
    })
    .await;
    assert_eq!(world.pool("read").busy, 0);
    drop(open);
    for read in reads {
        read.await.unwrap().unwrap();
    }
    until("nobody reads", || world.pool("read-long").busy == 0).await;
}

#[tokio::test]
async fn what_happens_is_counted_on_sqlite() {
    counts_what_happens(World::on_sqlite(deaf()), "sqlite").await;
    counts_reads(World::on_sqlite(deaf())).await;
}

#[tokio::test]
async fn what_happens_is_counted_on_postgresql() {
    counts_what_happens(World::on_postgres(deaf()).await, "postgres").await;
    counts_reads(World::on_postgres(deaf()).await).await;
}

fn insert(tx: &mut Tx<'_>, number: i64) -> Result<(), Error> {
    let insert = sql!("INSERT INTO numbers (number) VALUES ($1)");
    tx.count(insert, &[&number]).map(|_| ())
}

/// Jobs that share a commit: of those that fail, one does so before it writes, one after, and one panics in between.
async fn undoes_what_failed_alone(world: World) {
    let (open, gate) = Gate::new();
    let first = world.write(1, Some(gate.clone()));
    gate.is_reached().await;
    let spawn = |job: fn(&mut Tx<'_>) -> Result<(), Error>| {
        let db = world.db.clone();
        tokio::spawn(async move { db.write(LANE, job).await })
    };
    let others = [
        (spawn(|_| Err(Error::Busy)), false),
        (world.write(2, None), true),
        (spawn(|tx| insert(tx, 3).and(Err(Error::Busy))), false),
        (world.write(4, None), true),
        (
            spawn(|tx| insert(tx, 5).map(|()| panic!("on purpose"))),
            false,
        ),
        (world.write(6, None), true),
        // There is a 1 already: the statement fails.
        (world.write(1, None), false),
    ];
    until("all wait", || world.pool("write").waiting == others.len()).await;
    drop(open);
    first.await.unwrap().unwrap();
    for (job, is_kept) in others {
        assert_eq!(job.await.unwrap().is_ok(), is_kept);
    }
    let select = |tx: &mut Tx<'_>| {
        let select = sql!("SELECT number FROM numbers ORDER BY number");
        let mut numbers = Vec::new();
        tx.each(select, &[], |row| {
            numbers.push(row.take::<i64>()?);
            Ok::<_, Error>(())
        })?;
        Ok::<_, Error>(numbers)
    };
    let numbers = world.db.read(select).await.unwrap();
    assert_eq!(numbers, [1, 2, 4, 6]);
}

#[tokio::test]
async fn a_job_that_fails_takes_no_other_with_it_on_sqlite() {
    undoes_what_failed_alone(World::on_sqlite(deaf())).await;
}

#[tokio::test]
async fn a_job_that_fails_takes_no_other_with_it_on_postgresql() {
    undoes_what_failed_alone(World::on_postgres(deaf()).await).await;
}

/// Breaks outside of every job, where nothing catches it.
fn deadly() -> Listener {
    Arc::new(|announcement| {
        if let Announcement::Of(topic) = announcement {
            panic!("heard {topic}, on purpose");
        }
    })
}

/// What cannot write any more says so, and callers are told.
async fn notices_death(world: World) {
    assert!(world.db.is_writable());
    let announce = |tx: &mut Tx<'_>| {
        tx.announce(Uuid::from_u128(1));
        let insert = sql!("INSERT INTO numbers (number) VALUES (1)");
        tx.execute(insert, &[]).map(|_| ())
    };
    let fate: Result<(), Error> = world.db.write(LANE, announce).await;
    assert!(matches!(fate, Err(Error::Unavailable(_))), "{fate:?}");
    until("the death is noticed", || !world.db.is_writable()).await;
}

#[tokio::test]
async fn a_writer_that_died_outside_of_a_job_is_noticed_on_sqlite() {
    let world = World::on_sqlite(deadly());
    let db = world.db.clone();
    notices_death(world).await;
    let fate: Result<(), Error> = db.write(LANE, |_| Ok(())).await;
    assert!(matches!(fate, Err(Error::Unavailable(_))), "{fate:?}");
}

#[tokio::test]
async fn a_writer_that_died_outside_of_a_job_is_noticed_on_postgresql() {
    notices_death(World::on_postgres(deadly()).await).await;
}
