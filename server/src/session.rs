//! Sessions: one per connection. What a session decides is in [`core`], pure, with the [`assembly`] of
//! its messages and the [`bucket`]s of what it may send; it begins with an [`entry`]. [`socket`] is its
//! actor, over the [`transport`] of all WebSockets here: frames come [`inbound`], a [`pump`] lets the actor
//! work and sends what it says down the [`line`](mod@line). Once a client is in, what it says to its room
//! goes by the [`uplink`], and what rooms say comes by the [`outbox`] of its thread straight to its line;
//! the actor's are entry, heartbeat, faults and the end.

pub mod assembly;
pub mod bucket;
pub mod cipher;
pub mod core;
pub mod echo;
pub mod entry;
pub mod environment;
pub mod frame;
pub mod inbound;
pub mod line;
pub mod outbox;
pub mod pump;
pub mod socket;
pub mod transport;
pub mod uplink;

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
