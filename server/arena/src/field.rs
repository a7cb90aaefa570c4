//! What lies in the field: asteroids that block, energy to pick up, and free places for ships.
//!
//! It is laid out with the room's random numbers as soon as there are any, so the same seed gives
//! the same field. Asteroids keep so far apart, and so far from the walls, that a ship can touch
//! only one at a time: pushing it out of one never pushes it into another.

use bincode::{Decode, Encode};
use glam::Vec2;
use rand::RngExt;
use tickwire_protocol::ids::EntityId;
use tickwire_simulation::game::{Context, RoomRng};

use crate::grid::{Bounds, Grid};
use crate::options::ArenaOptions;
use crate::plane::length;
use crate::schema::POSITION_STEP;
use crate::ship::SHIP_RADIUS;

/// Radii of asteroids, in world units.
const ROCK_RADII: std::ops::RangeInclusive<u8> = 36..=110;
/// Free space between asteroids, and between them and the walls: a ship passes, with room to spare.
const ROCK_GAP: f32 = 4.0 * SHIP_RADIUS;
/// Random places tried for an asteroid before the field counts as full.
const ROCK_ATTEMPTS: u32 = 40;
/// Free space around a pickup and around the place of a new ship, in world units.
const PICKUP_CLEARANCE: f32 = 40.0;
const SPAWN_CLEARANCE: f32 = 110.0;
/// A new ship has no other ship within this distance, where that can be had.
pub const SPAWN_PRIVACY: f32 = 700.0;
/// Random places tried for a pickup or a ship; afterwards the best one seen is taken.
const PLACE_ATTEMPTS: u32 = 24;

/// A round obstacle that never moves.
#[derive(Clone, Copy, Debug, PartialEq, Encode, Decode)]
pub struct Rock {
    /// Its entity.
    pub entity: EntityId,
    /// Its middle, on the grid of what clients see.
    #[bincode(with_serde)]
    pub center: Vec2,
    /// Its radius, a whole number of world units.
    pub radius: u8,
    /// A seed for drawing it.
    pub shape: u8,
}

/// Energy to pick up.
#[derive(Clone, Copy, Debug, PartialEq, Encode, Decode)]
pub struct Pickup {
    /// Its entity.
    pub entity: EntityId,
    /// Where it lies.
    #[bincode(with_serde)]
    pub position: Vec2,
}

/// Everything that lies in the field.
#[derive(Debug)]
pub struct Field {
    options: ArenaOptions,
    laid_out: bool,
    rocks: Vec<Rock>,
    pickups: Vec<Pickup>,
    rock_grid: Grid,
}

/// What of a field is saved: whether it is laid out, and what lies in it.
pub type SavedField = (bool, Vec<Rock>, Vec<Pickup>);

impl Field {
    /// A field that nothing has been put into yet.
    #[must_use]
    pub fn new(options: ArenaOptions) -> Self {
        Self {
            options,
            laid_out: false,
            rocks: Vec::new(),
            pickups: Vec::new(),
            rock_grid: Grid::new(options.world.into()),
        }
    }

    /// Puts asteroids and pickups in, the first time it is called.
    pub fn lay_out(&mut self, context: &mut Context<'_>) {
        if self.laid_out {
            return;
        }
        self.laid_out = true;
        for _ in 0..self.options.asteroids {
            let Some(rock) = self.place_rock(context) else { break };
            self.rocks.push(rock);
        }
        self.index_rocks();
        for _ in 0..self.options.pickups {
            let pickup = self.place_pickup(context);
            self.pickups.push(pickup);
        }
    }

    /// The asteroids.
    #[must_use]
    pub fn rocks(&self) -> &[Rock] {
        &self.rocks
    }

    /// The pickups.
    #[must_use]
    pub fn pickups(&self) -> &[Pickup] {
        &self.pickups
    }

    /// The world's width and height.
    #[must_use]
    pub fn world(&self) -> Vec2 {
        self.options.world.into()
    }

