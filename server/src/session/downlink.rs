//! The way down to a client, whatever carries it: for all who have something to send, the session's actor,
//! its [`uplink`](super::uplink) and the [`outbox`](super::outbox) of its thread.

use std::rc::Rc;

use super::line::{Line, Sent};
use super::over_http::mailbag::Mailbag;
use super::text::TextLine;

/// Bytes that may wait for a client over HTTP who keeps up: some frames, since it takes them in batches.
const HTTP_MAY_WAIT: usize = 16 * 1024;

/// The way down to a client.
#[derive(Clone, Debug)]
pub enum Downlink {
    /// A WebSocket's.
    Socket(Rc<Line>),
    /// That of a WebSocket whose client speaks text.
    Text(Rc<TextLine>),
    /// HTTP's.
    Records(Rc<Mailbag>),
}

impl Downlink {
    /// Sends a message at once, unless it would overtake something or follow the end.
    pub fn send(&self, message: &[u8]) -> Sent {
        match self {
            Self::Socket(line) => line.send(message),
            Self::Text(line) => line.send(message),
            Self::Records(mailbag) if mailbag.push(message) => Sent::Whole,
            Self::Records(_) => Sent::Nothing,
        }
    }

    /// Whether more waits for the client than for one who keeps up.
    pub fn is_behind(&self) -> bool {
        match self {
            // What waits there is found out by sending.
            Self::Socket(_) | Self::Text(_) => false,
            Self::Records(mailbag) => mailbag.waiting_bytes() > HTTP_MAY_WAIT,
        }
    }

    /// Queues a message behind what waits, unless the connection is ending.
    pub fn queue(&self, message: &[u8]) {
        match self {
            Self::Socket(line) => line.queue(message),
            Self::Text(line) => line.queue(message),
            Self::Records(mailbag) => {
                mailbag.push(message);
            }
        }
    }
}
