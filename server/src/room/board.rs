//! What a room shows of itself: a few numbers that listings read without asking the room.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;
use tickwire_protocol::message::Role;
use tickwire_simulation::room::Room;

/// Quantiles of a duration, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Quantiles {
    /// Half are below.
    pub p50: f64,
    /// One in a hundred is above.
    pub p99: f64,
    /// None is above.
    pub max: f64,
}

/// The numbers, written by the room's driver alone.
#[derive(Debug, Default)]
pub struct RoomBoard {
    tick: AtomicU32,
    send_every: AtomicU32,
    players: AtomicU32,
    spectators: AtomicU32,
    bots: AtomicU32,
    free_seats: AtomicU32,
    tick_time: SharedQuantiles,
    lateness: SharedQuantiles,
    has_failed: AtomicBool,
}

/// What a room shows at one moment.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct RoomNumbers {
    /// People who play.
    pub players: u32,
    /// People who watch.
    pub spectators: u32,
    /// Players run by the server.
    pub bots: u32,
    /// Seats free for players.
    pub free_seats: u32,
    /// The last tick.
    pub tick: u32,
    /// Ticks from one frame to the next: 1, or 2 or 4 while ticks cannot be kept.
    pub send_every: u32,
    /// How long ticks took, over the last ten seconds or so.
    pub tick_ms: Quantiles,
    /// How long after their due time ticks began, over the same time.
    pub lateness_ms: Quantiles,
}

impl RoomBoard {
    /// Puts up how many are in the room.
    pub fn post(&self, room: &Room) {
        let count = |role| room.count(role) as u32;
        self.tick.store(room.tick().0, Ordering::Relaxed);
        self.send_every.store(room.send_every().into(), Ordering::Relaxed);
        self.players.store(count(Role::Player), Ordering::Relaxed);
        self.spectators.store(count(Role::Spectator), Ordering::Relaxed);
        self.bots.store(count(Role::Bot), Ordering::Relaxed);
        self.free_seats.store(room.free_seats() as u32, Ordering::Relaxed);
    }

    /// Puts up that the game's rules have failed, and the room is no more.
    pub fn post_failure(&self) {
        self.has_failed.store(true, Ordering::Relaxed);
    }

    /// Whether they have.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }

    /// Puts up how long ticks take.
    pub fn post_timing(&self, timing: &TickTiming) {
        self.tick_time.post(&timing.tick_time);
        self.lateness.post(&timing.lateness);
    }

    /// Reads the numbers.
    #[must_use]
    pub fn read(&self) -> RoomNumbers {
        RoomNumbers {
            players: self.players.load(Ordering::Relaxed),
            spectators: self.spectators.load(Ordering::Relaxed),
            bots: self.bots.load(Ordering::Relaxed),
            free_seats: self.free_seats.load(Ordering::Relaxed),
            tick: self.tick.load(Ordering::Relaxed),
            send_every: self.send_every.load(Ordering::Relaxed),
            tick_ms: self.tick_time.read(),
            lateness_ms: self.lateness.read(),
        }
    }
}

#[derive(Debug, Default)]
struct SharedQuantiles {
    p50_us: AtomicU64,
    p99_us: AtomicU64,
    max_us: AtomicU64,
}

impl SharedQuantiles {
    fn post(&self, histogram: &Histogram<u16>) {
        self.p50_us.store(histogram.value_at_quantile(0.5), Ordering::Relaxed);
        self.p99_us.store(histogram.value_at_quantile(0.99), Ordering::Relaxed);
        self.max_us.store(histogram.max(), Ordering::Relaxed);
    }

    fn read(&self) -> Quantiles {
        let millis = |micros: &AtomicU64| micros.load(Ordering::Relaxed) as f64 / 1000.0;
        let [p50, p99, max] = [&self.p50_us, &self.p99_us, &self.max_us].map(millis);
        Quantiles { p50, p99, max }
    }
}

/// Distribution of tick times and lateness, in microseconds, up to a second.
#[derive(Debug)]
pub struct TickTiming {
    tick_time: Histogram<u16>,
    lateness: Histogram<u16>,
}

impl TickTiming {
    /// Nothing recorded yet.
    #[must_use]
    pub fn new() -> Self {
        #[expect(clippy::expect_used, reason = "the bounds are constants that the crate accepts")]
        let histogram = || Histogram::new_with_bounds(1, 1_000_000, 2).expect("valid bounds");
        Self { tick_time: histogram(), lateness: histogram() }
    }

    /// Records one tick.
    pub fn record(&mut self, tick_time: Duration, lateness: Duration) {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.tick_time.saturating_record(micros(tick_time));
        self.lateness.saturating_record(micros(lateness));
    }

    /// Which share of its time a thread spends on these ticks, of which there are so many a second.
    #[must_use]
    pub fn share(&self, tick_rate_hz: u16) -> f64 {
        self.tick_time.mean() / 1e6 * f64::from(tick_rate_hz)
    }

    /// Ticks recorded.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        self.tick_time.len()
    }

    /// Forgets what was recorded, so that the quantiles speak of recent ticks.
    pub fn clear(&mut self) {
        self.tick_time.reset();
        self.lateness.reset();
    }
}

impl Default for TickTiming {
    fn default() -> Self {
        Self::new()
    }
}
