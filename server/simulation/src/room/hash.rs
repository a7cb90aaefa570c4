//! A hash of a room: whether two runs of one match are the same.

use rand::Rng;
use xxhash_rust::xxh3::Xxh3;

use super::Room;

impl Room {
    /// A hash (XXH3, 64 bits) of everything the simulation's future depends on: the same seed and
    /// the same inputs give the same hash at every tick.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        let mut hash = Xxh3::new();
        hash.update(&self.tick.0.to_le_bytes());
        hash.update(&self.rng.clone().next_u64().to_le_bytes());
        hash.update(&crate::saved::encode(&self.entity_ids));
        for (player, member) in &self.members {
            if member.is_playing() {
                hash.update(&player.0.to_le_bytes());
                let inputs = &member.inputs;
                let ages = (inputs.held_age(), member.round_trips.shortest_and_spread_ms());
                hash.update(&crate::saved::encode(&(*inputs.held(), ages)));
                for (due, input, arrived) in member.inputs.waiting() {
                    hash.update(&crate::saved::encode(&(due, *input, arrived)));
                }
                hash.update(&crate::saved::encode(&member.requests.carried_out()));
            }
        }
        hash.update(&self.last_player.to_le_bytes());
        hash.update(&self.game.save());
        hash.digest()
    }
}
