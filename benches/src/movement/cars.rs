//! Movement of cars in a pen, made up: they speed up, brake, steer, slide along the walls, and leap.

use std::f64::consts::TAU;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::Movement;
use super::chance::exponential;

/// Half the sides of the pen, in units: a car needs some five seconds from end to end.
const PEN: [f64; 2] = [5000.0, 4000.0];
/// Time from which on a car turns sharply: its steering depends on its speed.
const STEER_RAMP: f64 = 400.0;
/// Seconds in which a car that rolls loses most of its speed.
const ROLL_S: f64 = 2.5;
/// Share of the speed that is left after a wall.
const BOUNCE: f64 = 0.5;

/// What to make up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cars {
    /// Cars.
    pub cars: u32,
    /// Ticks per second.
    pub hz: f64,
    /// Seconds.
    pub seconds: f64,
    /// Seed: the same one, the same movement.
    pub seed: u64,
    /// Top speed, in units per second.
    pub speed: f64,
    /// Change of speed at full throttle, in units per second squared.
    pub thrust: f64,
    /// Fastest turn, in radians per second.
    pub turn: f64,
}

impl Cars {
    /// Cars that play ball.
    pub const BALL: Self = Self {
        cars: 7,
        hz: 30.0,
        seconds: 60.0,
        seed: 1,
        speed: 1800.0,
        thrust: 1200.0,
        turn: 2.6,
    };
    /// Cars on a road.
    pub const ROAD: Self = Self { speed: 900.0, thrust: 350.0, turn: 0.9, ..Self::BALL };
}

struct Car {
    place: [f64; 2],
    velocity: [f64; 2],
    heading: f64,
    throttle: f64,
    wheel: f64,
    wanted_wheel: f64,
    decides_in: f64,
}

impl Cars {
    /// Makes it up.
    #[must_use]
    pub fn movement(&self) -> Movement {
        let mut rng = Pcg64Mcg::seed_from_u64(self.seed);
        let mut cars: Vec<_> = (0..self.cars).map(|_| appear(&mut rng)).collect();
        let ticks = (self.seconds * self.hz).round().max(1.0) as usize;
        let mut movement = Movement::default();
        for _ in 0..ticks {
            for car in &mut cars {
                self.advance(car, &mut rng);
            }
            movement.ticks.push((0..).zip(cars.iter().map(|car| car.place)).collect());
        }
        movement
    }

    fn advance(&self, car: &mut Car, rng: &mut Pcg64Mcg) {
        let dt = 1.0 / self.hz;
        car.decides_in -= dt;
        if car.decides_in < 0.0 {
            car.decides_in = 0.1 + exponential(0.5, rng);
            car.throttle = [-1.0, 0.0, 1.0, 1.0, 1.0][rng.random_range(0..5)];
            car.wanted_wheel = [-1.0, -0.4, 0.0, 0.0, 0.4, 1.0][rng.random_range(0..6)];
            if rng.random_bool(0.01) {
                *car = appear(rng);
            }
        }
        car.wheel += (car.wanted_wheel - car.wheel).clamp(-8.0 * dt, 8.0 * dt);
        let (sin, cos) = car.heading.sin_cos();
        let forward = car.velocity[0] * cos + car.velocity[1] * sin;
        let aside = car.velocity[1] * cos - car.velocity[0] * sin;
        let steer = (forward / STEER_RAMP).clamp(-1.0, 1.0);
        car.heading += car.wheel * steer * self.turn * dt;
        let rolls = if car.throttle == 0.0 { forward * dt / ROLL_S } else { 0.0 };
        let forward = (forward + car.throttle * self.thrust * dt - rolls)
            .clamp(-0.5 * self.speed, self.speed);
        // Tyres hold within some tenths of a second.
        let aside = aside * (1.0 - (5.0 * dt).min(1.0));
        let (sin, cos) = car.heading.sin_cos();
        car.velocity = [forward * cos - aside * sin, forward * sin + aside * cos];
        let mut is_turned = false;
        for ((place, velocity), side) in car.place.iter_mut().zip(&mut car.velocity).zip(PEN) {
            *place += *velocity * dt;
            if place.abs() > side {
                *place = place.clamp(-side, side);
                *velocity *= -BOUNCE;
                is_turned = true;
            }
        }
        if is_turned {
            car.heading = car.velocity[1].atan2(car.velocity[0]);
        }
    }
}

fn appear(rng: &mut Pcg64Mcg) -> Car {
    Car {
        place: PEN.map(|side| rng.random_range(-side..side)),
        velocity: [0.0; 2],
        heading: rng.random_range(0.0..TAU),
        throttle: 0.0,
        wheel: 0.0,
        wanted_wheel: 0.0,
        decides_in: exponential(0.5, rng),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cars_keep_to_their_pen_and_mostly_drive() {
        let movement = Cars::BALL.movement();
        assert_eq!(movement, Cars::BALL.movement());
        let (min, max) = movement.bounds().unwrap();
        assert!((0..2).all(|axis| min[axis] >= -PEN[axis] && max[axis] <= PEN[axis]));
        let steps = movement.ticks.windows(2).flat_map(|ticks| ticks[0].iter().zip(&ticks[1]));
        let lengths: Vec<f64> = steps
            .map(|((_, before), (_, after))| (after[0] - before[0]).hypot(after[1] - before[1]))
            .collect();
        let fast = lengths.iter().filter(|&&length| length * Cars::BALL.hz > 600.0).count();
        assert!(fast * 2 > lengths.len(), "{fast} of {}", lengths.len());
    }
}
