//! Movement of a game of platforms, made up: runners of a steady speed on terraces of many heights,
//! who jump, fall, stop at walls and are set back now and then.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::Movement;
use super::chance::exponential;

/// Height of a terrace is a multiple of this, in pixels.
const TILE: f64 = 32.0;
/// Width of a terrace, in pixels.
const TERRACE: f64 = 160.0;
/// Terraces side by side.
const TERRACES: usize = 40;
/// Steps of the game per second: finer than any rate at which it is looked at.
const GAME_HZ: f64 = 300.0;

/// What to make up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Platform {
    /// Runners.
    pub players: u32,
    /// Ticks per second at which they are looked at.
    pub hz: f64,
    /// Seconds.
    pub seconds: f64,
    /// Seed: the same one, the same movement.
    pub seed: u64,
    /// Speed on level ground, in pixels per second.
    pub run: f64,
    /// Seconds until a runner is at full speed, and until one stops.
    pub inertia_s: f64,
    /// In pixels per second squared.
    pub gravity: f64,
    /// Height of a jump, in pixels.
    pub jump: f64,
    /// Mean time between a runner's decisions, in seconds.
    pub hold_s: f64,
    /// Whether the game tells whole pixels.
    pub whole_pixels: bool,
}

impl Platform {
    /// A quick one, such as are played in arenas.
    pub const QUICK: Self = Self {
        players: 12,
        hz: 25.0,
        seconds: 60.0,
        seed: 1,
        run: 400.0,
        inertia_s: 0.12,
        gravity: 1250.0,
        jump: 140.0,
        hold_s: 0.5,
        whole_pixels: false,
    };
    /// A leisurely one.
    pub const SLOW: Self =
        Self { run: 120.0, inertia_s: 0.0, gravity: 600.0, jump: 70.0, hold_s: 1.2, ..Self::QUICK };
}

struct Runner {
    place: [f64; 2],
    velocity: [f64; 2],
    /// −1, 0 or 1.
    wanted: f64,
    decides_in: f64,
    is_falling: bool,
}

impl Platform {
    /// Makes it up.
    #[must_use]
    pub fn movement(&self) -> Movement {
        let mut rng = Pcg64Mcg::seed_from_u64(self.seed);
        let heights: Vec<f64> =
            (0..TERRACES).map(|_| TILE * f64::from(rng.random_range(0..5_u8))).collect();
        let mut runners: Vec<_> = (0..self.players).map(|_| appear(&heights, &mut rng)).collect();
        let ticks = (self.seconds * self.hz).round().max(1.0) as usize;
        let steps = (GAME_HZ / self.hz).round().max(1.0) as usize;
        let mut movement = Movement::default();
        for _ in 0..ticks {
            for runner in &mut runners {
                for _ in 0..steps {
                    self.advance(runner, &heights, 1.0 / (self.hz * steps as f64), &mut rng);
                }
            }
            let places = runners.iter().map(|runner| {
                runner.place.map(|axis| if self.whole_pixels { axis.round() } else { axis })
            });
            movement.ticks.push((0..).zip(places).collect());
        }
        movement
    }

    fn advance(&self, runner: &mut Runner, heights: &[f64], dt: f64, rng: &mut Pcg64Mcg) {
        runner.decides_in -= dt;
        if runner.decides_in < 0.0 {
            self.decide(runner, heights, rng);
        }
        let wanted = runner.wanted * self.run;
        let most =
            if self.inertia_s > 0.0 { self.run / self.inertia_s * dt } else { f64::INFINITY };
        runner.velocity[0] += (wanted - runner.velocity[0]).clamp(-most, most);
        let [x, y] = runner.place;
        let next = x + runner.velocity[0] * dt;
        if ground(heights, next) > y + 1e-6 {
            // A wall. Over it, at the next best moment.
            runner.velocity[0] = 0.0;
            runner.decides_in = runner.decides_in.min(0.15);
        } else {
            runner.place[0] = next;
        }
        let floor = ground(heights, runner.place[0]);
        runner.is_falling |= floor < y - 1e-6;
        if runner.is_falling {
            runner.velocity[1] -= self.gravity * dt;
            runner.place[1] += runner.velocity[1] * dt;
            if runner.place[1] <= floor {
                runner.place[1] = floor;
                (runner.velocity[1], runner.is_falling) = (0.0, false);
            }
        }
    }

    fn decide(&self, runner: &mut Runner, heights: &[f64], rng: &mut Pcg64Mcg) {
        runner.decides_in = 0.05 + exponential(self.hold_s, rng);
        let choice: f64 = rng.random();
        if choice < 0.02 {
            *runner = appear(heights, rng);
        } else if choice < 0.15 {
            runner.wanted = 0.0;
        } else if choice < 0.5 && !runner.is_falling {
            runner.velocity[1] = (2.0 * self.gravity * self.jump).sqrt();
            runner.is_falling = true;
            if runner.wanted == 0.0 {
                runner.wanted = if rng.random() { 1.0 } else { -1.0 };
            }
        } else if choice < 0.8 {
            runner.wanted = if rng.random() { 1.0 } else { -1.0 };
        }
    }
}

fn appear(heights: &[f64], rng: &mut Pcg64Mcg) -> Runner {
    let x = rng.random_range(0.0..TERRACE * TERRACES as f64);
    Runner {
        place: [x, ground(heights, x)],
        velocity: [0.0; 2],
        wanted: 0.0,
        decides_in: exponential(0.5, rng),
        is_falling: false,
    }
}

/// Height of the ground; beyond the ends there are walls.
fn ground(heights: &[f64], x: f64) -> f64 {
    if x < 0.0 {
        return f64::INFINITY;
    }
    heights.get((x / TERRACE) as usize).copied().unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runners_jump_fall_stop_and_are_never_in_the_ground() {
        let platform = Platform { whole_pixels: true, ..Platform::QUICK };
        let movement = platform.movement();
        assert_eq!(movement, platform.movement());
        assert_eq!(movement.ticks.len(), 1500);
        let steps: Vec<_> = movement
            .ticks
            .windows(2)
            .flat_map(|ticks| ticks[0].iter().zip(&ticks[1]))
            .map(|((_, before), (_, after))| [after[0] - before[0], after[1] - before[1]])
            .collect();
        let share = |is: fn(&[f64; 2]) -> bool| {
            steps.iter().filter(|step| is(step)).count() as f64 / steps.len() as f64
        };
        assert!((0.05..0.6).contains(&share(|step| *step == [0.0; 2])));
        assert!((0.2..0.9).contains(&share(|step| step[0].abs() == 16.0)), "full speed");
        assert!((0.1..0.7).contains(&share(|step| step[1] != 0.0)), "in the air");
        let (min, max) = movement.bounds().unwrap();
        assert!(min[1] >= 0.0 && max[0] <= TERRACE * TERRACES as f64);
    }
}
