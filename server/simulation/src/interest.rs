//! Who sees what: the world as a grid of square cells, and the cells that a view touches.
//!
//! Both the cell of an entity and the cells that a client watches change with some reluctance, so
//! that what trembles on a border does not come and go with every tick: an entity stays in its cell
//! until it is `ENTITY_MARGIN` outside of it, and a client watches a cell from when its view comes
//! that near until it is half a cell away.

use tickwire_protocol::watch::{GridError, GridSize, MAX_WATCHED, Watch};

use crate::game::View;

/// How far an entity goes beyond its cell before it changes cells, as a share of the cell's side.
const ENTITY_MARGIN: f32 = 1.0 / 16.0;
/// How far a view goes from a cell before it is no longer watched, as a share of the cell's side.
const WATCH_MARGIN: f32 = 0.5;

/// Whether players of a game see all of its world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Interest {
    /// Everybody sees everything: a small room, which is a single cell.
    Everything,
    /// Everybody sees the cells that their view touches.
    Cells(Cells),
}

/// Side up to which a world is small: a few screens, of which everybody can be sent all for less
/// than the leaves and enters of cells would take.
const SMALL_SIDE: f32 = 4000.0;
/// Side of the cells of a larger world: a quarter of a common screen's width, so that what is watched
/// out of view is about as much as what is in it.
const CELL_SIDE: f32 = 500.0;

impl Interest {
    /// What suits a world from [0, 0] to `sides` of whose middle or players' surroundings `view` is
    /// seen at once.
    #[must_use]
    pub fn of_world(sides: [f32; 2], view: [f32; 2]) -> Self {
        if sides.iter().all(|&side| side <= SMALL_SIDE) {
            return Self::Everything;
        }
        let spectator = View { center: sides.map(|side| side / 2.0), size: view };
        Self::Cells(Cells { min: [0.0; 2], max: sides, side: CELL_SIDE, spectator })
    }
}

/// How a world is cut into cells, by x and y of what is in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cells {
    /// Smallest x and y, in world units. What lies outside counts to the nearest cell.
    pub min: [f32; 2],
    /// Largest x and y, in world units.
    pub max: [f32; 2],
    /// Side of a cell, in world units. A quarter to a half of a view is a good size: smaller cells
    /// cost more bytes for their number, larger ones for what is in them out of view.
    pub side: f32,
    /// What a spectator sees who has not chosen anything.
    pub spectator: View,
}

/// A world cut into cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Grid {
    min: [f32; 2],
    side: f32,
    size: GridSize,
    spectator: Option<View>,
}

impl Grid {
    /// The grid of a game.
    ///
    /// # Errors
    /// [`GridError`] when there would be no cells, or too many: so it is when a side is not above 0,
    /// a smallest coordinate not below the largest one, or any of them no finite number.
    pub fn new(interest: Interest) -> Result<Self, GridError> {
        let Interest::Cells(Cells { min, max, side, spectator }) = interest else {
            return Ok(Self::single());
        };
        // `as` saturates; what is negative gives 0, and so does a NaN: that is no grid. A side below
        // 0 must not make up for a world that ends before it begins.
        let side = side.max(0.0);
        let cells = |axis: usize| ((max[axis] - min[axis]) / side).ceil() as u32;
        let size = GridSize { columns: cells(0), rows: cells(1) };
        size.validate()?;
        Ok(Self { min, side, size, spectator: Some(spectator) })
    }

    /// The grid of a small room.
    #[must_use]
    pub const fn single() -> Self {
        let (min, side) = ([0.0; 2], f32::INFINITY);
        Self { min, side, size: GridSize::SINGLE, spectator: None }
    }

    /// Its columns and rows.
    #[must_use]
    pub const fn size(&self) -> GridSize {
        self.size
    }

