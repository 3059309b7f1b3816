//! The rows of reports. A report's total is the sum of its rows, made by [`total`] and by nothing else.

use std::{
    iter::Sum,
    ops::{Add, AddAssign},
};

use crate::{Access, Duration, Kind, Project, Task, User};

/// How long, by what booked it. A kind without any track is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ByKind([Option<Duration>; Kind::ALL.len()]);

impl ByKind {
    /// That much of one kind.
    #[must_use]
    pub fn of(kind: Kind, amount: Duration) -> Self {
        Self(Kind::ALL.map(|one| (one == kind).then_some(amount)))
    }

    /// Each kind that is there.
    pub fn kinds(self) -> impl Iterator<Item = (Kind, Duration)> {
        let pairs = Kind::ALL.into_iter().zip(self.0);
        pairs.filter_map(|(kind, amount)| Some((kind, amount?)))
    }

    /// All of it together.
    #[must_use]
    pub fn total(self) -> Duration {
        self.kinds().map(|(_, amount)| amount).sum()
    }

    /// What of it is of this kind, or all of it for `None`, if there is any.
    #[must_use]
    pub fn only(self, kind: Option<Kind>) -> Option<Self> {
        let wanted = |found: &(Kind, Duration)| kind.is_none_or(|kind| kind == found.0);
        let mut found = self.kinds().filter(wanted).peekable();
        found
            .peek()
            .is_some()
            .then(|| found.map(|(kind, amount)| Self::of(kind, amount)).sum())
    }
}

impl Add for ByKind {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl AddAssign for ByKind {
    fn add_assign(&mut self, other: Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine = match (*mine, theirs) {
                (Some(mine), Some(theirs)) => Some(mine + theirs),
                (one, other) => one.or(other),
            };
        }
    }
}

impl Sum for ByKind {
    fn sum<I: Iterator<Item = Self>>(parts: I) -> Self {
        parts.fold(Self::default(), Add::add)
    }
}

/// Whose time a report covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportScope {
    /// The caller's own.
    Own,
    /// Everyone's.
    Organisation,
}

impl From<Access> for ReportScope {
    fn from(access: Access) -> Self {
        match access {
            Access::Own(_) => Self::Own,
            Access::Anyone => Self::Organisation,
        }
    }
}

/// What one person spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserTime {
    /// Who.
    pub user: User,
    /// How long.
    pub amount: ByKind,
}

/// What was spent on one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskTime {
    /// On what.
    pub task: Task,
    /// How long.
    pub amount: ByKind,
}

/// What was spent on one project, or on standalone tasks together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectTime {
    /// On what; `None` for the standalone tasks.
    pub project: Option<Project>,
    /// The tasks, whose times add up to this one's.
    pub tasks: Vec<TaskTime>,
}

impl ProjectTime {
    /// How long.
    #[must_use]
    pub fn amount(&self) -> ByKind {
        self.tasks.iter().map(|task| task.amount).sum()
    }
}

/// The exact sum of a breakdown.
pub fn total(rows: impl IntoIterator<Item = ByKind>) -> ByKind {
    rows.into_iter().sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds() -> impl Strategy<Value = Kind> {
        (0..Kind::ALL.len()).prop_map(|place| Kind::ALL[place])
    }

    proptest! {
        #[test]
        fn kinds_add_up_to_the_total_and_each_is_the_sum_of_its_own(
            parts in prop::collection::vec((kinds(), 0..1_000_i64), 0..20),
        ) {
            let naive = |kind: Kind| {
                let mut of_kind = parts.iter().filter(|part| part.0 == kind).peekable();
                of_kind.peek().is_some().then(|| of_kind.map(|part| part.1).sum::<i64>())
            };
            let by_kind = total(parts.iter().map(|(kind, ms)| ByKind::of(*kind, Duration::from_ms(*ms))));
            prop_assert_eq!(by_kind.total().ms(), parts.iter().map(|part| part.1).sum::<i64>());
            prop_assert_eq!(by_kind.only(None), (!parts.is_empty()).then_some(by_kind));
            for kind in Kind::ALL {
                let only = by_kind.only(Some(kind));
                prop_assert_eq!(only.map(|only| only.total().ms()), naive(kind));
                prop_assert!(only.is_none_or(|only| only.kinds().all(|found| found.0 == kind)));
            }
        }
    }
}
