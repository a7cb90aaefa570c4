//! Random worlds with every kind of field: entities go on as they went, but for what is thrown at
//! them.

use proptest::prelude::*;
use tickwire_protocol::ids::EntityId;
use tickwire_protocol::quantise::{KindLayout, Layout};
use tickwire_protocol::schema::{EntityKind, FieldKind, Schema};
use tickwire_protocol::snapshot::Snapshot;

/// Slots that things happen in.
const SLOTS: usize = 24;
/// Kinds of [`layout`].
const KINDS: u8 = 8;

/// A layout with every kind of field, kinds without changing fields and without any, and lanes of 0
/// and of 32 bits.
pub fn layout() -> Layout {
    let position = FieldKind::Position { min: [0.0; 2], max: [4000.0, 2000.0], step: 0.25 };
    let schema = Schema::new("test")
        .entity(
            EntityKind::new("ship")
                .constant("owner", FieldKind::Player)
                .field("position", position)
                .field("angle", FieldKind::Angle { bits: 9 })
                .field("energy", FieldKind::Integer { min: -3, max: 100 })
                .field("heat", FieldKind::Number { min: -1.0, max: 1.0, step: 0.01 })
                .field("flags", FieldKind::Flags { bits: 32 }),
        )
        .entity(EntityKind::new("bullet").field("position", position))
        .entity(
            EntityKind::new("rock")
                .constant("position", position)
                .constant("radius", FieldKind::Integer { min: 7, max: 90_000 }),
        )
        // Lanes so narrow that a few steps go all the way round.
        .entity(
            EntityKind::new("drone")
                .field("rotation", FieldKind::Rotation { bits: 9 })
                .constant("bits", FieldKind::Flags { bits: 3 })
                .field(
                    "position",
                    FieldKind::Position3 { min: [0.0; 3], max: [7.0, 5.0, 0.0], step: 1.0 },
                ),
        )
        .entity(EntityKind::new("marker"))
        .entity(
            EntityKind::new("body")
                .constant("at", FieldKind::Position3 { min: [0.0; 3], max: [9.0; 3], step: 0.5 })
                .field("rotation", FieldKind::Rotation { bits: 16 }),
        )
        // As wide as lanes can be, and a last field that cannot change.
        .entity(
            EntityKind::new("wide")
                .field(
                    "position",
                    FieldKind::Position { min: [0.0; 2], max: [1.0e9; 2], step: 0.25 },
                )
                .field("whole", FieldKind::Integer { min: i32::MIN, max: i32::MAX })
                .field("target", FieldKind::Player)
                .field("single", FieldKind::Integer { min: 7, max: 7 }),
        )
        .entity(EntityKind::new("lamp").field("bit", FieldKind::Flags { bits: 1 }));
    schema.validate().unwrap();
    assert_eq!(schema.entities.len(), usize::from(KINDS));
    Layout::new(&schema)
}

/// What happens in a slot at a tick.
#[derive(Clone, Copy, Debug)]
pub enum Change {
    /// Whatever is there leaves.
    Vacate,
    /// Something enters, in place of what was there.
    Enter { kind: u8, seed: u32 },
    /// What is there becomes something else but for its id: a careless game.
    Transform { kind: u8, seed: u32 },
    /// Some of its changing lanes change by a little.
    Nudge { by: i32, lanes: u32 },
    /// Some of its changing lanes become anything.
    Jump { seed: u32, lanes: u32 },
}

