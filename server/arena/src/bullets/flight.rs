//! How one bullet flies through a tick, the present one or a past one, and what it meets.
//!
//! **Lag compensation.** A player far away sees the others where they were a while ago: by the age of
//! their view. A bullet is carried at its birth by that age, through the [past](crate::past): s ticks on
//! its way it meets the others where they were s ticks after the moment that its shooter saw as it fired.
//! If it meets one it is a hit now; else it flies on from there. So whoever aims at what they see, leading
//! by the bullet's flight, hits as without any latency, and the bullet is where they see it: shown as late
//! as the others are, it is where it was when its shooter fired, and its way since.

use glam::Vec2;
use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::message::ViewAge;
use tickwire_simulation::history::Moment;

use super::Bullet;
use crate::field::Field;
use crate::fleet::Fleet;
use crate::grid::Bounds;
use crate::past::{Past, PastShip, PastTick};
use crate::plane::sweep;
use crate::ship::SHIP_RADIUS;

/// A bullet's radius, in world units; asteroids stop its middle.
const BULLET_RADIUS: f32 = 3.0;

/// What bullets fly through.
#[derive(Clone, Copy, Debug)]
pub struct Space<'a> {
    /// Asteroids and the edge.
    pub field: &'a Field,
    /// The ships that are there now.
    pub fleet: &'a Fleet,
    /// Where they and others were, the present tick included.
    pub past: &'a Past,
    /// The present tick.
    pub now: Tick,
    /// Seconds per tick.
    pub dt: f32,
    /// The oldest view that counts.
    pub most_age: ViewAge,
}

/// What a tick brings a bullet.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fate {
    Flies,
    Ends,
    Hit { victim: PlayerId, at: Vec2 },
}

impl Bullet {
    /// Moves it through a tick, from a share of it on, among the ships of that tick that count.
    #[inline]
    pub(super) fn fly(
        &mut self,
        tick: Option<PastTick<'_>>,
        from: f32,
        space: Space<'_>,
        counts: impl Fn(&PastShip) -> bool,
    ) -> Fate {
        let (start, time) = (self.position, space.dt * (1.0 - from));
        self.position += self.velocity * time;
        self.life -= time;
        let path = Path { start, end: self.position };
        let world = space.field.world();
        let stop = path.first_rock(space.field);
        let target = tick.and_then(|tick| path.first_ship(tick, from, self.player, counts));
        if let Some((time, victim)) = target
            && stop.is_none_or(|stop| time <= stop)
        {
            return Fate::Hit { victim, at: path.at(time).clamp(Vec2::ZERO, world) };
        }
        let inside = path.end.cmpge(Vec2::ZERO).all() && path.end.cmple(world).all();
        if stop.is_none() && inside && self.life > 0.0 { Fate::Flies } else { Fate::Ends }
    }

    /// Carries it by an age, through the past. A ship that was lost since is no target.
    pub(super) fn carry(&mut self, age: ViewAge, space: Space<'_>) -> Fate {
        if age == ViewAge::UNTOLD {
            return Fate::Flies;
        }
        let Moment { mut tick, share: mut from } = Moment::before(space.now, age);
        loop {
            if from < 1.0 {
                let fate =
                    self.fly(space.past.at(tick), from, space, |ship| ship.is_in(space.fleet));
                if !matches!(fate, Fate::Flies) {
                    return fate;
                }
            }
            if tick == space.now {
                return Fate::Flies;
            }
            (tick, from) = (tick.next(), 0.0);
        }
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

    /// When it first meets a ship other than the shooter's that counts, and whose. Both move: the ship is
    /// taken to stand still while the bullet flies the difference of their ways. The path begins at a
    /// share of the tick.
    #[inline]
    fn first_ship(
        self,
        tick: PastTick<'_>,
        from: f32,
        shooter: PlayerId,
        counts: impl Fn(&PastShip) -> bool,
    ) -> Option<(f32, PlayerId)> {
        let reach = SHIP_RADIUS + BULLET_RADIUS;
        let mut first: Option<(f32, PlayerId)> = None;
        // A ship may have been so far from where the grid has it.
        let near = Bounds::along(self.start, self.end, reach + tick.longest_way);
        for index in tick.grid.near(near) {
            let ship = &tick.ships[index];
            if ship.player == shooter {
                continue;
            }
            let begins = ship.from + (ship.to - ship.from) * from;
            let travel = self.end - self.start - (ship.to - begins);
            if let Some(time) = sweep(self.start - begins, travel, reach)
                && first.is_none_or(|first| (time, ship.player) < first)
                && counts(ship)
            {
                first = Some((time, ship.player));
            }
        }
        first
    }
}
