//! What a session decides: is this message sound, is this client alive, is it too loud?
//!
//! Pure: bytes and times come in, messages and reasons to close come out. No socket, so that any
//! transport can drive it.

mod text;

use std::time::Duration;

use thiserror::Error;
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::envelope::EnvelopeError;
use tickwire_protocol::message::ClientMessage;

use super::assembly::{Assembly, AssemblyError, Fragment, MessageLimits};
use super::bucket::{Allowance, TokenBucket};

pub use text::Spoken;

/// A session's limits.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    /// How large a message may be, and in how many frames it may come.
    pub message: MessageLimits,
    /// Messages, fragments, pings and pongs. By default 120 a second, or four per tick: an input and an
    /// acknowledgement each, twice over; and two seconds' worth at once, as after a stall.
    pub messages: Allowance,
    /// Bytes of all these together. By default 16 KiB a second, ten times what inputs at every tick
    /// take; and at once two seconds' worth, or two of the largest messages.
    pub bytes: Allowance,
    /// Silence after which it is gone. 15 s by default.
    pub timeout: Duration,
    /// Time from the upgrade to a token in the first message. 3 s by default: a slow phone's round trips.
    pub entry_timeout: Duration,
}

/// Why a session must end.
#[derive(Debug, Error)]
pub enum SessionError {
    /// The message does not decode.
    #[error(transparent)]
    Malformed(#[from] EnvelopeError),
    /// A message before the welcome: the client cannot know yet what to say.
    #[error("a message came before the welcome")]
    TooEarly,
    /// A token from somebody who is in already, or another message where one is due.
    #[error("a token came where none is due, or none where one is")]
    Token,
    /// Fragments that do not become a message.
    #[error(transparent)]
    Fragments(#[from] AssemblyError),
    /// More messages than allowed.
    #[error("more messages than allowed")]
    TooMany,
    /// More bytes than allowed.
    #[error("more bytes than allowed")]
    TooManyBytes,
    /// Text that says nothing, again and again.
    #[error("too many messages in a row that are none")]
    Nonsense,
}

impl SessionError {
    /// The close code for it.
    #[must_use]
    pub const fn reason(&self) -> CloseReason {
        match self {
            Self::Malformed(EnvelopeError::TooLarge { .. }) => CloseReason::TooLarge,
            Self::Malformed(_) | Self::TooEarly | Self::Token => CloseReason::BadMessage,
            Self::Fragments(cause) => cause.reason(),
            Self::TooMany | Self::TooManyBytes | Self::Nonsense => CloseReason::TooManyMessages,
        }
    }
}

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The first message has to be a token.
    Anonymous,
    /// The room has not let it in yet.
    Unwelcome,
    /// In the room.
    Welcome,
}

/// One connection's state.
#[derive(Debug)]
pub struct Session {
    limits: SessionLimits,
    stage: Stage,
    last_heard: Duration,
    messages: TokenBucket,
    bytes: TokenBucket,
    assembly: Assembly,
    /// Text messages in a row that were none.
    wrong: u32,
}

impl Session {
    /// A session that begins `now`, with its token or without.
    #[must_use]
    pub fn new(limits: SessionLimits, is_token_due: bool, now: Duration) -> Self {
        Self {
            limits,
            stage: if is_token_due { Stage::Anonymous } else { Stage::Unwelcome },
            last_heard: now,
            messages: TokenBucket::full(limits.messages, now),
            bytes: TokenBucket::full(limits.bytes, now),
            assembly: Assembly::default(),
            wrong: 0,
        }
    }

    /// The welcome is on its way: the client may speak now.
    pub const fn handle_welcomed(&mut self) {
        self.stage = Stage::Welcome;
    }

    /// A ping or pong came in: a sign of life, which counts as a message all the same.
    ///
    /// # Errors
    /// [`SessionError::TooMany`] or [`SessionError::TooManyBytes`] when the session must end.
    pub fn handle_control(&mut self, payload: &[u8], now: Duration) -> Result<(), SessionError> {
        self.hear(payload, now)
    }

