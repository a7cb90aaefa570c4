//! How often a client is sent its far cells: as often as its budget of bytes allows for.

use crate::interest::Nearness;

/// Ticks between two frames of the slowest rate: what rates are multiples of.
pub(super) const SLOWEST: u32 = 4;

/// Ticks from one chunk to the next for cells outside of the view, and for those in it. Near cells
/// are sent in every tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rates {
    outside: u8,
    in_view: u8,
}

impl Rates {
    /// What everybody gets whose budget suffices.
    pub(super) const PLENTY: Self = Self::new(1, 1);
    /// From all that one could wish to the least: the first that fits the budget is taken.
    const ALL: [Self; 5] =
        [Self::PLENTY, Self::new(2, 1), Self::new(4, 1), Self::new(4, 2), Self::LEAST];
    const LEAST: Self = Self::new(4, 4);

    const fn new(outside: u8, in_view: u8) -> Self {
        Self { outside, in_view }
    }

    /// The highest at which cells fit a budget of bytes per tick, or the lowest, for a client that is
    /// sent a frame in every `send_every`-th tick. `sizes` holds what all cells that are as near take
    /// if they are sent in every tick, in the order of [`Nearness`].
    pub(super) fn affordable(sizes: [f32; 3], send_every: u32, budget: f32) -> Self {
        let [outside, in_view, near] = sizes;
        // A chunk over n ticks takes about √n times what one over a single tick does.
        let less = |size: f32, every: u8| size / (u32::from(every).max(send_every) as f32).sqrt();
        let fits = |rates: &&Self| {
            less(near, 1) + less(in_view, rates.in_view) + less(outside, rates.outside) <= budget
        };
        Self::ALL.iter().find(fits).copied().unwrap_or(Self::LEAST)
    }

    /// The rate of a cell; how near it is is only asked if it matters.
    pub(super) fn of(self, nearness: impl FnOnce() -> Nearness) -> u8 {
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
