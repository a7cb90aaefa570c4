//! What was at past ticks: for games that judge what players do by what they saw.
//!
//! A game writes down at every tick what it will want to look up, in a value of its own, and asks for
//! the value of a past one. It is bounded, part of the game's saved state, and allocates nothing once it
//! has grown: the oldest value's memory becomes the newest's.

use std::collections::VecDeque;

use bincode::{Decode, Encode};
use tickwire_protocol::ids::Tick;
use tickwire_protocol::message::ViewAge;

/// Values of the newest ticks, one each.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct History<T> {
    /// Ticks that are kept.
    most: u32,
    /// The tick of the last value.
    newest: Tick,
    /// In the order of their ticks, which follow one another.
    values: VecDeque<T>,
}

/// A past moment: between two ticks, as a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// The first tick that is not before it.
    pub tick: Tick,
    /// Share of the way from the tick before to that one, above 0 and at most 1.
    pub share: f32,
}

impl Moment {
    /// The moment that is so far before a tick.
    #[must_use]
    pub fn before(tick: Tick, age: ViewAge) -> Self {
        let (whole, rest) = (age.0 / ViewAge::PER_TICK, age.0 % ViewAge::PER_TICK);
        Self {
            tick: Tick(tick.0.wrapping_sub(whole.into())),
            share: f32::from(ViewAge::PER_TICK - rest) / f32::from(ViewAge::PER_TICK),
        }
    }
}

impl<T: Default> History<T> {
    /// An empty one that keeps so many ticks.
    #[must_use]
    pub const fn new(most: u32) -> Self {
        Self { most, newest: Tick(0), values: VecDeque::new() }
    }

    /// Keeps so many ticks from now on.
    pub fn keep(&mut self, most: u32) {
        self.most = most;
        let surplus = self.values.len().saturating_sub(most.max(1) as usize);
        self.values.drain(..surplus);
    }

    /// The value of a tick that has come, to be written; it may hold what an old one held. Each tick
    /// is to follow the one before: after a gap nothing is left of what was.
    /// At least one is kept.
    pub fn record(&mut self, tick: Tick) -> &mut T {
        if !self.values.is_empty() && tick != self.newest.next() {
            self.values.clear();
        }
        self.newest = tick;
        if self.values.len() < self.most.max(1) as usize {
            self.values.push_front(T::default());
        }
        // What was the first is the last then, with its memory.
        self.values.rotate_left(1);
        let last = self.values.len() - 1;
        &mut self.values[last]
    }
}

impl<T> History<T> {
    /// The value of a tick that is kept.
    #[must_use]
    pub fn at(&self, tick: Tick) -> Option<&T> {
        let ago = usize::try_from(self.newest.since(tick)).ok()?;
        self.values.get(self.values.len().checked_sub(ago + 1)?)
    }

    /// How many ticks it keeps at most.
    #[must_use]
    pub const fn most(&self) -> u32 {
        self.most
    }

    /// The values with their ticks, oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Tick, &T)> {
        let first = self.newest.0.wrapping_sub(self.values.len() as u32).wrapping_add(1);
        let tick = move |index: usize| Tick(first.wrapping_add(index as u32));
        self.values.iter().enumerate().map(move |(index, value)| (tick(index), value))
    }

    /// Whether it can be one that keeps so many ticks, or fewer.
    #[must_use]
    pub fn is_sound(&self, most: u32) -> bool {
        self.most <= most && self.values.len() <= self.most.max(1) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(most: u32, ticks: impl IntoIterator<Item = u32>) -> History<u32> {
        let mut history = History::new(most);
        for tick in ticks {
            *history.record(Tick(tick)) = tick.wrapping_mul(10);
        }
        history
    }

    #[test]
    fn it_keeps_the_newest_ticks() {
        let history = filled(3, 1..=5);
        assert_eq!(
            [2, 3, 5, 6].map(|tick| history.at(Tick(tick)).copied()),
            [None, Some(30), Some(50), None]
        );
        let ticks: Vec<_> = history.iter().map(|(tick, _)| tick.0).collect();
        assert_eq!(ticks, [3, 4, 5]);
        assert_eq!(filled(0, 1..=5).at(Tick(4)), None, "at least the newest");
    }

    #[test]
    fn it_can_be_told_to_keep_more_or_fewer() {
        let mut history = filled(4, 1..=4);
        history.keep(2);
        assert_eq!((history.at(Tick(2)), history.at(Tick(3))), (None, Some(&30)));
        history.keep(3);
        *history.record(Tick(5)) = 50;
        assert_eq!((history.at(Tick(3)), history.at(Tick(5))), (Some(&30), Some(&50)));
    }

    #[test]
    fn ticks_wrap() {
        let history = filled(4, [u32::MAX - 1, u32::MAX, 0, 1]);
        assert_eq!(history.at(Tick(u32::MAX)), Some(&u32::MAX.wrapping_mul(10)));
        assert_eq!(history.iter().map(|(tick, _)| tick.0).next(), Some(u32::MAX - 1));
    }

    #[test]
    fn nothing_is_left_after_a_gap() {
        let history = filled(4, [1, 2, 9]);
        assert_eq!((history.at(Tick(2)), history.at(Tick(9))), (None, Some(&90)));
    }

    #[test]
    fn moments_lie_between_ticks() {
        let before = |age| Moment::before(Tick(10), ViewAge(age));
        assert_eq!(before(0), Moment { tick: Tick(10), share: 1.0 });
        assert_eq!(before(4), Moment { tick: Tick(10), share: 0.75 });
        assert_eq!(before(16), Moment { tick: Tick(9), share: 1.0 });
        assert_eq!(before(47), Moment { tick: Tick(8), share: 1.0 / 16.0 });
        assert_eq!(Moment::before(Tick(0), ViewAge(16)).tick, Tick(u32::MAX));
    }

    #[test]
    fn what_is_saved_is_checked() {
        let history = filled(3, 1..=5);
        let bytes = crate::saved::encode(&history);
        let back: History<u32> = crate::saved::decode(&bytes).unwrap();
        assert_eq!(back, history);
        assert!(back.is_sound(3) && back.is_sound(4) && !filled(4, 1..=4).is_sound(3));
    }
}
