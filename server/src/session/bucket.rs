//! A token bucket: how much of something is allowed at a time, and for ever.
//!
//! It is full at the beginning and is refilled at the allowed rate, so that a burst after a stall is
//! forgiven and a flood is not. Pure: time is passed in.

use std::time::Duration;

/// An allowance that comes back with time.
#[derive(Debug)]
pub struct TokenBucket {
    /// What is left.
    tokens: f64,
    /// When it was that.
    at: Duration,
}

/// How much is allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Allowance {
    /// For ever, per second.
    pub per_second: f64,
    /// At once.
    pub burst: f64,
}

impl TokenBucket {
    /// A full bucket.
    #[must_use]
    pub const fn full(allowance: Allowance, now: Duration) -> Self {
        Self { tokens: allowance.burst, at: now }
    }

    /// Takes this much out, if it is there.
    #[must_use]
    pub fn take(&mut self, cost: f64, allowance: Allowance, now: Duration) -> bool {
        let elapsed = now.saturating_sub(self.at).as_secs_f64();
        self.tokens = (self.tokens + elapsed * allowance.per_second).min(allowance.burst);
        self.at = now;
        let is_there = self.tokens >= cost;
        if is_there {
            self.tokens -= cost;
        }
        is_there
    }

    /// How long it takes until this much is there, from when something was last asked for; it has to be within
    /// a burst.
    #[must_use]
    pub fn wait(&self, cost: f64, allowance: Allowance) -> Duration {
        Duration::from_secs_f64((cost - self.tokens).max(0.0) / allowance.per_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bursts_are_forgiven_and_floods_are_not() {
        let allowance = Allowance { per_second: 10.0, burst: 20.0 };
        let mut bucket = TokenBucket::full(allowance, Duration::ZERO);
        let mut take = |cost, millis| bucket.take(cost, allowance, Duration::from_millis(millis));
        assert!(take(20.0, 0));
        assert!(!take(1.0, 0));
        assert!(!take(1.0, 99));
        assert!(take(1.0, 100));
        assert!(!take(21.0, 60_000), "more than a burst is never there");
        assert!(take(20.0, 60_000));
        assert!(!take(1.0, 60_000));
    }

    #[test]
    fn who_has_nothing_left_can_be_told_how_long_to_wait() {
        let allowance = Allowance { per_second: 2.0, burst: 5.0 };
        let mut bucket = TokenBucket::full(allowance, Duration::ZERO);
        assert!(bucket.take(5.0, allowance, Duration::ZERO));
        assert!(!bucket.take(1.0, allowance, Duration::from_millis(100)));
        assert_eq!(bucket.wait(1.0, allowance), Duration::from_millis(400));
        assert!(bucket.take(1.0, allowance, Duration::from_millis(500)));
    }
}
