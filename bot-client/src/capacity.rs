//! The search for the highest number of bots that a server holds. Pure: it names a level to try, and
//! is told how that went; `levels` does the trying.
//!
//! ```text
//! first → twice as many, again and again → one that does not hold → halfway between, again and again
//! ```
//!
//! A level that fails by time alone is tried twice: a machine has other things to do as well, and what
//! these cost for a moment would decide the whole search.

use std::time::Duration;

use serde::Serialize;

use crate::course::Quantiles;
use crate::report::Report;

/// The search ends when the highest level that held and the lowest that did not are as close as this
/// share of the former.
const RESOLUTION: f64 = 0.05;

/// What a level must not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Gap between updates, p99.
    pub gap: Duration,
    /// From a tick's due time to its beginning, p99.
    pub lateness: Duration,
}

/// Why a level did not hold: the first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// This side was too busy to tell: it says nothing of the server.
    LoadSide,
    /// A replica differed from the server's hash.
    Desyncs,
    /// Bots did not get in, or did not stay.
    BotsFailed,
    /// The p99 of the gap passed its limit.
    Gap,
    /// The p99 of the server's lateness did.
    Lateness,
}

/// What was seen with so many bots.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Level {
    /// Bots asked for.
    pub bots: usize,
    /// Whether it was within the limits.
    pub held: bool,
    /// Why not.
    pub cause: Option<Cause>,
    /// From a tick's due time to its beginning, where the servers tell.
    pub server_lateness_ms: Quantiles,
    /// The numbers.
    #[serde(flatten)]
    pub report: Report,
}

impl Level {
    /// Judges what was seen.
    #[must_use]
    pub fn new(bots: usize, report: Report, lateness: Quantiles, limits: Limits) -> Self {
        let is_above = |value: Option<f64>, limit: Duration| {
            value.is_some_and(|ms| ms > limit.as_secs_f64() * 1000.0)
        };
        let causes = [
            (Cause::LoadSide, !report.valid),
            (Cause::Desyncs, report.desyncs > 0),
            (Cause::BotsFailed, report.bots_failed > 0),
            // Without any update there is no gap to measure.
            (Cause::Gap, report.update_gap_ms.p99.is_none()),
            (Cause::Gap, is_above(report.update_gap_ms.p99, limits.gap)),
            (Cause::Lateness, is_above(lateness.p99, limits.lateness)),
        ];
        let cause = causes.into_iter().find(|&(_, applies)| applies).map(|(cause, _)| cause);
        Self { bots, held: cause.is_none(), cause, server_lateness_ms: lateness, report }
    }
}

/// A search under way.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    first: usize,
    most: usize,
    held: Option<usize>,
    failed: Option<(usize, Cause)>,
    /// A level that has failed once, and is to be tried again.
    doubted: Option<usize>,
}

impl Search {
    /// Begins with a level, and goes up to another at most.
    #[must_use]
    pub fn new(first: usize, most: usize) -> Self {
        Self { first: first.min(most), most, held: None, failed: None, doubted: None }
    }

    /// The next level to try; `None` when the search is over.
    #[must_use]
    pub fn next(&self) -> Option<usize> {
        if self.doubted.is_some() {
            return self.doubted;
        }
        let held = self.held.unwrap_or(0);
        match self.failed {
            None if held == 0 => Some(self.first),
            None => (held < self.most).then(|| (held * 2).min(self.most)),
            Some((failed, _)) => {
                let apart = failed - held;
                let enough = ((held as f64 * RESOLUTION) as usize).max(1);
                (apart > enough).then_some(held + apart / 2)
            }
        }
    }

    /// A level has held, or why not.
    pub const fn note(&mut self, bots: usize, cause: Option<Cause>) {
        let is_first = self.doubted.take().is_none();
        match cause {
            None => self.held = Some(bots),
            Some(Cause::Gap | Cause::Lateness) if is_first => self.doubted = Some(bots),
            Some(cause) => self.failed = Some((bots, cause)),
        }
    }

    /// The highest level that held.
    #[must_use]
    pub const fn held(&self) -> Option<usize> {
        self.held
    }

    /// The lowest that did not, and why.
    #[must_use]
    pub const fn failed(&self) -> Option<(usize, Cause)> {
        self.failed
    }

