//! What carries messages where there is no WebSocket: records, one behind the other in the bodies of HTTP.
//!
//! ```text
//! varint    length of what follows, 1 or more
//! 1 byte    kind: 0 Message, 1 Opened, 2 Closed, 3 Ping
//! …         Message: the message · Opened: key (16 bytes), subprotocol (UTF-8)
//!           Closed: code (2 bytes, little-endian), reason (UTF-8) · Ping: nothing
//! ```
//!
//! What a client sends after the beginning has a [`Head`] before its records.

use std::fmt;

use thiserror::Error;

use crate::envelope::{decode_prefix, encode};

/// Bytes of a [`SessionKey`].
const KEY_BYTES: usize = 16;
/// Bytes of a [`Head`].
pub const HEAD_BYTES: usize = KEY_BYTES + 4;
/// Most bytes of a body with records that a client sends.
pub const MAX_BODY_BYTES: usize = 64 * 1024;
/// Most bytes of a reason, as RFC 6455 has it for a close frame.
pub const MAX_REASON_BYTES: usize = 123;
/// Longest length, in bytes, that is still within all limits.
const MAX_LENGTH_BYTES: usize = 5;

const MESSAGE: u8 = 0;
const OPENED: u8 = 1;
const CLOSED: u8 = 2;
const PING: u8 = 3;

/// What a session goes by in all requests after its first one. Whoever has it can speak for the client.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionKey(pub [u8; KEY_BYTES]);

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(…)")
    }
}

/// The beginning of a body that a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Whose it is.
    pub key: SessionKey,
    /// The batch's number, or that of the newest answer that the client has.
    pub number: u32,
}

impl Head {
    /// Its bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; HEAD_BYTES] {
        let mut bytes = [0; HEAD_BYTES];
        bytes[..KEY_BYTES].copy_from_slice(&self.key.0);
        bytes[KEY_BYTES..].copy_from_slice(&self.number.to_le_bytes());
        bytes
    }

    /// Splits it off a body; `None` where that is too short.
    #[must_use]
    pub fn split(body: &[u8]) -> Option<(Self, &[u8])> {
        let (key, rest) = body.split_first_chunk::<KEY_BYTES>()?;
        let (number, records) = rest.split_first_chunk::<4>()?;
        Some((Self { key: SessionKey(*key), number: u32::from_le_bytes(*number) }, records))
    }
}

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// A message of this protocol.
    Message(&'a [u8]),
    /// The session has begun.
    Opened {
        /// What it goes by.
        key: SessionKey,
        /// The name of the subprotocol that is spoken.
        speaks: &'a str,
    },
    /// The session has ended; nothing follows.
    Closed {
        /// A WebSocket's close code.
        code: u16,
        /// The same in words; at most [`MAX_REASON_BYTES`].
        reason: &'a str,
    },
    /// A sign of life is due.
    Ping,
}

/// Bytes that are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RecordError {
    /// Its length is none, or zero.
    #[error("a record without a length")]
    Length,
    /// It is longer than any may be.
    #[error("a record of {0} bytes")]
    TooLarge(u32),
    /// Its kind is none, or the rest does not fit it.
    #[error("a record of kind {0} that is none")]
    Malformed(u8),
    /// The body ends within it.
    #[error("a record that is cut off")]
    CutOff,
}

impl<'a> Record<'a> {
    /// Appends it.
    pub fn write(self, into: &mut Vec<u8>) {
        let kind = match self {
            Self::Message(_) => MESSAGE,
            Self::Opened { .. } => OPENED,
            Self::Closed { .. } => CLOSED,
            Self::Ping => PING,
        };
        let length = 1 + match self {
            Self::Message(message) => message.len(),
            Self::Opened { speaks, .. } => KEY_BYTES + speaks.len(),
            Self::Closed { reason, .. } => 2 + shortened(reason).len(),
            Self::Ping => 0,
        };
        // Messages are bounded far below.
        into.extend(encode(&u32::try_from(length).unwrap_or(u32::MAX)));
        into.push(kind);
        match self {
            Self::Message(message) => into.extend(message),
            Self::Opened { key, speaks } => {
                into.extend(key.0);
                into.extend(speaks.as_bytes());
            }
            Self::Closed { code, reason } => {
                into.extend(code.to_le_bytes());
                into.extend(shortened(reason).as_bytes());
            }
            Self::Ping => {}
        }
    }

    /// The record at the front of `bytes`, and how many of them it takes; `None` while not all of it is
    /// there. It may have at most `most` bytes after its kind.
    ///
    /// # Errors
    /// [`RecordError`]; nothing that follows can be read either.
    pub fn read(bytes: &'a [u8], most: usize) -> Result<Option<(Self, usize)>, RecordError> {
        let (length, used) = match decode_prefix::<u32>(bytes) {
            Ok((0, _)) => return Err(RecordError::Length),
            Ok(read) => read,
            Err(_) if bytes.len() < MAX_LENGTH_BYTES => return Ok(None),
            Err(_) => return Err(RecordError::Length),
        };
        if length as usize > most.saturating_add(1) {
            return Err(RecordError::TooLarge(length));
        }
        let end = used + length as usize;
        let Some(record) = bytes.get(used..end) else { return Ok(None) };
        let (kind, rest) = record.split_first().ok_or(RecordError::Length)?;
        let record = Self::of(*kind, rest).ok_or(RecordError::Malformed(*kind))?;
        Ok(Some((record, end)))
    }

