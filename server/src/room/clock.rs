//! Time, as rooms see it: from a process-wide epoch, and from a room's tick 0.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long before it begins a server's epoch is: rooms that another process has opened were at their tick 0
/// before this one began. Longer than ticks take to wrap.
const HEAD_START: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

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
        HEAD_START + self.0.elapsed()
    }
}

/// A room's time: tick n is due at n / tick rate. Written by the room's driver, read by sessions
/// that stamp inputs and answer pings.
#[derive(Debug)]
pub struct RoomClock {
    epoch: Epoch,
    /// Nanoseconds from the epoch to tick 0.
    start_ns: AtomicU64,
    /// Nanoseconds from the epoch to when time stood still; 0 while it passes.
    held_ns: AtomicU64,
}

impl RoomClock {
    /// A clock whose tick 0 was due at `start` after the epoch.
    #[must_use]
    pub fn new(epoch: Epoch, start: Duration) -> Self {
        let clock = Self { epoch, start_ns: AtomicU64::new(0), held_ns: AtomicU64::new(0) };
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
        let held = self.held_ns.load(Ordering::Relaxed);
        let now = if held == 0 { now } else { Duration::from_nanos(held) };
        now.saturating_sub(Duration::from_nanos(self.start_ns.load(Ordering::Relaxed)))
    }

    /// Time stands still from `now` after the epoch on, until [`RoomClock::release`].
    pub fn hold(&self, now: Duration) {
        self.held_ns.store(nanos(now), Ordering::Relaxed);
    }

    /// Time passes again, from a tick 0 at `start`.
    pub fn release(&self, start: Duration) {
        self.set_start(start);
        self.held_ns.store(0, Ordering::Relaxed);
    }

    /// Moves tick 0, because the room could not keep its deadlines.
    pub fn set_start(&self, start: Duration) {
        self.start_ns.store(nanos(start), Ordering::Relaxed);
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
