//! When to try again: exponential delays with jitter. Pure; whoever asks does the sleeping.

use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;
use tickwire_protocol::close::Reconnect;

/// Delay before the first try, without jitter.
pub const FIRST_DELAY: Duration = Duration::from_secs(1);
/// No delay is longer, except where the server names one.
pub const LONGEST_DELAY: Duration = Duration::from_secs(30);
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

    /// The delay before coming back after a close, or `None` when one should not.
    pub fn delay_after(&mut self, reconnect: Reconnect) -> Option<Duration> {
        match reconnect {
            Reconnect::Never => None,
            Reconnect::Backoff => Some(self.next_delay()),
            // The jitter comes on top, so that nobody is early.
            Reconnect::After(least) => Some(least + self.next_delay()),
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
        fn a_delay_that_the_server_names_is_kept(seed: u64) {
            let mut backoff = Backoff::new(seed);
            let least = Duration::from_secs(5);
            for _ in 0..40 {
                let delay = backoff.delay_after(Reconnect::After(least)).unwrap();
                prop_assert!(delay > least && delay <= least + LONGEST_DELAY);
            }
            prop_assert_eq!(backoff.delay_after(Reconnect::Never), None);
        }
    }

    #[test]
    fn clients_spread_out() {
        let delays: Vec<_> = (0..50).map(|seed| Backoff::new(seed).next_delay()).collect();
        let spread = *delays.iter().max().unwrap() - *delays.iter().min().unwrap();
        assert!(spread > FIRST_DELAY / 3, "50 clients come back within {spread:?}");
    }
}
