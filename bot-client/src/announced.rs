//! What a server says of a connection's end before it comes.

use std::time::Duration;

use tickwire_protocol::message::ServerMessage;

/// An end that the server has announced.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Announced {
    Restart {
        back_after: Duration,
    },
    /// There is no player to come back as.
    Failure {
        back_after: Duration,
    },
}

impl Announced {
    /// What a message says of the end, if anything.
    pub(crate) fn by(message: &ServerMessage) -> Option<Self> {
        let millis = |millis: u32| Duration::from_millis(millis.into());
        match *message {
            ServerMessage::Restarting { back_after_ms, .. } => {
                Some(Self::Restart { back_after: millis(back_after_ms) })
            }
            ServerMessage::Failed { back_after_ms } => {
                Some(Self::Failure { back_after: millis(back_after_ms) })
            }
            _ => None,
        }
    }
}