    /// How long the client may stay silent from `now` on; zero when it has been silent too long.
    #[must_use]
    pub const fn patience(&self, now: Duration) -> Duration {
        self.last_heard.saturating_add(self.limits.timeout).saturating_sub(now)
    }

    /// Takes in a whole binary message.
    ///
    /// # Errors
    /// [`SessionError`] when the session must end.
    pub fn handle_message(
        &mut self,
        bytes: &[u8],
        now: Duration,
    ) -> Result<ClientMessage, SessionError> {
        self.hear(bytes, now)?;
        self.assembly.expect_none()?;
        self.decode(bytes)
    }

    /// Takes in a part of a fragmented message, and returns the message with its last part.
    ///
    /// # Errors
    /// [`SessionError`] when the session must end.
    pub fn handle_fragment(
        &mut self,
        part: Fragment,
        bytes: &[u8],
        now: Duration,
    ) -> Result<Option<ClientMessage>, SessionError> {
        self.hear(bytes, now)?;
        match self.assembly.push(part, bytes, self.limits.message)? {
            Some((_, whole)) => self.decode(&whole).map(Some),
            None => Ok(None),
        }
    }

    fn decode(&mut self, bytes: &[u8]) -> Result<ClientMessage, SessionError> {
        let message = ClientMessage::from_bytes_within(bytes, self.limits.message.bytes)?;
        let is_token =
            matches!(message, ClientMessage::Enter { .. } | ClientMessage::Resume { .. });
        match self.stage {
            Stage::Anonymous if is_token => self.stage = Stage::Unwelcome,
            Stage::Welcome if !is_token => {}
            Stage::Unwelcome => return Err(SessionError::TooEarly),
            Stage::Anonymous | Stage::Welcome => return Err(SessionError::Token),
        }
        Ok(message)
    }

