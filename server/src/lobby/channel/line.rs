//! A line: what is left of what somebody wrote, and how it travels between servers. Pure.

use std::time::Duration;

use bincode::{Decode, Encode};
use thiserror::Error;
use tickwire_protocol::ids::RoomId;
use tickwire_protocol::message::{LobbyNews, Rejection};
use tickwire_simulation::names::{display_name, disturbs, is_joiner};

use crate::lobby::bus_message::{self, BusMessageError};
use crate::session::bucket::Allowance;

/// Most characters of what a member says: as many as a line of the demo game's chat has.
const MAX_LINE_CHARS: usize = 120;
/// Most characters of an announcement: two or three sentences.
const MAX_ANNOUNCEMENT_CHARS: usize = 400;
/// Lines that one connection may say.
pub const LINES: Allowance = Allowance { per_second: 2.0, burst: 5.0 };

/// Why a line is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SayError {
    /// Nothing is left of it.
    #[error("nothing is left of this line that can be seen")]
    Empty,
    /// It is too long.
    #[error("a line has at most {MAX_LINE_CHARS} characters")]
    TooLong,
    /// Too many lines; one can be said after this time.
    #[error("wait {:.1} s: two lines a second, a few at once", tenths_up(*.0))]
    TooFast(Duration),
    /// The speaker is not in the lobby.
    #[error("enter the lobby first")]
    NotInLobby,
    /// The speaker's room does not say who they are.
    #[error("the room does not answer: try again")]
    Unavailable,
}

/// A time in seconds, rounded up to a tenth: who waits for so long has waited long enough.
fn tenths_up(time: Duration) -> f64 {
    (time.as_secs_f64() * 10.0).ceil() / 10.0
}

impl SayError {
    /// A short name of the cause, for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::TooFast(_) => "too_fast",
            Self::NotInLobby => "not_in_lobby",
            Self::Unavailable => "unavailable",
        }
    }
}

impl From<SayError> for Rejection {
    fn from(cause: SayError) -> Self {
        Self::new(cause.code(), &cause.to_string())
    }
}

/// Why something is not announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AnnounceError {
    /// Nothing is left of it.
    #[error("nothing is left of this text that can be seen")]
    Empty,
    /// It is too long.
    #[error("an announcement has at most {MAX_ANNOUNCEMENT_CHARS} characters")]
    TooLong,
}

/// A line, as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Line {
    /// Somebody said it.
    Said {
        /// What they are called.
        from: String,
        /// Their room's id; empty if it is in no list.
        room: String,
        /// What they said.
        text: Text,
    },
    /// It was announced.
    Announced(Text),
}

/// Text that is fit to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Text(String);

impl Text {
    /// What a member says.
    ///
    /// # Errors
    /// [`SayError::Empty`], [`SayError::TooLong`].
    pub fn of_line(text: &str) -> Result<Self, SayError> {
        let text = shown(text).ok_or(SayError::Empty)?;
        if text.0.chars().count() > MAX_LINE_CHARS { Err(SayError::TooLong) } else { Ok(text) }
    }

    /// What is announced.
    ///
    /// # Errors
    /// [`AnnounceError`].
    pub fn of_announcement(text: &str) -> Result<Self, AnnounceError> {
        let text = shown(text).ok_or(AnnounceError::Empty)?;
        let is_long = text.0.chars().count() > MAX_ANNOUNCEMENT_CHARS;
        if is_long { Err(AnnounceError::TooLong) } else { Ok(text) }
    }

    fn is_sound(&self, most: usize) -> bool {
        self.0.chars().count() <= most && shown(&self.0).as_ref() == Some(self)
    }
}

/// Text without what could break or turn round the text beside it; nothing if none of it can be seen.
fn shown(text: &str) -> Option<Text> {
    let kept: String = text.chars().filter(|&letter| !disturbs(letter)).collect();
    let trimmed = kept.trim();
    trimmed.contains(|letter| !is_joiner(letter)).then(|| Text(trimmed.to_owned()))
}

