//! The snapshots of a run: what encoders and decoders are measured on.

use tickwire_protocol::chunk::encode_chunk;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::snapshot::Snapshot;

use crate::replication::Replication;
use crate::scene::Scene;

/// Consecutive snapshots of one run.
#[derive(Debug)]
pub struct Recording {
    layout: Layout,
    snapshots: Vec<Snapshot>,
}

impl Recording {
    /// Records a scene for so many ticks, at least one.
    #[must_use]
    pub fn of(scene: &mut Scene, ticks: usize) -> Self {
        let mut replication = Replication::new(scene.layout(), scene.game());
        let mut snapshots = vec![replication.newest().clone()];
        for _ in 0..ticks.max(1) {
            scene.send_inputs();
            scene.step();
            scene.forget_events();
            replication.quantise(scene.game());
            snapshots.push(replication.newest().clone());
        }
        Self { layout: scene.layout().clone(), snapshots }
    }

    /// The game's layout.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The state before the first tick.
    #[must_use]
    pub fn first(&self) -> &Snapshot {
        &self.snapshots[0]
    }

    /// The state after the last tick.
    #[must_use]
    pub fn last(&self) -> &Snapshot {
        &self.snapshots[self.snapshots.len() - 1]
    }

    /// Every tick: the snapshot before and the one after.
    pub fn ticks(&self) -> impl Iterator<Item = (&Snapshot, &Snapshot)> {
        self.snapshots.iter().zip(&self.snapshots[1..])
    }

    /// The chunk of every tick.
    #[must_use]
    pub fn chunks(&self) -> Vec<Vec<u8>> {
        self.ticks().map(|(from, to)| encode_chunk(&self.layout, Some(from), to)).collect()
    }

    /// Entities that changed or entered, over all ticks.
    #[must_use]
    pub fn changes(&self) -> usize {
        let changes_in = |(from, to): (&Snapshot, &Snapshot)| {
            to.rows().filter(|row| from.row(row.slot) != Some(*row)).count()
        };
        self.ticks().map(changes_in).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_protocol::chunk::ChunkDecoder;

    #[test]
    fn a_recording_plays_back() {
        let recording = Recording::of(&mut Scene::drift(20, 1).unwrap(), 10);
        let mut state = recording.first().clone();
        let mut decoder = ChunkDecoder::new(recording.layout().clone());
        for chunk in recording.chunks() {
            decoder.decode(&mut state, false, &chunk).unwrap();
        }
        assert!(state == *recording.last() && state != *recording.first());
        assert!((150..=200).contains(&recording.changes()), "{}", recording.changes());
    }
}
