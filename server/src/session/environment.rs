//! What every connection of a server shares.

use std::sync::Arc;
use std::time::Duration;

use tickwire_protocol::close::CloseReason;

use super::core::SessionLimits;
use super::over_http::keys::Keys;
use crate::lobby::Lobby;
use crate::lobby::channel::Channel;
use crate::lobby::online::Online;
use crate::metrics::Metrics;
use crate::room::RoomHandle;
use crate::room::clock::Epoch;
use crate::stopping::Stopping;

/// What every connection of a server shares.
pub struct SocketEnvironment {
    /// What its times are counted from.
    pub epoch: Epoch,
    /// Time between two pings.
    pub heartbeat_interval: Duration,
    /// A session's limits.
    pub limits: SessionLimits,
    /// Where it counts.
    pub metrics: Arc<Metrics>,
    /// Takes tokens.
    pub lobby: Arc<Lobby>,
    /// What people in different rooms say to each other.
    pub channel: Arc<Channel>,
    /// How many they are.
    pub online: Arc<Online>,
    /// Whether the server is about to stop.
    pub stopping: Stopping,
    /// The sessions over HTTP.
    pub keys: Arc<Keys>,
}

impl SocketEnvironment {
    /// Why a room that a token was given for is not there any more.
    pub(super) fn reason_of_missing_room(&self, room: &RoomHandle) -> CloseReason {
        if self.stopping.has_begun() {
            CloseReason::Restarting
        } else if room.board.has_failed() {
            CloseReason::Internal
        } else if self.lobby.is_clustered() {
            // It may go on at another server.
            CloseReason::Restarting
        } else {
            CloseReason::NoSuchRoom
        }
    }
}
