//! Golden vectors of lanes: how wide a field's are and what they stand for, and snapshot hashes.

use serde_json::{Value as Json, json};
use tickwire_protocol::message::ServerMessage;
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::schema::{EntityKind, FieldKind, Schema};

use super::world::World;
use super::{check, describe, hex, schema, state};

/// The unit quaternion x, y, z, w that the lanes of a rotation stand for.
fn quaternion(values: &[f64]) -> [f64; 4] {
    let others = &values[1..];
    let squares: f64 = others.iter().map(|component| component * component).sum();
    let mut components = others.to_vec();
    components.insert(values[0] as usize, (1.0 - squares).max(0.0).sqrt());
    components.try_into().unwrap()
}

/// A field, its lanes, and what some of their values stand for.
fn vector(kind: FieldKind) -> Json {
    let layout = Layout::new(&Schema::new("g").entity(EntityKind::new("e").field("f", kind)));
    let lanes = &layout.kinds[0].lanes;
    let samples = (0..=6_u64).map(|sixth| {
        let numbers: Vec<u32> = lanes
            .iter()
            .enumerate()
            .map(|(at, lane)| (u64::from(lane.max) * ((sixth + at as u64) % 7) / 6) as u32)
            .collect();
        let values: Vec<_> =
            lanes.iter().zip(&numbers).map(|(lane, &number)| lane.value(number)).collect();
        match kind {
            FieldKind::Rotation { .. } => {
                json!({"lanes": numbers, "values": values, "quaternion": quaternion(&values)})
            }
            _ => json!({"lanes": numbers, "values": values}),
        }
    });
    json!({
        "kind": describe::field_kind(&kind),
        "bits": lanes.iter().map(|lane| lane.bits).collect::<Vec<_>>(),
        "max": lanes.iter().map(|lane| lane.max).collect::<Vec<_>>(),
        "samples": samples.collect::<Vec<_>>(),
    })
}

#[test]
fn lanes() {
    let kinds = [
        FieldKind::Position { min: [-7.5, 0.0], max: [4000.0, 0.0], step: 0.0625 },
        FieldKind::Position3 { min: [-50.0; 3], max: [50.0, 70.0, 1.0e9], step: 0.3 },
        FieldKind::Rotation { bits: 3 },
        FieldKind::Rotation { bits: 9 },
        FieldKind::Rotation { bits: 16 },
        FieldKind::Number { min: -1.0, max: 1.0, step: 0.01 },
        FieldKind::Angle { bits: 1 },
        FieldKind::Angle { bits: 16 },
        FieldKind::Integer { min: i32::MIN, max: i32::MAX },
        FieldKind::Integer { min: 7, max: 7 },
        FieldKind::Flags { bits: 3 },
        FieldKind::Flags { bits: 32 },
        FieldKind::Player,
    ];
    check("lanes.json", &kinds.map(vector));
}

#[test]
fn hashes() {
    let layout = Layout::new(&schema::schema());
    let welcome = hex(&ServerMessage::Welcome(Box::new(schema::welcome())).to_bytes());
    let mut vectors = vec![json!({"welcome": welcome})];
    for (seed, entities) in [(1, 0), (2, 1), (3, 5), (4, 40)] {
        let part = PartNumber::GLOBAL;
        let mut world = World::new(seed, &layout, [part]);
        world.populate(part, entities);
        for _ in 0..3 {
            world.step(entities / 8);
        }
        let snapshot = world.snapshot(part);
        vectors.push(json!({
            "rows": state::rows(&snapshot, &layout), "hash": snapshot.hash(&layout),
        }));
    }
    check("hashes.json", &vectors);
}
