//! Instructions for each request, counted by callgrind: a second opinion that hardly depends on what else the machine does.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::{
    Outcome,
    bench::fresh,
    load::Step,
    process::{Process, output},
    raw::Connection,
    site::Site,
};

/// Not counted, so that statements are prepared and caches are warm.
const WARM_UP: usize = 50;
const COUNTED: usize = 200;
/// From which rise on something is wrong.
const RISE_PERCENT: u64 = 10;
/// So that reports and lists have something to show.
const TRACKS: usize = 1000;

/// What to count, and with what to compare it.
#[derive(Args)]
pub(crate) struct Options {
    /// The release binary
    #[arg(long)]
    server: PathBuf,
    /// Where to put a database; what is in it is lost
    #[arg(long)]
    work: PathBuf,
    /// The figures to compare with
    #[arg(long)]
    known: PathBuf,
    /// Make what was counted the figures to compare with
    #[arg(long)]
    write: bool,
    /// Fail when a request needs over 10 % more than it did
    #[arg(long)]
    strict: bool,
}

/// What each request takes, and what counted it.
#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Counts {
    version: String,
    instructions: BTreeMap<String, u64>,
    /// Calls of the allocator for memory.
    #[serde(default)]
    allocations: BTreeMap<String, u64>,
}

const ALLOCATE: [&str; 5] = [
    "malloc",
    "calloc",
    "realloc",
    "aligned_alloc",
    "posix_memalign",
];

pub(crate) fn run(options: &Options) -> Outcome<ExitCode> {
    let server = fs::canonicalize(&options.server)?;
    let (instructions, allocations) = count(&server, &fresh(&options.work, "instructions")?)?;
    let counts = Counts {
        version: output(Command::new(&server).arg("--version"), "")?
            .trim()
            .to_owned(),
        instructions,
        allocations,
    };
    if options.write {
        fs::write(
            &options.known,
            serde_json::to_string_pretty(&counts)? + "\n",
        )?;
    }
    let known: Counts = serde_json::from_str(&fs::read_to_string(&options.known)?)?;
    let rows = compare(&known.instructions, &counts.instructions);
    println!(
        "| request | allocations | instructions | {} | change |\n|---|---:|---:|---:|---:|",
        known.version
    );
    for row in &rows {
        let allocations = counts.allocations.get(&row.name).copied();
        println!("| {} | {} {row}", row.name, allocations.unwrap_or_default());
    }
    let has_risen = rows.iter().any(Change::has_risen);
    if has_risen {
        println!("\nwarning: over {RISE_PERCENT} % more than before");
    }
    Ok(match has_risen && options.strict {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    })
}

/// Runs the server under callgrind, and asks it one request after the other.
fn count(binary: &Path, work: &Path) -> Outcome<(BTreeMap<String, u64>, BTreeMap<String, u64>)> {
    let site = Site::sign_up(binary, work.join("data"))?.filled(binary, TRACKS)?;
    let dumps = work.join("callgrind.out");
    let mut command = Command::new("valgrind");
    command.args(["--quiet", "--tool=callgrind", "--combine-dumps=no"]);
    command.arg(format!("--callgrind-out-file={}", dumps.display()));
    command
        .arg(binary)
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(&site.data);
    // A second thread that waits for work would spin now and then.
    command.env("TOKIO_WORKER_THREADS", "1");
    let server = Process::start(command)?;
    let mut connection = Connection::open(&server.address)?;
    let (mut instructions, mut allocations) = (BTreeMap::new(), BTreeMap::new());
    for (number, (name, steps)) in requests(&site).into_iter().enumerate() {
        connection.repeat(&steps, WARM_UP)?;
        order(server.id(), "zero")?;
        connection.repeat(&steps, COUNTED)?;
        order(server.id(), "dump")?;
        let dump = dumps.with_extension(format!("out.{}", number + 1));
        let dump = fs::read_to_string(&dump)?;
        let total = total(&dump).ok_or("callgrind counted nothing")?;
        instructions.insert(name.to_owned(), total / COUNTED as u64);
        let calls = calls(&dump, &ALLOCATE);
        allocations.insert(name.to_owned(), calls / COUNTED as u64);
    }
    drop(server);
    Ok((instructions, allocations))
}

fn requests(site: &Site) -> Vec<(&'static str, Vec<Step>)> {
    let [_, _, project, _, person] = site.reports();
    let authorised = |step: &Step| site.each(1, step)[0].steps.clone();
    let first = |mut scripts: Vec<crate::load::Script>| scripts.swap_remove(0).steps;
    vec![
        ("clock-in and clock-out", first(site.pairs(1, 1))),
        ("create a track", first(site.bookings(1))),
        ("read a task", first(site.reads(1))),
        ("list 100 tracks", first(site.lists(1))[..1].to_vec()),
        ("report on a project by person", authorised(&project)),
        ("report on a person", authorised(&person)),
    ]
}

