//! A world computed again from its journal, and held against it.

use std::sync::Arc;

use thiserror::Error;
use tickwire_protocol::ids::Tick;
use tickwire_protocol::message::GameMessage;

use super::block::BlockKind;
use super::difference::{Difference, first_difference};
use super::file::{Contents, Journal, Keyframe, Mark};
use super::header::GameError;
use super::tape::{TapeError, TapeReader};
use crate::game::Game;
use crate::saved::RestoreError;
use crate::world::{World, hash_of};

/// Makes a new game as the match began with.
pub type MakeGame = Arc<dyn Fn() -> Result<Box<dyn Game>, GameError> + Send + Sync>;

/// Why a match cannot be computed again.
#[derive(Debug, Error)]
pub enum PlaybackError {
    /// There is no such game.
    #[error(transparent)]
    Game(#[from] GameError),
    /// A keyframe is none of this game.
    #[error("a keyframe cannot be restored: {0}")]
    Keyframe(#[from] RestoreError),
    /// What was done does not read. Its checksum is right, so another version has written it, or its world
    /// has diverged.
    #[error("after tick {tick}: {cause}")]
    Tape {
        /// The last tick that could be computed.
        tick: Tick,
        /// Why not the next one.
        cause: TapeError,
    },
    /// A block of it does not read.
    #[error("after tick {0}: a block that is not what it should be")]
    Block(Tick),
}

/// The match that is computed is not the one that was recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Divergence {
    /// The first tick after which it is known.
    pub tick: Tick,
    /// What differs, at the first keyframe from there on. Between keyframes only hashes tell that something
    /// does.
    pub first: Option<Difference>,
}

/// Whether a world goes on as it did.
#[derive(Clone, Debug, PartialEq, Default)]
enum Verdict {
    #[default]
    Same,
    /// A hash has told so; no keyframe has come yet that says in what.
    Differs(Tick),
    Known(Divergence),
}

/// What a tick has led to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Played {
    /// Events for everybody.
    pub events: Vec<GameMessage>,
    /// Marks that the journal has between the tick before and this one.
    pub marks: Vec<Mark>,
}

/// A match that is computed again.
pub struct Playback {
    journal: Arc<Journal>,
    make: MakeGame,
    world: World,
    reader: TapeReader,
    /// The block that comes next.
    next: usize,
    /// The tape that is being played, and how far.
    tape: Vec<u8>,
    at: usize,
    verdict: Verdict,
}

impl Playback {
    /// A match at its beginning.
    ///
    /// # Errors
    /// [`PlaybackError`] when the world cannot be made.
    pub fn new(journal: Arc<Journal>, make: MakeGame) -> Result<Self, PlaybackError> {
        Self::from_block(journal, make, 0)
    }

    /// A match at its last keyframe: what a room that is to go on is computed from.
    ///
    /// # Errors
    /// As for [`Playback::new`].
    pub fn at_last_keyframe(journal: Arc<Journal>, make: MakeGame) -> Result<Self, PlaybackError> {
        let last = journal.last_keyframe();
        Self::from_block(journal, make, last)
    }

    fn from_block(
        journal: Arc<Journal>,
        make: MakeGame,
        index: usize,
    ) -> Result<Self, PlaybackError> {
        let first_tick = journal.header().first_tick;
        let Some(Contents::Keyframe(keyframe)) = journal.block(index) else {
            return Err(PlaybackError::Block(first_tick));
        };
        let rate = journal.header().tick_rate_hz;
        let world = World::restore(make()?, rate, &keyframe.state)?;
        let reader = TapeReader::new(world.schema());
        let verdict = Verdict::Same;
        Ok(Self { journal, make, world, reader, next: index + 1, tape: Vec::new(), at: 0, verdict })
    }

    /// The world as it is now.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// The world, to go on by itself.
    #[must_use]
    pub fn into_world(self) -> World {
        self.world
    }

    /// The journal.
    #[must_use]
    pub const fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    /// Whether the match has turned out otherwise, as far as is known by now.
    #[must_use]
    pub fn divergence(&self) -> Option<Divergence> {
        match &self.verdict {
            Verdict::Same => None,
            Verdict::Differs(tick) => Some(Divergence { tick: *tick, first: None }),
            Verdict::Known(divergence) => Some(divergence.clone()),
        }
    }

