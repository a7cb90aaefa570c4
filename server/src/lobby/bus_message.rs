//! What travels on the bus: a version in one byte, then the value in bincode.
//!
//! ```text
//! version 1 (one byte) │ bincode, to the end
//! ```
//!
//! Servers of another version, and whoever else can publish, may send anything: decoding has a limit, and
//! what is read is checked by whoever asked for it.

use std::time::{Duration, Instant};

use bincode::{Decode, Encode};
use bytes::Bytes;
use thiserror::Error;

/// Which form the values have.
const VERSION: u8 = 1;
/// Largest message, in bytes, and most memory that reading one takes.
const MAX_BYTES: usize = 16 * 1024;
/// Shortest time between two warnings of what is no message.
const WARN_EVERY: Duration = Duration::from_secs(1);

/// Why bytes on the bus are no message.
#[derive(Debug, Error)]
pub enum BusMessageError {
    /// It is larger than any.
    #[error("{0} bytes, at most {MAX_BYTES} are allowed")]
    TooLarge(usize),
    /// Nothing, or a version that is not spoken here.
    #[error("not of version {VERSION}")]
    Version,
    /// The bytes are no such value.
    #[error("not a message: {0}")]
    Malformed(#[from] bincode::error::DecodeError),
    /// Bytes are left after it.
    #[error("{0} bytes after its end")]
    Trailing(usize),
    /// A value that no server sends.
    #[error("{0}")]
    Unsound(&'static str),
}

/// A value as it travels.
pub fn encode<T: Encode>(value: &T) -> Bytes {
    let mut bytes = vec![VERSION];
    #[expect(clippy::expect_used, reason = "writing to a vector has no way to fail")]
    bincode::encode_into_std_write(value, &mut bytes, bincode::config::standard())
        .expect("a vector takes every byte");
    bytes.into()
}

/// Reads a value that has travelled.
///
/// # Errors
/// [`BusMessageError`].
pub fn decode<T: Decode<()>>(bytes: &[u8]) -> Result<T, BusMessageError> {
    if bytes.len() > MAX_BYTES {
        return Err(BusMessageError::TooLarge(bytes.len()));
    }
    let Some((&VERSION, body)) = bytes.split_first() else { return Err(BusMessageError::Version) };
    let config = bincode::config::standard().with_limit::<MAX_BYTES>();
    let (value, used) = bincode::decode_from_slice(body, config)?;
    match body.len() - used {
        0 => Ok(value),
        rest => Err(BusMessageError::Trailing(rest)),
    }
}

/// Lets a warning through once in a while: whoever sends nonsense may send a lot of it.
#[derive(Debug, Default)]
pub struct Seldom {
    last: Option<Instant>,
}

impl Seldom {
    /// Whether it is time for one.
    pub fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.last.is_none_or(|last| now.saturating_duration_since(last) >= WARN_EVERY);
        if is_due {
            self.last = Some(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_message_is_told_apart() {
        let sound = encode(&"gg".to_owned());
        assert_eq!(sound, [1, 2, b'g', b'g'][..]);
        assert_eq!(decode::<String>(&sound).unwrap(), "gg");
        let cause = |bytes: &[u8]| decode::<String>(bytes).unwrap_err();
        assert!(matches!(cause(&[]), BusMessageError::Version));
        assert!(matches!(cause(&[2, 2, b'g', b'g']), BusMessageError::Version));
        assert!(matches!(cause(&[1, 3, b'g', b'g']), BusMessageError::Malformed(_)));
        assert!(matches!(cause(&[1, 1, b'g', b'g']), BusMessageError::Trailing(1)));
        // A text of 2⁴⁰ bytes is not made room for.
        assert!(matches!(cause(&[1, 253, 0, 0, 0, 0, 0, 1, 0, 0]), BusMessageError::Malformed(_)));
        assert!(matches!(cause(&vec![1; MAX_BYTES + 1]), BusMessageError::TooLarge(_)));
    }

    #[test]
    fn warnings_are_a_second_apart() {
        let (mut seldom, now) = (Seldom::default(), Instant::now());
        let at = |millis| now + Duration::from_millis(millis);
        let due = [0, 1, 999, 1000, 1500, 2000].map(|millis| seldom.is_due(at(millis)));
        assert_eq!(due, [true, false, false, true, false, true]);
    }
}
