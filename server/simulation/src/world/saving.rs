//! A world as bytes, and back: what keyframes hold, and what hashes are of.

use std::collections::BTreeMap;

use bincode::Decode;
use bincode::serde::Compat;
use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::message::Role;
use xxhash_rust::xxh3::xxh3_64;

use super::{Entrant, Scope, World};
use crate::entity_ids::EntityIds;
use crate::game::{Game, RoomRng};
use crate::input_queue::Buttons;
use crate::inputs::PlayerInput;
use crate::journal::tape::Tape;
use crate::saved::{self, RestoreError};

/// A world as it is saved. The bots and the schema follow from it.
#[derive(Decode)]
struct SavedWorld {
    tick: Tick,
    rng: Compat<RoomRng>,
    entity_ids: EntityIds,
    roster: BTreeMap<PlayerId, Entrant>,
    inputs: Vec<PlayerInput>,
    game: Vec<u8>,
}

impl World {
    /// The whole of it, between two steps, such that [`World::restore`] goes on exactly as this one does.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        // In the order of `SavedWorld`, without a copy of everybody's name.
        let Scope { tick, rng, entity_ids, .. } = &self.scope;
        saved::encode(&(
            tick,
            Compat(rng.clone()),
            entity_ids,
            &self.roster,
            &self.inputs,
            self.game.save(),
        ))
    }

    /// A hash (XXH3, 64 bits) of everything that the world's future depends on.
    #[must_use]
    pub fn hash(&self) -> u64 {
        hash_of(&self.save())
    }

    /// The world that [`World::save`] wrote, in `game`: a new one of the same options.
    ///
    /// # Errors
    /// [`RestoreError`] when the bytes are no world of this game.
    pub fn restore(
        mut game: Box<dyn Game>,
        tick_rate_hz: u16,
        bytes: &[u8],
    ) -> Result<Self, RestoreError> {
        let saved: SavedWorld = saved::decode(bytes)?;
        let schema = game.schema();
        let playing = |entrant: &Entrant| entrant.role != Role::Spectator;
        let players = saved.roster.iter().filter(|(_, entrant)| playing(entrant));
        if !players.map(|(&player, _)| player).eq(saved.inputs.iter().map(|input| input.player)) {
            return Err(RestoreError::Mismatch("its inputs are not those of its players"));
        }
        if saved.inputs.iter().any(|input| schema.check_input(&input.values).is_err()) {
            return Err(RestoreError::Mismatch("its inputs do not fit the game"));
        }
        game.restore(&saved.game)?;
        let is_bot = |entrant: &Entrant| entrant.role == Role::Bot;
        let bots = saved.roster.iter().filter(|(_, entrant)| is_bot(entrant));
        Ok(Self {
            buttons: Buttons::of(&schema),
            tape: Tape::new(&schema),
            schema,
            game,
            scope: Scope {
                entity_ids: saved.entity_ids,
                ..Scope::new(saved.tick, tick_rate_hz, saved.rng.0)
            },
            bots: bots.map(|(&player, _)| player).collect(),
            roster: saved.roster,
            inputs: saved.inputs,
            fresh: Vec::new(),
            changed: Vec::new(),
        })
    }
}

/// Who is there in a saved world.
///
/// # Errors
/// [`RestoreError`] when the bytes are no world.
pub fn roster_of(saved: &[u8]) -> Result<BTreeMap<PlayerId, Entrant>, RestoreError> {
    let saved: SavedWorld = saved::decode(saved)?;
    Ok(saved.roster)
}

/// The hash of a saved world.
#[must_use]
pub fn hash_of(saved: &[u8]) -> u64 {
    xxh3_64(saved)
}
