//! From a stepped game to the bytes of a tick, as a room does it for clients that keep up: quantise
//! every entity, put it into its part, then encode what leads there from the tick before.

use std::collections::BTreeMap;

use tickwire_protocol::chunk::{Baseline, ChunkDecoder, ChunkError, is_as_predicted};
use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::snapshot::Snapshot;
use tickwire_protocol::watch::GridError;
use tickwire_simulation::game::Game;
use tickwire_simulation::interest::{Grid, Interest};
use tickwire_simulation::replication::{PartIndex, Replication};

/// Which part, and whose own it is.
pub type PartKey = (PartNumber, Option<PlayerId>);
/// The snapshots of a room's parts at one tick.
pub type PartStates = BTreeMap<PartKey, Snapshot>;

/// Snapshots that are kept, as by a room at 30 Hz.
const HISTORY_TICKS: usize = 32;

/// The replicated state of a room without members.
#[derive(Debug)]
pub struct RoomState {
    replication: Replication,
    tick: Tick,
    indices: Vec<PartIndex>,
}

impl RoomState {
    /// Begins with a game's present state, the world being cut as `interest` has it.
    ///
    /// # Errors
    /// [`GridError`] when it cannot be cut so.
    pub fn new(game: &dyn Game, interest: Interest) -> Result<Self, GridError> {
        let layout = Layout::new(&game.schema());
        let replication = Replication::new(layout, Grid::new(interest)?, 0, HISTORY_TICKS);
        let mut state = Self { replication, tick: Tick(0), indices: Vec::new() };
        state.record(game);
        Ok(state)
    }

    /// Takes down the next tick.
    pub fn record(&mut self, game: &dyn Game) {
        self.tick = self.tick.next();
        self.replication.record(self.tick, game);
    }

    /// Encodes what leads to the newest tick from the one before, part by part. Returns how many
    /// bytes that is.
    pub fn encode(&mut self) -> usize {
        let Self { replication, indices, .. } = self;
        indices.clear();
        indices.extend(
            replication
                .parts()
                .filter_map(|(number, owner, _)| index_of(replication, (number, owner))),
        );
        let from = Some(Tick(self.tick.0.wrapping_sub(1)));
        for &index in &*indices {
            replication.chunk(index, from);
        }
        replication.bytes().len()
    }

    /// How entities lie in lanes.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        self.replication.layout()
    }

    /// A copy of every part.
    #[must_use]
    pub fn states(&self) -> PartStates {
        let parts = self.replication.parts();
        parts.map(|(number, owner, state)| ((number, owner), state.clone())).collect()
    }

    /// Whether clients who had these states at the tick before are led to the newest ones.
    ///
    /// # Errors
    /// [`ChunkError`] when a chunk does not decode.
    pub fn is_led_to_from(&mut self, mut before: PartStates) -> Result<bool, ChunkError> {
        let from = Some(Tick(self.tick.0.wrapping_sub(1)));
        let layout = self.layout().clone();
        let mut decoder = ChunkDecoder::new(layout.clone());
        for (key, newest) in self.states() {
            let mut state = before.remove(&key).unwrap_or_else(|| Snapshot::new(&layout));
            let Some(index) = index_of(&self.replication, key) else { return Ok(false) };
            let chunk = self.replication.chunk(index, from);
            let is_same = if chunk.is_empty() {
                is_as_predicted(&layout, Baseline { snapshot: &state, gap: 1 }, &newest)
            } else {
                decoder.decode(&mut state, Some(1), &self.replication.bytes()[chunk.range()])?;
                state == newest
            };
            if !is_same {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn index_of(replication: &Replication, (number, owner): PartKey) -> Option<PartIndex> {
    match (number, owner) {
        (_, Some(player)) => replication.own(player),
        (PartNumber::GLOBAL, _) => replication.global(),
        (PartNumber(cell), _) => replication.cell(cell.checked_sub(2)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::Scene;
    use tickwire_simulation::game::View;
    use tickwire_simulation::interest::Cells;

    #[test]
    fn each_tick_leads_to_the_next_in_every_part() {
        let cells = Cells {
            min: [0.0; 2],
            max: [2500.0; 2],
            side: 500.0,
            spectator: View { center: [0.0; 2], size: [0.0; 2] },
        };
        for interest in [Interest::Everything, Interest::Cells(cells)] {
            let mut scene = Scene::arena(100, 1).unwrap();
            let mut state = RoomState::new(scene.game(), interest).unwrap();
            for _ in 0..30 {
                scene.send_inputs();
                scene.step();
                let before = state.states();
                state.record(scene.game());
                assert!(state.is_led_to_from(before).unwrap());
                assert!(state.encode() > 10);
            }
            let entities: usize = state.states().values().map(Snapshot::entities).sum();
            assert!(entities > 80, "{entities} entities");
            assert!(!state.is_led_to_from(PartStates::new()).unwrap_or(false));
        }
    }
}
