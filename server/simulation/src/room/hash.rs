//! A hash of a room: whether two runs of one match are the same.

use super::Room;

impl Room {
    /// A hash of everything that the match's future depends on: the same seed and the same inputs give the
    /// same hash at every tick. Inputs that wait, and what members have been told, are no part of it.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        self.world.hash()
    }
}
