//! What a session decides: is this message sound, is this client alive, is it too loud?
//!
//! Pure: bytes and times come in, messages and reasons to close come out. No socket, so that any
//! transport can drive it.

use std::time::Duration;

use thiserror::Error;
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::envelope::{EnvelopeError, MAX_CLIENT_MESSAGE_BYTES};
use tickwire_protocol::message::ClientMessage;

/// A session's limits.
#[derive(Clone, Copy, Debug)]
pub struct SessionLimits {
    /// Messages per second that a client may send for ever. By default 120, or four per tick: an
    /// input and an acknowledgement each, twice over.
    pub messages_per_second: f64,
    /// Messages that it may send at once, as after a stall. By default two seconds' worth.
    pub burst: f64,
    /// Silence after which it is gone. 15 s by default.
    pub timeout: Duration,
}

impl SessionLimits {
    /// The limits at a tick rate and heartbeat timeout.
    #[must_use]
    pub fn new(tick_rate_hz: u16, timeout: Duration) -> Self {
        let messages_per_second = (4.0 * f64::from(tick_rate_hz)).max(120.0);
        Self { messages_per_second, burst: 2.0 * messages_per_second, timeout }
    }
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self::new(30, Duration::from_secs(15))
    }
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
    /// A fragmented message that grows beyond the limit.
    #[error("fragments of more than {MAX_CLIENT_MESSAGE_BYTES} bytes")]
    TooLarge,
    /// A fragment without a beginning, or a new message inside a fragmented one.
    #[error("fragments out of order")]
    Fragments,
    /// More messages than allowed.
    #[error("more messages than allowed")]
    TooMany,
}

impl SessionError {
    /// The close code for it.
    #[must_use]
    pub const fn reason(&self) -> CloseReason {
        match self {
            Self::Malformed(EnvelopeError::TooLarge { .. }) | Self::TooLarge => {
                CloseReason::TooLarge
            }
            Self::Malformed(_) | Self::TooEarly | Self::Token => CloseReason::BadMessage,
            Self::Fragments => CloseReason::ProtocolError,
            Self::TooMany => CloseReason::TooManyMessages,
        }
    }
}

/// A part of a fragmented message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fragment {
    /// The first part.
    First,
    /// One in the middle.
    Middle,
    /// The last part.
    Last,
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
    allowance: f64,
    allowance_at: Duration,
    fragments: Option<Vec<u8>>,
}

impl Session {
    /// A session that begins `now`, with its token or without.
    #[must_use]
    pub fn new(limits: SessionLimits, is_token_due: bool, now: Duration) -> Self {
        Self {
            limits,
            stage: if is_token_due { Stage::Anonymous } else { Stage::Unwelcome },
            last_heard: now,
            allowance: limits.burst,
            allowance_at: now,
            fragments: None,
        }
    }

    /// The welcome is on its way: the client may speak now.
    pub const fn handle_welcomed(&mut self) {
        self.stage = Stage::Welcome;
    }

    /// A ping or pong came in: a sign of life, which counts as a message all the same.
    ///
    /// # Errors
    /// [`SessionError::TooMany`] when the session must end.
    pub fn handle_control(&mut self, now: Duration) -> Result<(), SessionError> {
        self.last_heard = now;
        self.spend(now)
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
        self.last_heard = now;
        self.spend(now)?;
        if self.fragments.is_some() {
            return Err(SessionError::Fragments);
        }
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
        self.last_heard = now;
        self.spend(now)?;
        let mut whole = match (part, self.fragments.take()) {
            (Fragment::First, None) => Vec::new(),
            (Fragment::Middle | Fragment::Last, Some(whole)) => whole,
            _ => return Err(SessionError::Fragments),
        };
        if whole.len() + bytes.len() > MAX_CLIENT_MESSAGE_BYTES {
            return Err(SessionError::TooLarge);
        }
        whole.extend_from_slice(bytes);
        if part == Fragment::Last {
            return self.decode(&whole).map(Some);
        }
        self.fragments = Some(whole);
        Ok(None)
    }

    fn decode(&mut self, bytes: &[u8]) -> Result<ClientMessage, SessionError> {
        let message = ClientMessage::from_bytes(bytes)?;
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

    /// A token bucket: full at the beginning, refilled at the allowed rate.
    fn spend(&mut self, now: Duration) -> Result<(), SessionError> {
        let elapsed = now.saturating_sub(self.allowance_at).as_secs_f64();
        let refilled = self.allowance + elapsed * self.limits.messages_per_second;
        self.allowance = refilled.min(self.limits.burst);
        self.allowance_at = now;
        if self.allowance < 1.0 {
            return Err(SessionError::TooMany);
        }
        self.allowance -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn session() -> Session {
        let mut session = Session::new(SessionLimits::default(), false, Duration::ZERO);
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
        session.handle_control(28 * SECOND).unwrap();
        assert_eq!(session.patience(42 * SECOND), SECOND);
        assert_eq!(session.patience(43 * SECOND), Duration::ZERO);
        session.handle_fragment(Fragment::First, &[2], 43 * SECOND).unwrap();
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
        assert!(session.handle_control(2 * SECOND).is_err(), "pings count too");
    }

    #[test]
    fn fragments_are_put_together_in_order_and_within_the_limit() {
        let bytes = ping(70_000).to_bytes();
        let mut session = session();
        let mut part = |part, bytes: &[u8]| session.handle_fragment(part, bytes, SECOND);
        assert!(part(Fragment::First, &bytes[..1]).unwrap().is_none());
        assert!(part(Fragment::Middle, &bytes[1..2]).unwrap().is_none());
        assert_eq!(part(Fragment::Last, &bytes[2..]).unwrap(), Some(ping(70_000)));
        let reason = |result: Result<_, SessionError>| result.unwrap_err().reason();
        assert_eq!(reason(part(Fragment::Last, &bytes)), CloseReason::ProtocolError);
        part(Fragment::First, &[0; MAX_CLIENT_MESSAGE_BYTES]).unwrap();
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
        let mut session = Session::new(SessionLimits::default(), true, Duration::ZERO);
        assert!(session.handle_message(&ping(1).to_bytes(), SECOND).is_err());
        let mut session = Session::new(SessionLimits::default(), true, Duration::ZERO);
        assert_eq!(session.handle_message(&enter.to_bytes(), SECOND).unwrap(), enter);
        let error = session.handle_message(&enter.to_bytes(), SECOND).unwrap_err();
        assert_eq!(error.reason(), CloseReason::BadMessage);
        session.handle_welcomed();
        session.handle_message(&ping(1).to_bytes(), SECOND).unwrap();
        assert!(session.handle_message(&enter.to_bytes(), SECOND).is_err());
    }

    #[test]
    fn nobody_speaks_before_the_welcome() {
        let mut session = Session::new(SessionLimits::default(), false, Duration::ZERO);
        let error = session.handle_message(&ping(1).to_bytes(), SECOND).unwrap_err();
        assert_eq!(error.reason(), CloseReason::BadMessage);
    }
}