    /// A frame is a sign of life, and costs something of what is allowed.
    fn hear(&mut self, payload: &[u8], now: Duration) -> Result<(), SessionError> {
        self.last_heard = now;
        if !self.messages.take(1.0, self.limits.messages, now) {
            return Err(SessionError::TooMany);
        }
        // What a frame may hold is far below what a float counts exactly.
        if !self.bytes.take(payload.len() as f64, self.limits.bytes, now) {
            return Err(SessionError::TooManyBytes);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tickwire_protocol::envelope::MAX_CLIENT_MESSAGE_BYTES;

    use super::*;
    use crate::config::LimitsConfig;
    use crate::session::assembly::Kind;

    const SECOND: Duration = Duration::from_secs(1);

    fn limits() -> SessionLimits {
        LimitsConfig::default().session(30, Duration::from_secs(15))
    }

    fn session() -> Session {
        let mut session = Session::new(limits(), false, Duration::ZERO);
        session.handle_welcomed();
        session
    }

    fn ping(nonce: u32) -> ClientMessage {
        ClientMessage::Ping { nonce }
    }

    #[test]
    fn any_message_is_a_sign_of_life() {
        let mut session = session();
        session.handle_message(&ping(1).to_bytes(), 14 * SECOND).unwrap();
        assert_eq!(session.patience(28 * SECOND), SECOND);
        session.handle_control(&[], 28 * SECOND).unwrap();
        assert_eq!(session.patience(42 * SECOND), SECOND);
        assert_eq!(session.patience(43 * SECOND), Duration::ZERO);
        session.handle_fragment(Fragment::First(Kind::Binary), &[2], 43 * SECOND).unwrap();
        assert_eq!(session.patience(50 * SECOND), 8 * SECOND);
    }

    #[test]
    fn bursts_are_forgiven_and_floods_are_not() {
        let mut session = session();
        let bytes = ping(1).to_bytes();
        for _ in 0..240 {
            session.handle_message(&bytes, SECOND).unwrap();
        }
        let error = session.handle_message(&bytes, SECOND).unwrap_err();
        assert_eq!(error.reason(), CloseReason::TooManyMessages);
        for _ in 0..120 {
            session.handle_message(&bytes, 2 * SECOND).unwrap();
        }
        assert!(session.handle_message(&bytes, 2 * SECOND).is_err());
        assert!(session.handle_control(&[], 2 * SECOND).is_err(), "pings count too");
    }

    #[test]
    fn bytes_are_bounded_beside_messages() {
        let mut session = session();
        // As large as they may be, but not a message that decodes.
        let large = vec![0; MAX_CLIENT_MESSAGE_BYTES];
        for _ in 0..8 {
            let error = session.handle_message(&large, SECOND).unwrap_err();
            assert_eq!(error.reason(), CloseReason::BadMessage);
        }
        let error = session.handle_message(&large, SECOND).unwrap_err();
        assert!(matches!(error, SessionError::TooManyBytes), "{error}");
        assert_eq!(error.reason(), CloseReason::TooManyMessages);
        session.handle_control(&[0; 125], 2 * SECOND).unwrap();
    }

    #[test]
    fn fragments_are_put_together() {
        let bytes = ping(70_000).to_bytes();
        let mut session = session();
        let mut part = |part, bytes: &[u8]| session.handle_fragment(part, bytes, SECOND);
        assert!(part(Fragment::First(Kind::Binary), &bytes[..1]).unwrap().is_none());
        assert!(part(Fragment::Middle, &bytes[1..2]).unwrap().is_none());
        assert_eq!(part(Fragment::Last, &bytes[2..]).unwrap(), Some(ping(70_000)));
        let reason = |result: Result<_, SessionError>| result.unwrap_err().reason();
        assert_eq!(reason(part(Fragment::Last, &bytes)), CloseReason::ProtocolError);
        part(Fragment::First(Kind::Binary), &[0; MAX_CLIENT_MESSAGE_BYTES]).unwrap();
        assert_eq!(reason(part(Fragment::Middle, &[0])), CloseReason::TooLarge);
    }

    #[test]
    fn what_does_not_decode_ends_the_session() {
        let mut session = session();
        let mut reason = |bytes: &[u8]| session.handle_message(bytes, SECOND).unwrap_err().reason();
        assert_eq!(reason(&[]), CloseReason::BadMessage);
        assert_eq!(reason(&[9]), CloseReason::BadMessage);
        assert_eq!(reason(&[2]), CloseReason::BadMessage);
        assert_eq!(reason(&[2, 1, 1]), CloseReason::BadMessage);
        assert_eq!(reason(&[0; MAX_CLIENT_MESSAGE_BYTES + 1]), CloseReason::TooLarge);
    }

    #[test]
    fn a_token_comes_first_or_not_at_all() {
        let enter = ClientMessage::Enter { token: "x".to_owned() };
        let mut session = Session::new(limits(), true, Duration::ZERO);
        assert!(session.handle_message(&ping(1).to_bytes(), SECOND).is_err());
        let mut session = Session::new(limits(), true, Duration::ZERO);
        assert_eq!(session.handle_message(&enter.to_bytes(), SECOND).unwrap(), enter);
        let error = session.handle_message(&enter.to_bytes(), SECOND).unwrap_err();
        assert_eq!(error.reason(), CloseReason::BadMessage);
        session.handle_welcomed();
        session.handle_message(&ping(1).to_bytes(), SECOND).unwrap();
        assert!(session.handle_message(&enter.to_bytes(), SECOND).is_err());
    }

    #[test]
    fn nobody_speaks_before_the_welcome() {
        let mut session = Session::new(limits(), false, Duration::ZERO);
        let error = session.handle_message(&ping(1).to_bytes(), SECOND).unwrap_err();
        assert_eq!(error.reason(), CloseReason::BadMessage);
    }
}
