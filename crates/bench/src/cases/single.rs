//! One server on SQLite, against what the same machine can do without it.

use std::process::Command;

use rusqlite::Connection;

use super::Sites;
use crate::{
    Outcome,
    bench::{Bench, CONNECTIONS, Measured, Pace, Subject},
    load::Script,
    process::{Process, output},
    results::Bound,
    site::{MOST_CLIENTS, SESSIONS, Site},
    statistics::{Ratio, Sample, median},
};

pub(super) const SERVER: &str = "TimeTracks, SQLite";
const LIMIT_A: &str = "limit (a): the same HTTP stack and token check, a constant";
const LIMIT_B: &str = "limit (b): the same rows, SQLite alone";
const TOGETHER: &str = "limits (a) and (b) together";
pub(super) const PAIRS: &str = "clock-in + clock-out";

pub(super) fn clocking(bench: &mut Bench, sites: &Sites) -> Outcome<()> {
    let site = sites.empty.copy("clocking")?;
    let limit = sites.empty.copy("limit")?;
    let server = Process::server::<&str>(&bench.server, &site.data, [])?;
    let pace = bench.pace;
    // Whoever closes a database last removes its log, and to make a log grow costs more than to write into one. So it
    // stays open, and both have a log of full size before anything counts.
    let keeper = Connection::open(limit.database())?;
    keeper.query_row("SELECT COUNT(*) FROM organisations", [], |_| Ok(()))?;
    let beside = sites.empty.copy("together")?;
    let (key, database) = (beside.signing_key(), beside.database());
    let together = [
        "limit-together".as_ref(),
        key.as_os_str(),
        database.as_os_str(),
    ];
    let together = Process::own(together)?;
    for address in [&server.address, &together.address] {
        pace.load(&[address], site.pairs(1, MOST_CLIENTS), &[])?;
    }
    limit_b(pace, &limit, MOST_CLIENTS)?;
    for &clients in pace.levels() {
        let ask = |of: &Process| pace.load(&[&of.address], site.pairs(1, clients), &[of.id()]);
        let subjects = vec![
            Subject::new(SERVER, || ask(&server)),
            Subject::new(TOGETHER, || ask(&together)),
            Subject::new(LIMIT_B, || limit_b(pace, &limit, clients)),
        ];
        let series = bench.compare(PAIRS, clients, subjects)?;
        if clients == CONNECTIONS {
            let tails = series[0].iter().map(|sample| sample.p99_ms / sample.p50_ms);
            bench.goal(
                "clock-in + clock-out, SQLite `FULL`, 64 connections, of limit (b)",
                Bound::AtLeast(0.7),
                "×",
                Ratio::of(&series[0], &series[2]).median,
            );
            let tail = median(tails);
            bench.goal(
                "their 99th percentile, of their median",
                Bound::AtMost(5.0),
                "×",
                tail,
            );
        }
    }
    Ok(())
}

fn limit_b(pace: Pace, site: &Site, clients: usize) -> Outcome<Measured> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("limit-sqlite").arg(site.database());
    command.args([clients.to_string(), pace.seconds().to_string()]);
    let sample: Sample = serde_json::from_str(&output(&mut command, "")?)?;
    Ok(sample.into())
}

/// A server, and limit (a) with the same signing key beside it.
struct BesideLimit<'s> {
    site: &'s Site,
    server: Process,
    limit: Process,
}

impl<'s> BesideLimit<'s> {
    fn start(bench: &Bench, site: &'s Site) -> Outcome<Self> {
        let key = site.signing_key();
        Ok(Self {
            site,
            server: Process::server::<&str>(&bench.server, &site.data, [])?,
            limit: Process::own(["limit-http".as_ref(), key.as_os_str()])?,
        })
    }

    /// What the server does of limit (a).
    fn compare(
        &self,
        bench: &mut Bench,
        what: &str,
        clients: usize,
        mut scripts: impl FnMut() -> Outcome<Vec<Script>>,
    ) -> Outcome<f64> {
        let (pace, server, limit) = (bench.pace, &self.server, &self.limit);
        let subjects = vec![
            Subject::new(SERVER, || {
                pace.load(&[&server.address], scripts()?, &[server.id()])
            }),
            Subject::new(LIMIT_A, || {
                pace.load(&[&limit.address], self.site.reads(clients), &[limit.id()])
            }),
        ];
        let series = bench.compare(what, clients, subjects)?;
        Ok(Ratio::of(&series[0], &series[1]).median)
    }
}

pub(super) fn reading(bench: &mut Bench, sites: &Sites) -> Outcome<()> {
    let site = &sites.ten_thousand;
    let both = BesideLimit::start(bench, site)?;
    for &clients in bench.pace.levels() {
        let read = both.compare(bench, "read a task", clients, || Ok(site.reads(clients)))?;
        let list = both.compare(
            bench,
            "list 100 tracks",
            clients,
            || Ok(site.lists(clients)),
        )?;
        if clients == CONNECTIONS {
            bench.goal(
                "authenticated read of one task, 64 connections, of limit (a)",
                Bound::AtLeast(0.5),
                "×",
                read,
            );
            bench.goal(
                "list of 100 tracks of a task, 64 connections, of limit (a)",
                Bound::AtLeast(0.15),
                "×",
                list,
            );
        }
    }
    cross_check(bench, &both)?;
    for report in site.reports() {
        let scripts = || Ok(site.each(CONNECTIONS, &report));
        both.compare(bench, &report.name, CONNECTIONS, scripts)?;
    }
    Ok(())
}

pub(super) fn writing(bench: &mut Bench, sites: &Sites) -> Outcome<()> {
    let site = sites.empty.copy("writing")?;
    let both = BesideLimit::start(bench, &site)?;
    let create = || Ok(site.bookings(CONNECTIONS));
    both.compare(bench, "create a track", CONNECTIONS, create)?;
    let address = both.server.address.clone();
    let refresh = || Site::refreshes(&address);
    both.compare(bench, "refresh a login", SESSIONS, refresh)?;
    Ok(())
}

/// What `wrk` says of the same reads, so that nobody has to believe our load generator.
fn cross_check(bench: &mut Bench, both: &BesideLimit) -> Outcome<()> {
    let pace = bench.pace;
    let step = &both.site.reads(1)[0].steps[0];
    let path = step.line.trim_start_matches("GET ");
    let url = format!("http://{}{path}", both.server.address);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..pace.rounds() {
        let reads = both.site.reads(CONNECTIONS);
        ours.push(pace.load(&[&both.server.address], reads, &[])?.all.rate);
        let mut wrk = Command::new("wrk");
        wrk.args(["--threads", "1", "--connections", &CONNECTIONS.to_string()]);
        wrk.args(["--duration", &format!("{}s", pace.seconds().ceil())]);
        wrk.args(["--header", &step.headers[0], &url]);
        let Ok(text) = output(&mut wrk, "") else {
            bench
                .results
                .note("wrk is not there, so the load generator was not cross-checked.");
            return Ok(());
        };
        let rate = text
            .lines()
            .find_map(|line| line.strip_prefix("Requests/sec:"));
        theirs.push(rate.ok_or("wrk says nothing")?.trim().parse::<f64>()?);
        if text.contains("Non-2xx") {
            return Err(format!("wrk: {text}").into());
        }
    }
    let (ours, theirs) = (median(ours), median(theirs));
    bench.results.note(format!(
        "Cross-check of the load generator: reads at {CONNECTIONS} connections, {ours:.0}/s as it counts, {theirs:.0}/s as wrk \
        does ({:.2} ×).",
        ours / theirs
    ));
    Ok(())
}
