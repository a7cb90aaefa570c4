//! Movement of things that steer, hold a heading and stop, made up: players, people, bullets.
//!
//! Each goes on for a while (exponentially distributed), then does one of three things: it *stops*;
//! it *steers*, that is turns at a steady rate; or it *holds* its heading, now and then a new one.
//! Its speed is drawn anew each time. [`Style`] says how often and how fast.

use std::f64::consts::{FRAC_PI_2, TAU};

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::Movement;
use super::chance::{exponential, normal};

/// How things move. Lengths are in units of the world, which is as large as it takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// Speed, uniformly distributed from one to the other, in units per second.
    pub speed: [f64; 2],
    /// Change of speed, in units per second squared; infinite for a game whose ships obey at once.
    pub acceleration: f64,
    /// Mean time from one decision to the next, in seconds.
    pub hold_s: f64,
    /// Share of decisions to stop.
    pub stop: f64,
    /// Share of decisions to steer.
    pub steer: f64,
    /// Fastest turn, in radians per second; rates are uniformly distributed up to it, either way.
    pub turn: f64,
    /// Share of the decisions to hold that take a new heading, any direction.
    pub veer: f64,
    /// Sway of a walker's gait to either side, in units; a third of it forward, twice as often.
    pub sway: f64,
    /// Standard deviation of a measurement's error, in units.
    pub jitter: f64,
    /// Whether headings follow a street: up or down, a few across.
    pub street: bool,
    /// Likelihood per second of being somewhere else at once.
    pub teleport: f64,
}

impl Style {
    /// Players of a game: obey at once, 60 to 200 units a second.
    pub const PLAYERS: Self = Self {
        speed: [60.0, 200.0],
        acceleration: f64::INFINITY,
        hold_s: 0.8,
        stop: 0.15,
        steer: 0.4,
        turn: 2.0,
        veer: 0.45,
        sway: 0.0,
        jitter: 0.0,
        street: false,
        teleport: 0.0,
    };
    /// People who walk, in metres.
    pub const WALKERS: Self = Self {
        speed: [0.6, 1.7],
        acceleration: 0.6,
        hold_s: 2.5,
        stop: 0.05,
        steer: 0.5,
        turn: 0.5,
        sway: 0.012,
        jitter: 0.002,
        ..Self::PLAYERS
    };
    /// People who walk up and down a street, in metres; a few across.
    pub const STREET: Self = Self { street: true, ..Self::WALKERS };
    /// People who have to go slowly, in metres, since there are too many of them.
    pub const CROWD: Self = Self { speed: [0.1, 0.9], hold_s: 1.5, sway: 0.02, ..Self::WALKERS };
    /// People who run on a pitch, in metres.
    pub const RUNNERS: Self = Self {
        speed: [0.5, 7.0],
        acceleration: 4.0,
        hold_s: 1.2,
        stop: 0.1,
        turn: 1.2,
        sway: 0.02,
        ..Self::PLAYERS
    };
    /// Bullets: straight on, gone after a second or so.
    pub const BULLETS: Self =
        Self { speed: [500.0, 900.0], hold_s: 10.0, stop: 0.0, steer: 0.0, ..Self::PLAYERS };
}

/// What to make up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Movers {
    /// How many things.
    pub players: u32,
    /// Ticks per second.
    pub hz: f64,
    /// Seconds.
    pub seconds: f64,
    /// Seed: the same one, the same movement.
    pub seed: u64,
    /// Share of them that never move.
    pub resting: f64,
    /// Mean seconds until one vanishes and another appears; 0 for never.
    pub life_s: f64,
    /// How they move.
    pub style: Style,
}

/// Sides of the square in which things appear, as seconds of the fastest speed.
const SPREAD_S: f64 = 20.0;
/// Steps of a walker per second, either foot.
const GAIT_HZ: std::ops::Range<f64> = 0.8..1.1;

/// One thing that moves.
struct Mover {
    id: u32,
    rests: bool,
    place: [f64; 2],
    heading: f64,
    speed: f64,
    wanted_speed: f64,
    turn: f64,
    decides_in: f64,
    dies_in: f64,
    gait: f64,
    gait_hz: f64,
}

