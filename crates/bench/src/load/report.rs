//! What a load came to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::statistics::{Sample, quantile};

/// What happened inside the window: for each name how long each answer took, in microseconds.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) took_us: BTreeMap<String, Vec<u32>>,
    pub(crate) statuses: BTreeMap<u16, u64>,
    pub(crate) bytes: u64,
    /// Outside the window too: what a server spent its time on while it was watched.
    pub(crate) answers: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        for (name, mut took) in other.took_us {
            self.took_us.entry(name).or_default().append(&mut took);
        }
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.bytes += other.bytes;
        self.answers += other.answers;
    }

    pub(crate) fn report(self, seconds: f64) -> Report {
        let mut all = Vec::new();
        let mut steps = BTreeMap::new();
        for (name, took) in self.took_us {
            all.extend_from_slice(&took);
            steps.insert(name, figures(took, seconds));
        }
        Report {
            all: figures(all, seconds),
            steps,
            statuses: self.statuses,
            bytes: self.bytes,
            answers: self.answers,
        }
    }
}

/// What `bench load` prints.
#[derive(Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) all: Sample,
    pub(crate) steps: BTreeMap<String, Sample>,
    pub(crate) statuses: BTreeMap<u16, u64>,
    pub(crate) bytes: u64,
    pub(crate) answers: u64,
}

pub(crate) fn figures(mut took_us: Vec<u32>, seconds: f64) -> Sample {
    took_us.sort_unstable();
    let ms = |part| match took_us.is_empty() {
        true => 0.0,
        false => f64::from(quantile(&took_us, part)) / 1000.0,
    };
    Sample {
        rate: took_us.len() as f64 / seconds,
        p50_ms: ms(0.5),
        p99_ms: ms(0.99),
        cpu_us: 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_connections_did_adds_up() {
        let mut total = Tally::default();
        for took in [vec![1000, 3000], vec![2000]] {
            let answers = took.len() as u64;
            total.add(Tally {
                took_us: BTreeMap::from([("read".to_owned(), took)]),
                statuses: BTreeMap::from([(200, answers)]),
                bytes: 10,
                answers,
            });
        }
        let report = total.report(0.5);
        assert_eq!(
            (report.all.rate, report.all.p50_ms, report.all.p99_ms),
            (6.0, 2.0, 3.0)
        );
        assert_eq!(report.steps["read"], report.all);
        assert_eq!(
            (report.statuses[&200], report.bytes, report.answers),
            (3, 20, 3)
        );
    }
}
