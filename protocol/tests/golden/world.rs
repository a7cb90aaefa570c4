//! Random worlds for the golden vectors: entities that move, turn, teleport, come, go, and wander
//! from one part of the room to another.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_pcg::Pcg32;
use tickwire_protocol::ids::EntityId;
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::quantise::{KindLayout, Layout};
use tickwire_protocol::snapshot::{Snapshot, take_steps};

use super::rng;

/// Ticks in which an entity does not come back into a slot that it left. Nobody's chunks span more,
/// so no chunk takes an entity that left and came back for one that stayed.
const SLOT_REST: u32 = 300;

struct Entity {
    kind: usize,
    /// Lanes, then last steps.
    columns: Vec<u32>,
    /// What each lane that does not move changes by.
    drift: Vec<i32>,
}

/// The entities of a part by slot.
#[derive(Default)]
struct Part {
    slots: BTreeMap<usize, u32>,
    /// Slot, entity and tick of what left lately.
    left: Vec<(usize, u32, u32)>,
}

/// Entities in parts.
pub struct World {
    layout: Layout,
    rng: Pcg32,
    tick: u32,
    parts: BTreeMap<PartNumber, Part>,
    entities: BTreeMap<u32, Entity>,
    next_id: u32,
}

impl World {
    pub fn new(seed: u64, layout: &Layout, parts: impl IntoIterator<Item = PartNumber>) -> Self {
        Self {
            layout: layout.clone(),
            rng: rng(seed),
            tick: 0,
            parts: parts.into_iter().map(|number| (number, Part::default())).collect(),
            entities: BTreeMap::new(),
            next_id: 1,
        }
    }

    pub fn rng(&mut self) -> &mut Pcg32 {
        &mut self.rng
    }

    /// Lets so many enter a part.
    pub fn populate(&mut self, part: PartNumber, entities: usize) {
        for _ in 0..entities {
            self.enter(part);
        }
    }

    pub fn snapshot(&self, part: PartNumber) -> Snapshot {
        let mut snapshot = Snapshot::new(&self.layout);
        for (&slot, &id) in &self.parts[&part].slots {
            let entity = &self.entities[&id];
            let columns = snapshot.insert(slot, EntityId(id), entity.kind as u8);
            columns[..entity.columns.len()].copy_from_slice(&entity.columns);
        }
        snapshot
    }

    /// Whether an entity is anywhere.
    pub fn contains(&self, id: EntityId) -> bool {
        self.entities.contains_key(&id.0)
    }

    /// One tick: in some parts all goes as predicted; a few come, go, and change places.
    pub fn step(&mut self, comings: usize) {
        self.tick += 1;
        let Self { layout, rng, parts, entities, .. } = self;
        for part in parts.values() {
            let is_calm = rng.random_bool(0.4);
            for id in part.slots.values() {
                let entity = entities.get_mut(id).unwrap();
                let kind = &layout.kinds[entity.kind];
                let before = entity.columns.clone();
                go_on(kind, &mut entity.columns);
                if !is_calm && rng.random_bool(0.6) {
                    act(rng, kind, entity);
                }
                take_steps(kind, &mut entity.columns, &before);
            }
        }
        let numbers: Vec<_> = self.parts.keys().copied().collect();
        for _ in 0..comings {
            let part = numbers[self.rng.random_range(0..numbers.len())];
            match self.rng.random_range(0..10) {
                0..3 => self.remove_one(part),
                3..6 => self.enter(part),
                _ => self.wander(part, &numbers),
            }
        }
    }

    /// Some ticks in which all of a part goes as predicted, as many as the borders allow.
    pub fn coast(&mut self, part: PartNumber, ticks: u32) -> u32 {
        for tick in 0..ticks {
            let mut moved = BTreeMap::new();
            for id in self.parts[&part].slots.values() {
                let Entity { kind, columns, .. } = &self.entities[id];
                let kind = &self.layout.kinds[*kind];
                let mut columns = columns.clone();
                let before = columns.clone();
                go_on(kind, &mut columns);
                take_steps(kind, &mut columns, &before);
                if before[kind.lanes.len()..] != columns[kind.lanes.len()..] {
                    return tick;
                }
                moved.insert(*id, columns);
            }
            for (id, columns) in moved {
                self.entities.get_mut(&id).unwrap().columns = columns;
            }
            self.tick += 1;
        }
        ticks
    }

