//! What a journal begins with: all that it takes to make the world anew, and to find the match.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use thiserror::Error;
use tickwire_protocol::ids::Tick;
use tickwire_protocol::schema::Schema;
use xxhash_rust::xxh3::xxh3_64;

use crate::game::Game;
use crate::registry::{GameOptions, GameRegistry, OptionError};

/// What a world is made of, and which match it was.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    /// The game's name.
    pub game: String,
    /// Its options: all that were given.
    pub options: BTreeMap<String, String>,
    /// [`schema_hash`] of its schema.
    pub schema_hash: u64,
    /// Ticks per second.
    pub tick_rate_hz: u16,
    /// Where the room's random numbers began.
    pub seed: u64,
    /// The tick of the first keyframe.
    pub first_tick: Tick,
    /// The room's id, as clients know it.
    pub room: String,
    /// When it was opened, in milliseconds since 1970.
    pub opened_at_ms: u64,
    /// Seats for players.
    pub capacity: u32,
    /// Seats for spectators.
    pub spectator_capacity: u32,
    /// Players run by the server in an otherwise empty room.
    pub bots: u32,
    /// Version of the server that wrote it.
    pub server: String,
}

/// Why the game of a journal cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GameError {
    /// No game of this name.
    #[error("there is no game {0:?} here")]
    Unknown(String),
    /// It does not take the options.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// It is another one by now.
    #[error("{game} is not what it was: its schema has changed")]
    Schema {
        /// Its name.
        game: String,
    },
}

impl Header {
    /// A new game, as the match began with.
    ///
    /// # Errors
    /// [`GameError`] when there is none such any more.
    pub fn make_game(&self, games: &GameRegistry) -> Result<Box<dyn Game>, GameError> {
        let factory =
            games.find(&self.game).ok_or_else(|| GameError::Unknown(self.game.clone()))?;
        let game = factory(&GameOptions(self.options.clone()))?;
        if schema_hash(&game.schema()) != self.schema_hash {
            return Err(GameError::Schema { game: self.game.clone() });
        }
        Ok(game)
    }
}

/// A hash of a schema: whether two games look the same.
#[must_use]
pub fn schema_hash(schema: &Schema) -> u64 {
    xxh3_64(&crate::saved::encode(schema))
}
