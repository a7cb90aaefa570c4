//! Messages that come in fragments ([RFC 6455, section 5.4](https://www.rfc-editor.org/rfc/rfc6455#section-5.4)),
//! put together. Pure.
//!
//! A message is bounded in bytes and in fragments, since each of those costs as much as a message, and
//! text is UTF-8 at every fragment already: what can not become sound is not waited for.

use thiserror::Error;
use tickwire_protocol::close::CloseReason;

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8.
    Text,
    /// Bytes.
    Binary,
}

/// A part of a fragmented message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fragment {
    /// The first part, which says what the message is.
    First(Kind),
    /// One in the middle.
    Middle,
    /// The last part.
    Last,
}

/// How large a message may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageLimits {
    /// Most bytes of a message. 4096 by default: a chat line with room to spare.
    pub bytes: usize,
    /// Most frames that one message may come in. 64 by default: 64 bytes each, smaller than any library
    /// cuts them.
    pub fragments: usize,
}

impl MessageLimits {
    /// What a close frame says to who has passed them.
    #[must_use]
    pub fn advice(self) -> String {
        let Self { bytes, fragments } = self;
        format!("message too large: send at most {bytes} bytes, in at most {fragments} frames")
    }
}

/// Fragments that do not become a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AssemblyError {
    /// A fragment without a beginning, or a new message inside a fragmented one.
    #[error("fragments out of order")]
    OutOfOrder,
    /// More than a message may have.
    #[error("fragments of more than {0} bytes")]
    TooLarge(usize),
    /// More fragments than a message may come in.
    #[error("a message in more than {0} fragments")]
    TooMany(usize),
    /// Text that is none.
    #[error("text in fragments that is not UTF-8")]
    Utf8,
}

impl AssemblyError {
    /// The close code for it.
    #[must_use]
    pub const fn reason(self) -> CloseReason {
        match self {
            Self::OutOfOrder => CloseReason::ProtocolError,
            Self::TooLarge(_) | Self::TooMany(_) => CloseReason::TooLarge,
            Self::Utf8 => CloseReason::InvalidUtf8,
        }
    }
}

/// The message that is being put together, if any.
#[derive(Debug, Default)]
pub struct Assembly {
    begun: Option<Begun>,
}

#[derive(Debug)]
struct Begun {
    kind: Kind,
    bytes: Vec<u8>,
    fragments: usize,
    /// How many of the bytes are whole characters.
    checked: usize,
}

impl Assembly {
    /// A whole message may come now.
    ///
    /// # Errors
    /// [`AssemblyError::OutOfOrder`] inside a fragmented one.
    pub const fn expect_none(&self) -> Result<(), AssemblyError> {
        if self.begun.is_none() { Ok(()) } else { Err(AssemblyError::OutOfOrder) }
    }

    /// Takes in a fragment, and returns the message with its last one.
    ///
    /// # Errors
    /// [`AssemblyError`]; the message is gone then.
    pub fn push(
        &mut self,
        fragment: Fragment,
        bytes: &[u8],
        limits: MessageLimits,
    ) -> Result<Option<(Kind, Vec<u8>)>, AssemblyError> {
        let mut message = match (fragment, self.begun.take()) {
            (Fragment::First(kind), None) => {
                Begun { kind, bytes: Vec::new(), fragments: 0, checked: 0 }
            }
            (Fragment::Middle | Fragment::Last, Some(message)) => message,
            _ => return Err(AssemblyError::OutOfOrder),
        };
        message.take_in(bytes, limits)?;
        if fragment == Fragment::Last {
            message.finish().map(Some)
        } else {
            self.begun = Some(message);
            Ok(None)
        }
    }
}

