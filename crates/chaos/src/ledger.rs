//! What was sent and what was acknowledged, to hold a database against.
//!
//! Every task has a name of its own and one track, whose times are known before it is sent. So a row says by itself
//! whether it is what somebody sent.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::Failure;

/// The start of the first track, in Unix milliseconds.
const FIRST_START: i64 = 1_700_000_000_000;

/// What happens to a task: each in turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    /// Clocking in makes the task and its track.
    In,
    Out,
    /// Deleting the task takes its track with it.
    Delete,
}

/// When a track starts and ends, in Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

struct Entry {
    times: Times,
    /// What may have happened.
    sent: Vec<Step>,
    /// What has happened, and how long the trace was when it was known.
    acknowledged: Vec<(Step, u64)>,
}

/// A task as a database has it: when its track starts and ends.
pub(crate) type Found = BTreeMap<String, (i64, Option<i64>)>;

/// What was sent and what was acknowledged.
#[derive(Default)]
pub(crate) struct Ledger {
    trace: Option<PathBuf>,
    entries: Mutex<BTreeMap<String, Entry>>,
}

impl Ledger {
    /// A ledger that notes how long this file was at each acknowledgement.
    pub(crate) fn beside(trace: PathBuf) -> Self {
        Self {
            trace: Some(trace),
            entries: Mutex::default(),
        }
    }

    fn entries(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a new task its times. Nothing was sent yet.
    pub(crate) fn open(&self, name: &str) -> Times {
        let mut entries = self.entries();
        let number = i64::try_from(entries.len()).unwrap_or(0);
        let start = FIRST_START + number * 1000;
        let times = Times {
            start,
            end: start + 1 + number % 5000,
        };
        let entry = Entry {
            times,
            sent: Vec::new(),
            acknowledged: Vec::new(),
        };
        entries.insert(name.to_owned(), entry);
        times
    }

    /// From now on this may have happened.
    pub(crate) fn send(&self, name: &str, step: Step) {
        if let Some(entry) = self.entries().get_mut(name) {
            entry.sent.push(step);
        }
    }

    /// It did not happen: the answer said that nothing was changed.
    pub(crate) fn refuse(&self, name: &str, step: Step) {
        if let Some(entry) = self.entries().get_mut(name) {
            entry.sent.retain(|sent| *sent != step);
        }
    }

    /// It has happened: the answer has arrived.
    pub(crate) fn acknowledge(&self, name: &str, step: Step) -> Result<(), Failure> {
        let position = match &self.trace {
            Some(trace) => trace.metadata()?.len(),
            None => 0,
        };
        if let Some(entry) = self.entries().get_mut(name) {
            entry.acknowledged.push((step, position));
        }
        Ok(())
    }

    /// From now on only what was answered may have happened.
    pub(crate) fn forget_unanswered(&self) {
        for entry in self.entries().values_mut() {
            entry.sent = entry.acknowledged.iter().map(|(step, _)| *step).collect();
        }
    }

    /// How much was acknowledged up to this length of the trace.
    pub(crate) fn acknowledged(&self, until: u64) -> usize {
        let entries = self.entries();
        let all = entries.values().flat_map(|entry| &entry.acknowledged);
        all.filter(|(_, position)| *position <= until).count()
    }

    /// Holds a database against what was acknowledged up to this length of the trace, and what may have happened since.
    pub(crate) fn check(&self, found: &Found, until: u64) -> Result<(), Failure> {
        let entries = self.entries();
        if let Some(name) = found.keys().find(|name| !entries.contains_key(*name)) {
            return Failure::broken(format!("task {name} was never sent"));
        }
        for (name, entry) in entries.iter() {
            entry.check(name, found.get(name), until)?;
        }
        Ok(())
    }
}

impl Entry {
    fn check(
        &self,
        name: &str,
        found: Option<&(i64, Option<i64>)>,
        until: u64,
    ) -> Result<(), Failure> {
        let done = self.acknowledged.iter();
        let done = done.filter(|(_, position)| *position <= until);
        let certain = done.map(|(step, _)| *step).max();
        let possible = self.sent.iter().max().copied();
        let Times { start, end } = self.times;
        let state = match found {
            // Either it was not made yet, or it is gone again.
            None if certain.is_none() || possible == Some(Step::Delete) => return Ok(()),
            None => {
                return Failure::broken(format!("lost: {name}, of which {certain:?} was answered"));
            }
            Some(found) if *found == (start, None) => Step::In,
            Some(found) if *found == (start, Some(end)) => Step::Out,
            Some(found) => {
                return Failure::broken(format!("{name} is {found:?}, which was never sent"));
            }
        };
        if certain > Some(state) {
            return Failure::broken(format!(
                "lost: {name} after {certain:?}, now as after {state:?}"
            ));
        }
        if possible < Some(state) {
            return Failure::broken(format!(
                "{name} is as after {state:?}, which was never sent"
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Found, Ledger, Step, Times};

    const EVERYTHING: u64 = u64::MAX;

    fn found(name: &str, times: Times, ended: bool) -> Found {
        Found::from([(name.to_owned(), (times.start, ended.then_some(times.end)))])
    }

    #[test]
    fn what_was_answered_must_be_there() {
        let ledger = Ledger::default();
        let times = ledger.open("a");
        ledger.send("a", Step::In);
        assert!(ledger.check(&Found::new(), EVERYTHING).is_ok());
        assert!(ledger.check(&found("a", times, false), EVERYTHING).is_ok());
        ledger.acknowledge("a", Step::In).unwrap();
        assert!(ledger.check(&Found::new(), EVERYTHING).is_err());
        ledger.send("a", Step::Out);
        assert!(ledger.check(&found("a", times, false), EVERYTHING).is_ok());
        ledger.acknowledge("a", Step::Out).unwrap();
        assert!(ledger.check(&found("a", times, false), EVERYTHING).is_err());
        assert!(ledger.check(&found("a", times, true), EVERYTHING).is_ok());
        ledger.send("a", Step::Delete);
        assert!(ledger.check(&Found::new(), EVERYTHING).is_ok());
        ledger.acknowledge("a", Step::Delete).unwrap();
        assert!(ledger.check(&found("a", times, true), EVERYTHING).is_err());
        assert_eq!(ledger.acknowledged(EVERYTHING), 3);
    }

    #[test]
    fn nothing_may_be_there_that_was_not_sent_or_was_refused() {
        let ledger = Ledger::default();
        let times = ledger.open("a");
        assert!(ledger.check(&found("b", times, false), EVERYTHING).is_err());
        assert!(ledger.check(&found("a", times, false), EVERYTHING).is_err());
        ledger.send("a", Step::In);
        assert!(ledger.check(&found("a", times, true), EVERYTHING).is_err());
        let other = Times { start: 1, ..times };
        assert!(ledger.check(&found("a", other, false), EVERYTHING).is_err());
        ledger.refuse("a", Step::In);
        assert!(ledger.check(&found("a", times, false), EVERYTHING).is_err());
    }

    #[test]
    fn what_was_answered_later_in_the_trace_need_not_be_there() {
        let directory = tempfile::tempdir().unwrap();
        let trace = directory.path().join("trace");
        std::fs::write(&trace, [0; 100]).unwrap();
        let ledger = Ledger::beside(trace);
        ledger.open("a");
        ledger.send("a", Step::In);
        ledger.acknowledge("a", Step::In).unwrap();
        assert!(ledger.check(&Found::new(), 99).is_ok());
        assert!(ledger.check(&Found::new(), 100).is_err());
    }
}