    fn of(kind: u8, rest: &'a [u8]) -> Option<Self> {
        let text = |bytes| std::str::from_utf8(bytes).ok();
        Some(match kind {
            MESSAGE => Self::Message(rest),
            OPENED => {
                let (key, speaks) = rest.split_first_chunk::<KEY_BYTES>()?;
                Self::Opened { key: SessionKey(*key), speaks: text(speaks)? }
            }
            CLOSED => {
                let (code, reason) = rest.split_first_chunk::<2>()?;
                let reason = text(reason).filter(|reason| reason.len() <= MAX_REASON_BYTES)?;
                Self::Closed { code: u16::from_le_bytes(*code), reason }
            }
            PING if rest.is_empty() => Self::Ping,
            _ => return None,
        })
    }

    /// All records of a whole body.
    pub fn all(body: &'a [u8], most: usize) -> impl Iterator<Item = Result<Self, RecordError>> {
        let mut rest = body;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let read = Self::read(rest, most).and_then(|read| read.ok_or(RecordError::CutOff));
            rest = read.as_ref().map_or(&[][..], |&(_, used)| &rest[used..]);
            Some(read.map(|(record, _)| record))
        })
    }
}

/// A reason as far as it may be told.
fn shortened(reason: &str) -> &str {
    let most = reason.len().min(MAX_REASON_BYTES);
    let end = (0..=most).rev().find(|&end| reason.is_char_boundary(end));
    &reason[..end.unwrap_or_default()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: SessionKey = SessionKey([7; KEY_BYTES]);
    const MOST: usize = 1000;

    fn bytes_of(records: &[Record<'_>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for record in records {
            record.write(&mut bytes);
        }
        bytes
    }

    #[test]
    fn records_have_a_length_and_a_kind() {
        assert_eq!(bytes_of(&[Record::Ping]), [1, 3]);
        assert_eq!(bytes_of(&[Record::Message(&[9, 8])]), [3, 0, 9, 8]);
        assert_eq!(
            bytes_of(&[Record::Closed { code: 4408, reason: "é" }]),
            [5, 2, 56, 17, 195, 169]
        );
        assert_eq!(bytes_of(&[Record::Message(&[0; 299])])[..4], [0xfb, 0x2c, 1, 0]);
    }

    #[test]
    fn a_reason_is_cut_between_characters() {
        let bytes = bytes_of(&[Record::Closed { code: 1000, reason: &"é".repeat(100) }]);
        let (record, _) = Record::read(&bytes, MOST).unwrap().unwrap();
        assert_eq!(record, Record::Closed { code: 1000, reason: &"é".repeat(61) });
    }

    #[test]
    fn what_is_none_is_refused() {
        let error = |bytes: &[u8]| Record::all(bytes, MOST).find_map(Result::err);
        assert_eq!(error(&[0]), Some(RecordError::Length));
        assert_eq!(error(&[0xff, 0, 0, 0, 0, 0]), Some(RecordError::Length));
        assert_eq!(error(&[1, 4]), Some(RecordError::Malformed(4)));
        assert_eq!(error(&[2, 3, 0]), Some(RecordError::Malformed(3)));
        assert_eq!(error(&[2, 2, 0]), Some(RecordError::Malformed(2)));
        assert_eq!(error(&[4, 2, 0, 0, 0xff]), Some(RecordError::Malformed(2)));
        assert_eq!(error(&[0xfb, 0xea, 0x03]), Some(RecordError::TooLarge(1002)));
        assert_eq!(error(&[3, 0, 9]), Some(RecordError::CutOff));
        assert_eq!(error(&[]), None);
    }

    #[test]
    fn a_key_is_not_shown() {
        assert_eq!(format!("{KEY:?}"), "SessionKey(…)");
    }

    fn owned() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(any::<u8>(), 0..MOST)
    }

    proptest! {
        #[test]
        fn records_come_back_however_they_are_cut(
            messages in prop::collection::vec(owned(), 0..6), code: u16, reason in ".{0,40}",
            cut: prop::sample::Index,
        ) {
            let mut records = vec![Record::Opened { key: KEY, speaks: "tickwire.v1.1" }, Record::Ping];
            records.extend(messages.iter().map(|message| Record::Message(message)));
            let reason = shortened(&reason);
            records.push(Record::Closed { code, reason });
            let bytes = bytes_of(&records);
            let read: Result<Vec<_>, _> = Record::all(&bytes, MOST).collect();
            prop_assert_eq!(read.unwrap(), records.clone());
            let whole = Record::all(&bytes[..cut.index(bytes.len())], MOST);
            let whole: Vec<_> = whole.take_while(Result::is_ok).map(Result::unwrap).collect();
            prop_assert_eq!(&whole[..], &records[..whole.len()]);
        }

        #[test]
        fn garbage_never_panics(bytes in owned()) {
            for record in Record::all(&bytes, MOST) {
                let _ = record;
            }
        }

        #[test]
        fn heads_come_back(key: [u8; KEY_BYTES], number: u32, rest in owned()) {
            let head = Head { key: SessionKey(key), number };
            let body = [&head.to_bytes()[..], &rest].concat();
            prop_assert_eq!(Head::split(&body), Some((head, &rest[..])));
            prop_assert_eq!(Head::split(&body[..HEAD_BYTES - 1]), None);
        }
    }
}
