//! What one client is sent of a room's state: which cells it watches, where it stands in each part,
//! and which parts its next frame has.
//!
//! Where a client stands in a part is the tick of the last chunk queued for it, or a later one up to
//! which everything went as predicted: nothing is sent then, and both ends know. When there is more
//! to send than the client's budget of bytes, far cells are sent every second or fourth tick, and
//! what still does not fit waits for its turn. What is near goes first, but for a share of the bytes
//! that is kept for the others; among these each cell's priority grows while it waits, what is in view
//! the faster, so none starves.

mod picks;
mod rates;
mod standing;

use std::cmp::Reverse;

use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::watch::Watch;

use crate::interest::{Grid, Nearness};
use crate::replication::{Chunk, PartIndex, Replication};

use picks::Due;
pub(super) use picks::{Picks, Turn};
use rates::{Rates, SLOWEST};
use standing::{Standing, Together, WatchedCell};

/// Frames' worth of budget that can be saved up: a row of cells that comes into view takes some
/// frames' worth at once, and more would make a burst that a slow link feels.
const SAVINGS: f32 = 4.0;
/// Share of the budget that cells get even where what is in every frame takes all of it.
const LEAST_SHARE: f32 = 0.1;
/// Share of the budget that near cells leave to the others, so that these come too where near ones
/// alone would take it all.
const FAR_SHARE: f32 = 0.25;
/// Of the mean size of what a client is sent, the share that the next frame leaves of it.
const SIZE_MEMORY: f32 = 0.75;

/// What one client is sent.
#[derive(Debug, Default)]
pub(super) struct Attention {
    /// The cells watched, as the client has been told.
    watch: Watch,
    own: Option<Tick>,
    global: Option<Tick>,
    standing: Standing,
    /// Bytes that may be sent now; less than 0 after a large chunk.
    allowance: f32,
    /// Mean bytes per tick of what is in every frame, cells apart.
    whole_size: f32,
    /// Mean bytes per tick of all cells, while they are in every frame.
    cells_size: f32,
    /// The rates that the budget allows for.
    rates: Rates,
}

impl Attention {
    /// Follows the client's view. Returns the cells it watches from now on, if they change.
    pub(super) fn follow(&mut self, grid: &Grid, turn: &Turn) -> Option<Watch> {
        if turn.is_keyframe {
            *self = Self { allowance: (SAVINGS - 1.0) * turn.frame_budget(), ..Self::default() };
        }
        let watch = grid.watch(turn.view, self.watch);
        if watch == self.watch {
            return None;
        }
        self.standing.change_watch(grid.size(), self.watch, watch);
        self.watch = watch;
        Some(watch)
    }

    /// Picks the parts of a frame. What it picks must be sent.
    pub(super) fn pick(&mut self, turn: &Turn, replication: &mut Replication, picks: &mut Picks) {
        let own = pick_part(replication.own(turn.player), &mut self.own, turn, replication);
        let global = pick_part(replication.global(), &mut self.global, turn, replication);
        picks.begin(own, global);
        if replication.grid().is_single() {
            self.pick_only_cell(turn, replication, picks);
            return;
        }
        let (every, budget) = (turn.send_every as f32, turn.frame_budget());
        let whole = (picks.bytes() + self.watch.len() / 8) as f32;
        follow_mean(&mut self.whole_size, whole / every);
        let income = (budget - whole).max(LEAST_SHARE * budget);
        self.allowance = (self.allowance + income).min(SAVINGS * budget);
        if turn.is_common() {
            self.rates = self.affordable_rates(turn, replication);
        }
        self.standing = match std::mem::take(&mut self.standing) {
            // Of a keyframe more than usual does not fit, and what is near is to be in it.
            Standing::Together(cells) if self.rates == Rates::PLENTY && !turn.is_keyframe => {
                let cells = self.pick_together(cells, turn, replication, picks);
                follow_mean(&mut self.cells_size, picks.cell_bytes as f32 / every);
                cells
            }
            cells => {
                let mut cells = cells.into_apart(self.watch.len());
                self.pick_in_turn(&mut cells, turn, replication, picks);
                Standing::Apart(cells).joined(turn.tick)
            }
        };
        if turn.is_keyframe && self.watch.len() == 1 && !picks.has_cells() {
            // A keyframe's only cell has a chunk, even when nothing is in it.
            picks.set(0, replication.nothing());
        }
    }

