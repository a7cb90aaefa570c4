//! What one client is sent of a room's state: which cells it watches, where it stands in each part,
//! and which parts its next frame has.
//!
//! Where a client stands in a part is the tick of the last chunk queued for it, or a later one up to
//! which everything went as predicted: nothing is sent then, and both ends know. When there is more
//! to send than the client's budget of bytes, far cells are sent every second or fourth tick, and
//! what still does not fit waits for its turn: each cell's priority grows while it waits, the nearer
//! the faster, so none starves.

use std::cmp::Reverse;

use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::watch::Watch;

use crate::game::View;
use crate::interest::{Grid, Nearness};
use crate::replication::{Chunk, PartIndex, Replication};

/// Ticks between two frames of the slowest rate: what rates are multiples of.
const SLOWEST: u32 = 4;
/// Frames' worth of budget that can be saved up, or owed: a row of cells that comes into view takes
/// some frames' worth at once, and more would make a burst that a slow link feels.
const SAVINGS: f32 = 4.0;
/// Of a mean size, the share that its next sample leaves of it. A cell's is taken every
/// [`SLOWEST`]-th tick, so that it follows a fight that breaks out within half a second.
const SIZE_MEMORY: f32 = 0.75;
/// Ticks from one chunk to the next for cells outside of the view, and for those in it. Near cells
/// are sent in every tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rates {
    outside: u8,
    in_view: u8,
}

impl Rates {
    /// What everybody gets whose budget suffices.
    const PLENTY: Self = Self::new(1, 1);
    /// From all that one could wish to the least: the first that fits the budget is taken.
    const ALL: [Self; 5] =
        [Self::PLENTY, Self::new(2, 1), Self::new(4, 1), Self::new(4, 2), Self::LEAST];
    const LEAST: Self = Self::new(4, 4);

    const fn new(outside: u8, in_view: u8) -> Self {
        Self { outside, in_view }
    }

    /// The rate of a cell; how near it is is only asked if it matters.
    fn of(self, nearness: impl FnOnce() -> Nearness) -> u8 {
        if self == Self::PLENTY {
            return 1;
        }
        match nearness() {
            Nearness::Outside => self.outside,
            Nearness::InView => self.in_view,
            Nearness::Near => 1,
        }
    }
}

impl Default for Rates {
    fn default() -> Self {
        Self::PLENTY
    }
}

/// What one client is sent.
#[derive(Debug, Default)]
pub(super) struct Attention {
    /// The cells watched, as the client has been told.
    watch: Watch,
    own: Option<Tick>,
    global: Option<Tick>,
    /// A cell each of `watch`, in order.
    cells: Vec<WatchedCell>,
    /// Bytes that may be sent now; less than 0 after a large chunk.
    allowance: f32,
    /// Mean bytes per tick of what is in every frame, cells apart.
    whole_size: f32,
    /// The rates that the budget allows for.
    rates: Rates,
    /// Whether these are not the highest, or a cell has waited.
    is_short: bool,
}

/// A cell that a client watches.
#[derive(Clone, Copy, Debug)]
struct WatchedCell {
    cell: u32,
    /// Its part, once something has been in it.
    part: Option<PartIndex>,
    /// Where the client stands; `None` before the first chunk.
    stands: Option<Tick>,
    /// Mean bytes of a chunk per tick, as it would be if it were sent in every tick.
    size: f32,
    /// Grows from turn to turn until a chunk is sent.
    priority: u16,
    /// Ticks from one chunk to the next: 1, 2 or 4.
    every: u8,
    /// The tick of [`SLOWEST`] at which all rates meet: neighbours take turns.
    phase: u8,
}

/// The chunks of one frame. Used again from client to client.
#[derive(Debug, Default)]
pub(super) struct Picks {
    pub(super) own: Chunk,
    pub(super) global: Chunk,
    /// One per cell watched.
    pub(super) cells: Vec<Chunk>,
    /// Indices of the cells whose turn it is: scratch.
    due: Vec<usize>,
    /// Bytes of the cells' chunks.
    cell_bytes: usize,
}

impl Picks {
    /// Whether there is nothing to send.
    pub(super) const fn is_empty(&self) -> bool {
        self.bytes() == 0
    }

    /// Whether any cell has a chunk.
    pub(super) const fn has_cells(&self) -> bool {
        self.cell_bytes > 0
    }

    /// Bytes of all chunks.
    pub(super) const fn bytes(&self) -> usize {
        self.own.len() + self.global.len() + self.cell_bytes
    }

    /// All chunks, in the order in which they are sent.
    pub(super) fn chunks(&self) -> impl Iterator<Item = Chunk> {
        let chunks = [self.own, self.global].into_iter().chain(self.cells.iter().copied());
        chunks.filter(|chunk| !chunk.is_empty())
    }
}

