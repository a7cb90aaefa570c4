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
    /// Bits to keep of a number.
    mask: u32,
    /// By how much a difference is shifted up and down again to be wrapped.
    unused: u32,
}

impl Lane {
    const fn new(min: f64, max: u32, step: f64) -> Self {
        let bits = u32::BITS - max.leading_zeros();
        let mask = if bits == 0 { 0 } else { u32::MAX >> (u32::BITS - bits) };
        // Of a lane without bits the mask leaves nothing to shift.
        let unused = (u32::BITS - bits) % u32::BITS;
        Self { bits, max, min, step, mask, unused }
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
        self.mask
    }

    /// The signed difference `to` − `from` modulo 2^bits, as small as it can be.
    #[must_use]
    pub const fn difference(&self, from: u32, to: u32) -> i32 {
        self.wrap(to.wrapping_sub(from).cast_signed())
    }

    /// A signed difference modulo 2^bits, as small as it can be.
    #[must_use]
    pub const fn wrap(&self, difference: i32) -> i32 {
        (difference & self.mask.cast_signed()) << self.unused >> self.unused
    }

    /// The lane that lies `difference` after `from`, modulo 2^bits.
    #[must_use]
    pub const fn advance(&self, from: u32, difference: i32) -> u32 {
        from.wrapping_add(difference.cast_unsigned()) & self.mask()
    }
}

/// How a field changes from tick to tick, which is how a chunk tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Goes on as it went: a position of two axes.
    Moves2,
    /// The same with three axes.
    Moves3,
    /// A real number.
    Number,
    /// A direction, which wraps.
    Angle,
    /// An integer.
    Integer,
    /// Bits that are turned over.
    Flags,
    /// An id, which has no neighbours.
    Player,
    /// The largest component's number, and the three others.
    Rotation,
}

/// Where a field's lanes are.
#[derive(Clone, Debug)]
pub struct FieldLayout {
    /// Columns of its lanes in a row.
    pub lanes: Range<usize>,
    /// Columns of its last steps, one per axis, of a position that may change; else empty.
    pub steps: Range<usize>,
    /// Whether the field is sent at enter only.
    pub constant: bool,
    /// How it changes.
    pub manner: Manner,
}

/// The lanes of one entity kind.
#[derive(Clone, Debug, Default)]
pub struct KindLayout {
    /// The kind's fields.
    pub fields: Vec<FieldLayout>,
    /// Those of them that may change after enter.
    pub changing: Vec<FieldLayout>,
    /// Columns that never change after enter.
    pub constant: Vec<usize>,
    /// The lanes of all its fields.
    pub lanes: Vec<Lane>,
    /// The first column of its place, x and then y: of the first position, if it has one.
    pub place: Option<usize>,
    /// Columns of a row that are in use: the lanes, then the last steps of what moves.
    pub width: usize,
}

/// A schema worked out into lanes: what encoders and decoders use.
#[derive(Clone, Debug)]
pub struct Layout {
    /// One per entity kind.
    pub kinds: Vec<KindLayout>,
    /// Largest width of any kind, at least 1: columns of a row in a [`Snapshot`](crate::snapshot::Snapshot).
    pub stride: usize,
    /// Bits that hold the number of an entity kind.
    pub kind_bits: u32,
}

impl Layout {
    /// The layout of a schema, which must be [valid](Schema::validate).
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        let kinds: Vec<_> = schema.entities.iter().map(KindLayout::new).collect();
        let stride = kinds.iter().map(|kind| kind.width).max().unwrap_or(0).max(1);
        let last_kind = kinds.len().saturating_sub(1) as u32;
        Self { kinds, stride, kind_bits: u32::BITS - last_kind.leading_zeros() }
    }
}

impl KindLayout {
    fn new(kind: &EntityKind) -> Self {
        let mut layout = Self::default();
        for field in &kind.fields {
            let first = layout.lanes.len();
            layout.lanes.extend(field.lanes());
            layout.fields.push(FieldLayout {
                lanes: first..layout.lanes.len(),
                steps: 0..0,
                constant: field.constant,
                manner: field.manner(),
            });
        }
        layout.width = layout.lanes.len();
        for field in layout.fields.iter_mut().filter(|field| field.moves()) {
            field.steps = layout.width..layout.width + field.lanes.len();
            layout.width = field.steps.end;
        }
        let (constant, changing): (Vec<_>, Vec<_>) =
            layout.fields.iter().cloned().partition(|field| field.constant);
        let is_position =
            |field: &&FieldLayout| matches!(field.manner, Manner::Moves2 | Manner::Moves3);
        layout.place = layout.fields.iter().find(is_position).map(|field| field.lanes.start);
        layout.constant = constant.into_iter().flat_map(|field| field.lanes).collect();
        layout.changing = changing;
        layout
    }
}

impl FieldLayout {
    /// Whether it is a position that may change.
    #[must_use]
    pub const fn moves(&self) -> bool {
        !self.constant && matches!(self.manner, Manner::Moves2 | Manner::Moves3)
    }

    /// The columns of its axes and of their last steps.
    pub fn axes(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        self.lanes.clone().zip(self.steps.clone())
    }
}

impl Field {
    const fn manner(&self) -> Manner {
        match self.kind {
            FieldKind::Position { .. } => Manner::Moves2,
            FieldKind::Position3 { .. } => Manner::Moves3,
            FieldKind::Number { .. } => Manner::Number,
            FieldKind::Angle { .. } => Manner::Angle,
            FieldKind::Integer { .. } => Manner::Integer,
            FieldKind::Flags { .. } => Manner::Flags,
            FieldKind::Player => Manner::Player,
            FieldKind::Rotation { .. } => Manner::Rotation,
        }
    }

    fn lanes(&self) -> Vec<Lane> {
        let real = |min: f32, max, step: f32| {
            Lane::new(f64::from(min), steps_between(min, max, step).unwrap_or(0), f64::from(step))
        };
        match self.kind {
            FieldKind::Position { min, max, step } => {
                vec![real(min[0], max[0], step), real(min[1], max[1], step)]
            }
            FieldKind::Position3 { min, max, step } => {
                (0..3).map(|axis| real(min[axis], max[axis], step)).collect()
            }
            FieldKind::Rotation { bits } => {
                // As many steps either side of 0, so that no rotation at all is exact.
                let half = (1 << (bits - 1)) - 1;
                let limit = std::f64::consts::FRAC_1_SQRT_2;
                let component = Lane::new(-limit, 2 * half, limit / f64::from(half));
                vec![Lane::new(0.0, 3, 1.0), component, component, component]
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
        let single = lanes(FieldKind::Integer { min: 7, max: 7 })[0];
        assert_eq!([-1, 0, 1, 2].map(|difference| single.wrap(difference)), [0; 4]);
        let player = lanes(FieldKind::Player)[0];
        assert_eq!(player.advance(3, player.difference(3, u32::MAX)), u32::MAX);
    }
}
