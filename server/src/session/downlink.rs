//! The way down to a client, whatever carries it: for all who have something to send, the session's actor,
//! its [`uplink`](super::uplink) and the [`outbox`](super::outbox) of its thread.

use std::rc::Rc;

use super::line::{Line, Sent};

/// The way down to a client.
#[derive(Clone, Debug)]
pub enum Downlink {
    /// A WebSocket's.
    Socket(Rc<Line>),
}

impl Downlink {
    /// Sends a message at once, unless it would overtake something or follow the end.
    pub fn send(&self, message: &[u8]) -> Sent {
        match self {
            Self::Socket(line) => line.send(message),
        }
    }

    /// Queues a message behind what waits, unless the connection is ending.
    pub fn queue(&self, message: &[u8]) {
        match self {
            Self::Socket(line) => line.queue(message),
        }
    }
}