    /// Whether more might hold: where nothing more was tried, or this side was what failed.
    #[must_use]
    pub fn is_lower_bound(&self) -> bool {
        self.failed.is_none_or(|(_, cause)| cause == Cause::LoadSide) || self.next().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Window;
    use crate::stats::{Stats, UpdateSeen};

    const LIMITS: Limits =
        Limits { gap: Duration::from_millis(50), lateness: Duration::from_millis(5) };

    /// Tries levels until the search is over, on a server that holds so many.
    fn search(first: usize, most: usize, holds: usize, cause: Cause) -> (Search, Vec<usize>) {
        let mut search = Search::new(first, most);
        let mut tried = Vec::new();
        while let Some(bots) = search.next() {
            tried.push(bots);
            search.note(bots, (bots > holds).then_some(cause));
        }
        (search, tried)
    }

    #[test]
    fn the_search_doubles_and_then_halves_what_is_between() {
        let (search, tried) = search(100, 20_000, 730, Cause::Gap);
        assert_eq!(tried, [100, 200, 400, 800, 800, 600, 700, 750, 750, 725]);
        assert_eq!(search.held(), Some(725));
        assert_eq!(search.failed(), Some((750, Cause::Gap)));
        assert!(!search.is_lower_bound());
    }

    #[test]
    fn a_bad_moment_does_not_decide_the_search() {
        let mut search = Search::new(10, 20);
        search.note(10, Some(Cause::Gap));
        assert_eq!((search.next(), search.failed()), (Some(10), None));
        search.note(10, None);
        search.note(20, Some(Cause::Lateness));
        search.note(20, Some(Cause::Gap));
        assert_eq!(search.failed(), Some((20, Cause::Gap)));
        assert_eq!(search.next(), Some(15));
    }

    #[test]
    fn it_finds_any_capacity_to_a_twentieth() {
        for holds in 1..3000 {
            let (search, tried) = search(10, 20_000, holds, Cause::Lateness);
            let held = search.held().unwrap();
            assert!(held <= holds && holds - held <= (held / 20).max(1), "{holds}: {held}");
            assert!(tried.len() < 30, "{holds}: {tried:?}");
        }
    }

    #[test]
    fn a_server_that_holds_nobody_has_none() {
        let (search, tried) = search(8, 100, 0, Cause::BotsFailed);
        assert_eq!((search.held(), tried), (None, vec![8, 4, 2, 1]));
    }

    #[test]
    fn what_this_side_or_the_most_ended_is_a_lower_bound() {
        assert!(search(10, 100, 1000, Cause::Gap).0.is_lower_bound());
        assert_eq!(search(10, 100, 1000, Cause::Gap).0.held(), Some(100));
        assert!(search(10, 1000, 100, Cause::LoadSide).0.is_lower_bound());
        let mut given_up = Search::new(10, 100);
        given_up.note(10, None);
        given_up.note(20, Some(Cause::Desyncs));
        assert!(given_up.is_lower_bound(), "12 to 19 were not tried");
    }

    #[test]
    fn the_worst_cause_is_the_one_that_is_told() {
        let mut stats = Stats::default();
        let cause = |stats: &Stats, failed, cpu_ms, lateness| {
            let window = Window {
                length: Duration::from_secs(1),
                cpu: Some(Duration::from_millis(cpu_ms)),
                ..Window::default()
            };
            let report = Report::new(stats, &window, 1, failed, None);
            let lateness = Quantiles { p50: None, p99: lateness };
            Level::new(1, report, lateness, LIMITS).cause
        };
        assert_eq!(cause(&stats, 0, 0, None), Some(Cause::Gap), "nothing came");
        let gap = |ms| UpdateSeen { gap: Some(Duration::from_millis(ms)), ..UpdateSeen::default() };
        (0..200).for_each(|_| stats.record(&gap(49)));
        stats.record(&gap(90));
        assert_eq!(cause(&stats, 0, 0, None), None, "one in a hundred may be late");
        assert_eq!(cause(&stats, 0, 0, Some(5.0)), None);
        assert_eq!(cause(&stats, 0, 0, Some(5.1)), Some(Cause::Lateness));
        (0..9).for_each(|_| stats.record(&gap(90)));
        assert_eq!(cause(&stats, 0, 0, Some(5.1)), Some(Cause::Gap));
        assert_eq!(cause(&stats, 1, 0, None), Some(Cause::BotsFailed));
        stats.desyncs = 1;
        assert_eq!(cause(&stats, 1, 0, None), Some(Cause::Desyncs));
        assert_eq!(cause(&stats, 1, 900, None), Some(Cause::LoadSide));
    }
}
