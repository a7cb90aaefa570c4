//! A state frame: one WebSocket message, at most one per client and tick.
//!
//! ```text
//! 1 byte    0x80 | KEYFRAME 1 | INPUT 2 | EVENTS 4 | HASH 8
//! varint    ticks since the frame before; with KEYFRAME the tick itself
//! INPUT     varint: by how much the number of the newest input that has taken effect exceeds the
//!           one told before (0 before the first)
//!           varint: ticks from its taking effect to this frame's tick
//!           varint (zigzag): slack, milliseconds
//! EVENTS    varint: number of the first; varint: how many; per event
//!           varint: ticks since it happened; the event (bincode)
//! HASH      4 bytes, little-endian: hash of the snapshot that the frame leads to
//! the rest  a chunk
//! ```
//!
//! "varint" is bincode's variable-length integer. A WebSocket is reliable and ordered, so both ends
//! keep the same few numbers ([`FrameCursor`]) and the prefix of a quiet frame is two bytes. The
//! chunk is shared by everybody at the same tick; what comes before it is a client's own.

use bytes::{BufMut, Bytes};
use thiserror::Error;

use crate::chunk::ChunkError;
use crate::envelope::{FRAME_TAG, decode_prefix, encode};
use crate::ids::{EventNumber, FrameNumber, InputSeq, Tick};
use crate::message::Event;

/// Largest state frame, in bytes.
pub const MAX_FRAME_BYTES: usize = 1 << 20;

const KEYFRAME: u8 = 1;
const INPUT: u8 = 2;
const EVENTS: u8 = 4;
const HASH: u8 = 8;
const ALL_FLAGS: u8 = KEYFRAME | INPUT | EVENTS | HASH;

/// What became of a client's newest input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputEcho {
    /// The input.
    pub seq: InputSeq,
    /// The tick at which it took effect.
    pub applied: Tick,
    /// How long before that tick's due time it arrived, in milliseconds. Negative: too late for the
    /// tick it was stamped with.
    pub slack_ms: i16,
}

/// An event as it is queued for sending: encoded once, whoever receives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedEvent {
    /// The tick in which it happened.
    pub tick: Tick,
    /// The [`Event`] in bincode.
    pub bytes: Bytes,
}

impl EncodedEvent {
    /// Encodes an event of a tick.
    #[must_use]
    pub fn new(tick: Tick, event: &Event) -> Self {
        Self { tick, bytes: encode(event).into() }
    }
}

/// A received event.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceivedEvent {
    /// Its number; a client that resumes can meet one again.
    pub number: EventNumber,
    /// The tick in which it happened.
    pub tick: Tick,
    /// What happened.
    pub event: Event,
}

/// What a frame carries in front of its chunk, to be written.
#[derive(Clone, Debug)]
pub struct FramePrefix<'a> {
    /// The frame's tick.
    pub tick: Tick,
    /// The tick of the frame before on this connection; `None` makes this a keyframe.
    pub baseline: Option<Tick>,
    /// The newest input, when one has taken effect since the frame before.
    pub input: Option<InputEcho>,
    /// Number of the input told before on this connection; 0 before the first.
    pub last_input: InputSeq,
    /// Number of the first event.
    pub first_event: EventNumber,
    /// Events to deliver with this frame.
    pub events: &'a [EncodedEvent],
    /// Hash of the snapshot, when one is due.
    pub hash: Option<u32>,
}

impl FramePrefix<'_> {
    /// Appends the prefix to `out`; the chunk comes right after it.
    pub fn write(&self, out: &mut impl BufMut) {
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        out.put_u8(
            FRAME_TAG
                | flag(self.baseline.is_none(), KEYFRAME)
                | flag(self.input.is_some(), INPUT)
                | flag(!self.events.is_empty(), EVENTS)
                | flag(self.hash.is_some(), HASH),
        );
        write_varint(self.tick.0.wrapping_sub(self.baseline.map_or(0, |tick| tick.0)), out);
        if let Some(input) = self.input {
            write_varint(input.seq.0.wrapping_sub(self.last_input.0).into(), out);
            write_varint(self.tick.since(input.applied).max(0).cast_unsigned(), out);
            out.put_slice(&encode(&input.slack_ms));
        }
        if !self.events.is_empty() {
            write_varint(self.first_event.0, out);
            write_varint(self.events.len() as u32, out);
            for event in self.events {
                write_varint(self.tick.since(event.tick).max(0).cast_unsigned(), out);
                out.put_slice(&event.bytes);
            }
        }
        if let Some(hash) = self.hash {
            out.put_u32_le(hash);
        }
    }
}

