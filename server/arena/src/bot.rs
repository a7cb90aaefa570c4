//! Players run by the server: opponents that look alive and can be beaten.
//!
//! A bot sees the field a few times a second (its reaction lag), makes one plan out of what it
//! sees, and steers after that plan at every tick in between. It aims ahead of its target, but with
//! an error that grows with the distance. In order of urgency it dodges asteroids and walls, looks
//! for energy when it is low, fights whom it can see, and otherwise wanders about.
//!
//! It works with the same inputs as a person and reads only what a person could see. No angles are
//! computed: a heading is followed by its cross and dot product with the ship's own.

use bincode::{Decode, Encode};
use glam::Vec2;
use rand::RngExt;
use tickwire_protocol::message::InputValues;
use tickwire_simulation::game::RoomRng;

use crate::bullets::BULLET_SPEED;
use crate::field::Field;
use crate::fleet::{Fleet, Ship};
use crate::grid::Bounds;
use crate::plane::{cross, dot, length, sweep, unit_or};
use crate::schema::input;
use crate::ship::SHIP_RADIUS;
use crate::sine::direction;

/// Seconds from one look around to the next: the reaction lag.
const REACTION: std::ops::Range<f32> = 0.14..0.26;
/// How far a bot sees other ships and pickups, in world units: about a screen.
const SIGHT: f32 = 1000.0;
/// It shoots at what is nearer than this.
const GUN_RANGE: f32 = 650.0;
/// It comes closer until it is this near.
const FIGHT_DISTANCE: f32 = 260.0;
/// Slower than this it is too easy a target and thrusts, in units/s.
const FIGHT_SPEED: f32 = 110.0;
/// Error of its aim: at most this share of the distance, per axis.
const AIM_ERROR: f32 = 0.2;
/// Share of the looks around after which it pulls the trigger, if it has a target.
const TRIGGER: f64 = 0.6;
/// Cosine of the angle to its aim within which it shoots: 14 degrees.
const ALIGNED: f32 = 0.97;
/// Energy below which it looks for more.
const LOW_ENERGY: f32 = 45.0;
/// Energy above which it dashes when that helps, and above which it does so for fun.
const SPARE_ENERGY: f32 = 60.0;
const AMPLE_ENERGY: f32 = 90.0;
/// Seconds that it looks ahead for obstacles.
const FORESIGHT: f32 = 0.9;
/// Distance from walls and asteroids at which it begins to turn away, in world units.
const CLEARANCE: f32 = 40.0;
const WALL_CLEARANCE: f32 = 130.0;
/// Speed at which it travels, in units/s.
const CRUISE: f32 = 340.0;
/// The hardest that it turns: less than a person can.
const TURN_LIMIT: f32 = 105.0;
/// How fast it turns for an error of its heading.
const TURN_GAIN: f32 = 320.0;

/// What a bot has in mind.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
pub struct Mind {
    /// Seconds until it looks around again.
    reaction: f32,
    plan: Plan,
    #[bincode(with_serde)]
    aim_error: Vec2,
    #[bincode(with_serde)]
    waypoint: Option<Vec2>,
    last: Option<InputValues>,
}

/// What to do until the next look around.
#[derive(Clone, Copy, Debug, Default, PartialEq, Encode, Decode)]
struct Plan {
    /// Where to turn to, of length 1, or 0 to go on.
    #[bincode(with_serde)]
    heading: Vec2,
    /// Whether to thrust, once the heading is about right.
    thrust: bool,
    /// Whether to shoot, once the heading is right.
    shoot: bool,
    /// Whether to dash, once the heading is right.
    dash: bool,
}

/// What a bot can see.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    /// The bot's own ship.
    pub ship: &'a Ship,
    /// All ships.
    pub fleet: &'a Fleet,
    /// Asteroids and pickups.
    pub field: &'a Field,
}

impl Mind {
    /// The input of this tick; `None` when it is what it was.
    pub fn decide(&mut self, sight: Sight<'_>, rng: &mut RoomRng, dt: f32) -> Option<InputValues> {
        self.reaction -= dt;
        if self.reaction <= 0.0 {
            self.reaction = rng.random_range(REACTION);
            self.plan = self.look_around(sight, rng);
        }
        let values = self.steer(sight.ship)?;
        let same = self.last == Some(values) && values.get(input::DASH) == 0;
        self.last = Some(values);
        (!same).then_some(values)
    }

    /// Follows the plan. A dash is asked for once.
    fn steer(&mut self, ship: &Ship) -> Option<InputValues> {
        let nose = direction(ship.motion.angle);
        let ahead = dot(nose, self.plan.heading);
        let aside = cross(nose, self.plan.heading);
        let turn = if self.plan.heading == Vec2::ZERO {
            0.0
        } else if ahead < 0.0 {
            TURN_LIMIT.copysign(aside)
        } else {
            (aside * TURN_GAIN).clamp(-TURN_LIMIT, TURN_LIMIT)
        };
        let thrust = self.plan.thrust && ahead > 0.6;
        let shoot = self.plan.shoot && ahead > ALIGNED;
        let dash = self.plan.dash && ahead > ALIGNED;
        self.plan.dash &= !dash;
        InputValues::new(&[thrust.into(), turn as i32, shoot.into(), dash.into()])
    }

