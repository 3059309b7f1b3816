//! What is made of single runs: medians, ratios of neighbours, quantiles.

use serde::{Deserialize, Serialize};

/// What one short run came to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sample {
    /// What was done a second.
    pub(crate) rate: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Of the processes measured, for each thing done; 0 when nobody counted.
    pub(crate) cpu_us: f64,
}

impl Sample {
    /// Each figure is the median of its own.
    pub(crate) fn median(samples: &[Self]) -> Self {
        let of = |figure: fn(&Self) -> f64| median(samples.iter().map(figure));
        Self {
            rate: of(|sample| sample.rate),
            p50_ms: of(|sample| sample.p50_ms),
            p99_ms: of(|sample| sample.p99_ms),
            cpu_us: of(|sample| sample.cpu_us),
        }
    }
}

/// The middle one, or the mean of the middle two. NaN of nothing.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.len(), values.len() % 2) {
        (0, _) => f64::NAN,
        (_, 1) => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

/// The least value that this part of all are not above (nearest rank). `sorted` must be, and not be empty.
pub(crate) fn quantile(sorted: &[u32], part: f64) -> u32 {
    let rank = (part * sorted.len() as f64).ceil() as usize;
    sorted[rank.clamp(1, sorted.len()) - 1]
}

/// How a series compares with the reference that was measured beside it, round by round: a slow minute of the machine
/// slows both, and falls out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ratio {
    /// The median of the rounds.
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Ratio {
    pub(crate) fn of(measured: &[Sample], reference: &[Sample]) -> Self {
        let rounds: Vec<f64> = measured
            .iter()
            .zip(reference)
            .map(|(measured, reference)| measured.rate / reference.rate)
            .collect();
        Self {
            median: median(rounds.iter().copied()),
            least: rounds.iter().copied().fold(f64::INFINITY, f64::min),
            most: rounds.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(rate: f64) -> Sample {
        Sample {
            rate,
            p50_ms: 1.0 / rate,
            p99_ms: 2.0 / rate,
            cpu_us: 0.0,
        }
    }

    #[test]
    fn the_median_is_the_middle_whatever_the_order_and_one_outlier_does_not_move_it() {
        assert_eq!(median([9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 1000.0]), 3.0);
        assert!(median([]).is_nan());
    }

    #[test]
    fn a_quantile_is_a_value_that_was_measured() {
        let hundred: Vec<u32> = (1..=100).collect();
        assert_eq!(quantile(&hundred, 0.5), 50);
        assert_eq!(quantile(&hundred, 0.99), 99);
        assert_eq!(quantile(&hundred, 1.0), 100);
        assert_eq!(quantile(&[7], 0.0), 7);
    }

    #[test]
    fn a_ratio_compares_neighbours_so_that_a_machine_that_slows_down_does_not_change_it() {
        let measured = [at(50.0), at(25.0), at(5.0)];
        let reference = [at(100.0), at(50.0), at(10.0)];
        let ratio = Ratio::of(&measured, &reference);
        assert_eq!((ratio.median, ratio.least, ratio.most), (0.5, 0.5, 0.5));
    }

    #[test]
    fn a_ratio_shows_how_far_the_rounds_lie_apart() {
        let ratio = Ratio::of(&[at(1.0), at(3.0), at(2.0)], &[at(1.0), at(1.0), at(1.0)]);
        assert_eq!((ratio.median, ratio.least, ratio.most), (2.0, 1.0, 3.0));
    }

    #[test]
    fn figures_have_medians_of_their_own() {
        let mut slow = at(1.0);
        slow.cpu_us = 8.0;
        let median = Sample::median(&[at(2.0), slow, at(4.0)]);
        assert_eq!((median.rate, median.cpu_us), (2.0, 0.0));
    }
}
