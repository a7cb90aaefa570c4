//! Guns and bullets: who fires, where bullets fly, and what ends them.
//!
//! A bullet flies some 30 units in a tick, so its whole way is held against circles, never only its
//! end. What a hit means is decided in [`combat`](crate::combat).

use bincode::{Decode, Encode};
use glam::Vec2;
use tickwire_protocol::ids::{EntityId, PlayerId};
use tickwire_simulation::game::Context;
use tickwire_simulation::side_by_side::map;

use crate::field::Field;
use crate::fleet::{Fleet, IMPOSSIBLE_SPEED, Ship};
use crate::grid::{Bounds, Grid};
use crate::pace::Pace;
use crate::plane::{length, sweep};
use crate::ship::SHIP_RADIUS;
use crate::sine::direction;

/// What the gun adds to the ship's velocity, in units/s.
pub const BULLET_SPEED: f32 = 900.0;
/// Seconds that a bullet lives: a little farther than to the edge of a screen.
pub const BULLET_LIFE: f32 = 1.2;
/// Seconds from one shot to the next.
pub const GUN_COOLDOWN: f32 = 0.18;
/// A bullet's radius, in world units; asteroids stop its middle.
const BULLET_RADIUS: f32 = 3.0;
/// From a ship's middle to its muzzle.
const MUZZLE: f32 = SHIP_RADIUS + 4.0;

/// A bullet in flight.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Bullet {
    /// Where it is.
    #[bincode(with_serde)]
    pub position: Vec2,
    /// World units per second.
    #[bincode(with_serde)]
    pub velocity: Vec2,
    /// Seconds left to live.
    pub life: f32,
    /// Who has fired it.
    pub player: PlayerId,
    /// Its entity.
    pub entity: EntityId,
    /// Number of the shot among those of its ship, wrapping.
    pub shot: u8,
}

/// A bullet has met a ship.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    /// Who has fired.
    pub shooter: PlayerId,
    /// The ship's index in the fleet.
    pub ship: usize,
    /// Where.
    pub at: Vec2,
}

/// What a tick brings a bullet.
#[derive(Clone, Copy, Debug)]
enum Fate {
    Flies,
    Ends,
    Hit { ship: usize, at: Vec2 },
}

/// All bullets, oldest first.
#[derive(Debug, Default, Encode, Decode)]
pub struct Bullets {
    list: Vec<Bullet>,
}

impl Bullets {
    /// The bullets, oldest first.
    #[must_use]
    pub fn list(&self) -> &[Bullet] {
        &self.list
    }

    /// Every ship whose player holds the trigger fires if its gun is ready.
    pub fn fire(&mut self, fleet: &mut Fleet, pace: &Pace, context: &mut Context<'_>) {
        for ship in fleet.ships_mut() {
            if ship.fire(pace) {
                self.list.push(Bullet::shot_of(ship, context.spawn()));
            }
        }
    }

    /// Moves every bullet by a tick. One that meets a ship, an asteroid or the edge of the world, or
    /// has lived long enough, is gone. `grid` holds the fleet where it is now.
    pub fn fly(&mut self, fleet: &Fleet, grid: &Grid, field: &Field, dt: f32, hits: &mut Vec<Hit>) {
        let slack = fleet.longest_way();
        let fates = map(&mut self.list, |bullet| bullet.fly(fleet, grid, field, dt, slack));
        let mut fates = fates.into_iter();
        self.list.retain(|bullet| match fates.next() {
            Some(Fate::Hit { ship, at }) => {
                hits.push(Hit { shooter: bullet.player, ship, at });
                false
            }
            Some(Fate::Ends) => false,
            Some(Fate::Flies) | None => true,
        });
    }

    /// Removes a player's bullets.
    pub fn remove_of(&mut self, player: PlayerId) {
        self.list.retain(|bullet| bullet.player != player);
    }

    /// Whether these could have come about in a world of this size.
    #[must_use]
    pub fn are_sound(&self, world: Vec2) -> bool {
        self.list.iter().all(|bullet| {
            // A muzzle may stick out of the world.
            let beyond = (bullet.position - bullet.position.clamp(Vec2::ZERO, world)).abs();
            beyond.max_element() <= MUZZLE
                && length(bullet.velocity) < IMPOSSIBLE_SPEED
                && bullet.life.is_finite()
        })
    }
}

impl Bullet {
    /// The bullet of a ship that fires.
    #[must_use]
    pub fn shot_of(ship: &Ship, entity: EntityId) -> Self {
        let heading = direction(ship.motion.angle);
        Self {
            position: ship.motion.position + heading * MUZZLE,
            velocity: ship.motion.velocity + heading * BULLET_SPEED,
            life: BULLET_LIFE,
            player: ship.player,
            entity,
            shot: ship.shots,
        }
    }

