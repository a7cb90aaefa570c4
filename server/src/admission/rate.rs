//! How often each address may do something.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// How often something may be done at once, as a multiple of how often per second: a family that sits down
/// to play.
const BURST: u32 = 4;
/// Times after which addresses that have not been seen for long are forgotten.
const FORGET_EVERY: usize = 1024;

/// A rate for each address.
#[derive(Debug)]
pub struct Rate {
    limiter: DefaultKeyedRateLimiter<IpAddr>,
    /// Time after which one more is due.
    wait: Duration,
    seen: AtomicUsize,
}

impl Rate {
    /// So many per second, four times as many at once.
    #[must_use]
    pub fn new(per_second: NonZeroU32) -> Self {
        let burst = per_second.saturating_mul(NonZeroU32::MIN.saturating_add(BURST - 1));
        let quota = Quota::per_second(per_second).allow_burst(burst);
        let wait = Duration::from_secs(1) / per_second.get();
        Self { limiter: RateLimiter::keyed(quota), wait, seen: AtomicUsize::new(0) }
    }

    /// Takes note of another time.
    ///
    /// # Errors
    /// When it is one too many: the time after which one more is due.
    pub fn admit(&self, address: IpAddr) -> Result<(), Duration> {
        if self.seen.fetch_add(1, Ordering::Relaxed).is_multiple_of(FORGET_EVERY) {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(&address).map_err(|_| self.wait)
    }
}