impl Begun {
    fn take_in(&mut self, bytes: &[u8], limits: MessageLimits) -> Result<(), AssemblyError> {
        self.fragments += 1;
        if self.fragments > limits.fragments {
            return Err(AssemblyError::TooMany(limits.fragments));
        }
        if self.bytes.len() + bytes.len() > limits.bytes {
            return Err(AssemblyError::TooLarge(limits.bytes));
        }
        self.bytes.extend_from_slice(bytes);
        if self.kind == Kind::Text {
            self.check_text()?;
        }
        Ok(())
    }

    /// Checks what is new. A character that is cut off at the end may still become one.
    fn check_text(&mut self) -> Result<(), AssemblyError> {
        match str::from_utf8(&self.bytes[self.checked..]) {
            Ok(_) => self.checked = self.bytes.len(),
            Err(error) if error.error_len().is_none() => self.checked += error.valid_up_to(),
            Err(_) => return Err(AssemblyError::Utf8),
        }
        Ok(())
    }

    fn finish(self) -> Result<(Kind, Vec<u8>), AssemblyError> {
        let is_cut_off = self.kind == Kind::Text && self.checked < self.bytes.len();
        if is_cut_off { Err(AssemblyError::Utf8) } else { Ok((self.kind, self.bytes)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: MessageLimits = MessageLimits { bytes: 8, fragments: 4 };
    const TEXT: Fragment = Fragment::First(Kind::Text);
    const BINARY: Fragment = Fragment::First(Kind::Binary);

    type Pushed = Result<Option<(Kind, Vec<u8>)>, AssemblyError>;

    /// What the last of these fragments leads to; those before are sound.
    fn push(fragments: &[(Fragment, &[u8])]) -> Pushed {
        let mut assembly = Assembly::default();
        let (last, before) = fragments.split_last().unwrap();
        for (fragment, bytes) in before {
            assert_eq!(assembly.push(*fragment, bytes, LIMITS), Ok(None));
        }
        assembly.push(last.0, last.1, LIMITS)
    }

    #[test]
    fn fragments_become_a_message() {
        let whole = push(&[(BINARY, &[1]), (Fragment::Middle, &[]), (Fragment::Last, &[0xff])]);
        assert_eq!(whole, Ok(Some((Kind::Binary, vec![1, 0xff]))));
        let euro = "€".as_bytes();
        let whole = push(&[
            (TEXT, &euro[..1]),
            (Fragment::Middle, &euro[1..2]),
            (Fragment::Last, &euro[2..]),
        ]);
        assert_eq!(whole, Ok(Some((Kind::Text, euro.to_vec()))));
    }

    #[test]
    fn order_matters() {
        assert_eq!(push(&[(Fragment::Last, &[])]), Err(AssemblyError::OutOfOrder));
        assert_eq!(push(&[(BINARY, &[]), (TEXT, &[])]), Err(AssemblyError::OutOfOrder));
        let mut assembly = Assembly::default();
        assert_eq!(assembly.expect_none(), Ok(()));
        assembly.push(BINARY, &[], LIMITS).unwrap();
        assert_eq!(assembly.expect_none(), Err(AssemblyError::OutOfOrder));
    }

    #[test]
    fn messages_are_bounded_in_bytes_and_in_fragments() {
        assert_eq!(
            push(&[(BINARY, &[0; 8]), (Fragment::Last, &[0])]),
            Err(AssemblyError::TooLarge(8))
        );
        let middle = (Fragment::Middle, &[][..]);
        let many = [(BINARY, &[][..]), middle, middle, middle, middle];
        assert_eq!(push(&many), Err(AssemblyError::TooMany(4)));
    }

    #[test]
    fn text_is_refused_as_soon_as_it_cannot_be_any() {
        assert_eq!(push(&[(TEXT, &[b'a', 0xff])]), Err(AssemblyError::Utf8));
        assert_eq!(push(&[(TEXT, &[0xe2]), (Fragment::Middle, b"x")]), Err(AssemblyError::Utf8));
        assert_eq!(push(&[(TEXT, &[0xe2]), (Fragment::Last, &[0x82])]), Err(AssemblyError::Utf8));
    }
}