/// Tells callgrind in a process to do something.
fn order(process: u32, what: &str) -> Outcome<()> {
    let mut command = Command::new("vgdb");
    command.arg(format!("--pid={process}")).arg(what);
    output(&mut command, "").map(drop)
}

/// The number of instructions in a dump.
fn total(dump: &str) -> Option<u64> {
    let line = dump.lines().find_map(|line| line.strip_prefix("totals: "));
    line?.trim().parse().ok()
}

/// How often any of these functions was called in a dump. A function has a number there, and its name where it is first
/// mentioned.
fn calls(dump: &str, functions: &[&str]) -> u64 {
    let (mut numbers, mut calls, mut is_one) = (Vec::new(), 0, false);
    for line in dump.lines() {
        let called = line.strip_prefix("cfn=");
        if let Some(function) = called.or_else(|| line.strip_prefix("fn=")) {
            let (number, name) = function.split_once(' ').unwrap_or((function, ""));
            if functions.contains(&name) {
                numbers.push(number);
            }
            is_one = called.is_some() && numbers.contains(&number);
        } else if let Some(count) = line.strip_prefix("calls=").filter(|_| is_one) {
            let count = count.split(' ').next().and_then(|count| count.parse().ok());
            calls += count.unwrap_or(0);
        }
    }
    calls
}

/// What became of one request.
struct Change {
    name: String,
    before: Option<u64>,
    now: u64,
}

impl Change {
    fn has_risen(&self) -> bool {
        let limit = |before| before * (100 + RISE_PERCENT) / 100;
        self.before.is_some_and(|before| self.now > limit(before))
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let now = self.now;
        let Some(before) = self.before else {
            return write!(formatter, "| {now} | – | new |");
        };
        let change = (now as f64 / before as f64 - 1.0) * 100.0;
        let mark = if self.has_risen() { " **risen**" } else { "" };
        write!(formatter, "| {now} | {before} | {change:+.1} %{mark} |")
    }
}

fn compare(before: &BTreeMap<String, u64>, now: &BTreeMap<String, u64>) -> Vec<Change> {
    let change = |(name, now): (&String, &u64)| Change {
        name: name.clone(),
        before: before.get(name).copied(),
        now: *now,
    };
    now.iter().map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(pairs: &[(&str, u64)]) -> BTreeMap<String, u64> {
        pairs
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect()
    }

    #[test]
    fn a_rise_of_more_than_a_tenth_is_shown_and_one_of_a_tenth_is_not() {
        let before = counts(&[("a", 1000), ("b", 1000), ("c", 1000)]);
        let now = counts(&[("a", 1100), ("b", 1101), ("c", 500)]);
        let rows = compare(&before, &now);
        let risen: Vec<bool> = rows.iter().map(Change::has_risen).collect();
        assert_eq!(risen, [false, true, false]);
        assert_eq!(rows[1].to_string(), "| 1101 | 1000 | +10.1 % **risen** |");
        assert_eq!(rows[2].to_string(), "| 500 | 1000 | -50.0 % |");
    }

    #[test]
    fn a_request_that_was_never_counted_before_has_not_risen() {
        let rows = compare(&counts(&[]), &counts(&[("a", 7)]));
        assert!(!rows[0].has_risen());
        assert_eq!(rows[0].to_string(), "| 7 | – | new |");
    }

    #[test]
    fn calls_of_a_function_are_found_wherever_its_name_stands() {
        let dump = "fn=(1) main\n1 5\ncfn=(2) malloc\ncalls=3 9\n1 30\ncfn=(3) free\ncalls=4 9\n1 8\n\nfn=(3)\n2 8\n\
            cob=(1)\ncfn=(2)\ncalls=1 9\n2 10\n\nfn=(2)\n9 40\ncfn=(4) malloc_consolidate\ncalls=9 9\n9 9\n";
        assert_eq!(calls(dump, &["malloc"]), 4);
        assert_eq!(calls(dump, &["calloc"]), 0);
    }

    #[test]
    fn the_total_of_a_dump_is_found() {
        assert_eq!(
            total("events: Ir\nfn=(1)\n1 5\n\ntotals: 123456\n"),
            Some(123_456)
        );
        assert_eq!(total("events: Ir\n"), None);
    }
}
