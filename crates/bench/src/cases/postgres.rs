//! On PostgreSQL, with one and with two servers, against the same statements without a server.

use std::{fs, path::PathBuf, process::Command};

use super::{
    Sites,
    single::{PAIRS, SERVER},
};
use crate::{
    Outcome,
    bench::{Bench, CONNECTIONS, Measured, Pace, Subject},
    load::Script,
    process::{Process, output},
    results::Bound,
    site::{ORGANISATIONS, SESSIONS, Site},
    statistics::{Ratio, Sample, median},
};

const ONE: &str = "TimeTracks, PostgreSQL, 1 server";
const TWO: &str = "TimeTracks, PostgreSQL, 2 servers";
const LIMIT_C: &str = "limit (c): the same statements, PostgreSQL alone";

/// How many of the 20 connections that a server has by default write.
const WRITERS: usize = 8;

/// A PostgreSQL with nothing in it.
pub(crate) struct Postgres {
    pub(crate) url: String,
    /// Where it keeps its data, and so says which process it is.
    pub(crate) data: PathBuf,
}

/// Two servers on it, and one on SQLite with the same data.
struct Servers<'p> {
    postgres: &'p Postgres,
    postmaster: u32,
    instances: [Process; 2],
    sqlite: Process,
    site: Site,
}

impl Postgres {
    pub(super) fn run(&self, bench: &mut Bench, sites: &Sites) -> Outcome<()> {
        let site = sites.ten_thousand.copy("postgres")?;
        let mut copy = Command::new(&bench.server);
        copy.args(["copy", "--to", &self.url, "--from"]);
        output(
            copy.arg(format!("sqlite:{}", site.database().display())),
            "",
        )?;
        let postmaster = fs::read_to_string(self.data.join("postmaster.pid"))?;
        let key = site.signing_key().display().to_string();
        let options = ["--database", &self.url, "--signing-key", &key];
        let instance = |name: &str| {
            let data = crate::bench::fresh(&bench.work, name)?;
            Process::server(&bench.server, &data, options)
        };
        let servers = Servers {
            postgres: self,
            postmaster: postmaster.lines().next().unwrap_or_default().parse()?,
            instances: [instance("instance-1")?, instance("instance-2")?],
            sqlite: Process::server::<&str>(&bench.server, &site.data, [])?,
            site,
        };
        servers.against_limit(bench)?;
        servers.against_sqlite(bench)
    }
}

impl Servers<'_> {
    /// The first of the instances, or both. The time of PostgreSQL counts.
    fn load(&self, pace: Pace, instances: usize, scripts: Vec<Script>) -> Outcome<Measured> {
        let instances = &self.instances[..instances];
        let addresses: Vec<&str> = instances.iter().map(|it| it.address.as_str()).collect();
        let mut watched: Vec<u32> = instances.iter().map(Process::id).collect();
        watched.push(self.postmaster);
        pace.load(&addresses, scripts, &watched)
    }

    fn limit_c(&self, pace: Pace, organisations: usize) -> Outcome<Measured> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["limit-postgres", &self.postgres.url]);
        let numbers = [organisations, CONNECTIONS, WRITERS].map(|number| number.to_string());
        command.args(numbers).arg(pace.seconds().to_string());
        let sample: Sample = serde_json::from_str(&output(&mut command, "")?)?;
        Ok(sample.into())
    }

    fn against_limit(&self, bench: &mut Bench) -> Outcome<()> {
        let pace = bench.pace;
        for organisations in [1, ORGANISATIONS] {
            let named = |of: &str| match organisations {
                1 => format!("{of}, 1 organisation"),
                more => format!("{of}, {more} organisations"),
            };
            let pairs = || self.site.pairs(organisations, CONNECTIONS);
            let subjects = vec![
                Subject::new(named(ONE), || self.load(pace, 1, pairs())),
                Subject::new(named(TWO), || self.load(pace, 2, pairs())),
                Subject::new(named(LIMIT_C), || self.limit_c(pace, organisations)),
            ];
            let series = bench.compare(PAIRS, CONNECTIONS, subjects)?;
            bench.goal(
                &named("PostgreSQL, 64 connections, clock-in + clock-out, of limit (c)"),
                Bound::AtLeast(0.5),
                "×",
                Ratio::of(&series[0], &series[2]).median,
            );
            bench.goal(
                &named("PostgreSQL, two servers, of one"),
                Bound::AtLeast(1.3),
                "×",
                Ratio::of(&series[1], &series[0]).median,
            );
            let cpu = |series: &[Sample]| median(series.iter().map(|sample| sample.cpu_us));
            bench.results.note(named(&format!(
                "Processor time for each clock-in or clock-out, of servers and PostgreSQL together: {:.0} µs with one server, \
                {:.0} µs with two",
                cpu(&series[0]),
                cpu(&series[1])
            )));
        }
        Ok(())
    }

    /// The hot paths, beside the same on SQLite.
    fn against_sqlite(&self, bench: &mut Bench) -> Outcome<()> {
        let site = &self.site;
        self.compare(bench, "read a task", CONNECTIONS, || {
            Ok(site.reads(CONNECTIONS))
        })?;
        self.compare(bench, "list 100 tracks", CONNECTIONS, || {
            Ok(site.lists(CONNECTIONS))
        })?;
        self.compare(bench, "create a track", CONNECTIONS, || {
            Ok(site.bookings(CONNECTIONS))
        })?;
        for report in site.reports() {
            self.compare(bench, &report.name, CONNECTIONS, || {
                Ok(site.each(CONNECTIONS, &report))
            })?;
        }
        self.refreshes(bench)
    }

    fn compare(
        &self,
        bench: &mut Bench,
        what: &str,
        clients: usize,
        scripts: impl Fn() -> Outcome<Vec<Script>>,
    ) -> Outcome<()> {
        let (pace, sqlite, scripts) = (bench.pace, &self.sqlite, &scripts);
        let subjects = vec![
            Subject::new(ONE, || self.load(pace, 1, scripts()?)),
            Subject::new(TWO, || self.load(pace, 2, scripts()?)),
            Subject::new(SERVER, || {
                pace.load(&[&sqlite.address], scripts()?, &[sqlite.id()])
            }),
        ];
        bench.compare(what, clients, subjects)?;
        Ok(())
    }

    /// A session is known to the database where it began, whichever server refreshes it.
    fn refreshes(&self, bench: &mut Bench) -> Outcome<()> {
        let (pace, sqlite) = (bench.pace, &self.sqlite);
        let begun = || Site::refreshes(&self.instances[0].address);
        let subjects = vec![
            Subject::new(ONE, || self.load(pace, 1, begun()?)),
            Subject::new(TWO, || self.load(pace, 2, begun()?)),
            Subject::new(SERVER, || {
                pace.load(
                    &[&sqlite.address],
                    Site::refreshes(&sqlite.address)?,
                    &[sqlite.id()],
                )
            }),
        ];
        bench.compare("refresh a login", SESSIONS, subjects)?;
        Ok(())
    }
}
