//! One part of a room's state: its slots, its recent snapshots, its chunks of this tick.
//!
//! Snapshots are kept as far back as a client stands ([`Part::hold`]): as a rule the last two, whose
//! memory is used again while it is still in the cache. A part in which nothing has been for that long
//! rests: it keeps no snapshots and costs nothing per tick, until something comes in.

use std::collections::VecDeque;

use tickwire_protocol::chunk::{Baseline, ChunkEncoder, MAX_GAP, is_as_predicted};
use tickwire_protocol::ids::{EntityId, PlayerId, Tick};
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::quantise::{KindLayout, Layout};
use tickwire_protocol::snapshot::{Row, Snapshot, take_steps};

use super::Chunk;
use super::slots::Slots;
use crate::scene::SceneEntity;

/// Most snapshots that are kept of what is one player's own: all of it is small.
const OWN_HISTORY_TICKS: usize = 5;
/// Snapshots that are kept in any case: nearly everybody stands at the tick before the newest.
const MIN_HISTORY_TICKS: usize = 2;
/// Of a part's mean size, the share that the next chunk leaves of it: it follows a fight that breaks
/// out within half a second.
const SIZE_MEMORY: f32 = 0.9;

/// A part.
#[derive(Debug)]
pub(super) struct Part {
    number: PartNumber,
    owner: Option<PlayerId>,
    slots: Slots,
    /// By ascending tick, without a gap; the last one is the newest. None while the part rests.
    snapshots: VecDeque<(Tick, Snapshot)>,
    /// The oldest tick that is to be kept because of a client that stands there.
    held: Option<Tick>,
    /// The snapshot that is being filled; empty between ticks.
    next: Snapshot,
    /// Since when nothing has been in it; `None` while anything is.
    empty_since: Option<Tick>,
    /// Chunks to the newest snapshot of a tick, by the tick they were asked for from.
    chunks: (Tick, Vec<(Option<Tick>, Chunk)>),
    /// Mean bytes of a chunk over a single tick.
    mean_size: f32,
    /// The newest state whose hash was sent, and the hash.
    hashed: Option<(Tick, Snapshot, u32)>,
}

/// What encoding a chunk takes beside the part.
pub(super) struct Encoding<'a> {
    pub(super) tick: Tick,
    pub(super) hash_every: u32,
    pub(super) encoder: &'a mut ChunkEncoder,
    /// Whether an entity is anywhere in the room.
    pub(super) is_somewhere: &'a dyn Fn(EntityId) -> bool,
    /// Where chunks are appended.
    pub(super) bytes: &'a mut Vec<u8>,
}

impl Part {
    pub(super) fn new(number: PartNumber, owner: Option<PlayerId>, layout: &Layout) -> Self {
        Self {
            number,
            owner,
            slots: Slots::default(),
            snapshots: VecDeque::new(),
            held: None,
            next: Snapshot::new(layout),
            empty_since: None,
            chunks: (Tick(0), Vec::new()),
            mean_size: 0.0,
            hashed: None,
        }
    }

    pub(super) const fn number(&self) -> PartNumber {
        self.number
    }

    pub(super) const fn owner(&self) -> Option<PlayerId> {
        self.owner
    }

    /// Mean bytes of a chunk over a single tick.
    pub(super) const fn mean_size(&self) -> f32 {
        self.mean_size
    }

    /// The newest snapshot.
    pub(super) fn newest(&self) -> &Snapshot {
        self.snapshots.back().map_or(&self.next, |(_, snapshot)| snapshot)
    }

    /// The state at a tick that is remembered.
    pub(super) fn state_at(&self, tick: Tick) -> Option<&Snapshot> {
        let recent = self.snapshots.iter().rev().map(|(at, snapshot)| (*at, snapshot));
        let hashed = self.hashed.iter().map(|(at, snapshot, _)| (*at, snapshot));
        recent.chain(hashed).find(|(at, _)| *at == tick).map(|(_, snapshot)| snapshot)
    }

    /// Keeps the history from a tick on, for a client that stands there, when the next tick ends: as
    /// far as its bound allows for.
    pub(super) fn hold(&mut self, tick: Tick) {
        if self.held.is_none_or(|held| held.is_after(tick)) {
            self.held = Some(tick);
        }
    }

    /// Begins the snapshot of another tick.
    pub(super) fn begin(&mut self) {
        self.next.clear(self.slots.count());
    }

