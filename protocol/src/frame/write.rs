//! Writing a frame's prefix, and which cells have chunks.

use bytes::BufMut;

use super::{
    ADVANCE, CELLS, Contents, DELTA_TAG, ECHO_LIMIT, EVENTS, EncodedEvent, FENCE, GLOBAL, INPUT,
    InputEcho, KEYFRAME_TAG, OWN, WATCH,
};
use crate::envelope::encode;
use crate::ids::{EventNumber, Fence, InputSeq, Tick};
use crate::watch::Watch;

/// What a frame carries in front of its chunks, to be written.
#[derive(Clone, Debug)]
pub struct FramePrefix<'a> {
    /// The frame's tick.
    pub tick: Tick,
    /// The tick of the frame before on this connection; `None` makes this a keyframe.
    pub baseline: Option<Tick>,
    /// The number of the room's ownership, for those who know of it: keyframes tell it, if it is one.
    pub fence: Fence,
    /// The newest input, when one has taken effect since the frame before.
    pub input: Option<InputEcho>,
    /// Number of the input told before on this connection; 0 before the first.
    pub last_input: InputSeq,
    /// Number of the first event.
    pub first_event: EventNumber,
    /// Events to deliver with this frame.
    pub events: &'a [EncodedEvent],
    /// The cells watched from this frame on, when they change; a keyframe has to tell them.
    pub watch: Option<Watch>,
    /// Which parts have chunks.
    pub contents: Contents,
}

impl FramePrefix<'_> {
    /// Appends the prefix to `out`; the chunks come right after it.
    pub fn write(&self, out: &mut impl BufMut) {
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let advance = self.baseline.map(|tick| self.tick.0.wrapping_sub(tick.0));
        let flags = flag(self.input.is_some(), INPUT)
            | flag(!self.events.is_empty(), EVENTS)
            | flag(self.contents.own, OWN)
            | flag(self.contents.global, GLOBAL);
        match advance {
            None => {
                out.put_u8(KEYFRAME_TAG | flags | flag(self.fence.is_some(), FENCE));
                write_varint(self.tick.0, out);
                if self.fence.is_some() {
                    out.put_slice(&encode(&self.fence));
                }
            }
            Some(advance) => {
                let flags = flags
                    | flag(advance != 1, ADVANCE)
                    | flag(self.watch.is_some(), WATCH)
                    | flag(self.contents.cells, CELLS);
                out.put_u8(DELTA_TAG | flags);
                if advance != 1 {
                    write_varint(advance, out);
                }
            }
        }
        if let Some(input) = self.input {
            self.write_input(input, out);
        }
        if !self.events.is_empty() {
            write_varint(self.first_event.0, out);
            write_varint(self.events.len() as u32, out);
            for event in self.events {
                write_varint(self.tick.since(event.tick).max(0).cast_unsigned(), out);
                out.put_slice(&event.bytes);
            }
        }
        if let Some(watch) = self.watch {
            for number in [watch.column, watch.row, watch.columns, watch.rows] {
                write_varint(number, out);
            }
        }
    }

    fn write_input(&self, input: InputEcho, out: &mut impl BufMut) {
        let advance = u32::from(input.seq.0.wrapping_sub(self.last_input.0));
        let age = self.tick.since(input.applied).max(0).cast_unsigned();
        if (1..ECHO_LIMIT).contains(&advance) && age < ECHO_LIMIT {
            out.put_u8((advance | age << 4) as u8);
        } else {
            out.put_u8(0);
            write_varint(advance, out);
            write_varint(age, out);
        }
        let slack = i32::from(input.slack_ms);
        // Zigzag, as bincode writes an i16: without its vector, since nearly every frame has one.
        write_varint(((slack << 1) ^ (slack >> 31)).cast_unsigned(), out);
    }
}

/// Appends which of the cells watched have chunks, in order; nothing when there is but one.
pub fn write_cell_bits(has_chunk: impl ExactSizeIterator<Item = bool>, out: &mut impl BufMut) {
    if has_chunk.len() < 2 {
        return;
    }
    let (mut byte, mut bits) = (0, 0);
    for has_chunk in has_chunk {
        byte |= u8::from(has_chunk) << bits;
        bits += 1;
        if bits == u8::BITS {
            out.put_u8(byte);
            (byte, bits) = (0, 0);
        }
    }
    if bits > 0 {
        out.put_u8(byte);
    }
}

fn write_varint(value: u32, out: &mut impl BufMut) {
    if value < 251 {
        out.put_u8(value as u8);
    } else {
        out.put_slice(&encode(&value));
    }
}
