//! A state frame: one WebSocket message, at most one per client and tick.
//!
//! ```text
//! 1 byte    a delta: 0x80 | ADVANCE 1 | INPUT 2 | EVENTS 4 | WATCH 8 | OWN 16 | GLOBAL 32 | CELLS 64
//!           a keyframe: 0x40 | FENCE 1 | INPUT 2 | EVENTS 4 | OWN 16 | GLOBAL 32; it has WATCH and CELLS
//! varint    a keyframe: the tick; ADVANCE: ticks since the frame before; else 1 has passed
//! FENCE     varint: the fence of the room's owner, not 0
//! INPUT     1 byte: by how much the number of the newest input that has taken effect exceeds the
//!           one told before, and 16 times the ticks since its taking effect; 0 where either does
//!           not fit, then both as varints
//!           varint (zigzag): slack, milliseconds
//! EVENTS    varint: number of the first; varint: how many; per event
//!           varint: ticks since it happened; the event (bincode)
//! WATCH     4 varints: first column, first row, columns and rows of the cells watched from now on
//! CELLS     a bit per cell watched, in order, lowest bit first, whether it has a chunk; absent if
//!           only one cell is watched: it has one
//! OWN       a chunk of what only this client is sent
//! GLOBAL    a chunk of what everybody is sent
//! CELLS     the chunks of the cells
//! ```
//!
//! A hash of 4 bytes, little-endian, follows a chunk where one is due ([`PartNumber::is_hashed`]).
//! "varint" is bincode's variable-length integer. A WebSocket is reliable and ordered, so both ends
//! keep the same few numbers ([`FrameCursor`]) and what precedes the chunks of a quiet frame is one
//! byte. Chunks are shared by everybody at the same tick; what comes before them is a client's own.
//!
//! [`PartNumber::is_hashed`]: crate::parts::PartNumber::is_hashed

mod read;
mod write;

use bytes::Bytes;

use crate::envelope::{FRAME_TAG, decode_prefix, encode};
use crate::ids::{EventNumber, InputSeq, Tick};
use crate::message::Event;

pub use read::{Frame, FrameCursor, FrameError};
pub use write::{FramePrefix, write_cell_bits};

/// Largest state frame, in bytes.
pub const MAX_FRAME_BYTES: usize = 1 << 20;

/// Tag of a keyframe; without it, and with [`DELTA_TAG`], it is a delta.
const KEYFRAME_TAG: u8 = FRAME_TAG;
const DELTA_TAG: u8 = 0x80;
const ADVANCE: u8 = 1;
/// A keyframe advances from nothing, so the bit is free there.
const FENCE: u8 = 1;
const INPUT: u8 = 2;
const EVENTS: u8 = 4;
const WATCH: u8 = 8;
const OWN: u8 = 16;
const GLOBAL: u8 = 32;
const CELLS: u8 = 64;
const KEYFRAME_FLAGS: u8 = FENCE | INPUT | EVENTS | OWN | GLOBAL;
/// Numbers below this share the byte of an input echo.
const ECHO_LIMIT: u32 = 16;

