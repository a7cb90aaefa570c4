//! Where ships were in past ticks: for the bullets of players who see the others late.
//!
//! The newest tick is the present one: every bullet is held against it. Those of the ticks before are
//! kept for as long as the game looks back, each with an index of who was where.

use bincode::{Decode, Encode};
use glam::Vec2;
use tickwire_protocol::ids::{EntityId, PlayerId, Tick};
use tickwire_simulation::history::History;
use tickwire_simulation::side_by_side::max_of;

use crate::fleet::{Fleet, IMPOSSIBLE_SPEED, Ship};
use crate::grid::{Bounds, Grid};
use crate::options::MAX_REWIND_MS;
use crate::plane::length;

/// Most ticks that are ever kept: the longest look back at 240 Hz, and the present.
const MOST_TICKS: u32 = MAX_REWIND_MS * 240 / 1000 + 2;

/// A ship in one tick.
#[derive(Clone, Copy, Debug, PartialEq, Encode, Decode)]
pub struct PastShip {
    /// Who flew it.
    pub player: PlayerId,
    /// Its entity.
    pub entity: EntityId,
    /// Where it was as the tick began.
    #[bincode(with_serde)]
    pub from: Vec2,
    /// Where it was at its end.
    #[bincode(with_serde)]
    pub to: Vec2,
}

/// All ships in the newest ticks.
#[derive(Debug)]
pub struct Past {
    ships: History<Vec<PastShip>>,
    indices: History<Index>,
}

/// All ships in one tick.
#[derive(Clone, Copy, Debug)]
pub struct PastTick<'a> {
    /// The ships, by ascending player.
    pub ships: &'a [PastShip],
    /// Where they were at the end of the tick.
    pub grid: &'a Grid,
    /// The longest way that one of them went.
    pub longest_way: f32,
}

#[derive(Debug, Default)]
struct Index {
    grid: Option<Grid>,
    longest_way: f32,
}

impl PastShip {
    fn of(ship: &Ship) -> Self {
        let (from, to) = (ship.previous, ship.motion.position);
        Self { player: ship.player, entity: ship.entity, from, to }
    }

    /// Whether it is still flying.
    #[must_use]
    pub fn is_in(&self, fleet: &Fleet) -> bool {
        fleet.of(self.player).is_some_and(|ship| ship.entity == self.entity)
    }
}

impl Default for Past {
    fn default() -> Self {
        Self { ships: History::new(1), indices: History::new(1) }
    }
}

impl Past {
    /// Writes down a tick, once the fleet has flown. So many ticks are kept, the tick included.
    pub fn record(&mut self, tick: Tick, fleet: &Fleet, world: Vec2, most: u32) {
        self.ships.keep(most);
        self.indices.keep(most);
        let ships = self.ships.record(tick);
        ships.clear();
        ships.extend(fleet.ships().iter().map(PastShip::of));
        self.indices.record(tick).fill(ships, world);
    }

    /// A tick that is kept.
    #[must_use]
    pub fn at(&self, tick: Tick) -> Option<PastTick<'_>> {
        let (ships, index) = (self.ships.at(tick)?, self.indices.at(tick)?);
        Some(PastTick { ships, grid: index.grid.as_ref()?, longest_way: index.longest_way })
    }

    /// What [`Past::restore`] takes.
    #[must_use]
    pub const fn saved(&self) -> &History<Vec<PastShip>> {
        &self.ships
    }

    /// Takes over what was saved.
    pub fn restore(&mut self, ships: History<Vec<PastShip>>, world: Vec2) {
        self.indices = History::new(ships.most());
        for (tick, ships) in ships.iter() {
            self.indices.record(tick).fill(ships, world);
        }
        self.ships = ships;
    }
}

impl Index {
    fn fill(&mut self, ships: &[PastShip], world: Vec2) {
        let grid = self.grid.get_or_insert_with(|| Grid::new(world));
        grid.fill(ships.iter().map(|ship| Bounds::around(ship.to, 0.0)));
        self.longest_way = max_of(ships, 0.0, |ship| length(ship.to - ship.from));
    }
}

/// Whether these could have come about in a world of this size.
#[must_use]
pub fn is_sound(saved: &History<Vec<PastShip>>, world: Vec2) -> bool {
    let within = |place: Vec2| place.cmpge(Vec2::ZERO).all() && place.cmple(world).all();
    saved.is_sound(MOST_TICKS)
        && saved
            .iter()
            .flat_map(|(_, ships)| ships)
            .all(|ship| within(ship.to) && length(ship.to - ship.from) < IMPOSSIBLE_SPEED)
}