    /// Asteroids whose edges may be within a box; one may come up several times.
    pub fn rocks_near(&self, bounds: Bounds) -> impl Iterator<Item = &Rock> + '_ {
        self.rock_grid.near(bounds).map(|index| &self.rocks[index])
    }

    /// A pickup has been taken: another one appears elsewhere.
    pub fn replace_pickup(&mut self, index: usize, context: &mut Context<'_>) {
        self.pickups[index] = self.place_pickup(context);
    }

    /// A place for a new ship: clear of asteroids, and of the other ships as far as can be. `nearest` tells
    /// the square of the distance from a point to the nearest ship; farther than [`SPAWN_PRIVACY`] it does
    /// not matter how far.
    pub fn spawn_point(&self, rng: &mut RoomRng, nearest: impl Fn(Vec2) -> f32) -> Vec2 {
        let mut best = (f32::NEG_INFINITY, self.world() * 0.5);
        for _ in 0..PLACE_ATTEMPTS {
            let point = self.random_point(rng, SPAWN_CLEARANCE);
            let nearest = nearest(point);
            let clear = self.is_clear(point, SPAWN_CLEARANCE);
            // Any clear place is better than one inside an asteroid.
            let worth = if clear { nearest } else { nearest.min(1.0) - 2.0 };
            if worth > best.0 {
                best = (worth, point);
            }
            if clear && nearest > SPAWN_PRIVACY * SPAWN_PRIVACY {
                break;
            }
        }
        best.1
    }

    /// What [`Field::restore`] takes.
    #[must_use]
    pub const fn saved(&self) -> (bool, &Vec<Rock>, &Vec<Pickup>) {
        (self.laid_out, &self.rocks, &self.pickups)
    }

    /// Takes over a saved field, or returns `false` if it cannot have come about with these options.
    pub fn restore(&mut self, (laid_out, rocks, pickups): SavedField) -> bool {
        let world = self.world();
        let within = |place: Vec2| place.cmpge(Vec2::ZERO).all() && place.cmple(world).all();
        let expected = if laid_out { self.options.pickups as usize } else { 0 };
        let sound = pickups.len() == expected
            && rocks.len() <= self.options.asteroids as usize
            && (laid_out || rocks.is_empty())
            && rocks.iter().all(|rock| within(rock.center) && ROCK_RADII.contains(&rock.radius))
            && pickups.iter().all(|pickup| within(pickup.position))
            && rocks.iter().all(|rock| rock.entity != EntityId(0))
            && pickups.iter().all(|pickup| pickup.entity != EntityId(0));
        if sound {
            (self.laid_out, self.rocks, self.pickups) = (laid_out, rocks, pickups);
            self.index_rocks();
        }
        sound
    }

    fn index_rocks(&mut self) {
        let boxes = self.rocks.iter().map(|rock| Bounds::around(rock.center, rock.radius.into()));
        self.rock_grid.fill(boxes);
    }

    fn place_rock(&self, context: &mut Context<'_>) -> Option<Rock> {
        let rng = context.rng();
        let radius = rng.random_range(ROCK_RADII);
        let shape = rng.random();
        let reach = f32::from(radius) + ROCK_GAP;
        // All asteroids so far are looked at: their grid does not exist yet, and this happens once.
        let is_free = |center: &Vec2| {
            let apart = |rock: &Rock| length(rock.center - center) - f32::from(rock.radius);
            self.rocks.iter().all(|rock| apart(rock) >= reach)
        };
        let center = (0..ROCK_ATTEMPTS).map(|_| self.random_point(rng, reach)).find(is_free)?;
        Some(Rock { entity: context.spawn(), center, radius, shape })
    }

    fn place_pickup(&self, context: &mut Context<'_>) -> Pickup {
        let rng = context.rng();
        let mut position = self.random_point(rng, PICKUP_CLEARANCE);
        for _ in 0..PLACE_ATTEMPTS {
            if self.is_clear(position, PICKUP_CLEARANCE) {
                break;
            }
            position = self.random_point(rng, PICKUP_CLEARANCE);
        }
        Pickup { entity: context.spawn(), position }
    }

    fn is_clear(&self, point: Vec2, clearance: f32) -> bool {
        self.rocks_near(Bounds::around(point, clearance))
            .all(|rock| length(rock.center - point) >= f32::from(rock.radius) + clearance)
    }

    /// A point on the grid of what clients see, at least `margin` away from the walls.
    fn random_point(&self, rng: &mut RoomRng, margin: f32) -> Vec2 {
        let axis = |side: f32, rng: &mut RoomRng| {
            let steps = rng.random_range(margin..side - margin) / POSITION_STEP;
            steps.floor() * POSITION_STEP
        };
        let world = self.world();
        Vec2::new(axis(world.x, rng), axis(world.y, rng))
    }
}