fn write_varint(value: u32, out: &mut impl BufMut) {
    if value < 251 {
        out.put_u8(value as u8);
    } else {
        out.put_slice(&encode(&value));
    }
}

/// A frame's prefix as a client reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Its number on this connection.
    pub number: FrameNumber,
    /// Its tick.
    pub tick: Tick,
    /// Whether its chunk starts from nothing.
    pub is_keyframe: bool,
    /// The newest input, when one has taken effect since the frame before.
    pub input: Option<InputEcho>,
    /// Events delivered with it.
    pub events: Vec<ReceivedEvent>,
    /// What the snapshot must hash to, when the server said.
    pub hash: Option<u32>,
}

/// Why a state frame does not decode. The cursor and the replica are then as they were before.
#[derive(Debug, Error)]
pub enum FrameError {
    /// Larger than any frame.
    #[error("frame of {0} bytes, at most {MAX_FRAME_BYTES} are allowed")]
    TooLarge(usize),
    /// The first byte is not a state frame's, or has flags that do not exist.
    #[error("not a state frame, or unknown flags")]
    Tag,
    /// A delta before any keyframe.
    #[error("a delta came before any keyframe")]
    NoBaseline,
    /// The prefix is cut off or malformed.
    #[error("frame prefix at byte {at}: {cause}")]
    Prefix {
        /// Where.
        at: usize,
        /// What bincode found.
        cause: bincode::error::DecodeError,
    },
    /// The chunk does not decode.
    #[error("chunk: {0}")]
    Chunk(#[from] ChunkError),
}

/// The few numbers that a client keeps from frame to frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameCursor {
    number: FrameNumber,
    tick: Option<Tick>,
    input: InputSeq,
}

/// Reads a prefix field by field and remembers where it stands.
struct PrefixReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl PrefixReader<'_> {
    fn read<T: bincode::Decode<()>>(&mut self) -> Result<T, FrameError> {
        let (value, used) = decode_prefix(&self.bytes[self.at..])
            .map_err(|cause| FrameError::Prefix { at: self.at, cause })?;
        self.at += used;
        Ok(value)
    }
}

impl FrameCursor {
    /// Number of the newest frame: what to acknowledge.
    #[must_use]
    pub const fn number(&self) -> FrameNumber {
        self.number
    }

    /// Tick of the newest frame.
    #[must_use]
    pub const fn tick(&self) -> Option<Tick> {
        self.tick
    }

    /// Reads a frame's prefix and returns it with the chunk that follows.
    ///
    /// # Errors
    /// [`FrameError`]; the cursor is then as it was before.
    pub fn read<'a>(&mut self, bytes: &'a [u8]) -> Result<(Frame, &'a [u8]), FrameError> {
        if bytes.len() > MAX_FRAME_BYTES {
            return Err(FrameError::TooLarge(bytes.len()));
        }
        let flags = match bytes.first() {
            Some(&tag) if tag & FRAME_TAG != 0 && tag & !(FRAME_TAG | ALL_FLAGS) == 0 => tag,
            _ => return Err(FrameError::Tag),
        };
        let mut reader = PrefixReader { bytes, at: 1 };
        let is_keyframe = flags & KEYFRAME != 0;
        let advance: u32 = reader.read()?;
        let tick = if is_keyframe {
            Tick(advance)
        } else {
            self.tick.ok_or(FrameError::NoBaseline)?.plus(advance)
        };
        let input =
            if flags & INPUT != 0 { Some(self.read_input(&mut reader, tick)?) } else { None };
        let events = if flags & EVENTS != 0 { read_events(&mut reader, tick)? } else { Vec::new() };
        let hash = if flags & HASH != 0 {
            Some(u32::from_le_bytes(reader.read::<[u8; 4]>()?))
        } else {
            None
        };
        let number = self.number.next();
        let frame = Frame { number, tick, is_keyframe, input, events, hash };
        *self = Self { number, tick: Some(tick), input: input.map_or(self.input, |echo| echo.seq) };
        Ok((frame, &bytes[reader.at..]))
    }

    fn read_input(
        &self,
        reader: &mut PrefixReader<'_>,
        tick: Tick,
    ) -> Result<InputEcho, FrameError> {
        let advance: u16 = reader.read()?;
        let seq = InputSeq(self.input.0.wrapping_add(advance));
        let age: u32 = reader.read()?;
        let applied = Tick(tick.0.wrapping_sub(age));
        Ok(InputEcho { seq, applied, slack_ms: reader.read()? })
    }
}

