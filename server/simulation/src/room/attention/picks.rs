//! What goes by when a frame's parts are picked, and what was picked.

use tickwire_protocol::ids::{PlayerId, Tick};

use super::rates::SLOWEST;
use crate::game::View;
use crate::interest::{Grid, Nearness};
use crate::replication::Chunk;

/// A frame that is due, as far as picking its parts goes.
#[derive(Clone, Copy, Debug)]
pub(in crate::room) struct Turn {
    pub(in crate::room) tick: Tick,
    pub(in crate::room) player: PlayerId,
    /// Whether the client has nothing to go on from.
    pub(in crate::room) is_keyframe: bool,
    /// Ticks from one frame of this client to the next: 1, 2 or 4.
    pub(in crate::room) send_every: u32,
    /// What the client sees; `None` for all of it.
    pub(in crate::room) view: Option<View>,
    /// Bytes per tick that it may be sent.
    pub(in crate::room) budget: f32,
}

impl Turn {
    /// Whether what is only looked at now and then is looked at: once in [`SLOWEST`] ticks.
    pub(super) const fn is_common(&self) -> bool {
        self.tick.0 % SLOWEST < self.send_every
    }

    /// Bytes that one frame may have.
    pub(super) fn frame_budget(&self) -> f32 {
        self.budget * self.send_every as f32
    }

    /// How near a cell is to the middle of what the client sees.
    pub(super) fn nearness(&self, cell: u32, grid: &Grid) -> Nearness {
        self.view.map_or(Nearness::Near, |view| grid.nearness(cell, view))
    }
}

/// A cell whose turn it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    /// Its index among those watched.
    pub(super) index: usize,
    pub(super) cell: u32,
    pub(super) nearness: Nearness,
}

/// The chunks of one frame. Used again from client to client.
#[derive(Debug, Default)]
pub(in crate::room) struct Picks {
    pub(in crate::room) own: Chunk,
    pub(in crate::room) global: Chunk,
    /// One per cell watched.
    pub(in crate::room) cells: Vec<Chunk>,
    /// The cells whose turn it is: scratch.
    pub(super) due: Vec<Due>,
    /// Bytes of the cells' chunks.
    pub(super) cell_bytes: usize,
}

impl Picks {
    /// Begins with what is in every frame.
    pub(super) fn begin(&mut self, own: Chunk, global: Chunk) {
        (self.own, self.global) = (own, global);
        self.cells.clear();
        self.due.clear();
        self.cell_bytes = 0;
    }

    /// Picks the chunk of the next cell.
    pub(super) fn push(&mut self, chunk: Chunk) {
        self.cell_bytes += chunk.len();
        self.cells.push(chunk);
    }

    /// Picks the chunk of a cell that came earlier.
    pub(super) fn set(&mut self, index: usize, chunk: Chunk) {
        self.cell_bytes += chunk.len();
        self.cells[index] = chunk;
    }

    /// Whether there is nothing to send.
    pub(in crate::room) const fn is_empty(&self) -> bool {
        self.bytes() == 0
    }

    /// Whether any cell has a chunk.
    pub(in crate::room) const fn has_cells(&self) -> bool {
        self.cell_bytes > 0
    }

    /// Bytes of all chunks.
    pub(in crate::room) const fn bytes(&self) -> usize {
        self.own.len() + self.global.len() + self.cell_bytes
    }

    /// All chunks, in the order in which they are sent.
    pub(in crate::room) fn chunks(&self) -> impl Iterator<Item = Chunk> {
        let chunks = [self.own, self.global].into_iter().chain(self.cells.iter().copied());
        chunks.filter(|chunk| !chunk.is_empty())
    }
}
