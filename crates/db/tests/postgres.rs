//! What the engine for PostgreSQL does when jobs fail or get in each other's way.

#![allow(clippy::unwrap_used, reason = "in a test, a panic is the report")]

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Barrier, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};

use timetracks_db::{Announcement, Db, Error, Lane, Migration, Settings, Tx, sql};
use timetracks_testkit::postgres::{Database, Server};
use uuid::Uuid;

const SCHEMA: &[Migration] = &[Migration {
    name: "V1__numbers",
    sql: "CREATE TABLE numbers (number BIGINT PRIMARY KEY)",
}];
const LANE: Lane = Lane::Org(Uuid::from_u128(1));

/// A database, and what its listener has heard.
struct World {
    db: Db,
    heard: Arc<Mutex<BTreeSet<i64>>>,
    database: Database,
}

impl World {
    async fn new() -> Self {
        let database = Database::create(Server::shared()).await;
        let settings = Settings::postgres(database.url().parse().unwrap(), 8);
        let heard = Arc::new(Mutex::new(BTreeSet::new()));
        let hearing = Arc::clone(&heard);
        let listener = Arc::new(move |announcement| {
            if let Announcement::Of(topic) = announcement {
                let number = i64::try_from(topic.as_u128()).unwrap();
                hearing.lock().unwrap().insert(number);
            }
        });
        let db = Db::open(&settings, SCHEMA, listener).unwrap();
        Self {
            db,
            heard,
            database,
        }
    }

    /// What is in the table.
    async fn numbers(&self) -> BTreeSet<i64> {
        let all = |tx: &mut Tx<'_>| tx.rows(sql!("SELECT number FROM numbers"), &[], number);
        let all: Vec<i64> = self.db.read::<_, Error>(all).await.unwrap();
        all.into_iter().collect()
    }

    async fn do_it(&self, deed: Deed, number: i64) -> Result<(), Failure> {
        self.db.write(LANE, move |tx| deed.run(tx, number)).await
    }

    /// Runs the deeds in one transaction: while a job that is refused holds the lane, the others line up behind it.
    async fn in_a_group(self: &Arc<Self>, deeds: &[Deed], from: i64) -> Vec<Result<(), Failure>> {
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let begun = Arc::new(Mutex::new(Some(begun)));
        let (open, gate) = mpsc::channel::<()>();
        let gate = Arc::new(Mutex::new(gate));
        let world = Arc::clone(self);
        let first = tokio::spawn(async move {
            let job = move |_: &mut Tx<'_>| {
                begun.lock().unwrap().take().map(|begun| begun.send(()));
                let _ = gate.lock().unwrap().recv();
                Err::<(), _>(Failure::Refused)
            };
            world.db.write(LANE, job).await
        });
        has_begun.await.unwrap();
        // Tasks of a runtime with one thread first run in the order in which they are spawned.
        let mut running = Vec::new();
        for (number, deed) in (from..).zip(deeds.iter().copied()) {
            let world = Arc::clone(self);
            running.push(tokio::spawn(async move { world.do_it(deed, number).await }));
        }
        tokio::spawn(async move { drop(open) });
        let fate = first.await.unwrap();
        assert!(matches!(fate, Err(Failure::Refused)), "{deeds:?}: {fate:?}");
        let mut fates = Vec::new();
        for deed in running {
            fates.push(deed.await.unwrap());
        }
        fates
    }
}

