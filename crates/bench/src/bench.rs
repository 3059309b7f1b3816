//! One run: what is measured beside what, and what it came to.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Outcome,
    load::{Plan, Report, Script},
    process::{cpu_us, output},
    results::{Bound, Goal, Results, Row},
    statistics::{Ratio, Sample},
};

/// At which concurrency goals are set.
pub(crate) const CONNECTIONS: usize = 64;
const WARM_UP_SECONDS: f64 = 0.3;

/// What to measure with, and what came of it.
pub(crate) struct Bench {
    /// The release binary.
    pub(crate) server: PathBuf,
    /// Everything that is written goes in here.
    pub(crate) work: PathBuf,
    pub(crate) pace: Pace,
    pub(crate) results: Results,
}

/// How thoroughly.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) quick: bool,
    rounds: usize,
    is_slow: bool,
}

/// What one short run came to: all of it, and each of its steps when there are several.
pub(crate) struct Measured {
    pub(crate) all: Sample,
    pub(crate) steps: BTreeMap<String, Sample>,
}

/// Something that can be measured again and again.
pub(crate) struct Subject<'s> {
    of: String,
    run: Box<dyn FnMut() -> Outcome<Measured> + 's>,
}

impl<'s> Subject<'s> {
    pub(crate) fn new(of: impl Into<String>, run: impl FnMut() -> Outcome<Measured> + 's) -> Self {
        Self {
            of: of.into(),
            run: Box::new(run),
        }
    }
}

/// What is asked of a server, and whose time that takes.
pub(crate) struct Load<'l> {
    pub(crate) addresses: Vec<String>,
    pub(crate) scripts: Vec<Script>,
    /// Processes whose processor time counts.
    pub(crate) watched: &'l [u32],
    pub(crate) pause_ms: u64,
    pub(crate) seconds: f64,
}

impl Load<'_> {
    /// Runs the load generator in a process of its own.
    pub(crate) fn run(self) -> Outcome<Report> {
        let plan = Plan {
            addresses: self.addresses,
            scripts: self.scripts,
            warm_up_seconds: WARM_UP_SECONDS,
            seconds: self.seconds,
            pause_ms: self.pause_ms,
        };
        let before = cpu_us(self.watched)?;
        let mut load = Command::new(std::env::current_exe()?);
        let text = output(load.arg("load"), &serde_json::to_string(&plan)?)?;
        let mut report: Report = serde_json::from_str(&text)?;
        let spent = cpu_us(self.watched)? - before;
        report.all.cpu_us = spent / report.answers.max(1) as f64;
        Ok(report)
    }
}

impl From<Report> for Measured {
    fn from(report: Report) -> Self {
        let has_several = report.steps.len() > 1;
        Self {
            all: report.all,
            steps: if has_several {
                report.steps
            } else {
                BTreeMap::new()
            },
        }
    }
}

impl From<Sample> for Measured {
    fn from(all: Sample) -> Self {
        Self {
            all,
            steps: BTreeMap::new(),
        }
    }
}

impl Pace {
    pub(crate) fn new(quick: bool, rounds: usize) -> Self {
        Self {
            quick,
            rounds,
            is_slow: false,
        }
    }

    /// How long a short run takes.
    pub(crate) fn seconds(self) -> f64 {
        let seconds = if self.quick { 0.5 } else { 1.5 };
        if self.is_slow { 2.0 * seconds } else { seconds }
    }

    /// For what does little in a second.
    pub(crate) fn slow(self) -> Self {
        Self {
            is_slow: true,
            ..self
        }
    }

    pub(crate) fn rounds(self) -> usize {
        if self.quick { 1 } else { self.rounds }
    }

    /// Which concurrencies the picture shows.
    pub(crate) fn levels(self) -> &'static [usize] {
        if self.quick {
            &[CONNECTIONS]
        } else {
            &[1, 16, CONNECTIONS, 256]
        }
    }

    /// Asks servers at these addresses, and counts the time of these processes.
    pub(crate) fn load(
        self,
        addresses: &[&str],
        scripts: Vec<Script>,
        watched: &[u32],
    ) -> Outcome<Measured> {
        let load = Load {
            addresses: addresses
                .iter()
                .map(|&address| address.to_owned())
                .collect(),
            scripts,
            watched,
            pause_ms: 0,
            seconds: self.seconds(),
        };
        Ok(load.run()?.into())
    }
}

impl Bench {
    /// Writes down what a goal came to.
    pub(crate) fn goal(&mut self, what: &str, bound: Bound, unit: &str, measured: f64) {
        self.results
            .goals
            .push(Goal::new(what, bound, unit, measured));
    }

    /// Measures them in turn, round after round, and writes down how each compares with the last. Answers with the
    /// samples of each.
    pub(crate) fn compare(
        &mut self,
        what: &str,
        connections: usize,
        mut subjects: Vec<Subject>,
    ) -> Outcome<Vec<Vec<Sample>>> {
        let mut series: Vec<Vec<Measured>> = subjects.iter().map(|_| Vec::new()).collect();
        for _ in 0..self.pace.rounds() {
            for (subject, series) in subjects.iter_mut().zip(&mut series) {
                let measured = (subject.run)();
                series.push(measured.map_err(|error| format!("{what}, {}: {error}", subject.of))?);
            }
        }
        let all: Vec<Vec<Sample>> = series
            .iter()
            .map(|series| series.iter().map(|measured| measured.all).collect())
            .collect();
        let reference = subjects.len() - 1;
        for (place, subject) in subjects.iter().enumerate() {
            let is_compared = place != reference;
            let row = Row {
                what: what.to_owned(),
                of: subject.of.clone(),
                connections,
                figures: Sample::median(&all[place]),
                against: is_compared.then(|| subjects[reference].of.clone()),
                ratio: is_compared.then(|| Ratio::of(&all[place], &all[reference])),
                runs: self.pace.rounds(),
            };
            eprintln!("{}", crate::table::line(&row));
            let steps = step_rows(&row, &series[place]);
            self.results.rows.push(row);
            self.results.rows.extend(steps);
        }
        Ok(all)
    }
}

/// A row for each step of which a run consists, if it does of several.
fn step_rows(whole: &Row, series: &[Measured]) -> Vec<Row> {
    let names = series.first().map(|measured| measured.steps.keys());
    let row = |name: &String| {
        let samples: Vec<Sample> = series.iter().map(|measured| measured.steps[name]).collect();
        Row {
            what: name.clone(),
            figures: Sample::median(&samples),
            against: None,
            ratio: None,
            ..whole.clone()
        }
    };
    names.into_iter().flatten().map(row).collect()
}

/// An empty directory in another.
pub(crate) fn fresh(directory: &Path, name: &str) -> Outcome<PathBuf> {
    let path = directory.join(name);
    if path.exists() {
        std::fs::remove_dir_all(&path)?;
    }
    std::fs::create_dir_all(&path)?;
    Ok(path)
}
