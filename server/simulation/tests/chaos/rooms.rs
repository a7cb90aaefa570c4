//! Random rooms of this game, for random lives.

use rand::rngs::StdRng;
use rand::{Rng, RngExt};
use tickwire_protocol::ids::Tick;
use tickwire_simulation::room::{Room, RoomConfig};

use super::{Chaos, Views};
use crate::virtual_clients::Network;

/// A budget that suffices for everything, in bytes per second.
const PLENTY: f32 = 1.0e6;
/// One that is so short that cells wait for each other.
const SHORT: f32 = 3_000.0;

/// A room of any kinds of things, and what players see there. The number sees to it that whatever
/// makes a difference comes up: most things rest or hardly any do, the budget is short or not, ticks
/// wrap, the world is a single cell.
pub fn random_room(rng: &mut StdRng, number: u64) -> (Network, Views) {
    let budget_per_second = if number % 4 < 2 { PLENTY } else { SHORT };
    let defaults = RoomConfig::default();
    let config = RoomConfig {
        seed: rng.next_u64(),
        first_tick: if number.is_multiple_of(3) { Tick(u32::MAX - 100) } else { Tick(0) },
        capacity: 12,
        budget_per_second,
        hash_every: [0, 7, defaults.hash_every][rng.random_range(0..3)],
        history_ticks: [18, defaults.history_ticks, 255][rng.random_range(0..3)],
        report_ticks: 1,
        ..defaults
    };
    let idle = if number.is_multiple_of(2) { 0.95 } else { 0.2 };
    let views = Views::default();
    let mut game = Chaos::new(idle, views.clone()).with_made_up_kinds(rng);
    if number % 5 == 4 {
        game = game.in_one_cell();
    }
    let mut network = Network::new(Room::new(config, Box::new(game)).unwrap());
    network.states.is_everything_sent = budget_per_second == PLENTY;
    (network, views)
}
