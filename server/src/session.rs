//! Sessions: one per connection. What a session decides is in [`core`], pure; it begins with an [`entry`];
//! [`socket`] moves the
//! messages of a WebSocket, whose frames come [`inbound`] and whose bytes a [`pump`] writes; [`outbox`]
//! brings frames from rooms to the sessions of one thread.

pub mod core;
pub mod entry;
pub mod environment;
pub mod inbound;
pub mod outbox;
pub mod pump;
pub mod socket;

use std::fmt;

/// A connection, in logs and between actors. Random, so that it means one thing across processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionId(u64);

impl SessionId {
    /// A new id.
    #[must_use]
    pub fn random() -> Self {
        Self(rand::random())
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
