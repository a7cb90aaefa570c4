//! What a screening shows a match from.

use tickwire_protocol::ids::Tick;

use crate::journal::playback::{Playback, PlaybackError, Played};
use crate::world::World;

/// A match that can be shown: a recorded one, or one that goes on, some time behind.
pub trait Reel: Send + 'static {
    /// The world where the reel stands.
    fn world(&self) -> &World;

    /// The first and the last tick that can be shown.
    fn range(&self) -> (Tick, Tick);

    /// Computes the next tick; `None` where there is none yet.
    ///
    /// # Errors
    /// [`PlaybackError`] when it cannot be computed.
    fn step(&mut self) -> Result<Option<Played>, PlaybackError>;

    /// Goes as near before a tick as it gets without computing any.
    ///
    /// # Errors
    /// As for [`Reel::step`].
    fn jump(&mut self, tick: Tick) -> Result<(), PlaybackError>;

    /// Whether it has turned out not to be the match that was played.
    fn has_diverged(&self) -> bool;
}

impl Reel for Playback {
    fn world(&self) -> &World {
        Self::world(self)
    }

    fn range(&self) -> (Tick, Tick) {
        (self.journal().header().first_tick, self.journal().last_tick())
    }

    fn step(&mut self) -> Result<Option<Played>, PlaybackError> {
        Self::step(self)
    }

    fn jump(&mut self, tick: Tick) -> Result<(), PlaybackError> {
        Self::jump(self, tick)
    }

    fn has_diverged(&self) -> bool {
        self.divergence().is_some()
    }
}