    /// Whether it is a single cell.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.size == GridSize::SINGLE
    }

    /// What a spectator sees who has not chosen anything; `None` for all of it.
    #[must_use]
    pub const fn spectator_view(&self) -> Option<View> {
        self.spectator
    }

    /// The cell of something at a place, which was in `current` so far.
    #[must_use]
    pub fn cell_of(&self, place: [f32; 2], current: Option<u32>) -> u32 {
        if let Some(current) = current {
            let cell = [current % self.size.columns, current / self.size.columns];
            let stays = (0..2).all(|axis| {
                let from_start = place[axis] - self.min[axis] - cell[axis] as f32 * self.side;
                let margin = ENTITY_MARGIN * self.side;
                (-margin..=self.side + margin).contains(&from_start)
            });
            if stays {
                return current;
            }
        }
        self.index(1, place[1]) * self.size.columns + self.index(0, place[0])
    }

    /// The column (axis 0) or row (axis 1) of a coordinate; the nearest one if it is outside.
    fn index(&self, axis: usize, coordinate: f32) -> u32 {
        let count = if axis == 0 { self.size.columns } else { self.size.rows };
        // `as` saturates at 0.
        (((coordinate - self.min[axis]) / self.side) as u32).min(count - 1)
    }

    /// What to watch for a view, by somebody who has watched `current` so far; `None` is a view of
    /// all of it. More cells than can be watched are cut to those around the view's middle, or the
    /// world's. A game's view can be anything: a size below 0, or that is no number, is 0, and where
    /// a coordinate is no number, the world begins.
    #[must_use]
    pub fn watch(&self, view: Option<View>, current: Watch) -> Watch {
        let all = Watch::all(self.size);
        let view = match view {
            Some(_) if self.is_single() => return all,
            None if all.len() <= MAX_WATCHED as usize => return all,
            None => self.everything(),
            Some(view) => view,
        };
        let [columns, rows] = [0, 1].map(|axis| {
            let current = if axis == 0 {
                (current.column, current.columns)
            } else {
                (current.row, current.rows)
            };
            self.span(axis, view, current)
        });
        if columns.1.saturating_mul(rows.1) <= MAX_WATCHED {
            return Watch { column: columns.0, row: rows.0, columns: columns.1, rows: rows.1 };
        }
        let [columns, rows] = [(0, columns), (1, rows)].map(|(axis, span)| {
            let most = MAX_WATCHED.isqrt().min(span.1);
            let middle = self.index(axis, view.center[axis]);
            let last_first = span.0 + span.1 - most;
            (middle.saturating_sub(most / 2).clamp(span.0, last_first), most)
        });
        Watch { column: columns.0, row: rows.0, columns: columns.1, rows: rows.1 }
    }

    /// All of the world, as a view.
    fn everything(&self) -> View {
        let size = [self.size.columns, self.size.rows].map(|cells| cells as f32 * self.side);
        View { center: [0, 1].map(|axis| self.min[axis] + size[axis] / 2.0), size }
    }

    /// First and number of the columns or rows that a view touches, which change reluctantly.
    fn span(&self, axis: usize, view: View, (first, count): (u32, u32)) -> (u32, u32) {
        let half = view.size[axis].max(0.0) / 2.0;
        let around = |margin: f32| {
            let reach = half + margin * self.side;
            let middle = view.center[axis];
            (self.index(axis, middle - reach), self.index(axis, middle + reach))
        };
        let (inner_first, inner_last) = around(ENTITY_MARGIN);
        let (mut outer_first, mut outer_last) = around(ENTITY_MARGIN + WATCH_MARGIN);
        if count == 0 {
            (outer_first, outer_last) = (inner_first, inner_last);
        }
        let last = (first + count).saturating_sub(1).clamp(inner_last, outer_last);
        let first = first.clamp(outer_first, inner_first);
        (first, last - first + 1)
    }

    /// How near a cell is to the middle of a view.
    #[must_use]
    pub fn nearness(&self, cell: u32, view: View) -> Nearness {
        let index = [cell % self.size.columns, cell / self.size.columns];
        let touches = |share: f32| {
            (0..2).all(|axis| {
                let reach = share * view.size[axis].max(0.0) / 2.0;
                let first = self.index(axis, view.center[axis] - reach);
                let last = self.index(axis, view.center[axis] + reach);
                (first..=last).contains(&index[axis])
            })
        };
        if touches(0.5) {
            Nearness::Near
        } else if touches(1.0) {
            Nearness::InView
        } else {
            Nearness::Outside
        }
    }
}

