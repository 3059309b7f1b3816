//! Answers that are lost because the server is killed, and the retries that ask for them.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::Method;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

use crate::{
    Failure, Place, audit,
    process::{LOOK, Process},
    wire::{Answer, Client, KEY_NAME, send},
};

const WRITERS: usize = 8;
/// The most answers to wait for before the server is killed.
const MOST_ANSWERS: usize = 30;
/// One request in so many makes an API key, whose answer shows a secret.
const KEYS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(60);
/// With fewer kills chance may have it that no answer was lost.
const TELLING: usize = 100;

/// Something to be made, by a name that is its idempotency key as well.
#[derive(Clone)]
struct Wish {
    path: &'static str,
    name: String,
}

impl Wish {
    async fn ask(&self, client: &Client) -> Answer {
        let request = client.request(Method::POST, self.path);
        let request = request.header("idempotency-key", &self.name);
        send(request.json(&json!({ "name": self.name }))).await
    }

    /// Whether this is what was asked for. An API key comes with its secret around it.
    fn is_made(&self, answer: &Value) -> bool {
        answer["name"] == self.name || answer["info"]["name"] == self.name
    }

    /// Asks, and must get an answer.
    async fn ask_again(&self, client: &Client) -> Result<Value, Failure> {
        match self.ask(client).await {
            Answer::Done(value) if self.is_made(&value) => Ok(value),
            Answer::Done(value) => Failure::broken(format!("{} got {value}", self.name)),
            Answer::Refused(status, problem) => {
                Failure::broken(format!("{} got {status}: {problem}", self.name))
            }
            Answer::Cut => Failure::broken(format!("{} got no answer", self.name)),
        }
    }
}

/// What was asked for since the last kill, each with its first answer if that arrived.
#[derive(Default)]
struct Asked(Mutex<Vec<(Wish, Option<Value>)>>);

impl Asked {
    fn add(&self, wish: Wish, answer: Option<Value>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push((wish, answer));
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn take(&self) -> Vec<(Wish, Option<Value>)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Default)]
struct Tally {
    answered: usize,
    /// Lost answers to what had been done, and to what had not.
    done: usize,
    not_done: usize,
}

/// Kills a server again and again while it is asked for things; then asks for all of them once more.
pub(crate) async fn run(place: &Place) -> Result<String, Failure> {
    let mut random = StdRng::seed_from_u64(place.seed);
    let mut process = Process::start(place).await?;
    let mut client = Client::sign_up(&process).await?.log_in().await?;
    let asked = Arc::new(Asked::default());
    let mut expected = BTreeSet::from([KEY_NAME.to_owned()]);
    let mut tally = Tally::default();
    for cycle in 0..place.rounds {
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let label = format!("cycle-{cycle}-{number}");
                tokio::spawn(write(client.clone(), Arc::clone(&asked), label))
            })
            .collect();
        wait_for(&asked, random.random_range(1..=MOST_ANSWERS)).await?;
        process.kill()?;
        for writer in writers {
            writer.await??;
        }
        process = Process::start(place).await?;
        client = client.at(&process)?;
        let asked = asked.take();
        expected.extend(asked.iter().map(|(wish, _)| wish.name.clone()));
        let secrets = tally.ask_for_all_again(place, &client, asked).await?;
        audit::whole(&place.database())?;
        is_exactly(place, &expected)?;
        if cycle + 1 == place.rounds {
            are_sealed(place, &secrets, KEY_NAME)?;
        }
    }
    let Tally {
        answered,
        done,
        not_done,
    } = tally;
    if place.rounds >= TELLING && (done == 0 || not_done == 0) {
        return Failure::trouble(format!(
            "{done} lost answers to what was done, {not_done} to what was not"
        ));
    }
    Ok(format!(
        "{} kills, {answered} answers given again; of lost ones, {done} to what was done already and {not_done} to what was not: each done once, and answered the same from then on",
        place.rounds
    ))
}

/// Asks for one thing after another until it gets no answer.
async fn write(client: Client, asked: Arc<Asked>, label: String) -> Result<(), Failure> {
    for number in 0.. {
        let path = if number % KEYS == 0 {
            "/api-keys"
        } else {
            "/tasks"
        };
        let name = format!("{label}-{number}");
        let wish = Wish { path, name };
        match wish.ask(&client).await {
            Answer::Done(value) => asked.add(wish, Some(value)),
            Answer::Cut => {
                asked.add(wish, None);
                break;
            }
            Answer::Refused(status, problem) => {
                return Failure::broken(format!("{} got {status}: {problem}", wish.name));
            }
        }
    }
    Ok(())
}

async fn wait_for(asked: &Asked, answers: usize) -> Result<(), Failure> {
    let began = Instant::now();
    while asked.count() < answers {
        if began.elapsed() > PATIENCE {
            return Failure::broken(format!("fewer than {answers} answers in {PATIENCE:?}"));
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

impl Tally {
    /// Answers with the secrets that were shown.
    async fn ask_for_all_again(
        &mut self,
        place: &Place,
        client: &Client,
        asked: Vec<(Wish, Option<Value>)>,
    ) -> Result<Vec<String>, Failure> {
        let there: BTreeSet<_> = names(place)?.into_iter().collect();
        let mut secrets = Vec::new();
        for (wish, first) in asked {
            let first = match first {
                Some(first) => {
                    self.answered += 1;
                    first
                }
                None => {
                    let was_done = there.contains(&wish.name);
                    self.done += usize::from(was_done);
                    self.not_done += usize::from(!was_done);
                    wish.ask_again(client).await?
                }
            };
            let again = wish.ask_again(client).await?;
            if again != first {
                return Failure::broken(format!("first {first}, then {again}"));
            }
            secrets.extend(first["apiKey"].as_str().map(str::to_owned));
        }
        Ok(secrets)
    }
}

/// The names of all that was made.
fn names(place: &Place) -> Result<Vec<String>, Failure> {
    let connection =
        Connection::open_with_flags(place.database(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut statement =
        connection.prepare("SELECT name FROM tasks UNION ALL SELECT name FROM api_keys")?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

fn is_exactly(place: &Place, expected: &BTreeSet<String>) -> Result<(), Failure> {
    let mut found = names(place)?;
    found.sort_unstable();
    if found.iter().eq(expected) {
        return Ok(());
    }
    let twice = found.windows(2).find(|pair| pair[0] == pair[1]);
    Failure::broken(format!(
        "{} were asked for, {} are there; twice: {twice:?}",
        expected.len(),
        found.len()
    ))
}

/// Whether what is stored shows none of the secrets. What is no secret must be found, or the search finds nothing.
fn are_sealed(place: &Place, secrets: &[String], known: &str) -> Result<(), Failure> {
    let mut stored = Vec::new();
    for entry in std::fs::read_dir(place.data())? {
        stored.extend(std::fs::read(entry?.path())?);
    }
    let is_stored = |text: &str| {
        let mut windows = stored.windows(text.len());
        windows.any(|window| window == text.as_bytes())
    };
    if secrets.is_empty() || !is_stored(known) {
        return Failure::trouble("no secret was shown, or the search finds nothing");
    }
    match secrets.iter().find(|secret| is_stored(secret)) {
        Some(secret) => Failure::broken(format!("stored in clear: {secret}")),
        None => Ok(()),
    }
}