fn read_events(
    reader: &mut PrefixReader<'_>,
    tick: Tick,
) -> Result<Vec<ReceivedEvent>, FrameError> {
    let first = EventNumber(reader.read()?);
    let count: u32 = reader.read()?;
    let mut events = Vec::new();
    for index in 0..count {
        let age: u32 = reader.read()?;
        events.push(ReceivedEvent {
            number: first.plus(index),
            tick: Tick(tick.0.wrapping_sub(age)),
            event: reader.read()?,
        });
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::PlayerId;

    fn prefix(events: &[EncodedEvent]) -> FramePrefix<'_> {
        FramePrefix {
            tick: Tick(1000),
            baseline: Some(Tick(999)),
            input: None,
            last_input: InputSeq(0),
            first_event: EventNumber(1),
            events,
            hash: None,
        }
    }

    fn bytes(prefix: &FramePrefix<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        prefix.write(&mut out);
        out
    }

    #[test]
    fn a_quiet_frame_has_a_two_byte_prefix() {
        assert_eq!(bytes(&prefix(&[])), [0x80, 1]);
    }

    #[test]
    fn every_part_round_trips() {
        let events = [
            EncodedEvent::new(Tick(997), &Event::Left { player: PlayerId(3) }),
            EncodedEvent::new(Tick(1000), &Event::Left { player: PlayerId(4) }),
        ];
        let echo = InputEcho { seq: InputSeq(300), applied: Tick(998), slack_ms: -200 };
        let full = FramePrefix {
            input: Some(echo),
            last_input: InputSeq(290),
            first_event: EventNumber(70_000),
            hash: Some(0xdead_beef),
            ..prefix(&events)
        };
        let mut wire = bytes(&full);
        wire.extend([1, 2, 3]);
        let mut cursor =
            FrameCursor { number: FrameNumber(9), tick: Some(Tick(999)), input: InputSeq(290) };
        let (frame, chunk) = cursor.read(&wire).unwrap();
        assert_eq!(chunk, [1, 2, 3]);
        assert_eq!(frame.number, FrameNumber(10));
        assert_eq!((frame.tick, frame.input, frame.hash), (Tick(1000), Some(echo), full.hash));
        assert_eq!(
            frame.events.iter().map(|event| (event.number.0, event.tick.0)).collect::<Vec<_>>(),
            [(70_000, 997), (70_001, 1000)]
        );
        for cut in 0..wire.len() - 3 {
            let before = cursor;
            assert!(cursor.read(&wire[..cut]).is_err());
            assert_eq!(cursor, before);
        }
    }

    #[test]
    fn a_delta_needs_a_keyframe_before_it() {
        let mut cursor = FrameCursor::default();
        assert!(matches!(cursor.read(&[0x80, 1]), Err(FrameError::NoBaseline)));
        assert!(cursor.read(&[0x81, 7]).is_ok());
        let (frame, _) = cursor.read(&[0x80, 1]).unwrap();
        assert_eq!((frame.tick, frame.number), (Tick(8), FrameNumber(2)));
        assert!(matches!(cursor.read(&[0x90, 1]), Err(FrameError::Tag)));
        assert!(matches!(cursor.read(&[0x00, 1]), Err(FrameError::Tag)));
    }
}