/// Whether a state frame says of itself that it is a keyframe.
#[must_use]
pub fn is_keyframe(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|tag| tag & !KEYFRAME_FLAGS == KEYFRAME_TAG)
}

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

    /// The event; `None` for bytes that are none.
    #[must_use]
    pub fn event(&self) -> Option<Event> {
        decode_prefix(&self.bytes).ok().map(|(event, _)| event)
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

/// Which parts of a room's state a frame has chunks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// What only this client is sent.
    pub own: bool,
    /// What everybody is sent.
    pub global: bool,
    /// Cells, any of them.
    pub cells: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Fence, FrameNumber, PlayerId};
    use crate::watch::Watch;

    fn prefix(events: &[EncodedEvent]) -> FramePrefix<'_> {
        FramePrefix {
            tick: Tick(1000),
            baseline: Some(Tick(999)),
            fence: Fence::NONE,
            input: None,
            last_input: InputSeq(0),
            first_event: EventNumber(1),
            events,
            watch: None,
            contents: Contents { cells: true, ..Contents::default() },
        }
    }

    fn bytes(prefix: &FramePrefix<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        prefix.write(&mut out);
        out
    }

    fn cursor(number: u32, tick: u32, input: u16) -> FrameCursor {
        FrameCursor { number: FrameNumber(number), tick: Some(Tick(tick)), input: InputSeq(input) }
    }

    #[test]
    fn what_precedes_the_chunks_is_a_byte_and_two_more_with_an_input() {
        assert_eq!(bytes(&prefix(&[])), [0xc0]);
        let echo = InputEcho { seq: InputSeq(8), applied: Tick(999), slack_ms: 20 };
        let with_input = FramePrefix { input: Some(echo), last_input: InputSeq(6), ..prefix(&[]) };
        assert_eq!(bytes(&with_input), [0xc2, 0x12, 40]);
        let (frame, at) = cursor(1, 999, 6).read(&[0xc2, 0x12, 40]).unwrap();
        assert_eq!((frame.input, at), (Some(echo), 3));
    }

    #[test]
    fn every_part_round_trips() {
        let events = [
            EncodedEvent::new(Tick(997), &Event::Left { player: PlayerId(3) }),
            EncodedEvent::new(Tick(1000), &Event::Left { player: PlayerId(4) }),
        ];
        let echo = InputEcho { seq: InputSeq(310), applied: Tick(998), slack_ms: -200 };
        let full = FramePrefix {
            baseline: Some(Tick(990)),
            input: Some(echo),
            last_input: InputSeq(290),
            first_event: EventNumber(70_000),
            watch: Some(Watch { column: 1, row: 2, columns: 300, rows: 4 }),
            contents: Contents { own: true, global: true, cells: false },
            ..prefix(&events)
        };
        let mut wire = bytes(&full);
        let prefix_bytes = wire.len();
        wire.extend([1, 2, 3]);
        let mut cursor = cursor(9, 990, 290);
        for cut in 0..prefix_bytes {
            let before = cursor;
            assert!(cursor.read(&wire[..cut]).is_err());
            assert_eq!(cursor, before);
        }
        let (frame, at) = cursor.read(&wire).unwrap();
        assert_eq!((at, frame.number, frame.tick), (prefix_bytes, FrameNumber(10), Tick(1000)));
        assert_eq!((frame.input, frame.watch), (Some(echo), full.watch));
        assert_eq!(frame.contents, full.contents);
        assert_eq!(
            frame.events.iter().map(|event| (event.number.0, event.tick.0)).collect::<Vec<_>>(),
            [(70_000, 997), (70_001, 1000)]
        );
    }

    #[test]
    fn a_delta_needs_a_keyframe_before_it() {
        let mut cursor = FrameCursor::default();
        assert!(matches!(cursor.read(&[0x80]), Err(FrameError::NoBaseline)));
        assert!(cursor.read(&[0x40, 7, 0, 0, 1, 1]).is_ok());
        let (frame, _) = cursor.read(&[0x80]).unwrap();
        assert_eq!((frame.tick, frame.number), (Tick(8), FrameNumber(2)));
        for tag in [0x00, 0x3f, 0x48, 0x49] {
            assert!(matches!(cursor.read(&[tag, 1]), Err(FrameError::Tag)), "{tag:x}");
        }
    }

    #[test]
    fn a_keyframe_tells_the_fence_of_its_owner_if_it_has_one() {
        let watch = Some(Watch { column: 0, row: 0, columns: 1, rows: 1 });
        let tick = Tick(7);
        let written = |fence: u64, baseline| {
            let fence = Fence(fence);
            bytes(&FramePrefix { tick, baseline, fence, watch, ..prefix(&[]) })
        };
        assert_eq!(written(0, None), [0x40, 7, 0, 0, 1, 1]);
        assert_eq!(written(5, None), [0x41, 7, 5, 0, 0, 1, 1]);
        assert_eq!(written(5, Some(Tick(6))), written(0, Some(Tick(6))), "a delta tells nothing");
        for fence in [5, 251, 70_000, u64::MAX] {
            let wire = written(fence, None);
            let (frame, at) = FrameCursor::default().read(&wire).unwrap();
            assert_eq!((frame.fence, at), (Some(Fence(fence)), wire.len()));
            for cut in 0..wire.len() {
                assert!(FrameCursor::default().read(&wire[..cut]).is_err());
            }
        }
        let (frame, _) = FrameCursor::default().read(&written(0, None)).unwrap();
        assert_eq!(frame.fence, None);
        let nobodys = FrameCursor::default().read(&[0x41, 7, 0, 0, 0, 1, 1]);
        assert!(matches!(nobodys, Err(FrameError::Fence)));
    }

    #[test]
    fn the_cells_bits_are_left_out_for_a_single_one() {
        let written = |cells: &[bool]| {
            let mut out = Vec::new();
            write_cell_bits(cells.iter().copied(), &mut out);
            out
        };
        assert_eq!(written(&[true]), [0_u8; 0]);
        assert_eq!(written(&[true, false, true]), [5]);
        assert_eq!(written(&[true; 9]), [255, 1]);
    }
}
