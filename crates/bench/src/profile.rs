//! What the server does with its time, as `perf` sees it.

use std::{path::PathBuf, process::Command};

use clap::{Args, ValueEnum};

use crate::{
    Outcome,
    bench::{CONNECTIONS, Load, fresh},
    process::{Process, output},
    site::Site,
};

const SECONDS: f64 = 6.0;
/// So that lists have something to show.
const TRACKS: usize = 10_000;

/// What to watch, and where to put what was seen.
#[derive(Args)]
pub(crate) struct Options {
    what: What,
    /// The server, with the names of its functions
    #[arg(long)]
    server: PathBuf,
    /// Where to put a database; what is in it is lost
    #[arg(long)]
    work: PathBuf,
    /// What `perf record` writes
    #[arg(long)]
    data: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// Clock-ins and clock-outs
    Clocking,
    /// Lists of 100 tracks
    Listing,
}

/// Records the stacks of a server under the load of 64 connections.
pub(crate) fn run(options: &Options) -> Outcome<()> {
    let work = fresh(&options.work, "profile")?;
    let site =
        Site::sign_up(&options.server, work.join("data"))?.filled(&options.server, TRACKS)?;
    let server = Process::server::<&str>(&options.server, &site.data, [])?;
    let load = |seconds| Load {
        addresses: vec![server.address.clone()],
        scripts: match options.what {
            What::Clocking => site.pairs(1, CONNECTIONS),
            What::Listing => site.lists(CONNECTIONS),
        },
        watched: &[],
        pause_ms: 0,
        seconds,
    };
    // Statements are prepared, and caches are warm.
    load(1.0).run()?;
    let mut perf = Command::new("perf");
    perf.args([
        "record",
        "--quiet",
        "--freq",
        "399",
        "--call-graph",
        "dwarf,16384",
    ]);
    perf.arg("--output").arg(&options.data);
    perf.arg(format!("--pid={}", server.id()));
    perf.args(["--", "sleep", &SECONDS.to_string()]);
    std::thread::scope(|scope| {
        let watching = scope.spawn(move || output(&mut perf, "").map(drop));
        load(SECONDS + 1.0).run()?;
        watching.join().map_err(|_| "perf could not be run")?
    })
}
