//! The envelope of control messages: bincode with a limit, and nothing after it.
//!
//! bincode's standard configuration (little-endian, variable-length integers). Without a limit a
//! ten-byte message can claim a vector of terabytes, so every decoder here has one; and trailing
//! bytes are an error, so that a message means exactly one thing.

use bincode::config::{Configuration, Limit, standard};
use bincode::{Decode, Encode};
use thiserror::Error;

use crate::message::{ClientMessage, NodesError, ServerMessage};

/// Largest message from a client that every server takes, in bytes: a chat line with room to spare.
pub const MAX_CLIENT_MESSAGE_BYTES: usize = 4096;
/// Largest message from a client that a server may be set to take, in bytes.
pub const LARGEST_CLIENT_MESSAGE_BYTES: usize = 65_536;
/// Largest control message from the server, in bytes: a welcome with a large schema and roster.
pub const MAX_SERVER_MESSAGE_BYTES: usize = 1 << 20;
/// First bytes from this one on are state frames, smaller ones control messages.
pub const FRAME_TAG: u8 = 0x40;

/// Why a control message does not decode.
#[derive(Debug, Error)]
pub enum EnvelopeError {
    /// The message is larger than any of its kind.
    #[error("message of {bytes} bytes, at most {limit} are allowed")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The bytes are no such message.
    #[error("not a message: {0}")]
    Malformed(#[from] bincode::error::DecodeError),
    /// Bytes are left after the message.
    #[error("{0} bytes after the end of the message")]
    Trailing(usize),
    /// It names more servers, or longer addresses, than one may.
    #[error(transparent)]
    Nodes(#[from] NodesError),
}

/// Most memory that reading a message from a client takes, in bytes. A list claims what its items take
/// in memory, up to ten times what they take in a message: an entity in a report of a difference, 40
/// bytes in place of 4.
const MAX_CLIENT_MEMORY_BYTES: usize = 16 * MAX_CLIENT_MESSAGE_BYTES;
/// The same where larger messages are taken.
const LARGEST_CLIENT_MEMORY_BYTES: usize = 16 * LARGEST_CLIENT_MESSAGE_BYTES;

const CLIENT: Configuration<
    bincode::config::LittleEndian,
    bincode::config::Varint,
    Limit<MAX_CLIENT_MEMORY_BYTES>,
> = standard().with_limit();
const LARGE_CLIENT: Configuration<
    bincode::config::LittleEndian,
    bincode::config::Varint,
    Limit<LARGEST_CLIENT_MEMORY_BYTES>,
> = standard().with_limit();
const SERVER: Configuration<
    bincode::config::LittleEndian,
    bincode::config::Varint,
    Limit<MAX_SERVER_MESSAGE_BYTES>,
> = standard().with_limit();

impl ClientMessage {
    /// The message's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads one whole message.
    ///
    /// # Errors
    /// [`EnvelopeError`] when it is too large, malformed, or followed by anything.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        Self::from_bytes_within(bytes, MAX_CLIENT_MESSAGE_BYTES)
    }

    /// The same for a server that takes messages of at most `limit` bytes, and never more than
    /// [`LARGEST_CLIENT_MESSAGE_BYTES`].
    ///
    /// # Errors
    /// [`EnvelopeError`] when it is too large, malformed, or followed by anything.
    pub fn from_bytes_within(bytes: &[u8], limit: usize) -> Result<Self, EnvelopeError> {
        if bytes.len() > MAX_CLIENT_MESSAGE_BYTES {
            decode(bytes, LARGE_CLIENT, limit.min(LARGEST_CLIENT_MESSAGE_BYTES))
        } else {
            decode(bytes, CLIENT, limit)
        }
    }
}

impl ServerMessage {
    /// The message's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads one whole message.
    ///
    /// # Errors
    /// [`EnvelopeError`] when it is too large, malformed, or followed by anything.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let message: Self = decode(bytes, SERVER, MAX_SERVER_MESSAGE_BYTES)?;
        message.check_nodes()?;
        Ok(message)
    }
}

/// Encodes a value in the wire's bincode configuration.
pub(crate) fn encode<T: Encode>(value: &T) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "writing to a vector has no way to fail")]
    bincode::encode_to_vec(value, standard()).expect("a vector takes every byte")
}

/// Decodes a value from the front of `bytes` and says how many bytes it took. State frames and the
/// events in them use it; `bytes` is bounded by the frame's limit.
pub(crate) fn decode_prefix<T: Decode<()>>(
    bytes: &[u8],
) -> Result<(T, usize), bincode::error::DecodeError> {
    bincode::decode_from_slice(bytes, SERVER)
}

