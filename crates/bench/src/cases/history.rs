//! Whether it gets slower when much is stored.

use super::{Sites, single::PAIRS};
use crate::{
    Outcome,
    bench::{Bench, CONNECTIONS, Subject},
    load::Script,
    process::Process,
    results::Bound,
    site::Site,
    statistics::{Ratio, Sample},
};

pub(super) fn run(bench: &mut Bench, sites: &Sites) -> Outcome<()> {
    lists(bench, sites)?;
    reports(bench, sites)?;
    clocking(bench, sites)
}

fn lists(bench: &mut Bench, sites: &Sites) -> Outcome<()> {
    let list = |site: &Site| site.lists(CONNECTIONS);
    let series = compare(
        bench,
        "list 100 tracks",
        &sites.million,
        &sites.ten_thousand,
        list,
    )?;
    let ratio = Ratio::of(&series[0], &series[1]).median;
    bench.goal(
        "list of 100 tracks with 1 million stored, of the rate with 10 thousand",
        Bound::AtLeast(0.8),
        "×",
        ratio,
    );
    Ok(())
}

fn reports(bench: &mut Bench, sites: &Sites) -> Outcome<()> {
    let names = sites.million.reports().map(|report| report.name);
    let mut slowest: f64 = 0.0;
    for (place, name) in names.iter().enumerate() {
        let ask = |site: &Site| site.each(CONNECTIONS, &site.reports()[place]);
        let series = compare(bench, name, &sites.million, &sites.thousand, ask)?;
        let time = time(&series);
        if place + 1 == names.len() {
            bench.goal(
                "report on a person over 7 days, 1 million tracks against 1 thousand: time",
                Bound::AtMost(1.5),
                "×",
                time,
            );
        } else {
            slowest = slowest.max(time);
        }
    }
    bench.goal(
        "task and project reports, 1 million tracks against 1 thousand: time, the worst of four",
        Bound::AtMost(1.3),
        "×",
        slowest,
    );
    Ok(())
}

/// Against a database that is new in every round, because it fills while it is measured: with some ten thousand tracks.
fn clocking(bench: &mut Bench, sites: &Sites) -> Outcome<()> {
    let (pace, binary) = (bench.pace, bench.server.clone());
    let million = sites.million.copy("clocking-million")?;
    let server = Process::server::<&str>(&binary, &million.data, [])?;
    let subjects = vec![
        Subject::new(stored(bench, &million), || {
            pace.load(
                &[&server.address],
                million.pairs(1, CONNECTIONS),
                &[server.id()],
            )
        }),
        Subject::new("TimeTracks, SQLite, nothing stored", || {
            let site = sites.empty.copy("clocking-none")?;
            let server = Process::server::<&str>(&binary, &site.data, [])?;
            let load = |watched: &[u32]| {
                pace.load(&[&server.address], site.pairs(1, CONNECTIONS), watched)
            };
            // So that its log has the size to which the other's has grown.
            load(&[])?;
            load(&[server.id()])
        }),
    ];
    let series = bench.compare(PAIRS, CONNECTIONS, subjects)?;
    bench.goal(
        "clock-in with 1 million tracks stored against none: time",
        Bound::AtMost(1.5),
        "×",
        time(&series),
    );
    Ok(())
}

fn time(series: &[Vec<Sample>]) -> f64 {
    1.0 / Ratio::of(&series[0], &series[1]).median
}

fn stored(bench: &Bench, site: &Site) -> String {
    let name = site.data.file_name().unwrap_or_default().to_string_lossy();
    let tracks = match name.rsplit('-').next() {
        Some("million") if bench.pace.quick => "100000",
        Some("million") => "1000000",
        other => other.unwrap_or_default(),
    };
    format!("TimeTracks, SQLite, {tracks} tracks stored")
}

fn compare(
    bench: &mut Bench,
    what: &str,
    large: &Site,
    small: &Site,
    ask: impl Fn(&Site) -> Vec<Script>,
) -> Outcome<Vec<Vec<Sample>>> {
    let (pace, ask) = (bench.pace, &ask);
    let servers = [
        Process::server::<&str>(&bench.server, &large.data, [])?,
        Process::server::<&str>(&bench.server, &small.data, [])?,
    ];
    let subjects = [large, small]
        .into_iter()
        .zip(&servers)
        .map(|(site, server)| {
            let of = stored(bench, site);
            Subject::new(of, move || {
                pace.load(&[&server.address], ask(site), &[server.id()])
            })
        })
        .collect();
    bench.compare(what, CONNECTIONS, subjects)
}
