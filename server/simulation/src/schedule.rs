//! When ticks are due: absolute deadlines, and what happens when a room cannot keep them.
//!
//! Tick n is due at start + n · dt, so a late tick never makes the next one late. A room that falls
//! behind although it sends less often ([`pacing`](crate::pacing)) runs a few ticks right after each
//! other; if that is not enough its start moves, which is counted. Tick numbers stay consecutive. Times are handed in; nothing here reads a clock.

use std::time::Duration;

/// Ticks that may run right after each other to catch up.
pub const MAX_CATCH_UP_TICKS: u32 = 4;

/// The deadlines of one room.
#[derive(Clone, Copy, Debug)]
pub struct TickSchedule {
    tick_rate_hz: u16,
    /// When tick 0 was due.
    start: Duration,
    /// The tick that is due next.
    next: u64,
    /// By how much the start has moved in all.
    moved: Duration,
}

impl TickSchedule {
    /// The first tick is due one period after `now`, shifted back by `phase` of a period, 0 to 1:
    /// rooms of one thread that tick at different phases do not wait for each other.
    #[must_use]
    pub fn new(tick_rate_hz: u16, now: Duration, phase: f64) -> Self {
        let period = Duration::from_secs(1) / u32::from(tick_rate_hz);
        let start = now + period.mul_f64(phase.rem_euclid(1.0));
        Self { tick_rate_hz, start, next: 1, moved: Duration::ZERO }
    }

    /// A schedule whose next tick is the one after this, due as in [`TickSchedule::new`].
    #[must_use]
    pub fn after(ticks: u64, tick_rate_hz: u16, now: Duration, phase: f64) -> Self {
        let mut schedule = Self::new(tick_rate_hz, now, phase);
        schedule.next = ticks + 1;
        schedule.start = schedule.start.saturating_sub(schedule.room_time_of(ticks));
        schedule
    }

    /// Time has stood still until `now`: the next tick is due a period later.
    pub fn handle_pause(&mut self, now: Duration) {
        self.start = now.saturating_sub(self.room_time_of(self.next - 1));
    }

    /// When the next tick is due.
    #[must_use]
    pub fn due(&self) -> Duration {
        self.start + self.room_time_of(self.next)
    }

    /// When tick 0 was due: room time is the time since then.
    #[must_use]
    pub const fn start(&self) -> Duration {
        self.start
    }

    /// By how much the start has moved in all, because ticks could not be kept.
    #[must_use]
    pub const fn moved(&self) -> Duration {
        self.moved
    }

    /// How long after its due time a tick that begins `now` is.
    #[must_use]
    pub fn lateness(&self, now: Duration) -> Duration {
        now.saturating_sub(self.due())
    }

    /// How much of a period has passed `now` since the tick that is due next was due: 1 is when the one
    /// after it is.
    #[must_use]
    pub fn share_of_period(&self, now: Duration) -> f32 {
        self.lateness(now).as_secs_f32() * f32::from(self.tick_rate_hz)
    }

    /// Notes that the tick that was due has been computed, at `now`. Moves the start when the room
    /// is further behind than catching up allows.
    pub fn handle_ticked(&mut self, now: Duration) {
        self.next += 1;
        let period = Duration::from_secs(1) / u32::from(self.tick_rate_hz);
        let behind = now.saturating_sub(self.due());
        if behind > period * MAX_CATCH_UP_TICKS {
            self.start += behind;
            self.moved += behind;
        }
    }

    fn room_time_of(&self, tick: u64) -> Duration {
        // In whole nanoseconds from tick 0, so that rounding never adds up.
        let nanos = u128::from(tick) * 1_000_000_000 / u128::from(self.tick_rate_hz);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn a_late_tick_does_not_delay_the_next() {
        let mut schedule = TickSchedule::new(50, MS(1000), 0.0);
        assert_eq!(schedule.due(), MS(1020));
        assert_eq!(schedule.lateness(MS(1029)), MS(9));
        assert!((schedule.share_of_period(MS(1030)) - 0.5).abs() < 1e-6);
        schedule.handle_ticked(MS(1030));
        assert_eq!(schedule.due(), MS(1040));
        assert_eq!(schedule.lateness(MS(1039)), MS(0));
    }

    #[test]
    fn deadlines_do_not_drift() {
        let mut schedule = TickSchedule::new(30, MS(0), 0.0);
        for _ in 0..30 * 60 - 1 {
            schedule.handle_ticked(MS(0));
        }
        assert_eq!(schedule.due(), MS(60_000));
    }

    #[test]
    fn a_schedule_goes_on_where_another_one_was_and_after_a_pause() {
        let hour = MS(3_600_000);
        let mut schedule = TickSchedule::after(100, 50, hour, 0.0);
        assert_eq!((schedule.start(), schedule.due()), (hour - MS(2000), hour + MS(20)));
        schedule.handle_ticked(hour + MS(21));
        schedule.handle_pause(hour + MS(5000));
        assert_eq!((schedule.due(), schedule.moved()), (hour + MS(5020), MS(0)));
    }

    #[test]
    fn phases_spread_rooms_within_a_tick() {
        assert_eq!(TickSchedule::new(50, MS(0), 0.5).due(), MS(30));
        assert_eq!(TickSchedule::new(50, MS(0), 2.25).due(), MS(25));
    }

    #[test]
    fn a_short_stall_is_caught_up_and_a_long_one_moves_the_start() {
        let mut schedule = TickSchedule::new(50, MS(0), 0.0);
        schedule.handle_ticked(MS(120));
        assert_eq!((schedule.due(), schedule.moved()), (MS(40), MS(0)));
        schedule.handle_ticked(MS(1000));
        assert_eq!((schedule.due(), schedule.moved()), (MS(1000), MS(940)));
        schedule.handle_ticked(MS(1001));
        assert_eq!(schedule.due(), MS(1020));
    }
}
