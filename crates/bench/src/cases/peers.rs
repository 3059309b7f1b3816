//! The same jobs for TimeTagger and Redmine.

use std::{fs, path::Path};

use serde::Deserialize;

use super::{Sites, single::SERVER};
use crate::{
    Outcome,
    bench::{Bench, CONNECTIONS, Measured, Pace, Subject},
    load::{NUMBER, Script, Step},
    process::Process,
    raw::Connection,
    results::Bound,
    statistics::{Ratio, Sample},
};

/// How many entries each of them has before anything is measured.
const ENTRIES: usize = 1000;
/// TimeTagger's entries begin then, one after the other; in seconds since 1970.
const FIRST: usize = 1_767_225_600;
const HOUR: usize = 3600;
const TOTALS: &str = "GET /projects/bench/time_entries/report.csv?columns=year&criteria%5B%5D=user";

/// Where the peers are; `bench/peers` starts them and writes this down.
#[derive(Deserialize)]
pub(crate) struct Peers {
    timetagger: Peer,
    redmine: Peer,
    /// Of Redmine.
    project: u64,
    activity: u64,
}

#[derive(Deserialize)]
struct Peer {
    name: String,
    address: String,
    credential: String,
    process: u32,
}

impl Peer {
    fn load(&self, pace: Pace, step: Step) -> Outcome<Measured> {
        let script = Script {
            steps: vec![step],
            ..Script::default()
        };
        pace.load(&[&self.address], vec![script; CONNECTIONS], &[self.process])
    }
}

impl Peers {
    pub(crate) fn read(file: &Path) -> Outcome<Self> {
        Ok(serde_json::from_str(&fs::read_to_string(file)?)?)
    }

    pub(super) fn run(&self, bench: &mut Bench, sites: &Sites) -> Outcome<()> {
        self.fill_timetagger()?;
        let site = sites.thousand.copy("peers")?;
        let server = Process::server::<&str>(&bench.server, &site.data, [])?;
        let pace = bench.pace.slow();
        let ours = |scripts| pace.load(&[&server.address], scripts, &[server.id()]);
        // Lists and totals first, while each has as many entries as it was given.
        let total = &site.reports()[2];
        self.compare(
            bench,
            &format!("total per person over {ENTRIES} entries"),
            || ours(site.each(CONNECTIONS, total)),
            [self.timetagger_list(ENTRIES), self.redmine(200, TOTALS)],
        )?;
        self.compare(
            bench,
            "list 100 entries",
            || ours(site.lists(CONNECTIONS)),
            [
                self.timetagger_list(100),
                self.redmine(200, "GET /time_entries.json?limit=100"),
            ],
        )?;
        let what = "one authenticated, durable time entry";
        let entries = self.compare(
            bench,
            what,
            || ours(site.bookings(CONNECTIONS)),
            [self.timetagger_entry(), self.redmine_entry()],
        )?;
        let clocked = self.compare(
            bench,
            "one clocked time entry",
            || ours(site.pairs(1, CONNECTIONS)).map(halved),
            [self.timetagger_entry(), self.redmine_entry()],
        )?;
        for (what, series) in [(what, entries), ("clock-in + clock-out", clocked)] {
            for (peer, theirs) in [&self.timetagger, &self.redmine].into_iter().zip(&series) {
                bench.goal(
                    &format!("{what}, 64 connections, of {}", peer.name),
                    Bound::AtLeast(10.0),
                    "×",
                    Ratio::of(&series[2], theirs).median,
                );
            }
        }
        Self::tell(bench);
        Ok(())
    }

    fn compare<'s>(
        &'s self,
        bench: &mut Bench,
        what: &str,
        ours: impl FnMut() -> Outcome<Measured> + 's,
        [timetagger, redmine]: [Step; 2],
    ) -> Outcome<Vec<Vec<Sample>>> {
        let pace = bench.pace.slow();
        let theirs = |peer: &'s Peer, step: Step| {
            Subject::new(peer.name.clone(), move || peer.load(pace, step.clone()))
        };
        let subjects = vec![
            theirs(&self.timetagger, timetagger),
            theirs(&self.redmine, redmine),
            Subject::new(SERVER, ours),
        ];
        bench.compare(what, CONNECTIONS, subjects)
    }
}

