//! What is meant in seconds, as a ship counts it: in whole steps per tick.
//!
//! Whatever a ship's next tick goes by lies on a grid of 1/64 or is a whole number, so that its player
//! can be told all of it and repeats the rules exactly ([`ship`](crate::ship)).

use crate::bullets::GUN_COOLDOWN;
use crate::fleet::{DASH_COOLDOWN, DASH_SHOWN, PROTECTION, REGENERATION};

/// Steps of a unit: of position, velocity, energy, and of a tick of the gun's wait.
pub const STEPS: f32 = 64.0;

/// Rates and waits at one length of a tick.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Seconds per tick.
    pub dt: f32,
    /// Energy that comes back per tick.
    pub regeneration: f32,
    /// Ticks from one shot to the next, on the grid: shots keep their average rate.
    pub gun_cooldown: f32,
    /// Ticks from one dash to the next.
    pub dash_cooldown: u16,
    /// Ticks for which a dash is seen as one.
    pub dash_shown: u16,
    /// Ticks for which a new ship cannot be hurt.
    pub protection: u16,
}

impl Pace {
    /// The pace of ticks of so many seconds.
    #[must_use]
    pub fn of(dt: f32) -> Self {
        let ticks = |seconds: f32| (seconds / dt + 0.5).floor() as u16;
        Self {
            dt,
            regeneration: nearest(REGENERATION * dt),
            gun_cooldown: nearest(GUN_COOLDOWN / dt),
            dash_cooldown: ticks(DASH_COOLDOWN),
            dash_shown: ticks(DASH_SHOWN),
            protection: ticks(PROTECTION),
        }
    }
}

/// The nearest point of the grid to a number that is not negative, of two the larger one:
/// `floor(number · 64 + 0.5) / 64`. (A conversion, because `floor` is a call on many machines.)
#[must_use]
pub fn nearest(number: f32) -> f32 {
    (number * STEPS + 0.5) as i32 as f32 / STEPS
}

/// The next point of the grid towards zero, which is never −0: `truncate(number · 64) / 64 + 0`.
#[must_use]
pub fn towards_zero(number: f32) -> f32 {
    (number * STEPS) as i32 as f32 / STEPS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{HELM_STEP, MAX_WAIT};

    #[test]
    fn the_grid_is_the_one_that_players_are_told_of() {
        assert_eq!(1.0 / STEPS, HELM_STEP);
        for (number, rounded, cut) in
            [(0.03, 0.03125, 0.015_625), (0.02, 0.015_625, 0.015_625), (0.004, 0.0, 0.0)]
        {
            assert_eq!((nearest(number), towards_zero(number)), (rounded, cut), "{number}");
        }
        assert_eq!(towards_zero(-0.03), -0.015_625);
        assert!(towards_zero(-0.001).is_sign_positive());
        assert_eq!(nearest(65_535.99), 65_535.984, "in the largest world");
    }

    #[test]
    fn waits_are_the_same_in_seconds_at_every_rate() {
        assert_eq!(Pace::of(1.0 / 30.0).protection, 60);
        for hz in [5_u16, 20, 30, 60, 128, 240] {
            let pace = Pace::of(1.0 / f32::from(hz));
            let seconds = |ticks: f32| ticks * pace.dt;
            assert!((seconds(pace.gun_cooldown) - GUN_COOLDOWN).abs() < 0.01 / 5.0, "{hz} Hz");
            let regained = pace.regeneration * f32::from(hz);
            assert!((regained - REGENERATION).abs() < 0.5 * f32::from(hz) / STEPS, "{hz} Hz");
            for (ticks, wanted) in [
                (pace.dash_cooldown, DASH_COOLDOWN),
                (pace.dash_shown, DASH_SHOWN),
                (pace.protection, PROTECTION),
            ] {
                assert!((seconds(ticks.into()) - wanted).abs() <= 0.51 * pace.dt, "{hz} Hz");
                assert!(i32::from(ticks) <= MAX_WAIT, "{hz} Hz");
            }
        }
    }
}
