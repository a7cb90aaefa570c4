//! What a room wants done: everything that leaves it.

use bytes::Bytes;
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::{Answer, Refusal, Welcome};

use super::{DesyncReport, Oversized};

/// What the driver is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send a message to a member's connection, after everything before it.
    Send {
        /// The receiver.
        player: PlayerId,
        /// One whole binary message.
        bytes: Bytes,
    },
    /// Send a member its welcome, the first message of its connection. The key that it can come back
    /// with is for the driver to sign, as the welcome's `resume_token`.
    Welcome {
        /// The receiver.
        player: PlayerId,
        /// What it says, but for the token.
        welcome: Box<Welcome>,
        /// See [`Room::handle_resume`](super::Room::handle_resume).
        key: u32,
    },
    /// Tell a member that what it sent was refused; at most one per member and tick.
    Refuse {
        /// The receiver.
        player: PlayerId,
        /// What, and why.
        refusal: Refusal,
    },
    /// Answer a member's request.
    Answer {
        /// The receiver.
        player: PlayerId,
        /// What became of it.
        answer: Answer,
    },
    /// Tell a member who the host is, if its connection knows of hosts.
    Host {
        /// The receiver.
        player: PlayerId,
        /// The host; `None` while there is none.
        host: Option<PlayerId>,
    },
    /// End the room: its host has closed it.
    End,
    /// A member's copy of the state differs: for the log. A keyframe is on its way to it.
    Desync {
        /// Whose.
        player: PlayerId,
        /// What differs.
        report: DesyncReport,
        /// The frames that led to it, as the client says; none where nobody writes the match down.
        recent: Vec<Vec<u8>>,
    },
    /// A member cannot be sent the state: for the log. Its connection is closed next.
    Oversized {
        /// Who.
        player: PlayerId,
        /// Why not.
        cause: Oversized,
    },
    /// Close a member's connection. The member has left the room already.
    Close {
        /// Whose.
        player: PlayerId,
        /// Why.
        reason: CloseReason,
    },
}

impl Output {
    /// The member whom it is about; `None` where it is everybody.
    #[must_use]
    pub const fn player(&self) -> Option<PlayerId> {
        match self {
            Self::End => None,
            Self::Send { player, .. }
            | Self::Welcome { player, .. }
            | Self::Refuse { player, .. }
            | Self::Answer { player, .. }
            | Self::Desync { player, .. }
            | Self::Oversized { player, .. }
            | Self::Host { player, .. }
            | Self::Close { player, .. } => Some(*player),
        }
    }
}
