//! From a game's world to a snapshot: quantise once per entity, find its slot.
//!
//! Games write their entities in whatever order they keep them. An entity keeps the slot that it
//! got when it first appeared; a new one takes the lowest vacant slot. Games tend to write the same
//! entities in the same order tick after tick, so the slot is nearly always found by looking at who
//! stood at this place in the order last time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use tickwire_protocol::ids::{EntityId, PlayerId};
use tickwire_protocol::quantise::{Lane, Layout};
use tickwire_protocol::snapshot::{MAX_SLOTS, Snapshot};

/// Spreads the bits of ascending ids. Only ever used for look-ups, never for iteration, so it has
/// no influence on the order of anything.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u32(u32::from(byte)));
    }

    fn write_u32(&mut self, word: u32) {
        // Fibonacci hashing: 2⁶⁴ divided by the golden ratio.
        self.0 = (self.0 ^ u64::from(word)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// Which entity has which slot, kept from tick to tick.
#[derive(Debug, Default)]
pub struct SlotTable {
    slots: HashMap<u32, u32, BuildHasherDefault<IdHasher>>,
    vacant: BinaryHeap<Reverse<u32>>,
    /// Slots ever used: the next one after them is the first that never was.
    used: u32,
    /// Entities and their slots in the order in which they were written, last time and this time.
    last_order: Vec<(u32, u32)>,
    order: Vec<(u32, u32)>,
}

impl SlotTable {
    /// A table without entities.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Fills `snapshot` with what `write` writes.
    pub fn fill(
        &mut self,
        layout: &Layout,
        snapshot: &mut Snapshot,
        write: impl FnOnce(&mut SnapshotWriter<'_>),
    ) {
        snapshot.clear(self.used as usize);
        self.order.clear();
        write(&mut SnapshotWriter { table: self, layout, snapshot });
        self.vacate_unwritten(snapshot);
        std::mem::swap(&mut self.last_order, &mut self.order);
    }

    /// The slot of an entity; `None` when it is new and there are as many as there may be.
    fn slot_of(&mut self, id: EntityId) -> Option<u32> {
        let hint = self.last_order.get(self.order.len());
        let slot = match hint {
            Some(&(last, slot)) if last == id.0 => slot,
            _ => match self.slots.get(&id.0) {
                Some(&slot) => slot,
                None => self.enter(id)?,
            },
        };
        self.order.push((id.0, slot));
        Some(slot)
    }

    fn enter(&mut self, id: EntityId) -> Option<u32> {
        let slot = match self.vacant.pop() {
            Some(Reverse(slot)) => slot,
            None if self.used as usize == MAX_SLOTS => return None,
            None => {
                self.used += 1;
                self.used - 1
            }
        };
        self.slots.insert(id.0, slot);
        Some(slot)
    }

    /// Entities of last time that were not written this time have left.
    fn vacate_unwritten(&mut self, snapshot: &mut Snapshot) {
        for &(id, slot) in &self.last_order {
            if snapshot.row(slot as usize).is_none_or(|row| row.id.0 != id) {
                self.slots.remove(&id);
                self.vacant.push(Reverse(slot));
            }
        }
        snapshot.trim();
    }
}

/// Takes down the entities of a world, one after the other.
#[derive(Debug)]
pub struct SnapshotWriter<'a> {
    table: &'a mut SlotTable,
    layout: &'a Layout,
    snapshot: &'a mut Snapshot,
}

impl SnapshotWriter<'_> {
    /// Begins an entity of a kind (its index in the schema); its fields follow on the result, in
    /// the schema's order. Entities beyond the 65,536th are left out.
    ///
    /// # Panics
    /// When the schema has no such kind.
    pub fn entity(&mut self, id: EntityId, kind: usize) -> EntityWriter<'_> {
        let lanes = &self.layout.kinds[kind].lanes;
        let values = match self.table.slot_of(id) {
            Some(slot) => self.snapshot.insert(slot as usize, id, kind as u8),
            None => &mut [],
        };
        EntityWriter { lanes, values, at: 0 }
    }
}

