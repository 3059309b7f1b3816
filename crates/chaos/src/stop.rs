//! SIGTERM under load.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::json;

use crate::{
    Failure, Place, audit,
    ledger::{Ledger, Step},
    load::Load,
    process::{LOOK, Process},
    raw::{Connection, Request},
    wire::Client,
};

const WRITERS: usize = 6;
/// The most writes to wait for before the signal.
const MOST_WRITES: usize = 60;
const LONGEST_STOP: Duration = Duration::from_secs(10);
/// How long a signal may take to be heard.
const LONGEST_HEARING: Duration = Duration::from_secs(1);
const LONGEST_SECOND_STOP: Duration = Duration::from_secs(2);
/// How often to look whether a server that is stopping says that it is ready after all.
const LOOKS: usize = 5;
/// Every so many rounds the signal is sent twice.
const IMPATIENT: usize = 4;

/// Stops a server under load, `rounds` times. What is under way is answered, and nobody can hold it up.
pub(crate) async fn run(place: &Place) -> Result<String, Failure> {
    let mut random = StdRng::seed_from_u64(place.seed);
    let ledger = Arc::new(Ledger::default());
    let mut process = Process::start(place).await?;
    let mut client = Client::sign_up(&process).await?;
    let mut longest = Duration::ZERO;
    for number in 0..place.rounds {
        let label = format!("round-{number}");
        let load = Load::start(&client, &ledger, &label, WRITERS);
        let held = Held::begin(&process, &client, &ledger, format!("{label}-held")).await?;
        let round = Round {
            client: &client,
            load,
            held,
        };
        let writes = random.random_range(1..=MOST_WRITES);
        if number % IMPATIENT == IMPATIENT - 1 {
            round.stop_at_once(process, writes).await?;
        } else {
            longest = longest.max(round.stop_gracefully(process, writes).await?);
            // Whatever was done was answered, to the last request.
            ledger.forget_unanswered();
        }
        process = Process::start(place).await?;
        client = client.at(&process)?;
        audit::running(&place.database(), &ledger)
            .map_err(|failure| failure.with(&format!("round {number}")))?;
    }
    Ok(format!(
        "{} stops, ended after {} ms at the most; {} acknowledged, none lost, none done without an answer",
        place.rounds,
        longest.as_millis(),
        ledger.acknowledged(u64::MAX)
    ))
}

struct Round<'r> {
    client: &'r Client,
    load: Load,
    held: Held<'r>,
}

impl Round<'_> {
    /// With two clients that sent half a head, and a request whose body comes after the signal. Answers how long it took.
    async fn stop_gracefully(
        self,
        mut process: Process,
        writes: usize,
    ) -> Result<Duration, Failure> {
        let head = Request::get(self.client, "/account/me").head;
        let half = &head[..head.len() / 2];
        let mut fresh = Connection::open(&process).await?;
        fresh.send(half).await?;
        let mut used = Connection::open(&process).await?;
        used.send(&head).await?;
        used.expect("HTTP/1.1 200 OK").await?;
        used.send(half).await?;
        self.load.wait_for(writes).await?;
        let began = Instant::now();
        process.signal("TERM")?;
        stops_being_ready(&process).await?;
        self.held.finish().await?;
        self.load.ended().await?;
        let left = LONGEST_STOP.saturating_sub(began.elapsed());
        match process.wait(left).await? {
            Some(status) if status.success() => Ok(began.elapsed()),
            Some(status) => Failure::broken(format!("it ended with {status}")),
            None => Failure::broken(format!("it did not end within {LONGEST_STOP:?}")),
        }
    }

    /// A request is under way for ever, so only the second signal can end it.
    async fn stop_at_once(self, mut process: Process, writes: usize) -> Result<(), Failure> {
        self.load.wait_for(writes).await?;
        process.signal("TERM")?;
        stops_being_ready(&process).await?;
        if !process.is_running()? {
            return Failure::broken("it ended without waiting for a request under way");
        }
        process.signal("TERM")?;
        if process.wait(LONGEST_SECOND_STOP).await?.is_none() {
            return Failure::broken(format!(
                "it did not end within {LONGEST_SECOND_STOP:?} of a second SIGTERM"
            ));
        }
        self.load.ended().await
    }
}

/// Soon after the signal nobody is told any more that it is ready.
async fn stops_being_ready(process: &Process) -> Result<(), Failure> {
    let began = Instant::now();
    while Client::readiness(&process.base).await == Some(200) {
        if began.elapsed() > LONGEST_HEARING {
            return Failure::broken(format!("it was ready {LONGEST_HEARING:?} after SIGTERM"));
        }
        tokio::time::sleep(LOOK).await;
    }
    for _ in 0..LOOKS {
        let ready = Client::readiness(&process.base).await;
        if !matches!(ready, None | Some(503)) {
            return Failure::broken(format!("after SIGTERM its readiness was {ready:?}"));
        }
    }
    Ok(())
}

/// A request that a handler has begun with: it has asked for the body.
struct Held<'r> {
    connection: Connection,
    body: String,
    ledger: &'r Ledger,
    name: String,
}

impl<'r> Held<'r> {
    async fn begin(
        process: &Process,
        client: &Client,
        ledger: &'r Ledger,
        name: String,
    ) -> Result<Self, Failure> {
        let times = ledger.open(&name);
        let path = format!("/tasks/by-name/{name}/clock-in");
        let request = Request::post_when_asked(client, &path, &json!({ "start": times.start }));
        let mut connection = Connection::open(process).await?;
        connection.send(&request.head).await?;
        connection.expect("HTTP/1.1 100 Continue").await?;
        let body = request.body;
        Ok(Self {
            connection,
            body,
            ledger,
            name,
        })
    }

    /// Sends the rest, which must be answered.
    async fn finish(mut self) -> Result<(), Failure> {
        self.ledger.send(&self.name, Step::In);
        self.connection.send(&self.body).await?;
        self.connection.expect("HTTP/1.1 201 Created").await?;
        self.ledger.acknowledge(&self.name, Step::In)
    }
}
