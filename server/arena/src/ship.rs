//! How a ship moves: pure functions that a browser repeats to predict its own ship.
//!
//! All numbers are f32 and every operation rounds to f32; in JavaScript each is one `Math.fround`.
//! Expressions are evaluated as written, from left to right, without fused operations. What a tick
//! leaves lies on a grid of 1/64, as do the energy and the gun's wait, and other waits are whole ticks
//! ([`pace`](crate::pace)). So what a player is told of their own ship is all that its next tick goes
//! by, and a twin that repeats the rules from there is exact.
//!
//! A tick of a ship, for a twin; `nearest` and `towards_zero` are those of [`pace`](crate::pace), and
//! so are rates and waits:
//!
//! 1. **Waits** ([`fleet`](crate::fleet)): `energy = min(energy + regeneration, 100)`;
//!    `gun_wait = max(gun_wait − 1, −1)`; `dash_wait` and `protection` go down by 1, not below 0.
//! 2. **Dash**: one that is asked for happens if `dash_wait` is 0 and the energy at least
//!    `DASH_MINIMUM`: `energy −= DASH_COST`, `dash_wait = dash_cooldown`.
//! 3. [`step_ship`], through empty space:
//!    1. **Turn**: `change = truncate(turn · TURN_RATE · dt)`, towards zero;
//!       `angle = (angle + change) modulo 65536`.
//!    2. **Heading**: `h = (cosine(angle), sine(angle))` of the [table](crate::sine).
//!    3. **Thrust**, if it is on: `velocity += h · (THRUST · dt)`, the bracket first.
//!    4. **Dash**, if it happens: `velocity += h · DASH_IMPULSE`.
//!    5. **Drag**: `velocity ·= max(1 − DRAG · dt, 0)`.
//!    6. **Top speed**: `speed = √(vx · vx + vy · vy)`. If `speed > SOFT_LIMIT`, what is above it
//!       fades: `wanted = SOFT_LIMIT + (speed − SOFT_LIMIT) · max(1 − EXCESS_DRAG · dt, 0)`, then
//!       `velocity ·= wanted / speed`, the quotient first.
//!    7. **Move**: `position += velocity · dt`.
//! 4. [`bounce_off_walls`].
//! 5. [`bounce_off_rock`] with the one asteroid that it touches, if it does (they lie too far apart
//!    for two). An impact faster than `HARD_IMPACT` hurts where `protection` is 0:
//!    `damage = nearest(min((impact − HARD_IMPACT) · IMPACT_DAMAGE, MAX_IMPACT_DAMAGE))`;
//!    `energy = max(energy − damage, min(1, energy))`.
//! 6. [`settle_on_grid`].
//! 7. **Gun** ([`Ship::fire`](crate::fleet::Ship::fire)), after what bullets and pickups have done to
//!    the ship: if the trigger is held and `gun_wait ≤ 0`: `gun_wait += gun_cooldown`,
//!    `protection = 0`, `shots = (shots + 1) modulo 256`, and a bullet begins at
//!    `position + h · MUZZLE` with `velocity + h · BULLET_SPEED`.
//!
//! `golden/ship.json` holds ticks that this and every twin must repeat bit for bit.

use bincode::{Decode, Encode};
use glam::Vec2;

use crate::pace::{nearest, towards_zero};
use crate::plane::{dot, length};
use crate::sine::direction;

/// Radius of a ship, in world units.
pub const SHIP_RADIUS: f32 = 16.0;
/// Angle units per second and unit of the turn input: 344 · 127 / 65536 is 240 degrees a second.
pub const TURN_RATE: f32 = 344.0;
/// Acceleration by thrust, in units/s². With both drags it leads to 421 units/s.
pub const THRUST: f32 = 480.0;
/// Share of the speed lost per second.
pub const DRAG: f32 = 0.6;
/// Speed above which [`EXCESS_DRAG`] works, in units/s.
pub const SOFT_LIMIT: f32 = 365.0;
/// Share of the speed above [`SOFT_LIMIT`] that is lost per second.
pub const EXCESS_DRAG: f32 = 4.0;
/// What a dash adds to the velocity, in units/s.
pub const DASH_IMPULSE: f32 = 450.0;
/// Share of the speed towards a wall that comes back.
pub const WALL_BOUNCE: f32 = 0.5;
/// Share of the speed towards an asteroid that comes back.
pub const ROCK_BOUNCE: f32 = 0.6;

