//! More logins at once than can be looked at.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use reqwest::Method;
use serde_json::json;

use crate::{
    Failure, Place, audit,
    ledger::Ledger,
    load::Load,
    process::Process,
    wire::{Client, EMAIL},
};

/// How many log in at once.
const LOGINS: usize = 500;
/// How many may wait for a core.
const QUEUE: usize = 128;
const WRITERS: usize = 2;
/// How many reads, and how many writes, must be answered while a flood goes on: it takes as long as a whole queue of hashes.
const FEWEST_OTHERS: usize = 20;
/// What a hash takes.
const HASH_KIB: u64 = 19 * 1024;
/// What the connections, the queue and the other requests may take.
const OTHER_KIB: u64 = 64 * 1024;

/// What became of the logins, and of what others wanted meanwhile.
#[derive(Default)]
struct Tally {
    refused: AtomicUsize,
    sent_away: AtomicUsize,
    reads: AtomicUsize,
    writes: AtomicUsize,
}

fn count(number: &AtomicUsize, more: usize) {
    number.fetch_add(more, Ordering::SeqCst);
}

fn read(number: &AtomicUsize) -> usize {
    number.load(Ordering::SeqCst)
}

/// Floods a server `rounds` times. Who is not looked at is told so, and nobody else is held up.
pub(crate) async fn run(place: &Place) -> Result<String, Failure> {
    let process = Process::start(place).await?;
    let client = Client::sign_up(&process).await?;
    let ledger = Arc::new(Ledger::default());
    let all = Tally::default();
    let before = process.most_memory_kib()?;
    for round in 0..place.rounds {
        let load = Load::start(&client, &ledger, &format!("flood-{round}"), WRITERS);
        // So that it is the flood that could hold them up.
        load.wait_for(1).await?;
        let written = ledger.acknowledged(u64::MAX);
        let tally = flood(&client).await?;
        count(&tally.writes, ledger.acknowledged(u64::MAX) - written);
        load.stop().await?;
        tally.check()?;
        for (sum, part) in all.numbers().into_iter().zip(tally.numbers()) {
            count(sum, read(part));
        }
    }
    audit::running(&place.database(), &ledger)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let most = before + HASH_KIB * cores as u64 + OTHER_KIB;
    let after = process.most_memory_kib()?;
    if after > most {
        return Failure::broken(format!(
            "{after} KiB of memory, {before} before the floods, {most} allowed"
        ));
    }
    let [refused, sent_away, reads, writes] = all.numbers().map(read);
    Ok(format!(
        "{} floods of {LOGINS}: {refused} logins looked at, {sent_away} sent away, meanwhile {reads} reads and {writes} writes; {} MiB before, {} MiB at the most",
        place.rounds,
        before / 1024,
        after / 1024
    ))
}

/// Everyone logs in at once, while others read.
async fn flood(client: &Client) -> Result<Arc<Tally>, Failure> {
    let tally = Arc::new(Tally::default());
    let logins: Vec<_> = (0..LOGINS)
        .map(|_| tokio::spawn(log_in(client.clone(), Arc::clone(&tally))))
        .collect();
    while logins.iter().any(|login| !login.is_finished()) {
        client.get("/account/me").await?;
        count(&tally.reads, 1);
    }
    for login in logins {
        login.await??;
    }
    Ok(tally)
}

async fn log_in(client: Client, tally: Arc<Tally>) -> Result<(), Failure> {
    let wrong = json!({ "email": EMAIL, "password": "incorrect horse battery staple" });
    let login = client.request(Method::POST, "/account/login");
    let answer = login.json(&wrong).send().await?;
    let retry_after = answer.headers().contains_key("retry-after");
    match (answer.status().as_u16(), retry_after) {
        (401, false) => count(&tally.refused, 1),
        (503, true) => count(&tally.sent_away, 1),
        (status, _) => {
            return Failure::broken(format!(
                "a login was answered {status}, with Retry-After: {retry_after}"
            ));
        }
    }
    Ok(())
}

impl Tally {
    fn numbers(&self) -> [&AtomicUsize; 4] {
        [&self.refused, &self.sent_away, &self.reads, &self.writes]
    }

    fn check(&self) -> Result<(), Failure> {
        let numbers = self.numbers().map(read);
        let [refused, sent_away, reads, writes] = numbers;
        let kept =
            refused >= QUEUE && sent_away > 0 && reads >= FEWEST_OTHERS && writes >= FEWEST_OTHERS;
        if kept {
            return Ok(());
        }
        Failure::broken(format!(
            "of {LOGINS} logins {refused} were looked at and {sent_away} sent away, meanwhile {reads} reads and {writes} writes"
        ))
    }
}
