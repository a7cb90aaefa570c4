//! Guns and bullets: who fires, where bullets fly, and what ends them.
//!
//! A bullet flies some 30 units in a tick, so its whole way is held against circles, never only its
//! end. What a hit means is decided in [`combat`](crate::combat), how one flies and meets the others where its
//! shooter saw them in [`flight`].

pub mod flight;

use bincode::{Decode, Encode};
use glam::Vec2;
use tickwire_protocol::ids::{EntityId, PlayerId};
use tickwire_protocol::message::ViewAge;
use tickwire_simulation::game::Context;
use tickwire_simulation::side_by_side::map_into;

use crate::fleet::{Fleet, IMPOSSIBLE_SPEED, Ship};
use crate::pace::Pace;
use crate::plane::length;
use crate::ship::SHIP_RADIUS;
use crate::sine::direction;

use flight::{Fate, Space};

/// What the gun adds to the ship's velocity, in units/s.
pub const BULLET_SPEED: f32 = 900.0;
/// Seconds that a bullet lives: a little farther than to the edge of a screen.
pub const BULLET_LIFE: f32 = 1.2;
/// Seconds from one shot to the next.
pub const GUN_COOLDOWN: f32 = 0.18;
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
    /// Whose ship was hit.
    pub victim: PlayerId,
    /// Where.
    pub at: Vec2,
}

/// What a tick has brought bullets: of use within a step only, kept for its memory.
#[derive(Debug, Default)]
pub struct Fates {
    list: Vec<Fate>,
    /// Ships that were met, to be settled.
    pub hits: Vec<Hit>,
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

    /// Every ship whose player holds the trigger fires if its gun is ready. Returns how many bullets
    /// there were before.
    pub fn fire(&mut self, fleet: &mut Fleet, pace: &Pace, context: &mut Context<'_>) -> usize {
        let before = self.list.len();
        for ship in fleet.ships_mut() {
            if ship.fire(pace) {
                self.list.push(Bullet::shot_of(ship, context.spawn()));
            }
        }
        before
    }

    /// Moves every bullet by a tick. One that meets a ship, an asteroid or the edge of the world, or
    /// has lived long enough, is gone.
    pub fn fly(&mut self, space: Space<'_>, fates: &mut Fates) {
        let now = space.past.at(space.now);
        map_into(&mut self.list, &mut fates.list, |bullet| bullet.fly(now, 0.0, space, |_| true));
        self.part(0, fates);
    }

    /// Carries the bullets from an index on, which were fired at this tick, by the ages of their
    /// shooters' views.
    pub fn carry(&mut self, first: usize, space: Space<'_>, fates: &mut Fates) {
        let age = |bullet: &Bullet| {
            let shooter = space.fleet.of(bullet.player);
            shooter.map_or(ViewAge::UNTOLD, |ship| ship.view_age.min(space.most_age))
        };
        let fired = &mut self.list[first..];
        if fired.iter().all(|bullet| age(bullet) == ViewAge::UNTOLD) {
            return;
        }
        map_into(fired, &mut fates.list, |bullet| bullet.carry(age(bullet), space));
        self.part(first, fates);
    }