/// Ticks, in many of which nothing happens.
pub fn ticks(count: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<Tick>> {
    let change = prop_oneof![
        1 => Just(Change::Vacate),
        4 => (0..KINDS, any::<u32>()).prop_map(|(kind, seed)| Change::Enter { kind, seed }),
        1 => (0..KINDS, any::<u32>()).prop_map(|(kind, seed)| Change::Transform { kind, seed }),
        4 => (-9..10, any::<u32>()).prop_map(|(by, lanes)| Change::Nudge { by, lanes }),
        1 => any::<[u32; 2]>().prop_map(|[seed, lanes]| Change::Jump { seed, lanes }),
    ];
    let busy = prop::collection::vec((0..SLOTS, change), 0..SLOTS);
    prop::collection::vec(prop_oneof![2 => Just(Vec::new()), 3 => busy], count)
}

/// What happens in a tick.
pub type Tick = Vec<(usize, Change)>;

/// The snapshots before and after each of some ticks.
pub fn history(layout: &Layout, ticks: &[Tick]) -> Vec<Snapshot> {
    let mut history = vec![Snapshot::new(layout)];
    let mut next_id = 1;
    for changes in ticks {
        let before = &history[history.len() - 1];
        let mut now = predict(layout, before, 1);
        hold_at_the_border(layout, before, &mut now);
        for &(slot, change) in changes {
            apply(layout, &mut now, slot, change, &mut next_id);
        }
        now.take_steps(layout, before);
        history.push(now);
    }
    history
}

/// Where everything is after some ticks in which nothing unexpected happens.
pub fn predict(layout: &Layout, from: &Snapshot, ticks: u32) -> Snapshot {
    let mut to = from.clone();
    for row in from.rows() {
        let kind = &layout.kinds[usize::from(row.kind)];
        let mut columns = row.lanes.to_vec();
        for field in kind.fields.iter().filter(|field| field.moves()) {
            for (at, step_at) in field.axes() {
                for _ in 0..ticks {
                    columns[at] = kind.lanes[at].advance(columns[at], columns[step_at] as i32);
                }
            }
        }
        to.insert(row.slot, row.id, row.kind).copy_from_slice(&columns);
    }
    to
}

/// Stops what has gone beyond its lane's range.
fn hold_at_the_border(layout: &Layout, before: &Snapshot, now: &mut Snapshot) {
    for row in before.rows() {
        let kind = &layout.kinds[usize::from(row.kind)];
        let Some(moved) = now.row(row.slot) else { continue };
        let within = |at: usize| {
            if moved.lanes[at] > kind.lanes[at].max { row.lanes[at] } else { moved.lanes[at] }
        };
        let columns: Vec<_> = (0..kind.lanes.len()).map(within).collect();
        now.insert(row.slot, row.id, row.kind)[..columns.len()].copy_from_slice(&columns);
    }
}

fn apply(layout: &Layout, now: &mut Snapshot, slot: usize, change: Change, next_id: &mut u32) {
    let row = now.row(slot).map(|row| (row.id, row.kind, row.lanes.to_vec()));
    match (change, row) {
        (Change::Vacate, _) => now.remove(slot),
        (Change::Enter { kind, seed }, _) => {
            // Now and then an id that is not the next one.
            let id = if seed % 8 == 0 { seed | 1 } else { *next_id };
            *next_id += 1;
            fill(layout, now, slot, EntityId(id), kind, seed);
        }
        (Change::Transform { kind, seed }, Some((id, ..))) => {
            fill(layout, now, slot, id, kind, seed);
        }
        (Change::Nudge { by, lanes }, Some((id, kind, before))) => {
            change_lanes(layout, now, slot, (id, kind, before), lanes, |_, before| {
                before.saturating_add_signed(by)
            });
        }
        (Change::Jump { seed, lanes }, Some((id, kind, before))) => {
            change_lanes(layout, now, slot, (id, kind, before), lanes, |at, _| value(seed, at));
        }
        _ => {}
    }
}

fn fill(layout: &Layout, now: &mut Snapshot, slot: usize, id: EntityId, kind: u8, seed: u32) {
    let lanes = &layout.kinds[usize::from(kind)].lanes;
    let row = now.insert(slot, id, kind);
    for (at, lane) in lanes.iter().enumerate() {
        row[at] = value(seed, at).min(lane.max);
    }
}

fn change_lanes(
    layout: &Layout,
    now: &mut Snapshot,
    slot: usize,
    (id, kind, before): (EntityId, u8, Vec<u32>),
    which: u32,
    value: impl Fn(usize, u32) -> u32,
) {
    let KindLayout { fields, lanes, .. } = &layout.kinds[usize::from(kind)];
    let row = now.insert(slot, id, kind);
    row.copy_from_slice(&before);
    let changing = fields.iter().filter(|field| !field.constant);
    for at in changing.flat_map(|field| field.lanes.clone()).filter(|at| which >> at & 1 == 1) {
        row[at] = value(at, before[at]).min(lanes[at].max);
    }
}

/// Small numbers and large ones.
fn value(seed: u32, at: usize) -> u32 {
    let mixed = seed.wrapping_add(at as u32).wrapping_mul(0x9e37_79b9);
    mixed >> (mixed % 32)
}
