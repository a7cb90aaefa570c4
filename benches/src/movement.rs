//! Movement: who is where at each tick. Read from a file, or made up.
//!
//! ```text
//! csv ───────────────────────┐
//! movers, platform, cars ────┴→ Movement (→ hold) → quantise → Recording: a room's only cell
//! space ──────────────────────────────────────────────────────→ Recording
//! ```
//!
//! | module | job |
//! |---|---|
//! | [`csv`] | movement from a file |
//! | [`synthetic`] | any of the next three, as a line of settings says |
//! | [`movers`] | things that steer, hold a heading and stop; people who walk and run |
//! | [`platform`], [`cars`] | runners who jump and fall; cars |
//! | [`space`] | bodies in space, which have rotations |
//! | [`hold`] | as it looks through a stream that repeats its samples |
//! | [`quantise`] | as a cell has it, in integers |

pub mod cars;
mod chance;
pub mod csv;
pub mod hold;
pub mod movers;
pub mod platform;
pub mod quantise;
pub mod space;
pub mod synthetic;

/// Places of the plane by id, at one tick.
pub type Places = Vec<(u32, [f64; 2])>;

/// Movement of a number of things in the plane, in units of its own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Movement {
    /// By tick from 0 on, each by ascending id. Ids may appear and vanish.
    pub ticks: Vec<Places>,
}

impl Movement {
    /// The smallest and the largest coordinates; `None` when nothing is anywhere.
    #[must_use]
    pub fn bounds(&self) -> Option<([f64; 2], [f64; 2])> {
        let places = || self.ticks.iter().flatten().map(|&(_, place)| place);
        let first = places().next()?;
        let fold = |choose: fn(f64, f64) -> f64| {
            places().fold(first, |bound, place| {
                [choose(bound[0], place[0]), choose(bound[1], place[1])]
            })
        };
        Some((fold(f64::min), fold(f64::max)))
    }

    /// Sum of what is there at each tick.
    #[must_use]
    pub fn entity_ticks(&self) -> usize {
        self.ticks.iter().map(Vec::len).sum()
    }
}