/// What moves of a ship.
#[derive(Clone, Copy, Debug, Default, PartialEq, Encode, Decode)]
pub struct ShipMotion {
    /// Its middle, in world units.
    #[bincode(with_serde)]
    pub position: Vec2,
    /// World units per second.
    #[bincode(with_serde)]
    pub velocity: Vec2,
    /// Its heading: 65,536 is a full turn, 0 is +x, growing towards +y.
    pub angle: u16,
}

/// What a ship is told to do in one tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steering {
    /// Whether the engine is on.
    pub thrust: bool,
    /// −127 to 127: how fast to turn; positive lets the angle grow.
    pub turn: i32,
    /// Whether a dash happens: it was asked for, is ready and is paid for.
    pub dash: bool,
}

/// Moves a ship by one tick of `dt` seconds, through empty space.
pub fn step_ship(ship: &mut ShipMotion, steering: Steering, dt: f32) {
    let change = (steering.turn as f32 * TURN_RATE * dt) as i32;
    ship.angle = ship.angle.wrapping_add(change as u16);
    let heading = direction(ship.angle);
    if steering.thrust {
        ship.velocity += heading * (THRUST * dt);
    }
    if steering.dash {
        ship.velocity += heading * DASH_IMPULSE;
    }
    ship.velocity *= (1.0 - DRAG * dt).max(0.0);
    let speed = length(ship.velocity);
    if speed > SOFT_LIMIT {
        let wanted = SOFT_LIMIT + (speed - SOFT_LIMIT) * (1.0 - EXCESS_DRAG * dt).max(0.0);
        ship.velocity *= wanted / speed;
    }
    ship.position += ship.velocity * dt;
}

/// Keeps a ship within the world. Per axis, x first: beyond `SHIP_RADIUS` or `side − SHIP_RADIUS`
/// the position is set there, and a velocity that points outwards becomes
/// `0 − velocity · WALL_BOUNCE`.
pub fn bounce_off_walls(ship: &mut ShipMotion, world: Vec2) {
    for axis in 0..2 {
        let last = world[axis] - SHIP_RADIUS;
        let outwards = if ship.position[axis] < SHIP_RADIUS {
            ship.position[axis] = SHIP_RADIUS;
            ship.velocity[axis] < 0.0
        } else if ship.position[axis] > last {
            ship.position[axis] = last;
            ship.velocity[axis] > 0.0
        } else {
            false
        };
        if outwards {
            ship.velocity[axis] = 0.0 - ship.velocity[axis] * WALL_BOUNCE;
        }
    }
}

/// Puts a ship on the grid that its player is told of: the nearest position, and the velocity rounded
/// towards zero, so that drag brings it to rest.
pub fn settle_on_grid(ship: &mut ShipMotion) {
    for axis in 0..2 {
        ship.position[axis] = nearest(ship.position[axis]);
        ship.velocity[axis] = towards_zero(ship.velocity[axis]);
    }
}

