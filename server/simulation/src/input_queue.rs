//! A player's inputs on their way to the tick at which they take effect.
//!
//! An input names its tick, or asks for the next one. It holds until the next input replaces it;
//! buttons fire once. What comes too late takes effect at the next tick and is counted; what comes
//! far too early, twice, or beyond the queue's bound is refused.

use std::collections::VecDeque;
use std::time::Duration;

use tickwire_protocol::frame::InputEcho;
use tickwire_protocol::ids::{InputSeq, Tick};
use tickwire_protocol::message::{Input, InputValues, RefusalCause, ViewAge};
use tickwire_protocol::schema::{InputKind, Schema};

use crate::journal::tape::TapedInput;
use crate::view_age::Claim;

/// Limits of an input queue.
#[derive(Clone, Copy, Debug)]
pub struct InputLimits {
    /// Furthest tick ahead that an input may name, in ticks.
    pub future_ticks: u32,
    /// Most inputs that wait at once.
    pub waiting: usize,
}

/// One input that waits.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    due: Tick,
    input: Input,
    arrived: Duration,
}

/// What takes effect at a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The input, with its buttons, the age that was granted to it, and the age that holds with it.
    pub input: TapedInput,
    /// What its player is told.
    pub echo: InputEcho,
}

/// Which fields of an input are buttons.
#[derive(Clone, Copy, Debug, Default)]
pub struct Buttons {
    mask: u8,
}

/// A player's inputs that wait.
#[derive(Clone, Debug, Default)]
pub struct InputQueue {
    /// In the order of their numbers, which is also that of their due ticks.
    waiting: VecDeque<Waiting>,
    newest: Option<InputSeq>,
    late: u64,
}

impl Buttons {
    /// The buttons of a schema.
    #[must_use]
    pub fn of(schema: &Schema) -> Self {
        let bits = schema.inputs.iter().enumerate();
        Self {
            mask: bits
                .filter(|(_, field)| field.kind == InputKind::Button)
                .fold(0, |mask, (index, _)| mask | 1 << index),
        }
    }

    fn indices(self) -> impl Iterator<Item = usize> {
        (0..u8::BITS as usize).filter(move |index| self.mask >> index & 1 == 1)
    }

    /// The input without its buttons: what goes on holding.
    #[must_use]
    pub fn release(self, mut values: InputValues) -> InputValues {
        self.indices().for_each(|index| values.set(index, 0));
        values
    }

    /// `newer`, with the buttons of `older` pressed as well: an input that is replaced before its
    /// tick must not swallow a press.
    fn merge(self, older: &InputValues, mut newer: InputValues) -> InputValues {
        for index in self.indices() {
            newer.set(index, newer.get(index) | older.get(index));
        }
        newer
    }
}

impl InputQueue {
    /// Inputs that came too late for the tick they named.
    #[must_use]
    pub const fn late(&self) -> u64 {
        self.late
    }

    /// Takes in an input whose values fit the schema. `now` is the last tick computed, `arrived`
    /// the room's time when the input came in.
    ///
    /// # Errors
    /// Why it is refused; the queue is then unchanged.
    pub fn push(
        &mut self,
        input: Input,
        arrived: Duration,
        now: Tick,
        limits: InputLimits,
    ) -> Result<(), RefusalCause> {
        if self.newest.is_some_and(|newest| input.seq.since(newest) <= 0) {
            return Err(RefusalCause::Repeated);
        }
        let is_next = input.at == Tick(0);
        let is_late = !is_next && !input.at.is_after(now);
        let wanted = if is_next || is_late { now.next() } else { input.at };
        // Inputs take effect in the order of their numbers: a client whose clock was put back
        // cannot overtake what it sent before.
        let last = self.waiting.back().map_or(wanted, |last| last.due);
        let due = if last.is_after(wanted) { last } else { wanted };
        if wanted.since(now).cast_unsigned() > limits.future_ticks {
            return Err(RefusalCause::FarFuture);
        }
        if self.waiting.len() >= limits.waiting {
            return Err(RefusalCause::QueueFull);
        }
        self.late += u64::from(is_late);
        self.newest = Some(input.seq);
        self.waiting.push_back(Waiting { due, input, arrived });
        Ok(())
    }

