//! The numbers of a run as others read them: one JSON object, or a table.
//!
//! The names of the JSON members are relied upon by scripts; see the test that holds them.

pub mod capacity;
mod text;

use std::time::Duration;

use serde::Serialize;

use crate::cpu::VALID_SHARE;
use crate::join::TickTime;
use crate::report::capacity::Capacity;
use crate::stats::{Durations, Stats};

/// A run's numbers. What was not measured is `null` in JSON.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Bots that received a state frame.
    pub bots_connected: usize,
    /// Bots that did not get in, were turned away, or were not connected at the end.
    pub bots_failed: usize,
    /// Connections that were lost and replaced.
    pub reconnects: u64,
    /// Those of them after which the bot was the same player.
    pub resumed: u64,
    /// Updates after which a replica differed from the server's hash.
    pub desyncs: u64,
    /// State frames per second and bot.
    pub updates_per_second_per_bot: f64,
    /// Between the updates of a connection.
    pub update_gap_ms: Spread,
    /// From sending an input to receiving the update that echoes it.
    pub input_to_update_ms: Spread,
    /// Mean WebSocket frame of a state frame, header included.
    pub bytes_per_update: Option<f64>,
    /// All WebSocket frames received.
    pub bytes_per_second_per_bot: f64,
    /// Mean number of entities in a replica.
    pub entities_per_update: Option<f64>,
    /// Bytes of updates by entities in replicas, over the bots that keep one.
    pub bytes_per_entity_update: Option<f64>,
    /// From losing a connection to the first update of the next one.
    pub resume_ms: ResumeTime,
    /// Ticks that bots missed while they had no connection, or that they had seen and were taken back.
    pub ticks_lost: u64,
    /// Those of them that were taken back: a room went on from a moment before its owner's end.
    pub ticks_taken_back: u64,
    /// Owners of rooms that bots refused because others had replaced them.
    pub stale_owners: u64,
    /// Of the slowest room that bots were in.
    pub server_tick_ms: ServerTick,
    /// CPU time of this process, as a share of what its threads could have used: a core each, as far
    /// as there are so many.
    pub load_cpu_share: Option<f64>,
    /// False when this process was so busy that it may have measured itself.
    pub valid: bool,
    /// Threads that the bots ran on.
    pub threads: usize,
    /// CPU time of the busiest of them, as a share of a core.
    pub load_busiest_share: Option<f64>,
    /// What came of a search for the server's capacity; the rest is then of the highest level that held.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
}

/// Quantiles of durations, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Half of them at most this long.
    pub p50: Option<f64>,
    /// 99 of 100 at most this long.
    pub p99: Option<f64>,
    /// The longest.
    pub max: Option<f64>,
}

/// How long it took to come back, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ResumeTime {
    p50: Option<f64>,
    p99: Option<f64>,
    max: Option<f64>,
}

/// How long the server's ticks took, in milliseconds, as far as it told.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ServerTick {
    /// Half of them at most this long.
    pub p50: Option<f64>,
    /// 99 of 100 at most this long.
    pub p99: Option<f64>,
}

/// What the window was.
#[derive(Clone, Copy, Debug, Default)]
pub struct Window {
    /// How long it was.
    pub length: Duration,
    /// CPU time that this process used in it, where the system tells.
    pub cpu: Option<Duration>,
    /// And that of its busiest thread of bots.
    pub busiest_thread: Option<Duration>,
    /// Threads of bots.
    pub threads: usize,
    /// Cores that these could use.
    pub lanes: usize,
}

