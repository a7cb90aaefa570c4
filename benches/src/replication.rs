//! From a stepped game to the bytes of a tick, as a room does it for clients that keep up: quantise
//! every entity, then encode what leads there from the tick before.

use tickwire_protocol::chunk::{ChunkDecoder, ChunkError, encode_chunk};
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::snapshot::Snapshot;
use tickwire_simulation::game::Game;
use tickwire_simulation::snapshot_writer::SlotTable;

/// The last two snapshots of a game.
#[derive(Debug)]
pub struct Replication {
    layout: Layout,
    table: SlotTable,
    newest: Snapshot,
    before: Snapshot,
}

impl Replication {
    /// Begins with a game's present state.
    #[must_use]
    pub fn new(layout: &Layout, game: &dyn Game) -> Self {
        let mut replication = Self {
            layout: layout.clone(),
            table: SlotTable::new(),
            newest: Snapshot::new(layout),
            before: Snapshot::new(layout),
        };
        replication.quantise(game);
        replication
    }

    /// Takes the next snapshot.
    pub fn quantise(&mut self, game: &dyn Game) {
        std::mem::swap(&mut self.newest, &mut self.before);
        self.table.fill(&self.layout, &mut self.newest, |out| game.replicate(out));
    }

    /// The chunk that leads to the newest snapshot from the one before.
    #[must_use]
    pub fn delta(&self) -> Vec<u8> {
        encode_chunk(&self.layout, Some(&self.before), &self.newest)
    }

    /// The newest snapshot.
    #[must_use]
    pub const fn newest(&self) -> &Snapshot {
        &self.newest
    }

    /// Whether a client at the tick before gets to the newest snapshot by this chunk.
    ///
    /// # Errors
    /// [`ChunkError`] when the chunk does not decode.
    pub fn is_led_to_by(&self, chunk: &[u8]) -> Result<bool, ChunkError> {
        let mut state = self.before.clone();
        ChunkDecoder::new(self.layout.clone()).decode(&mut state, false, chunk)?;
        Ok(state == self.newest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Scene;

    #[test]
    fn each_tick_leads_to_the_next() {
        let mut scene = Scene::arena(100, 1).unwrap();
        let mut replication = Replication::new(scene.layout(), scene.game());
        for _ in 0..30 {
            scene.send_inputs();
            scene.step();
            replication.quantise(scene.game());
            let chunk = replication.delta();
            assert!(chunk.len() > 10);
            assert!(replication.is_led_to_by(&chunk).unwrap());
        }
        assert!(!replication.is_led_to_by(&[0]).unwrap_or(false));
    }
}
