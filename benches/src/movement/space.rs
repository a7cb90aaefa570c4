//! Movement in space, made up: bodies that fly, spin, burn fuel and rest, with a field of every kind.

use std::f64::consts::TAU;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use tickwire_protocol::ids::{EntityId, PlayerId};
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::schema::{EntityKind, FieldKind, Schema};
use tickwire_protocol::snapshot::Snapshot;
use tickwire_simulation::scene::Scene;

use super::chance::{exponential, normal};
use crate::recording::Recording;

/// Sides of the space, in units.
const SIDES: [f32; 3] = [2000.0, 2000.0, 500.0];

/// What to make up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Space {
    /// Bodies.
    pub bodies: u32,
    /// Ticks per second.
    pub hz: f64,
    /// Ticks.
    pub ticks: u32,
    /// Seed: the same one, the same movement.
    pub seed: u64,
    /// Grid of positions, in units.
    pub step: f32,
    /// Bits of a rotation's component.
    pub rotation_bits: u8,
    /// Whether bodies have more than a position and a rotation.
    pub has_gauges: bool,
}

struct Body {
    place: [f64; 3],
    velocity: [f64; 3],
    rotation: [f64; 4],
    /// Axis and speed of the spin, in radians per second.
    spin: [f64; 3],
    fuel: f64,
    shots: i32,
    target: u32,
    decides_in: f64,
}

impl Space {
    /// Makes it up, quantised.
    #[must_use]
    pub fn recording(&self) -> Recording {
        let mut rng = Pcg64Mcg::seed_from_u64(self.seed);
        let schema = self.schema();
        let layout = Layout::new(&schema);
        let mut scene = Scene::new(&layout);
        let mut bodies: Vec<_> = (0..self.bodies).map(|_| appear(&mut rng)).collect();
        let mut snapshots: Vec<Snapshot> = Vec::new();
        for _ in 0..self.ticks {
            let mut writer = scene.writer(&layout);
            for (number, body) in (1..).zip(&mut bodies) {
                advance(body, 1.0 / self.hz, &mut rng);
                let out = &mut writer.entity(EntityId(number), 0);
                let out = out.position3(body.place.map(|axis| axis as f32));
                let out = out.rotation(body.rotation.map(|component| component as f32));
                if self.has_gauges {
                    let heading = body.velocity[1].atan2(body.velocity[0]) / TAU * 65_536.0;
                    out.number(body.fuel as f32)
                        .angle((heading as i32 & 0xffff) as u16)
                        .integer(body.shots)
                        .flags(u32::from(body.spin != [0.0; 3]) | u32::from(body.fuel < 10.0) << 1)
                        .player(PlayerId(body.target));
                }
            }
            let mut snapshot = Snapshot::new(&layout);
            for (slot, (entity, row)) in scene.iter().enumerate() {
                snapshot.insert(slot, entity.id, entity.kind).copy_from_slice(row);
            }
            if let Some(before) = snapshots.last() {
                snapshot.take_steps(&layout, before);
            }
            snapshots.push(snapshot);
        }
        Recording::new(layout, snapshots)
    }

    fn schema(&self) -> Schema {
        let position = FieldKind::Position3 { min: [0.0; 3], max: SIDES, step: self.step };
        let kind = EntityKind::new("body")
            .field("position", position)
            .field("rotation", FieldKind::Rotation { bits: self.rotation_bits });
        let kind = if self.has_gauges {
            kind.field("fuel", FieldKind::Number { min: 0.0, max: 100.0, step: 0.1 })
                .field("heading", FieldKind::Angle { bits: 10 })
                .field("shots", FieldKind::Integer { min: 0, max: 10_000 })
                .field("state", FieldKind::Flags { bits: 2 })
                .field("target", FieldKind::Player)
        } else {
            kind
        };
        Schema::new("space").entity(kind)
    }
}

fn appear(rng: &mut Pcg64Mcg) -> Body {
    let mut body = Body {
        place: SIDES.map(|side| rng.random_range(0.0..f64::from(side))),
        velocity: [0.0; 3],
        rotation: [0.0, 0.0, 0.0, 1.0],
        spin: [0.0; 3],
        fuel: 100.0,
        shots: 0,
        target: 0,
        decides_in: 0.0,
    };
    decide(&mut body, rng);
    body
}

fn decide(body: &mut Body, rng: &mut Pcg64Mcg) {
    body.decides_in = exponential(1.0, rng);
    let choice: f64 = rng.random();
    if choice < 0.25 {
        (body.velocity, body.spin) = ([0.0; 3], [0.0; 3]);
        return;
    }
    body.velocity = [60.0, 60.0, 15.0].map(|speed| speed * normal(rng));
    if choice < 0.6 {
        body.spin = [0.0, 0.0, 1.0].map(|turn| turn * normal(rng));
    } else if choice < 0.8 {
        body.spin = [(); 3].map(|()| 0.7 * normal(rng));
    }
    body.target = if choice < 0.7 { rng.random_range(1..40) } else { 0 };
    body.shots += i32::from(choice < 0.5);
}

fn advance(body: &mut Body, dt: f64, rng: &mut Pcg64Mcg) {
    body.decides_in -= dt;
    if body.decides_in < 0.0 {
        decide(body, rng);
    }
    for ((place, velocity), side) in body.place.iter_mut().zip(&mut body.velocity).zip(SIDES) {
        *place += *velocity * dt;
        if !(0.0..=f64::from(side)).contains(place) {
            *velocity = -*velocity;
        }
    }
    let is_flying = body.velocity != [0.0; 3];
    body.fuel = if is_flying { body.fuel - 3.0 * dt } else { body.fuel };
    if body.fuel < 0.0 {
        body.fuel = 100.0;
    }
    let [x, y, z, w] = body.rotation;
    let [a, b, c] = body.spin.map(|turn| turn * dt / 2.0);
    let turned = [
        x + a * w + b * z - c * y,
        y - a * z + b * w + c * x,
        z + a * y - b * x + c * w,
        w - a * x - b * y - c * z,
    ];
    let length = turned.iter().map(|component| component * component).sum::<f64>().sqrt();
    body.rotation = turned.map(|component| component / length);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::measure;

    #[test]
    fn bodies_fly_and_spin_and_come_out_exactly_as_they_went_in() {
        for has_gauges in [false, true] {
            let space = Space {
                bodies: 20,
                hz: 20.0,
                ticks: 200,
                seed: 1,
                step: 0.25,
                rotation_bits: 10,
                has_gauges,
            };
            let recording = space.recording();
            let changes = recording.changes() as f64 / recording.entity_ticks() as f64;
            assert!((0.5..0.9).contains(&changes), "{changes}");
            assert_eq!(space.recording().last(), recording.last());
            let report = measure(&recording, space.hz).unwrap();
            assert!((0.5..6.0).contains(&report.bytes_per_entity), "{report:?}");
        }
    }
}
