//! Where a client stands in the cells that it watches.
//!
//! A large room goes through the cells of thousands of clients in every tick, and waits for memory
//! more than for anything else. So the usual client, who is sent all cells in every frame, has a tick
//! and a bit per cell here; only who is on a tight budget has a list.

use tickwire_protocol::ids::Tick;
use tickwire_protocol::watch::{GridSize, Watch};

use super::rates::SLOWEST;
use crate::interest::Nearness;

/// Most cells that can stand together.
const MAX_TOGETHER: usize = u64::BITS as usize;

/// Where a client stands in the cells that it watches, in their order.
#[derive(Debug)]
pub(super) enum Standing {
    /// All are sent in every frame.
    Together(Together),
    /// They take turns; or there are too many to stand together.
    Apart(Vec<WatchedCell>),
}

/// Standing of which a client stands at the same tick.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Together {
    /// Where the client stands.
    pub(super) at: Tick,
    /// A bit per cell, lowest first: whether the client has had a chunk of it. In the others it
    /// stands nowhere.
    pub(super) known: u64,
}

/// A cell that takes turns.
#[derive(Clone, Copy, Debug)]
pub(super) struct WatchedCell {
    /// Where the client stands; `None` before the first chunk.
    pub(super) stands: Option<Tick>,
    /// Grows from turn to turn until a chunk is sent.
    pub(super) priority: u32,
    /// Ticks from one chunk to the next: 1, 2 or 4.
    pub(super) every: u8,
}

impl Together {
    /// Where the client stands in a cell.
    pub(super) fn stands(self, index: usize) -> Option<Tick> {
        (self.known >> index & 1 == 1).then_some(self.at)
    }
}

impl WatchedCell {
    /// One that is in every frame.
    pub(super) const fn new(stands: Option<Tick>) -> Self {
        Self { stands, priority: 0, every: 1 }
    }

    /// There was no room for it. Unless it is near it waits until all rates meet, so that a cell is
    /// encoded from few ticks however many clients wait for it.
    pub(super) fn wait(&mut self, nearness: Nearness) {
        if nearness != Nearness::Near {
            self.every = SLOWEST as u8;
        }
    }
}

impl Default for Standing {
    fn default() -> Self {
        Self::Together(Together::default())
    }
}

impl Standing {
    /// Watches other cells from now on. The client keeps what it has of those that stay.
    pub(super) fn change_watch(&mut self, grid: GridSize, before: Watch, now: Watch) {
        let kept = now.cells(grid).map(|cell| before.index_of(grid, cell));
        match self {
            Self::Together(together) if now.len() <= MAX_TOGETHER => {
                let old = *together;
                together.known = kept.enumerate().fold(0, |known, (index, kept)| {
                    known | kept.map_or(0, |kept| old.known >> kept & 1) << index
                });
            }
            Self::Together(together) => {
                let stands = kept.map(|kept| together.stands(kept?));
                *self = Self::Apart(stands.map(WatchedCell::new).collect());
            }
            Self::Apart(cells) => {
                let old = |kept: Option<usize>| kept.map(|index| cells[index]);
                *cells = kept.map(|kept| old(kept).unwrap_or(WatchedCell::new(None))).collect();
            }
        }
    }

    /// The only cell.
    pub(super) fn single(stands: Option<Tick>) -> Self {
        let known = stands.is_some().into();
        Self::Together(Together { at: stands.unwrap_or_default(), known })
    }

    /// Where the client stands in a cell.
    pub(super) fn stands(&self, index: usize) -> Option<Tick> {
        match self {
            Self::Together(together) => together.stands(index),
            Self::Apart(cells) => cells[index].stands,
        }
    }

    /// Whether they are known to stand at a tick, or nowhere.
    pub(super) fn stand_at(&self, tick: Tick) -> bool {
        match self {
            Self::Together(together) => together.known == 0 || together.at == tick,
            Self::Apart(_) => false,
        }
    }

    /// The cells, `count` of them, as they are when they take turns.
    pub(super) fn into_apart(self, count: usize) -> Vec<WatchedCell> {
        match self {
            Self::Apart(cells) => cells,
            Self::Together(together) => {
                (0..count).map(|index| WatchedCell::new(together.stands(index))).collect()
            }
        }
    }

    /// Together if all are sent in every frame and stand at a tick, or nowhere, unless there are
    /// too many.
    pub(super) fn joined(self, at: Tick) -> Self {
        let joins = |cell: &WatchedCell| {
            cell.every == 1 && cell.priority == 0 && cell.stands.is_none_or(|stands| stands == at)
        };
        match self {
            Self::Apart(cells) if cells.len() <= MAX_TOGETHER && cells.iter().all(joins) => {
                let known = cells.iter().rev();
                let known =
                    known.fold(0, |known, cell| known << 1 | u64::from(cell.stands.is_some()));
                Self::Together(Together { at, known })
            }
            cells => cells,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: GridSize = GridSize { columns: 100, rows: 10 };
    const NOW: Tick = Tick(7);

    fn watch(column: u32, columns: u32, rows: u32) -> Watch {
        Watch { column, row: 0, columns, rows }
    }

    fn stands(cells: &Standing, count: usize) -> Vec<Option<Tick>> {
        (0..count).map(|index| cells.stands(index)).collect()
    }

    #[test]
    fn cells_that_stay_keep_where_they_stand() {
        // Of columns 2 to 4 in two rows, the client knows all but the middle of the first.
        let known = 0b11_1101;
        let before = watch(2, 3, 2);
        let now = watch(3, 3, 2);
        let expected = [None, Some(NOW), None, Some(NOW), Some(NOW), None];
        let together = Standing::Together(Together { at: NOW, known });
        let apart = Standing::Apart(together.into_apart(before.len()));
        for mut cells in [Standing::Together(Together { at: NOW, known }), apart] {
            cells.change_watch(GRID, before, now);
            assert_eq!(stands(&cells, now.len()), expected, "{cells:?}");
        }
    }

    #[test]
    fn too_many_cells_stand_apart() {
        let mut cells = Standing::Together(Together { at: NOW, known: 0b101 });
        cells.change_watch(GRID, watch(0, 3, 1), watch(0, 13, 5));
        assert!(matches!(&cells, Standing::Apart(list) if list.len() == 65));
        assert_eq!(stands(&cells, 4), [Some(NOW), None, Some(NOW), None]);
        assert!(matches!(cells.joined(NOW), Standing::Apart(_)));
    }

    #[test]
    fn cells_join_when_none_of_them_waits() {
        let list = || [Some(NOW), None, Some(NOW)].map(WatchedCell::new).to_vec();
        let joined = Standing::Apart(list()).joined(NOW);
        assert!(matches!(joined, Standing::Together(Together { at: NOW, known: 0b101 })));
        assert!(joined.stand_at(NOW) && !joined.stand_at(NOW.next()));
        assert!(matches!(Standing::Apart(list()).joined(NOW.next()), Standing::Apart(_)));
        let mut waiting = list();
        waiting[1].priority = 1;
        assert!(matches!(Standing::Apart(waiting).joined(NOW), Standing::Apart(_)));
        let mut slow = list();
        slow[0].wait(Nearness::Outside);
        assert!(matches!(Standing::Apart(slow).joined(NOW), Standing::Apart(_)));
    }
}