    /// Slots of all parts that the client is sent.
    pub(super) fn slots(&self, player: PlayerId, replication: &Replication) -> usize {
        let cells = self.watch.cells(replication.grid().size());
        let cells = cells.filter_map(|cell| replication.cell(cell));
        let parts = replication.own(player).into_iter().chain(replication.global()).chain(cells);
        parts.map(|part| replication.newest(part).slots()).sum()
    }

    /// Has the history kept of what the client is not led to the newest state of yet.
    pub(super) fn hold(&self, now: Tick, player: PlayerId, replication: &mut Replication) {
        let is_behind = |stands: &Tick| *stands != now;
        if let Some(stands) = self.own.filter(is_behind) {
            hold_part(replication.own(player), stands, replication);
        }
        if let Some(stands) = self.global.filter(is_behind) {
            hold_part(replication.global(), stands, replication);
        }
        if self.standing.stand_at(now) {
            return;
        }
        for (index, cell) in self.watch.cells(replication.grid().size()).enumerate() {
            if let Some(stands) = self.standing.stands(index).filter(is_behind) {
                hold_part(replication.cell(cell), stands, replication);
            }
        }
    }

    /// Picks the only cell of a small world, whatever it takes.
    fn pick_only_cell(&mut self, turn: &Turn, replication: &mut Replication, picks: &mut Picks) {
        let cell = self.watch.cells(replication.grid().size()).next();
        let part = cell.and_then(|cell| replication.cell(cell));
        let mut stands = self.standing.stands(0);
        let chunk = pick_part(part, &mut stands, turn, replication);
        self.standing = Standing::single(stands);
        let is_missing = turn.is_keyframe && chunk.is_empty();
        picks.push(if is_missing { replication.nothing() } else { chunk });
    }

    /// Picks every cell that has anything to tell: the usual case.
    fn pick_together(
        &mut self,
        cells: Together,
        turn: &Turn,
        replication: &mut Replication,
        picks: &mut Picks,
    ) -> Standing {
        let grid = *replication.grid();
        let mut now = Together { at: turn.tick, known: 0 };
        let (mut picked, mut allowance) = (0, self.allowance);
        // (`for_each`: a loop over the cells asks each time whether a row has ended.)
        self.watch.cells(grid.size()).for_each(|cell| {
            let mut chunk = Chunk::NONE;
            if allowance > 0.0 {
                let stands = cells.stands(picked);
                if let Some(part) = replication.cell(cell) {
                    chunk = replication.chunk(part, stands);
                    allowance -= chunk.len() as f32;
                }
                now.known |= u64::from(stands.is_some() || !chunk.is_empty()) << picked;
                picked += 1;
            }
            picks.push(chunk);
        });
        self.allowance = allowance;
        if picked == picks.cells.len() {
            return Standing::Together(now);
        }
        let apart = self.watch.cells(grid.size()).enumerate().map(|(index, cell)| {
            let mut own = WatchedCell::new(now.stands(index));
            if index >= picked {
                own = WatchedCell::new(cells.stands(index));
                own.wait(turn.nearness(cell, &grid));
            }
            own
        });
        Standing::Apart(apart.collect())
    }