impl Movers {
    /// Makes it up.
    #[must_use]
    pub fn movement(&self) -> Movement {
        let mut rng = Pcg64Mcg::seed_from_u64(self.seed);
        let mut next_id = self.players;
        let mut movers: Vec<_> = (0..self.players).map(|id| self.appear(id, &mut rng)).collect();
        let resting = (f64::from(self.players) * self.resting).round() as usize;
        movers.iter_mut().take(resting).for_each(|mover| mover.rests = true);
        let ticks = (self.seconds * self.hz).round().max(1.0) as usize;
        let mut movement = Movement::default();
        for _ in 0..ticks {
            for mover in &mut movers {
                mover.dies_in -= 1.0 / self.hz;
                if mover.dies_in < 0.0 {
                    *mover = self.appear(next_id, &mut rng);
                    next_id += 1;
                } else if !mover.rests {
                    self.advance(mover, &mut rng);
                }
            }
            let mut places: Vec<_> =
                movers.iter().map(|mover| (mover.id, self.measure(mover, &mut rng))).collect();
            places.sort_by_key(|(id, _)| *id);
            movement.ticks.push(places);
        }
        movement
    }

    fn appear(&self, id: u32, rng: &mut Pcg64Mcg) -> Mover {
        let side = self.style.speed[1] * SPREAD_S;
        let mut mover = Mover {
            id,
            rests: false,
            place: [rng.random_range(0.0..side), rng.random_range(0.0..side)],
            heading: rng.random_range(0.0..TAU),
            speed: 0.0,
            wanted_speed: 0.0,
            turn: 0.0,
            decides_in: 0.0,
            dies_in: if self.life_s > 0.0 { exponential(self.life_s, rng) } else { f64::INFINITY },
            gait: rng.random_range(0.0..TAU),
            gait_hz: rng.random_range(GAIT_HZ),
        };
        self.decide(&mut mover, rng);
        // It has been under way before it appeared.
        mover.speed = mover.wanted_speed;
        mover
    }

    fn decide(&self, mover: &mut Mover, rng: &mut Pcg64Mcg) {
        let Style { speed, hold_s, stop, steer, turn, veer, street, .. } = self.style;
        mover.decides_in = exponential(hold_s, rng);
        mover.turn = 0.0;
        let choice: f64 = rng.random();
        if choice < stop {
            mover.wanted_speed = 0.0;
            return;
        }
        mover.wanted_speed = rng.random_range(speed[0]..=speed[1]);
        if choice < stop + steer {
            mover.turn = rng.random_range(-turn..=turn);
        } else if rng.random_bool(veer) {
            mover.heading = rng.random_range(0.0..TAU);
        }
        if street {
            let along = if mover.id.is_multiple_of(5) { 0.0 } else { FRAC_PI_2 };
            let way = if mover.id.is_multiple_of(2) { 1.0 } else { -1.0 };
            mover.heading = way * along + 0.15 * normal(rng);
            mover.turn *= 0.2;
        }
    }

    fn advance(&self, mover: &mut Mover, rng: &mut Pcg64Mcg) {
        let dt = 1.0 / self.hz;
        mover.decides_in -= dt;
        if mover.decides_in < 0.0 {
            self.decide(mover, rng);
        }
        let most = self.style.acceleration * dt;
        mover.speed += (mover.wanted_speed - mover.speed).clamp(-most, most);
        mover.heading += mover.turn * dt;
        mover.gait += TAU * mover.gait_hz * dt;
        mover.place[0] += mover.speed * mover.heading.cos() * dt;
        mover.place[1] += mover.speed * mover.heading.sin() * dt;
        if self.style.teleport > 0.0 && rng.random_bool((self.style.teleport * dt).min(1.0)) {
            let side = self.style.speed[1] * SPREAD_S;
            mover.place = [rng.random_range(0.0..side), rng.random_range(0.0..side)];
        }
    }

    /// Where a mover is seen: swaying, and not quite exactly.
    fn measure(&self, mover: &Mover, rng: &mut Pcg64Mcg) -> [f64; 2] {
        let Style { sway, jitter, .. } = self.style;
        if mover.rests || (sway == 0.0 && jitter == 0.0) {
            return mover.place;
        }
        let sway = if mover.speed > 0.0 { sway } else { 0.2 * sway };
        let (aside, forward) = (sway * mover.gait.sin(), sway / 3.0 * (2.0 * mover.gait).sin());
        let (sin, cos) = mover.heading.sin_cos();
        [
            mover.place[0] + forward * cos - aside * sin + jitter * normal(rng),
            mover.place[1] + forward * sin + aside * cos + jitter * normal(rng),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_moves_the_same_and_what_rests_does_not_move() {
        let movers = Movers {
            players: 20,
            hz: 10.0,
            seconds: 5.0,
            seed: 3,
            resting: 0.5,
            life_s: 0.0,
            style: Style::PLAYERS,
        };
        let movement = movers.movement();
        assert_eq!(movement, movers.movement());
        assert_eq!((movement.ticks.len(), movement.entity_ticks()), (50, 1000));
        let (first, last) = (&movement.ticks[0], &movement.ticks[49]);
        assert_eq!(first.iter().zip(last).filter(|(one, other)| one == other).count(), 10);
    }
}
