//! The decoder: a snapshot and bytes in, the next snapshot out. Takes any bytes whatever.

use std::collections::HashSet;

use thiserror::Error;

use super::coder::{Coder, Reader};
use super::contexts::{
    ENTER_ID, HAS_ENTERS, HAS_LEAVES, HAS_UPDATES, KEYFRAME, MORE, MOVED, NONE_MORE,
};
use super::enters;
use super::fields::{self, Change, Memory, Span};
use super::numbers::{self, count, uniform, unzigzag};
use super::prior::{self, PriorSet};
use crate::ids::EntityId;
use crate::quantise::{KindLayout, Layout};
use crate::snapshot::{MAX_SLOTS, Snapshot};

/// Why a chunk does not decode. Positions are in bytes from the chunk's start, roughly: a byte holds
/// parts of many numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ChunkError {
    /// The bytes end too early, or not as an encoder ends.
    #[error("the chunk is cut off, or garbled at its end")]
    Truncated,
    /// It leads from a state that the reader does not have.
    #[error("the chunk spans {gap} ticks, but {elapsed} have passed since the last one")]
    Gap {
        /// Ticks that the chunk spans.
        gap: u32,
        /// Ticks since the state at hand; 0 when there is none.
        elapsed: u32,
    },
    /// A slot beyond the limit, or a leave from a vacant slot.
    #[error("slot {slot} cannot be left or entered (byte {at})")]
    Slot {
        /// The slot.
        slot: usize,
        /// Where.
        at: usize,
    },
    /// Entity id 0, or one that is there already.
    #[error("no entity can enter with id {id} (byte {at})")]
    EntityId {
        /// The id.
        id: u32,
        /// Where.
        at: usize,
    },
    /// An entity kind that the schema does not have.
    #[error("unknown entity kind {kind} at byte {at}")]
    Kind {
        /// The kind.
        kind: u32,
        /// Where.
        at: usize,
    },
    /// A value above its lane's range.
    #[error("value {value} of slot {slot} is out of range at byte {at}")]
    OutOfRange {
        /// The value.
        value: u32,
        /// The slot.
        slot: usize,
        /// Where.
        at: usize,
    },
}

/// What a chunk turned out to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChunkReading {
    /// Its length in bytes.
    pub bytes: usize,
    /// Whether it leads from nothing.
    pub is_keyframe: bool,
    /// Entities that left, and whether they only moved on to another part.
    pub left: Vec<(EntityId, bool)>,
    /// Slots that were entered.
    pub entered: Vec<usize>,
}

/// Decodes chunks of one schema. Keeps memory, so that decoding allocates only when a room grows.
#[derive(Clone, Debug)]
pub struct ChunkDecoder {
    layout: Layout,
    row: Vec<u32>,
}

impl ChunkDecoder {
    /// A decoder for a layout.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        Self { row: vec![0; layout.stride], layout }
    }

    /// The layout it decodes.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Turns `state` into the snapshot that the chunk at the front of `bytes` leads to. `elapsed` is
    /// how many ticks ago the state was, `None` when there is none and only a keyframe will do.
    ///
    /// # Errors
    /// [`ChunkError`]; `state` is then of no use: hand in a copy of what must not be lost.
    pub fn decode(
        &mut self,
        state: &mut Snapshot,
        elapsed: Option<u32>,
        bytes: &[u8],
    ) -> Result<ChunkReading, ChunkError> {
        self.decode_within(MAX_SLOTS, state, elapsed, bytes)
    }

    /// The same for a snapshot that may come to have `max_slots` slots, if its part may.
    ///
    /// # Errors
    /// As [`ChunkDecoder::decode`].
    pub fn decode_within(
        &mut self,
        max_slots: usize,
        state: &mut Snapshot,
        elapsed: Option<u32>,
        bytes: &[u8],
    ) -> Result<ChunkReading, ChunkError> {
        let max_slots = max_slots.min(MAX_SLOTS);
        let mut coder = Reader::new(bytes);
        let mut reading = ChunkReading::default();
        prior::choose(&mut coder, PriorSet::default());
        reading.is_keyframe = coder.decide(KEYFRAME, false);
        if reading.is_keyframe {
            state.clear(0);
        } else {
            let span = read_span(&mut coder, elapsed)?;
            read_leaves(&mut coder, state, &mut reading.left)?;
            self.read_updates(&mut coder, span, state)?;
        }
        self.read_enters(&mut coder, max_slots, state, &mut reading.entered)?;
        state.trim();
        reading.bytes = coder.finish().ok_or(ChunkError::Truncated)?;
        Ok(reading)
    }

    fn read_updates(
        &mut self,
        coder: &mut Reader<'_>,
        span: Span,
        state: &mut Snapshot,
    ) -> Result<(), ChunkError> {
        let has_updates = coder.decide(HAS_UPDATES, false);
        let mut memory = Memory::default();
        for slot in 0..state.slots() {
            let Some(row) = state.row(slot) else { continue };
            let kind = &self.layout.kinds[usize::from(row.kind)];
            self.row.copy_from_slice(row.lanes);
            let mut lanes = state.lanes_mut(slot);
            if has_updates {
                let change = Change { kind, span, before: &self.row, after: &self.row };
                fields::entity(coder, &mut memory, change, &mut lanes);
            } else {
                fields::predict(kind, span.ticks(), lanes);
            }
            check_lanes(coder, kind, slot, lanes)?;
        }
        Ok(())
    }

    fn read_enters(
        &self,
        coder: &mut Reader<'_>,
        max_slots: usize,
        state: &mut Snapshot,
        entered: &mut Vec<usize>,
    ) -> Result<(), ChunkError> {
        if !coder.decide(HAS_ENTERS, false) {
            return Ok(());
        }
        let more = count(coder, NONE_MORE + 1, MORE, 0);
        let (mut next, mut last_kind) = (0, 0);
        let mut present = Present::of(state);
        let mut last_id = present.largest;
        for _ in 0..=more {
            let slot = read_vacant_slot(coder, max_slots, state, next)?;
            next = slot + 1;
            let at = coder.position();
            let distance = unzigzag(count(coder, ENTER_ID, ENTER_ID + 1, 0));
            last_id = last_id.wrapping_add(1).wrapping_add_signed(distance);
            if !present.enter(last_id, state) {
                return Err(ChunkError::EntityId { id: last_id, at });
            }
            last_kind = enters::kind(coder, &self.layout, last_kind, 0);
            let kind = self.layout.kinds.get(last_kind as usize);
            let kind = kind.ok_or(ChunkError::Kind { kind: last_kind, at })?;
            let lanes = state.insert(slot, EntityId(last_id), last_kind as u8);
            enters::row(coder, kind, lanes);
            check_lanes(coder, kind, slot, lanes)?;
            if coder.is_overdrawn() {
                return Err(ChunkError::Truncated);
            }
            entered.push(slot);
        }
        Ok(())
    }
}

