//! The encoder: two snapshots in, bytes out. Runs once per chunk, whoever reads it.

use super::MAX_GAP;
use super::coder::{Coder, Writer};
use super::contexts::{
    ENTER_ID, HAS_ENTERS, HAS_LEAVES, HAS_UPDATES, KEYFRAME, MORE, MOVED, NONE_MORE,
};
use super::enters;
use super::fields::{self, Change, Memory, Nowhere, Span};
use super::numbers::{self, count, uniform, zigzag};
use super::prior::{self, PriorSet};
use crate::ids::EntityId;
use crate::quantise::{KindLayout, Layout};
use crate::snapshot::{Row, Snapshot};

/// What a chunk leads from.
#[derive(Clone, Copy, Debug)]
pub struct Baseline<'a> {
    /// The part's state then.
    pub snapshot: &'a Snapshot,
    /// How many ticks ago that was, from 1 to [`MAX_GAP`].
    pub gap: u32,
}

impl Baseline<'_> {
    pub(super) fn span(&self) -> Span {
        debug_assert!((1..=MAX_GAP).contains(&self.gap));
        Span { gap: self.gap.cast_signed(), ahead: 0 }
    }
}

/// Whether everything went as predicted since a baseline, so that nothing need be told.
#[must_use]
pub fn is_as_predicted(layout: &Layout, from: Baseline<'_>, to: &Snapshot) -> bool {
    from.snapshot.slots() == to.slots()
        && from.snapshot.table().zip(to.table()).all(|rows| match rows {
            (Some(before), Some(after)) => {
                let kind = &layout.kinds[usize::from(after.kind)];
                let change =
                    Change { kind, span: from.span(), before: before.lanes, after: after.lanes };
                is_same(kind, &before, &after) && change.is_as_predicted()
            }
            (None, None) => true,
            _ => false,
        })
}

/// Appends the chunk that leads from a baseline to `to`, beginning with a prior; a keyframe when
/// there is no baseline. Both snapshots must be filled by the same [`Layout`]. `has_moved` says
/// whether an entity that leaves is in another part of the room now.
pub fn encode_chunk(
    layout: &Layout,
    prior: PriorSet,
    from: Option<Baseline<'_>>,
    to: &Snapshot,
    has_moved: &dyn Fn(EntityId) -> bool,
    out: &mut Vec<u8>,
) {
    let mut writer = Writer::new(out);
    write_chunk(&mut writer, layout, prior, from, to, has_moved);
    writer.finish();
}

/// The same by any coder: to weigh a chunk, or to learn from it.
pub fn write_chunk(
    coder: &mut impl Coder,
    layout: &Layout,
    prior: PriorSet,
    from: Option<Baseline<'_>>,
    to: &Snapshot,
    has_moved: &dyn Fn(EntityId) -> bool,
) {
    prior::choose(coder, prior);
    coder.decide(KEYFRAME, from.is_none());
    let Some(from) = from else {
        let rows: Vec<_> = to.rows().collect();
        write_enters(coder, layout, &rows, 0, |_| true);
        return;
    };
    numbers::gap(coder, from.gap);
    let comparison = Comparison::new(layout, from, to);
    write_leaves(coder, from.snapshot, &comparison.leaves, has_moved);
    write_updates(coder, layout, from, to, &comparison);
    let Comparison { leaves, enters, .. } = &comparison;
    write_enters(coder, layout, enters, comparison.largest_id(from.snapshot), |slot| {
        from.snapshot.row(slot).is_none() || leaves.binary_search(&slot).is_ok()
    });
}

/// What becomes of the entities from one snapshot to the next: those not named here stay.
struct Comparison<'a> {
    /// Slots, ascending.
    leaves: Vec<usize>,
    /// By ascending slot.
    enters: Vec<Row<'a>>,
    /// Whether any that stays did something unexpected.
    has_updates: bool,
}

