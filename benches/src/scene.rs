//! A game full of players, without a room: what a tick costs is the game's alone.
//!
//! What is measured is [`Scene::step`] and what follows it; [`Scene::send_inputs`] and
//! [`Scene::forget_events`] stand for the room and belong outside the measured time.

use tickwire_arena::options::ArenaOptions;
use tickwire_bot_client::behavior::Behavior;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::InputValues;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::snapshot::Snapshot;
use tickwire_simulation::game::Game;
use tickwire_simulation::harness::GameHarness;
use tickwire_simulation::registry::{GameOptions, OptionError};

use crate::script::{Scripts, TICK_RATE_HZ};

/// Ticks after which an arena has as many bullets and losses as it will have: 10 s.
const ARENA_SETTLING_TICKS: usize = 300;
/// Of 1,000 arena entities: players (each a pilot, and a ship unless it was just lost), asteroids and
/// pickups. The rest are bullets in flight, as many as so many wandering ships have.
const ARENA_PLAYERS: f64 = 0.205;
const ARENA_ASTEROIDS: f64 = 0.1;
const ARENA_PICKUPS: f64 = 0.15;
/// World units² per arena entity: those of the demo, a field of 4000 × 4000 with 50 players.
const ARENA_AREA: f64 = 4000.0 * 4000.0 / 266.0;

/// A game with players who play.
pub struct Scene {
    harness: GameHarness,
    scripts: Scripts,
    players: Vec<PlayerId>,
    tick: usize,
}

impl Scene {
    /// A game with players, before its first tick.
    #[must_use]
    pub fn new(game: Box<dyn Game>, players: usize, behavior: Behavior, seed: u64) -> Self {
        let mut harness = GameHarness::new(game, TICK_RATE_HZ, seed);
        let scripts = Scripts::record(harness.schema(), behavior, seed);
        let players: Vec<_> = (1..=players as u32).map(PlayerId).collect();
        for &player in &players {
            harness.join(player, "");
        }
        let mut scene = Self { harness, scripts, players, tick: 0 };
        scene.forget_events();
        scene
    }

    /// Drift with as many entities as players, in its usual world.
    ///
    /// # Errors
    /// [`OptionError`] when the game no longer takes these options.
    pub fn drift(players: usize, seed: u64) -> Result<Self, OptionError> {
        let game = tickwire_drift::create(&GameOptions::default())?;
        Ok(Self::new(game, players, Behavior::Wander, seed))
    }

    /// Arena with about this many entities, as dense as the demo, after its first 10 s.
    ///
    /// # Errors
    /// [`OptionError`] when the game no longer takes these options.
    pub fn arena(entities: usize, seed: u64) -> Result<Self, OptionError> {
        let share = |part: f64| (entities as f64 * part).round();
        let side = (entities as f64 * ARENA_AREA).sqrt().round();
        let options = [
            ("world", format!("{side}x{side}")),
            ("asteroids", share(ARENA_ASTEROIDS).to_string()),
            ("pickups", share(ARENA_PICKUPS).to_string()),
        ];
        let options = options.map(|(name, value)| (name.to_owned(), value));
        let options = ArenaOptions::read(&GameOptions(options.into()))?;
        let game = Box::new(tickwire_arena::Arena::new(options));
        let mut scene = Self::new(game, share(ARENA_PLAYERS) as usize, Behavior::Wander, seed);
        for _ in 0..ARENA_SETTLING_TICKS {
            scene.send_inputs();
            scene.step();
            scene.forget_events();
        }
        Ok(scene)
    }

    /// Hands in what the players send in the next tick, as they do with 20 inputs a second.
    pub fn send_inputs(&mut self) {
        for (index, &player) in self.players.iter().enumerate() {
            if let Some(values) = self.scripts.sent(index, self.tick) {
                self.harness.input(player, values);
            }
        }
    }

    /// Hands in one input per player, to be held: the same at every call, or its opposite.
    pub fn hold_course(&mut self, is_reversed: bool) {
        for (index, &player) in self.players.iter().enumerate() {
            let mut values = self.scripts.values(index, 0);
            if is_reversed {
                values = opposite(values);
            }
            self.harness.input(player, values);
        }
    }

    /// Computes one tick.
    pub fn step(&mut self) {
        self.harness.step();
        self.tick += 1;
    }

    /// Drops the events of the ticks so far, which a room would send.
    pub fn forget_events(&mut self) {
        self.harness.events();
    }

    /// The game, to be replicated.
    #[must_use]
    pub fn game(&self) -> &dyn Game {
        self.harness.game()
    }

    /// The game's layout.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        self.harness.layout()
    }

    /// What clients would see now.
    pub fn snapshot(&mut self) -> &Snapshot {
        self.harness.snapshot()
    }

    /// How many ticks were computed.
    #[must_use]
    pub const fn ticks(&self) -> usize {
        self.tick
    }

    /// Share of the entities that one more tick moves or changes: a scene that stands still would
    /// measure nothing.
    #[must_use]
    pub fn share_in_motion(&mut self) -> f64 {
        let before = self.snapshot().clone();
        self.send_inputs();
        self.step();
        self.forget_events();
        let after = self.snapshot();
        let changed = after.rows().filter(|row| before.row(row.slot) != Some(*row)).count();
        changed as f64 / after.entities().max(1) as f64
    }
}

fn opposite(mut values: InputValues) -> InputValues {
    for field in 0..values.as_slice().len() {
        values.set(field, -values.get(field));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickwire_arena::schema::kind;

    /// Where everybody is; last steps left out.
    fn places(scene: &mut Scene) -> Vec<Vec<u32>> {
        let lanes = scene.layout().kinds[0].lanes.len();
        scene.snapshot().rows().map(|row| row.lanes[..lanes].to_vec()).collect()
    }

    #[test]
    fn a_drift_scene_moves_there_and_back() {
        let mut scene = Scene::drift(30, 1).unwrap();
        assert_eq!(scene.snapshot().entities(), 30);
        let start = places(&mut scene);
        scene.hold_course(false);
        scene.step();
        let moved = places(&mut scene);
        assert!(start.iter().zip(&moved).all(|(before, after)| before != after));
        scene.hold_course(true);
        scene.step();
        assert_eq!(places(&mut scene), start, "no body was near a wall");
        assert!(scene.share_in_motion() > 0.5);
        assert_eq!(scene.ticks(), 3);
    }

    #[test]
    fn an_arena_scene_has_the_mix_that_it_promises() {
        let mut scene = Scene::arena(1000, 1).unwrap();
        let snapshot = scene.snapshot().clone();
        let count = |kind| snapshot.rows().filter(|row| usize::from(row.kind) == kind).count();
        assert_eq!([kind::PILOT, kind::ASTEROID, kind::PICKUP].map(count), [205, 100, 150]);
        assert!(count(kind::SHIP) > 150, "{} ships", count(kind::SHIP));
        assert!(count(kind::BULLET) > 200, "{} bullets", count(kind::BULLET));
        assert!((850..1150).contains(&snapshot.entities()), "{} entities", snapshot.entities());
        assert!(scene.share_in_motion() > 0.4);
    }
}
