//! What cannot be: a room, or a message's connection going on.

use thiserror::Error;
use tickwire_protocol::message::SchemaMismatch;
use tickwire_protocol::schema::SchemaError;
use tickwire_protocol::watch::GridError;

use crate::flow::AckError;

/// Why there can be no room for a game.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RoomError {
    /// Its schema is not valid.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// Its world cannot be cut into the cells that it asks for.
    #[error(transparent)]
    Grid(#[from] GridError),
}

/// Why a member's message ends its connection.
#[derive(Debug, Error)]
pub enum MessageError {
    /// The player is not a member (any more).
    #[error("not a member of this room")]
    NotAMember,
    /// The values do not fit the game's schema.
    #[error("{0}")]
    Schema(#[from] SchemaMismatch),
    /// An acknowledgement of what was never sent.
    #[error("{0}")]
    Ack(#[from] AckError),
    /// A view with numbers that are none.
    #[error("a view that is not finite, or of negative size")]
    Look,
}
