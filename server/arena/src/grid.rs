//! Who is near whom: a uniform grid, filled by a counting sort.
//!
//! Built anew whenever its content has moved, in time linear in items and cells and without
//! allocating once it has grown. The cells of a row lie one after the other, so a rectangle is read
//! as one run per row. It knows boxes and indices only; whoever asks looks at the exact shapes.

use glam::Vec2;

/// Smallest side of a cell, in world units: a few ships wide, and more than a bullet flies in a tick.
const MIN_CELL: f32 = 128.0;
/// Most cells per axis, so that a huge world with few ships does not cost a pass over its emptiness.
const MAX_CELLS: f32 = 256.0;

/// A rectangle along the axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Smallest x and y.
    pub min: Vec2,
    /// Largest x and y.
    pub max: Vec2,
}

impl Bounds {
    /// What is at most `reach` away from a point, per axis.
    #[must_use]
    pub fn around(point: Vec2, reach: f32) -> Self {
        Self { min: point - reach, max: point + reach }
    }

    /// What is at most `reach` away from the line between two points, per axis.
    #[must_use]
    pub fn along(from: Vec2, to: Vec2, reach: f32) -> Self {
        Self { min: from.min(to) - reach, max: from.max(to) + reach }
    }
}

/// Indices of items by the cells that they touch.
#[derive(Debug)]
pub struct Grid {
    cells_per_unit: f32,
    columns: u32,
    rows: u32,
    /// Where each cell's run in `items` begins; one entry more than there are cells.
    starts: Vec<u32>,
    items: Vec<u32>,
}

/// Cells from the first to the last, inclusive.
#[derive(Clone, Copy)]
struct CellRange {
    columns: [u32; 2],
    rows: [u32; 2],
}

impl Grid {
    /// An empty grid over a world.
    #[must_use]
    pub fn new(world: Vec2) -> Self {
        let cell = MIN_CELL.max(world.max_element() / MAX_CELLS);
        let count = |side: f32| (side / cell).ceil().max(1.0) as u32;
        let [columns, rows] = [count(world.x), count(world.y)];
        let starts = vec![0; (columns * rows) as usize + 1];
        Self { cells_per_unit: 1.0 / cell, columns, rows, starts, items: Vec::new() }
    }

    /// Replaces the content: the item of index i covers the i-th box.
    pub fn fill(&mut self, boxes: impl Iterator<Item = Bounds> + Clone) {
        self.starts.fill(0);
        for bounds in boxes.clone() {
            self.each_cell(bounds, |grid, cell| grid.starts[cell] += 1);
        }
        // From counts to the ends of the runs; putting the items in moves them to the beginnings.
        let mut total = 0;
        for start in &mut self.starts {
            total += *start;
            *start = total;
        }
        self.items.clear();
        self.items.resize(total as usize, 0);
        for (index, bounds) in boxes.enumerate() {
            self.each_cell(bounds, |grid, cell| {
                grid.starts[cell] -= 1;
                grid.items[grid.starts[cell] as usize] = index as u32;
            });
        }
    }

    /// Indices of the items whose cells a box touches; an item that covers several cells may come
    /// up several times.
    pub fn near(&self, bounds: Bounds) -> impl Iterator<Item = usize> + '_ {
        let range = self.cells_of(bounds);
        (range.rows[0]..=range.rows[1]).flat_map(move |row| {
            let first = (row * self.columns + range.columns[0]) as usize;
            let last = (row * self.columns + range.columns[1]) as usize;
            let run = self.starts[first] as usize..self.starts[last + 1] as usize;
            self.items[run].iter().map(|&index| index as usize)
        })
    }

    fn each_cell(&mut self, bounds: Bounds, mut visit: impl FnMut(&mut Self, usize)) {
        let range = self.cells_of(bounds);
        for row in range.rows[0]..=range.rows[1] {
            for column in range.columns[0]..=range.columns[1] {
                visit(self, (row * self.columns + column) as usize);
            }
        }
    }

    fn cells_of(&self, bounds: Bounds) -> CellRange {
        // The conversion saturates, so what lies outside counts among the border's cells.
        let cell = |place: f32, count: u32| ((place * self.cells_per_unit) as u32).min(count - 1);
        CellRange {
            columns: [bounds.min.x, bounds.max.x].map(|x| cell(x, self.columns)),
            rows: [bounds.min.y, bounds.max.y].map(|y| cell(y, self.rows)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{RngExt, SeedableRng};

    #[test]
    fn nothing_within_reach_is_missed() {
        let seed = 17;
        let mut rng = SmallRng::seed_from_u64(seed);
        let world = Vec2::new(3000.0, 900.0);
        let mut grid = Grid::new(world);
        for round in 0..20 {
            let mut place = || {
                let [x, y] = [world.x, world.y].map(|side| rng.random_range(-50.0..side + 50.0));
                Vec2::new(x, y)
            };
            let points: Vec<_> = (0..200).map(|_| place()).collect();
            let bounds = Bounds::along(place(), place(), 20.0);
            grid.fill(points.iter().map(|&point| Bounds::around(point, 30.0)));
            let found: Vec<_> = grid.near(bounds).collect();
            for (index, &point) in points.iter().enumerate() {
                let apart = (bounds.min - (point + 30.0)).max(point - 30.0 - bounds.max);
                let touches = apart.max_element() <= 0.0;
                assert!(!touches || found.contains(&index), "seed {seed}, round {round}: {point}");
            }
        }
        grid.fill(std::iter::empty());
        assert_eq!(grid.near(Bounds::around(Vec2::ZERO, 9999.0)).count(), 0);
    }
}
