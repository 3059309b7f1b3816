//! Clients that leave in the middle of a request.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::Method;
use serde_json::json;

use crate::{
    Failure, Place, audit,
    ledger::{Ledger, Step},
    load::Life,
    process::{LOOK, Process},
    raw::{Connection, Request},
    wire::{Answer, Client, EMAIL, PASSWORD},
};

const CLIENTS: usize = 16;
/// One in so many leaves from a login, which is hashing a password.
const LOGINS: usize = 50;
const LONGEST_ANSWER: Duration = Duration::from_secs(1);
/// How long the server may take to notice that everybody has left.
const LONGEST_NOTICE: Duration = Duration::from_secs(10);
/// How many more files than before may stay open: those of clients that stay connected.
const STAYING: usize = 8;

/// Cuts `rounds` requests. Their effects are whole or absent, and nothing of them stays behind.
pub(crate) async fn run(place: &Place) -> Result<String, Failure> {
    let process = Arc::new(Process::start(place).await?);
    let ledger = Arc::new(Ledger::default());
    let client = Client::sign_up(&process).await?;
    let before = process.open_files()?;
    let next = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let cutter = Cutter {
                process: Arc::clone(&process),
                client: client.clone(),
                ledger: Arc::clone(&ledger),
                random: StdRng::seed_from_u64(place.seed.wrapping_add(number as u64)),
            };
            let (next, rounds) = (Arc::clone(&next), place.rounds);
            tokio::spawn(cutter.cut_until(next, rounds))
        })
        .collect();
    for client in clients {
        client.await??;
    }
    let began = Instant::now();
    let mut after = process.open_files()?;
    while after > before + STAYING {
        if began.elapsed() > LONGEST_NOTICE {
            return Failure::broken(format!(
                "{before} files were open before, and {after} after"
            ));
        }
        tokio::time::sleep(LOOK).await;
        after = process.open_files()?;
    }
    let took = answers_at_once(&client, &ledger).await?;
    audit::running(&place.database(), &ledger)?;
    let done = client.get("/tasks").await?.as_array().map_or(0, Vec::len);
    Ok(format!(
        "{} requests cut, {done} of them done whole, the others not at all; {before} files open before, {after} after; then answered in {} ms",
        place.rounds,
        took.as_millis()
    ))
}

/// Nothing is held that a write, a read or a login needs. The write also comes after all that is still being done.
async fn answers_at_once(client: &Client, ledger: &Ledger) -> Result<Duration, Failure> {
    let began = Instant::now();
    let mut life = Life::begin(client, ledger, "afterwards".to_owned());
    if !matches!(life.step(Step::In).await?, Answer::Done(_)) {
        return Failure::broken("a write was not done afterwards");
    }
    client.get("/tasks?limit=5").await?;
    let login = json!({ "email": EMAIL, "password": PASSWORD });
    client
        .must(Method::POST, "/account/login", Some(login))
        .await?;
    let took = began.elapsed();
    if took > LONGEST_ANSWER {
        return Failure::broken(format!(
            "a write, a read and a login took {took:?} afterwards"
        ));
    }
    Ok(took)
}

struct Cutter {
    process: Arc<Process>,
    client: Client,
    ledger: Arc<Ledger>,
    random: StdRng,
}

impl Cutter {
    async fn cut_until(mut self, next: Arc<AtomicUsize>, rounds: usize) -> Result<(), Failure> {
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            if number >= rounds {
                return Ok(());
            }
            self.cut(number).await?;
        }
    }

    /// Begins a request and leaves: in its head, in its body, before the answer, or in the answer.
    async fn cut(&mut self, number: usize) -> Result<(), Failure> {
        let mut connection = Connection::open(&self.process).await?;
        let name = format!("cut-{number}");
        let path = format!("/tasks/by-name/{name}/clock-in");
        // Only what is sent whole is known to the ledger; of the rest nothing may be there.
        let write = Request::post(
            &self.client,
            &path,
            &json!({ "start": 1_700_000_000_000_i64 }),
        );
        match number % 4 {
            _ if number.is_multiple_of(LOGINS) => {
                let login = json!({ "email": EMAIL, "password": PASSWORD });
                let login = Request::post(&self.client, "/account/login", &login);
                connection.send(&login.head).await?;
                connection.send(&login.body).await?;
            }
            0 => {
                let cut = self.random.random_range(1..write.head.len());
                connection.send(&write.head[..cut]).await?;
            }
            1 => {
                let cut = self.random.random_range(0..write.body.len());
                connection.send(&write.head).await?;
                connection.send(&write.body[..cut]).await?;
            }
            2 => {
                let times = self.ledger.open(&name);
                self.ledger.send(&name, Step::In);
                let write = Request::post(&self.client, &path, &json!({ "start": times.start }));
                connection.send(&write.head).await?;
                connection.send(&write.body).await?;
            }
            _ => {
                connection
                    .send(&Request::get(&self.client, "/tracks").head)
                    .await?;
                connection.expect("HTTP/1.1 200 OK").await?;
            }
        }
        if self.random.random_bool(0.5) {
            connection.reset()?;
        }
        Ok(())
    }
}
