//! What happens in a database, in plain numbers: counted with atomics as it happens, and read when somebody asks.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

/// What an open database does, and has done since it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statistics {
    /// The engine: `sqlite` or `postgres`.
    pub engine: &'static str,
    /// What writes, what answers short reads, what answers long reads.
    pub pools: [PoolStatistics; 3],
    /// How many jobs shared each commit. Groups of which nothing was kept are not counted.
    pub commit_jobs: Histogram,
    /// How long each of these commits took until the engine had it safe, in microseconds.
    pub commit_us: Histogram,
}

/// Threads with a connection each, and the jobs that wait for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolStatistics {
    /// What they are for: `write`, `read` or `read-long`.
    pub name: &'static str,
    /// How many there are.
    pub size: usize,
    /// How many of them run a job.
    pub busy: usize,
    /// How many jobs wait for one.
    pub waiting: usize,
}

/// How often which values came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    /// The upper bounds of the buckets, rising, each with how many values it got that the one before did not.
    pub buckets: Vec<(u64, u64)>,
    /// How many values were above the last bound.
    pub above: u64,
    /// All values together.
    pub sum: u64,
}

/// The upper bounds of [`Statistics::commit_jobs`].
const JOBS: [u64; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 256];
/// The upper bounds of [`Statistics::commit_us`]: from 100 µs to 6.6 s.
const MICROSECONDS: [u64; 17] = {
    let mut bounds = [100; 17];
    let mut place = 1;
    while place < bounds.len() {
        bounds[place] = 2 * bounds[place - 1];
        place += 1;
    }
    bounds
};

/// Counts values in fixed buckets.
struct Counter<const BOUNDS: usize> {
    bounds: [u64; BOUNDS],
    counts: [AtomicU64; BOUNDS],
    above: AtomicU64,
    sum: AtomicU64,
}

impl<const BOUNDS: usize> Counter<BOUNDS> {
    const fn new(bounds: [u64; BOUNDS]) -> Self {
        Self {
            bounds,
            counts: [const { AtomicU64::new(0) }; BOUNDS],
            above: AtomicU64::new(0),
            sum: AtomicU64::new(0),
        }
    }

    fn count(&self, value: u64) {
        let place = self.bounds.partition_point(|bound| *bound < value);
        let count = self.counts.get(place).unwrap_or(&self.above);
        count.fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    fn read(&self) -> Histogram {
        let counts = self.counts.iter().map(|it| it.load(Ordering::Relaxed));
        Histogram {
            buckets: self.bounds.into_iter().zip(counts).collect(),
            above: self.above.load(Ordering::Relaxed),
            sum: self.sum.load(Ordering::Relaxed),
        }
    }
}

/// Counts the commits of a database.
pub(crate) struct Commits {
    jobs: Counter<{ JOBS.len() }>,
    us: Counter<{ MICROSECONDS.len() }>,
}

impl Commits {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            jobs: Counter::new(JOBS),
            us: Counter::new(MICROSECONDS),
        })
    }

    /// Counts a commit of so many jobs.
    pub(crate) fn count(&self, jobs: usize, took: Duration) {
        self.jobs.count(jobs as u64);
        self.us
            .count(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// How many jobs each had, and how many microseconds it took.
    pub(crate) fn read(&self) -> (Histogram, Histogram) {
        (self.jobs.read(), self.us.read())
    }
}

/// How many threads of a pool run a job.
#[derive(Clone, Default)]
pub(crate) struct Busy(Arc<AtomicUsize>);

impl Busy {
    /// One more, until what this answers with is dropped.
    pub(crate) fn enter(&self) -> impl Drop + use<> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Leave(Arc::clone(&self.0))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

struct Leave(Arc<AtomicUsize>);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_counted_in_the_first_bucket_that_holds_it() {
        let counter = Counter::new([1, 2, 4]);
        for value in [0, 1, 2, 3, 4, 5] {
            counter.count(value);
        }
        let buckets = vec![(1, 2), (2, 1), (4, 2)];
        let (above, sum) = (1, 15);
        assert_eq!(
            counter.read(),
            Histogram {
                buckets,
                above,
                sum
            }
        );
    }

    #[test]
    fn the_largest_groups_and_slow_commits_have_a_bucket() {
        assert_eq!(JOBS.last(), Some(&256));
        assert_eq!((MICROSECONDS[0], MICROSECONDS[16]), (100, 6_553_600));
    }
}