    /// Computes the next tick, and what happened before it; `None` at the end of the journal.
    ///
    /// # Errors
    /// [`PlaybackError`] when there is more, which cannot be computed.
    pub fn step(&mut self) -> Result<Option<Played>, PlaybackError> {
        let mut played = Played::default();
        loop {
            while self.at < self.tape.len() {
                if self.play()? {
                    self.take_outcome(&mut played);
                    self.take_in_checks(&mut played)?;
                    return Ok(Some(played));
                }
            }
            if !self.take_in_block(&mut played)? {
                return Ok(None);
            }
        }
    }

    /// Goes to the state after a tick, or the nearest that there is: from the present one, or from a
    /// keyframe where that is nearer.
    ///
    /// # Errors
    /// As for [`Playback::step`].
    pub fn seek(&mut self, tick: Tick) -> Result<(), PlaybackError> {
        self.jump(tick)?;
        while tick.is_after(self.world.tick()) && self.step()?.is_some() {}
        Ok(())
    }

    /// Goes as near before a tick as it gets without computing any: to a keyframe, unless the present state
    /// is nearer.
    ///
    /// # Errors
    /// As for [`Playback::step`].
    pub fn jump(&mut self, tick: Tick) -> Result<(), PlaybackError> {
        let keyframe = self.journal.keyframe_before(tick);
        let is_behind = self.world.tick().is_after(tick);
        if is_behind || keyframe >= self.next {
            let verdict = std::mem::take(&mut self.verdict);
            *self = Self::from_block(Arc::clone(&self.journal), Arc::clone(&self.make), keyframe)?;
            self.verdict = verdict;
        }
        Ok(())
    }

    /// Plays one record, and says whether that was a tick.
    fn play(&mut self) -> Result<bool, PlaybackError> {
        let tick = self.world.tick();
        let failed = |cause| PlaybackError::Tape { tick, cause };
        let rest = &self.tape[self.at..];
        let read = self.reader.read(rest, self.world.inputs()).map_err(failed)?;
        let Some((record, behind)) = read else { return Ok(false) };
        self.at = self.tape.len() - behind.len();
        let is_tick = self.world.play(record).map_err(failed)?;
        self.world.rewind_tape();
        Ok(is_tick)
    }

    fn take_outcome(&mut self, played: &mut Played) {
        played.events.extend(self.world.take_events());
    }

    /// Holds the tick that was just computed against what the journal says of it.
    fn take_in_checks(&mut self, played: &mut Played) -> Result<(), PlaybackError> {
        while self.at == self.tape.len()
            && let Some(BlockKind::Hash | BlockKind::Keyframe) = self.journal.kind(self.next)
        {
            self.take_in_block(played)?;
        }
        Ok(())
    }

    /// Takes in the next block; false at the end.
    fn take_in_block(&mut self, played: &mut Played) -> Result<bool, PlaybackError> {
        if self.next >= self.journal.blocks() {
            return Ok(false);
        }
        let tick = self.world.tick();
        let contents = self.journal.block(self.next).ok_or(PlaybackError::Block(tick))?;
        self.next += 1;
        match contents {
            Contents::Tape(tape) => (self.tape, self.at) = (tape, 0),
            Contents::Mark(mark) => played.marks.push(mark),
            Contents::Hash(told) => {
                let is_same = tick == told.tick && self.world.hash() == told.hash;
                if !is_same && self.verdict == Verdict::Same {
                    self.verdict = Verdict::Differs(told.tick);
                }
            }
            Contents::Keyframe(keyframe) => self.compare(&keyframe)?,
            Contents::End(_) => return Ok(false),
        }
        Ok(true)
    }

    fn compare(&mut self, keyframe: &Keyframe) -> Result<(), PlaybackError> {
        if matches!(self.verdict, Verdict::Known(_))
            || hash_of(&keyframe.state) == self.world.hash()
        {
            return Ok(());
        }
        let rate = self.journal.header().tick_rate_hz;
        let recorded = World::restore((self.make)()?, rate, &keyframe.state)?;
        let tick = match self.verdict {
            Verdict::Differs(tick) => tick,
            _ => keyframe.tick,
        };
        let first = first_difference(&recorded, &self.world);
        self.verdict = Verdict::Known(Divergence { tick, first });
        Ok(())
    }
}