    /// Picks cells whose turn it is, as far as the budget goes. Nothing is encoded for a cell that then
    /// has to wait.
    fn pick_in_turn(
        &mut self,
        cells: &mut [WatchedCell],
        turn: &Turn,
        replication: &mut Replication,
        picks: &mut Picks,
    ) {
        self.list_due(cells, turn, replication.grid(), picks);
        let kept = FAR_SHARE * turn.frame_budget();
        for (is_near, least) in [(true, kept), (false, 0.0), (true, 0.0)] {
            for at in 0..picks.due.len() {
                let Due { index, cell, nearness } = picks.due[at];
                if (nearness == Nearness::Near) != is_near || cells[index].priority == 0 {
                    continue;
                }
                if self.allowance <= least {
                    break;
                }
                let own = &mut cells[index];
                let chunk = pick_part(replication.cell(cell), &mut own.stands, turn, replication);
                own.priority = 0;
                self.allowance -= chunk.len() as f32;
                picks.set(index, chunk);
            }
        }
        for due in &picks.due {
            let own = &mut cells[due.index];
            if own.priority > 0 {
                own.wait(due.nearness);
            }
        }
    }

    /// Lists the cells whose turn it is, by falling priority, which has grown by one more turn.
    fn list_due(&self, cells: &mut [WatchedCell], turn: &Turn, grid: &Grid, picks: &mut Picks) {
        let watched = self.watch.cells(grid.size()).zip(cells.iter_mut());
        let mut has_waited = false;
        for (index, (cell, own)) in watched.enumerate() {
            let since_common = turn.tick.0.wrapping_sub(phase(cell, grid));
            if since_common % SLOWEST < turn.send_every {
                own.every = self.rates.of(|| turn.nearness(cell, grid));
            }
            // Rates are powers of two: a remainder without a division.
            if since_common & u32::from(own.every - 1) < turn.send_every {
                has_waited |= own.priority > 0;
                let nearness = turn.nearness(cell, grid);
                own.priority += weight(nearness) * u32::from(own.every);
                picks.due.push(Due { index, cell, nearness });
            }
            picks.push(Chunk::NONE);
        }
        if has_waited || turn.is_keyframe || self.rates != Rates::PLENTY {
            let by_priority = |due: &Due| (Reverse(cells[due.index].priority), due.index);
            picks.due.sort_unstable_by_key(by_priority);
        }
    }

    /// The rates at which what the cells take fits the budget, or the lowest.
    fn affordable_rates(&self, turn: &Turn, replication: &Replication) -> Rates {
        let budget = turn.budget - self.whole_size;
        if matches!(self.standing, Standing::Together(_)) && self.cells_size <= budget {
            return Rates::PLENTY;
        }
        let grid = replication.grid();
        let mut sizes = [0.0; 3];
        for cell in self.watch.cells(grid.size()) {
            let size = replication.cell(cell).map_or(0.0, |part| replication.mean_size(part));
            sizes[turn.nearness(cell, grid) as usize] += size;
        }
        Rates::affordable(sizes, turn.send_every, budget)
    }
}

/// The tick, of [`SLOWEST`], at which all rates of a cell meet: neighbours take turns.
const fn phase(cell: u32, grid: &Grid) -> u32 {
    let columns = grid.size().columns;
    (cell % columns + 2 * (cell / columns)) % SLOWEST
}

/// How fast the priority of a cell grows among those that are as near or farther, per tick.
const fn weight(nearness: Nearness) -> u32 {
    match nearness {
        Nearness::Near | Nearness::InView => 4,
        Nearness::Outside => 1,
    }
}

fn follow_mean(mean: &mut f32, sample: f32) {
    *mean += (1.0 - SIZE_MEMORY) * (sample - *mean);
}

/// What leads a client to the newest state of a part.
fn pick_part(
    part: Option<PartIndex>,
    stands: &mut Option<Tick>,
    turn: &Turn,
    replication: &mut Replication,
) -> Chunk {
    let Some(part) = part else { return Chunk::NONE };
    let chunk = replication.chunk(part, *stands);
    if !chunk.is_empty() || stands.is_some() {
        *stands = Some(turn.tick);
    }
    chunk
}

fn hold_part(part: Option<PartIndex>, stands: Tick, replication: &mut Replication) {
    if let Some(part) = part {
        replication.hold(part, stands);
    }
}
