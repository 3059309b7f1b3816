//! A clock that jumps.

use std::collections::HashSet;

use rand::{RngExt, SeedableRng, rngs::StdRng};
use reqwest::Method;
use serde_json::Value;

use crate::{
    Failure, Place, audit,
    process::Process,
    wire::{Answer, Client},
};

const TASKS: usize = 5;
const SECOND_MS: i64 = 1000;
const HOUR_MS: i64 = 3600 * SECOND_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// How often reports are held against the tracks.
const REPORTED: usize = 50;

/// Moves the clock back and forth while somebody clocks in and out, `rounds` times.
pub(crate) async fn run(place: &Place) -> Result<String, Failure> {
    let mut random = StdRng::seed_from_u64(place.seed);
    let process = Process::start(place).await?;
    let client = Client::sign_up(&process).await?;
    let (mut clamped, mut jumped_back, mut offset_ms) = (0, 0, 0);
    for round in 0..place.rounds {
        let next_ms = jump(&mut random, offset_ms);
        jumped_back += usize::from(next_ms < offset_ms);
        offset_ms = next_ms;
        process.control.clock_offset_ms(offset_ms)?;
        let name = format!("task-{}", random.random_range(0..TASKS));
        let verb = if random.random_bool(0.5) { "in" } else { "out" };
        let path = format!("/tasks/by-name/{name}/clock-{verb}");
        match client.ask(Method::POST, &path, None).await {
            Answer::Done(track) => clamped += usize::from(check(&track)? == Some(0)),
            // Nobody is clocked in there, or the task was never made.
            Answer::Refused(404 | 409, _) if verb == "out" => {}
            Answer::Refused(status, problem) => {
                return Failure::broken(format!(
                    "clocking {verb} was answered {status}: {problem}"
                ));
            }
            Answer::Cut => return Failure::broken(format!("clocking {verb} was not answered")),
        }
        if (round + 1) % REPORTED == 0 || round + 1 == place.rounds {
            reports_add_up(&client).await?;
        }
    }
    if clamped == 0 {
        return Failure::trouble("no track ended at its start: the clock did not jump");
    }
    let tracks = end_everything(&client).await?;
    reports_add_up(&client).await?;
    process.kill()?;
    let _process = Process::start(place).await?;
    audit::whole(&place.database())?;
    Ok(format!(
        "{} jumps, {jumped_back} of them back, {tracks} tracks, {clamped} ended at their start, none before it; \
        reports add up",
        place.rounds
    ))
}

/// Where the clock stands next: a little, hours or days away, but never far from today, as the epoch is a limit.
fn jump(random: &mut StdRng, offset_ms: i64) -> i64 {
    let far = [SECOND_MS, HOUR_MS, 12 * HOUR_MS, 3 * DAY_MS, 90 * DAY_MS];
    let far = far[random.random_range(0..far.len())];
    let next = offset_ms + random.random_range(-far..=far);
    next.clamp(-400 * DAY_MS, 400 * DAY_MS)
}

/// A track never ends before it starts. Answers how long it lasted, if it has ended.
fn check(track: &Value) -> Result<Option<i64>, Failure> {
    let (start, end) = (track["start"].as_i64(), track["end"].as_i64());
    let amount = track["amount"].as_i64();
    let Some(start) = start else {
        return Failure::broken(format!("a track without a start: {track}"));
    };
    if amount.is_none_or(|amount| amount < 0) {
        return Failure::broken(format!("a negative duration: {track}"));
    }
    if end.is_some_and(|end| end < start || Some(end - start) != amount) {
        return Failure::broken(format!("it ends before it starts: {track}"));
    }
    Ok(end.map(|end| end - start))
}

async fn tracks(client: &Client) -> Result<Vec<Value>, Failure> {
    match client.get("/tracks").await? {
        Value::Array(tracks) => Ok(tracks),
        other => Failure::broken(format!("not a list: {other}")),
    }
}

async fn end_everything(client: &Client) -> Result<usize, Failure> {
    for track in tracks(client).await? {
        if track["end"].is_null() {
            let path = format!(
                "/tasks/{}/clock-out",
                track["taskId"].as_str().unwrap_or_default()
            );
            check(&client.must(Method::POST, &path, None).await?)?;
        }
    }
    let all = tracks(client).await?;
    for track in &all {
        if check(track)?.is_none() {
            return Failure::broken(format!("it still runs: {track}"));
        }
    }
    Ok(all.len())
}

/// Holds reports against the tracks. Of a running track a report counts what it lasted at that moment, so those tasks are
/// only looked at for negative times.
async fn reports_add_up(client: &Client) -> Result<(), Failure> {
    let tracks = tracks(client).await?;
    let mut sums = std::collections::BTreeMap::new();
    let mut running = HashSet::new();
    for track in &tracks {
        let task = track["taskId"].as_str().unwrap_or_default();
        *sums.entry(task).or_insert(0) += check(track)?.unwrap_or_default();
        if track["end"].is_null() {
            running.insert(task);
        }
    }
    for (task, sum) in sums {
        for report in ["", "/users"] {
            let report = client
                .get(&format!("/reports/tasks/{task}{report}"))
                .await?;
            let total = report["total"].as_i64();
            if total != Some(sum) && (!running.contains(task) || total < Some(sum)) {
                return Failure::broken(format!(
                    "the tracks of {task} last {sum} ms, its report says {total:?}"
                ));
            }
        }
    }
    if running.is_empty() {
        days_add_up(client, &tracks).await?;
    }
    Ok(())
}

/// Holds the person's report of a few days against the tracks that reach into them.
async fn days_add_up(client: &Client, tracks: &[Value]) -> Result<(), Failure> {
    let user = client.get("/account/me").await?;
    let user = user["user"]["id"].as_str().unwrap_or_default();
    for from in tracks
        .iter()
        .filter_map(|track| track["start"].as_i64())
        .take(REPORTED)
    {
        let (from, to) = (from - DAY_MS, from + 2 * DAY_MS);
        let inside = |track: &Value| {
            let (start, end) = (track["start"].as_i64()?, track["end"].as_i64()?);
            Some((end.min(to) - start.max(from)).max(0))
        };
        let sum: i64 = tracks.iter().filter_map(inside).sum();
        let path = format!("/reports/users/{user}?startDate={from}&endDate={to}");
        let total = client.get(&path).await?["total"].as_i64();
        if total != Some(sum) {
            return Failure::broken(format!(
                "the tracks from {from} to {to} last {sum} ms, the report says {total:?}"
            ));
        }
    }
    Ok(())
}
