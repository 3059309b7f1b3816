//! An fsync that fails.
//!
//! The system reports such a failure once and then forgets what it could not write, so a later fsync that succeeds proves
//! nothing: the server must stop.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{
    Failure, Place, audit,
    ledger::Ledger,
    load::{Judge, Load, Next},
    process::Process,
    wire::{Answer, Client},
};

const WRITERS: usize = 6;
/// The most writes before the failure.
const MOST_WRITES: usize = 100;
/// How long the server may live on.
const LONGEST_END: Duration = Duration::from_secs(10);

#[derive(Default)]
struct AfterFailure {
    failing: AtomicBool,
    refused: AtomicUsize,
}

impl Judge for AfterFailure {
    fn is_broken_already(&self) -> bool {
        self.failing.load(Ordering::SeqCst)
    }

    fn judge(&self, answer: &Answer, was_broken: bool) -> Result<Next, Failure> {
        match answer {
            Answer::Done(_) if was_broken => {
                Failure::broken("a write that was sent after the failure was answered with success")
            }
            Answer::Done(_) => Ok(Next::GoOn),
            Answer::Cut => Ok(Next::End),
            Answer::Refused(503, _) if self.is_broken_already() => {
                self.refused.fetch_add(1, Ordering::SeqCst);
                Ok(Next::End)
            }
            Answer::Refused(status, problem) => {
                Failure::broken(format!("a write was answered {status}: {problem}"))
            }
        }
    }
}

/// Fails a sync under load: only one, or from then on all. The server must refuse the write and end; the next one must
/// have everything.
pub(crate) async fn run(place: &Place) -> Result<String, Failure> {
    let mut random = StdRng::seed_from_u64(place.seed);
    let ledger = Arc::new(Ledger::default());
    let mut process = Process::start(place).await?;
    let mut client = Client::sign_up(&process).await?;
    let (mut refused, mut longest) = (0, Duration::ZERO);
    for round in 0..place.rounds {
        let judge = Arc::new(AfterFailure::default());
        let load = Load::start_with(&client, &ledger, &format!("round-{round}"), WRITERS, &judge);
        load.wait_for(random.random_range(1..=MOST_WRITES)).await?;
        // The order matters: a write that finds the flag set is sent after the failure.
        if round % 2 == 0 {
            process.control.fail_syncs(1)?;
        } else {
            process.control.fail_all_syncs()?;
        }
        let began = Instant::now();
        judge.failing.store(true, Ordering::SeqCst);
        load.ended().await?;
        if process.control.failed_syncs()? == 0 {
            return Failure::trouble("no sync failed");
        }
        let answered = judge.refused.load(Ordering::SeqCst);
        if answered == 0 {
            return Failure::broken("the write whose sync failed was not answered");
        }
        refused += answered;
        match process.wait(LONGEST_END).await? {
            None => {
                return Failure::broken(format!(
                    "it went on for {LONGEST_END:?} after a failed sync"
                ));
            }
            Some(status) if status.success() => {
                return Failure::broken("it ended as if all were well");
            }
            Some(_) => longest = longest.max(began.elapsed()),
        }
        process = Process::start(place).await?;
        client = client.at(&process)?;
        audit::running(&place.database(), &ledger)?;
    }
    Ok(format!(
        "{} failed syncs, {refused} writes refused, ended {} ms later at the most; {} acknowledged, none lost",
        place.rounds,
        longest.as_millis(),
        ledger.acknowledged(u64::MAX)
    ))
}
