//! Logins that fail, each for another reason: from how long that takes nobody must learn which.

use std::time::{Duration, Instant};

use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use reqwest::Method;
use serde_json::json;

use crate::{
    Failure, Place,
    process::Process,
    wire::{Answer, Client, EMAIL, PASSWORD},
};

/// What is wrong, and what is sent.
const KINDS: [(&str, &str, &str); 4] = [
    ("unknown address", "nobody@example.com", PASSWORD),
    ("wrong password", EMAIL, "incorrect horse battery staple"),
    ("no password yet", "bob@example.com", PASSWORD),
    ("inactive user", "eve@example.com", PASSWORD),
];
/// Rounds before the watch is started.
const WARM_UP: usize = 10;
/// How many hundredths of the shortest median the longest may take.
const MOST_PERCENT: u32 = 110;

/// Tries each kind `rounds` times, by turns in an order that changes, and compares the medians.
pub(crate) async fn run(place: &Place) -> Result<String, Failure> {
    let mut random = StdRng::seed_from_u64(place.seed);
    let process = Process::start(place).await?;
    let client = Client::sign_up(&process).await?;
    add_users(&client.log_in().await?).await?;
    let mut order = [0, 1, 2, 3];
    let mut times = [const { Vec::new() }; KINDS.len()];
    for round in 0..WARM_UP + place.rounds {
        order.shuffle(&mut random);
        for kind in order {
            let took = fail(&client, kind).await?;
            if round >= WARM_UP {
                times[kind].push(took);
            }
        }
    }
    let medians = times.map(median);
    let says: Vec<_> = KINDS
        .iter()
        .zip(medians)
        .map(|((kind, ..), median)| format!("{kind} {} us", median.as_micros()))
        .collect();
    let says = format!("medians of {}: {}", place.rounds, says.join(", "));
    let (shortest, longest) = (medians.iter().min(), medians.iter().max());
    match shortest.zip(longest) {
        Some((shortest, longest)) if *longest * 100 <= *shortest * MOST_PERCENT => Ok(says),
        _ => Failure::broken(says),
    }
}

/// Bob has no password, Eve is not active any more.
async fn add_users(admin: &Client) -> Result<(), Failure> {
    let user = |name: &str, password: Option<&str>| {
        json!({
            "email": format!("{name}@example.com"), "firstName": name, "lastName": "Test", "role": "member",
            "password": password,
        })
    };
    let bob = user("bob", None);
    admin.must(Method::POST, "/users", Some(bob)).await?;
    let eve = user("eve", Some(PASSWORD));
    let eve = admin.must(Method::POST, "/users", Some(eve)).await?;
    let path = format!("/users/{}", eve["id"].as_str().unwrap_or_default());
    let inactive = json!({ "active": false });
    admin.must(Method::PUT, &path, Some(inactive)).await?;
    Ok(())
}

async fn fail(client: &Client, kind: usize) -> Result<Duration, Failure> {
    let (kind, email, password) = KINDS[kind];
    let login = json!({ "email": email, "password": password });
    let began = Instant::now();
    match client
        .ask(Method::POST, "/account/login", Some(login))
        .await
    {
        Answer::Refused(401, _) => Ok(began.elapsed()),
        _ => Failure::broken(format!("{kind}: not answered 401")),
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