/// A frame that is due, as far as picking its parts goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub(super) tick: Tick,
    pub(super) player: PlayerId,
    /// Whether the client has nothing to go on from.
    pub(super) is_keyframe: bool,
    /// Ticks from one frame of this client to the next: 1, 2 or 4.
    pub(super) send_every: u32,
    /// What the client sees; `None` for all of it.
    pub(super) view: Option<View>,
    /// Bytes per tick that it may be sent.
    pub(super) budget: f32,
}

impl Turn {
    /// Whether what is only looked at now and then is looked at: once in [`SLOWEST`] ticks.
    const fn is_common(&self) -> bool {
        self.tick.0 % SLOWEST < self.send_every
    }
}

impl Attention {
    /// Follows the client's view. Returns the cells it watches from now on, if they change.
    pub(super) fn follow(&mut self, grid: &Grid, turn: &Turn) -> Option<Watch> {
        if turn.is_keyframe {
            *self = Self::default();
        }
        let watch = grid.watch(turn.view, self.watch);
        if watch == self.watch {
            return None;
        }
        let mut before = std::mem::take(&mut self.cells).into_iter().peekable();
        self.cells.extend(watch.cells(grid.size()).map(|cell| {
            while before.next_if(|old| old.cell < cell).is_some() {}
            let kept = before.next_if(|old| old.cell == cell);
            kept.unwrap_or_else(|| WatchedCell::new(cell, grid.size().columns))
        }));
        self.watch = watch;
        Some(watch)
    }

    /// Picks the parts of a frame. What it picks must be sent.
    pub(super) fn pick(&mut self, turn: &Turn, replication: &mut Replication, picks: &mut Picks) {
        picks.own = pick_whole(replication.own(turn.player), &mut self.own, turn, replication);
        picks.global = pick_whole(replication.global(), &mut self.global, turn, replication);
        picks.cells.clear();
        picks.due.clear();
        picks.cell_bytes = 0;
        if let [cell] = &mut self.cells[..] {
            let index = replication.cell(cell.cell);
            let mut chunk = pick_whole(index, &mut cell.stands, turn, replication);
            if turn.is_keyframe && chunk.is_empty() {
                // A keyframe's only cell has a chunk, even when nothing is in it.
                chunk = replication.nothing();
            }
            picks.cell_bytes = chunk.len();
            picks.cells.push(chunk);
            return;
        }
        let budget = turn.budget * turn.send_every as f32;
        let whole = (picks.bytes() + self.cells.len() / 8) as f32;
        self.whole_size += (1.0 - SIZE_MEMORY) * (whole / turn.send_every as f32 - self.whole_size);
        self.allowance = (self.allowance + budget).min(SAVINGS * budget) - whole;
        if turn.is_common() {
            self.rates = self.affordable_rates(turn, replication.grid());
        }
        if self.is_short {
            self.pick_in_turn(turn, replication, picks);
        } else {
            self.pick_all(turn, replication, picks);
        }
        // What could not be helped is not held against later frames for ever.
        self.allowance = self.allowance.max(-SAVINGS * budget);
    }

    /// Picks every cell that has anything to tell: the usual case.
    fn pick_all(&mut self, turn: &Turn, replication: &mut Replication, picks: &mut Picks) {
        for cell in &mut self.cells {
            if self.allowance <= 0.0 {
                cell.wait(turn, replication.grid());
                self.is_short = true;
                picks.cells.push(Chunk::AS_PREDICTED);
                continue;
            }
            let chunk = cell.pick(turn, replication);
            self.allowance -= chunk.len() as f32;
            picks.cell_bytes += chunk.len();
            picks.cells.push(chunk);
        }
    }

    /// Picks cells whose turn it is, by their priority, as far as the budget goes. Nothing is encoded
    /// for a cell that then has to wait.
    fn pick_in_turn(&mut self, turn: &Turn, replication: &mut Replication, picks: &mut Picks) {
        self.list_due(turn, replication.grid(), picks);
        // However tight the budget, the first gets out now and then.
        let mut is_first = turn.is_common();
        for &index in &picks.due {
            let cell = &mut self.cells[index];
            if self.allowance <= 0.0 && !is_first {
                cell.wait(turn, replication.grid());
                continue;
            }
            let chunk = cell.pick(turn, replication);
            is_first &= chunk.is_empty();
            self.allowance -= chunk.len() as f32;
            picks.cell_bytes += chunk.len();
            picks.cells[index] = chunk;
        }
    }