#[derive(Debug)]
enum Failure {
    Refused,
    Database(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

/// Numbers from here on are not announced.
const SILENT: i64 = 1_000;

/// What a job does after it has inserted its number and announced it.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Ends,
    IsRefused,
    Panics,
    FailsAtOnce,
    FailsLate,
    FailsUnnoticed,
    CannotBePrepared,
    GivesTooLittle,
}

const BAD: [Deed; 7] = [
    Deed::IsRefused,
    Deed::Panics,
    Deed::FailsAtOnce,
    Deed::FailsLate,
    Deed::FailsUnnoticed,
    Deed::CannotBePrepared,
    Deed::GivesTooLittle,
];

impl Deed {
    fn run(self, tx: &mut Tx<'_>, number: i64) -> Result<(), Failure> {
        let insert = sql!("INSERT INTO numbers (number) VALUES ($1)");
        if number < SILENT {
            tx.announce(Uuid::from_u128(number.try_into().unwrap()));
        }
        if let Self::CannotBePrepared = self {
            tx.execute(sql!("INSERT INTO nowhere (number) VALUES ($1)"), &[&number])?;
        }
        tx.execute(insert, &[&number])?;
        match self {
            Self::Ends | Self::CannotBePrepared => {}
            Self::IsRefused => return Err(Failure::Refused),
            Self::Panics => panic!("as it should"),
            Self::FailsAtOnce => {
                tx.count(insert, &[&number])?;
            }
            Self::FailsLate => tx.execute(insert, &[&number])?,
            Self::FailsUnnoticed => {
                let _ = tx.count(insert, &[&number]);
            }
            Self::GivesTooLittle => tx.execute(insert, &[])?,
        }
        Ok(())
    }
}

#[tokio::test]
async fn a_job_that_fails_harms_none_of_its_group() {
    let world = Arc::new(World::new().await);
    let mut kept = BTreeSet::new();
    for (bad, first) in BAD.into_iter().zip((1..).step_by(100)) {
        for mut number in [first, SILENT + first] {
            let alone = world.do_it(bad, number).await;
            assert!(alone.is_err(), "{bad:?}");
            for place in 0..4 {
                let mut deeds = [Deed::Ends; 4];
                deeds[place] = bad;
                let fates = world.in_a_group(&deeds, number + 1).await;
                for (index, fate) in fates.into_iter().enumerate() {
                    number += 1;
                    assert_eq!(
                        fate.is_err(),
                        index == place,
                        "{bad:?} at {place}: {fate:?}"
                    );
                    kept.extend(fate.is_ok().then_some(number));
                }
                assert_eq!(world.numbers().await, kept, "{bad:?} at {place}");
                let announced = kept.range(..SILENT).copied().collect();
                let heard = world.heard.lock().unwrap().clone();
                assert_eq!(heard, announced, "{bad:?} at {place}");
            }
        }
    }
}

#[tokio::test]
async fn a_group_of_nothing_but_failures_keeps_nothing() {
    let world = Arc::new(World::new().await);
    let fates = world.in_a_group(&BAD, 1).await;
    assert!(fates.iter().all(Result::is_err), "{fates:?}");
    assert_eq!(world.numbers().await, BTreeSet::new());
    world.do_it(Deed::Ends, 1).await.unwrap();
}

#[tokio::test]
async fn lanes_that_block_each_other_are_both_done_in_the_end() {
    let world = Arc::new(World::new().await);
    let (met, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicUsize::new(0)));
    let mut running = Vec::new();
    for (lane, numbers) in [(1, [1, 2]), (2, [2, 1])] {
        let (world, met, runs) = (Arc::clone(&world), Arc::clone(&met), Arc::clone(&runs));
        running.push(tokio::spawn(async move {
            let job = move |tx: &mut Tx<'_>| {
                let insert =
                    sql!("INSERT INTO numbers (number) VALUES ($1) ON CONFLICT DO NOTHING");
                let first = tx.count(insert, &[&numbers[0]])?;
                // Each has the first number when it asks for the other's, the first time.
                if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                    met.wait();
                }
                Ok::<_, Error>(first + tx.count(insert, &[&numbers[1]])?)
            };
            let lane = Lane::Org(Uuid::from_u128(lane));
            world.db.write(lane, job).await
        }));
    }
    let mut inserted = Vec::new();
    for lane in running {
        inserted.push(lane.await.unwrap().unwrap());
    }
    inserted.sort_unstable();
    assert_eq!(inserted, [0, 2]);
}

#[tokio::test]
async fn who_waits_for_a_lane_too_long_is_told_so() {
    let world = World::new().await;
    let other = world.database.connect().await;
    other
        .batch_execute("SELECT pg_advisory_lock(1)")
        .await
        .unwrap();
    let waited = world.do_it(Deed::Ends, 1).await;
    let told = matches!(waited, Err(Failure::Database(Error::Contended(_))));
    assert!(told, "{waited:?}");
    other
        .batch_execute("SELECT pg_advisory_unlock(1)")
        .await
        .unwrap();
    world.do_it(Deed::Ends, 1).await.unwrap();
}

fn number(row: &mut timetracks_db::Row<'_>) -> Result<i64, timetracks_db::Error> {
    row.take()
}
