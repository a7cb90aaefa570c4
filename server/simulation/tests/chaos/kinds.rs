//! What things there are: a few kinds that tests name, and any number of kinds that chance has made
//! up, of all kinds of fields; and how the values of their fields wander.

use rand::RngExt;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::schema::{EntityKind, FieldKind};
use tickwire_simulation::scene::EntityWriter;

use super::WORLD;

/// What everybody is told: how many things there are.
pub const TOTAL: usize = 3;
/// What each player alone is told: where they look.
pub const SECRET: usize = 4;
/// A step that is so fine that it takes 31 or 32 bits to tell where in the world something is.
const FINE_STEP: f32 = 1.0 / 1_048_576.0;
/// Share of made-up fields that are constant.
const CONSTANT: f64 = 0.2;

/// The kinds that tests name. Things are of the first three, or of a made-up one.
pub fn named() -> Vec<EntityKind> {
    let position = FieldKind::Position { min: [0.0; 2], max: WORLD, step: 0.125 };
    let exact = FieldKind::Position { min: [0.0; 2], max: WORLD, step: 1.0 / 64.0 };
    let charge = FieldKind::Integer { min: 0, max: 100 };
    let things = FieldKind::Integer { min: 0, max: 9999 };
    vec![
        EntityKind::new("mover").field("place", position),
        EntityKind::new("battery").field("place", position).field("charge", charge),
        EntityKind::new("sign").constant("charge", charge).field("place", position),
        EntityKind::new("total").field("things", things),
        EntityKind::new("secret").field("place", exact),
    ]
}

/// The number of a thing's kind, out of so many.
pub fn of_a_thing(rng: &mut impl RngExt, kinds: usize) -> usize {
    let number = rng.random_range(0..kinds - 2);
    if number < TOTAL { number } else { number + 2 }
}

/// A kind that nobody has thought of.
pub fn made_up(rng: &mut impl RngExt, number: usize) -> EntityKind {
    let mut kind = EntityKind::new(&format!("made up {number}"));
    for field in 0..[0, 1, 1, 1, 2, 3, 5, 16][rng.random_range(0..8)] {
        let name = format!("field {field}");
        let what = made_up_field(rng);
        kind = if rng.random_bool(CONSTANT) {
            kind.constant(&name, what)
        } else {
            kind.field(&name, what)
        };
    }
    kind
}

fn made_up_field(rng: &mut impl RngExt) -> FieldKind {
    let step = [FINE_STEP, 1.0 / 64.0, 0.1, 1.0, 700.0][rng.random_range(0..5)];
    // A world that has no height, now and then not even a second axis.
    let height = [0.0, 300.0][rng.random_range(0..2)];
    let [width, depth] = if rng.random_bool(0.1) { [WORLD[0], 0.0] } else { WORLD };
    match rng.random_range(0..9) {
        0 | 1 => FieldKind::Position { min: [0.0, -20.0], max: [width, depth], step },
        2 => FieldKind::Position3 { min: [-90.0, 0.0, 0.0], max: [width, depth, height], step },
        3 => made_up_number(rng),
        4 => FieldKind::Angle { bits: rng.random_range(1..=16) },
        5 => made_up_integer(rng),
        6 => FieldKind::Flags { bits: rng.random_range(1..=32) },
        7 => FieldKind::Player,
        _ => FieldKind::Rotation { bits: rng.random_range(3..=16) },
    }
}

fn made_up_number(rng: &mut impl RngExt) -> FieldKind {
    let step = [0.01, 0.5, 3.0][rng.random_range(0..3)];
    // As many steps as lanes of 1 to 32 bits hold.
    let reach = step * 2.0_f32.powi(rng.random_range(0..32));
    FieldKind::Number { min: -reach, max: reach * rng.random_range(0.0..0.9), step }
}

