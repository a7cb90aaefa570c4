//! The decoder: a snapshot and bytes in, the next snapshot out. Takes any bytes whatever.

use thiserror::Error;

use crate::bits::{BitError, BitReader, unzigzag};
use crate::ids::EntityId;
use crate::quantise::{KindLayout, Layout};
use crate::schema::MAX_FIELDS;
use crate::snapshot::{MAX_SLOTS, Snapshot};

use super::{RICE_PARAMETER_BITS, largest_id};

/// Why a chunk does not decode. Positions are in bits from the chunk's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ChunkError {
    /// The bits end too early or are no number.
    #[error("{0}")]
    Bits(#[from] BitError),
    /// A slot beyond the limit, a leave from a vacant slot or an enter into a taken one.
    #[error("slot {slot} cannot be left or entered (bit {at})")]
    Slot {
        /// The slot.
        slot: usize,
        /// Where.
        at: usize,
    },
    /// Entity id 0, or one beyond 32 bits.
    #[error("entity id out of range at bit {at}")]
    EntityId {
        /// Where.
        at: usize,
    },
    /// An entity kind that the schema does not have.
    #[error("unknown entity kind {kind} at bit {at}")]
    Kind {
        /// The kind.
        kind: u32,
        /// Where.
        at: usize,
    },
    /// A value above its lane's range.
    #[error("value {value} of slot {slot} is out of range at bit {at}")]
    OutOfRange {
        /// The value.
        value: u32,
        /// The slot.
        slot: usize,
        /// Where.
        at: usize,
    },
    /// More than padding is left.
    #[error("the chunk ends at bit {at}, but more follows")]
    Trailing {
        /// Where it ended.
        at: usize,
    },
}

/// Decodes chunks of one schema. Keeps memory for the next snapshot, so that decoding allocates
/// only when a room grows.
#[derive(Clone, Debug)]
pub struct ChunkDecoder {
    layout: Layout,
    scratch: Snapshot,
    /// Rice parameters by kind and field, for kinds of which something changed.
    parameters: Vec<Option<[u32; MAX_FIELDS]>>,
}

impl ChunkDecoder {
    /// A decoder for a layout.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        Self { scratch: Snapshot::new(&layout), parameters: vec![None; layout.kinds.len()], layout }
    }

    /// The layout it decodes.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Turns `state` into the snapshot that the chunk leads to. A keyframe starts from nothing.
    ///
    /// # Errors
    /// [`ChunkError`]; `state` is then as it was before.
    pub fn decode(
        &mut self,
        state: &mut Snapshot,
        is_keyframe: bool,
        bytes: &[u8],
    ) -> Result<(), ChunkError> {
        if is_keyframe {
            self.scratch.clear(0);
        } else {
            self.scratch.copy_from(state);
        }
        let mut input = BitReader::new(bytes);
        let previous_id = largest_id(&self.scratch);
        self.read_leaves(&mut input)?;
        self.read_updates(&mut input)?;
        self.read_enters(&mut input, previous_id)?;
        let at = input.position();
        if input.remaining() >= 8 || input.bits(input.remaining() as u32)? != 0 {
            return Err(ChunkError::Trailing { at });
        }
        std::mem::swap(state, &mut self.scratch);
        Ok(())
    }

    fn read_leaves(&mut self, input: &mut BitReader<'_>) -> Result<(), ChunkError> {
        let count = input.gamma()?;
        let mut next = 0;
        for _ in 0..count {
            let slot = read_slot(input, &mut next)?;
            if self.scratch.raw_id(slot) == 0 {
                return Err(ChunkError::Slot { slot, at: input.position() });
            }
            self.scratch.remove(slot);
        }
        Ok(())
    }

    fn read_updates(&mut self, input: &mut BitReader<'_>) -> Result<(), ChunkError> {
        for (kind, parameters) in self.layout.kinds.iter().zip(&mut self.parameters) {
            *parameters = None;
            if kind.changing().next().is_some() && input.bit()? {
                let mut fields = [0; MAX_FIELDS];
                for (index, _) in kind.changing() {
                    fields[index] = input.bits(RICE_PARAMETER_BITS)?;
                }
                *parameters = Some(fields);
            }
        }
        if self.parameters.iter().all(Option::is_none) {
            return Ok(());
        }
        for slot in 0..self.scratch.slots() {
            let Some(kind) = self.scratch.row(slot).map(|row| usize::from(row.kind)) else {
                continue;
            };
            if let Some(parameters) = &self.parameters[kind]
                && input.bit()?
            {
                let lanes = self.scratch.lanes_mut(slot);
                read_update(&self.layout.kinds[kind], parameters, slot, lanes, input)?;
            }
        }
        Ok(())
    }

    fn read_enters(
        &mut self,
        input: &mut BitReader<'_>,
        mut previous_id: u32,
    ) -> Result<(), ChunkError> {
        let count = input.gamma()?;
        let mut next = 0;
        for _ in 0..count {
            let slot = read_slot(input, &mut next)?;
            let at = input.position();
            if self.scratch.raw_id(slot) != 0 {
                return Err(ChunkError::Slot { slot, at });
            }
            let id = if input.bit()? {
                let gap = input.gamma()?;
                previous_id.checked_add(gap).and_then(|id| id.checked_add(1))
            } else {
                Some(input.bits(32)?)
            };
            let id = id.filter(|&id| id != 0).ok_or(ChunkError::EntityId { at })?;
            previous_id = id;
            let kind = input.bits(self.layout.kind_bits)?;
            let layout = self
                .layout
                .kinds
                .get(kind as usize)
                .ok_or(ChunkError::Kind { kind, at: input.position() })?;
            let lanes = self.scratch.insert(slot, EntityId(id), kind as u8);
            for (lane, value) in layout.lanes.iter().zip(lanes) {
                *value = input.bits(lane.bits)?;
                if *value > lane.max {
                    let at = input.position();
                    return Err(ChunkError::OutOfRange { value: *value, slot, at });
                }
            }
        }
        Ok(())
    }
}

/// Reads the next of ascending slots; `next` is the smallest it can be.
fn read_slot(input: &mut BitReader<'_>, next: &mut usize) -> Result<usize, ChunkError> {
    let slot = *next + input.gamma()? as usize;
    if slot >= MAX_SLOTS {
        return Err(ChunkError::Slot { slot, at: input.position() });
    }
    *next = slot + 1;
    Ok(slot)
}

fn read_update(
    kind: &KindLayout,
    parameters: &[u32],
    slot: usize,
    lanes: &mut [u32],
    input: &mut BitReader<'_>,
) -> Result<(), ChunkError> {
    let mut mask = 1;
    let changing = kind.changing().count() as u32;
    if changing > 1 {
        mask = input.bits(changing)?;
    }
    for (position, (index, field)) in kind.changing().enumerate() {
        if mask >> position & 1 == 0 {
            continue;
        }
        for at in field.lanes.clone() {
            let lane = &kind.lanes[at];
            let residual = input.rice(parameters[index], lane.bits)?;
            let value = lane.advance(lanes[at], unzigzag(residual));
            if value > lane.max {
                return Err(ChunkError::OutOfRange { value, slot, at: input.position() });
            }
            lanes[at] = value;
        }
    }
    Ok(())
}
