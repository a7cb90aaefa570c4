//! Between a game's numbers and the integers of the wire.
//!
//! A *lane* is one unsigned integer of at most 32 bits. The server turns every field into lanes
//! once per entity and tick; from there on, encoders, replicas and hashes see lanes only, so both
//! ends compute with the same integers and nothing drifts.

use std::ops::Range;

use crate::schema::{EntityKind, Field, FieldKind, Schema};

/// Steps between `min` and `max`, or `None` when the range is empty, not finite or needs more than
/// 32 bits.
#[must_use]
pub fn steps_between(min: f32, max: f32, step: f32) -> Option<u32> {
    let steps = ((f64::from(max) - f64::from(min)) / f64::from(step)).round();
    let sound = step > 0.0 && step.is_finite() && min <= max && steps.is_finite();
    (sound && steps < f64::from(u32::MAX)).then_some(steps as u32)
}

/// One integer of an entity on the wire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lane {
    /// Bits that hold every value, 0 to 32. Deltas are taken modulo 2^bits.
    pub bits: u32,
    /// Largest value.
    pub max: u32,
    /// Value of lane 0, in the field's unit.
    min: f64,
    /// The field's unit per lane step.
    step: f64,
}

impl Lane {
    const fn new(min: f64, max: u32, step: f64) -> Self {
        Self { bits: u32::BITS - max.leading_zeros(), max, min, step }
    }

    /// The lane nearest to a value, halves rounding up; clamped to the range, NaN to its start.
    #[must_use]
    pub fn quantise(&self, value: f64) -> u32 {
        // `as` saturates: below the range gives 0, NaN gives 0.
        (((value - self.min) / self.step + 0.5) as u32).min(self.max)
    }

    /// The value that a lane stands for: min + lane · step.
    #[must_use]
    pub fn value(&self, lane: u32) -> f64 {
        self.min + f64::from(lane) * self.step
    }

    /// Bits to keep of a number, as a mask.
    #[must_use]
    pub const fn mask(&self) -> u32 {
        if self.bits == 32 { u32::MAX } else { (1 << self.bits) - 1 }
    }

    /// The signed difference `to` − `from` modulo 2^bits, as small as it can be.
    #[must_use]
    pub const fn difference(&self, from: u32, to: u32) -> i32 {
        let unused = 32 - self.bits;
        if unused == 32 {
            return 0;
        }
        (to.wrapping_sub(from) << unused).cast_signed() >> unused
    }

    /// The lane that lies `difference` after `from`, modulo 2^bits.
    #[must_use]
    pub const fn advance(&self, from: u32, difference: i32) -> u32 {
        from.wrapping_add(difference.cast_unsigned()) & self.mask()
    }
}

/// Where a field's lanes are.
#[derive(Clone, Debug)]
pub struct FieldLayout {
    /// Indices of its lanes in the kind's: two for a position, else one.
    pub lanes: Range<usize>,
    /// Whether the field is sent at enter only.
    pub constant: bool,
}

/// The lanes of one entity kind.
#[derive(Clone, Debug, Default)]
pub struct KindLayout {
    /// The kind's fields.
    pub fields: Vec<FieldLayout>,
    /// The lanes of all its fields.
    pub lanes: Vec<Lane>,
}

/// A schema worked out into lanes: what encoders and decoders use.
#[derive(Clone, Debug)]
pub struct Layout {
    /// One per entity kind.
    pub kinds: Vec<KindLayout>,
    /// Most lanes of any kind: the width of a row in a [`Snapshot`](crate::snapshot::Snapshot).
    pub stride: usize,
    /// Bits that hold the number of an entity kind.
    pub kind_bits: u32,
}

impl Layout {
    /// The layout of a schema, which must be [valid](Schema::validate).
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        let kinds: Vec<_> = schema.entities.iter().map(KindLayout::new).collect();
        let stride = kinds.iter().map(|kind| kind.lanes.len()).max().unwrap_or(0);
        let last_kind = kinds.len().saturating_sub(1) as u32;
        Self { kinds, stride, kind_bits: u32::BITS - last_kind.leading_zeros() }
    }
}

