//! Numbers for entities: ascending, never 0, never the same twice.

use bincode::{Decode, Encode};
use tickwire_protocol::ids::EntityId;

/// The next free entity id of a room; part of its saved state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct EntityIds {
    last: u32,
}

impl EntityIds {
    /// Numbers from 1.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The next id. After 2³² − 1 entities (two years at 60 a second) numbers begin anew.
    pub fn allocate(&mut self) -> EntityId {
        self.last = self.last.checked_add(1).unwrap_or(1);
        EntityId(self.last)
    }
}
