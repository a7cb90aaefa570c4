//! The quantised state of a set of entities at one tick.
//!
//! Entities sit in dense *slots*, so that a steady state needs no ids on the wire: both sides go
//! through the slots in order. The server fills one snapshot per tick for each part of a room's
//! state ([`parts`](crate::parts)); a client's copy of it is equal to it, integer for integer. Rows
//! have a fixed width and lie in one vector, so a snapshot is copied with three block moves and
//! compared without a pointer.

use crate::ids::EntityId;
use crate::quantise::{KindLayout, Layout};

/// Most slots of a snapshot.
pub const MAX_SLOTS: usize = 1 << 16;

/// The entities of one part of a room's state at one tick, as lanes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    stride: usize,
    /// Entity of each slot, 0 where the slot is vacant.
    ids: Vec<u32>,
    kinds: Vec<u8>,
    lanes: Vec<u32>,
}

/// One entity of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// Where it sits.
    pub slot: usize,
    /// Which entity it is.
    pub id: EntityId,
    /// Its kind: an index into the schema's entities, which a decoder has checked.
    pub kind: u8,
    /// Its lanes, then the last steps of what moves (`i32`s), padded with zeros to the snapshot's
    /// stride.
    pub lanes: &'a [u32],
}

impl Snapshot {
    /// A snapshot without entities.
    #[must_use]
    pub fn new(layout: &Layout) -> Self {
        Self { stride: layout.stride, ..Self::default() }
    }

    /// Number of slots, vacant ones included.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.ids.len()
    }

    /// The entity in a slot.
    #[must_use]
    pub fn row(&self, slot: usize) -> Option<Row<'_>> {
        let id = self.ids.get(slot).copied().filter(|&id| id != 0)?;
        let lanes = &self.lanes[slot * self.stride..(slot + 1) * self.stride];
        Some(Row { slot, id: EntityId(id), kind: self.kinds[slot], lanes })
    }

    /// All entities, by ascending slot.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.table().flatten()
    }

    /// All slots in order, each with its entity; `None` for a vacant one.
    pub(crate) fn table(&self) -> impl Iterator<Item = Option<Row<'_>>> {
        // Zipped, so that no bound is checked per row.
        let lanes = self.lanes.chunks_exact(self.stride.max(1));
        let rows = self.ids.iter().zip(&self.kinds).zip(lanes);
        rows.enumerate().map(|(slot, ((&id, &kind), lanes))| {
            (id != 0).then_some(Row { slot, id: EntityId(id), kind, lanes })
        })
    }

    /// The id in a slot: 0 when it is vacant or beyond the end.
    pub(crate) fn raw_id(&self, slot: usize) -> u32 {
        self.ids.get(slot).copied().unwrap_or(0)
    }

    /// The lanes of a slot, to be changed in place.
    pub(crate) fn lanes_mut(&mut self, slot: usize) -> &mut [u32] {
        &mut self.lanes[slot * self.stride..(slot + 1) * self.stride]
    }

    /// Puts an entity into a slot, growing the table as needed, and returns its lanes, all zero.
    ///
    /// # Panics
    /// When `slot` is [`MAX_SLOTS`] or more, or `id` is 0.
    pub fn insert(&mut self, slot: usize, id: EntityId, kind: u8) -> &mut [u32] {
        assert!(slot < MAX_SLOTS && id.0 != 0, "slot {slot} or entity {id} is out of range");
        if slot >= self.ids.len() {
            self.ids.resize(slot + 1, 0);
            self.kinds.resize(slot + 1, 0);
            self.lanes.resize((slot + 1) * self.stride, 0);
        }
        self.ids[slot] = id.0;
        self.kinds[slot] = kind;
        let lanes = self.lanes_mut(slot);
        lanes.fill(0);
        lanes
    }

    /// Puts an entity with all its columns into a slot, growing the table as needed.
    ///
    /// # Panics
    /// As [`Snapshot::insert`], and when the row is not of the layout's stride.
    pub fn insert_row(&mut self, slot: usize, id: EntityId, kind: u8, row: &[u32]) -> &mut [u32] {
        if slot >= self.ids.len() {
            self.insert(slot, id, kind);
        }
        assert!(id.0 != 0, "entity {id} is out of range");
        self.ids[slot] = id.0;
        self.kinds[slot] = kind;
        let lanes = self.lanes_mut(slot);
        lanes.copy_from_slice(row);
        lanes
    }

    /// Vacates a slot. Vacant slots at the end are given up, so equal contents are equal values.
    pub fn remove(&mut self, slot: usize) {
        if slot < self.ids.len() {
            self.vacate(slot);
            self.trim();
        }
    }

    /// Vacates a slot, which must be there, and gives none up.
    pub(crate) fn vacate(&mut self, slot: usize) {
        self.ids[slot] = 0;
        self.kinds[slot] = 0;
        self.lanes_mut(slot).fill(0);
    }

    /// Notes the last step of everything that moves: how far it has gone since `before`, the
    /// snapshot of the tick before this one; nowhere if it was not there.
    pub fn take_steps(&mut self, layout: &Layout, before: &Self) {
        for slot in 0..self.slots() {
            let Some(old) = before.row(slot) else { continue };
            if self.ids[slot] != old.id.0 || self.kinds[slot] != old.kind {
                continue;
            }
            let kind = &layout.kinds[usize::from(old.kind)];
            take_steps(kind, self.lanes_mut(slot), old.lanes);
        }
    }

    /// Gives up vacant slots at the end.
    pub fn trim(&mut self) {
        while self.ids.last() == Some(&0) {
            self.ids.pop();
        }
        self.kinds.truncate(self.ids.len());
        self.lanes.truncate(self.ids.len() * self.stride);
    }

    /// Forgets all entities and makes room for `slots` of them, reusing the memory that is here.
    pub fn clear(&mut self, slots: usize) {
        self.ids.clear();
        self.ids.resize(slots, 0);
        self.kinds.clear();
        self.kinds.resize(slots, 0);
        self.lanes.clear();
        self.lanes.resize(slots * self.stride, 0);
    }

    /// Number of entities.
    #[must_use]
    pub fn entities(&self) -> usize {
        self.ids.iter().filter(|&&id| id != 0).count()
    }

    /// Makes this a copy of `other`, reusing the memory that is here.
    pub fn copy_from(&mut self, other: &Self) {
        self.stride = other.stride;
        self.ids.clone_from(&other.ids);
        self.kinds.clone_from(&other.kinds);
        self.lanes.clone_from(&other.lanes);
    }

    /// A 32-bit hash of everything a client sees: MurmurHash3 (x86, 32 bits, seed 0; Austin
    /// Appleby, public domain) over these words, for each occupied slot in ascending order: slot,
    /// id, kind, then the lanes and last steps of its kind.
    #[must_use]
    pub fn hash(&self, layout: &Layout) -> u32 {
        let mut hash = Murmur3::default();
        for row in self.rows() {
            hash.word(row.slot as u32);
            hash.word(row.id.0);
            hash.word(u32::from(row.kind));
            for &lane in &row.lanes[..layout.kinds[usize::from(row.kind)].width] {
                hash.word(lane);
            }
        }
        hash.finish()
    }
}