/// Over how many ticks the chunk leads, and how many of those that passed it does not tell, since
/// all went as predicted.
fn read_span(coder: &mut Reader<'_>, elapsed: Option<u32>) -> Result<Span, ChunkError> {
    let gap = numbers::gap(coder, 0);
    let elapsed = elapsed.unwrap_or(0);
    match elapsed.checked_sub(gap) {
        Some(ahead) if gap > 0 => Ok(Span { gap: gap.cast_signed(), ahead: ahead.cast_signed() }),
        _ => Err(ChunkError::Gap { gap, elapsed }),
    }
}

fn read_leaves(
    coder: &mut Reader<'_>,
    state: &mut Snapshot,
    left: &mut Vec<(EntityId, bool)>,
) -> Result<(), ChunkError> {
    if !coder.decide(HAS_LEAVES, false) {
        return Ok(());
    }
    let more = count(coder, NONE_MORE, MORE, 0);
    let (mut next, slots) = (0, state.slots());
    for _ in 0..=more {
        let at = coder.position();
        let slot = next + uniform(coder, slots.saturating_sub(next), 0);
        let id = EntityId(state.raw_id(slot));
        if id.0 == 0 {
            return Err(ChunkError::Slot { slot, at });
        }
        state.vacate(slot);
        left.push((id, coder.decide(MOVED, false)));
        next = slot + 1;
    }
    Ok(())
}

/// The slot that an enter takes: some vacant ones from `next` on are passed over.
fn read_vacant_slot(
    coder: &mut Reader<'_>,
    max_slots: usize,
    state: &Snapshot,
    next: usize,
) -> Result<usize, ChunkError> {
    let at = coder.position();
    let passed = count(coder, NONE_MORE + 2, MORE, 0) as usize;
    let mut vacant = (next..max_slots).filter(|&slot| state.raw_id(slot) == 0);
    vacant.nth(passed).ok_or(ChunkError::Slot { slot: max_slots, at })
}

/// Which entities are there, while others enter. As a rule these have larger ids than all before, and
/// nothing need be looked up.
struct Present {
    largest: u32,
    /// All ids, once one has come that is not larger.
    ids: HashSet<u32>,
}

impl Present {
    fn of(state: &Snapshot) -> Self {
        let largest = state.rows().map(|row| row.id.0).max().unwrap_or(0);
        Self { largest, ids: HashSet::new() }
    }

    /// Notes that an entity enters, which is not in `state` yet; false when it cannot.
    fn enter(&mut self, id: u32, state: &Snapshot) -> bool {
        if id > self.largest {
            self.largest = id;
            return self.ids.is_empty() || self.ids.insert(id);
        }
        if self.ids.is_empty() {
            self.ids.extend(state.rows().map(|row| row.id.0));
        }
        id != 0 && self.ids.insert(id)
    }
}

fn check_lanes(
    coder: &Reader<'_>,
    kind: &KindLayout,
    slot: usize,
    lanes: &[u32],
) -> Result<(), ChunkError> {
    match kind.lanes.iter().zip(lanes).find(|(lane, value)| **value > lane.max) {
        None => Ok(()),
        Some((_, &value)) => Err(ChunkError::OutOfRange { value, slot, at: coder.position() }),
    }
}
