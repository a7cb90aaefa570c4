//! The permission to run rooms: of one server, for all of its rooms, until a moment that is put off again and
//! again. A server that cannot do so in time has to take it that somebody else runs them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Without end, and without a cluster.
const FOR_EVER: u64 = u64::MAX;

/// Until when this server may run its rooms. One load per look at it.
#[derive(Debug)]
pub struct Warrant {
    /// Microseconds since the server's epoch ([`Epoch::now`](super::clock::Epoch::now)).
    until_us: AtomicU64,
}

impl Warrant {
    /// That of a server which is in no cluster: it is always valid.
    #[must_use]
    pub const fn always() -> Self {
        Self { until_us: AtomicU64::new(FOR_EVER) }
    }

    /// One that is valid until this time after the epoch; not at all until [`Duration::ZERO`].
    #[must_use]
    pub fn until(until: Duration) -> Self {
        Self { until_us: AtomicU64::new(micros(until)) }
    }

    /// It is valid until this time after the epoch, at the least: what was granted is not taken back by less.
    pub fn extend_to(&self, until: Duration) {
        self.until_us.fetch_max(micros(until), Ordering::Relaxed);
    }

    /// It is valid until this time after the epoch, be that earlier than before.
    pub fn set(&self, until: Duration) {
        self.until_us.store(micros(until), Ordering::Relaxed);
    }

    /// It is not valid any more, until it is extended.
    pub fn revoke(&self) {
        self.until_us.store(0, Ordering::Relaxed);
    }

    /// Whether rooms may be run at this time after the epoch.
    #[must_use]
    pub fn is_valid(&self, now: Duration) -> bool {
        let until_us = self.until_us.load(Ordering::Relaxed);
        until_us == FOR_EVER || micros(now) < until_us
    }
}

fn micros(time: Duration) -> u64 {
    // Never all of it: that is for ever.
    u64::try_from(time.as_micros()).unwrap_or(FOR_EVER).min(FOR_EVER - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_valid_until_its_time() {
        let at = Duration::from_millis;
        let warrant = Warrant::until(at(100));
        assert!(warrant.is_valid(Duration::ZERO) && warrant.is_valid(at(99)));
        assert!(!warrant.is_valid(at(100)));
        warrant.extend_to(at(200));
        warrant.extend_to(at(150));
        assert!(warrant.is_valid(at(199)) && !warrant.is_valid(at(200)));
        warrant.revoke();
        assert!(!warrant.is_valid(Duration::ZERO));
        warrant.extend_to(at(300));
        assert!(warrant.is_valid(at(299)));
        assert!(!Warrant::until(Duration::ZERO).is_valid(Duration::ZERO));
    }

    #[test]
    fn without_a_cluster_it_is_always_valid() {
        let warrant = Warrant::always();
        assert!(warrant.is_valid(Duration::MAX));
        let long = Warrant::until(Duration::MAX);
        assert!(!long.is_valid(Duration::MAX), "what has an end is not for ever");
    }
}