    /// The input that takes effect at `tick`, if one does, with its buttons. `due` is the room's
    /// time at which a tick is due; `grant` says what is believed of the age that an input claims.
    pub fn take(
        &mut self,
        tick: Tick,
        buttons: Buttons,
        due: impl Fn(Tick) -> Duration,
        grant: impl Fn(Claim) -> ViewAge,
    ) -> Option<Taken> {
        let mut taken: Option<Taken> = None;
        while let Some(first) = self.waiting.front().filter(|first| !first.due.is_after(tick)) {
            let values = match &taken {
                Some(older) => buttons.merge(&older.input.values, first.input.values),
                None => first.input.values,
            };
            let stamped = if first.input.at == Tick(0) { tick } else { first.input.at };
            let slack_ms = millis(due(stamped)) - millis(first.arrived);
            let early_ms = millis(due(tick)) - millis(first.arrived);
            let late_ticks = tick.since(stamped).max(0).cast_unsigned();
            let view_age = grant(Claim { view_age: first.input.view_age, early_ms, late_ticks });
            // Only at this tick does the player see the others so much later than it was meant.
            let late = late_ticks.saturating_mul(ViewAge::PER_TICK.into());
            let held_age = ViewAge(view_age.0.saturating_sub(late.try_into().unwrap_or(u16::MAX)));
            let slack_ms = slack_ms.clamp(i64::from(i16::MIN), i64::from(i16::MAX)) as i16;
            let echo = InputEcho { seq: first.input.seq, applied: tick, slack_ms };
            taken = Some(Taken { input: TapedInput { values, view_age, held_age }, echo });
            self.waiting.pop_front();
        }
        taken
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: InputLimits = InputLimits { future_ticks: 60, waiting: 4 };

    fn schema() -> Schema {
        Schema::new("g").input_integer("x", -9, 9).input_button("fire")
    }

    fn due(tick: Tick) -> Duration {
        Duration::from_millis(u64::from(tick.0) * 33)
    }

    struct Player {
        queue: InputQueue,
        seq: u16,
    }

    impl Player {
        fn new() -> Self {
            Self { queue: InputQueue::default(), seq: 0 }
        }

        fn push(&mut self, at: u32, values: [i32; 2], now: u32) -> Result<(), RefusalCause> {
            self.seq = self.seq.wrapping_add(1);
            let values = InputValues::new(&values).unwrap();
            let input =
                Input { seq: InputSeq(self.seq), at: Tick(at), view_age: ViewAge::UNTOLD, values };
            self.queue.push(input, due(Tick(now)), Tick(now), LIMITS)
        }

        fn take(&mut self, tick: u32) -> Option<([i32; 2], i16)> {
            let Taken { input, echo } = self.take_granting(tick, |claim| claim.view_age)?;
            Some(([input.values.get(0), input.values.get(1)], echo.slack_ms))
        }

        fn take_granting(&mut self, tick: u32, grant: impl Fn(Claim) -> ViewAge) -> Option<Taken> {
            self.queue.take(Tick(tick), Buttons::of(&schema()), due, grant)
        }
    }

    #[test]
    fn an_input_takes_effect_at_its_tick() {
        let mut player = Player::new();
        player.push(13, [5, 0], 10).unwrap();
        assert_eq!((player.take(11), player.take(12)), (None, None));
        assert_eq!(player.take(13), Some(([5, 0], 99)));
        assert_eq!(player.take(14), None);
    }

    #[test]
    fn zero_means_the_next_tick() {
        let mut player = Player::new();
        player.push(0, [5, 0], 10).unwrap();
        assert_eq!(player.take(11), Some(([5, 0], 33)));
        assert_eq!(player.queue.late(), 0);
    }

    #[test]
    fn a_late_input_takes_effect_at_the_next_tick_and_is_counted() {
        let mut player = Player::new();
        player.push(8, [5, 0], 10).unwrap();
        assert_eq!(player.take(11), Some(([5, 0], -66)));
        assert_eq!(player.queue.late(), 1);
    }

    #[test]
    fn the_far_future_repeats_and_floods_are_refused() {
        let mut player = Player::new();
        assert_eq!(player.push(71, [0, 0], 10), Err(RefusalCause::FarFuture));
        assert_eq!(player.push(70, [0, 0], 10), Ok(()));
        player.seq -= 1;
        assert_eq!(player.push(0, [0, 0], 10), Err(RefusalCause::Repeated));
        for _ in 0..3 {
            player.push(0, [0, 0], 10).unwrap();
        }
        assert_eq!(player.push(0, [0, 0], 10), Err(RefusalCause::QueueFull));
    }

    #[test]
    fn inputs_take_effect_in_the_order_of_their_numbers() {
        let mut player = Player::new();
        player.push(20, [1, 0], 10).unwrap();
        player.push(15, [2, 0], 10).unwrap();
        assert_eq!(player.take(19), None);
        assert_eq!(player.take(20).map(|taken| taken.0), Some([2, 0]));
    }

    #[test]
    fn a_press_fires_once_and_survives_being_replaced() {
        let mut player = Player::new();
        player.push(0, [1, 1], 10).unwrap();
        player.push(0, [2, 0], 10).unwrap();
        assert_eq!(player.take(11), Some(([2, 1], 33)));
        let buttons = Buttons::of(&schema());
        let values = InputValues::new(&[2, 1]).unwrap();
        assert_eq!(buttons.release(values).as_slice(), [2, 0]);
    }

    #[test]
    fn the_age_that_is_granted_holds_with_the_input() {
        let mut player = Player::new();
        let values = InputValues::new(&[1, 0]).unwrap();
        let mut input = Input { seq: InputSeq(1), at: Tick(13), view_age: ViewAge(90), values };
        player.queue.push(input, due(Tick(11)), Tick(11), LIMITS).unwrap();
        let claim = Claim { view_age: ViewAge(90), early_ms: 66, late_ticks: 0 };
        let taken = player.take_granting(13, |seen| {
            assert_eq!(seen, claim);
            ViewAge(50)
        });
        let ages = |taken: Option<Taken>| {
            taken.map(|Taken { input, .. }| (input.view_age, input.held_age))
        };
        assert_eq!(ages(taken), Some((ViewAge(50), ViewAge(50))));
        assert_eq!(player.take(14), None);
        // One that is late by two ticks sees others so much later, at that tick alone.
        (input.seq, input.at) = (InputSeq(2), Tick(13));
        player.queue.push(input, due(Tick(14)), Tick(14), LIMITS).unwrap();
        let claim = Claim { view_age: ViewAge(90), early_ms: 33, late_ticks: 2 };
        let taken = player.take_granting(15, |seen| {
            assert_eq!(seen, claim);
            ViewAge(122)
        });
        assert_eq!(ages(taken), Some((ViewAge(122), ViewAge(90))));
    }

    #[test]
    fn numbers_and_ticks_wrap() {
        let mut player = Player::new();
        player.seq = u16::MAX - 1;
        player.push(u32::MAX, [1, 0], u32::MAX - 1).unwrap();
        player.push(1, [2, 0], u32::MAX - 1).unwrap();
        assert_eq!(player.take(u32::MAX).map(|taken| taken.0), Some([1, 0]));
        assert_eq!(player.take(0), None);
        assert_eq!(player.take(1).map(|taken| taken.0), Some([2, 0]));
    }
}
