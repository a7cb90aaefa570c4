//! Time, as rooms see it: from a process-wide epoch, and from a room's tick 0.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The instant that all durations of a server are counted from.
#[derive(Clone, Copy, Debug)]
pub struct Epoch(Instant);

impl Epoch {
    /// An epoch that begins now.
    #[must_use]
    pub fn begin() -> Self {
        Self(Instant::now())
    }

    /// Time since the epoch.
    #[must_use]
    pub fn now(self) -> Duration {
        self.0.elapsed()
    }
}

/// A room's time: tick n is due at n / tick rate. Written by the room's driver, read by sessions
/// that stamp inputs and answer pings.
#[derive(Debug)]
pub struct RoomClock {
    epoch: Epoch,
    /// Nanoseconds from the epoch to tick 0.
    start_ns: AtomicU64,
}

impl RoomClock {
    /// A clock whose tick 0 was due at `start` after the epoch.
    #[must_use]
    pub fn new(epoch: Epoch, start: Duration) -> Self {
        let clock = Self { epoch, start_ns: AtomicU64::new(0) };
        clock.set_start(start);
        clock
    }

    /// The room's time. Zero before tick 0.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.at(self.epoch.now())
    }

    /// The room's time at `now` after the epoch.
    #[must_use]
    pub fn at(&self, now: Duration) -> Duration {
        now.saturating_sub(Duration::from_nanos(self.start_ns.load(Ordering::Relaxed)))
    }

    /// Moves tick 0, because the room could not keep its deadlines.
    pub fn set_start(&self, start: Duration) {
        let nanos = u64::try_from(start.as_nanos()).unwrap_or(u64::MAX);
        self.start_ns.store(nanos, Ordering::Relaxed);
    }
}
