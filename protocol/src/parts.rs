//! What a room's state is cut into, and when a client can check each part.
//!
//! Every part has snapshots and chunks of its own: a client's own entities, those that everybody is
//! sent, and the entities of each cell of the grid. Now and then a chunk carries a hash of the part
//! that it leads to. When is a matter of its ticks alone, so that both ends know without a word, and
//! parts take turns, so that hashes come evenly.

use bincode::{Decode, Encode};

use crate::ids::{PlayerId, Tick};

/// A part of a room's state, by its number on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct PartNumber(pub u32);

impl PartNumber {
    /// What only the client itself is sent.
    pub const OWN: Self = Self(0);
    /// What everybody is sent.
    pub const GLOBAL: Self = Self(1);

    /// A cell, by its number in the grid.
    #[must_use]
    pub const fn cell(cell: u32) -> Self {
        Self(cell + 2)
    }

    /// Whether a chunk of this part that leads from one tick to another carries a hash: whether a
    /// tick that is due lies after the one and not after the other. Every `every`-th tick is due,
    /// each part's at a phase of its own, and that of each player's own entities likewise; none when
    /// `every` is 0. `player` is the client's.
    #[must_use]
    pub const fn is_hashed(self, player: PlayerId, every: u32, from: Tick, to: Tick) -> bool {
        if every == 0 {
            return false;
        }
        // Knuth's multiplicative hashing: neighbouring parts are far apart.
        let key = if self.0 == Self::OWN.0 { player.0 } else { self.0 };
        let phase = key.wrapping_mul(2_654_435_761) % every;
        let since_due = to.0.wrapping_add(phase) % every;
        since_due < to.0.wrapping_sub(from.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_is_hashed_once_in_a_while_however_often_it_is_sent() {
        for part in (0..50).map(PartNumber) {
            for send_every in [1, 2, 4, 7] {
                let ticks = (0..600).step_by(send_every).map(|tick| Tick(tick as u32));
                let pairs = ticks.clone().zip(ticks.skip(1));
                let hashed =
                    pairs.filter(|&(from, to)| part.is_hashed(PlayerId(7), 60, from, to)).count();
                assert!((9..=10).contains(&hashed), "{part:?} {send_every} {hashed}");
            }
        }
        assert!(!PartNumber::OWN.is_hashed(PlayerId(7), 0, Tick(0), Tick(100)));
    }

    #[test]
    fn players_take_turns_with_what_is_their_own() {
        let due = |tick: u32| {
            let players = (1..=600).map(PlayerId);
            let own = PartNumber::OWN;
            players.filter(|&player| own.is_hashed(player, 60, Tick(tick), Tick(tick + 1))).count()
        };
        assert!((60..120).all(|tick| (3..=17).contains(&due(tick))));
    }

    #[test]
    fn parts_take_turns() {
        let due = |tick: u32| {
            let parts = (0..600).map(PartNumber);
            parts.filter(|part| part.is_hashed(PlayerId(7), 60, Tick(tick), Tick(tick + 1))).count()
        };
        assert!((60..120).all(|tick| (3..=17).contains(&due(tick))));
    }
}
