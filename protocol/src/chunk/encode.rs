//! The encoder: two snapshots in, bytes out. Runs once per chunk, whoever reads it.

use std::ops::Range;

use crate::bits::{BitWriter, zigzag};
use crate::quantise::{FieldLayout, KindLayout, Layout};
use crate::snapshot::{Row, Snapshot};

use super::{RICE_PARAMETER_BITS, largest_id};

/// Encodes what leads from `from` to `to`; a keyframe when `from` is `None`. Both must be filled by
/// the same [`Layout`].
#[must_use]
pub fn encode_chunk(layout: &Layout, from: Option<&Snapshot>, to: &Snapshot) -> Vec<u8> {
    let empty = Snapshot::new(layout);
    let from = from.unwrap_or(&empty);
    let mut out = BitWriter::new();
    write_leaves(layout, from, to, &mut out);
    write_updates(layout, from, to, &mut out);
    write_enters(layout, from, to, &mut out);
    out.finish()
}

/// Whether any of these lanes differs. In line, since a library call for a handful of words costs
/// more than the words.
fn differs(one: &Row<'_>, other: &Row<'_>, lanes: &Range<usize>) -> bool {
    let pairs = one.lanes[lanes.clone()].iter().zip(&other.lanes[lanes.clone()]);
    pairs.fold(0, |difference, (one, other)| difference | (one ^ other)) != 0
}

/// The same entity in the other snapshot. One whose kind or constant fields differ is another
/// entity as far as the wire goes: it leaves and enters.
fn same_in<'a>(layout: &Layout, row: &Row<'_>, other: &'a Snapshot) -> Option<Row<'a>> {
    let twin = other.row(row.slot).filter(|twin| twin.id == row.id && twin.kind == row.kind)?;
    let constants = layout.kinds[usize::from(row.kind)].constant();
    constants.map(|field| &field.lanes).all(|lanes| !differs(row, &twin, lanes)).then_some(twin)
}

/// Slots whose entity is in `snapshot` but not in `other`.
fn only_in<'a>(
    layout: &'a Layout,
    snapshot: &'a Snapshot,
    other: &'a Snapshot,
) -> impl Iterator<Item = Row<'a>> {
    snapshot.rows().filter(move |row| same_in(layout, row, other).is_none())
}

/// Entities that are in both snapshots, before and after.
fn staying<'a>(
    layout: &'a Layout,
    from: &'a Snapshot,
    to: &'a Snapshot,
) -> impl Iterator<Item = (Row<'a>, Row<'a>)> {
    from.rows().filter_map(move |before| Some((before, same_in(layout, &before, to)?)))
}

/// Gap coding of ascending slots.
struct SlotGaps {
    next: usize,
}

impl SlotGaps {
    fn write(&mut self, slot: usize, out: &mut BitWriter) {
        out.gamma((slot - self.next) as u32);
        self.next = slot + 1;
    }
}

fn write_leaves(layout: &Layout, from: &Snapshot, to: &Snapshot, out: &mut BitWriter) {
    out.gamma(only_in(layout, from, to).count() as u32);
    let mut gaps = SlotGaps { next: 0 };
    for row in only_in(layout, from, to) {
        gaps.write(row.slot, out);
    }
}

fn write_enters(layout: &Layout, from: &Snapshot, to: &Snapshot, out: &mut BitWriter) {
    out.gamma(only_in(layout, to, from).count() as u32);
    let mut gaps = SlotGaps { next: 0 };
    let mut previous_id = largest_id(from);
    for row in only_in(layout, to, from) {
        gaps.write(row.slot, out);
        let is_ascending = row.id.0 > previous_id;
        out.bit(is_ascending);
        if is_ascending {
            out.gamma(row.id.0 - previous_id - 1);
        } else {
            out.bits(row.id.0, 32);
        }
        previous_id = row.id.0;
        out.bits(u32::from(row.kind), layout.kind_bits);
        for (lane, &value) in layout.kinds[usize::from(row.kind)].lanes.iter().zip(row.lanes) {
            out.bits(value, lane.bits);
        }
    }
}

/// What the changes of one field amount to: enough to choose its Rice parameter.
#[derive(Clone, Copy, Default)]
struct Spread {
    sum: u64,
    count: u64,
}

impl Spread {
    /// The parameter that suits numbers of this mean: the position of the mean's highest bit.
    const fn parameter(self) -> u32 {
        match self.sum.checked_div(self.count) {
            None | Some(0) => 0,
            Some(mean) => mean.ilog2(),
        }
    }
}

/// The residuals of a field's lanes, each with the bits that hold it.
fn residuals<'a>(
    kind: &'a KindLayout,
    field: &'a FieldLayout,
    before: &'a Row<'_>,
    after: &'a Row<'_>,
) -> impl Iterator<Item = (u32, u32)> + 'a {
    field.lanes.clone().map(|at| {
        let lane = &kind.lanes[at];
        (zigzag(lane.difference(before.lanes[at], after.lanes[at])), lane.bits)
    })
}

fn has_changed(field: &FieldLayout, before: &Row<'_>, after: &Row<'_>) -> bool {
    differs(before, after, &field.lanes)
}

fn measure(layout: &Layout, from: &Snapshot, to: &Snapshot) -> Vec<Vec<Spread>> {
    let mut spreads: Vec<Vec<Spread>> =
        layout.kinds.iter().map(|kind| vec![Spread::default(); kind.fields.len()]).collect();
    for (before, after) in staying(layout, from, to) {
        if !differs(&before, &after, &(0..after.lanes.len())) {
            continue;
        }
        let kind = &layout.kinds[usize::from(after.kind)];
        for (field, spread) in kind.fields.iter().zip(&mut spreads[usize::from(after.kind)]) {
            if !field.constant && has_changed(field, &before, &after) {
                for (residual, _) in residuals(kind, field, &before, &after) {
                    spread.sum += u64::from(residual);
                    spread.count += 1;
                }
            }
        }
    }
    spreads
}

fn write_updates(layout: &Layout, from: &Snapshot, to: &Snapshot, out: &mut BitWriter) {
    let spreads = measure(layout, from, to);
    let kind_changed: Vec<bool> =
        spreads.iter().map(|fields| fields.iter().any(|spread| spread.count > 0)).collect();
    for ((kind, fields), &changed) in layout.kinds.iter().zip(&spreads).zip(&kind_changed) {
        if kind.changing().next().is_none() {
            continue;
        }
        out.bit(changed);
        if changed {
            for (index, _) in kind.changing() {
                out.bits(fields[index].parameter(), RICE_PARAMETER_BITS);
            }
        }
    }
    for (before, after) in staying(layout, from, to) {
        let kind = usize::from(after.kind);
        if kind_changed[kind] {
            write_update(&layout.kinds[kind], &spreads[kind], &before, &after, out);
        }
    }
}

fn write_update(
    kind: &KindLayout,
    spreads: &[Spread],
    before: &Row<'_>,
    after: &Row<'_>,
    out: &mut BitWriter,
) {
    let changed = differs(before, after, &(0..after.lanes.len()));
    out.bit(changed);
    if !changed {
        return;
    }
    if kind.changing().nth(1).is_some() {
        for (_, field) in kind.changing() {
            out.bit(has_changed(field, before, after));
        }
    }
    for (index, field) in kind.changing() {
        if has_changed(field, before, after) {
            for (residual, width) in residuals(kind, field, before, after) {
                out.rice(residual, spreads[index].parameter(), width);
            }
        }
    }
}
