//! Which rooms there are. One trait, so that rooms can one day be found across processes; within
//! one process a concurrent map does. Off the hot path: sessions ask once, at joining.

use dashmap::DashMap;
use tickwire_protocol::ids::RoomId;

use crate::identity::RoomCode;
use crate::room::RoomHandle;

/// Finds rooms by id.
pub trait Directory: Send + Sync {
    /// Lists a room.
    fn insert(&self, room: RoomHandle);

    /// Takes a room off the list. Harmless when it is not there.
    fn remove(&self, id: RoomId);

    /// The room with this id.
    fn find(&self, id: RoomId) -> Option<RoomHandle>;

    /// The private room with this code, where its match is played.
    fn find_by_code(&self, code: RoomCode) -> Option<RoomHandle>;

    /// All rooms, by ascending id.
    fn list(&self) -> Vec<RoomHandle>;
}

/// The rooms of this process.
#[derive(Default)]
pub struct LocalDirectory {
    rooms: DashMap<RoomId, RoomHandle>,
    codes: DashMap<RoomCode, RoomId>,
}

impl Directory for LocalDirectory {
    fn insert(&self, room: RoomHandle) {
        // A room that only shows the match of a private one has the same door.
        if let Some(code) = room.door.code().filter(|_| room.shows.is_match()) {
            self.codes.insert(code, room.id);
        }
        self.rooms.insert(room.id, room);
    }

    fn remove(&self, id: RoomId) {
        let Some((_, room)) = self.rooms.remove(&id) else { return };
        if let Some(code) = room.door.code() {
            self.codes.remove_if(&code, |_, listed| *listed == id);
        }
    }

    fn find(&self, id: RoomId) -> Option<RoomHandle> {
        self.rooms.get(&id).map(|room| room.clone())
    }

    fn find_by_code(&self, code: RoomCode) -> Option<RoomHandle> {
        let id = *self.codes.get(&code)?;
        self.find(id)
    }

    fn list(&self) -> Vec<RoomHandle> {
        let mut rooms: Vec<_> = self.rooms.iter().map(|room| room.clone()).collect();
        rooms.sort_by_key(|room| room.id);
        rooms
    }
}
