//! The ships that are flying: motion, energy, and what has to cool down.
//!
//! They lie in ascending order of their players, as the inputs do, so that one walk through both
//! gives every ship its input. Ships pass through each other; walls and asteroids stop them.

use bincode::{Decode, Encode};
use glam::Vec2;
use tickwire_protocol::ids::{EntityId, PlayerId};
use tickwire_protocol::message::{InputValues, ViewAge};
use tickwire_simulation::inputs::Inputs;
use tickwire_simulation::side_by_side::for_each_piece;

use crate::field::Field;
use crate::grid::Bounds;
use crate::pace::{Pace, STEPS, nearest};
use crate::plane::length;
use crate::schema::{MAX_ENERGY, MAX_GUN_WAIT, MAX_WAIT, input, ship_flag};
use crate::ship::{
    SHIP_RADIUS, ShipMotion, Steering, bounce_off_rock, bounce_off_walls, settle_on_grid, step_ship,
};

/// Energy of a whole ship.
pub const FULL_ENERGY: f32 = MAX_ENERGY as f32;
/// Energy that comes back by itself per second: 25 s from nothing to all.
pub const REGENERATION: f32 = 4.0;
/// Energy that a dash costs.
pub const DASH_COST: f32 = 15.0;
/// Energy that a dash needs, so that nobody dashes into being defenceless.
pub const DASH_MINIMUM: f32 = 25.0;
/// Seconds from one dash to the next.
pub const DASH_COOLDOWN: f32 = 1.5;
/// Seconds that a dash is seen as one.
pub const DASH_SHOWN: f32 = 0.25;
/// Seconds for which a ship that has just appeared cannot be hurt, unless it fires.
pub const PROTECTION: f32 = 2.0;
/// Running into an asteroid faster than this hurts, in units/s.
const HARD_IMPACT: f32 = 200.0;
/// Energy lost per unit/s above [`HARD_IMPACT`], and at most. It never destroys a ship.
const IMPACT_DAMAGE: f32 = 0.05;
const MAX_IMPACT_DAMAGE: f32 = 15.0;
const LEAST_ENERGY_AFTER_IMPACT: f32 = 1.0;
/// Nothing is ever as fast as this, in units/s: a saved state that says so is broken.
pub const IMPOSSIBLE_SPEED: f32 = 1.0e5;

/// A ship that is flying.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Ship {
    /// Who flies it.
    pub player: PlayerId,
    /// Its entity: another one after each respawn.
    pub entity: EntityId,
    /// Where it is and whither it goes.
    pub motion: ShipMotion,
    /// Where it was a tick ago.
    #[bincode(with_serde)]
    pub previous: Vec2,
    /// From 0 to [`FULL_ENERGY`], on the grid: health and fuel in one. At 0 it is lost.
    pub energy: f32,
    /// Ticks until the gun is ready, on the grid; below 0 by what is left of a tick.
    pub gun_wait: f32,
    /// Ticks until a dash is possible.
    pub dash_wait: u16,
    /// Ticks for which it cannot be hurt.
    pub protection: u16,
    /// Number of its newest shot, wrapping.
    pub shots: u8,
    /// Whether a dash has just begun.
    pub dashing: bool,
    /// Whether its engine is on.
    pub thrusting: bool,
    /// Whether its player holds the trigger.
    pub firing: bool,
    /// How far behind the present its player sees the others.
    pub view_age: ViewAge,
    /// Whether its player's connection is lost.
    pub is_away: bool,
}

impl Ship {
    /// A whole ship at rest.
    #[must_use]
    pub fn new(
        player: PlayerId,
        entity: EntityId,
        position: Vec2,
        angle: u16,
        pace: &Pace,
    ) -> Self {
        Self {
            player,
            entity,
            motion: ShipMotion { position, velocity: Vec2::ZERO, angle },
            previous: position,
            energy: FULL_ENERGY,
            gun_wait: 0.0,
            dash_wait: 0,
            protection: pace.protection,
            shots: 0,
            dashing: false,
            thrusting: false,
            firing: false,
            view_age: ViewAge::UNTOLD,
            is_away: false,
        }
    }

    /// The flags that clients see.
    #[must_use]
    pub fn flags(&self) -> u32 {
        let flag = |set, flag| if set { flag } else { 0 };
        flag(self.thrusting, ship_flag::THRUSTING)
            | flag(self.protection > 0, ship_flag::PROTECTED)
            | flag(self.dashing, ship_flag::DASHING)
            | flag(self.is_away, ship_flag::AWAY)
    }

    /// The energy that clients see: a ship that flies never seems to have none.
    #[must_use]
    pub fn shown_energy(&self) -> i32 {
        self.energy.ceil() as i32
    }

    /// Fires, if the trigger is held and the gun is ready, which ends its protection; says whether it
    /// did.
    pub fn fire(&mut self, pace: &Pace) -> bool {
        let fires = self.firing && self.gun_wait <= 0.0;
        if fires {
            self.gun_wait += pace.gun_cooldown;
            self.protection = 0;
            self.shots = self.shots.wrapping_add(1);
        }
        fires
    }

