//! Why a connection ends: one enum, one close code, one text each.

use std::time::Duration;

/// Why a connection is closed. The number is the WebSocket close code; the text says what to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u16)]
pub enum CloseReason {
    /// Left on purpose.
    Normal = 1000,
    /// The other side is going away, as when a page is closed.
    GoingAway = 1001,
    /// A frame that RFC 6455 does not allow.
    ProtocolError = 1002,
    /// A text message on a binary connection.
    TextNotBinary = 1003,
    /// Text that is not UTF-8.
    InvalidUtf8 = 1007,
    /// A message above the size limit.
    TooLarge = 1009,
    /// A fault of the server.
    Internal = 1011,
    /// The server restarts.
    Restarting = 1012,
    /// The token is missing, wrong, used or expired.
    Unauthorised = 4001,
    /// A message that does not decode or holds a value out of range.
    BadMessage = 4400,
    /// The room's host sent the player away.
    Kicked = 4403,
    /// The room does not exist.
    NoSuchRoom = 4404,
    /// Nothing was heard for the heartbeat timeout.
    SilentTooLong = 4408,
    /// The same player connected again.
    Replaced = 4409,
    /// State was not acknowledged for too long, or too many events were waiting.
    TooSlow = 4410,
    /// The room has ended, or the game sent the player away.
    RoomEnded = 4411,
    /// The seat's reservation lapsed and the room is full.
    RoomFull = 4423,
    /// More messages than the limit.
    TooManyMessages = 4429,
}

/// What a client does after a close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconnect {
    /// Coming back would end the same way.
    Never,
    /// Come back with exponential backoff.
    Backoff,
    /// Come back, but not before this delay.
    After(Duration),
}

impl CloseReason {
    /// Every reason, in ascending order of its code.
    pub const ALL: [Self; 18] = [
        Self::Normal,
        Self::GoingAway,
        Self::ProtocolError,
        Self::TextNotBinary,
        Self::InvalidUtf8,
        Self::TooLarge,
        Self::Internal,
        Self::Restarting,
        Self::Unauthorised,
        Self::BadMessage,
        Self::Kicked,
        Self::NoSuchRoom,
        Self::SilentTooLong,
        Self::Replaced,
        Self::TooSlow,
        Self::RoomEnded,
        Self::RoomFull,
        Self::TooManyMessages,
    ];

    /// The WebSocket close code.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// The reason with this close code.
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// The text sent with the close: at most 123 bytes, as RFC 6455 demands.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Normal => "goodbye",
            Self::GoingAway => "going away",
            Self::ProtocolError => "not a valid WebSocket frame",
            Self::TextNotBinary => "send binary messages: this connection speaks tickwire.v1",
            Self::InvalidUtf8 => "text must be UTF-8",
            Self::TooLarge => "message too large: send less at once",
            Self::Internal => "the server failed; come back later",
            Self::Restarting => "the server restarts; come back in a moment",
            Self::Unauthorised => "token missing, unknown, used or expired: join again",
            Self::BadMessage => "message does not decode or a value is out of range",
            Self::Kicked => "the host sent you away",
            Self::NoSuchRoom => "no such room: it may have ended; join again",
            Self::SilentTooLong => "nothing heard for too long: answer pings or send something",
            Self::Replaced => "the same player connected from elsewhere",
            Self::TooSlow => "too slow: acknowledge frames and read faster",
            Self::RoomEnded => "the room has ended",
            Self::RoomFull => "the room is full: connect within 10 s of joining",
            Self::TooManyMessages => "too many messages or bytes: slow down",
        }
    }

    /// What a client does next.
    #[must_use]
    pub const fn reconnect(self) -> Reconnect {
        match self {
            Self::GoingAway
            | Self::Internal
            | Self::Restarting
            | Self::SilentTooLong
            | Self::TooSlow => Reconnect::Backoff,
            Self::RoomFull | Self::TooManyMessages => Reconnect::After(Duration::from_secs(5)),
            _ => Reconnect::Never,
        }
    }

    /// A short name for logs and metric labels.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::GoingAway => "going_away",
            Self::ProtocolError => "protocol_error",
            Self::TextNotBinary => "text_not_binary",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::TooLarge => "too_large",
            Self::Internal => "internal",
            Self::Restarting => "restarting",
            Self::Unauthorised => "unauthorised",
            Self::BadMessage => "bad_message",
            Self::Kicked => "kicked",
            Self::NoSuchRoom => "no_such_room",
            Self::SilentTooLong => "silent",
            Self::Replaced => "replaced",
            Self::TooSlow => "too_slow",
            Self::RoomEnded => "room_ended",
            Self::RoomFull => "room_full",
            Self::TooManyMessages => "too_many_messages",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_texts_fit_a_close_frame() {
        for (index, reason) in CloseReason::ALL.into_iter().enumerate() {
            assert_eq!(CloseReason::from_code(reason.code()), Some(reason));
            assert!(reason.text().len() <= 123);
            for other in &CloseReason::ALL[index + 1..] {
                assert!(reason.code() < other.code());
                assert_ne!(reason.label(), other.label());
            }
        }
        assert_eq!(CloseReason::from_code(1005), None);
    }
}
