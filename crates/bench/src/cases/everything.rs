//! A list of every track there is, without a limit.

use super::Sites;
use crate::{
    Outcome,
    bench::Bench,
    process::{Process, forget_peak, memory_mib},
    raw::Connection,
    results::Bound,
    statistics::median,
};

pub(super) fn run(bench: &mut Bench, sites: &Sites) -> Outcome<()> {
    let site = &sites.million;
    let server = Process::server::<&str>(&bench.server, &site.data, [])?;
    let mut connection = Connection::open(&server.address)?;
    // Once before, so that caches are as full as they get.
    connection.ask(&site.everything(), 0)?;
    let before = memory_mib(server.id(), "VmRSS")?;
    forget_peak(server.id())?;
    let (mut firsts, mut rates, mut megabytes) = (Vec::new(), Vec::new(), 0.0);
    for _ in 0..bench.pace.rounds() {
        let list = connection.ask(&site.everything(), 0)?;
        megabytes = list.answer.body_bytes as f64 / 1e6;
        firsts.push(list.first.as_secs_f64() * 1000.0);
        rates.push(megabytes / list.last.as_secs_f64());
    }
    let rise = memory_mib(server.id(), "VmHWM")? - before;
    let what = "list without limit, 1 million tracks";
    bench.goal(
        &format!("{what}: first byte"),
        Bound::AtMost(50.0),
        "ms",
        median(firsts),
    );
    bench.goal(
        &format!("{what}: memory rises by"),
        Bound::AtMost(16.0),
        "MiB",
        rise,
    );
    bench.goal(
        &format!("{what}: speed"),
        Bound::AtLeast(100.0),
        "MB/s",
        median(rates),
    );
    bench
        .results
        .note(format!("The list without limit is {megabytes:.0} MB long."));
    Ok(())
}
