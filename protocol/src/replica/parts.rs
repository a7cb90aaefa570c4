//! The parts of a replica: the client's own, the global one, and the cells that are watched.

use crate::frame::FrameError;
use crate::ids::Tick;
use crate::parts::PartNumber;
use crate::quantise::Layout;
use crate::snapshot::Snapshot;
use crate::watch::{GridSize, Watch};

/// One part of a replica.
#[derive(Clone, Debug)]
pub struct Part {
    number: PartNumber,
    tick: Option<Tick>,
    snapshot: Snapshot,
}

impl Part {
    fn new(number: PartNumber, layout: &Layout) -> Self {
        Self { number, tick: None, snapshot: Snapshot::new(layout) }
    }

    /// Its number.
    #[must_use]
    pub const fn number(&self) -> PartNumber {
        self.number
    }

    /// The tick of its newest chunk; `None` before the first, while it is empty. Since then
    /// everything has gone as predicted, or the part was not sent.
    #[must_use]
    pub const fn tick(&self) -> Option<Tick> {
        self.tick
    }

    /// Its state at that tick.
    #[must_use]
    pub const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// Takes over a newer state; the old one is handed back.
    pub(super) const fn replace(&mut self, tick: Tick, snapshot: &mut Snapshot) {
        self.tick = Some(tick);
        std::mem::swap(&mut self.snapshot, snapshot);
    }
}

/// All parts.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    layout: Layout,
    grid: GridSize,
    own: Part,
    global: Part,
    watch: Watch,
    /// In the order of their numbers.
    cells: Vec<Part>,
}

impl Parts {
    pub(super) fn new(grid: GridSize, layout: &Layout) -> Self {
        Self {
            layout: layout.clone(),
            grid,
            own: Part::new(PartNumber::OWN, layout),
            global: Part::new(PartNumber::GLOBAL, layout),
            watch: Watch::default(),
            cells: Vec::new(),
        }
    }

    pub(super) const fn grid(&self) -> GridSize {
        self.grid
    }

    pub(super) const fn watch(&self) -> Watch {
        self.watch
    }

    /// Slots of the parts that stay when these cells are watched.
    pub(super) fn slots(&self, watch: Watch) -> usize {
        let first_cell = PartNumber::cell(0).0;
        let stays = |part: &&Part| {
            let cell = part.number.0.checked_sub(first_cell);
            cell.is_none_or(|cell| watch.contains(self.grid, cell))
        };
        self.iter().filter(stays).map(|part| part.snapshot.slots()).sum()
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.grid, &self.layout);
    }

    /// Watches other cells from now on, which must fit the grid; hands back those that were dropped.
    pub(super) fn change_watch(&mut self, watch: Watch) -> Vec<Part> {
        let mut old = std::mem::take(&mut self.cells).into_iter().peekable();
        let mut dropped = Vec::new();
        for number in watch.cells(self.grid).map(PartNumber::cell) {
            while let Some(part) = old.next_if(|part| part.number < number) {
                dropped.push(part);
            }
            let kept = old.next_if(|part| part.number == number);
            self.cells.push(kept.unwrap_or_else(|| Part::new(number, &self.layout)));
        }
        dropped.extend(old);
        self.watch = watch;
        dropped
    }

    pub(super) fn get(&self, number: PartNumber) -> Option<&Part> {
        match number {
            PartNumber::OWN => Some(&self.own),
            PartNumber::GLOBAL => Some(&self.global),
            _ => self.cells.get(self.cell_index(number)?),
        }
    }

    pub(super) fn get_mut(&mut self, number: PartNumber) -> Option<&mut Part> {
        match number {
            PartNumber::OWN => Some(&mut self.own),
            PartNumber::GLOBAL => Some(&mut self.global),
            _ => {
                let index = self.cell_index(number)?;
                self.cells.get_mut(index)
            }
        }
    }

    fn cell_index(&self, number: PartNumber) -> Option<usize> {
        self.cells.binary_search_by_key(&number, Part::number).ok()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Part> {
        [&self.own, &self.global].into_iter().chain(&self.cells)
    }
}

/// Which of the cells watched have a chunk in a frame.
pub(super) struct CellBits<'a> {
    /// `None`: a single cell, which has one.
    bits: Option<&'a [u8]>,
}

impl<'a> CellBits<'a> {
    /// Reads the bits of so many cells at `at`, and moves on behind them.
    pub(super) fn read(bytes: &'a [u8], at: &mut usize, cells: usize) -> Result<Self, FrameError> {
        if cells < 2 {
            return Ok(Self { bits: None });
        }
        let error = FrameError::CellBits { at: *at };
        let length = cells.div_ceil(8);
        let Some(bits) = bytes.get(*at..*at + length) else { return Err(error) };
        let unused = 8 * length - cells;
        if bits.last().is_some_and(|last| u32::from(*last) >> (8 - unused) != 0) {
            return Err(error);
        }
        *at += length;
        Ok(Self { bits: Some(bits) })
    }

    pub(super) fn is_set(&self, index: usize) -> bool {
        self.bits.is_none_or(|bits| bits[index / 8] >> (index % 8) & 1 == 1)
    }
}
