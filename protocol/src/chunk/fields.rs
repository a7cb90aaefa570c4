//! How an entity changes: its position by [`motion`](super::motion), the rest by what kind of field
//! it is. Written once for both directions ([`Coder`]).

use super::coder::Coder;
use super::contexts::{
    CHANGED, FIELD_CHANGED, FIELD_SIGN, FIELD_SIZE, FIELD_TYPES, FLAG, FLAG_BITS, MAGNITUDE,
    ROTATION,
};
use super::motion::{self, MotionMemory};
use super::numbers::{magnitude, nonzero};
use crate::quantise::{FieldLayout, KindLayout, Lane, Manner};

/// The ticks between an entity's two states.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// Ticks over which the chunk tells what happened, from 1 on.
    pub(super) gap: i32,
    /// Ticks before that in which everything went as predicted.
    pub(super) ahead: i32,
}

impl Span {
    /// All ticks, modulo 2³²: there is no telling what a frame claims to have passed.
    pub(super) const fn ticks(self) -> i32 {
        self.gap.wrapping_add(self.ahead)
    }
}

/// What the entities before this one did.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Memory {
    motion: MotionMemory,
    /// How many of the last ones changed, 0 to 3, among those of several changing fields.
    changes: usize,
}

/// Where decoded columns go: into a row, or nowhere when they are written.
pub(super) trait Columns {
    /// Takes a column's value.
    fn set(&mut self, column: usize, value: u32);
}

impl Columns for &mut [u32] {
    #[inline]
    fn set(&mut self, column: usize, value: u32) {
        self[column] = value;
    }
}

/// Of no use to a writer, who knows the values.
pub(super) struct Nowhere;

impl Columns for Nowhere {
    #[inline]
    fn set(&mut self, _: usize, _: u32) {}
}

/// What became of an entity: its rows at both ends of a span of ticks. A reader, who does not know
/// `after` yet, has `before` in its place.
#[derive(Clone, Copy)]
pub(super) struct Change<'a> {
    pub(super) kind: &'a KindLayout,
    pub(super) span: Span,
    pub(super) before: &'a [u32],
    pub(super) after: &'a [u32],
}

impl Change<'_> {
    /// Whether the entity did all that was expected of it and nothing else.
    #[inline]
    pub(super) fn is_as_predicted(&self) -> bool {
        let Self { kind, before, after, .. } = *self;
        kind.changing.iter().all(|field| {
            if field.moves() {
                field.axes().all(|(at, step_at)| {
                    after[step_at] == before[step_at] && self.predicted(at, step_at) == after[at]
                })
            } else {
                field.lanes.clone().all(|at| before[at] == after[at])
            }
        })
    }

    /// Where an axis is expected to be.
    #[inline]
    fn predicted(&self, at: usize, step_at: usize) -> u32 {
        let way = self.before[step_at].cast_signed().wrapping_mul(self.span.ticks());
        self.kind.lanes[at].advance(self.before[at], way)
    }
}

/// Moves a row on by ticks in which everything goes as predicted.
pub(super) fn predict(kind: &KindLayout, ticks: i32, row: &mut [u32]) {
    for field in &kind.changing {
        for (at, step_at) in field.axes() {
            let way = row[step_at].cast_signed().wrapping_mul(ticks);
            row[at] = kind.lanes[at].advance(row[at], way);
        }
    }
}

/// Codes what became of an entity; `row` takes every column that is other than before.
#[inline]
pub(super) fn entity<C: Coder>(
    coder: &mut C,
    memory: &mut Memory,
    change: Change<'_>,
    row: &mut impl Columns,
) {
    let mut tally = Tally::new();
    match &change.kind.changing[..] {
        [] => {}
        // The usual case: something that moves, and no more.
        [field] => any_field(coder, memory, change, field, &mut tally, row),
        fields => {
            let is_changed = coder.decide(CHANGED + memory.changes, !change.is_as_predicted());
            memory.changes = if is_changed {
                (memory.changes + 1).min(3)
            } else {
                memory.changes.saturating_sub(1)
            };
            for (number, field) in fields.iter().enumerate() {
                if is_changed {
                    // Something must have changed: the last field, if none did before it.
                    tally.must_change = number == fields.len() - 1 && tally.changes == 0;
                    any_field(coder, memory, change, field, &mut tally, row);
                } else {
                    for (at, step_at) in field.axes() {
                        row.set(at, change.predicted(at, step_at));
                    }
                }
            }
        }
    }
}

/// What is known of an entity while its fields are coded.
struct Tally {
    /// Whether the position is as predicted (0) or not (1); 2 where there is none.
    position: usize,
    /// Fields that changed.
    changes: u32,
    /// Whether the field at hand must have changed.
    must_change: bool,
}

impl Tally {
    const fn new() -> Self {
        Self { position: 2, changes: 0, must_change: false }
    }
}

#[inline]
fn any_field<C: Coder>(
    coder: &mut C,
    memory: &mut Memory,
    change: Change<'_>,
    field: &FieldLayout,
    tally: &mut Tally,
    row: &mut impl Columns,
) {
    let motion = &mut memory.motion;
    let changed = match field.manner {
        Manner::Moves2 => moves::<C, 2>(coder, motion, change, field, row),
        Manner::Moves3 => moves::<C, 3>(coder, motion, change, field, row),
        _ => value(coder, change, field, tally, row),
    };
    if field.moves() {
        tally.position = usize::from(changed);
    }
    tally.changes += u32::from(changed);
}

