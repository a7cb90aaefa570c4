//! The snapshots of a run: what encoders and decoders are measured on, and learn from.

use tickwire_protocol::chunk::{Baseline, ChunkDecoder, ChunkEncoder, ChunkError};
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::snapshot::Snapshot;

use crate::scene::Scene;

/// Consecutive snapshots of one part of a room.
#[derive(Clone, Debug)]
pub struct Recording {
    layout: Layout,
    /// By tick, at least one.
    snapshots: Vec<Snapshot>,
}

impl Recording {
    /// These snapshots; a tick in which nothing is anywhere if there are none.
    #[must_use]
    pub fn new(layout: Layout, mut snapshots: Vec<Snapshot>) -> Self {
        if snapshots.is_empty() {
            snapshots.push(Snapshot::new(&layout));
        }
        Self { layout, snapshots }
    }

    /// Records the whole world of a scene for so many ticks.
    #[must_use]
    pub fn of(scene: &mut Scene, ticks: usize) -> Self {
        let mut snapshots = vec![scene.snapshot().clone()];
        for _ in 0..ticks {
            scene.send_inputs();
            scene.step();
            scene.forget_events();
            snapshots.push(scene.snapshot().clone());
        }
        Self::new(scene.layout().clone(), snapshots)
    }

    /// How entities lie in lanes.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The snapshots, by tick.
    #[must_use]
    pub fn snapshots(&self) -> &[Snapshot] {
        &self.snapshots
    }

    /// The state at the first tick.
    #[must_use]
    pub fn first(&self) -> &Snapshot {
        &self.snapshots[0]
    }

    /// The state at the last tick.
    #[must_use]
    pub fn last(&self) -> &Snapshot {
        &self.snapshots[self.snapshots.len() - 1]
    }

    /// Every tick but the first: the snapshot before, and the one after.
    pub fn ticks(&self) -> impl Iterator<Item = (Baseline<'_>, &Snapshot)> {
        self.gaps(1)
    }

    /// Every `gap`-th tick but the first: the snapshot of `gap` ticks before, and the one after.
    pub fn gaps(&self, gap: u32) -> impl Iterator<Item = (Baseline<'_>, &Snapshot)> {
        let later = self.snapshots.iter().skip(gap as usize);
        let pairs = self.snapshots.iter().zip(later).step_by(gap as usize);
        pairs.map(move |(snapshot, to)| (Baseline { snapshot, gap }, to))
    }

    /// Encodes every tick but the first, and hands over each chunk.
    pub fn encode(&self, encoder: &mut ChunkEncoder, mut take: impl FnMut(&[u8])) {
        let mut bytes = Vec::new();
        for (from, to) in self.ticks() {
            bytes.clear();
            encoder.encode(Some(from), to, &|_| false, &mut bytes);
            take(&bytes);
        }
    }

    /// The chunk of every tick but the first, as a room encodes them that has just been opened.
    #[must_use]
    pub fn chunks(&self) -> Vec<Vec<u8>> {
        let mut chunks = Vec::with_capacity(self.snapshots.len());
        let mut encoder = ChunkEncoder::new(self.layout.clone());
        self.encode(&mut encoder, |chunk| chunks.push(chunk.to_vec()));
        chunks
    }

    /// Plays chunks back, one per tick, in place of whatever is in `state`.
    ///
    /// # Errors
    /// [`ChunkError`] of the first one that does not decode.
    pub fn play(
        &self,
        decoder: &mut ChunkDecoder,
        state: &mut Snapshot,
        chunks: &[Vec<u8>],
    ) -> Result<(), ChunkError> {
        state.copy_from(self.first());
        chunks.iter().try_for_each(|chunk| decoder.decode(state, Some(1), chunk).map(drop))
    }

    /// Sum of the entities at each tick but the first.
    #[must_use]
    pub fn entity_ticks(&self) -> usize {
        self.snapshots[1..].iter().map(Snapshot::entities).sum()
    }

    /// Entities that changed or entered, over all ticks: one that goes on as it went has moved, so it
    /// counts.
    #[must_use]
    pub fn changes(&self) -> usize {
        let changes_in = |(from, to): (Baseline<'_>, &Snapshot)| {
            to.rows().filter(|row| from.snapshot.row(row.slot) != Some(*row)).count()
        };
        self.ticks().map(changes_in).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_plays_back() {
        let recording = Recording::of(&mut Scene::drift(20, 1).unwrap(), 10);
        let mut state = Snapshot::new(recording.layout());
        let mut decoder = ChunkDecoder::new(recording.layout().clone());
        let chunks = recording.chunks();
        assert_eq!(chunks.len(), 10);
        recording.play(&mut decoder, &mut state, &chunks).unwrap();
        assert!(state == *recording.last() && state != *recording.first());
        assert_eq!(recording.entity_ticks(), 200);
        assert!((150..=200).contains(&recording.changes()), "{}", recording.changes());
    }

    #[test]
    fn gaps_are_told_with_their_length() {
        let recording = Recording::of(&mut Scene::drift(2, 1).unwrap(), 10);
        let gaps: Vec<_> = recording.gaps(4).collect();
        assert_eq!(gaps.len(), 2);
        let (from, to) = gaps[1];
        assert_eq!(from.gap, 4);
        assert!(from.snapshot == &recording.snapshots()[4] && to == &recording.snapshots()[8]);
    }
}
