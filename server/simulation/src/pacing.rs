//! What a room does first when it cannot keep its ticks: it sends less often.
//!
//! Rules run at every tick whatever happens, but frames need not go out at each. So a room whose ticks are
//! done too late sends at every second tick, then at every fourth, and more often again when there has
//! been time enough for a while. Only what is left after that is for the
//! [`schedule`](crate::schedule): a few ticks right after each other, and then a start that moves.
//!
//! Pure: how late ticks are done is handed in.

/// Ticks from one frame to the next, at the most.
pub const SLOWEST: u8 = 4;
/// A tick that is done later than at this share of its period has been too late. What is left is for the
/// other rooms of its thread.
const TOO_LATE: f32 = 0.9;
/// A tick that is done before this share of its period leaves time for twice the frames.
const EARLY: f32 = 0.4;
/// Of the mean over ticks, the share that a tick leaves of it: what a single slow one does is little.
const MEMORY: f32 = 0.9;
/// Ticks for which a room stays as it is after a change, so that its effect can be seen.
const SETTLING_TICKS: u32 = 30;
/// Ticks for which there has to be time enough before a room sends more often again: ten times as long, so
/// that it does not go to and fro.
const CALM_TICKS: u32 = 300;

/// How often a room sends.
#[derive(Clone, Copy, Debug)]
pub struct Pacing {
    every: u8,
    /// Mean share of their period after which ticks were done.
    done_at: f32,
    /// Ticks since the last change.
    settled: u32,
    /// Ticks for which there has been time enough.
    calm: u32,
}

impl Default for Pacing {
    fn default() -> Self {
        Self { every: 1, done_at: 0.0, settled: 0, calm: 0 }
    }
}

impl Pacing {
    /// Ticks from one frame to the next, at the least: 1, 2 or 4.
    #[must_use]
    pub const fn every(&self) -> u8 {
        self.every
    }

    /// Notes after which share of its period, from when it was due, a tick was done: 1 is when the next
    /// one is due. Returns whether the room sends less often from now on.
    pub fn handle_tick(&mut self, done_at: f32) -> bool {
        // One that waited for ages, as in a debugger, counts like one that was just too late.
        self.done_at = MEMORY * self.done_at + (1.0 - MEMORY) * done_at.min(2.0);
        self.settled += 1;
        self.calm = if self.done_at < EARLY { self.calm + 1 } else { 0 };
        if self.settled < SETTLING_TICKS {
            return false;
        }
        let is_slower = self.done_at > TOO_LATE && self.every < SLOWEST;
        if is_slower {
            self.change(self.every * 2);
        } else if self.calm >= CALM_TICKS && self.every > 1 {
            self.change(self.every / 2);
        }
        is_slower
    }

    fn change(&mut self, every: u8) {
        *self = Self { every, settled: 0, calm: 0, ..*self };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets ticks pass whose frames cost `frames` of the period when they are sent at every tick, and whose
    /// rules cost `rules`. Returns how often the room sends after them.
    fn pass(pacing: &mut Pacing, ticks: u32, rules: f32, frames: f32) -> u8 {
        for tick in 0..ticks {
            let sends = tick % u32::from(pacing.every()) == 0;
            pacing.handle_tick(rules + if sends { frames } else { 0.0 });
        }
        pacing.every()
    }

    #[test]
    fn a_room_that_keeps_its_ticks_sends_at_each() {
        assert_eq!(pass(&mut Pacing::default(), 10_000, 0.3, 0.5), 1);
    }

    #[test]
    fn a_single_slow_tick_changes_nothing() {
        let mut pacing = Pacing::default();
        pass(&mut pacing, 100, 0.1, 0.1);
        pacing.handle_tick(1000.0);
        assert_eq!(pass(&mut pacing, 100, 0.1, 0.1), 1);
    }

    #[test]
    fn what_is_too_much_is_sent_less_often_as_far_as_needed() {
        assert_eq!(pass(&mut Pacing::default(), 1000, 0.2, 1.0), 2);
        assert_eq!(pass(&mut Pacing::default(), 1000, 0.2, 2.0), 4);
        assert_eq!(pass(&mut Pacing::default(), 1000, 1.5, 0.1), 4, "and no further");
    }

    #[test]
    fn once_there_is_time_again_it_sends_more_often_step_by_step() {
        let mut pacing = Pacing::default();
        assert_eq!(pass(&mut pacing, 200, 0.5, 2.0), 4);
        assert_eq!(pass(&mut pacing, CALM_TICKS + 20, 0.1, 0.1), 2, "a step at a time");
        assert_eq!(pass(&mut pacing, CALM_TICKS, 0.1, 0.1), 1);
    }

    #[test]
    fn a_room_on_the_brink_does_not_go_to_and_fro() {
        let mut pacing = Pacing::default();
        let mut changes = 0;
        for _ in 0..100 {
            let before = pacing.every();
            pass(&mut pacing, 100, 0.3, 0.8);
            changes += u32::from(pacing.every() != before);
        }
        assert_eq!((changes, pacing.every()), (1, 2));
    }
}