    /// Writes an entity's row. Its last step leads from its row a tick ago, wherever that was.
    pub(super) fn write(
        &mut self,
        slot: usize,
        entity: SceneEntity,
        kind: &KindLayout,
        row: &[u32],
        before: Option<Row<'_>>,
    ) {
        let columns = self.next.insert_row(slot, entity.id, entity.kind, row);
        if let Some(before) = before.filter(|old| old.id == entity.id && old.kind == entity.kind) {
            take_steps(kind, columns, before.lanes);
        }
    }

    /// The same for an entity that stays in its slot, or comes from nowhere.
    pub(super) fn write_on(
        &mut self,
        slot: usize,
        entity: SceneEntity,
        kind: &KindLayout,
        row: &[u32],
    ) {
        let columns = self.next.insert_row(slot, entity.id, entity.kind, row);
        let before = self.snapshots.back().and_then(|(_, snapshot)| snapshot.row(slot));
        if let Some(before) = before.filter(|old| old.id == entity.id && old.kind == entity.kind) {
            take_steps(kind, columns, before.lanes);
        }
    }

    /// Whether an entity has been written to a slot in this tick.
    pub(super) fn has_written(&self, slot: usize, id: EntityId) -> bool {
        self.next.row(slot).is_some_and(|row| row.id == id)
    }

    /// Ends the snapshot that was filled. Returns whether the part rests from now on.
    pub(super) fn end(&mut self, tick: Tick, history_ticks: usize, layout: &Layout) -> bool {
        self.next.trim();
        self.slots.truncate(self.next.slots());
        if self.next.slots() > 0 {
            self.empty_since = None;
        } else if self.empty_since.is_none() {
            self.empty_since = Some(tick);
        }
        let most = if self.owner.is_some() { OWN_HISTORY_TICKS } else { history_ticks };
        let filled = std::mem::replace(&mut self.next, Snapshot::new(layout));
        self.snapshots.push_back((tick, filled));
        let held = self.held.take().unwrap_or(tick);
        while let Some((oldest, _)) = self.snapshots.front() {
            let is_wanted = self.snapshots.len() <= MIN_HISTORY_TICKS || !held.is_after(*oldest);
            if is_wanted && self.snapshots.len() <= most {
                break;
            }
            if let Some((_, memory)) = self.snapshots.pop_front() {
                self.next = memory;
                self.next.clear(0);
            }
        }
        let is_empty_throughout = self.empty_since.zip(self.snapshots.front());
        if is_empty_throughout.is_some_and(|(since, (oldest, _))| oldest.since(since) >= 0) {
            self.rest(layout);
            return true;
        }
        false
    }

    fn rest(&mut self, layout: &Layout) {
        self.snapshots = VecDeque::new();
        self.next = Snapshot::new(layout);
        self.slots = Slots::default();
    }

    /// The lowest vacant slot for an entity; `None` when there are as many as there may be.
    ///
    /// It is not one that the entity has left a moment ago: to a client whose chunk spans its going
    /// and coming back it would seem to have stayed, while another part's chunk says that it left
    /// there.
    pub(super) fn enter(&mut self, id: EntityId) -> Option<u32> {
        let Self { slots, snapshots, .. } = self;
        slots.enter(|slot| {
            let mut rows = snapshots.iter().filter_map(|(_, old)| old.row(slot as usize));
            rows.any(|row| row.id == id)
        })
    }

    /// Gives a slot back.
    pub(super) fn leave(&mut self, slot: u32) {
        self.slots.leave(slot);
    }

    /// What leads from a tick to the newest state: encoded when the first asks. All who stand where
    /// nothing is remembered of share one chunk that leads from nothing.
    pub(super) fn chunk(&mut self, from: Option<Tick>, encoding: &mut Encoding<'_>) -> Chunk {
        if from.is_none() && self.newest().slots() == 0 {
            // Whoever has nothing of it knows that nothing is in it.
            return Chunk::NONE;
        }
        let from = from.filter(|&from| self.baseline(from, encoding.tick).is_some());
        let (at, chunks) = &mut self.chunks;
        if *at != encoding.tick {
            *at = encoding.tick;
            chunks.clear();
        }
        if let Some((_, chunk)) = chunks.iter().find(|(key, _)| *key == from) {
            return *chunk;
        }
        let chunk = self.encode(from, encoding);
        self.chunks.1.push((from, chunk));
        if let Some(from) = from {
            self.note_size(chunk.len(), encoding.tick.since(from));
        }
        chunk
    }

    /// Follows the mean size. A chunk over n ticks takes about √n times what one over a single tick
    /// does; the first that a client gets says nothing of it.
    fn note_size(&mut self, bytes: usize, ticks: i32) {
        let size = bytes as f32 / (ticks.max(1) as f32).sqrt();
        self.mean_size += (1.0 - SIZE_MEMORY) * (size - self.mean_size);
    }

