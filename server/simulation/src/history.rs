//! The last few snapshots, and the chunks between them and the newest.
//!
//! Clients that stand at the same tick get the same chunk: it is encoded when the first of them
//! asks, and copied whole for the others.

use std::collections::VecDeque;

use bytes::Bytes;
use tickwire_protocol::chunk::encode_chunk;
use tickwire_protocol::ids::Tick;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::snapshot::Snapshot;

use crate::game::Game;
use crate::snapshot_writer::SlotTable;

/// Snapshots that are kept: half a second at 30 Hz. A client that stands further back gets a
/// keyframe, which is about as small by then.
pub const HISTORY_TICKS: usize = 16;

/// The room's recent snapshots.
#[derive(Debug)]
pub struct History {
    layout: Layout,
    table: SlotTable,
    /// By ascending tick; the last one is the newest.
    snapshots: VecDeque<(Tick, Snapshot)>,
    /// Chunks to the newest snapshot, by the tick they lead from.
    chunks: Vec<(Option<Tick>, Bytes)>,
}

impl History {
    /// A history without snapshots.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        Self { layout, table: SlotTable::new(), snapshots: VecDeque::new(), chunks: Vec::new() }
    }

    /// Takes a snapshot of the game's world at `tick`.
    pub fn record(&mut self, tick: Tick, game: &dyn Game) {
        let mut snapshot = if self.snapshots.len() < HISTORY_TICKS {
            Snapshot::new(&self.layout)
        } else {
            self.snapshots.pop_front().map_or_else(|| Snapshot::new(&self.layout), |old| old.1)
        };
        self.table.fill(&self.layout, &mut snapshot, |out| game.replicate(out));
        self.snapshots.push_back((tick, snapshot));
        self.chunks.clear();
    }

    /// The newest snapshot.
    #[must_use]
    pub fn newest(&self) -> Option<&Snapshot> {
        self.snapshots.back().map(|(_, snapshot)| snapshot)
    }

    /// How entities lie in lanes.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// What leads a client from the tick where it stands to the newest snapshot: the tick that the
    /// chunk leads from (`None`: a keyframe, because the snapshot is not at hand) and the chunk.
    pub fn chunk_from(&mut self, baseline: Option<Tick>) -> (Option<Tick>, Bytes) {
        let from = baseline.filter(|tick| self.snapshots.iter().any(|(at, _)| at == tick));
        if let Some((_, chunk)) = self.chunks.iter().find(|(key, _)| *key == from) {
            return (from, chunk.clone());
        }
        let find = |tick| self.snapshots.iter().find(|(at, _)| *at == tick).map(|(_, old)| old);
        let chunk = match self.newest() {
            Some(newest) => Bytes::from(encode_chunk(&self.layout, from.and_then(find), newest)),
            None => Bytes::new(),
        };
        self.chunks.push((from, chunk.clone()));
        (from, chunk)
    }
}