/// Codes a position and its last step; returns whether they are other than predicted.
#[inline]
fn moves<C: Coder, const AXES: usize>(
    coder: &mut C,
    memory: &mut MotionMemory,
    Change { kind, span, before, after }: Change<'_>,
    field: &FieldLayout,
    row: &mut impl Columns,
) -> bool {
    let (first, first_step) = (field.lanes.start, field.steps.start);
    let lanes: &[Lane; AXES] = axes(&kind.lanes, first);
    let places: &[u32; AXES] = axes(before, first);
    let steps: &[u32; AXES] = axes(before, first_step);
    let new_places: &[u32; AXES] = axes(after, first);
    let step = steps.map(u32::cast_signed);
    let base: [u32; AXES] = std::array::from_fn(|axis| {
        lanes[axis].advance(places[axis], step[axis].wrapping_mul(span.ahead))
    });
    let expected = step.map(|step| step.wrapping_mul(span.gap));
    let way: [i32; AXES] =
        std::array::from_fn(|axis| lanes[axis].difference(base[axis], new_places[axis]));
    let way = motion::way(coder, memory, step, expected, way);
    let mut changed = way != expected;
    for axis in 0..AXES {
        let lane = &lanes[axis];
        // From the way, not from the place: so a writer need not work out the place at all.
        let new_step = if span.gap == 1 {
            lane.wrap(way[axis])
        } else {
            let off = way[axis].wrapping_sub(expected[axis]);
            let new_step = after[first_step + axis].cast_signed();
            lane.wrap(motion::step_after_gap(coder, span.gap, step[axis], off, new_step))
        };
        changed |= new_step != step[axis];
        row.set(first + axis, lane.advance(base[axis], way[axis]));
        row.set(first_step + axis, new_step.cast_unsigned());
    }
    changed
}

/// The columns of a field's axes.
#[inline]
#[allow(clippy::expect_used, reason = "a layout's columns lie within the rows of that layout")]
fn axes<T, const AXES: usize>(columns: &[T], first: usize) -> &[T; AXES] {
    columns[first..].first_chunk().expect("a row has all columns of its layout")
}

/// Codes a field that does not move; returns whether it changed.
fn value(
    coder: &mut impl Coder,
    change: Change<'_>,
    field: &FieldLayout,
    tally: &Tally,
    row: &mut impl Columns,
) -> bool {
    let Change { kind, before, after, .. } = change;
    let number = type_number(field.manner);
    let first = field.lanes.start;
    let is_changed = field.lanes.clone().any(|at| before[at] != after[at]);
    let context = FIELD_CHANGED + number + tally.position * FIELD_TYPES;
    if !tally.must_change && !coder.decide(context, is_changed) {
        return false;
    }
    let lane = &kind.lanes[first];
    let (before_value, after_value) = (before[first], after[first]);
    let size = FIELD_SIZE + number * MAGNITUDE;
    let value = match field.manner {
        Manner::Flags => flags(coder, lane.bits, before_value, after_value),
        // Ids are told anew: neighbours have nothing in common. 0 is nobody.
        Manner::Player => {
            let is_nobody = coder.decide(FIELD_SIGN + number, after_value == 0);
            if is_nobody { 0 } else { magnitude(coder, size, after_value) }
        }
        Manner::Rotation => {
            rotation(coder, change, field, row);
            return true;
        }
        _ => {
            let difference = lane.difference(before_value, after_value);
            lane.advance(before_value, nonzero(coder, FIELD_SIGN + number, size, difference))
        }
    };
    row.set(first, value);
    true
}

const fn type_number(manner: Manner) -> usize {
    match manner {
        Manner::Number | Manner::Moves2 | Manner::Moves3 => 0,
        Manner::Angle => 1,
        Manner::Integer => 2,
        Manner::Flags => 3,
        Manner::Player => 4,
        Manner::Rotation => 5,
    }
}

/// Flags that are turned over, bit by bit.
fn flags(coder: &mut impl Coder, bits: u32, before: u32, after: u32) -> u32 {
    (0..bits).fold(before, |flags, bit| {
        let turned = (before ^ after) >> bit & 1 == 1;
        let turned = coder.decide(FLAG + (bit as usize).min(FLAG_BITS - 1), turned);
        flags ^ u32::from(turned) << bit
    })
}

/// A rotation: its components' differences while the same one is largest, else all anew.
fn rotation(
    coder: &mut impl Coder,
    Change { kind, before, after, .. }: Change<'_>,
    field: &FieldLayout,
    row: &mut impl Columns,
) {
    let largest = field.lanes.start;
    if coder.decide(ROTATION, before[largest] != after[largest]) {
        for at in field.lanes.clone() {
            row.set(at, coder.direct(after[at], kind.lanes[at].bits));
        }
        return;
    }
    let number = type_number(Manner::Rotation);
    for at in field.lanes.clone().skip(1) {
        if coder.decide(ROTATION + 1, before[at] == after[at]) {
            continue;
        }
        let lane = &kind.lanes[at];
        let difference = lane.difference(before[at], after[at]);
        let size = FIELD_SIZE + number * MAGNITUDE;
        let difference = nonzero(coder, FIELD_SIGN + number, size, difference);
        row.set(at, lane.advance(before[at], difference));
    }
}
