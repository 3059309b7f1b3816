//! What everybody else feels while 500 people log in with their passwords at the same time.

use super::Sites;
use crate::{
    Outcome,
    bench::{Bench, Load},
    load::{Report, Script},
    process::{Process, forget_peak, memory_mib},
    results::Bound,
    site::Site,
    statistics::median,
};

const PEOPLE: usize = 500;
/// As `Retry-After` asks of those for whom there was no room.
const PATIENCE_MS: u64 = 1000;
/// Others ask at a pace that leaves the machine quiet: some hundred requests a second.
const OTHERS: usize = 8;
const OTHERS_PAUSE_MS: u64 = 10;

pub(super) fn run(bench: &mut Bench, sites: &Sites) -> Outcome<()> {
    let site = sites.ten_thousand.copy("logins")?;
    let server = Process::server::<&str>(&bench.server, &site.data, [])?;
    let seconds = if bench.pace.quick { 1.0 } else { 4.0 };
    let ask = |scripts: Vec<Script>, pause_ms, seconds| {
        Load {
            addresses: vec![server.address.clone()],
            scripts,
            watched: &[],
            pause_ms,
            seconds,
        }
        .run()
    };
    let others = |seconds| ask(mixed(&site), OTHERS_PAUSE_MS, seconds);
    let before = memory_mib(server.id(), "VmRSS")?;
    forget_peak(server.id())?;
    let (mut quiet, mut loud, mut logins) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.pace.rounds().min(3) {
        quiet.push(others(seconds)?.all.p99_ms);
        let (during, storm) = std::thread::scope(|scope| {
            // It begins before what is measured beside it, and ends after it.
            let storm = scope.spawn(|| ask(Site::logins(PEOPLE), PATIENCE_MS, seconds + 1.0));
            (others(seconds), storm.join())
        });
        loud.push(during?.all.p99_ms);
        logins.push(storm.map_err(|_| "the storm panicked")??);
    }
    let rise = memory_mib(server.id(), "VmHWM")? - before;
    let (quiet, loud) = (median(quiet), median(loud));
    bench.goal(
        "500 log in at once: other requests' 99th percentile, of its quiet value",
        Bound::AtMost(3.0),
        "×",
        loud / quiet,
    );
    bench.results.note(format!(
        "While {PEOPLE} logged in, the 99th percentile of other requests was {loud:.1} ms, and {quiet:.1} ms before; memory \
        rose by {rise:.0} MiB. {}",
        told(&logins, seconds + 1.0)
    ));
    Ok(())
}

/// Reads and pairs, as of people at work.
fn mixed(site: &Site) -> Vec<Script> {
    let halves = [site.reads(OTHERS / 2), site.pairs(1, OTHERS / 2)];
    halves.into_iter().flatten().collect()
}

fn told(storms: &[Report], seconds: f64) -> String {
    let count = |status| {
        storms
            .iter()
            .filter_map(|storm| storm.statuses.get(&status))
            .sum::<u64>()
    };
    let all = seconds * storms.len() as f64;
    format!(
        "{:.0} a second got in, and {:.0} a second were asked to come back.",
        count(200) as f64 / all,
        count(503) as f64 / all
    )
}
