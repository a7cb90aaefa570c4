//! The directory of a node: its own rooms, of which the cluster is told when one ends.

use tickwire_protocol::ids::{Fence, RoomId};
use tokio::sync::mpsc::UnboundedSender;

use crate::directory::{Directory, LocalDirectory};
use crate::identity::RoomCode;
use crate::room::RoomHandle;

/// A room that has ended.
#[derive(Clone, Debug)]
pub struct Ended {
    pub(super) room: RoomId,
    pub(super) game: String,
    pub(super) fence: Fence,
    pub(super) code: Option<String>,
}

/// The rooms of this process; those that end are told of.
pub struct NodeDirectory {
    local: LocalDirectory,
    /// As many as there were rooms, at most.
    ended: UnboundedSender<Ended>,
}

impl NodeDirectory {
    /// An empty one.
    #[must_use]
    pub fn new(ended: UnboundedSender<Ended>) -> Self {
        Self { local: LocalDirectory::default(), ended }
    }
}

impl Directory for NodeDirectory {
    fn insert(&self, room: RoomHandle) {
        self.local.insert(room);
    }

    fn remove(&self, id: RoomId) {
        if let Some(RoomHandle { id: room, game, fence, door, .. }) = self.local.find(id)
            && fence.is_some()
        {
            let code = door.code().map(|code| code.to_string());
            // Whether it is this node's to end is for the store to say.
            let _ = self.ended.send(Ended { room, game: game.to_string(), fence, code });
        }
        self.local.remove(id);
    }

    fn find(&self, id: RoomId) -> Option<RoomHandle> {
        self.local.find(id)
    }

    fn find_by_code(&self, code: RoomCode) -> Option<RoomHandle> {
        self.local.find_by_code(code)
    }

    fn list(&self) -> Vec<RoomHandle> {
        self.local.list()
    }
}
