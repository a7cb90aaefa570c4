//! What a node runs, as the cluster needs to know it.

use std::sync::Arc;

use crate::admission::Admission;
use crate::config::ServerConfig;
use crate::directory::Directory;
use crate::room::RoomHandle;
use crate::room::opener::RoomOpener;

/// A node's own rooms, and who makes them.
pub struct Home {
    /// How the server is configured.
    pub config: Arc<ServerConfig>,
    /// Its rooms.
    pub directory: Arc<dyn Directory>,
    /// Opens them.
    pub opener: Arc<RoomOpener>,
    /// Counts its connections.
    pub admission: Arc<Admission>,
}

impl Home {
    /// The rooms that the cluster knows of: those where matches are played.
    pub(super) fn matches(&self) -> impl Iterator<Item = RoomHandle> {
        let rooms = self.directory.list().into_iter();
        rooms.filter(|room| room.shows.is_match() && room.fence.is_some())
    }
}
