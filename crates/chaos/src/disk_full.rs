//! A disk without room.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{
    Failure, Place, audit,
    ledger::Ledger,
    load::{Judge, Load, Next},
    process::Process,
    shim::Room,
    wire::{Answer, Client},
};

const WRITERS: usize = 6;
/// The most writes between one shortage and the next.
const MOST_WRITES: usize = 100;
/// How often to be refused before there is room again.
const REFUSALS: usize = 5 * WRITERS;
/// The next use of an API key is stored after a minute: an occasion for a read to need room.
const TWO_MINUTES_MS: i64 = 120_000;

/// Counts the writes that were refused for want of room; any other refusal is broken.
#[derive(Default)]
struct Refusals(AtomicUsize);

impl Refusals {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Judge for Refusals {
    fn judge(&self, answer: &Answer, _: bool) -> Result<Next, Failure> {
        match answer {
            Answer::Done(_) => Ok(Next::GoOn),
            Answer::Cut => Failure::broken("a write was not answered"),
            Answer::Refused(507, problem) if problem["type"] == "/problems/storage-full" => {
                self.0.fetch_add(1, Ordering::SeqCst);
                Ok(Next::Again)
            }
            Answer::Refused(status, problem) => {
                Failure::broken(format!("a write was answered {status}: {problem}"))
            }
        }
    }
}

/// Takes the room on the disk away and gives it back, again and again, while writers go on.
pub(crate) async fn run(place: &Place) -> Result<String, Failure> {
    let ledger = Arc::new(Ledger::default());
    let process = Process::start(place).await?;
    let client = Client::sign_up(&process).await?;
    let refusals = Arc::new(Refusals::default());
    let load = Load::start_with(&client, &ledger, "full", WRITERS, &refusals);
    let mut random = StdRng::seed_from_u64(place.seed);
    for round in 0..place.rounds {
        let room = [Room::None, Room::NoMore][round % 2];
        load.wait_for(random.random_range(1..=MOST_WRITES)).await?;
        process.control.room(room)?;
        let goal = refusals.count() + REFUSALS;
        load.wait_until(|| refusals.count() >= goal).await?;
        let offset_ms = TWO_MINUTES_MS * i64::try_from(round + 1)?;
        process.control.clock_offset_ms(offset_ms)?;
        reads_go_on(place, &client, &ledger).await?;
        if room == Room::None {
            nothing_is_written(&load, &ledger, &refusals).await?;
        }
        process.control.room(Room::Plenty)?;
    }
    // Each writer tried again what it was refused, so all of it must be there now.
    load.wait_for(MOST_WRITES).await?;
    load.stop().await?;
    if process.control.failed_writes()? < i64::try_from(place.rounds)? {
        return Failure::trouble("the disk was never full");
    }
    process.kill()?;
    let process = Process::start(place).await?;
    audit::running(&place.database(), &ledger)?;
    drop(process);
    Ok(format!(
        "{} times without room, {} writes refused with 507, all taken later without a restart; {} acknowledged, none lost",
        place.rounds,
        refusals.count(),
        ledger.acknowledged(u64::MAX)
    ))
}

/// What was acknowledged can be read through the server, and is what the database has.
async fn reads_go_on(place: &Place, client: &Client, ledger: &Ledger) -> Result<(), Failure> {
    for path in [
        "/account/me",
        "/tasks?limit=5",
        "/tracks?limit=5",
        "/tracks",
    ] {
        client.get(path).await?;
    }
    audit::running(&place.database(), ledger)
}

/// With no room at all, every further write is refused.
async fn nothing_is_written(
    load: &Load,
    ledger: &Ledger,
    refusals: &Refusals,
) -> Result<(), Failure> {
    let acknowledged = ledger.acknowledged(u64::MAX);
    let goal = refusals.count() + REFUSALS;
    load.wait_until(|| refusals.count() >= goal).await?;
    let more = ledger.acknowledged(u64::MAX) - acknowledged;
    if more > 0 {
        return Failure::broken(format!(
            "{more} writes were answered on a disk without room"
        ));
    }
    Ok(())
}
