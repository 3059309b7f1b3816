//! How far a copy is.

/// How many steps pass between two reports.
const STEPS_PER_REPORT: u64 = 1_000;

/// Counts what is done, and reports it now and then.
pub(crate) struct Progress<'r> {
    done: u64,
    total: u64,
    report: &'r mut dyn FnMut(u64, u64),
}

impl<'r> Progress<'r> {
    /// Nothing is done yet of so many steps.
    pub(crate) fn new(total: u64, report: &'r mut dyn FnMut(u64, u64)) -> Self {
        Self {
            done: 0,
            total,
            report,
        }
    }

    /// One step more is done.
    pub(crate) fn step(&mut self) {
        self.done += 1;
        if self.done.is_multiple_of(STEPS_PER_REPORT) || self.done == self.total {
            (self.report)(self.done, self.total);
        }
    }
}