fn decode<T: Decode<()>, C: bincode::config::Config>(
    bytes: &[u8],
    config: C,
    limit: usize,
) -> Result<T, EnvelopeError> {
    if bytes.len() > limit {
        return Err(EnvelopeError::TooLarge { bytes: bytes.len(), limit });
    }
    let (message, used) = bincode::decode_from_slice(bytes, config)?;
    match bytes.len() - used {
        0 => Ok(message),
        rest => Err(EnvelopeError::Trailing(rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{EntityId, InputSeq, Tick};
    use crate::message::{
        Difference, DifferenceRow, GameMessage, Input, InputValues, Value, ViewAge,
    };
    use crate::parts::PartNumber;
    use proptest::prelude::*;

    #[test]
    fn an_input_is_small() {
        let values = InputValues::new(&[-100, 100]).unwrap();
        let input = Input { seq: InputSeq(7), at: Tick(0), view_age: ViewAge::UNTOLD, values };
        assert_eq!(ClientMessage::Input(input).to_bytes(), [0, 7, 0, 0, 2, 199, 200]);
    }

    #[test]
    fn a_claimed_terabyte_is_refused_without_being_allocated() {
        // Game message of kind 0 whose vector claims 2⁴⁰ values.
        let bytes = [3, 0, 253, 0, 0, 0, 0, 0, 1, 0, 0];
        assert!(matches!(ClientMessage::from_bytes(&bytes), Err(EnvelopeError::Malformed(_))));
    }

    #[test]
    fn trailing_and_oversized_messages_are_refused() {
        let mut bytes = ClientMessage::Ping { nonce: 1 }.to_bytes();
        bytes.push(0);
        assert!(matches!(ClientMessage::from_bytes(&bytes), Err(EnvelopeError::Trailing(1))));
        let bytes = vec![0; MAX_CLIENT_MESSAGE_BYTES + 1];
        assert!(matches!(ClientMessage::from_bytes(&bytes), Err(EnvelopeError::TooLarge { .. })));
    }

    #[test]
    fn a_server_may_take_larger_ones() {
        let text = "x".repeat(60_000);
        let message = ClientMessage::Game(GameMessage { kind: 0, values: vec![Value::Text(text)] });
        let bytes = message.to_bytes();
        let read = |limit| ClientMessage::from_bytes_within(&bytes, limit);
        assert_eq!(read(LARGEST_CLIENT_MESSAGE_BYTES).unwrap(), message);
        assert!(matches!(read(59_999), Err(EnvelopeError::TooLarge { limit: 59_999, .. })));
    }

    #[test]
    fn a_report_of_as_many_rows_or_columns_as_fit_is_read() {
        let row = |columns: &[u32]| DifferenceRow {
            slot: 1,
            id: EntityId(1),
            kind: 0,
            columns: columns.to_vec(),
        };
        for rows in [vec![row(&[]); 1000], vec![row(&[9; 12]); 250], vec![row(&[9; 4000])]] {
            let entities = rows.len() as u32;
            let report = Difference { part: PartNumber(2), tick: Tick(1), entities, rows };
            let message = ClientMessage::Differs(report);
            assert_eq!(ClientMessage::from_bytes(&message.to_bytes()).unwrap(), message);
        }
    }

    proptest! {
        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = ClientMessage::from_bytes(&bytes);
            let _ = ServerMessage::from_bytes(&bytes);
        }

        #[test]
        fn inputs_come_back(seq: u16, at: u32, view_age: u16, values in prop::collection::vec(any::<i32>(), 0..=8)) {
            let values = InputValues::new(&values).unwrap();
            let input = Input { seq: InputSeq(seq), at: Tick(at), view_age: ViewAge(view_age), values };
            let message = ClientMessage::Input(input);
            let bytes = message.to_bytes();
            prop_assert_eq!(ClientMessage::from_bytes(&bytes).unwrap(), message);
            prop_assert!(ClientMessage::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        }

        #[test]
        fn truncation_is_an_error(text in ".{0,40}", number in any::<f32>(), cut in any::<prop::sample::Index>()) {
            let message = ClientMessage::Game(GameMessage {
                kind: 3,
                values: vec![Value::Text(text), Value::Integer(-70_000), Value::Number(number)],
            });
            let bytes = message.to_bytes();
            prop_assert!(ClientMessage::from_bytes(&bytes).is_ok());
            prop_assert!(ClientMessage::from_bytes(&bytes[..cut.index(bytes.len())]).is_err());
        }
    }
}
