//! How a screening runs: where it is, how fast it goes, where it was told to go. Knows nothing of the match
//! but its length.

use bincode::{Decode, Encode};

use super::script::{PAUSED, SEEKING};

/// A place in a match: quarters of a tick since its first one, as far as the slowest speed goes in a step.
pub(super) type Position = u64;

/// Parts of a tick.
pub(super) const QUARTERS: u64 = 4;

/// What is to be done before anything else is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) enum Errand {
    /// To a tick, without a word about what happens on the way.
    Seek {
        tick: u32,
        /// Whether what is left of the way has to be computed.
        has_jumped: bool,
    },
    /// The same by playing the few ticks up to it.
    Step { tick: u32 },
}

/// How it runs.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Transport {
    position: Position,
    is_playing: bool,
    /// Quarters of a tick per step.
    speed: u32,
    errand: Option<Errand>,
}

impl Default for Transport {
    fn default() -> Self {
        Self { position: 0, is_playing: true, speed: QUARTERS as u32, errand: None }
    }
}

impl Transport {
    /// The place of a tick.
    pub(super) fn at(tick: u32) -> Position {
        u64::from(tick) * QUARTERS
    }

    pub(super) const fn position(&self) -> Position {
        self.position
    }

    /// The tick that is shown, or was last, from the first one.
    pub(super) const fn tick(&self) -> u32 {
        (self.position / QUARTERS) as u32
    }

    /// Multiples of the match's own speed.
    pub(super) fn speed(&self) -> f32 {
        self.speed as f32 / QUARTERS as f32
    }

    pub(super) const fn errand(&self) -> Option<Errand> {
        self.errand
    }

    pub(super) fn flags(&self) -> u32 {
        let paused = if self.is_playing { 0 } else { PAUSED };
        paused | if self.errand.is_some() { SEEKING } else { 0 }
    }

    /// Goes on, at so many quarters per step; from the beginning, where it had come to the end.
    pub(super) fn play(&mut self, speed: u32, length: u32) {
        let is_at_end = self.errand.is_none() && self.position >= Self::at(length);
        if is_at_end && !self.is_playing {
            self.seek(0, length);
        }
        self.speed = speed;
        self.is_playing = true;
    }

    pub(super) fn pause(&mut self) {
        self.is_playing = false;
    }

    pub(super) fn seek(&mut self, tick: u32, length: u32) {
        self.errand = Some(Errand::Seek { tick: tick.min(length), has_jumped: false });
    }

    /// Stands so many ticks later, or earlier. Between two ticks, the next one either way is one.
    pub(super) fn step(&mut self, ticks: i32, length: u32) {
        self.is_playing = false;
        let from = match self.errand {
            Some(Errand::Seek { tick, .. } | Errand::Step { tick }) => tick,
            None if ticks < 0 => self.position.div_ceil(QUARTERS) as u32,
            None => self.tick(),
        };
        let tick = from.saturating_add_signed(ticks).min(length);
        let is_ahead = Self::at(tick) > self.position && !self.flies();
        self.errand = Some(if is_ahead {
            Errand::Step { tick }
        } else {
            Errand::Seek { tick, has_jumped: false }
        });
    }

    /// Whether it is on its way somewhere far away.
    fn flies(&self) -> bool {
        matches!(self.errand, Some(Errand::Seek { .. }))
    }

    /// Where it is after the next step; `None` where it stands.
    pub(super) fn next(&self, length: u32) -> Option<Position> {
        let next = (self.position + u64::from(self.speed)).min(Self::at(length));
        (self.is_playing && next > self.position).then_some(next)
    }

    /// It was played up to a place, or as far as it could.
    pub(super) fn handle_played(&mut self, position: Position, is_there: bool, length: u32) {
        if is_there {
            self.position = position;
        }
        if !is_there || position >= Self::at(length) {
            self.is_playing = false;
        }
    }

    /// Some of an errand was done, or all of it.
    pub(super) fn handle_errand(&mut self, errand: Errand, is_there: bool, has_failed: bool) {
        let tick = match errand {
            Errand::Seek { tick, .. } | Errand::Step { tick } => tick,
        };
        if is_there {
            self.position = Self::at(tick);
        }
        let goes_on = !is_there && !has_failed && matches!(errand, Errand::Seek { .. });
        self.errand = goes_on.then_some(Errand::Seek { tick, has_jumped: true });
    }
}
