//! What happens in the small organisation.

use proptest::prelude::*;

use super::{
    DAY, HOUR,
    world::{KINDS, PEOPLE, TASKS},
};

/// Something that someone does.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Book {
        who: usize,
        task: usize,
        kind: usize,
        ago: i64,
        length: i64,
    },
    ClockIn {
        who: usize,
        task: usize,
        kind: usize,
        /// In seconds.
        lease: Option<i64>,
    },
    Heartbeat {
        which: usize,
    },
    Limit {
        hours: Option<i64>,
    },
    ClockOut {
        who: usize,
        task: usize,
    },
    Correct {
        which: usize,
        later: i64,
        length: i64,
    },
    Reopen {
        which: usize,
    },
    Delete {
        which: usize,
    },
    Wait {
        ms: i64,
    },
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let (who, task) = (0..PEOPLE, 0..TASKS);
    prop_oneof![
        4 => (who.clone(), task.clone(), 0..KINDS.len(), 0..10 * DAY, 0..30 * HOUR)
            .prop_map(|(who, task, kind, ago, length)| Step::Book { who, task, kind, ago, length }),
        5 => (who.clone(), task.clone(), 0..KINDS.len(), prop::option::of(1..20_000_i64))
            .prop_map(|(who, task, kind, lease)| Step::ClockIn { who, task, kind, lease }),
        3 => any::<usize>().prop_map(|which| Step::Heartbeat { which }),
        1 => prop::option::of(1..12_i64).prop_map(|hours| Step::Limit { hours }),
        2 => (who, task).prop_map(|(who, task)| Step::ClockOut { who, task }),
        2 => (any::<usize>(), 0..HOUR, 0..10 * HOUR)
            .prop_map(|(which, later, length)| Step::Correct { which, later, length }),
        1 => any::<usize>().prop_map(|which| Step::Reopen { which }),
        1 => any::<usize>().prop_map(|which| Step::Delete { which }),
        3 => (0..5 * HOUR).prop_map(|ms| Step::Wait { ms }),
    ]
}