impl KindLayout {
    /// The fields that may change after enter, each with its index among all fields.
    pub fn changing(&self) -> impl Iterator<Item = (usize, &FieldLayout)> {
        self.fields.iter().enumerate().filter(|(_, field)| !field.constant)
    }

    /// The fields that never change after enter.
    pub fn constant(&self) -> impl Iterator<Item = &FieldLayout> {
        self.fields.iter().filter(|field| field.constant)
    }

    fn new(kind: &EntityKind) -> Self {
        let mut layout = Self::default();
        for field in &kind.fields {
            let first = layout.lanes.len();
            layout.lanes.extend(field.lanes());
            let lanes = first..layout.lanes.len();
            layout.fields.push(FieldLayout { lanes, constant: field.constant });
        }
        layout
    }
}

impl Field {
    fn lanes(&self) -> Vec<Lane> {
        let real = |min: f32, max, step: f32| {
            Lane::new(f64::from(min), steps_between(min, max, step).unwrap_or(0), f64::from(step))
        };
        match self.kind {
            FieldKind::Position { min, max, step } => {
                vec![real(min[0], max[0], step), real(min[1], max[1], step)]
            }
            FieldKind::Number { min, max, step } => vec![real(min, max, step)],
            FieldKind::Angle { bits } => vec![Lane::new(0.0, (1 << bits) - 1, 1.0)],
            FieldKind::Integer { min, max } => {
                vec![Lane::new(f64::from(min), max.wrapping_sub(min).cast_unsigned(), 1.0)]
            }
            FieldKind::Flags { bits } => {
                vec![Lane::new(0.0, u32::MAX >> (32 - u32::from(bits)), 1.0)]
            }
            FieldKind::Player => vec![Lane::new(0.0, u32::MAX, 1.0)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lanes(kind: FieldKind) -> Vec<Lane> {
        Field { name: "field".into(), kind, constant: false }.lanes()
    }

    #[test]
    fn real_numbers_round_to_the_grid_and_clamp() {
        let [x, y] =
            lanes(FieldKind::Position { min: [0.0, -10.0], max: [4000.0, 10.0], step: 0.0625 })[..]
        else {
            panic!("two lanes");
        };
        assert_eq!((x.bits, x.max), (16, 64_000));
        assert_eq!((y.bits, y.max), (9, 320));
        assert_eq!(x.quantise(1.0), 16);
        assert_eq!(x.quantise(1.03), 16);
        assert_eq!(x.quantise(1.04), 17);
        assert_eq!(x.value(17), 1.0625);
        assert_eq!(y.quantise(0.0), 160);
        assert_eq!(y.value(160), 0.0);
        assert_eq!(x.quantise(-5.0), 0);
        assert_eq!(x.quantise(9999.0), 64_000);
        assert_eq!(x.quantise(f64::NAN), 0);
        assert_eq!(x.quantise(f64::INFINITY), 64_000);
    }

    #[test]
    fn integers_cover_their_whole_range() {
        let full = lanes(FieldKind::Integer { min: i32::MIN, max: i32::MAX })[0];
        assert_eq!((full.bits, full.max), (32, u32::MAX));
        for value in [i32::MIN, -1, 0, 1, i32::MAX] {
            assert_eq!(full.value(full.quantise(f64::from(value))), f64::from(value));
        }
        let single = lanes(FieldKind::Integer { min: 7, max: 7 })[0];
        assert_eq!((single.bits, single.max, single.value(0)), (0, 0, 7.0));
    }

    #[test]
    fn differences_take_the_short_way_round() {
        let angle = lanes(FieldKind::Angle { bits: 8 })[0];
        assert_eq!(angle.difference(250, 5), 11);
        assert_eq!(angle.difference(5, 250), -11);
        assert_eq!(angle.advance(250, 11), 5);
        assert_eq!(angle.advance(5, -11), 250);
        let player = lanes(FieldKind::Player)[0];
        assert_eq!(player.advance(3, player.difference(3, u32::MAX)), u32::MAX);
    }
}