impl<'a> Comparison<'a> {
    fn new(layout: &Layout, from: Baseline<'a>, to: &'a Snapshot) -> Self {
        let mut comparison = Self { leaves: Vec::new(), enters: Vec::new(), has_updates: false };
        let span = from.span();
        let mut table = to.table();
        for before in from.snapshot.table() {
            let after = table.next().flatten();
            if let (Some(before), Some(after)) = (&before, &after) {
                let kind = &layout.kinds[usize::from(after.kind)];
                if is_same(kind, before, after) {
                    let change = Change { kind, span, before: before.lanes, after: after.lanes };
                    comparison.has_updates = comparison.has_updates || !change.is_as_predicted();
                    continue;
                }
            }
            comparison.leaves.extend(before.map(|row| row.slot));
            comparison.enters.extend(after);
        }
        comparison.enters.extend(table.flatten());
        comparison
    }

    /// Entities that stay, by ascending slot: their rows in both snapshots.
    fn stays<'b>(
        &'b self,
        from: &'b Snapshot,
        to: &'b Snapshot,
    ) -> impl Iterator<Item = (Row<'b>, Row<'b>)> {
        let mut leaves = self.leaves.iter().peekable();
        from.table().zip(to.table()).filter_map(move |(before, after)| {
            let before = before?;
            let leaves = leaves.next_if(|slot| **slot == before.slot).is_some();
            if leaves { None } else { Some((before, after?)) }
        })
    }

    /// The largest id among those that stay; 0 when none does.
    fn largest_id(&self, from: &Snapshot) -> u32 {
        let ids = self.stays(from, from).map(|(row, _)| row.id.0);
        if self.enters.is_empty() { 0 } else { ids.max().unwrap_or(0) }
    }
}

/// Whether two rows are one entity. One whose kind or constant fields differ is another entity as
/// far as the wire goes: it leaves and enters.
#[inline]
fn is_same(kind: &KindLayout, before: &Row<'_>, after: &Row<'_>) -> bool {
    before.id == after.id
        && before.kind == after.kind
        // In line: a library call for a word or two costs more than the words.
        && kind.constant.iter().all(|&at| before.lanes[at] == after.lanes[at])
}

fn write_leaves(
    coder: &mut impl Coder,
    from: &Snapshot,
    leaves: &[usize],
    has_moved: &dyn Fn(EntityId) -> bool,
) {
    if !coder.decide(HAS_LEAVES, !leaves.is_empty()) {
        return;
    }
    count(coder, NONE_MORE, MORE, leaves.len() as u32 - 1);
    let mut next = 0;
    for &slot in leaves {
        uniform(coder, from.slots() - next, slot - next);
        next = slot + 1;
        coder.decide(MOVED, from.row(slot).is_some_and(|row| has_moved(row.id)));
    }
}

fn write_updates<C: Coder>(
    coder: &mut C,
    layout: &Layout,
    from: Baseline<'_>,
    to: &Snapshot,
    comparison: &Comparison<'_>,
) {
    if !coder.decide(HAS_UPDATES, comparison.has_updates) {
        return;
    }
    let mut memory = Memory::default();
    for (before, after) in comparison.stays(from.snapshot, to) {
        let kind = &layout.kinds[usize::from(after.kind)];
        let change = Change { kind, span: from.span(), before: before.lanes, after: after.lanes };
        fields::entity(coder, &mut memory, change, &mut Nowhere);
    }
}

fn write_enters(
    coder: &mut impl Coder,
    layout: &Layout,
    enters: &[Row<'_>],
    largest_id: u32,
    is_vacant: impl Fn(usize) -> bool,
) {
    if !coder.decide(HAS_ENTERS, !enters.is_empty()) {
        return;
    }
    count(coder, NONE_MORE + 1, MORE, enters.len() as u32 - 1);
    let mut scratch = vec![0; layout.stride];
    let (mut next, mut last_kind, mut last_id) = (0, 0, largest_id);
    for row in enters {
        let passed = (next..row.slot).filter(|&slot| is_vacant(slot)).count();
        count(coder, NONE_MORE + 2, MORE, passed as u32);
        next = row.slot + 1;
        let distance = row.id.0.wrapping_sub(last_id).wrapping_sub(1).cast_signed();
        count(coder, ENTER_ID, ENTER_ID + 1, zigzag(distance));
        last_id = row.id.0;
        last_kind = enters::kind(coder, layout, last_kind, row.kind.into());
        scratch.copy_from_slice(row.lanes);
        enters::row(coder, &layout.kinds[usize::from(row.kind)], &mut scratch);
    }
}
