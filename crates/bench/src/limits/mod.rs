//! What TimeTracks is held against: the same work without TimeTracks.

pub(crate) mod http;
pub(crate) mod postgres;
pub(crate) mod sqlite;
pub(crate) mod together;

use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::{load::figures, statistics::Sample};

/// A task that clients clock in on and out of.
#[derive(Clone, Copy)]
struct Place {
    org: Uuid,
    user: Uuid,
    task: Uuid,
}

/// How many tasks of how many organisations are clocked in on, as the server is asked to.
const TASKS: &str =
    "SELECT org_id, user_id, id FROM tasks WHERE name LIKE 'clock %' ORDER BY org_id, id";

/// Takes the same number of tasks from each of the first organisations: a group for each of them.
fn groups(tasks: Vec<Place>, organisations: usize, clients: usize) -> Vec<Vec<Place>> {
    let mut groups: Vec<Vec<Place>> = Vec::new();
    for task in tasks {
        if groups.last().is_none_or(|group| group[0].org != task.org) {
            groups.push(Vec::new());
        }
        if let Some(group) = groups.last_mut() {
            group.push(task);
        }
    }
    groups.truncate(organisations);
    for group in &mut groups {
        group.truncate(clients / organisations);
    }
    groups
}

/// How long each was on its way.
struct Count {
    began: Instant,
    took_us: Vec<u32>,
}

impl Count {
    fn begin() -> Self {
        Self {
            began: Instant::now(),
            took_us: Vec::new(),
        }
    }

    fn is_over(&self, limit: Duration) -> bool {
        self.began.elapsed() >= limit
    }

    /// So many were answered together.
    fn add(&mut self, answers: usize, took: Duration) {
        let took = u32::try_from(took.as_micros()).unwrap_or(u32::MAX);
        self.took_us.extend(std::iter::repeat_n(took, answers));
    }

    fn sample(self) -> Sample {
        let seconds = self.began.elapsed().as_secs_f64();
        figures(self.took_us, seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_spread_evenly_over_the_organisations() {
        let task = |org, task| Place {
            org: Uuid::from_u128(org),
            user: Uuid::nil(),
            task: Uuid::from_u128(task),
        };
        let tasks = vec![
            task(1, 1),
            task(1, 2),
            task(1, 3),
            task(2, 4),
            task(2, 5),
            task(3, 6),
        ];
        let shape = |organisations, clients| -> Vec<usize> {
            let groups = groups(tasks.clone(), organisations, clients);
            groups.iter().map(Vec::len).collect()
        };
        assert_eq!(shape(1, 3), [3]);
        assert_eq!(shape(2, 4), [2, 2]);
        assert_eq!(shape(3, 3), [1, 1, 1]);
    }
}