impl Line {
    /// Its bytes on the bus.
    #[must_use]
    pub fn to_bytes(&self) -> bytes::Bytes {
        bus_message::encode(self)
    }

    /// Reads a line from the bus, and believes nothing of it.
    ///
    /// # Errors
    /// [`BusMessageError`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BusMessageError> {
        let line: Self = bus_message::decode(bytes)?;
        let wrong = match &line {
            Self::Said { from, .. } if display_name(from) != *from => Some("a name is not fit"),
            Self::Said { room, .. } if !room.is_empty() && room.parse::<RoomId>().is_err() => {
                Some("a room's id is none")
            }
            Self::Said { text, .. } if !text.is_sound(MAX_LINE_CHARS) => Some("a text is not fit"),
            Self::Announced(text) if !text.is_sound(MAX_ANNOUNCEMENT_CHARS) => {
                Some("a text is not fit")
            }
            _ => None,
        };
        wrong.map_or(Ok(line), |wrong| Err(BusMessageError::Unsound(wrong)))
    }

    /// What members are told.
    #[must_use]
    pub fn into_news(self) -> LobbyNews {
        match self {
            Self::Said { from, room, text: Text(text) } => LobbyNews::Said { from, room, text },
            Self::Announced(Text(text)) => LobbyNews::Announced { text },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(from: &str, room: &str, text: &str) -> Line {
        Line::Said { from: from.to_owned(), room: room.to_owned(), text: Text(text.to_owned()) }
    }

    #[test]
    fn lines_are_made_fit_to_be_shown() {
        let text = |text: &str| Text::of_line(text).map(|Text(text)| text);
        assert_eq!(text(" gg\n wp\u{202e}!\u{7} "), Ok("gg wp!".to_owned()));
        assert_eq!(text("<b>日本 🚀</b>"), Ok("<b>日本 🚀</b>".to_owned()));
        assert_eq!(text(" \t\u{2066}\u{200d}\u{2029} "), Err(SayError::Empty));
        assert_eq!(text(&"é".repeat(120)).unwrap().chars().count(), 120);
        assert_eq!(text(&"é".repeat(121)), Err(SayError::TooLong));
        assert_eq!(text(&format!("{}gg", " ".repeat(1000))), Ok("gg".to_owned()));
        assert!(Text::of_announcement(&"x".repeat(400)).is_ok());
        assert_eq!(Text::of_announcement(&"x".repeat(401)), Err(AnnounceError::TooLong));
        assert_eq!(Text::of_announcement("\n"), Err(AnnounceError::Empty));
    }

    #[test]
    fn a_line_travels_and_what_no_server_sends_does_not_arrive() {
        let sound = [
            said("Ada", "0123456789", "gg"),
            said("Ada", "", "gg"),
            Line::Announced(Text("down at 18:00".to_owned())),
        ];
        for line in sound {
            assert_eq!(Line::from_bytes(&line.to_bytes()).unwrap(), line);
        }
        let unsound = [
            said("\u{202e}Ada", "", "gg"),
            said(&"a".repeat(25), "", "gg"),
            said("", "", "gg"),
            said("Ada", "here", "gg"),
            said("Ada", "", " gg"),
            said("Ada", "", "a\u{2028}b"),
            said("Ada", "", ""),
            said("Ada", "", &"x".repeat(121)),
            Line::Announced(Text("\u{202e}gg".to_owned())),
            Line::Announced(Text("x".repeat(401))),
        ];
        for line in unsound {
            let cause = Line::from_bytes(&line.to_bytes()).unwrap_err();
            assert!(matches!(cause, BusMessageError::Unsound(_)), "{line:?}: {cause}");
        }
    }

    #[test]
    fn who_is_too_fast_is_told_how_long_to_wait() {
        for (millis, wait) in [(1, "0.1"), (410, "0.5"), (500, "0.5")] {
            let rejection = Rejection::from(SayError::TooFast(Duration::from_millis(millis)));
            assert_eq!(rejection.code, "too_fast");
            let text = format!("wait {wait} s: two lines a second, a few at once");
            assert_eq!(rejection.message, text);
        }
    }
}
