//! When to try again: exponential delays with jitter. Pure; whoever asks does the sleeping.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;

use crate::come_back::ComeBack;

/// Delay before the first try, without jitter.
pub const FIRST_DELAY: Duration = Duration::from_secs(1);
/// No delay of the backoff's own is longer.
pub const LONGEST_DELAY: Duration = Duration::from_secs(30);
/// A delay that the server told is not kept beyond this: no mistake there keeps a client away for days.
pub const LONGEST_TOLD: Duration = Duration::from_secs(7200);
/// A delay that the server told is lengthened by a random part of up to this share of it.
const TOLD_SPREAD: f64 = 0.25;
/// A try at once comes within this time: clients of a server that lost all of them spread a little.
pub const AT_ONCE: Duration = Duration::from_millis(100);

/// Delays that double from try to try. Each is shortened by a random part of up to a half, so that
/// clients who lost the same server do not come back at the same moment.
#[derive(Clone, Debug)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    tries: u32,
    rng: Pcg32,
}

impl Backoff {
    /// Delays from [`FIRST_DELAY`] to [`LONGEST_DELAY`], with jitter from this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::between(FIRST_DELAY, LONGEST_DELAY, seed)
    }

    /// Delays from `first` to `longest`, with jitter from this seed.
    #[must_use]
    pub fn between(first: Duration, longest: Duration, seed: u64) -> Self {
        Self { first, longest, tries: 0, rng: Pcg32::seed_from_u64(seed) }
    }

    /// The delay before the next try.
    pub fn next_delay(&mut self) -> Duration {
        let doubled = self.first.saturating_mul(1 << self.tries.min(31));
        self.tries = self.tries.saturating_add(1);
        doubled.min(self.longest).mul_f64(self.rng.random_range(0.5..=1.0))
    }

    /// The delay before a try at once, which does not lengthen those of later ones.
    pub fn at_once(&mut self) -> Duration {
        AT_ONCE.mul_f64(self.rng.random_range(0.0..=1.0))
    }

    /// The delay after which the server told this client, and maybe many others, to come back: a
    /// little more than that. It does not lengthen those of later tries.
    fn told(&mut self, delay: Duration) -> Duration {
        delay.min(LONGEST_TOLD).mul_f64(1.0 + self.rng.random_range(0.0..=TOLD_SPREAD))
    }

    /// The delay before coming back, or `None` when one should not.
    pub fn delay(&mut self, come_back: ComeBack) -> Option<Duration> {
        match come_back {
            ComeBack::Never => None,
            ComeBack::Backoff => Some(self.next_delay()),
            // The jitter comes on top, so that nobody is early.
            ComeBack::NotBefore(least) => Some(least + self.next_delay()),
            ComeBack::Told(delay) => Some(self.told(delay)),
        }
    }

    /// Starts over: the last try succeeded.
    pub const fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn delays_double_within_their_jitter_up_to_the_longest(seed: u64) {
            let mut backoff = Backoff::new(seed);
            for whole in [1, 2, 4, 8, 16, 30, 30, 30] {
                let delay = backoff.next_delay().as_secs_f64();
                prop_assert!((f64::from(whole) / 2.0..=f64::from(whole)).contains(&delay), "{delay}");
            }
            backoff.reset();
            prop_assert!(backoff.at_once() <= AT_ONCE);
            prop_assert!(backoff.next_delay() <= FIRST_DELAY);
        }

        #[test]
        fn nobody_is_back_before_a_delay_that_the_protocol_sets(seed: u64) {
            let mut backoff = Backoff::new(seed);
            let least = Duration::from_secs(5);
            for _ in 0..40 {
                let delay = backoff.delay(ComeBack::NotBefore(least)).unwrap();
                prop_assert!(delay > least && delay <= least + LONGEST_DELAY);
            }
            prop_assert_eq!(backoff.delay(ComeBack::Never), None);
        }

        #[test]
        fn a_delay_that_the_server_told_stands_in_for_the_backoffs(seed: u64) {
            let mut backoff = Backoff::new(seed);
            for (told, kept) in [(0, 0), (1, 1), (7, 7), (u64::MAX, 7200)] {
                let delay = backoff.delay(ComeBack::Told(Duration::from_secs(told))).unwrap();
                let kept = Duration::from_secs(kept);
                prop_assert!(delay >= kept && delay <= kept.mul_f64(1.0 + TOLD_SPREAD), "{delay:?}");
            }
            prop_assert!(backoff.next_delay() <= FIRST_DELAY);
        }
    }

    #[test]
    fn clients_spread_out() {
        let spread = |delay: fn(&mut Backoff) -> Duration| {
            let delays = (0..50).map(|seed| delay(&mut Backoff::new(seed)));
            let (least, most) = delays
                .fold((Duration::MAX, Duration::ZERO), |(least, most), delay| {
                    (least.min(delay), most.max(delay))
                });
            most - least
        };
        assert!(spread(Backoff::next_delay) > FIRST_DELAY / 3);
        assert!(spread(|backoff| backoff.told(Duration::from_secs(10))) > Duration::from_secs(2));
    }
}
