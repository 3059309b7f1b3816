//! What was measured, as it is written down: JSON for programs, tables and a picture for people.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::statistics::{Ratio, Sample};

/// Everything of one run.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Results {
    /// Machine, versions, settings.
    pub(crate) conditions: BTreeMap<String, String>,
    pub(crate) goals: Vec<Goal>,
    pub(crate) rows: Vec<Row>,
    /// What a figure alone does not say.
    pub(crate) notes: Vec<String>,
}

/// One thing measured, beside what it is compared with.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) what: String,
    /// Which program, on what.
    pub(crate) of: String,
    pub(crate) connections: usize,
    pub(crate) figures: Sample,
    /// What was measured between its runs; nothing for the reference itself.
    pub(crate) against: Option<String>,
    /// Of the rates.
    pub(crate) ratio: Option<Ratio>,
    /// How many runs each figure is the median of.
    pub(crate) runs: usize,
}

/// A promise, and what was found.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Goal {
    pub(crate) what: String,
    pub(crate) bound: Bound,
    /// `None` when it was not measured in this run.
    pub(crate) measured: Option<f64>,
    /// Behind a figure: `ms`, `MiB` or, for a ratio, `×`.
    pub(crate) unit: String,
}

/// What a figure must be.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    pub(crate) fn new(what: &str, bound: Bound, unit: &str, measured: f64) -> Self {
        Self {
            what: what.to_owned(),
            bound,
            measured: measured.is_finite().then_some(measured),
            unit: unit.to_owned(),
        }
    }

    /// Whether it is met, if it was measured.
    pub(crate) fn is_met(&self) -> Option<bool> {
        self.measured.map(|measured| match self.bound {
            Bound::AtLeast(least) => measured >= least,
            Bound::AtMost(most) => measured <= most,
        })
    }
}

impl Results {
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_on_its_side_of_the_bound_and_unknown_when_nothing_was_measured() {
        let met = |bound, measured| Goal::new("", bound, "×", measured).is_met();
        assert_eq!(met(Bound::AtLeast(0.7), 0.7), Some(true));
        assert_eq!(met(Bound::AtLeast(0.7), 0.69), Some(false));
        assert_eq!(met(Bound::AtMost(1.3), 1.3), Some(true));
        assert_eq!(met(Bound::AtMost(1.3), 1.31), Some(false));
        assert_eq!(met(Bound::AtMost(1.3), f64::NAN), None);
    }

    #[test]
    fn what_was_written_down_can_be_read_again() {
        let mut results = Results::default();
        results
            .goals
            .push(Goal::new("a", Bound::AtMost(1.0), "ms", 0.5));
        let text = serde_json::to_string(&results).unwrap();
        let again: Results = serde_json::from_str(&text).unwrap();
        assert_eq!(again.goals[0].bound, Bound::AtMost(1.0));
        assert_eq!(again.goals[0].measured, Some(0.5));
    }
}
