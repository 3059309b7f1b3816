//! `kill -9` under load.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{Failure, Place, audit, ledger::Ledger, load::Load, process::Process, wire::Client};

const WRITERS: usize = 8;
/// The most writes to wait for before the server is killed.
const MOST_WRITES: usize = 100;
const LONGEST_START_UP: Duration = Duration::from_secs(2);

/// Kills a server again and again on one data directory. What it had answered must be there when it is back.
pub(crate) async fn run(place: &Place) -> Result<String, Failure> {
    let mut random = StdRng::seed_from_u64(place.seed);
    let ledger = Arc::new(Ledger::default());
    let mut process = Process::start(place).await?;
    let mut client = Client::sign_up(&process).await?;
    let mut longest = Duration::ZERO;
    for cycle in 0..place.rounds {
        let load = Load::start(&client, &ledger, &format!("cycle-{cycle}"), WRITERS);
        load.wait_for(random.random_range(1..=MOST_WRITES)).await?;
        process.kill()?;
        load.ended().await?;
        let began = Instant::now();
        process = Process::start(place).await?;
        client = client.at(&process)?;
        let ready = Client::readiness(&process.base).await;
        let took = began.elapsed();
        if ready != Some(200) || took > LONGEST_START_UP {
            return Failure::broken(format!("cycle {cycle}: ready {ready:?} after {took:?}"));
        }
        longest = longest.max(took);
        audit::running(&place.database(), &ledger)
            .map_err(|failure| failure.with(&format!("cycle {cycle}")))?;
    }
    let acknowledged = ledger.acknowledged(u64::MAX);
    if acknowledged < place.rounds {
        return Failure::trouble(format!(
            "only {acknowledged} writes in {} cycles",
            place.rounds
        ));
    }
    Ok(format!(
        "{} kills, {acknowledged} acknowledged writes, none lost, ready after {} ms at the most",
        place.rounds,
        longest.as_millis()
    ))
}
