//! Why a connection was not opened, or ended, and whether one comes back after it.

use std::time::Duration;

use thiserror::Error;
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::envelope::EnvelopeError;
use tickwire_protocol::frame::FrameError;
use tickwire_protocol::message::WelcomeError;
use tickwire_protocol::record::RecordError;
use tokio_tungstenite::tungstenite::{self, Message};

use crate::come_back::ComeBack;
use crate::connection::CONNECT_TIMEOUT;
use crate::refusal::Refusal;
use crate::resume::EventOrderError;
use crate::whereabouts::StaleOwner;

/// Close code that stands for a close without one (RFC 6455, 7.4.1).
const NO_CODE: u16 = 1005;

/// Why a connection could not be opened.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The address, the network, or the WebSocket handshake.
    #[error("cannot connect: {0}")]
    Handshake(Box<tungstenite::Error>),
    /// The server refused the upgrade.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// No welcome in time.
    #[error("no welcome within {} s", CONNECT_TIMEOUT.as_secs())]
    TimedOut,
    /// It ended before the welcome.
    #[error(transparent)]
    Ended(#[from] End),
    /// Something else came first.
    #[error("the first message was not a welcome")]
    NotWelcomed,
    /// The welcome's schema or grid breaks its own rules.
    #[error("welcome: {0}")]
    Unsound(#[from] WelcomeError),
    /// A welcome as for a new player, where the one before was to be resumed.
    #[error("resumed, but welcomed as a new player")]
    NotResumed,
    /// Resumed as somebody else.
    #[error("resumed as player {came}, who was player {due}")]
    OtherPlayer {
        /// The player that was lost.
        due: u32,
        /// The one that came.
        came: u32,
    },
}

impl ConnectError {
    /// Whether and when to try again: with a new seat, or to resume.
    #[must_use]
    pub fn come_back(&self) -> ComeBack {
        match self {
            Self::Handshake(error) => match &**error {
                tungstenite::Error::Url(_) => ComeBack::Never,
                _ => ComeBack::AFTER_LOSS,
            },
            Self::Refused(refusal) => refusal.come_back(),
            Self::TimedOut => ComeBack::AFTER_LOSS,
            Self::Ended(end) => end.come_back(),
            Self::NotWelcomed | Self::Unsound(_) | Self::NotResumed | Self::OtherPlayer { .. } => {
                ComeBack::Never
            }
        }
    }

    /// Whether the server said that there is no such player to resume.
    #[must_use]
    pub(crate) fn is_refused_resume(&self) -> bool {
        const REFUSALS: [u16; 2] =
            [CloseReason::Unauthorised.code(), CloseReason::NoSuchRoom.code()];
        matches!(self, Self::Ended(End::Closed { code, .. }) if REFUSALS.contains(code))
    }
}

impl From<tungstenite::Error> for ConnectError {
    fn from(error: tungstenite::Error) -> Self {
        match error {
            tungstenite::Error::Http(answer) => {
                let body = answer.body().as_deref().unwrap_or_default();
                Refusal::new(answer.status(), answer.headers(), body).into()
            }
            error => Self::Handshake(Box::new(error)),
        }
    }
}

impl From<ConnectError> for End {
    fn from(error: ConnectError) -> Self {
        match error {
            ConnectError::Refused(refusal) => Self::Refused(refusal),
            ConnectError::Ended(end) => end,
            error => Self::Lost(error.to_string()),
        }
    }
}

/// Why a connection ended.
#[derive(Debug, Error)]
pub enum End {
    /// The server closed it.
    #[error("closed with {code}: {text}")]
    Closed {
        /// The close code; 1005 when none was given.
        code: u16,
        /// The server's words.
        text: String,
    },
    /// It broke without a close (code 1006).
    #[error("lost: {0}")]
    Lost(String),
    /// The server said nothing for the heartbeat timeout.
    #[error("the server has been silent for {} ms", .0.as_millis())]
    Silent(Duration),
    /// A control message that does not decode.
    #[error("control message: {0}")]
    Message(#[from] EnvelopeError),
    /// A state frame that does not decode.
    #[error("state frame: {0}")]
    Frame(#[from] FrameError),
    /// An event too few or twice.
    #[error(transparent)]
    Event(#[from] EventOrderError),
    /// A session over HTTP that the server has refused to go on with.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Over HTTP, what is no record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The server owned the room once, and does not know that it was replaced.
    #[error(transparent)]
    Stale(#[from] StaleOwner),
    /// Text, where everything is binary.
    #[error("the server sent text")]
    Text,
}

impl End {
    /// Whether and when to come back.
    #[must_use]
    pub fn come_back(&self) -> ComeBack {
        match self {
            Self::Closed { code, .. } => ComeBack::after_close(*code),
            Self::Lost(_) | Self::Silent(_) | Self::Stale(_) => ComeBack::AFTER_LOSS,
            // Two ends that do not understand each other will not do so a second later.
            // There is no such session any more: its player may be there all the same.
            Self::Refused(refusal) if refusal.status == 404 => ComeBack::AFTER_LOSS,
            Self::Refused(refusal) => refusal.come_back(),
            Self::Message(_) | Self::Frame(_) | Self::Event(_) | Self::Record(_) | Self::Text => {
                ComeBack::Never
            }
        }
    }

    /// What the last thing that came, which was no binary message, means for the connection.
    pub(crate) fn of(message: Option<Result<Message, tungstenite::Error>>) -> Self {
        match message {
            Some(Ok(Message::Close(Some(close)))) => {
                Self::Closed { code: close.code.into(), text: close.reason.to_string() }
            }
            Some(Ok(Message::Close(None))) => {
                Self::Closed { code: NO_CODE, text: "no reason".to_owned() }
            }
            Some(Ok(_)) => Self::Text,
            Some(Err(error)) => Self::Lost(error.to_string()),
            None => Self::Lost("the connection ended without a close".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_protocol::watch::GridError;

    #[test]
    fn a_welcome_with_a_fault_says_which() {
        let grid = GridError { columns: 0, rows: 3 };
        let error = ConnectError::from(WelcomeError::from(grid));
        assert_eq!(error.to_string(), format!("welcome: {grid}"));
        assert_eq!(error.come_back(), ComeBack::Never);
    }

    #[test]
    fn what_breaks_may_be_mended_but_no_misunderstanding() {
        let closed = |code| End::Closed { code, text: String::new() }.come_back();
        assert_eq!([NO_CODE, 4409].map(closed), [ComeBack::Backoff, ComeBack::Never]);
        assert_eq!(End::Lost(String::new()).come_back(), ComeBack::AFTER_LOSS);
        assert_eq!(End::Frame(FrameError::Tag).come_back(), ComeBack::Never);
    }
}
