//! The numbers of a run: what bots saw goes in, quantiles and sums come out. Pure: no clock, no
//! sockets; durations are passed in.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Durations in microseconds, each kept to three significant digits.
#[derive(Clone, Debug)]
pub struct Durations(Histogram<u64>);

/// Longest duration that is told apart from longer ones: an hour.
const LONGEST_US: u64 = 3_600_000_000;

impl Default for Durations {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "these bounds are valid, whatever the durations")]
        let histogram = Histogram::new_with_bounds(1, LONGEST_US, 3).expect("valid bounds");
        Self(histogram)
    }
}

impl Durations {
    /// Adds one.
    pub fn record(&mut self, duration: Duration) {
        self.0.saturating_record(u64::try_from(duration.as_micros()).unwrap_or(LONGEST_US));
    }

    /// The duration in milliseconds that this share of all does not exceed; `None` without any.
    #[must_use]
    pub fn quantile_ms(&self, share: f64) -> Option<f64> {
        let ms = self.0.value_at_quantile(share) as f64 / 1000.0;
        (!self.0.is_empty()).then_some(ms)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// All that were recorded, to three digits: each in milliseconds, and how often.
    pub fn all_ms(&self) -> impl Iterator<Item = (f64, u64)> {
        self.0
            .iter_recorded()
            .map(|step| (step.value_iterated_to() as f64 / 1000.0, step.count_at_value()))
    }

    /// Adds those of another.
    pub fn add(&mut self, other: &Self) {
        // Both have the same bounds, for which this cannot fail.
        let _ = self.0.add(&other.0);
    }

    /// The longest, in milliseconds; `None` without any.
    #[must_use]
    pub fn max_ms(&self) -> Option<f64> {
        self.quantile_ms(1.0)
    }
}

/// What one state frame was to the bot that received it.
#[derive(Clone, Copy, Debug, Default)]
pub struct UpdateSeen {
    /// Time since the update before it on the same connection.
    pub gap: Option<Duration>,
    /// Time since the input that it echoes was sent.
    pub input_to_update: Option<Duration>,
    /// Its size as a WebSocket frame.
    pub wire_bytes: usize,
    /// Everything received since the update before it, itself included.
    pub received_bytes: u64,
    /// Entities of the replica after it, where the bot keeps one.
    pub entities: Option<usize>,
}

/// What all bots saw.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    /// Gaps between updates.
    pub gaps: Durations,
    /// From sending an input to the update that echoes it.
    pub input_to_update: Durations,
    /// From losing a connection to the first update of the next one.
    pub resumes: Durations,
    /// Updates.
    pub updates: u64,
    /// Bytes of the updates' WebSocket frames.
    pub update_bytes: u64,
    /// Bytes of all WebSocket frames.
    pub received_bytes: u64,
    /// Updates of bots that keep a replica.
    pub whole_updates: u64,
    /// Bytes of those updates' WebSocket frames.
    pub whole_bytes: u64,
    /// Entities in replicas, summed over those updates.
    pub entities: u64,
    /// Updates after which a replica differed from the server.
    pub desyncs: u64,
    /// Connections that were lost and replaced.
    pub reconnects: u64,
    /// Those of them after which the bot was the same player.
    pub resumed: u64,
    /// Ticks that bots missed by that, or that they had seen and were taken back.
    pub ticks_lost: u64,
    /// Those of them that were taken back.
    pub ticks_taken_back: u64,
    /// Owners of rooms that bots refused because others had replaced them.
    pub stale_owners: u64,
    /// Inputs that the server refused.
    pub refusals: u64,
}

impl Stats {
    /// Takes all numbers away, to begin anew.
    #[must_use]
    pub fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Adds those of another time, or of other bots.
    pub fn add(&mut self, other: &Self) {
        self.gaps.add(&other.gaps);
        self.input_to_update.add(&other.input_to_update);
        self.updates += other.updates;
        self.update_bytes += other.update_bytes;
        self.received_bytes += other.received_bytes;
        self.whole_updates += other.whole_updates;
        self.whole_bytes += other.whole_bytes;
        self.entities += other.entities;
        self.add_incidents(other);
    }

