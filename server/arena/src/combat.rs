//! What hits lead to: lost energy, lost ships, points, and new ships after a while.

use glam::Vec2;
use rand::RngExt;
use tickwire_protocol::ids::PlayerId;
use tickwire_simulation::game::Context;

use crate::bullets::Hit;
use crate::field::{Field, SPAWN_PRIVACY};
use crate::fleet::{FULL_ENERGY, Fleet, Ship};
use crate::grid::{Bounds, Grid};
use crate::pace::Pace;
use crate::pilots::Pilots;
use crate::plane::dot;
use crate::schema;
use crate::ship::SHIP_RADIUS;

/// Energy that a bullet costs: the sixth destroys a whole ship.
pub const HIT_DAMAGE: f32 = 18.0;
/// Points for a kill, beside the share of the loser's.
pub const KILL_SCORE: i32 = 100;
/// One part in this many of the loser's points goes to the winner.
pub const LOOT_DIVISOR: i32 = 10;
/// Seconds without a ship.
pub const RESPAWN_WAIT: f32 = 2.0;
/// Points for a pickup.
pub const PICKUP_SCORE: i32 = 5;
/// Energy of a pickup.
pub const PICKUP_ENERGY: f32 = 30.0;
/// A ship takes what is this near to its edge, in world units.
const PICKUP_REACH: f32 = 24.0;

/// Works off the hits of a tick, in order. Ships that have lost all energy are gone afterwards.
pub fn settle(
    hits: &mut Vec<Hit>,
    fleet: &mut Fleet,
    pilots: &mut Pilots,
    context: &mut Context<'_>,
) {
    let mut losses = false;
    for hit in hits.drain(..) {
        let Some(ship) = fleet.of_mut(hit.victim) else { continue };
        // A protected ship swallows bullets; one that was lost to an earlier hit is no more.
        if ship.protection > 0 || ship.energy <= 0.0 {
            continue;
        }
        ship.energy = (ship.energy - HIT_DAMAGE).max(0.0);
        context.emit(schema::hit(hit.shooter, ship.player, hit.at));
        if ship.energy <= 0.0 {
            losses = true;
            let place = ship.motion.position;
            context.emit(schema::kill(hit.shooter, ship.player, place));
            score_kill(pilots, hit.shooter, ship.player, place);
        }
    }
    if losses {
        fleet.retain(|ship| ship.energy > 0.0);
    }
}

fn score_kill(pilots: &mut Pilots, killer: PlayerId, victim: PlayerId, place: Vec2) {
    let mut loot = 0;
    if let Some(victim) = pilots.of_mut(victim) {
        loot = victim.score.max(0) / LOOT_DIVISOR;
        victim.gain(-loot);
        victim.go_down(RESPAWN_WAIT, place);
    }
    if let Some(killer) = pilots.of_mut(killer) {
        killer.gain(KILL_SCORE + loot);
        killer.count_kill();
    }
}

/// Lets the wait of those without a ship pass, and launches the ships that are due.
pub fn launch_due(
    fleet: &mut Fleet,
    pilots: &mut Pilots,
    field: &Field,
    grid: &mut Grid,
    context: &mut Context<'_>,
) {
    let due: Vec<PlayerId> = pilots.take_due(context.dt()).collect();
    if due.is_empty() {
        return;
    }
    // In a large room many are due in a tick: none of them may look at everybody.
    grid.fill(fleet.positions().map(|position| Bounds::around(position, 0.0)));
    let mut launched = Vec::<Ship>::with_capacity(due.len());
    for player in due {
        let nearest = |point| {
            let near = grid.near(Bounds::around(point, SPAWN_PRIVACY));
            let there = near.map(|index| fleet.ships()[index].motion.position);
            nearest(point, there.chain(launched.iter().map(|ship| ship.motion.position)))
        };
        let position = field.spawn_point(context.rng(), nearest);
        launched.push(new_ship(player, position, context));
    }
    fleet.launch(launched);
}

/// Launches the ship of a player who has none, at a free place.
pub fn launch(player: PlayerId, fleet: &mut Fleet, field: &Field, context: &mut Context<'_>) {
    let nearest = |point| nearest(point, fleet.positions());
    let position = field.spawn_point(context.rng(), nearest);
    fleet.launch(vec![new_ship(player, position, context)]);
}

/// The square of the distance to the nearest of these.
fn nearest(point: Vec2, ships: impl Iterator<Item = Vec2>) -> f32 {
    ships.map(|ship| dot(ship - point, ship - point)).fold(f32::INFINITY, f32::min)
}

fn new_ship(player: PlayerId, position: Vec2, context: &mut Context<'_>) -> Ship {
    let angle = context.rng().random();
    let entity = context.spawn();
    context.emit(schema::respawn(player, position));
    Ship::new(player, entity, position, angle, &Pace::of(context.dt()))
}

/// Gives pickups to the ships that touch them; each appears again elsewhere. `grid` holds the fleet.
pub fn collect(
    fleet: &mut Fleet,
    pilots: &mut Pilots,
    field: &mut Field,
    grid: &Grid,
    context: &mut Context<'_>,
) {
    let reach = SHIP_RADIUS + PICKUP_REACH;
    for index in 0..field.pickups().len() {
        let place = field.pickups()[index].position;
        let touches = |&ship: &usize| {
            let offset = fleet.ships()[ship].motion.position - place;
            !fleet.ships()[ship].is_away && dot(offset, offset) <= reach * reach
        };
        let Some(taker) = grid.near(Bounds::around(place, reach)).find(touches) else { continue };
        let ship = &mut fleet.ships_mut()[taker];
        ship.energy = (ship.energy + PICKUP_ENERGY).min(FULL_ENERGY);
        if let Some(pilot) = pilots.of_mut(ship.player) {
            pilot.gain(PICKUP_SCORE);
        }
        context.emit(schema::collect(ship.player, place));
        field.replace_pickup(index, context);
    }
}