    fn look_around(&mut self, sight: Sight<'_>, rng: &mut RoomRng) -> Plan {
        let Sight { ship, field, .. } = sight;
        if let Some(heading) = way_out(ship, field) {
            let dash = ship.energy > SPARE_ENERGY && rng.random_bool(0.05);
            return Plan { heading, thrust: true, shoot: false, dash };
        }
        if ship.energy < LOW_ENERGY
            && let Some(pickup) = nearest(ship, field.pickups().iter().map(|p| p.position))
        {
            return travel(ship, pickup, rng);
        }
        let visible = sight
            .fleet
            .ships()
            .iter()
            .filter(|other| other.player != ship.player && other.protection == 0);
        let target = visible.min_by(|one, other| {
            let apart = |other: &Ship| length(other.motion.position - ship.motion.position);
            apart(one).total_cmp(&apart(other))
        });
        if let Some(target) = target
            && length(target.motion.position - ship.motion.position) < SIGHT
        {
            return self.fight(ship, target, rng);
        }
        let waypoint = self.wander(ship, field, rng);
        travel(ship, waypoint, rng)
    }

    /// Aims ahead of the target, comes closer when it is far, and fires in bursts.
    fn fight(&mut self, ship: &Ship, target: &Ship, rng: &mut RoomRng) -> Plan {
        let offset = target.motion.position - ship.motion.position;
        let distance = length(offset);
        let mut error = || rng.random_range(-AIM_ERROR..AIM_ERROR) * distance;
        let fresh = Vec2::new(error(), error());
        // Half of the last error stays, so that the aim wanders instead of trembling.
        self.aim_error = self.aim_error * 0.5 + fresh * 0.5;
        let flight = distance / BULLET_SPEED;
        let lead = (target.motion.velocity - ship.motion.velocity) * flight;
        let aim = unit_or(offset + lead + self.aim_error, Vec2::X);
        if distance > GUN_RANGE {
            let mut plan = travel(ship, target.motion.position, rng);
            plan.dash = ship.energy > SPARE_ENERGY && rng.random_bool(0.06);
            return plan;
        }
        let slow = length(ship.motion.velocity) < FIGHT_SPEED;
        let thrust = slow || distance > FIGHT_DISTANCE || rng.random_bool(0.25);
        Plan { heading: aim, thrust, shoot: rng.random_bool(TRIGGER), dash: false }
    }

    /// Where to go when there is nothing to do: on to the last waypoint, or to a new one.
    fn wander(&mut self, ship: &Ship, field: &Field, rng: &mut RoomRng) -> Vec2 {
        let world = field.world();
        let there = |waypoint: &Vec2| length(waypoint - ship.motion.position) < 200.0;
        let waypoint = self.waypoint.filter(|waypoint| !there(waypoint)).unwrap_or_else(|| {
            let share = Vec2::new(rng.random_range(0.15..0.85), rng.random_range(0.15..0.85));
            world * share
        });
        self.waypoint = Some(waypoint);
        waypoint
    }
}

/// Heads for a point; what the ship drifts beside the way is steered against.
fn travel(ship: &Ship, to: Vec2, rng: &mut RoomRng) -> Plan {
    let way = unit_or(to - ship.motion.position, Vec2::X);
    let missing = way * CRUISE - ship.motion.velocity;
    let dash = ship.energy > AMPLE_ENERGY && rng.random_bool(0.01);
    let heading = unit_or(missing, way);
    Plan { heading, thrust: length(missing) > 60.0, shoot: false, dash }
}

/// The nearest of some points, if it is in sight.
fn nearest(ship: &Ship, points: impl Iterator<Item = Vec2>) -> Option<Vec2> {
    let apart = |point: &Vec2| length(point - ship.motion.position);
    points
        .min_by(|one, other| apart(one).total_cmp(&apart(other)))
        .filter(|point| apart(point) < SIGHT)
}

/// Where to turn to get out of the way of what the ship is about to run into; `None` when the way
/// is free.
fn way_out(ship: &Ship, field: &Field) -> Option<Vec2> {
    let position = ship.motion.position;
    let travel = ship.motion.velocity * FORESIGHT;
    let ahead = position + travel;
    let world = field.world();
    let push = |place: f32, side: f32| match place {
        place if place < WALL_CLEARANCE => 1.0,
        place if place > side - WALL_CLEARANCE => -1.0,
        _ => 0.0,
    };
    let from_walls = Vec2::new(push(ahead.x, world.x), push(ahead.y, world.y));
    // Only what the ship still moves towards: otherwise it would flee a wall it has left behind.
    if from_walls != Vec2::ZERO && dot(from_walls, ship.motion.velocity) <= CRUISE * 0.3 {
        return Some(unit_or(from_walls, Vec2::X));
    }
    let reach = SHIP_RADIUS + CLEARANCE;
    let (_, offset) = field
        .rocks_near(Bounds::along(position, ahead, reach))
        .filter_map(|rock| {
            let offset = position - rock.center;
            let time = sweep(offset, travel, f32::from(rock.radius) + reach)?;
            (dot(offset, travel) < 0.0).then_some((time, offset))
        })
        .min_by(|one, other| one.0.total_cmp(&other.0))?;
    // Aside, on the side where the ship would pass anyway, and away from the asteroid.
    let way = unit_or(travel, Vec2::X);
    let aside = Vec2::new(-way.y, way.x);
    let side = if dot(offset, aside) >= 0.0 { aside } else { -aside };
    Some(unit_or(side + unit_or(offset, side) * 0.6, side))
}
