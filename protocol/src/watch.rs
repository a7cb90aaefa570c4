//! Which cells of a room's grid a client watches: a rectangle of them.
//!
//! A room's world is cut into square cells, and a client is sent the state of those that its view
//! touches. Cells are numbered row by row over the whole grid, and listed in that order.

use bincode::{Decode, Encode};
use thiserror::Error;

/// Most cells that a client watches at once.
pub const MAX_WATCHED: u32 = 4096;
/// Most cells of a grid.
pub const MAX_CELLS: u32 = 1 << 20;

/// The cells that a room's world is cut into. A small room is a single one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct GridSize {
    /// Cells side by side, from 1 on.
    pub columns: u32,
    /// Cells one below the other, from 1 on; `columns` × `rows` is at most [`MAX_CELLS`].
    pub rows: u32,
}

/// A grid without cells, or with more than there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a grid of {columns} × {rows} cells; 1 to {MAX_CELLS} are allowed")]
pub struct GridError {
    /// Columns given.
    pub columns: u32,
    /// Rows given.
    pub rows: u32,
}

impl GridSize {
    /// The grid of a small room.
    pub const SINGLE: Self = Self { columns: 1, rows: 1 };

    /// Whether it is a grid.
    ///
    /// # Errors
    /// [`GridError`] when it has no cells or too many.
    pub const fn validate(self) -> Result<(), GridError> {
        match self.columns.checked_mul(self.rows) {
            Some(1..=MAX_CELLS) => Ok(()),
            _ => Err(GridError { columns: self.columns, rows: self.rows }),
        }
    }
}

/// A rectangle of cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// First column.
    pub column: u32,
    /// First row.
    pub row: u32,
    /// Number of columns; 0 watches nothing.
    pub columns: u32,
    /// Number of rows.
    pub rows: u32,
}

impl Watch {
    /// All cells of a grid.
    #[must_use]
    pub const fn all(grid: GridSize) -> Self {
        Self { column: 0, row: 0, columns: grid.columns, rows: grid.rows }
    }

    /// Whether it lies within a grid and is not too large.
    #[must_use]
    pub fn fits(&self, grid: GridSize) -> bool {
        let is_within =
            |first: u32, count, all| first.checked_add(count).is_some_and(|end| end <= all);
        is_within(self.column, self.columns, grid.columns)
            && is_within(self.row, self.rows, grid.rows)
            && self.columns.checked_mul(self.rows).is_some_and(|cells| cells <= MAX_WATCHED)
    }

    /// Number of cells.
    #[must_use]
    pub const fn len(&self) -> usize {
        (self.columns * self.rows) as usize
    }

    /// Whether nothing is watched.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The cells' numbers in the grid, ascending.
    pub fn cells(&self, grid: GridSize) -> impl Iterator<Item = u32> + use<> {
        let Self { column, row, columns, rows } = *self;
        (row..row + rows).flat_map(move |row| {
            let first = row * grid.columns + column;
            first..first + columns
        })
    }

    /// Where a cell is among them; `None` when it is not.
    #[must_use]
    pub const fn index_of(&self, grid: GridSize, cell: u32) -> Option<usize> {
        let row = (cell / grid.columns).wrapping_sub(self.row);
        let column = (cell % grid.columns).wrapping_sub(self.column);
        if row < self.rows && column < self.columns {
            Some((row * self.columns + column) as usize)
        } else {
            None
        }
    }

    /// Whether a cell is among them.
    #[must_use]
    pub const fn contains(&self, grid: GridSize, cell: u32) -> bool {
        self.index_of(grid, cell).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRID: GridSize = GridSize { columns: 5, rows: 4 };

    #[test]
    fn cells_are_listed_row_by_row() {
        let watch = Watch { column: 3, row: 1, columns: 2, rows: 2 };
        assert!(watch.fits(GRID));
        assert_eq!(watch.cells(GRID).collect::<Vec<_>>(), [8, 9, 13, 14]);
        let contained: Vec<_> = (0..20).filter(|&cell| watch.contains(GRID, cell)).collect();
        assert_eq!(contained, [8, 9, 13, 14]);
        let indices = watch.cells(GRID).map(|cell| watch.index_of(GRID, cell));
        assert!(indices.eq((0..4).map(Some)));
        assert_eq!(Watch::default().cells(GRID).count(), 0);
        assert_eq!(Watch::all(GRID).len(), 20);
    }

    #[test]
    fn rectangles_beyond_the_grid_or_the_limit_do_not_fit() {
        let watch = |column, row, columns, rows| Watch { column, row, columns, rows };
        assert!(watch(0, 0, 5, 4).fits(GRID));
        assert!(!watch(1, 0, 5, 4).fits(GRID));
        assert!(!watch(0, u32::MAX, 1, 2).fits(GRID));
        let large = GridSize { columns: 1000, rows: 1000 };
        assert!(watch(0, 0, 64, 64).fits(large));
        assert!(!watch(0, 0, 64, 65).fits(large));
        assert!(!watch(0, 0, 1 << 31, 2).fits(GridSize { columns: u32::MAX, rows: 2 }));
    }

    #[test]
    fn grids_have_cells_and_not_too_many() {
        assert_eq!(GRID.validate(), Ok(()));
        assert!(GridSize { columns: 0, rows: 4 }.validate().is_err());
        assert!(GridSize { columns: 1 << 16, rows: 1 << 16 }.validate().is_err());
    }
}
