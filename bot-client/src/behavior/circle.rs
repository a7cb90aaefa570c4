//! Goes round in circles.

use std::f64::consts::TAU;
use std::time::Duration;

use rand::RngExt;
use rand_pcg::Pcg32;

use super::Intent;

/// One round, in seconds.
const ROUND_S: f64 = 4.0;
/// Rate of turning of a game with a rudder, as a share of the most.
const RUDDER: f64 = 0.5;

/// A circling bot.
#[derive(Clone, Debug)]
pub struct Circle {
    first_heading: f64,
}

impl Circle {
    pub(super) fn new(rng: &mut Pcg32) -> Self {
        Self { first_heading: rng.random_range(0.0..TAU) }
    }

    pub(super) fn intent(&self, now: Duration) -> Intent {
        let heading = self.first_heading + now.as_secs_f64() / ROUND_S * TAU;
        Intent { heading, speed: 1.0, turn: RUDDER, thrust: true, ..Intent::default() }
    }
}
