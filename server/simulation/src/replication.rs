//! A room's quantised state, cut into parts, with a little history: from a game's world to chunks.
//!
//! ```text
//! game → scene → placement: which part, which slot → a snapshot per part → history
//!                                                      chunk(part, from) ↓
//!                               encoded when the first client asks, copied whole for the others
//! ```
//!
//! There is a part for each cell of the grid, one for what everybody is sent, and one for each
//! player who has something that nobody else is sent. In a room of a single cell, what is for
//! everybody lies in that cell. Parts come into being with the first entity in them.

mod part;
mod placement;
mod slots;

use std::ops::Range;

use tickwire_protocol::chunk::ChunkEncoder;
use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::snapshot::Snapshot;

use crate::game::Game;
use crate::interest::Grid;
use crate::scene::Scene;

use part::Encoding;
use placement::Placement;

/// What leads a client's copy of a part to the newest state: some of [`Replication::bytes`]. None of
/// them when everything is as predicted, so that nothing need be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    start: u32,
    len: u32,
}

impl Chunk {
    /// Nothing is to be sent.
    pub const NONE: Self = Self { start: 0, len: 0 };

    fn new(bytes: Range<usize>) -> Self {
        // The chunks of a tick are far less than 4 GiB.
        Self { start: bytes.start as u32, len: bytes.len() as u32 }
    }

    /// Whether nothing is to be sent.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Number of bytes.
    #[must_use]
    pub const fn len(self) -> usize {
        self.len as usize
    }

    /// Where in [`Replication::bytes`] they are.
    #[must_use]
    pub const fn range(self) -> Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

/// Where a part is kept: valid as long as the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartIndex(u32);

/// The room's replicated state.
#[derive(Debug)]
pub struct Replication {
    /// Every so many ticks each part carries a hash.
    hash_every: u32,
    tick: Tick,
    scene: Scene,
    placement: Placement,
    encoder: ChunkEncoder,
    /// The chunks of this tick, one behind the other.
    bytes: Vec<u8>,
    /// Those of them that lead from the tick before, by part: what nearly everybody asks for.
    usual: Vec<Option<Chunk>>,
}

impl Replication {
    /// The state of a world in which nothing is. Each part carries a hash every `hash_every` ticks,
    /// never if that is 0; at most `history_ticks` snapshots of it are kept, from 2 on, for clients
    /// that have fallen behind.
    #[must_use]
    pub fn new(layout: Layout, grid: Grid, hash_every: u32, history_ticks: usize) -> Self {
        Self {
            hash_every,
            tick: Tick(0),
            scene: Scene::new(&layout),
            placement: Placement::new(&layout, grid, history_ticks.max(2)),
            encoder: ChunkEncoder::new(layout),
            bytes: Vec::new(),
            usual: Vec::new(),
        }
    }

    /// Takes down the game's world at `tick`.
    pub fn record(&mut self, tick: Tick, game: &(impl Game + ?Sized)) {
        self.tick = tick;
        self.bytes.clear();
        self.usual.clear();
        let layout = self.encoder.layout();
        game.replicate(&mut self.scene.writer(layout));
        self.placement.place(tick, &self.scene);
    }

    /// How entities lie in lanes.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        self.encoder.layout()
    }

    /// How the world is cut into cells.
    #[must_use]
    pub const fn grid(&self) -> &Grid {
        self.placement.grid()
    }

    /// The chunks of this tick: what [`Chunk::range`] points into.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The cell's part; `None` as long as nothing has been in it, and for one beyond the grid.
    #[must_use]
    pub fn cell(&self, cell: u32) -> Option<PartIndex> {
        self.placement.cell(cell)
    }

    /// The part that everybody is sent; `None` as long as nothing has been in it.
    #[must_use]
    pub fn global(&self) -> Option<PartIndex> {
        self.placement.global()
    }

    /// The part that a player alone is sent; `None` as long as nothing has been in it.
    #[must_use]
    pub fn own(&self, player: PlayerId) -> Option<PartIndex> {
        self.placement.own(player)
    }

    /// A player is there to be sent what is theirs alone.
    pub fn admit(&mut self, player: PlayerId) {
        self.placement.admit(player);
    }

    /// Forgets the part of a player who has left. What the game goes on writing for them is sent to
    /// nobody.
    pub fn forget(&mut self, player: PlayerId) {
        self.placement.forget(player);
    }

    /// What leads a client from the tick at which it stands in a part to the newest state, or
    /// everything where it stands nowhere or too far back.
    #[inline]
    pub fn chunk(&mut self, index: PartIndex, from: Option<Tick>) -> Chunk {
        // Nearly everybody stands at the tick before.
        let is_usual = from.is_some_and(|from| self.tick.0.wrapping_sub(from.0) == 1);
        if is_usual && let Some(Some(chunk)) = self.usual.get(index.0 as usize) {
            return *chunk;
        }
        let chunk = self.any_chunk(index, from);
        if is_usual {
            let parts = self.usual.len().max(index.0 as usize + 1);
            self.usual.resize(parts, None);
            self.usual[index.0 as usize] = Some(chunk);
        }
        chunk
    }

    fn any_chunk(&mut self, index: PartIndex, from: Option<Tick>) -> Chunk {
        let Self { placement, encoder, bytes, tick, hash_every, .. } = self;
        let (part, places) = placement.part_and_places(index);
        let is_somewhere = |id| places.contains_key(&id);
        let (tick, hash_every, is_somewhere) = (*tick, *hash_every, &is_somewhere);
        part.chunk(from, &mut Encoding { tick, hash_every, encoder, is_somewhere, bytes })
    }

    /// Keeps the history of a part from a tick on, as far as it goes, until the next record: for a
    /// client that is not led from there to the newest state yet.
    pub fn hold(&mut self, index: PartIndex, tick: Tick) {
        self.placement.part_and_places(index).0.hold(tick);
    }

    /// Slots of all parts.
    #[must_use]
    pub const fn slots(&self) -> usize {
        self.placement.slots()
    }

    /// Mean bytes of a part's chunk over a single tick. One over n ticks takes about √n times that.
    #[must_use]
    pub fn mean_size(&self, index: PartIndex) -> f32 {
        self.placement.part(index).mean_size()
    }

    /// A keyframe of a part in which nothing is.
    pub fn nothing(&mut self) -> Chunk {
        let begin = self.bytes.len();
        let nothing = Snapshot::new(self.encoder.layout());
        self.encoder.encode(None, &nothing, &|_| false, &mut self.bytes);
        Chunk::new(begin..self.bytes.len())
    }

    /// The newest state of a part.
    #[must_use]
    pub fn newest(&self, index: PartIndex) -> &Snapshot {
        self.placement.part(index).newest()
    }

    /// The parts, each with the player whose own it is.
    pub fn parts(&self) -> impl Iterator<Item = (PartNumber, Option<PlayerId>, &Snapshot)> {
        self.placement.parts().map(|part| (part.number(), part.owner(), part.newest()))
    }

    /// The state of a part, as a client knows it by number, at a tick; `None` when it is not
    /// remembered: beside the history there is the newest tick whose hash was sent.
    #[must_use]
    pub fn state_at(&self, number: PartNumber, player: PlayerId, tick: Tick) -> Option<&Snapshot> {
        let index = match number {
            PartNumber::OWN => self.own(player),
            PartNumber::GLOBAL => self.global(),
            PartNumber(cell) => self.cell(cell - 2),
        }?;
        self.placement.part(index).state_at(tick)
    }
}
