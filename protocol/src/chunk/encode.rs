//! The encoder: two snapshots in, bytes out. Runs once per chunk, whoever reads it.

use std::ops::Range;

use crate::bits::{BitWriter, zigzag};
use crate::quantise::{FieldLayout, KindLayout, Layout};
use crate::schema::MAX_FIELDS;
use crate::snapshot::{Row, Snapshot};

use super::{RICE_PARAMETER_BITS, largest_id};

/// Encodes what leads from `from` to `to`; a keyframe when `from` is `None`. Both must be filled by
/// the same [`Layout`].
#[must_use]
pub fn encode_chunk(layout: &Layout, from: Option<&Snapshot>, to: &Snapshot) -> Vec<u8> {
    let empty = Snapshot::new(layout);
    let from = from.unwrap_or(&empty);
    let comparison = Comparison::new(layout, from, to);
    let mut out = BitWriter::new();
    write_leaves(&comparison.leaves, &mut out);
    write_updates(layout, &comparison.stays, &mut out);
    write_enters(layout, largest_id(from), &comparison.enters, &mut out);
    out.finish()
}

/// What becomes of every entity from one snapshot to the next, by ascending slot.
#[derive(Default)]
struct Comparison<'a> {
    leaves: Vec<usize>,
    stays: Vec<Stay<'a>>,
    enters: Vec<Row<'a>>,
}

/// An entity that is in both snapshots.
struct Stay<'a> {
    before: Row<'a>,
    after: Row<'a>,
    is_changed: bool,
}

impl<'a> Comparison<'a> {
    fn new(layout: &Layout, from: &'a Snapshot, to: &'a Snapshot) -> Self {
        let mut comparison = Self::default();
        comparison.stays.reserve(from.slots().min(to.slots()));
        for slot in 0..from.slots().max(to.slots()) {
            match (from.row(slot), to.row(slot)) {
                (Some(before), Some(after)) if is_same(layout, &before, &after) => {
                    let is_changed = differs(&before, &after, 0..after.lanes.len());
                    comparison.stays.push(Stay { before, after, is_changed });
                }
                (before, after) => {
                    comparison.leaves.extend(before.map(|row| row.slot));
                    comparison.enters.extend(after);
                }
            }
        }
        comparison
    }
}

/// Whether two rows are one entity. One whose kind or constant fields differ is another entity as
/// far as the wire goes: it leaves and enters.
fn is_same(layout: &Layout, before: &Row<'_>, after: &Row<'_>) -> bool {
    before.id == after.id
        && before.kind == after.kind
        && layout.kinds[usize::from(after.kind)]
            .constant()
            .all(|field| !differs(before, after, field.lanes.clone()))
}

/// Whether any of these lanes differs. In line, since a library call for a handful of words costs
/// more than the words.
fn differs(before: &Row<'_>, after: &Row<'_>, lanes: Range<usize>) -> bool {
    let pairs = before.lanes[lanes.clone()].iter().zip(&after.lanes[lanes]);
    pairs.fold(0, |difference, (before, after)| difference | (before ^ after)) != 0
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

fn write_leaves(leaves: &[usize], out: &mut BitWriter) {
    out.gamma(leaves.len() as u32);
    let mut gaps = SlotGaps { next: 0 };
    for &slot in leaves {
        gaps.write(slot, out);
    }
}

fn write_enters(layout: &Layout, mut previous_id: u32, enters: &[Row<'_>], out: &mut BitWriter) {
    out.gamma(enters.len() as u32);
    let mut gaps = SlotGaps { next: 0 };
    for row in enters {
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
    differs(before, after, field.lanes.clone())
}

/// What the changes of each field amount to, by kind and field.
fn measure(layout: &Layout, stays: &[Stay<'_>]) -> Vec<[Spread; MAX_FIELDS]> {
    let mut spreads = vec![[Spread::default(); MAX_FIELDS]; layout.kinds.len()];
    for Stay { before, after, .. } in stays.iter().filter(|stay| stay.is_changed) {
        let kind = &layout.kinds[usize::from(after.kind)];
        let spreads = &mut spreads[usize::from(after.kind)];
        for (index, field) in kind.changing() {
            if has_changed(field, before, after) {
                for (residual, _) in residuals(kind, field, before, after) {
                    spreads[index].sum += u64::from(residual);
                    spreads[index].count += 1;
                }
            }
        }
    }
    spreads
}

fn write_updates(layout: &Layout, stays: &[Stay<'_>], out: &mut BitWriter) {
    let spreads = measure(layout, stays);
    let is_quiet = |kind: usize| spreads[kind].iter().all(|spread| spread.count == 0);
    // Rice parameters of the kinds of which something changed.
    let mut parameters: Vec<Option<[u32; MAX_FIELDS]>> = vec![None; layout.kinds.len()];
    for (index, kind) in layout.kinds.iter().enumerate() {
        if kind.changing().next().is_none() {
            continue;
        }
        out.bit(!is_quiet(index));
        if !is_quiet(index) {
            let fields = spreads[index].map(Spread::parameter);
            for (field, _) in kind.changing() {
                out.bits(fields[field], RICE_PARAMETER_BITS);
            }
            parameters[index] = Some(fields);
        }
    }
    for stay in stays {
        let kind = usize::from(stay.after.kind);
        if let Some(parameters) = &parameters[kind] {
            write_update(&layout.kinds[kind], parameters, stay, out);
        }
    }
}

fn write_update(
    kind: &KindLayout,
    parameters: &[u32; MAX_FIELDS],
    Stay { before, after, is_changed }: &Stay<'_>,
    out: &mut BitWriter,
) {
    out.bit(*is_changed);
    if !is_changed {
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
                out.rice(residual, parameters[index], width);
            }
        }
    }
}
