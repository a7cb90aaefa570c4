//! What every connection of a server shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tickwire_protocol::close::CloseReason;

use super::core::SessionLimits;
use crate::lobby::Lobby;
use crate::metrics::Metrics;
use crate::room::clock::Epoch;

/// What every connection of a server shares.
#[derive(Clone)]
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
    /// Whether the server is about to stop.
    pub is_stopping: Arc<AtomicBool>,
}

impl SocketEnvironment {
    /// Why a room that a token was given for is not there any more.
    pub(super) fn reason_of_missing_room(&self) -> CloseReason {
        if self.is_stopping.load(Ordering::Relaxed) {
            CloseReason::Restarting
        } else {
            CloseReason::NoSuchRoom
        }
    }
}