    /// Adds what happened, without the flow of updates: what counts in the whole of a run, not only
    /// in its measuring window.
    pub fn add_incidents(&mut self, other: &Self) {
        self.resumes.add(&other.resumes);
        self.desyncs += other.desyncs;
        self.reconnects += other.reconnects;
        self.resumed += other.resumed;
        self.ticks_lost += other.ticks_lost;
        self.ticks_taken_back += other.ticks_taken_back;
        self.stale_owners += other.stale_owners;
        self.refusals += other.refusals;
    }

    /// The same flow of updates, with what happened in another time.
    #[must_use]
    pub fn with_incidents(&self, other: &Self) -> Self {
        Self {
            resumes: other.resumes.clone(),
            desyncs: other.desyncs,
            reconnects: other.reconnects,
            resumed: other.resumed,
            ticks_lost: other.ticks_lost,
            ticks_taken_back: other.ticks_taken_back,
            stale_owners: other.stale_owners,
            refusals: other.refusals,
            ..self.clone()
        }
    }

    /// Adds an update.
    pub fn record(&mut self, update: &UpdateSeen) {
        if let Some(gap) = update.gap {
            self.gaps.record(gap);
        }
        if let Some(latency) = update.input_to_update {
            self.input_to_update.record(latency);
        }
        self.updates += 1;
        self.update_bytes += update.wire_bytes as u64;
        self.received_bytes += update.received_bytes;
        if let Some(entities) = update.entities {
            self.whole_updates += 1;
            self.whole_bytes += update.wire_bytes as u64;
            self.entities += entities as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_exact_to_three_digits() {
        let mut durations = Durations::default();
        assert_eq!((durations.quantile_ms(0.5), durations.max_ms()), (None, None));
        for ms in 1..=1000 {
            durations.record(Duration::from_millis(ms));
        }
        for (share, expected) in [(0.5, 500.0), (0.99, 990.0), (1.0, 1000.0)] {
            let ms = durations.quantile_ms(share).unwrap();
            assert!((ms - expected).abs() <= expected / 1000.0, "{share}: {ms}");
        }
        durations.record(Duration::from_secs(1_000_000));
        assert!((durations.max_ms().unwrap() / 3_600_000.0 - 1.0).abs() < 0.001);
    }

    #[test]
    fn numbers_of_several_threads_add_up() {
        let [mut one, mut two] = [Stats::default(), Stats::default()];
        for (stats, ms) in [(&mut one, 10), (&mut two, 30)] {
            let gap = Some(Duration::from_millis(ms));
            stats.record(&UpdateSeen { gap, wire_bytes: 100, ..UpdateSeen::default() });
            stats.desyncs = 1;
        }
        let mut incidents = Stats::default();
        incidents.add_incidents(&one);
        assert_eq!((incidents.updates, incidents.desyncs), (0, 1));
        one.add(&two);
        assert_eq!((one.updates, one.update_bytes, one.desyncs), (2, 200, 2));
        let [least, most] = [0.5, 1.0].map(|share| one.gaps.quantile_ms(share).unwrap().round());
        assert_eq!([least, most], [10.0, 30.0]);
    }

    #[test]
    fn bots_without_a_replica_do_not_count_in_the_mean_of_entities() {
        let mut stats = Stats::default();
        let update = UpdateSeen { wire_bytes: 100, received_bytes: 110, ..UpdateSeen::default() };
        stats.record(&update);
        stats.record(&UpdateSeen { entities: Some(50), ..update });
        assert_eq!((stats.updates, stats.update_bytes, stats.received_bytes), (2, 200, 220));
        assert_eq!((stats.whole_updates, stats.whole_bytes, stats.entities), (1, 100, 50));
    }
}
