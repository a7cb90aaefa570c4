//! Chunks and frames over random worlds: every decoded snapshot equals the encoded one, and no bytes
//! whatever harm a replica.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use tickwire_protocol::chunk::{ChunkDecoder, encode_chunk};
use tickwire_protocol::ids::EntityId;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::schema::{EntityKind, FieldKind, Schema};
use tickwire_protocol::snapshot::Snapshot;

fn layout() -> Layout {
    let position = FieldKind::Position { min: [0.0; 2], max: [4000.0, 2000.0], step: 0.25 };
    let schema = Schema::new("test")
        .entity(
            EntityKind::new("ship")
                .constant("owner", FieldKind::Player)
                .field("position", position)
                .field("angle", FieldKind::Angle { bits: 9 })
                .field("energy", FieldKind::Integer { min: -3, max: 100 })
                .field("flags", FieldKind::Flags { bits: 32 }),
        )
        .entity(EntityKind::new("bullet").field("position", position))
        .entity(EntityKind::new("rock").constant("position", position));
    schema.validate().unwrap();
    Layout::new(&schema)
}

/// What happens to one slot from a snapshot to the next.
#[derive(Clone, Debug)]
enum Change {
    Stay,
    Vacate,
    Enter { kind: u8, seed: u32 },
    Nudge { by: i32 },
    Jump { seed: u32 },
}

fn changes() -> impl Strategy<Value = Vec<(usize, Change)>> {
    let change = prop_oneof![
        Just(Change::Stay),
        Just(Change::Vacate),
        (0_u8..3, any::<u32>()).prop_map(|(kind, seed)| Change::Enter { kind, seed }),
        (-70..70).prop_map(|by| Change::Nudge { by }),
        any::<u32>().prop_map(|seed| Change::Jump { seed }),
    ];
    prop::collection::vec((0_usize..40, change), 0..60)
}

fn apply(layout: &Layout, snapshot: &mut Snapshot, next_id: &mut u32, changes: &[(usize, Change)]) {
    for (slot, change) in changes {
        let row = snapshot.row(*slot).map(|row| (row.id, row.kind, row.lanes.to_vec()));
        let set =
            |snapshot: &mut Snapshot, id, kind: u8, all: bool, value: &dyn Fn(u32, u32) -> u32| {
                let old = row.as_ref().map(|row| row.2.clone());
                let lanes = snapshot.insert(*slot, id, kind);
                for field in &layout.kinds[usize::from(kind)].fields {
                    for at in field.lanes.clone() {
                        let lane = &layout.kinds[usize::from(kind)].lanes[at];
                        let before = old.as_ref().map_or(0, |old| old[at]);
                        let change = all || !field.constant;
                        lanes[at] =
                            if change { value(before, lane.max).min(lane.max) } else { before };
                    }
                }
            };
        match (change, &row) {
            (Change::Vacate, _) => snapshot.remove(*slot),
            // A careless game: the same entity, with other constants or another kind.
            (&Change::Enter { kind, seed }, Some((id, ..))) if seed % 4 == 1 => {
                set(snapshot, *id, kind, true, &|_, _| seed);
            }
            (&Change::Enter { kind, seed }, _) => {
                // Now and then an id that is not the next one.
                let id = if seed % 16 == 0 { EntityId(seed | 1) } else { EntityId(*next_id) };
                *next_id += 1;
                set(snapshot, id, kind, true, &|_, _| seed);
            }
            (&Change::Nudge { by }, Some((id, kind, _))) => {
                set(snapshot, *id, *kind, false, &|before, _| before.saturating_add_signed(by));
            }
            (&Change::Jump { seed }, Some((id, kind, _))) => {
                set(snapshot, *id, *kind, false, &|_, _| seed);
            }
            (Change::Stay | Change::Nudge { .. } | Change::Jump { .. }, _) => {}
        }
    }
}

proptest! {
    #[test]
    fn any_two_snapshots_are_bridged_exactly(steps in prop::collection::vec(changes(), 1..6)) {
        let layout = layout();
        let mut decoder = ChunkDecoder::new(layout.clone());
        let mut history = vec![Snapshot::new(&layout)];
        let mut next_id = 1;
        for step in &steps {
            let mut snapshot = history.last().unwrap().clone();
            apply(&layout, &mut snapshot, &mut next_id, step);
            history.push(snapshot);
        }
        let last = history.last().unwrap();
        for from in &history {
            let mut state = from.clone();
            decoder.decode(&mut state, false, &encode_chunk(&layout, Some(from), last)).unwrap();
            prop_assert_eq!(&state, last);
            prop_assert_eq!(state.hash(&layout), last.hash(&layout));
        }
        let mut state = history[0].clone();
        decoder.decode(&mut state, true, &encode_chunk(&layout, None, last)).unwrap();
        prop_assert_eq!(&state, last);
    }

    #[test]
    fn truncated_and_garbled_chunks_leave_the_state_alone(
        first in changes(),
        second in changes(),
        cut in any::<prop::sample::Index>(),
        garbage in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let layout = layout();
        let mut decoder = ChunkDecoder::new(layout.clone());
        let mut next_id = 1;
        let mut from = Snapshot::new(&layout);
        apply(&layout, &mut from, &mut next_id, &first);
        let mut to = from.clone();
        apply(&layout, &mut to, &mut next_id, &second);
        let chunk = encode_chunk(&layout, Some(&from), &to);

        let mut state = from.clone();
        let cut = &chunk[..cut.index(chunk.len())];
        prop_assert!(decoder.decode(&mut state, false, cut).is_err());
        prop_assert_eq!(&state, &from);

        let mut longer = chunk;
        longer.push(0);
        prop_assert!(decoder.decode(&mut state, false, &longer).is_err());
        prop_assert_eq!(&state, &from);

        if decoder.decode(&mut state, false, &garbage).is_err() {
            prop_assert_eq!(&state, &from);
        }
    }
}

#[test]
fn a_resting_world_costs_two_bits_and_a_bit_per_kind() {
    let layout = layout();
    let mut snapshot = Snapshot::new(&layout);
    for slot in 0..1000 {
        snapshot.insert(slot, EntityId(slot as u32 + 1), 0);
    }
    assert_eq!(encode_chunk(&layout, Some(&snapshot), &snapshot).len(), 1);
}