/// Notes in a row of a kind how far what moves has gone since the same entity's row a tick ago.
pub fn take_steps(kind: &KindLayout, row: &mut [u32], before: &[u32]) {
    for field in &kind.changing {
        for (at, step_at) in field.axes() {
            row[step_at] = kind.lanes[at].difference(before[at], row[at]).cast_unsigned();
        }
    }
}

/// `MurmurHash3_x86_32` over whole words: 32-bit multiplications only, so JavaScript computes it as
/// cheaply as Rust.
#[derive(Default)]
struct Murmur3 {
    state: u32,
    words: u32,
}

impl Murmur3 {
    fn word(&mut self, word: u32) {
        let scrambled = word.wrapping_mul(0xcc9e_2d51).rotate_left(15).wrapping_mul(0x1b87_3593);
        self.state =
            (self.state ^ scrambled).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64);
        self.words = self.words.wrapping_add(1);
    }

    const fn finish(&self) -> u32 {
        let mut hash = self.state ^ self.words.wrapping_mul(4);
        hash = (hash ^ (hash >> 16)).wrapping_mul(0x85eb_ca6b);
        hash = (hash ^ (hash >> 13)).wrapping_mul(0xc2b2_ae35);
        hash ^ (hash >> 16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{EntityKind, FieldKind, Schema};

    #[test]
    fn the_hash_is_murmur3() {
        // Reference values of MurmurHash3_x86_32 with seed 0 for these little-endian words.
        assert_eq!(Murmur3::default().finish(), 0);
        let mut hash = Murmur3::default();
        hash.word(0x8765_4321); // bytes 21 43 65 87
        assert_eq!(hash.finish(), 0xf55b_516b);
    }

    #[test]
    fn slots_are_filled_vacated_and_trimmed() {
        let schema = Schema::new("g")
            .entity(EntityKind::new("dot").field("n", FieldKind::Integer { min: 0, max: 9 }));
        let layout = Layout::new(&schema);
        let mut snapshot = Snapshot::new(&layout);
        let empty = snapshot.clone();
        snapshot.insert(0, EntityId(7), 0)[0] = 3;
        snapshot.insert(2, EntityId(8), 0)[0] = 4;
        assert_eq!(snapshot.slots(), 3);
        assert_eq!(snapshot.rows().map(|row| row.id.0).collect::<Vec<_>>(), [7, 8]);
        assert!(snapshot.row(1).is_none() && snapshot.row(9).is_none());
        let hash = snapshot.hash(&layout);
        snapshot.insert(2, EntityId(8), 0)[0] = 5;
        assert_ne!(snapshot.hash(&layout), hash);
        snapshot.remove(0);
        snapshot.remove(2);
        assert_eq!(snapshot, empty);
        assert_eq!(snapshot.hash(&layout), empty.hash(&layout));
    }
}
