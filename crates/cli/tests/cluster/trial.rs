//! The tests themselves: servers under fire, and proof that the checker would notice.

use std::{path::Path, sync::Arc};

use timetracks_testkit::postgres::{Database, Server};

use crate::{
    clients::{Strike, kill_one, read_everywhere, run},
    history::{History, is_explained},
    instance::Cluster,
    model::{Answer, Clock},
    round::{Round, people},
};

const ROUNDS: u64 = 5;
const STRIKES: usize = 2;

/// What the environment says, if anything.
pub(crate) fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap())
}

/// The seed of this run, which is printed when the test fails.
fn seed() -> u64 {
    let seed = number("TIMETRACKS_TEST_SEED").unwrap_or_else(rand::random);
    println!("TIMETRACKS_TEST_SEED={seed}");
    seed
}

fn sqlite(directory: &Path) -> String {
    format!("sqlite:{}", directory.join("shared.db").display())
}

/// Lets clients ask, round after round, while something breaks. Every answer must be explained, on every instance.
pub(crate) async fn survive(mut cluster: Cluster, mut strike: impl Strike) {
    let seed = seed();
    let people = people(&cluster).await;
    for number in 0..number("TIMETRACKS_TEST_ROUNDS").unwrap_or(ROUNDS) {
        let round = Arc::new(Round::begin(&cluster, &people, number).await);
        let strikes = (STRIKES, &mut strike);
        run(&mut cluster, &round, strikes, seed.wrapping_add(number)).await;
        if let Some(violation) = round.violations().first() {
            panic!("round {number}: {violation}");
        }
        round.end_everything(&cluster.any().base).await;
        for address in cluster.addresses().borrow().clone().iter().flatten() {
            round.look_up(address).await;
            round.add_up(address).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_server_over_sqlite_is_one_clock_through_every_kill() {
    let directory = tempfile::tempdir().unwrap();
    let database = sqlite(directory.path());
    survive(Cluster::start(directory.path(), &database, 1), kill_one).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_servers_over_postgresql_are_one_clock_through_every_kill() {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::create(Server::shared()).await;
    survive(
        Cluster::start(directory.path(), &database.url(), 3),
        kill_one,
    )
    .await;
}

/// Without kills, every answer counts: whichever is altered, no order explains the rest.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn real_answers_are_rejected_when_one_is_altered() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start(directory.path(), &sqlite(directory.path()), 1);
    let people = people(&cluster).await;
    let round = Arc::new(Round::begin(&cluster, &people, 0).await);
    run(&mut cluster, &round, (0, &mut kill_one), seed()).await;
    let mut rejected = 0;
    for subject in round.subjects() {
        let history = round.record.clock(subject);
        assert!(is_explained(&Clock::default(), &history));
        for altered in alterations(&history) {
            assert!(!is_explained(&Clock::default(), &altered), "{altered:#?}");
            rejected += 1;
        }
    }
    assert!(rejected > 50, "only {rejected} alterations were tried");
}

/// The history with one answer altered or one call left out, in every way that must show.
fn alterations(history: &History<Clock>) -> Vec<History<Clock>> {
    let mut all = Vec::new();
    for (place, call) in history.iter().enumerate() {
        let mut alter = |answer| {
            let mut altered = history.clone();
            match answer {
                Some(answer) => altered[place].answer.as_mut().unwrap().1 = answer,
                None => drop(altered.remove(place)),
            }
            all.push(altered);
        };
        match call.answer.clone().unwrap().1 {
            Answer::Now(id) => {
                alter(Some(Answer::Already(id)));
                alter(None);
            }
            Answer::Already(id) => alter(Some(Answer::Now(id))),
            Answer::Ended(_) => {
                alter(Some(Answer::NotRunning));
                alter(None);
            }
            // Nothing else happens during the last call, which reads.
            Answer::Tracks(tracks) if place + 1 == history.len() => {
                for (id, runs) in &tracks {
                    let mut altered = tracks.clone();
                    altered.insert(id.clone(), !runs);
                    alter(Some(Answer::Tracks(altered.clone())));
                    altered.remove(id);
                    alter(Some(Answer::Tracks(altered)));
                }
            }
            _ => {}
        }
    }
    all
}

/// A server that loses what it acknowledged: its database is as it was before.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_forgets_is_found_out() {
    let directory = tempfile::tempdir().unwrap();
    let mut cluster = Cluster::start(directory.path(), &sqlite(directory.path()), 1);
    let people = people(&cluster).await;
    let round = Arc::new(Round::begin(&cluster, &people, 0).await);
    cluster.kill(0);
    let files: Vec<_> = ["shared.db", "shared.db-wal"]
        .iter()
        .map(|name| directory.path().join(name))
        .collect();
    let before: Vec<_> = files.iter().map(|file| std::fs::read(file).ok()).collect();
    cluster.restart(0);
    run(&mut cluster, &round, (0, &mut kill_one), seed()).await;
    assert!(round.violations().is_empty());
    cluster.kill(0);
    for (file, before) in files.iter().zip(before) {
        std::fs::write(file, before.unwrap_or_default()).unwrap();
    }
    cluster.restart(0);
    read_everywhere(&cluster, &round).await;
    assert!(!round.violations().is_empty());
}