    fn fly(&mut self, controls: &InputValues, pace: &Pace) {
        self.energy = (self.energy + pace.regeneration).min(FULL_ENERGY);
        self.gun_wait = (self.gun_wait - 1.0).max(-1.0);
        self.dash_wait = self.dash_wait.saturating_sub(1);
        // Whoever comes back finds the ship as it was, and has a moment to look around.
        let left = if self.is_away { pace.protection } else { 0 };
        self.protection = self.protection.saturating_sub(1).max(left);
        self.thrusting = controls.get(input::THRUST) > 0;
        self.firing = controls.get(input::FIRE) > 0;
        let dash =
            controls.get(input::DASH) > 0 && self.dash_wait == 0 && self.energy >= DASH_MINIMUM;
        if dash {
            self.energy -= DASH_COST;
            self.dash_wait = pace.dash_cooldown;
        }
        self.dashing = self.dash_wait + pace.dash_shown > pace.dash_cooldown;
        let steering = Steering { thrust: self.thrusting, turn: controls.get(input::TURN), dash };
        self.previous = self.motion.position;
        step_ship(&mut self.motion, steering, pace.dt);
    }

    fn bounce(&mut self, field: &Field) {
        bounce_off_walls(&mut self.motion, field.world());
        for rock in field.rocks_near(Bounds::around(self.motion.position, SHIP_RADIUS)) {
            let impact = bounce_off_rock(&mut self.motion, rock.center, rock.radius.into());
            let Some(impact) = impact else { continue };
            if impact > HARD_IMPACT && self.protection == 0 {
                let damage = ((impact - HARD_IMPACT) * IMPACT_DAMAGE).min(MAX_IMPACT_DAMAGE);
                let least = LEAST_ENERGY_AFTER_IMPACT.min(self.energy);
                self.energy = (self.energy - nearest(damage)).max(least);
            }
            // It touches no other one, and this one may come up again.
            break;
        }
        settle_on_grid(&mut self.motion);
    }
}

/// All ships that are flying, by ascending player.
#[derive(Debug, Default, Encode, Decode)]
pub struct Fleet {
    ships: Vec<Ship>,
}

impl Fleet {
    /// The ships, by ascending player.
    #[must_use]
    pub fn ships(&self) -> &[Ship] {
        &self.ships
    }

    /// The ships, to be changed; their players must not be.
    pub fn ships_mut(&mut self) -> &mut [Ship] {
        &mut self.ships
    }

    /// A player's ship, if it is flying.
    #[must_use]
    pub fn of(&self, player: PlayerId) -> Option<&Ship> {
        let index = self.ships.binary_search_by_key(&player, |ship| ship.player).ok()?;
        self.ships.get(index)
    }

    /// A player's ship, to be changed; its player must not be.
    pub fn of_mut(&mut self, player: PlayerId) -> Option<&mut Ship> {
        let index = self.ships.binary_search_by_key(&player, |ship| ship.player).ok()?;
        self.ships.get_mut(index)
    }

    /// Where all ships are.
    pub fn positions(&self) -> impl Iterator<Item = Vec2> + Clone + '_ {
        self.ships.iter().map(|ship| ship.motion.position)
    }

    /// Adds ships of players who have none.
    pub fn launch(&mut self, ships: Vec<Ship>) {
        self.ships.extend(ships);
        // Two runs that are in order already: nearly linear.
        self.ships.sort_by_key(|ship| ship.player);
    }

    /// Removes ships; the others keep their order.
    pub fn retain(&mut self, keep: impl FnMut(&Ship) -> bool) {
        self.ships.retain(keep);
    }

    /// Moves every ship by a tick, as its player wants and as far as walls and asteroids let it.
    pub fn fly(&mut self, inputs: &Inputs<'_>, field: &Field, pace: &Pace) {
        for_each_piece(&mut self.ships, |ships| {
            let Some(first) = ships.first().map(|ship| ship.player) else { return };
            let mut inputs = inputs.iter_from(first).peekable();
            for ship in ships {
                while inputs.next_if(|input| input.player < ship.player).is_some() {}
                let input = inputs.next_if(|input| input.player == ship.player);
                let controls = input.map_or_else(InputValues::default, |input| input.values);
                ship.view_age = input.map_or(ViewAge::UNTOLD, |input| input.view_age);
                ship.fly(&controls, pace);
                ship.bounce(field);
            }
        });
    }

    /// Whether these ships could have come about in a world of this size.
    #[must_use]
    pub fn is_sound(&self, world: Vec2) -> bool {
        self.ships.is_sorted_by(|one, next| one.player < next.player)
            && self.ships.iter().all(|ship| {
                let ShipMotion { position, velocity, .. } = ship.motion;
                ship.entity != EntityId(0)
                    && position.cmpge(Vec2::ZERO).all()
                    && position.cmple(world).all()
                    && length(velocity) < IMPOSSIBLE_SPEED
                    && length(ship.previous - position) < IMPOSSIBLE_SPEED
                    && (0.0..=FULL_ENERGY).contains(&ship.energy)
                    && (-1.0..=MAX_GUN_WAIT as f32).contains(&ship.gun_wait)
                    && [ship.dash_wait, ship.protection].iter().all(|&w| i32::from(w) <= MAX_WAIT)
                    && [ship.energy, ship.gun_wait].iter().all(|n| (n * STEPS).fract() == 0.0)
            })
    }
}
