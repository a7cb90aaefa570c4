//! The figures of a peer: of one run, and the medians of several.

use std::collections::BTreeMap;

use serde::Serialize;
use tickwire_bot_client::cpu::VALID_SHARE;

use super::load::Seen;
use super::peer::Peer;
use super::workload::Workload;

/// One run of one peer.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// Who.
    pub peer: Peer,
    /// What was measured.
    pub figures: Figures,
    /// Clients that had state at the end.
    pub clients: usize,
    /// Why others had none, and how many.
    pub failures: BTreeMap<String, usize>,
    /// The load's share of its core.
    pub load_share: f64,
    /// Whether the load had time to measure the server and not itself.
    pub valid: bool,
}

/// What is measured. `None` where a peer does not have it, or nothing came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Updates per second and client that is in.
    pub updates_per_second: Option<f64>,
    /// The server's CPU time per update, in microseconds.
    pub server_us_per_update: Option<f64>,
    /// The same by the floor's in the same round.
    pub floors: Option<f64>,
    /// The server's share of its core.
    pub server_share: Option<f64>,
    /// Bytes of an update, WebSocket header included.
    pub bytes_per_update: Option<f64>,
    /// Of 100 gaps between updates, 99 are at most so long, in milliseconds.
    pub gap_p99_ms: Option<f64>,
    /// From an input to the update that shows it, the median, in milliseconds.
    pub input_to_update_ms: Option<f64>,
    /// What the server's resident memory grew by, per client, in KiB.
    pub kib_per_client: Option<f64>,
}

impl Run {
    /// The figures of what a load saw of a server that took so much memory when it was empty.
    #[must_use]
    pub fn new(peer: Peer, workload: &Workload, seen: Seen, empty_bytes: u64) -> Self {
        let Seen { stats, window, playing, failures, before, after, load_cpu } = seen;
        let (seconds, updates) = (window.as_secs_f64(), stats.updates as f64);
        let server_seconds = after.cpu.saturating_sub(before.cpu).as_secs_f64();
        let grown = after.memory.saturating_sub(empty_bytes) as f64;
        let per = |sum: f64, count: f64| (count > 0.0).then_some(sum / count);
        let figures = Figures {
            updates_per_second: per(updates / seconds, playing as f64),
            server_us_per_update: per(server_seconds * 1e6, updates),
            floors: None,
            server_share: Some(server_seconds / seconds),
            bytes_per_update: per(stats.update_bytes as f64, updates),
            gap_p99_ms: stats.gaps.quantile_ms(0.99),
            input_to_update_ms: stats.input_to_update.quantile_ms(0.5),
            kib_per_client: per(grown / 1024.0, workload.clients as f64),
        };
        let load_share = load_cpu.as_secs_f64() / seconds;
        let valid = load_share <= VALID_SHARE;
        Self { peer, figures, clients: playing, failures, load_share, valid }
    }

    /// Sets the cost beside that of the floor, which was measured in the same round.
    pub fn relate_to(&mut self, floor: &Figures) {
        let costs = self.figures.server_us_per_update.zip(floor.server_us_per_update);
        self.figures.floors = costs.filter(|costs| costs.1 > 0.0).map(|(own, floor)| own / floor);
    }
}

/// All runs of a peer.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Who.
    pub peer: Peer,
    /// What it is called in tables.
    pub title: &'static str,
    /// Medians of the runs.
    pub medians: Figures,
    /// Fewest clients that had state at the end of a run.
    pub clients: usize,
    /// Why others had none, and how many, in all runs.
    pub failures: BTreeMap<String, usize>,
    /// Runs in which the load had no time to measure anything but itself.
    pub invalid_runs: usize,
    /// The load's largest share of its core.
    pub load_share: f64,
    /// How many runs there were.
    pub runs: usize,
}

impl Summary {
    /// What the runs of a peer come to; `None` without any.
    #[must_use]
    pub fn of(peer: Peer, runs: &[Run]) -> Option<Self> {
        let own: Vec<_> = runs.iter().filter(|run| run.peer == peer).collect();
        let of = |figure: fn(&Figures) -> Option<f64>| {
            median(own.iter().filter_map(|run| figure(&run.figures)).collect())
        };
        let mut failures = BTreeMap::new();
        for (cause, count) in own.iter().flat_map(|run| &run.failures) {
            *failures.entry(cause.clone()).or_default() += count;
        }
        Some(Self {
            peer,
            title: peer.title(),
            medians: Figures {
                updates_per_second: of(|figures| figures.updates_per_second),
                server_us_per_update: of(|figures| figures.server_us_per_update),
                floors: of(|figures| figures.floors),
                server_share: of(|figures| figures.server_share),
                bytes_per_update: of(|figures| figures.bytes_per_update),
                gap_p99_ms: of(|figures| figures.gap_p99_ms),
                input_to_update_ms: of(|figures| figures.input_to_update_ms),
                kib_per_client: of(|figures| figures.kib_per_client),
            },
            clients: own.iter().map(|run| run.clients).min()?,
            failures,
            invalid_runs: own.iter().filter(|run| !run.valid).count(),
            load_share: own.iter().map(|run| run.load_share).fold(0.0, f64::max),
            runs: own.len(),
        })
    }
}

/// The middle one, or the mean of the two in the middle.
fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().checked_sub(1)? / 2, values.len() / 2);
    Some(f64::midpoint(values[low], values[high]))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A run of a peer whose server took so long per update.
    pub fn run(peer: Peer, us: f64) -> Run {
        let figures = Figures {
            updates_per_second: Some(30.0),
            server_us_per_update: Some(us),
            bytes_per_update: Some(304.0),
            ..Figures::default()
        };
        let failures = BTreeMap::new();
        Run { peer, figures, clients: 1000, failures, load_share: 0.5, valid: true }
    }

    #[test]
    fn the_median_is_in_the_middle() {
        let cases: [(&[f64], _); 4] = [
            (&[], None),
            (&[3.0], Some(3.0)),
            (&[9.0, 1.0], Some(5.0)),
            (&[9.0, 1.0, 2.0], Some(2.0)),
        ];
        for (values, expected) in cases {
            assert_eq!(median(values.to_vec()), expected);
        }
    }

    #[test]
    fn a_peer_is_set_beside_the_floor_of_its_round() {
        let mut runs: Vec<_> = [12.0, 30.0, 14.0].map(|us| run(Peer::Tickwire, us)).into();
        for (run, floor) in runs.iter_mut().zip([10.0, 20.0, 10.0]) {
            run.relate_to(&self::run(Peer::Floor, floor).figures);
        }
        runs[1].failures.insert("full".to_owned(), 2);
        runs[2].failures.insert("full".to_owned(), 1);
        (runs[1].clients, runs[1].valid) = (998, false);
        let summary = Summary::of(Peer::Tickwire, &runs).unwrap();
        assert_eq!(summary.medians.server_us_per_update, Some(14.0));
        assert_eq!(summary.medians.floors, Some(1.4));
        assert_eq!((summary.runs, summary.invalid_runs, summary.clients), (3, 1, 998));
        assert_eq!(summary.failures["full"], 3);
        assert!(Summary::of(Peer::Bun, &runs).is_none());
    }
}
