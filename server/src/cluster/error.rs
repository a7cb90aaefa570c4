//! Why a cluster cannot be joined, or has nothing to give.

use thiserror::Error;
use tickwire_cluster::StoreError;
use tickwire_cluster::store::Barred;

/// Why a server cannot be in its cluster.
#[derive(Debug, Error)]
pub enum ClusterError {
    /// Redis cannot be used.
    #[error("--cluster: {0}")]
    Store(#[from] StoreError),
    /// There is no place for this server.
    #[error("--cluster: {0}")]
    Barred(#[from] Barred),
    /// Others would not know where it is.
    #[error("--cluster: --advertise is due where --bind is for all addresses")]
    NoAddress,
    /// The certificates that other servers are trusted by cannot be read.
    #[error("--cluster: the system's certificates cannot be read: {0}")]
    Trust(std::io::Error),
    /// The system has no thread left.
    #[error("cannot start the cluster's thread: {0}")]
    Thread(std::io::Error),
}

/// Why the cluster cannot do something now. It may in a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unavailable {
    /// Redis does not answer.
    #[error(
        "the cluster's store does not answer: rooms go on, but none is opened; try again in a moment"
    )]
    Store,
    /// The room's server has died, and no other one has it yet.
    #[error("the room is on its way to another server: ask again in a moment")]
    Moving,
    /// The room's server does not answer.
    #[error("the room's server does not answer: try again in a moment")]
    Peer,
    /// No node has a place for another room.
    #[error("no server of the cluster has a place for another room")]
    Full,
}

impl Unavailable {
    /// A short name for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Store => "cluster_away",
            Self::Moving => "room_moving",
            Self::Peer => "node_away",
            Self::Full => "too_many_rooms",
        }
    }
}

impl From<StoreError> for Unavailable {
    fn from(cause: StoreError) -> Self {
        if !cause.is_away() {
            tracing::error!(%cause, "the cluster's store cannot be used");
        }
        Self::Store
    }
}
