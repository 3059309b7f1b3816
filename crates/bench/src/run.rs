//! `bench run`: databases, servers and all questions, one after the other.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use clap::{Args, ValueEnum};

use crate::{
    Outcome,
    bench::{Bench, Pace, fresh},
    cases::{Case, Others, Peers, Postgres, Sites},
    document, picture,
    process::{output, sync_us},
    results::Results,
    site::Site,
    table,
};

/// What `bench/run` finds out before.
#[derive(Args)]
pub(crate) struct Options {
    /// The release binary
    #[arg(long)]
    server: PathBuf,
    /// Where to put databases; what is in it is lost
    #[arg(long)]
    work: PathBuf,
    /// One short run of everything, with a tenth of the tracks: shows that it works, and no more
    #[arg(long)]
    quick: bool,
    /// How many runs of each
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Only this question; may be given again
    #[arg(long, value_enum)]
    only: Vec<Case>,
    /// An empty PostgreSQL
    #[arg(long, value_name = "URL", requires = "postgres_data")]
    postgres: Option<String>,
    /// Its data directory
    #[arg(long, value_name = "DIR")]
    postgres_data: Option<PathBuf>,
    /// The file in which the peers' script says where they are
    #[arg(long, value_name = "FILE")]
    peers: Option<PathBuf>,
    /// What else to write down of how it was measured; may be given again
    #[arg(long, value_name = "NAME=TEXT")]
    condition: Vec<String>,
    /// Where to write the results: NAME.json, NAME.md and NAME.svg
    #[arg(long, value_name = "NAME")]
    results: PathBuf,
    /// The page whose tables and picture are to be these
    #[arg(long, value_name = "FILE")]
    write_docs: Option<PathBuf>,
}

pub(crate) fn run(options: Options) -> Outcome<()> {
    let mut bench = Bench {
        server: fs::canonicalize(&options.server)?,
        work: fresh(&options.work, "work")?,
        pace: Pace::new(options.quick, options.rounds.max(1)),
        results: Results::default(),
    };
    conditions(&mut bench, &options)?;
    let others = Others {
        postgres: options
            .postgres
            .zip(options.postgres_data)
            .map(|(url, data)| Postgres { url, data }),
        peers: options.peers.as_deref().map(Peers::read).transpose()?,
    };
    let sites = sites(&bench)?;
    for case in Case::value_variants() {
        let is_wanted = options.only.is_empty() || options.only.contains(case);
        if is_wanted && case.is_possible(&others) {
            eprintln!("== {case:?}");
            let outcome = case.run(&mut bench, &sites, &others);
            keep(&mut bench.results, &options.results, *case, outcome)?;
        } else if options.only.contains(case) {
            return Err(format!("{case:?} needs what is not there").into());
        }
    }
    fs::remove_dir_all(&bench.work)?;
    if let Some(page) = options.write_docs {
        document::write(&bench.results, &page)?;
    }
    print!("{}", table::all(&bench.results));
    Ok(())
}

fn sites(bench: &Bench) -> Outcome<Sites> {
    eprintln!("== filling databases");
    let empty = Site::sign_up(&bench.server, bench.work.join("data"))?;
    let million = if bench.pace.quick { 100_000 } else { 1_000_000 };
    Ok(Sites {
        thousand: empty.filled(&bench.server, 1000)?,
        ten_thousand: empty.filled(&bench.server, 10_000)?,
        million: empty.filled(&bench.server, million)?,
        empty,
    })
}

fn conditions(bench: &mut Bench, options: &Options) -> Outcome<()> {
    let mut say = |name: &str, text: String| {
        bench
            .results
            .conditions
            .insert(name.to_owned(), text.trim().to_owned());
    };
    say(
        "TimeTracks",
        output(Command::new(&bench.server).arg("--version"), "")?,
    );
    say(
        "SQLite",
        format!("{}, WAL, synchronous = FULL", rusqlite::version()),
    );
    let cores = std::thread::available_parallelism()?;
    let cpu = fs::read_to_string("/proc/cpuinfo")?;
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    say(
        "machine",
        format!("{cores} cores, {}", model.unwrap_or_default().1),
    );
    let release = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let release = release.split('-').next().unwrap_or_default();
    say("system", format!("Linux {release}"));
    say(
        "disk",
        format!("{:.0} µs for 4 KiB and fdatasync", sync_us(&bench.work)?),
    );
    let (seconds, runs) = (bench.pace.seconds(), bench.pace.rounds());
    say(
        "runs",
        format!("{runs} of {seconds} s each (peers: twice as long), in turn with their reference"),
    );
    say(
        "load",
        "a process of its own, one thread, on loopback, each request after the last one's answer"
            .to_owned(),
    );
    if bench.pace.quick {
        say(
            "quick",
            "one run each and 100 thousand tracks for a million: it works, and no more".to_owned(),
        );
    }
    for condition in &options.condition {
        let (name, text) = condition
            .split_once('=')
            .ok_or("a condition is NAME=TEXT")?;
        say(name, text.to_owned());
    }
    Ok(())
}

/// Writes down what there is after a question, whether or not it was answered to its end.
fn keep(results: &mut Results, name: &Path, case: Case, outcome: Outcome<()>) -> Outcome<()> {
    if let Err(error) = &outcome {
        let broken = format!("{case:?}: {error}");
        results.conditions.insert("broke off".to_owned(), broken);
    }
    write_down(results, name)?;
    outcome.map_err(|error| {
        let name = name.display();
        format!("{case:?}: {error}; what was measured until then is in {name}.json").into()
    })
}

fn write_down(results: &Results, name: &Path) -> Outcome<()> {
    if let Some(directory) = name.parent() {
        fs::create_dir_all(directory)?;
    }
    fs::write(name.with_extension("md"), table::all(results))?;
    fs::write(
        name.with_extension("json"),
        serde_json::to_string_pretty(results)? + "\n",
    )?;
    Ok(fs::write(
        name.with_extension("svg"),
        picture::draw(&results.rows),
    )?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_before_a_question_broke_off_is_on_disk_and_the_run_fails() {
        let directory = std::env::temp_dir().join(format!("bench-{}", std::process::id()));
        let name = directory.join("results");
        let mut results = Results::default();
        results.note("before");
        keep(&mut results, &name, Case::Clocking, Ok(())).unwrap();
        results.note("half");
        let error = keep(&mut results, &name, Case::Peers, Err("reset".into())).unwrap_err();
        let text = fs::read_to_string(name.with_extension("json")).unwrap();
        let tables = fs::read_to_string(name.with_extension("md")).unwrap();
        assert!(name.with_extension("svg").exists());
        fs::remove_dir_all(directory).unwrap();

        assert!(error.to_string().starts_with("Peers: reset;"), "{error}");
        let kept: Results = serde_json::from_str(&text).unwrap();
        assert_eq!(kept.notes, ["before", "half"]);
        assert_eq!(kept.conditions["broke off"], "Peers: reset");
        assert!(tables.contains("- half"), "{tables}");
    }
}