/// A clocked entry is two requests.
fn halved(mut measured: Measured) -> Measured {
    measured.all.rate /= 2.0;
    measured.all.cpu_us *= 2.0;
    measured.steps.clear();
    measured
}

impl Peers {
    fn fill_timetagger(&self) -> Outcome<()> {
        let record = |number: usize| {
            let start = FIRST + number * HOUR;
            let end = start + HOUR - 1;
            format!(
                r#"{{"key":"filled{number:06}","mt":{start},"t1":{start},"t2":{end},"ds":"work"}}"#
            )
        };
        let records: Vec<String> = (0..ENTRIES).map(record).collect();
        let step = self
            .timetagger("PUT /timetagger/api/v2/records")
            .body(format!("[{}]", records.join(",")));
        let mut connection = Connection::open(&self.timetagger.address)?;
        let answer = connection.ask(&step, 1 << 20)?.answer;
        let text = String::from_utf8(answer.start)?;
        match text.matches("\"filled").count() == ENTRIES && text.contains("\"failed\": []") {
            true => Ok(()),
            false => Err(format!("TimeTagger did not take its entries: {text}").into()),
        }
    }

    fn timetagger(&self, line: &str) -> Step {
        Step::new("entry", 200, line).header(format!("authtoken: {}", self.timetagger.credential))
    }

    /// The oldest so many records.
    fn timetagger_list(&self, records: usize) -> Step {
        let last = FIRST + records * HOUR - 1;
        self.timetagger(&format!(
            "GET /timetagger/api/v2/records?timerange={FIRST}-{last}"
        ))
    }

    /// A new record, later than those that are listed.
    fn timetagger_entry(&self) -> Step {
        let start = FIRST + ENTRIES * HOUR + HOUR;
        self.timetagger("PUT /timetagger/api/v2/records")
            .body(format!(
                r#"[{{"key":"k{NUMBER}","mt":{start},"t1":{start},"t2":{},"ds":"work"}}]"#,
                start + HOUR
            ))
    }

    fn redmine(&self, status: u16, line: &str) -> Step {
        Step::new("entry", status, line)
            .header(format!("X-Redmine-API-Key: {}", self.redmine.credential))
            .header("Connection: close")
    }

    fn redmine_entry(&self) -> Step {
        let (project, activity) = (self.project, self.activity);
        self.redmine(201, "POST /time_entries.json").body(format!(
            r#"{{"time_entry":{{"project_id":{project},"activity_id":{activity},"hours":1,"spent_on":"2026-01-01","comments":"work"}}}}"#
        ))
    }

    fn tell(bench: &mut Bench) {
        for note in [
            "All three keep an entry durably before they answer: TimeTracks in a commit that others share, TimeTagger in a commit of \
            its own (SQLite, rollback journal, synchronous = FULL), Redmine in a commit of its own (PostgreSQL, fsync = on, \
            synchronous_commit = on).",
            "TimeTagger is one process with one event loop and takes no more than that of a machine; Redmine runs as two processes \
            of Debian's Puma with one thread each, a process for each of two cores; TimeTracks is one process with threads.",
            "Redmine is asked on a new connection for each request. Kept ones do it injustice: now and then one process of Puma has \
            accepted them all and the other is idle, and each process answers one of them ten times in a row while the others wait. \
            Beside its answers a new connection costs too little to show.",
            "Redmine's limit of 999 hours a person and day is off, and with it the sum that it asks for before each new entry.",
            "A clocked entry is two requests at TimeTracks, in and out. For the others it is the one request that books an entry \
            whose start and end are known, which is less than they would need.",
            "TimeTagger has no totals: what is measured is the list of all records, which its client adds up. Redmine's total is the \
            report as CSV, which heeds no API key and answers anybody here. TimeTracks keeps totals; the other two add up when asked. Nobody answers from a cache of answers.",
        ] {
            bench.results.note(note);
        }
    }
}
