//! What a room keeps to be computed again from, and hands to whoever keeps it for longer.
//!
//! ```text
//! after each tick: tape ─→ since the last keyframe ─→ (where wanted) pieces, for a writer
//!                  now and then: save() ─→ keyframe, and its hash
//! ```

use bytes::Bytes;
use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::message::Role;

use super::file::{Mark, MarkKind};
use crate::world::{Entrant, World};

/// How often a world is saved, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecorderConfig {
    /// From one keyframe to the next: what has to be computed again, at most.
    pub keyframe_ticks: u32,
    /// From one hash to the next.
    pub hash_ticks: u32,
}

impl RecorderConfig {
    /// A keyframe every five seconds, a hash every second.
    #[must_use]
    pub fn new(tick_rate_hz: u16) -> Self {
        let second = u32::from(tick_rate_hz);
        Self { keyframe_ticks: 5 * second, hash_ticks: second }
    }
}

/// A piece of a journal, for a writer. Together, in order, they are all of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    /// What was done to the world.
    Tape(Vec<u8>),
    /// The world after all before it: to be hashed, and kept whole if it is a keyframe.
    State {
        /// After which tick.
        tick: Tick,
        /// Who is ahead in the game.
        leader: Option<PlayerId>,
        /// The whole of it.
        state: Bytes,
        /// Whether it is a keyframe.
        is_keyframe: bool,
    },
    /// Something to be found.
    Mark(Mark),
}

/// Keeps a world's last keyframe, and its tape since.
#[derive(Clone, Debug)]
pub struct Recorder {
    config: RecorderConfig,
    keyframe: Bytes,
    since: Vec<u8>,
    /// The last tick that was taken over.
    tick: Tick,
    /// Whether anybody has ever played who is not run by the server.
    was_played: bool,
    /// Who was ahead when people played last: what a match has come to is not what the server's players make
    /// of it after everybody has left.
    leader: Option<PlayerId>,
    /// What a writer has not been given; `None` where there is no writer.
    pieces: Option<Vec<Piece>>,
}

impl Recorder {
    /// Begins with a world as it is.
    #[must_use]
    pub fn new(config: RecorderConfig, world: &mut World) -> Self {
        world.rewind_tape();
        let (keyframe, tick) = (world.save().into(), world.tick());
        Self {
            config,
            keyframe,
            since: Vec::new(),
            tick,
            was_played: false,
            leader: None,
            pieces: None,
        }
    }

    /// Begins anew with a world as it is.
    pub fn begin(&mut self, world: &mut World) {
        *self = Self { pieces: self.pieces.take(), ..Self::new(self.config, world) };
    }

    /// From now on there is a writer, whose first piece is a keyframe.
    pub fn attach_writer(&mut self, world: &mut World) {
        self.pieces = Some(Vec::new());
        world.rewind_tape();
        self.keep_state(world, true);
    }

    /// From now on there is a writer that has the world as it was when this began: what was done since goes
    /// behind that.
    pub fn continue_writer(&mut self) {
        self.was_played = true;
        self.pieces = Some(Vec::new());
    }

    /// The match was begun elsewhere, where it was played or not, and somebody was ahead.
    pub const fn go_on(&mut self, was_played: bool, leader: Option<PlayerId>) {
        (self.was_played, self.leader) = (was_played, leader);
    }

    /// Whether there is a writer.
    #[must_use]
    pub const fn has_writer(&self) -> bool {
        self.pieces.is_some()
    }

    /// Nobody writes any more.
    pub fn detach_writer(&mut self) {
        self.pieces = None;
    }

    /// What a writer has not been given yet.
    pub fn take_pieces(&mut self) -> Vec<Piece> {
        self.pieces.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Something to be found, of the present tick.
    pub fn mark(&mut self, tick: Tick, what: impl FnOnce() -> MarkKind) {
        if let Some(pieces) = &mut self.pieces {
            let what = what();
            self.was_played |= matches!(what, MarkKind::Joined { .. });
            pieces.push(Piece::Mark(Mark { tick, what }));
        }
    }

    /// Takes over what is on a world's tape, after a tick.
    pub fn handle_tick(&mut self, world: &mut World) {
        self.since.extend_from_slice(world.recorded());
        if let Some(pieces) = &mut self.pieces {
            pieces.push(Piece::Tape(world.recorded().to_vec()));
        }
        world.rewind_tape();
        self.tick = world.tick();
        let Tick(tick) = self.tick;
        let is_keyframe = tick.is_multiple_of(self.config.keyframe_ticks);
        if is_keyframe || self.pieces.is_some() && tick.is_multiple_of(self.config.hash_ticks) {
            self.keep_state(world, is_keyframe);
        }
    }

    /// Takes over what was done since the last tick, so that it can be kept before the next one.
    pub fn handle_happenings(&mut self, world: &mut World) {
        if world.recorded().is_empty() {
            return;
        }
        self.since.extend_from_slice(world.recorded());
        if let Some(pieces) = &mut self.pieces {
            pieces.push(Piece::Tape(world.recorded().to_vec()));
        }
        world.rewind_tape();
    }

    /// The match is over: what it has come to is kept whole, so that whoever computes it again can say in what
    /// that differs.
    pub fn handle_end(&mut self, world: &World) {
        if self.pieces.is_some() && world.recorded().is_empty() {
            self.keep_state(world, true);
        }
    }

    /// The match cannot go on: what it broke at is kept, so that it breaks there again.
    pub fn handle_abandoned(&mut self, world: &World) {
        if let Some(pieces) = &mut self.pieces {
            pieces.push(Piece::Tape(world.recorded().to_vec()));
        }
    }

    fn keep_state(&mut self, world: &World, is_keyframe: bool) {
        let state = Bytes::from(world.save());
        if is_keyframe {
            self.keyframe = state.clone();
            self.since.clear();
        }
        if let Some(pieces) = &mut self.pieces {
            let plays = |entrant: &Entrant| entrant.role == Role::Player;
            if world.roster().values().any(plays) {
                self.leader = world.game().leader();
            }
            let (tick, leader) = (world.tick(), self.leader);
            pieces.push(Piece::State { tick, leader, state, is_keyframe });
        }
    }

    /// The last tick that was taken over.
    #[must_use]
    pub const fn tick(&self) -> Tick {
        self.tick
    }

    /// Whether anybody has played since there is a writer.
    #[must_use]
    pub const fn was_played(&self) -> bool {
        self.was_played
    }

    /// Who was ahead when people played last, as of the last hash.
    #[must_use]
    pub const fn leader(&self) -> Option<PlayerId> {
        self.leader
    }

    /// The last keyframe.
    #[must_use]
    pub fn keyframe(&self) -> Bytes {
        self.keyframe.clone()
    }

    /// The last keyframe, and what was done since.
    #[must_use]
    pub fn kept(&self) -> (&[u8], &[u8]) {
        (&self.keyframe, &self.since)
    }
}
