//! Which rooms there are. One trait, so that rooms can one day be found across processes; within
//! one process a concurrent map does. Off the hot path: sessions ask once, at joining.

use dashmap::DashMap;
use tickwire_protocol::ids::RoomId;

use crate::room::RoomHandle;

/// Finds rooms by id.
pub trait Directory: Send + Sync {
    /// Lists a room.
    fn insert(&self, room: RoomHandle);

    /// Takes a room off the list. Harmless when it is not there.
    fn remove(&self, id: RoomId);

    /// The room with this id.
    fn find(&self, id: RoomId) -> Option<RoomHandle>;

    /// All rooms, by ascending id.
    fn list(&self) -> Vec<RoomHandle>;
}

/// The rooms of this process.
#[derive(Default)]
pub struct LocalDirectory {
    rooms: DashMap<RoomId, RoomHandle>,
}

impl Directory for LocalDirectory {
    fn insert(&self, room: RoomHandle) {
        self.rooms.insert(room.id, room);
    }

    fn remove(&self, id: RoomId) {
        self.rooms.remove(&id);
    }

    fn find(&self, id: RoomId) -> Option<RoomHandle> {
        self.rooms.get(&id).map(|room| room.clone())
    }

    fn list(&self) -> Vec<RoomHandle> {
        let mut rooms: Vec<_> = self.rooms.iter().map(|room| room.clone()).collect();
        rooms.sort_by_key(|room| room.id);
        rooms
    }
}