impl Report {
    /// The report of a run.
    #[must_use]
    pub fn new(
        stats: &Stats,
        window: &Window,
        bots_connected: usize,
        bots_failed: usize,
        slowest_tick: Option<TickTime>,
    ) -> Self {
        let bot_seconds = window.length.as_secs_f64() * bots_connected as f64;
        let load_cpu_share = window.share(window.cpu, window.lanes);
        let load_busiest_share = window.share(window.busiest_thread, 1);
        Self {
            bots_connected,
            bots_failed,
            reconnects: stats.reconnects,
            resumed: stats.resumed,
            desyncs: stats.desyncs,
            updates_per_second_per_bot: mean(stats.updates, bot_seconds).unwrap_or(0.0),
            update_gap_ms: Spread::of(&stats.gaps),
            input_to_update_ms: Spread::of(&stats.input_to_update),
            bytes_per_update: mean(stats.update_bytes, stats.updates as f64),
            bytes_per_second_per_bot: mean(stats.received_bytes, bot_seconds).unwrap_or(0.0),
            entities_per_update: mean(stats.entities, stats.whole_updates as f64),
            bytes_per_entity_update: mean(stats.whole_bytes, stats.entities as f64),
            resume_ms: ResumeTime {
                p50: stats.resumes.quantile_ms(0.5),
                p99: stats.resumes.quantile_ms(0.99),
                max: stats.resumes.max_ms(),
            },
            ticks_lost: stats.ticks_lost,
            ticks_taken_back: stats.ticks_taken_back,
            stale_owners: stats.stale_owners,
            server_tick_ms: ServerTick {
                p50: slowest_tick.map(|tick| tick.p50),
                p99: slowest_tick.map(|tick| tick.p99),
            },
            load_cpu_share,
            valid: [load_cpu_share, load_busiest_share]
                .into_iter()
                .flatten()
                .all(|share| share <= VALID_SHARE),
            threads: window.threads,
            load_busiest_share,
            capacity: None,
        }
    }

    /// The same, with what came of a search.
    #[must_use]
    pub fn with_capacity(self, capacity: Capacity) -> Self {
        Self { valid: self.valid && capacity.is_valid(), capacity: Some(capacity), ..self }
    }

    /// Whether every bot played to the end and every replica was the server's; and a search has found
    /// something.
    #[must_use]
    pub fn is_success(&self) -> bool {
        let found = self.capacity.as_ref().is_none_or(|capacity| capacity.capacity > 0);
        self.bots_failed == 0 && self.desyncs == 0 && found
    }
}

impl Window {
    /// CPU time as a share of what so many cores have in the window.
    fn share(&self, cpu: Option<Duration>, cores: usize) -> Option<f64> {
        let whole = self.length.as_secs_f64() * cores.max(1) as f64;
        cpu.and_then(|cpu| ratio(cpu.as_secs_f64(), whole)).map(rounded)
    }
}

impl Spread {
    /// Of what was seen.
    #[must_use]
    pub fn of(durations: &Durations) -> Self {
        let [p50, p99] = [0.5, 0.99].map(|share| durations.quantile_ms(share));
        Self { p50, p99, max: durations.max_ms() }
    }
}

fn mean(sum: u64, count: f64) -> Option<f64> {
    ratio(sum as f64, count).map(rounded)
}

fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// To three decimals.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::UpdateSeen;
    use std::collections::BTreeMap;

    fn window(cpu_s: f64) -> Window {
        let cpu = Some(Duration::from_secs_f64(cpu_s));
        Window { length: Duration::from_secs(10), cpu, ..Window::default() }
    }

    #[test]
    fn the_json_members_are_the_documented_ones() {
        let report = Report::new(&Stats::default(), &Window::default(), 0, 0, None);
        let json = serde_json::to_string(&report).unwrap();
        assert_eq!(
            json,
            concat!(
                r#"{"bots_connected":0,"bots_failed":0,"reconnects":0,"resumed":0,"#,
                r#""desyncs":0,"updates_per_second_per_bot":0.0,"#,
                r#""update_gap_ms":{"p50":null,"p99":null,"max":null},"#,
                r#""input_to_update_ms":{"p50":null,"p99":null,"max":null},"#,
                r#""bytes_per_update":null,"bytes_per_second_per_bot":0.0,"#,
                r#""entities_per_update":null,"bytes_per_entity_update":null,"#,
                r#""resume_ms":{"p50":null,"p99":null,"max":null},"ticks_lost":0,"#,
                r#""ticks_taken_back":0,"stale_owners":0,"#,
                r#""server_tick_ms":{"p50":null,"p99":null},"#,
                r#""load_cpu_share":null,"valid":true,"threads":0,"load_busiest_share":null}"#,
            )
        );
    }

    #[test]
    fn numbers_are_per_second_bot_and_entity() {
        let mut stats = Stats { reconnects: 3, resumed: 2, ticks_lost: 40, ..Stats::default() };
        for _ in 0..600 {
            stats.record(&UpdateSeen {
                gap: Some(Duration::from_millis(33)),
                wire_bytes: 150,
                received_bytes: 160,
                entities: Some(50),
                ..UpdateSeen::default()
            });
        }
        let tick = TickTime { p50: 0.1, p99: 0.2 };
        let report = Report::new(&stats, &window(1.0), 2, 0, Some(tick));
        assert_eq!(report.updates_per_second_per_bot, 30.0);
        assert_eq!(report.bytes_per_update, Some(150.0));
        assert_eq!(report.bytes_per_second_per_bot, 4800.0);
        assert_eq!(report.entities_per_update, Some(50.0));
        assert_eq!(report.bytes_per_entity_update, Some(3.0));
        assert_eq!(report.load_cpu_share, Some(0.1));
        assert_eq!(report.server_tick_ms, ServerTick { p50: Some(0.1), p99: Some(0.2) });
        assert!(report.valid && report.is_success());
        let table = report.table().to_string();
        assert!(table.contains("2 connected, 0 failed"), "{table}");
        assert!(table.contains("3, 2 resumed, 40 ticks lost"), "{table}");
        assert_eq!(report.warnings(&BTreeMap::new(), 0), Vec::<String>::new());
        assert!(!table.contains("owners") && !table.contains("taken back"), "{table}");
    }

    #[test]
    fn what_a_cluster_took_back_and_who_was_refused_is_told_if_there_is_any() {
        let stats =
            Stats { ticks_lost: 7, ticks_taken_back: 4, stale_owners: 2, ..Stats::default() };
        let report = Report::new(&stats, &window(0.0), 1, 0, None);
        let table = report.table().to_string();
        assert!(table.contains("7 ticks lost, 4 of them taken back"), "{table}");
        assert!(table.contains("owners that were replaced"), "{table}");
        assert!(report.is_success());
    }

    #[test]
    fn a_busy_load_side_is_no_valid_measurement() {
        let report = Report::new(&Stats::default(), &window(8.6), 1, 0, None);
        assert!(!report.valid);
        let warnings = report.warnings(&BTreeMap::new(), 0);
        assert!(warnings[0].contains("86 % of a core"), "{warnings:?}");
    }

    #[test]
    fn threads_share_the_work_but_none_may_be_out_of_breath() {
        let seconds = Duration::from_secs_f64;
        let report = |threads, lanes, cpu, busiest| {
            let [cpu, busiest_thread] = [cpu, busiest].map(|cpu| Some(seconds(cpu)));
            let window = Window { length: seconds(10.0), cpu, busiest_thread, threads, lanes };
            Report::new(&Stats::default(), &window, 1, 0, None)
        };
        let even = report(4, 4, 30.0, 8.0);
        assert_eq!((even.load_cpu_share, even.load_busiest_share), (Some(0.75), Some(0.8)));
        assert!(even.valid);
        assert!(!report(4, 4, 20.0, 9.0).valid, "one of them is");
        assert!(!report(4, 2, 18.0, 4.5).valid, "four on two cores");
    }

    #[test]
    fn failures_and_desyncs_are_no_success() {
        let failed = Report::new(&Stats::default(), &window(0.0), 1, 1, None);
        let stats = Stats { desyncs: 1, ..Stats::default() };
        let differed = Report::new(&stats, &window(0.0), 1, 0, None);
        assert!(!failed.is_success() && !differed.is_success());
    }
}
