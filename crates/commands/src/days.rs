//! Which days `log` and `report` are about.

use jiff::ToSpan;
use timetracks_client::domain::Instant;

use super::{arguments::Days, failure::Failure, when::Local};

/// Whole days, from the first moment of the first to the first moment behind the last.
pub(crate) struct Stretch {
    pub(crate) start: Instant,
    pub(crate) end: Instant,
}

impl Days {
    /// The days that were asked for, or else this week or today.
    pub(crate) fn stretch(&self, local: &Local, week: bool) -> Result<Stretch, Failure> {
        let today = local.today();
        let to = self.to.as_deref().map(|day| local.day(day)).transpose()?;
        let last = to.unwrap_or(today);
        let first = match &self.from {
            Some(day) => local.day(day)?,
            None if to.is_some() => last,
            None if self.week || week => local.monday(),
            None => today,
        };
        if last < first {
            return Err(Failure::usage(format!(
                "{last} lies before {first}: say the earlier day with --from"
            )));
        }
        let behind = last
            .checked_add(1.day())
            .map_err(|error| Failure::usage(error.to_string()))?;
        Ok(Stretch {
            start: local.start_of(first)?,
            end: local.start_of(behind)?,
        })
    }
}