    /// Lists the cells whose turn it is, by falling priority, which has grown by one more turn.
    fn list_due(&mut self, turn: &Turn, grid: &Grid, picks: &mut Picks) {
        let (rates, mut is_short) = (self.rates, self.rates != Rates::PLENTY);
        for (index, cell) in self.cells.iter_mut().enumerate() {
            is_short |= cell.priority > 0 || cell.every > 1;
            let since_common = turn.tick.0.wrapping_sub(cell.phase.into());
            if since_common % SLOWEST < turn.send_every {
                cell.every = rates.of(|| cell.nearness(turn, grid));
            }
            // Rates are powers of two: a remainder without a division.
            if since_common & u32::from(cell.every - 1) < turn.send_every {
                let growth = weight(cell.nearness(turn, grid)) * u16::from(cell.every);
                cell.priority = cell.priority.saturating_add(growth);
                picks.due.push(index);
            }
        }
        self.is_short = is_short;
        picks.cells.resize(self.cells.len(), Chunk::AS_PREDICTED);
        let cells = &self.cells;
        picks.due.sort_unstable_by_key(|&index| (Reverse(cells[index].priority), index));
    }

    /// The rates at which what the cells take fits the budget, or the lowest.
    fn affordable_rates(&mut self, turn: &Turn, grid: &Grid) -> Rates {
        let budget = turn.budget - self.whole_size;
        let all: f32 = self.cells.iter().map(|cell| cell.size).sum();
        if all <= budget {
            return Rates::PLENTY;
        }
        self.is_short = true;
        let mut sizes = [0.0; 3];
        for cell in &self.cells {
            sizes[cell.nearness(turn, grid) as usize] += cell.size;
        }
        let [outside, in_view, near] = sizes;
        let fits = |rates: &&Rates| {
            let less = |size: f32, every: u8| size / f32::from(every).sqrt();
            near + less(outside, rates.outside) + less(in_view, rates.in_view) <= budget
        };
        Rates::ALL.iter().find(fits).copied().unwrap_or(Rates::LEAST)
    }
}

impl WatchedCell {
    const fn new(cell: u32, columns: u32) -> Self {
        let phase = ((cell % columns + 2 * (cell / columns)) % SLOWEST) as u8;
        Self { cell, part: None, stands: None, size: 0.0, priority: 0, every: 1, phase }
    }

    fn nearness(&self, turn: &Turn, grid: &Grid) -> Nearness {
        turn.view.map_or(Nearness::Near, |view| grid.nearness(self.cell, view))
    }

    /// What leads the client to the newest state.
    fn pick(&mut self, turn: &Turn, replication: &mut Replication) -> Chunk {
        self.part = self.part.or_else(|| replication.cell(self.cell));
        let Some(part) = self.part else { return Chunk::AS_PREDICTED };
        let chunk = replication.chunk(part, self.stands);
        if self.every > 1 || turn.is_common() {
            self.note_size(chunk.len(), turn.tick);
        }
        if !chunk.is_empty() || self.stands.is_some() {
            self.stands = Some(turn.tick);
        }
        self.priority = 0;
        chunk
    }

    /// There was no room for it. Unless it is near it waits until all rates meet, so that a cell is
    /// encoded from few ticks however many clients wait for it.
    fn wait(&mut self, turn: &Turn, grid: &Grid) {
        if self.nearness(turn, grid) != Nearness::Near {
            self.every = SLOWEST as u8;
        }
    }

    /// Follows the mean size. A chunk over n ticks takes about √n times what one over a single tick
    /// does; the first chunk of all says nothing of it.
    fn note_size(&mut self, bytes: usize, tick: Tick) {
        let Some(stands) = self.stands else { return };
        let ticks = tick.since(stands).max(1) as f32;
        self.size += (1.0 - SIZE_MEMORY) * (bytes as f32 / ticks.sqrt() - self.size);
    }
}

/// How fast a cell's priority grows, per tick: what is near goes first at its rate of every tick,
/// until what is out of view has waited some [`SLOWEST`] turns.
const fn weight(nearness: Nearness) -> u16 {
    match nearness {
        Nearness::Near => 16,
        Nearness::InView => 4,
        Nearness::Outside => 1,
    }
}

/// The chunk of a part that is in every frame in which it has something to tell.
fn pick_whole(
    part: Option<PartIndex>,
    stands: &mut Option<Tick>,
    turn: &Turn,
    replication: &mut Replication,
) -> Chunk {
    let Some(part) = part else { return Chunk::AS_PREDICTED };
    let chunk = replication.chunk(part, *stands);
    if !chunk.is_empty() || stands.is_some() {
        *stands = Some(turn.tick);
    }
    chunk
}
