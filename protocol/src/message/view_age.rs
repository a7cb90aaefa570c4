//! How old the others are on a player's screen when the player acts.

use bincode::{Decode, Encode};

/// How far what a client shows of others is behind the tick at which an input of its takes effect,
/// in 1/[`PER_TICK`](Self::PER_TICK) ticks. 0 for a client that does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct ViewAge(pub u16);

impl ViewAge {
    /// Steps of an age in one tick.
    pub const PER_TICK: u16 = 16;
    /// What a client sends that shows others as they will be, or does not tell.
    pub const UNTOLD: Self = Self(0);

    /// The age in ticks; exact.
    #[must_use]
    pub fn ticks(self) -> f32 {
        f32::from(self.0) / f32::from(Self::PER_TICK)
    }

    /// The nearest age to a number of ticks; what is negative or NaN is 0.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    pub fn from_ticks(ticks: f32) -> Self {
        Self((ticks * f32::from(Self::PER_TICK)).round() as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_sixteenths_of_ticks() {
        assert_eq!(ViewAge::from_ticks(2.5), ViewAge(40));
        assert_eq!(ViewAge(41).ticks(), 2.5625);
        for (ticks, age) in [(-1.0, 0), (f32::NAN, 0), (f32::INFINITY, 65_535), (0.04, 1)] {
            assert_eq!(ViewAge::from_ticks(ticks), ViewAge(age), "{ticks}");
        }
    }
}
