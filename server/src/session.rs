//! Sessions: one per connection. What a session decides is in [`core`], pure, with the [`assembly`] of
//! its messages and the [`bucket`]s of what it may send; it begins with an [`entry`]. [`client`] is its actor,
//! whatever carries it. Once a client is in, what it says to its room goes by the [`uplink`], and what rooms
//! say comes by the [`outbox`] of its thread straight to its [`downlink`].
//!
//! A [`socket`] carries it over the [`transport`] of all WebSockets here: frames come [`inbound`], a [`pump`]
//! lets the actor work and sends what it says down the [`line`](mod@line). Without a WebSocket it goes
//! [`over_http`]. A client that speaks [`text`] does so over a WebSocket.

pub mod assembly;
pub mod bucket;
mod change;
pub mod cipher;
pub mod client;
pub mod core;
pub mod downlink;
pub mod echo;
pub mod entry;
pub mod environment;
pub mod frame;
pub mod inbound;
pub mod line;
mod lobbying;
pub mod outbox;
pub mod over_http;
pub mod pump;
pub mod socket;
pub mod text;
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
