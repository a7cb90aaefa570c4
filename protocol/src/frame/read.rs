//! Reading a frame's prefix. Takes any bytes whatever.

use thiserror::Error;

use super::{
    ADVANCE, CELLS, Contents, DELTA_TAG, EVENTS, FENCE, GLOBAL, INPUT, InputEcho, MAX_FRAME_BYTES,
    OWN, ReceivedEvent, WATCH, is_keyframe,
};
use crate::chunk::ChunkError;
use crate::envelope::decode_prefix;
use crate::ids::{EventNumber, Fence, FrameNumber, InputSeq, Tick};
use crate::watch::Watch;

/// A frame's prefix as a client reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Its number on this connection.
    pub number: FrameNumber,
    /// Its tick.
    pub tick: Tick,
    /// Whether all its chunks start from nothing, and what is not in it is gone.
    pub is_keyframe: bool,
    /// In a keyframe of a cluster, the number of the room's ownership.
    pub fence: Option<Fence>,
    /// The newest input, when one has taken effect since the frame before.
    pub input: Option<InputEcho>,
    /// Events delivered with it.
    pub events: Vec<ReceivedEvent>,
    /// The cells watched from this frame on, when they change.
    pub watch: Option<Watch>,
    /// Which parts have chunks.
    pub contents: Contents,
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
    /// A fence of nobody.
    #[error("a keyframe's fence is 0")]
    Fence,
    /// Cells are to be watched that the room does not have, or too many of them.
    #[error("{0:?} is not within the room's grid, or too large")]
    Watch(Watch),
    /// The bits of the cells are cut off, or bits of no cell are set.
    #[error("the cells' bits at byte {at} are cut off, or name cells that are not watched")]
    CellBits {
        /// Where.
        at: usize,
    },
    /// A chunk does not decode.
    #[error("chunk of part {part} at byte {at}: {cause}")]
    Chunk {
        /// Whose it is.
        part: u32,
        /// Where it begins.
        at: usize,
        /// What is wrong with it.
        cause: ChunkError,
    },
    /// The hash of a part is cut off.
    #[error("hash at byte {at} is cut off")]
    Hash {
        /// Where.
        at: usize,
    },
    /// The parts would have more slots than a client has room for.
    #[error("parts of {slots} slots together, at most {most} are allowed")]
    Slots {
        /// Slots that there would be.
        slots: usize,
        /// Most that there may be.
        most: usize,
    },
    /// Bytes are left after the last chunk.
    #[error("the frame ends at byte {at}, but more follows")]
    Trailing {
        /// Where it ended.
        at: usize,
    },
}

/// The few numbers that a client keeps from frame to frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameCursor {
    pub(super) number: FrameNumber,
    pub(super) tick: Option<Tick>,
    pub(super) input: InputSeq,
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

    fn read_byte(&mut self) -> Result<u8, FrameError> {
        let [byte] = self.read()?;
        Ok(byte)
    }
}

fn read_watch(reader: &mut PrefixReader<'_>) -> Result<Watch, FrameError> {
    Ok(Watch {
        column: reader.read()?,
        row: reader.read()?,
        columns: reader.read()?,
        rows: reader.read()?,
    })
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

    /// Reads a frame's prefix; says with it at which byte the chunks begin.
    ///
    /// # Errors
    /// [`FrameError`]; the cursor is then as it was before.
    pub fn read(&mut self, bytes: &[u8]) -> Result<(Frame, usize), FrameError> {
        if bytes.len() > MAX_FRAME_BYTES {
            return Err(FrameError::TooLarge(bytes.len()));
        }
        let (is_keyframe, flags) = match bytes.first() {
            Some(&tag) if tag & DELTA_TAG != 0 => (false, tag & !DELTA_TAG),
            Some(&tag) if is_keyframe(bytes) => (true, tag | WATCH | CELLS),
            _ => return Err(FrameError::Tag),
        };
        let has = |flag: u8| flags & flag != 0;
        let mut reader = PrefixReader { bytes, at: 1 };
        let tick = if is_keyframe {
            Tick(reader.read()?)
        } else {
            let advance = if has(ADVANCE) { reader.read()? } else { 1 };
            self.tick.ok_or(FrameError::NoBaseline)?.plus(advance)
        };
        let fence = if is_keyframe && has(FENCE) { Some(read_fence(&mut reader)?) } else { None };
        let input = if has(INPUT) { Some(self.read_input(&mut reader, tick)?) } else { None };
        let events = if has(EVENTS) { read_events(&mut reader, tick)? } else { Vec::new() };
        let watch = if has(WATCH) { Some(read_watch(&mut reader)?) } else { None };
        let number = self.number.next();
        let contents = Contents { own: has(OWN), global: has(GLOBAL), cells: has(CELLS) };
        let frame = Frame { number, tick, is_keyframe, fence, input, events, watch, contents };
        *self = Self { number, tick: Some(tick), input: input.map_or(self.input, |echo| echo.seq) };
        Ok((frame, reader.at))
    }

    fn read_input(
        &self,
        reader: &mut PrefixReader<'_>,
        tick: Tick,
    ) -> Result<InputEcho, FrameError> {
        let packed: u8 = reader.read_byte()?;
        let (advance, age) = match packed {
            0 => (reader.read::<u16>()?, reader.read::<u32>()?),
            _ => (u16::from(packed & 15), u32::from(packed >> 4)),
        };
        let seq = InputSeq(self.input.0.wrapping_add(advance));
        let applied = Tick(tick.0.wrapping_sub(age));
        Ok(InputEcho { seq, applied, slack_ms: reader.read()? })
    }
}

fn read_fence(reader: &mut PrefixReader<'_>) -> Result<Fence, FrameError> {
    let fence: Fence = reader.read()?;
    if fence.is_some() { Ok(fence) } else { Err(FrameError::Fence) }
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