    /// Keeps the bullets that fly on, of those from an index on, and the hits of the others.
    fn part(&mut self, first: usize, fates: &mut Fates) {
        let Fates { list, hits } = fates;
        let (mut spared, mut fates) = (first, list.iter());
        self.list.retain(|bullet| {
            if spared > 0 {
                spared -= 1;
                return true;
            }
            match fates.next() {
                Some(&Fate::Hit { victim, at }) => {
                    hits.push(Hit { shooter: bullet.player, victim, at });
                    false
                }
                Some(Fate::Ends) => false,
                Some(Fate::Flies) | None => true,
            }
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
                && bullet.entity != EntityId(0)
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Field;
    use crate::options::ArenaOptions;
    use crate::past::Past;
    use tickwire_protocol::ids::Tick;

    const DT: f32 = 1.0 / 30.0;

    /// A field without rocks, ships at these places, and a bullet of player 9.
    fn hits_of(ships: &[Ship], bullet: Bullet) -> (Vec<Hit>, usize) {
        let field = Field::new(ArenaOptions::default());
        let mut fleet = Fleet::default();
        fleet.launch(ships.to_vec());
        let mut past = Past::default();
        past.record(Tick(1), &fleet, field.world(), 1);
        let mut bullets = Bullets { list: vec![bullet] };
        let mut fates = Fates::default();
        bullets.fly(space(&field, &fleet, &past, 1), &mut fates);
        (fates.hits, bullets.list.len())
    }

    fn space<'a>(field: &'a Field, fleet: &'a Fleet, past: &'a Past, now: u32) -> Space<'a> {
        Space { field, fleet, past, now: Tick(now), dt: DT, most_age: ViewAge(200) }
    }

    /// A ship of player 1 that crosses y = 500 at x = 600 within ticks 5 to 7, at 40 units a tick; ten
    /// ticks of its past, and whether a bullet that is fired now hits it.
    fn crossing(age: f32, y_at_sight: f32) -> (Vec<Hit>, usize, Vec2) {
        let field = Field::new(ArenaOptions::default());
        let (mut fleet, mut past) = (Fleet::default(), Past::default());
        fleet.launch(vec![ship(1, 600.0, y_at_sight), ship(9, 500.0, 500.0)]);
        let age_before_last = 10.0 - age;
        for tick in 0..=10_u16 {
            let y = |tick: f32| y_at_sight + (tick - age_before_last) * 40.0;
            let target = &mut fleet.ships_mut()[0];
            target.previous = Vec2::new(600.0, y(f32::from(tick) - 1.0));
            target.motion.position = Vec2::new(600.0, y(tick.into()));
            past.record(Tick(tick.into()), &fleet, field.world(), 11);
        }
        fleet.ships_mut()[1].view_age = ViewAge::from_ticks(age);
        let mut bullets = Bullets {
            list: vec![bullet(100.0, 100.0), Bullet { life: 9.0, ..bullet(500.0, 500.0) }],
        };
        bullets.list[1].velocity = Vec2::new(900.0, 0.0);
        let mut fates = Fates::default();
        bullets.carry(1, space(&field, &fleet, &past, 10), &mut fates);
        let place = bullets.list.last().unwrap().position;
        (fates.hits, bullets.list.len(), place)
    }

    #[test]
    fn a_bullet_meets_a_ship_where_its_shooter_saw_it() {
        // It takes 81 of 100 units, 2.7 ticks, until it touches what it flies at; the ship goes 108.
        for age in [3.0, 4.5, 8.0, 9.9375] {
            let (hits, left, _) = crossing(age, 500.0 - 2.7 * 40.0);
            assert_eq!((hits.len(), left), (1, 1), "seen {age} ticks ago");
            assert_eq!((hits[0].shooter, hits[0].victim), (PlayerId(9), PlayerId(1)));
            assert!((575.0..600.0).contains(&hits[0].at.x), "{:?}", hits[0].at);
            assert_eq!(crossing(age, 500.0).0, [], "one that is on the line is gone by then");
        }
    }

    #[test]
    fn a_bullet_that_meets_nothing_flies_on_from_where_its_shooter_has_it() {
        for age in [0.0, 0.5, 2.0, 6.25] {
            let (hits, left, place) = crossing(age, 0.0);
            assert_eq!((hits.len(), left), (0, 2));
            assert!((place - Vec2::new(500.0 + age * 30.0, 500.0)).length() < 0.01, "{place}");
        }
    }

    #[test]
    fn ships_that_are_gone_are_no_targets() {
        let field = Field::new(ArenaOptions::default());
        let (mut fleet, mut past) = (Fleet::default(), Past::default());
        fleet.launch(vec![ship(1, 540.0, 500.0), ship(9, 500.0, 500.0)]);
        (0..=10).for_each(|tick| past.record(Tick(tick), &fleet, field.world(), 11));
        let carried = |fleet: &mut Fleet| {
            fleet.of_mut(PlayerId(9)).unwrap().view_age = ViewAge(16);
            let mut bullets = Bullets { list: vec![bullet(500.0, 500.0)] };
            let mut fates = Fates::default();
            bullets.carry(0, space(&field, fleet, &past, 10), &mut fates);
            fates.hits.len()
        };
        assert_eq!(carried(&mut fleet), 1);
        // It was lost, and its player has another one by now.
        fleet.ships_mut()[0].entity = EntityId(77);
        assert_eq!(carried(&mut fleet), 0);
        fleet.retain(|ship| ship.player == PlayerId(9));
        assert_eq!(carried(&mut fleet), 0);
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
        assert_eq!((hits[0].shooter, hits[0].victim, left), (PlayerId(9), PlayerId(2), 0));
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
