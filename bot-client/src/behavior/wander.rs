//! Keeps a random heading for a while, then takes another.

use std::f64::consts::TAU;
use std::time::Duration;

use rand::RngExt;
use rand_pcg::Pcg32;

use super::Intent;

/// How long a heading is kept, in seconds.
const HOLD_S: std::ops::Range<f64> = 0.25..2.0;

/// A wandering bot. A ship among them also turns, drifts, shoots and dashes now and then.
#[derive(Clone, Debug, Default)]
pub struct Wander {
    until: Duration,
    intent: Intent,
}

impl Wander {
    pub(super) fn intent(&mut self, now: Duration, rng: &mut Pcg32) -> Intent {
        if now < self.until {
            // A jump is made once, at the start of a heading.
            self.intent.dash = false;
            return self.intent;
        }
        self.until = now + Duration::from_secs_f64(rng.random_range(HOLD_S));
        self.intent = Intent {
            heading: rng.random_range(0.0..TAU),
            speed: 1.0,
            turn: if rng.random_bool(0.6) { rng.random_range(-1.0..=1.0) } else { 0.0 },
            thrust: rng.random_bool(0.7),
            fire: rng.random_bool(0.3),
            dash: rng.random_bool(0.1),
        };
        self.intent
    }
}