    fn encode(&mut self, from: Option<Tick>, encoding: &mut Encoding<'_>) -> Chunk {
        let Encoding { tick, hash_every, .. } = *encoding;
        let player = self.owner.unwrap_or(PlayerId(0));
        let is_hashed =
            from.is_some_and(|from| self.number.is_hashed(player, hash_every, from, tick));
        let baseline = from.and_then(|from| self.baseline(from, tick));
        let newest = self.newest();
        if let Some(baseline) = baseline
            && !is_hashed
            && is_as_predicted(encoding.encoder.layout(), baseline, newest)
        {
            return Chunk::NONE;
        }
        let begin = encoding.bytes.len();
        encoding.encoder.encode(baseline, newest, encoding.is_somewhere, encoding.bytes);
        if is_hashed {
            let hash = self.take_hash(tick, encoding.encoder.layout());
            encoding.bytes.extend_from_slice(&hash.to_le_bytes());
        }
        Chunk::new(begin..encoding.bytes.len())
    }

    fn baseline(&self, from: Tick, tick: Tick) -> Option<Baseline<'_>> {
        let gap = u32::try_from(tick.since(from)).ok().filter(|gap| (1..=MAX_GAP).contains(gap))?;
        let mut snapshots = self.snapshots.iter().rev();
        if let Some((_, snapshot)) = snapshots.find(|(at, _)| *at == from) {
            return Some(Baseline { snapshot, gap });
        }
        let rests = self.snapshots.is_empty();
        let was_empty = self.empty_since.is_some_and(|since| from.since(since) >= 0);
        (rests && was_empty).then_some(Baseline { snapshot: &self.next, gap })
    }

    /// The hash of the newest state, which is kept for whoever turns out to have another one.
    fn take_hash(&mut self, tick: Tick, layout: &Layout) -> u32 {
        if let Some((at, _, hash)) = &self.hashed
            && *at == tick
        {
            return *hash;
        }
        let hash = self.newest().hash(layout);
        let mut memory = self.hashed.take().map_or_else(|| Snapshot::new(layout), |old| old.1);
        memory.copy_from(self.newest());
        self.hashed = Some((tick, memory, hash));
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Relevance;
    use tickwire_protocol::schema::{EntityKind, FieldKind, Schema};

    const MOST: usize = 6;

    fn layout() -> Layout {
        let number = FieldKind::Integer { min: 0, max: 9 };
        Layout::new(&Schema::new("g").entity(EntityKind::new("dot").field("n", number)))
    }

    /// Ends a tick with an entity in the part, or without. Returns whether it rests.
    fn end(part: &mut Part, tick: u32, is_full: bool) -> bool {
        let layout = layout();
        let entity = SceneEntity { id: EntityId(1), kind: 0, relevance: Relevance::Place };
        part.begin();
        if is_full {
            part.write_on(0, entity, &layout.kinds[0], &vec![0; layout.stride]);
        }
        part.end(Tick(tick), MOST, &layout)
    }

    fn ticks(part: &Part) -> Vec<u32> {
        part.snapshots.iter().map(|(tick, _)| tick.0).collect()
    }

    #[test]
    fn history_reaches_back_as_far_as_somebody_stands() {
        let mut part = Part::new(PartNumber::cell(0), None, &layout());
        for tick in 1..=4 {
            assert!(!end(&mut part, tick, true));
        }
        assert_eq!(ticks(&part), [3, 4], "nobody has held anything");
        for tick in 5..=7 {
            part.hold(Tick(tick - 1));
            part.hold(Tick(3));
            part.hold(Tick(tick - 2));
            end(&mut part, tick, true);
        }
        assert_eq!(ticks(&part), [3, 4, 5, 6, 7]);
        for tick in 8..=9 {
            part.hold(Tick(3));
            end(&mut part, tick, true);
        }
        assert_eq!(ticks(&part), [4, 5, 6, 7, 8, 9], "as far as its bound allows for");
        end(&mut part, 10, true);
        assert_eq!(ticks(&part), [9, 10], "a hold is for one tick");
    }

    #[test]
    fn an_empty_part_rests_when_nobody_stands_where_it_was_full() {
        let mut part = Part::new(PartNumber::cell(0), None, &layout());
        assert!(!end(&mut part, 1, true));
        for tick in 2..=4 {
            part.hold(Tick(1));
            assert!(!end(&mut part, tick, false));
        }
        assert!(end(&mut part, 5, false));
        assert!(ticks(&part).is_empty());
        assert!(part.baseline(Tick(2), Tick(5)).is_some(), "it was empty then as it is now");
        assert!(part.baseline(Tick(1), Tick(5)).is_none());
    }
}
