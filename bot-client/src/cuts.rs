//! When a bot cuts its own connection, to try how it gets back. Pure: times are those since the
//! measurement began.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;

/// Bots that cut their connections more often than this would only do that.
pub const SHORTEST_EVERY: Duration = Duration::from_millis(100);

/// What the flags ask of all bots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CutPlan {
    /// Time from one cut to the next; without it, there are none of that kind.
    pub every: Option<Duration>,
    /// When all bots cut, once.
    pub at: Option<Duration>,
}

/// The cuts that one bot still has to make.
#[derive(Clone, Copy, Debug)]
pub struct Cuts {
    /// The next one, and the time from one to the next.
    every: Option<(Duration, Duration)>,
    at: Option<Duration>,
}

impl CutPlan {
    /// Whether any connection is to be cut.
    #[must_use]
    pub const fn is_any(&self) -> bool {
        self.every.is_some() || self.at.is_some()
    }

    /// The cuts of a bot, which begin at a random phase.
    #[must_use]
    pub fn cuts(&self, seed: u64) -> Cuts {
        let phase: f64 = Pcg32::seed_from_u64(seed).random_range(0.0..=1.0);
        Cuts { every: self.every.map(|every| (every.mul_f64(phase), every)), at: self.at }
    }
}

impl Cuts {
    /// When the next one is due.
    #[must_use]
    pub fn next(&self) -> Option<Duration> {
        let every = self.every.map(|(next, _)| next);
        every.into_iter().chain(self.at).min()
    }

    /// Those up to now were made, or missed for want of a connection.
    pub fn pass(&mut self, now: Duration) {
        if let Some((next, every)) = &mut self.every {
            while *next <= now {
                *next += *every;
            }
        }
        self.at = self.at.filter(|&at| at > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn there_are_none_unless_they_are_asked_for() {
        assert!(!CutPlan::default().is_any());
        assert_eq!(CutPlan::default().cuts(1).next(), None);
    }

    #[test]
    fn cuts_are_a_period_apart_and_those_missed_are_left_out() {
        let plan = CutPlan { every: Some(SECOND), at: None };
        for seed in 0..100 {
            let mut cuts = plan.cuts(seed);
            let first = cuts.next().unwrap();
            assert!(first <= SECOND, "seed {seed}: {first:?}");
            cuts.pass(first);
            assert_eq!(cuts.next(), Some(first + SECOND));
            cuts.pass(first + SECOND * 5 / 2);
            assert_eq!(cuts.next(), Some(first + SECOND * 3));
        }
    }

    #[test]
    fn bots_are_out_of_phase() {
        let plan = CutPlan { every: Some(SECOND), at: None };
        let firsts: Vec<_> = (0..50).map(|seed| plan.cuts(seed).next().unwrap()).collect();
        assert!(*firsts.iter().max().unwrap() - *firsts.iter().min().unwrap() > SECOND * 2 / 3);
    }

    #[test]
    fn all_cut_once_at_a_time() {
        let mut cuts = CutPlan { every: None, at: Some(SECOND) }.cuts(3);
        cuts.pass(SECOND / 2);
        assert_eq!(cuts.next(), Some(SECOND));
        cuts.pass(SECOND);
        assert_eq!(cuts.next(), None);
    }

    #[test]
    fn both_kinds_go_together() {
        let mut cuts = CutPlan { every: Some(SECOND), at: Some(SECOND * 10) }.cuts(3);
        for _ in 0..9 {
            cuts.pass(cuts.next().unwrap());
        }
        assert!(cuts.next().unwrap() < SECOND * 10);
        cuts.pass(cuts.next().unwrap());
        assert_eq!(cuts.next(), Some(SECOND * 10));
    }
}