    /// Everything leaves.
    pub fn clear(&mut self) {
        self.entities.clear();
        for part in self.parts.values_mut() {
            part.slots.clear();
        }
    }

    fn enter(&mut self, part: PartNumber) {
        let rng = &mut self.rng;
        let number = rng.random_range(0..self.layout.kinds.len());
        // Now and then ids were given to entities that nobody saw, or an old one comes back.
        let id = match rng.random_range(0..12) {
            0 => self.next_id + rng.random_range(1..5_000),
            1 => rng.random_range(1_000_000..u32::MAX),
            _ => self.next_id,
        };
        self.next_id = if id < 1_000_000 { id + 1 } else { self.next_id };
        let kind = &self.layout.kinds[number];
        let mut columns = vec![0; kind.width];
        for (column, lane) in columns.iter_mut().zip(&kind.lanes) {
            *column = rng.random_range(0..=lane.max);
        }
        let drift = kind.lanes.iter().map(|_| rng.random_range(-40..=40)).collect();
        self.entities.insert(id, Entity { kind: number, columns, drift });
        self.place(part, id);
    }

    fn remove_one(&mut self, part: PartNumber) {
        if let Some(id) = self.take_one(part) {
            self.entities.remove(&id);
        }
    }

    /// One goes from a part to the next one, or to the one before.
    fn wander(&mut self, from: PartNumber, numbers: &[PartNumber]) {
        let index = numbers.binary_search(&from).unwrap();
        let step = if self.rng.random_bool(0.5) { 1 } else { numbers.len() - 1 };
        if let Some(id) = self.take_one(from) {
            self.place(numbers[(index + step) % numbers.len()], id);
        }
    }

    fn take_one(&mut self, number: PartNumber) -> Option<u32> {
        let part = self.parts.get_mut(&number)?;
        let nth = self.rng.random_range(0..part.slots.len().max(1));
        let (&slot, &id) = part.slots.iter().nth(nth)?;
        part.slots.remove(&slot);
        part.left.push((slot, id, self.tick));
        Some(id)
    }

    fn place(&mut self, number: PartNumber, id: u32) {
        let part = self.parts.get_mut(&number).unwrap();
        part.left.retain(|(_, _, tick)| self.tick - tick < SLOT_REST);
        let is_free = |slot: &usize| {
            let had_it = part.left.iter().any(|&(left, who, _)| (left, who) == (*slot, id));
            !part.slots.contains_key(slot) && !had_it
        };
        let slot = (0..).find(is_free).unwrap();
        part.slots.insert(slot, id);
    }
}

/// What moves goes on as it went, up to the border.
fn go_on(kind: &KindLayout, columns: &mut [u32]) {
    for field in kind.fields.iter().filter(|field| field.moves()) {
        for (at, step_at) in field.axes() {
            let moved = kind.lanes[at].advance(columns[at], columns[step_at].cast_signed());
            columns[at] = if moved > kind.lanes[at].max { columns[at] } else { moved };
        }
    }
}

/// Something else happens: it turns a little, sets out, stops, teleports.
fn act(rng: &mut Pcg32, kind: &KindLayout, entity: &mut Entity) {
    let Entity { columns, drift, .. } = entity;
    let teleports = rng.random_bool(0.04);
    for field in kind.fields.iter().filter(|field| !field.constant) {
        if !teleports && rng.random_bool(0.4) {
            continue;
        }
        let reach = [2, 2, 9, 60][rng.random_range(0..4)];
        for at in field.lanes.clone() {
            let lane = &kind.lanes[at];
            let by = if field.moves() { rng.random_range(-reach..=reach) } else { drift[at] };
            let changed = lane.advance(columns[at], by);
            let jumps = teleports || changed > lane.max;
            columns[at] = if jumps { rng.random_range(0..=lane.max) } else { changed };
        }
    }
}