    /// Moves it by a tick.
    fn fly(&mut self, fleet: &Fleet, grid: &Grid, field: &Field, dt: f32, slack: f32) -> Fate {
        let start = self.position;
        self.position += self.velocity * dt;
        self.life -= dt;
        let path = Path { start, end: self.position };
        let stop = path.first_rock(field);
        let target = path.first_ship(fleet, grid, self.player, slack);
        if let Some((time, ship)) = target
            && stop.is_none_or(|stop| time <= stop)
        {
            return Fate::Hit { ship, at: path.at(time).clamp(Vec2::ZERO, field.world()) };
        }
        let inside = path.end.cmpge(Vec2::ZERO).all() && path.end.cmple(field.world()).all();
        if stop.is_none() && inside && self.life > 0.0 { Fate::Flies } else { Fate::Ends }
    }
}

/// A bullet's way in one tick.
#[derive(Clone, Copy)]
struct Path {
    start: Vec2,
    end: Vec2,
}

impl Path {
    fn at(self, time: f32) -> Vec2 {
        self.start + (self.end - self.start) * time
    }

    /// When the bullet first meets an asteroid.
    fn first_rock(self, field: &Field) -> Option<f32> {
        field
            .rocks_near(Bounds::along(self.start, self.end, 0.0))
            .filter_map(|rock| {
                sweep(self.start - rock.center, self.end - self.start, rock.radius.into())
            })
            .reduce(f32::min)
    }

    /// When it first meets a ship other than the shooter's, and which. Both move: the ship is taken
    /// to stand still while the bullet flies the difference of their ways. `slack` is the farthest
    /// that a ship may have been from where the grid has it.
    fn first_ship(
        self,
        fleet: &Fleet,
        grid: &Grid,
        shooter: PlayerId,
        slack: f32,
    ) -> Option<(f32, usize)> {
        let reach = SHIP_RADIUS + BULLET_RADIUS;
        let mut first: Option<(f32, usize)> = None;
        for index in grid.near(Bounds::along(self.start, self.end, reach + slack)) {
            let ship = &fleet.ships()[index];
            if ship.player == shooter {
                continue;
            }
            let ship_way = ship.motion.position - ship.previous;
            let travel = self.end - self.start - ship_way;
            if let Some(time) = sweep(self.start - ship.previous, travel, reach)
                && first.is_none_or(|first| (time, index) < first)
            {
                first = Some((time, index));
            }
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::ArenaOptions;

    const DT: f32 = 1.0 / 30.0;

    /// A field without rocks, ships at these places, and a bullet of player 9.
    fn hits_of(ships: &[Ship], bullet: Bullet) -> (Vec<Hit>, usize) {
        let field = Field::new(ArenaOptions::default());
        let mut fleet = Fleet::default();
        fleet.launch(ships.to_vec());
        let mut grid = Grid::new(field.world());
        grid.fill(fleet.positions().map(|position| Bounds::around(position, 0.0)));
        let mut bullets = Bullets { list: vec![bullet] };
        let mut hits = Vec::new();
        bullets.fly(&fleet, &grid, &field, DT, &mut hits);
        (hits, bullets.list.len())
    }

    fn ship(player: u32, x: f32, y: f32) -> Ship {
        Ship::new(PlayerId(player), EntityId(player), Vec2::new(x, y), 0, &Pace::of(DT))
    }

    fn bullet(x: f32, y: f32) -> Bullet {
        Bullet {
            position: Vec2::new(x, y),
            velocity: Vec2::new(3000.0, 0.0),
            life: BULLET_LIFE,
            player: PlayerId(9),
            entity: EntityId(99),
            shot: 1,
        }
    }

    #[test]
    fn a_bullet_hits_the_first_ship_on_its_way_and_is_gone() {
        // In one tick it flies 100 units: past all of them.
        let ships = [ship(1, 590.0, 500.0), ship(2, 540.0, 510.0), ship(3, 560.0, 530.0)];
        let (hits, left) = hits_of(&ships, bullet(500.0, 500.0));
        assert_eq!(hits.len(), 1);
        assert_eq!((hits[0].shooter, hits[0].ship, left), (PlayerId(9), 1, 0));
        assert!((520.0..530.0).contains(&hits[0].at.x), "{:?}", hits[0].at);
    }

    #[test]
    fn a_bullet_passes_its_own_ship_and_those_beside_its_way() {
        let ships = [ship(9, 540.0, 500.0), ship(2, 560.0, 520.0)];
        assert_eq!(hits_of(&ships, bullet(500.0, 500.0)), (vec![], 1));
    }

    #[test]
    fn a_ship_that_crosses_the_way_within_the_tick_is_hit() {
        let mut crossing = ship(1, 550.0, 480.0);
        crossing.previous = Vec2::new(550.0, 520.0);
        assert_eq!(hits_of(&[crossing], bullet(500.0, 500.0)).0.len(), 1);
    }

    #[test]
    fn bullets_end_at_the_edge_and_when_their_time_is_over() {
        assert_eq!(hits_of(&[], bullet(3950.0, 500.0)).1, 0);
        assert_eq!(hits_of(&[], bullet(3850.0, 500.0)).1, 1);
        let old = Bullet { life: DT / 2.0, ..bullet(500.0, 500.0) };
        assert_eq!(hits_of(&[], old).1, 0);
    }
}
