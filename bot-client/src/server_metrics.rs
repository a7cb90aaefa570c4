//! What a server tells of itself at `/metrics`, in Prometheus' text format: how long its ticks take,
//! how late they begin, and how much memory it has. Pure: text in, numbers out.

use std::collections::BTreeMap;

/// Names that are looked for; a server that has none of them is measured from outside alone.
const TICKS: &str = "tickwire_tick_seconds_bucket";
const LATENESS: &str = "tickwire_tick_lateness_seconds_bucket";
const MEMORY: &str = "process_resident_memory_bytes";

/// A server's numbers at one moment, or those of some time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServerMetrics {
    /// How long ticks took, of all its rooms.
    pub ticks: Buckets,
    /// How long after their due time ticks began.
    pub lateness: Buckets,
    /// Memory of its process, in bytes.
    pub memory_bytes: Option<f64>,
}

/// A histogram: for each upper bound, in microseconds and in order, how many were not above it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Buckets(BTreeMap<u64, u64>);

/// Stands for the bucket without a bound.
const NO_BOUND: u64 = u64::MAX;

impl ServerMetrics {
    /// Reads what is known from an answer; the rest is passed over.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut metrics = Self::default();
        for line in text.lines() {
            let Some((series, value)) = line.rsplit_once(' ') else { continue };
            let Ok(value) = value.parse::<f64>() else { continue };
            let (name, labels) = series.split_once('{').unwrap_or((series, ""));
            match name {
                TICKS => metrics.ticks.add_line(labels, value),
                LATENESS => metrics.lateness.add_line(labels, value),
                MEMORY => metrics.memory_bytes = Some(value),
                _ => {}
            }
        }
        metrics
    }

    /// Adds those of another server.
    pub fn add(&mut self, other: &Self) {
        self.ticks.add(&other.ticks);
        self.lateness.add(&other.lateness);
        let both = self.memory_bytes.zip(other.memory_bytes).map(|(one, other)| one + other);
        self.memory_bytes = both.or(self.memory_bytes).or(other.memory_bytes);
    }

    /// What was counted since an earlier moment.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            ticks: self.ticks.since(&earlier.ticks),
            lateness: self.lateness.since(&earlier.lateness),
            memory_bytes: self.memory_bytes,
        }
    }
}

impl Buckets {
    /// Adds a line of a histogram: several games have one each.
    fn add_line(&mut self, labels: &str, count: f64) {
        let bound = labels.split_once("le=\"").and_then(|(_, rest)| rest.split_once('"'));
        let Some(seconds) = bound.and_then(|(bound, _)| bound.parse::<f64>().ok()) else { return };
        let micros = if seconds.is_finite() { (seconds * 1e6).round() as u64 } else { NO_BOUND };
        *self.0.entry(micros).or_default() += count as u64;
    }

    fn add(&mut self, other: &Self) {
        for (bound, count) in &other.0 {
            *self.0.entry(*bound).or_default() += count;
        }
    }

    fn since(&self, earlier: &Self) -> Self {
        let before = |bound| earlier.0.get(bound).copied().unwrap_or_default();
        let counts = self.0.iter();
        Self(counts.map(|(bound, count)| (*bound, count.saturating_sub(before(bound)))).collect())
    }

    /// The duration in milliseconds that this share of all does not exceed, taken to be spread evenly
    /// within its bucket; the last bound where it is above that. `None` without any.
    #[must_use]
    pub fn quantile_ms(&self, share: f64) -> Option<f64> {
        let total = self.0.get(&NO_BOUND).copied().filter(|&total| total > 0)?;
        let rank = share * total as f64;
        let (mut least, mut below) = (0, 0);
        for (&most, &count) in self.0.range(..NO_BOUND) {
            if count as f64 >= rank {
                let part = (rank - below as f64) / (count - below).max(1) as f64;
                return Some((least as f64 + part * (most - least) as f64) / 1000.0);
            }
            (least, below) = (most, count);
        }
        Some(least as f64 / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
# HELP tickwire_tick_lateness_seconds Time from a tick's deadline to its beginning
# TYPE tickwire_tick_lateness_seconds histogram
tickwire_tick_lateness_seconds_bucket{game="arena",le="0.001"} 80
tickwire_tick_lateness_seconds_bucket{game="arena",le="0.005"} 90
tickwire_tick_lateness_seconds_bucket{game="arena",le="+Inf"} 90
tickwire_tick_lateness_seconds_bucket{game="drift",le="0.001"} 0
tickwire_tick_lateness_seconds_bucket{game="drift",le="0.005"} 10
tickwire_tick_lateness_seconds_bucket{game="drift",le="+Inf"} 10
tickwire_tick_lateness_seconds_sum{game="drift"} 0.04
process_resident_memory_bytes 12582912
nonsense
"#;

    #[test]
    fn games_are_summed_up_and_what_is_unknown_is_passed_over() {
        let metrics = ServerMetrics::parse(TEXT);
        assert_eq!(metrics.memory_bytes, Some(12_582_912.0));
        assert_eq!(metrics.lateness.0, BTreeMap::from([(1000, 80), (5000, 100), (NO_BOUND, 100)]));
        assert_eq!(metrics.ticks, Buckets::default());
        assert_eq!(metrics.ticks.quantile_ms(0.5), None);
        assert_eq!(ServerMetrics::parse(""), ServerMetrics::default());
    }

    #[test]
    fn quantiles_lie_within_their_bucket() {
        let lateness = ServerMetrics::parse(TEXT).lateness;
        let quantiles = [0.4, 0.8, 0.9, 1.0].map(|share| lateness.quantile_ms(share).unwrap());
        assert_eq!(quantiles, [0.5, 1.0, 3.0, 5.0]);
        let late = Buckets(BTreeMap::from([(1000, 5), (NO_BOUND, 10)]));
        assert_eq!(late.quantile_ms(0.99), Some(1.0), "more than the last bound is not told");
    }

    #[test]
    fn some_time_is_the_difference_of_two_moments() {
        let earlier = ServerMetrics::parse(TEXT);
        let mut later = ServerMetrics::parse(TEXT);
        later.add(&earlier);
        assert_eq!(later.memory_bytes, Some(2.0 * 12_582_912.0));
        assert_eq!(later.since(&earlier).lateness, earlier.lateness);
        assert_eq!(earlier.since(&earlier).lateness.quantile_ms(0.5), None);
    }
}