/// How near a cell is to the middle of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nearness {
    /// Watched, but out of view.
    Outside,
    /// In view.
    InView,
    /// In the inner half of the view.
    Near,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid() -> Grid {
        let spectator = View { center: [400.0, 300.0], size: [200.0; 2] };
        let cells = Cells { min: [0.0; 2], max: [800.0, 600.0], side: 100.0, spectator };
        Grid::new(Interest::Cells(cells)).unwrap()
    }

    fn view(x: f32, y: f32) -> View {
        View { center: [x, y], size: [180.0, 80.0] }
    }

    #[test]
    fn entities_change_cells_reluctantly() {
        let grid = grid();
        assert_eq!(grid.size(), GridSize { columns: 8, rows: 6 });
        assert_eq!(grid.cell_of([101.0, 0.0], None), 1);
        assert_eq!(grid.cell_of([101.0, 0.0], Some(0)), 0);
        assert_eq!(grid.cell_of([107.0, 0.0], Some(0)), 1);
        assert_eq!(grid.cell_of([95.0, 0.0], Some(1)), 1);
        assert_eq!(grid.cell_of([-50.0, 9999.0], None), 40, "outside is the nearest cell");
        assert_eq!(grid.cell_of([f32::NAN; 2], Some(3)), 0);
    }

    #[test]
    fn a_view_watches_what_it_touches_and_lets_go_reluctantly() {
        let grid = grid();
        let first = grid.watch(Some(view(400.0, 350.0)), Watch::default());
        assert_eq!(first, Watch { column: 3, row: 3, columns: 2, rows: 1 });
        let moved = grid.watch(Some(view(330.0, 350.0)), first);
        assert_eq!(moved, Watch { column: 2, row: 3, columns: 3, rows: 1 });
        let further = grid.watch(Some(view(240.0, 350.0)), moved);
        assert_eq!(
            further,
            Watch { column: 1, row: 3, columns: 3, rows: 1 },
            "4 is let go, 3 is not"
        );
        let corner = grid.watch(Some(view(0.0, 0.0)), further);
        assert_eq!(corner, Watch { column: 0, row: 0, columns: 2, rows: 1 });
    }

    #[test]
    fn jumping_views_and_endless_ones_end_at_the_grid() {
        let grid = grid();
        let all = View { center: [0.0, 0.0], size: [f32::INFINITY; 2] };
        assert_eq!(grid.watch(Some(all), Watch::default()), Watch::all(grid.size()));
        let far = grid
            .watch(Some(view(790.0, 590.0)), grid.watch(Some(view(0.0, 0.0)), Watch::default()));
        assert!(far.fits(grid.size()) && far.contains(grid.size(), 47), "{far:?}");
        assert!(far.len() <= 4, "{far:?}");
    }

    #[test]
    fn nearness_goes_by_the_view() {
        let grid = grid();
        let view = View { center: [450.0, 350.0], size: [300.0, 100.0] };
        assert_eq!(grid.nearness(3 * 8 + 4, view), Nearness::Near);
        assert_eq!(grid.nearness(3 * 8 + 3, view), Nearness::Near);
        assert_eq!(grid.nearness(3 * 8 + 6, view), Nearness::InView);
        assert_eq!(grid.nearness(8 + 4, view), Nearness::Outside);
    }

    #[test]
    fn a_world_without_cells_is_a_single_one() {
        let grid = Grid::new(Interest::Everything).unwrap();
        assert!(grid.is_single());
        assert_eq!(grid.cell_of([1e9, -1e9], None), 0);
        assert_eq!(
            grid.watch(Some(view(0.0, 0.0)), Watch::default()),
            Watch::all(GridSize::SINGLE)
        );
    }

    #[test]
    fn more_than_can_be_watched_is_cut_to_the_middle() {
        let grid = |width: f32, height: f32| {
            let spectator = View { center: [0.0; 2], size: [0.0; 2] };
            let cells = Cells { min: [0.0; 2], max: [width, height], side: 1.0, spectator };
            Grid::new(Interest::Cells(cells)).unwrap()
        };
        let long = grid(4096.0, 1.0);
        assert_eq!(long.watch(None, Watch::default()), Watch::all(long.size()));
        let large = grid(200.0, 100.0);
        let around_middle = Watch { column: 68, row: 18, columns: 64, rows: 64 };
        assert_eq!(large.watch(None, Watch::default()), around_middle);
        let all = View { center: [0.0; 2], size: [1.0e9; 2] };
        let corner = large.watch(Some(all), Watch::default());
        assert_eq!(corner, Watch { column: 0, row: 0, columns: 64, rows: 64 });
    }

    #[test]
    fn a_view_of_no_size_is_near_where_its_middle_is() {
        for size in [0.0, -0.0, -100.0, f32::NEG_INFINITY, f32::NAN] {
            let view = View { center: [450.0, 350.0], size: [size; 2] };
            let watch = grid().watch(Some(view), Watch::default());
            assert_eq!(watch, Watch { column: 4, row: 3, columns: 1, rows: 1 }, "{size}");
            assert_eq!(grid().nearness(3 * 8 + 4, view), Nearness::Near, "{size}");
            assert_eq!(grid().nearness(3 * 8 + 5, view), Nearness::Outside, "{size}");
        }
    }
}
