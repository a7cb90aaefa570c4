//! What goes over each peer's WebSocket: its protocol as one client sees it.
//!
//! ```text
//! peer → protocol ─→ plain      ws with JSON; packed ones (ws, Bun); the floor, which says nothing
//!                    socket_io  engine.io's packets around Socket.IO's
//!                    colyseus   codes of one byte, around schema's changes
//!                    tickwire   this project's
//! ```
//!
//! A wire is a plain state machine: messages in, replies and inputs out. It tells updates from everything
//! else, and where the client's own body is, for those that are asked ([`Sight`]).

pub mod colyseus;
pub mod plain;
pub mod socket_io;
pub mod tickwire;

use thiserror::Error;
use tickwire_protocol::message::InputValues;

use crate::websocket::{Message, WebSocketError};

/// Whether a wire looks for the client's own body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sight {
    /// It only tells updates from other messages.
    Blind,
    /// It does, in a world of these sides, in units.
    Sees {
        /// Sides of the world, in units.
        world: [f64; 2],
    },
}

impl Sight {
    /// Whether it looks.
    #[must_use]
    pub const fn sees(self) -> bool {
        matches!(self, Self::Sees { .. })
    }
}

/// What a message from the server is to the load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Incoming {
    /// State.
    Update {
        /// Where the client's own body is, in world units, if the wire looks and the update says.
        own: Option<[f64; 2]>,
    },
    /// Anything else.
    Other,
}

/// Why a wire cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WireError {
    /// The WebSocket itself.
    #[error(transparent)]
    WebSocket(#[from] WebSocketError),
    /// A message that the peer's protocol does not have, or not here.
    #[error("{protocol}: {what}")]
    Unreadable {
        /// The protocol.
        protocol: &'static str,
        /// What is wrong.
        what: String,
    },
    /// The server has refused or given up.
    #[error("the server says: {0}")]
    Refused(String),
    /// A replica of this project's that differs from the server.
    #[error("a replica differs from the server")]
    Desync,
}

/// One client's side of a peer's protocol, from the open WebSocket on.
pub trait Wire {
    /// Bytes of each message that it wants to see.
    fn keeps(&self) -> usize;

    /// Takes in a message; replies are appended to `out`.
    ///
    /// # Errors
    /// [`WireError`].
    fn handle(&mut self, message: Message<'_>, out: &mut Vec<u8>) -> Result<Incoming, WireError>;

    /// Appends an input to `out`: drift's, a velocity.
    fn push_input(&mut self, values: &InputValues, out: &mut Vec<u8>);
}
