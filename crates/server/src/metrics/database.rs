//! The numbers of the database, in the words of Prometheus.

use std::fmt;

use prometheus_client::{
    encoding::{EncodeMetric, MetricEncoder, NoLabelSet},
    metrics::{MetricType, family::Family, gauge::ConstGauge, gauge::Gauge},
    registry::{Registry, Unit},
};
use timetracks_db::{Histogram, PoolStatistics, Statistics};

use super::PREFIX;

/// A number of each pool: its name, what it says, and how to read it.
type PoolGauge = (&'static str, &'static str, fn(&PoolStatistics) -> usize);

/// The numbers of a moment.
pub(super) fn registry(statistics: &Statistics, running_tracks: Option<i64>) -> Registry {
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register(
        "database_commit_jobs",
        "How many writes shared a commit",
        Observed {
            histogram: statistics.commit_jobs.clone(),
            unit: 1.0,
        },
    );
    registry.register_with_unit(
        "database_commit_duration",
        "How long a commit took until the database had it safe",
        Unit::Seconds,
        Observed {
            histogram: statistics.commit_us.clone(),
            unit: 1e-6,
        },
    );
    let gauges: [PoolGauge; 3] = [
        (
            "database_connections",
            "How many connections there may be, each with a thread of its own, by pool",
            |pool| pool.size,
        ),
        (
            "database_connections_busy",
            "How many connections are at work, by pool",
            |pool| pool.busy,
        ),
        (
            "database_jobs_waiting",
            "How many jobs wait for a connection, by pool",
            |pool| pool.waiting,
        ),
    ];
    for (name, help, value) in gauges {
        let family = Family::<[(&str, &str); 1], Gauge>::default();
        for pool in &statistics.pools {
            let gauge = family.get_or_create(&[("pool", pool.name)]);
            gauge.set(i64::try_from(value(pool)).unwrap_or(i64::MAX));
        }
        registry.register(name, help, family);
    }
    // When the database does not say, nothing is said, rather than something old.
    if let Some(running) = running_tracks {
        registry.register(
            "tracks_running",
            "How many tracks run, in the whole database",
            ConstGauge::new(running),
        );
    }
    registry
}

/// A histogram that somebody else counts, in units of so much.
struct Observed {
    histogram: Histogram,
    unit: f64,
}

impl EncodeMetric for Observed {
    #[allow(
        clippy::cast_precision_loss,
        reason = "who has counted so far does not mind"
    )]
    fn encode(&self, mut encoder: MetricEncoder) -> fmt::Result {
        let Histogram {
            buckets,
            above,
            sum,
        } = &self.histogram;
        let within = buckets
            .iter()
            .map(|(bound, count)| (*bound as f64 * self.unit, *count));
        let all: Vec<_> = within.chain([(f64::INFINITY, *above)]).collect();
        let count = all.iter().map(|(_, count)| count).sum();
        encoder.encode_histogram::<NoLabelSet>(*sum as f64 * self.unit, count, &all, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

impl fmt::Debug for Observed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.histogram.fmt(formatter)
    }
}