fn made_up_integer(rng: &mut impl RngExt) -> FieldKind {
    let any = rng.random_range(0..i32::MAX) >> rng.random_range(0..31);
    // Lanes of 0, 1, 12, 13 and 32 bits, and of any number.
    let (min, max) = [(7, 7), (0, 1), (-100, 3995), (0, 4096), (i32::MIN, i32::MAX), (0, any)]
        [rng.random_range(0..6)];
    FieldKind::Integer { min, max }
}

/// What a field shows: one of these numbers, or all of them, as its kind takes it.
pub struct Quality {
    /// From 0, the least that a field shows, to 1, the most.
    shares: [f32; 4],
    /// By how much they go on at each tick.
    drift: [f32; 4],
    bits: u32,
}

impl Quality {
    pub fn made_up(rng: &mut impl RngExt) -> Self {
        let mut quality = Self { shares: [0.0; 4], drift: [0.0; 4], bits: 0 };
        quality.jump(rng);
        quality
    }

    /// Lets a tick pass.
    pub fn go_on(&mut self) {
        for (share, drift) in self.shares.iter_mut().zip(&mut self.drift) {
            *share += *drift;
            if !(0.0..=1.0).contains(share) {
                *drift = -*drift;
                *share = share.clamp(0.0, 1.0);
            }
        }
    }

    /// Something changes: a little of it, where it is heading, or everything.
    pub fn change(&mut self, rng: &mut impl RngExt) {
        let one = rng.random_range(0..4);
        match rng.random_range(0..6) {
            0 => self.jump(rng),
            1 => self.drift = [0.0; 4],
            2 => self.drift[one] = rng.random_range(-0.01..0.01),
            3 => self.bits ^= 1 << rng.random_range(0..32),
            4 => self.bits = self.bits.wrapping_add(1),
            _ => {
                let share = self.shares[one] + rng.random_range(-0.1..0.1);
                self.shares[one] = share.clamp(0.0, 1.0);
            }
        }
    }

    fn jump(&mut self, rng: &mut impl RngExt) {
        self.shares = self.shares.map(|_| match rng.random_range(0..8) {
            0 => 0.0,
            1 => 1.0,
            _ => rng.random_range(0.0..1.0),
        });
        self.bits = rng.random::<u32>() >> rng.random_range(0..32);
    }

    fn between(&self, axis: usize, min: f32, max: f32) -> f32 {
        min + self.shares[axis] * (max - min)
    }
}

/// Writes a thing of a kind: its first position is its place, everything else are its qualities.
pub fn write(
    entity: &mut EntityWriter<'_>,
    kind: &EntityKind,
    place: [f32; 2],
    qualities: &[Quality],
) {
    let mut place = Some(place);
    for (field, quality) in kind.fields.iter().zip(qualities) {
        match field.kind {
            FieldKind::Position { min, max, .. } => {
                let elsewhere = [0, 1].map(|axis| quality.between(axis, min[axis], max[axis]));
                entity.position(place.take().unwrap_or(elsewhere));
            }
            FieldKind::Position3 { min, max, .. } => {
                let [x, y, z] = [0, 1, 2].map(|axis| quality.between(axis, min[axis], max[axis]));
                let [x, y] = place.take().unwrap_or([x, y]);
                entity.position3([x, y, z]);
            }
            FieldKind::Rotation { .. } => {
                entity.rotation(quality.shares.map(|share| share - 0.5));
            }
            FieldKind::Number { min, max, .. } => {
                entity.number(quality.between(0, min, max));
            }
            FieldKind::Angle { .. } => {
                // Twice round, so that it wraps on its way.
                entity.angle((quality.shares[0] * 131_072.0) as u32 as u16);
            }
            FieldKind::Integer { min, max } => {
                entity.integer(quality.between(0, min as f32, max as f32) as i32);
            }
            FieldKind::Flags { .. } => {
                entity.flags(quality.bits);
            }
            FieldKind::Player => {
                entity.player(PlayerId(quality.bits));
            }
        }
    }
}