/// Keeps a ship out of an asteroid and returns how fast it ran into it, in units/s; `None` if it does
/// not touch it.
///
/// `offset = position − center`, `d² = ox · ox + oy · oy`, `reach = radius + SHIP_RADIUS`. Nothing
/// happens when `d² ≥ reach · reach`. Otherwise `d = √d²`, `normal = offset / d`, or (1, 0) when d
/// is 0; `position = center + normal · reach`; `approach = 0 − (vx · nx + vy · ny)`; when that is
/// positive, `velocity += normal · (approach · (1 + ROCK_BOUNCE))`, the brackets first.
pub fn bounce_off_rock(ship: &mut ShipMotion, center: Vec2, radius: f32) -> Option<f32> {
    let offset = ship.position - center;
    let squared = dot(offset, offset);
    let reach = radius + SHIP_RADIUS;
    if squared >= reach * reach {
        return None;
    }
    let distance = squared.sqrt();
    let normal = if distance > 0.0 { offset / distance } else { Vec2::X };
    ship.position = center + normal * reach;
    let approach = 0.0 - dot(ship.velocity, normal);
    if approach > 0.0 {
        ship.velocity += normal * (approach * (1.0 + ROCK_BOUNCE));
    }
    Some(approach.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DT: f32 = 1.0 / 30.0;

    fn speed_after(ticks: u32, steering: Steering) -> f32 {
        let mut ship = ShipMotion::default();
        (0..ticks).for_each(|_| step_ship(&mut ship, steering, DT));
        length(ship.velocity)
    }

    #[test]
    fn thrust_leads_to_the_top_speed_and_drag_is_light() {
        let thrust = Steering { thrust: true, ..Steering::default() };
        let top = speed_after(300, thrust);
        assert!((405.0..430.0).contains(&top), "{top}");
        let mut ship = ShipMotion { velocity: Vec2::new(300.0, 0.0), ..ShipMotion::default() };
        (0..30).for_each(|_| step_ship(&mut ship, Steering::default(), DT));
        assert!((150.0..200.0).contains(&ship.velocity.x), "a second later: {}", ship.velocity.x);
    }

    #[test]
    fn a_full_turn_takes_a_second_and_a_half() {
        let mut ship = ShipMotion::default();
        let steering = Steering { turn: 127, ..Steering::default() };
        (0..45).for_each(|_| step_ship(&mut ship, steering, DT));
        assert!(ship.angle.wrapping_add(200) < 400, "{}", ship.angle);
        step_ship(&mut ship, Steering { turn: -1, ..Steering::default() }, DT);
        step_ship(&mut ship, Steering { turn: 1, ..Steering::default() }, DT);
        let angle = ship.angle;
        step_ship(&mut ship, Steering { turn: -127, ..Steering::default() }, DT);
        assert_eq!(angle.wrapping_sub(ship.angle), 1456);
    }

    #[test]
    fn a_dash_passes_the_top_speed_for_a_moment() {
        let dash = Steering { dash: true, ..Steering::default() };
        assert!(speed_after(1, dash) > 420.0);
        let mut ship = ShipMotion { velocity: Vec2::new(400.0, 0.0), ..ShipMotion::default() };
        step_ship(&mut ship, dash, DT);
        assert!(ship.velocity.x > 700.0, "{}", ship.velocity.x);
        (0..45).for_each(|_| step_ship(&mut ship, Steering::default(), DT));
        assert!(ship.velocity.x < 365.0, "{}", ship.velocity.x);
    }

    #[test]
    fn drag_brings_a_ship_to_rest_on_the_grid() {
        let mut ship = ShipMotion { velocity: Vec2::new(-3.0, 2.0), ..ShipMotion::default() };
        for _ in 0..300 {
            step_ship(&mut ship, Steering::default(), DT);
            settle_on_grid(&mut ship);
            let steps = [ship.position, ship.velocity].map(|vector| vector * 64.0);
            assert!(steps.iter().all(|vector| *vector == vector.trunc()), "{ship:?}");
        }
        assert_eq!(ship.velocity, Vec2::ZERO);
    }

    #[test]
    fn walls_give_half_of_the_speed_back() {
        let world = Vec2::new(1000.0, 800.0);
        let mut ship = ShipMotion {
            position: Vec2::new(-5.0, 799.0),
            velocity: Vec2::new(-100.0, 60.0),
            angle: 0,
        };
        bounce_off_walls(&mut ship, world);
        assert_eq!(ship.position, Vec2::new(SHIP_RADIUS, 800.0 - SHIP_RADIUS));
        assert_eq!(ship.velocity, Vec2::new(50.0, -30.0));
        let inwards = ship;
        bounce_off_walls(&mut ship, world);
        assert_eq!(ship, inwards, "what moves inwards is left alone");
    }

    #[test]
    fn rocks_push_out_and_reflect() {
        let center = Vec2::new(500.0, 500.0);
        let mut ship = ShipMotion {
            position: Vec2::new(440.0, 500.0),
            velocity: Vec2::new(200.0, 30.0),
            angle: 0,
        };
        assert_eq!(bounce_off_rock(&mut ship, center, 50.0), Some(200.0));
        assert_eq!(ship.position, Vec2::new(434.0, 500.0));
        assert!((ship.velocity - Vec2::new(-120.0, 30.0)).abs().max_element() < 1e-3);
        assert_eq!(bounce_off_rock(&mut ship, center, 50.0), None, "it is out");
        ship.position = center;
        bounce_off_rock(&mut ship, center, 50.0);
        assert_eq!(ship.position, Vec2::new(566.0, 500.0), "even from its very middle");
    }
}
