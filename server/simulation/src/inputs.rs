//! The inputs of one tick, as a game's step sees them.

use bincode::{Decode, Encode};
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::{InputValues, ViewAge};

/// What one player does in a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct PlayerInput {
    /// Who.
    pub player: PlayerId,
    /// The input in effect. Buttons are 1 only in the tick in which they take effect.
    pub values: InputValues,
    /// How far what the player sees of others is behind this tick, as far as the room believes it and
    /// the game can look back ([`Game::rewind`](crate::game::Game::rewind)); 0 where nothing is known.
    pub view_age: ViewAge,
}

/// The inputs in effect at one tick, of every player, by ascending id.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    players: &'a [PlayerInput],
    changed: &'a [u32],
}

impl<'a> Inputs<'a> {
    /// Inputs of `players`, who are in ascending order; `changed` holds the indices of those whose
    /// input is another one from this very tick on, ascending too.
    #[must_use]
    pub const fn new(players: &'a [PlayerInput], changed: &'a [u32]) -> Self {
        Self { players, changed }
    }

    /// Every player's input.
    pub fn iter(&self) -> impl Iterator<Item = &'a PlayerInput> + use<'a> {
        self.players.iter()
    }

    /// The inputs of a player and of those with higher ids.
    pub fn iter_from(&self, player: PlayerId) -> impl Iterator<Item = &'a PlayerInput> + use<'a> {
        let first = self.players.partition_point(|input| input.player < player);
        self.players[first..].iter()
    }

    /// Only the inputs that are others than before, or of which a button is pressed: what a game that
    /// keeps its players' intentions needs.
    pub fn changed(&self) -> impl Iterator<Item = &'a PlayerInput> + use<'a> {
        let players = self.players;
        self.changed.iter().map(move |&index| &players[index as usize])
    }

    /// One player's input; `None` when there is no such player.
    #[must_use]
    pub fn of(&self, player: PlayerId) -> Option<&'a InputValues> {
        let index = self.players.binary_search_by_key(&player, |input| input.player).ok()?;
        Some(&self.players[index].values)
    }
}
