//! The same of a client that speaks text: what it says wrong is answered, and ends the session only when it
//! goes on and on.

use std::time::Duration;

use tickwire_protocol::json::{ClientReader, JsonError};
use tickwire_protocol::message::ClientMessage;

use super::{Session, SessionError, Stage};
use crate::session::assembly::{AssemblyError, Fragment, Kind};

/// Messages in a row that say nothing, after which a client is not listened to any more: a person sees an
/// answer to each, and a program that does not will not.
const MAX_WRONG: u32 = 20;

/// A message, or what is wrong with it, which is to be answered.
pub type Spoken = Result<ClientMessage, JsonError>;

impl Session {
    /// Takes in a whole text message.
    ///
    /// # Errors
    /// [`SessionError`] when the session must end.
    pub fn handle_text(
        &mut self,
        text: &str,
        reader: &mut ClientReader,
        now: Duration,
    ) -> Result<Spoken, SessionError> {
        self.hear(text.as_bytes(), now)?;
        self.assembly.expect_none()?;
        self.read(text, reader)
    }

    /// Takes in a whole binary message, of which there should be none.
    ///
    /// # Errors
    /// [`SessionError`] when the session must end.
    pub fn handle_untold(&mut self, bytes: &[u8], now: Duration) -> Result<Spoken, SessionError> {
        self.hear(bytes, now)?;
        self.assembly.expect_none()?;
        self.count(Err(JsonError::Binary))
    }

    /// Takes in a part of a fragmented message, and returns the message with its last part.
    ///
    /// # Errors
    /// [`SessionError`] when the session must end.
    pub fn handle_text_fragment(
        &mut self,
        part: Fragment,
        bytes: &[u8],
        reader: &mut ClientReader,
        now: Duration,
    ) -> Result<Option<Spoken>, SessionError> {
        self.hear(bytes, now)?;
        match self.assembly.push(part, bytes, self.limits.message)? {
            None => Ok(None),
            Some((Kind::Binary, _)) => self.count(Err(JsonError::Binary)).map(Some),
            Some((Kind::Text, whole)) => {
                let text = str::from_utf8(&whole).map_err(|_| AssemblyError::Utf8)?;
                self.read(text, reader).map(Some)
            }
        }
    }

    fn read(&mut self, text: &str, reader: &mut ClientReader) -> Result<Spoken, SessionError> {
        let spoken = match self.stage {
            Stage::Unwelcome => Err(JsonError::TooEarly),
            Stage::Anonymous => reader.read(text).inspect(|_| self.stage = Stage::Unwelcome),
            Stage::Welcome => reader.read(text),
        };
        self.count(spoken)
    }

    fn count(&mut self, spoken: Spoken) -> Result<Spoken, SessionError> {
        self.wrong = if spoken.is_ok() { 0 } else { self.wrong + 1 };
        if self.wrong < MAX_WRONG { Ok(spoken) } else { Err(SessionError::Nonsense) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LimitsConfig;

    const SECOND: Duration = Duration::from_secs(1);
    const NONSENSE: &str = "nonsense";
    const ENTER: &str = r#"{"type": "enter", "token": "x"}"#;

    fn session(is_token_due: bool) -> (Session, ClientReader) {
        let limits = LimitsConfig::default().session(30, Duration::from_secs(15));
        (Session::new(limits, is_token_due, Duration::ZERO), ClientReader::new())
    }

    #[test]
    fn who_goes_on_and_on_is_not_listened_to_any_more() {
        let (mut session, mut reader) = session(true);
        let mut wrong = |text: &str, times: u32| {
            for _ in 0..times {
                assert!(session.handle_text(text, &mut reader, SECOND).unwrap().is_err());
            }
            session.handle_text(ENTER, &mut reader, SECOND)
        };
        assert!(wrong(NONSENSE, MAX_WRONG - 1).unwrap().is_ok(), "one that is sound ends the row");
        let error = wrong(NONSENSE, MAX_WRONG - 1).unwrap_err();
        assert!(matches!(error, SessionError::Nonsense), "it has entered already");
    }

    #[test]
    fn a_token_comes_first_and_then_the_welcome() {
        let (mut session, mut reader) = session(true);
        let mut code = |text| match session.handle_text(text, &mut reader, SECOND).unwrap() {
            Ok(_) => "sound",
            Err(cause) => cause.code(),
        };
        assert_eq!(code(r#"{"type": "ping"}"#), "not_in");
        assert_eq!(code(ENTER), "sound");
        assert_eq!(code(ENTER), "too_early");
        assert_eq!(code(r#"{"type": "ping"}"#), "too_early");
    }

    #[test]
    fn text_comes_in_fragments_and_bytes_are_answered() {
        let (mut session, mut reader) = session(true);
        let mut part =
            |part, bytes: &[u8]| session.handle_text_fragment(part, bytes, &mut reader, SECOND);
        assert_eq!(part(Fragment::First(Kind::Text), &ENTER.as_bytes()[..9]).unwrap(), None);
        let whole = part(Fragment::Last, &ENTER.as_bytes()[9..]).unwrap().unwrap();
        assert_eq!(whole, Ok(ClientMessage::Enter { token: "x".to_owned() }));
        part(Fragment::First(Kind::Binary), &[1]).unwrap();
        assert_eq!(part(Fragment::Last, &[2]).unwrap(), Some(Err(JsonError::Binary)));
        assert_eq!(session.handle_untold(&[1], SECOND).unwrap(), Err(JsonError::Binary));
    }
}
