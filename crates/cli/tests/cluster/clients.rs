//! Clients that ask whatever comes to their minds, and somebody who breaks what they ask.

use std::sync::Arc;

use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use tokio::{sync::watch, task::JoinSet};

use crate::{
    instance::{Addresses, Cluster},
    model::Operation,
    round::Round,
};

const CLIENTS: usize = 8;
/// How often each client asks in a round.
const CALLS: usize = 24;

/// Breaks something, and mends it before it returns.
pub(crate) trait Strike: FnMut(&mut Cluster, &mut StdRng) {}

impl<T: FnMut(&mut Cluster, &mut StdRng)> Strike for T {}

/// Kills an instance and starts it again.
pub(crate) fn kill_one(cluster: &mut Cluster, random: &mut StdRng) {
    let instance = random.random_range(0..cluster.size());
    cluster.kill(instance);
    cluster.restart(instance);
}

/// Lets all clients ask while there are that many strikes, one after another. Then everything is read once more from
/// every instance.
pub(crate) async fn run(
    cluster: &mut Cluster,
    round: &Arc<Round>,
    (strikes, strike): (usize, &mut impl Strike),
    seed: u64,
) {
    let asked = watch::Sender::new(0);
    let mut seeds = StdRng::seed_from_u64(seed);
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let random = StdRng::seed_from_u64(seeds.random());
        let (round, addresses, asked) = (Arc::clone(round), cluster.addresses(), asked.clone());
        clients.spawn(ask_at_random(client, round, addresses, asked, random));
    }
    let mut asked = asked.subscribe();
    for number in 1..=strikes {
        let due = CLIENTS * CALLS * number / (strikes + 1);
        asked.wait_for(|asked| *asked >= due).await.unwrap();
        tokio::task::block_in_place(|| strike(cluster, &mut seeds));
    }
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    read_everywhere(cluster, round).await;
}

async fn ask_at_random(
    client: usize,
    round: Arc<Round>,
    mut addresses: watch::Receiver<Addresses>,
    asked: watch::Sender<usize>,
    mut random: StdRng,
) {
    use Operation::{ClockIn, ClockOut, Read};
    let subjects = round.subjects();
    for _ in 0..CALLS {
        let up = addresses.wait_for(|all| all.iter().any(Option::is_some));
        let instances = instances(&up.await.unwrap());
        let (instance, address) = instances.choose(&mut random).unwrap();
        let subject = *subjects.choose(&mut random).unwrap();
        let operations = [ClockIn, ClockIn, ClockOut, ClockOut, Read];
        let operation = *operations.choose(&mut random).unwrap();
        round
            .ask(client, (*instance, address), subject, operation)
            .await;
        asked.send_modify(|asked| *asked += 1);
    }
}

/// Reads every clock from every instance, all of which are up.
pub(crate) async fn read_everywhere(cluster: &Cluster, round: &Round) {
    let addresses = instances(&cluster.addresses().borrow());
    assert_eq!(addresses.len(), cluster.size());
    for (instance, address) in addresses {
        for subject in round.subjects() {
            let asked = round.ask(CLIENTS, (instance, &address), subject, Operation::Read);
            asked.await;
        }
    }
}

/// The instances that are up, by their numbers.
fn instances(addresses: &Addresses) -> Vec<(usize, String)> {
    let numbered = addresses.iter().cloned().enumerate();
    numbered
        .filter_map(|(instance, address)| Some((instance, address?)))
        .collect()
}