/// Takes down the fields of one entity, in the schema's order. A field that is left out is 0.
#[derive(Debug)]
pub struct EntityWriter<'a> {
    lanes: &'a [Lane],
    values: &'a mut [u32],
    at: usize,
}

impl EntityWriter<'_> {
    fn lane(&mut self, value: impl FnOnce(&Lane) -> u32) {
        debug_assert!(self.at < self.lanes.len(), "more fields written than the schema has");
        if let (Some(lane), Some(slot)) = (self.lanes.get(self.at), self.values.get_mut(self.at)) {
            *slot = value(lane);
        }
        self.at += 1;
    }

    /// A position, in world units; clamped to the schema's range.
    pub fn position(&mut self, position: [f32; 2]) -> &mut Self {
        self.number(position[0]).number(position[1])
    }

    /// A real number; clamped to the schema's range.
    pub fn number(&mut self, value: f32) -> &mut Self {
        self.lane(|lane| lane.quantise(f64::from(value)));
        self
    }

    /// An integer; clamped to the schema's range.
    pub fn integer(&mut self, value: i32) -> &mut Self {
        self.lane(|lane| lane.quantise(f64::from(value)));
        self
    }

    /// A direction in which a full turn is 2¹⁶; rounded down to the schema's bits.
    pub fn angle(&mut self, turn: u16) -> &mut Self {
        self.lane(|lane| u32::from(turn) >> (16 - lane.bits.min(16)));
        self
    }

    /// Independent bits.
    pub fn flags(&mut self, flags: u32) -> &mut Self {
        self.lane(|lane| flags & lane.mask());
        self
    }

    /// A player.
    pub fn player(&mut self, player: PlayerId) -> &mut Self {
        self.lane(|_| player.0);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_protocol::schema::{EntityKind, FieldKind, Schema};

    fn layout() -> Layout {
        let dot = EntityKind::new("dot")
            .constant("owner", FieldKind::Player)
            .field("position", FieldKind::Position { min: [0.0; 2], max: [10.0; 2], step: 0.5 })
            .field("angle", FieldKind::Angle { bits: 4 })
            .field("energy", FieldKind::Integer { min: -2, max: 7 })
            .field("flags", FieldKind::Flags { bits: 2 });
        Layout::new(&Schema::new("g").entity(dot))
    }

    fn fill(table: &mut SlotTable, ids: &[u32]) -> Vec<(usize, u32)> {
        let layout = layout();
        let mut snapshot = Snapshot::new(&layout);
        table.fill(&layout, &mut snapshot, |out| {
            for &id in ids {
                out.entity(EntityId(id), 0);
            }
        });
        snapshot.rows().map(|row| (row.slot, row.id.0)).collect()
    }

    #[test]
    fn fields_become_lanes_in_order() {
        let layout = layout();
        let mut snapshot = Snapshot::new(&layout);
        SlotTable::new().fill(&layout, &mut snapshot, |out| {
            out.entity(EntityId(1), 0)
                .player(PlayerId(9))
                .position([1.2, 99.0])
                .angle(0x8fff)
                .integer(-1)
                .flags(7);
        });
        assert_eq!(snapshot.row(0).unwrap().lanes, [9, 2, 20, 8, 1, 3]);
    }

    #[test]
    fn entities_beyond_the_limit_are_left_out() {
        let mut table = SlotTable::new();
        let ids: Vec<u32> = (1..=MAX_SLOTS as u32 + 3).collect();
        for _ in 0..3 {
            assert_eq!(fill(&mut table, &ids).len(), MAX_SLOTS);
        }
        assert!(table.vacant.is_empty());
    }

    #[test]
    fn entities_keep_their_slots_and_new_ones_take_the_lowest() {
        let mut table = SlotTable::new();
        assert_eq!(fill(&mut table, &[5, 6, 7]), [(0, 5), (1, 6), (2, 7)]);
        assert_eq!(fill(&mut table, &[7, 5]), [(0, 5), (2, 7)]);
        assert_eq!(fill(&mut table, &[5, 7, 8, 9]), [(0, 5), (1, 8), (2, 7), (3, 9)]);
        assert_eq!(fill(&mut table, &[]), []);
        assert_eq!(fill(&mut table, &[10]), [(0, 10)]);
    }
}
