//! What the tests of the rules share: arenas to play in, inputs, and a script of random play.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "each test file uses its part")]

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use tickwire_arena::Arena;
use tickwire_arena::fleet::Ship;
use tickwire_arena::options::ArenaOptions;
use tickwire_arena::pilots::Pilot;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::{GameMessage, InputValues, Value, ViewAge};
use tickwire_simulation::game::Game;
use tickwire_simulation::harness::GameHarness;

/// Ticks per second of all tests.
pub const HZ: u16 = 30;

/// A game of the arena under test.
pub type Play = GameHarness<Arena>;

/// A game with these options.
pub fn play(options: ArenaOptions, seed: u64) -> Play {
    GameHarness::new(Box::new(Arena::new(options)), HZ, seed)
}

/// A small field without asteroids or pickups, and players 1 to `players`.
pub fn empty_field(players: u32) -> Play {
    let options = ArenaOptions {
        world: [1000.0, 1000.0],
        asteroids: 0,
        pickups: 0,
        ..ArenaOptions::default()
    };
    let mut play = play(options, 1);
    (1..=players).for_each(|player| play.join(PlayerId(player), "name"));
    play.events();
    play
}

/// Lets a number of ticks pass.
pub fn pass(play: &mut Play, ticks: u32) {
    (0..ticks).for_each(|_| play.step());
}

/// Lets ticks pass until nobody is protected any more.
pub fn outlast_protection(play: &mut Play) {
    pass(play, 61);
}

/// Inputs by name.
#[derive(Clone, Copy, Default)]
pub struct Keys {
    pub thrust: i32,
    pub turn: i32,
    pub fire: i32,
    pub dash: i32,
}

/// Sets a player's input.
pub fn press(play: &mut Play, player: u32, keys: Keys) {
    let values = [keys.thrust, keys.turn, keys.fire, keys.dash];
    play.input(PlayerId(player), InputValues::new(&values).unwrap());
}

/// Puts a player's ship somewhere, at rest, heading along an angle.
pub fn put(play: &mut Play, player: u32, [x, y]: [f32; 2], angle: u16) {
    change(play, player, |ship| {
        ship.motion.position = [x, y].into();
        ship.motion.velocity = [0.0, 0.0].into();
        ship.motion.angle = angle;
    });
}

/// Changes a player's ship.
pub fn change(play: &mut Play, player: u32, change: impl FnOnce(&mut Ship)) {
    let ships = play.game_mut().fleet_mut().ships_mut();
    change(ships.iter_mut().find(|ship| ship.player == PlayerId(player)).unwrap());
}

/// A player's ship, if it flies.
pub fn ship(play: &Play, player: u32) -> Option<&Ship> {
    play.game().fleet().of(PlayerId(player))
}

/// A player's standing.
pub fn pilot(play: &Play, player: u32) -> &Pilot {
    play.game().pilots().of(PlayerId(player)).unwrap()
}

/// The names and players of the events since the last call.
pub fn events(play: &mut Play) -> Vec<(String, Vec<u32>)> {
    let events = play.events();
    events.iter().map(|event| (name_of(play, event), players_of(event))).collect()
}

fn name_of(play: &Play, event: &GameMessage) -> String {
    play.schema().events[usize::from(event.kind)].name.clone()
}

fn players_of(event: &GameMessage) -> Vec<u32> {
    let player = |value: &Value| match value {
        Value::Player(player) => Some(player.0),
        _ => None,
    };
    event.values.iter().filter_map(player).collect()
}

/// Random play: joins, leaves, bots, chat and inputs. Two scripts of the same seed do the same.
#[derive(Clone)]
pub struct Script {
    rng: SmallRng,
    next_player: u32,
}

impl Script {
    pub fn new(seed: u64) -> Self {
        Self { rng: SmallRng::seed_from_u64(seed), next_player: 1 }
    }

    /// Plays one tick and returns the saved state after it.
    pub fn play_tick(&mut self, play: &mut Play) -> Vec<u8> {
        let players: Vec<_> = play.players().collect();
        if players.len() < 24 && self.rng.random_range(0..20) == 0 {
            play.join(PlayerId(self.next_player), "name");
            self.next_player += 1;
        }
        for player in players {
            // Every third player is one of the server's.
            if player.0.is_multiple_of(3) {
                play.bot(player);
            } else if self.rng.random_range(0..6) == 0 {
                play.input(player, self.keys());
            }
            if self.rng.random_range(0..40) == 0 {
                play.view_age(player, ViewAge(self.rng.random_range(0..250)));
            }
            match self.rng.random_range(0..1500) {
                0 => play.leave(player),
                1 => drop(play.message(player, &say("hello"))),
                _ => {}
            }
        }
        play.step();
        play.events();
        play.game().save()
    }

    fn keys(&mut self) -> InputValues {
        let turn = self.rng.random_range(-127..=127);
        let mut button = || self.rng.random_range(0..=1);
        InputValues::new(&[button(), turn, button(), button()]).unwrap()
    }
}

/// A line of chat.
pub fn say(text: &str) -> GameMessage {
    GameMessage { kind: 0, values: vec![Value::Text(text.to_owned())] }
}
