//! A client's budget of bytes, when a spectator does what costs the most: looks at every tick where it
//! did not look before.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod chaos;
mod virtual_clients;

use chaos::{Chaos, Views, WORLD};
use tickwire_protocol::message::Role;
use tickwire_simulation::game::View;
use tickwire_simulation::room::{Room, RoomConfig};
use virtual_clients::{Client, Network, request};

const SECONDS: u32 = 20;
/// Ticks until the world has filled up.
const SETTLING: u32 = 300;
/// Bytes per second: everybody else's views take less.
const BUDGET: f32 = 8000.0;
/// A budget that suffices for anything.
const PLENTY: f32 = 1.0e6;
/// Middles of views that are far from one another, as shares of the world.
const CORNERS: [[f32; 2]; 4] = [[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]];
/// Sizes of views: some cells of a corner, and a quarter of the world.
const SIZES: [f32; 2] = [1000.0, 2000.0];

/// What came of it.
struct Outcome {
    /// Bytes per second of the spectator in question, and bytes of its largest tick.
    per_second: f32,
    largest: usize,
    /// Frames and bytes of everybody else.
    others: Vec<[usize; 2]>,
}

/// Two players, a spectator who keeps still, and one who looks at a corner, or at another one at
/// every tick. What anybody reads is held against the server's state.
fn play(budget_per_second: f32, size: f32, is_restless: bool) -> Outcome {
    let config = RoomConfig { seed: 5, budget_per_second, ..RoomConfig::default() };
    let game = Chaos::new(0.0, Views::default());
    let mut network = Network::new(Room::new(config, Box::new(game)).unwrap());
    network.states.is_everything_sent = false;
    network.join(request(Role::Player, 1), 0).unwrap();
    network.join(request(Role::Player, 2), 3).unwrap();
    network.join(request(Role::Spectator, 1), 0).unwrap();
    let spectator = network.join(request(Role::Spectator, 1), 0).unwrap();
    let rate = u32::from(network.room.config().tick_rate_hz);
    let (mut settled, mut largest) = (0, 0);
    for tick in 0..SETTLING + SECONDS * rate {
        let corner = CORNERS[if is_restless { tick as usize % CORNERS.len() } else { 0 }];
        let center = [0, 1].map(|axis| corner[axis] * WORLD[axis]);
        network.look(spectator, View { center, size: [size; 2] });
        let before = network.clients[spectator].bytes;
        network.tick();
        let bytes = network.clients[spectator].bytes;
        if tick < SETTLING {
            settled = bytes;
        } else {
            largest = largest.max(bytes - before);
        }
    }
    let clients = &network.clients;
    assert!(clients.iter().all(|client| client.closed.is_none() && client.keyframes == 1));
    let others = clients.iter().enumerate().filter(|&(index, _)| index != spectator);
    let measures = |(_, client): (usize, &Client)| [client.frames as usize, client.bytes];
    Outcome {
        per_second: (clients[spectator].bytes - settled) as f32 / SECONDS as f32,
        largest,
        others: others.map(measures).collect(),
    }
}

#[test]
fn looking_elsewhere_at_every_tick_takes_no_more_than_the_budget() {
    for size in SIZES {
        let wanted = play(PLENTY, size, true).per_second;
        assert!(wanted > 1.4 * BUDGET, "the budget is short: {wanted} for {size}");
        let Outcome { per_second, largest, .. } = play(BUDGET, size, true);
        assert!(per_second < 1.1 * BUDGET, "{per_second} bytes per second for {size}");
        assert!(per_second > 0.7 * BUDGET, "it is made use of: {per_second} for {size}");
        // Four ticks' worth can be saved up, and overdrawn by a cell.
        let tick = BUDGET / 30.0;
        assert!((largest as f32) < 5.0 * tick, "{largest} bytes in one tick for {size}");
    }
}

#[test]
fn nobody_else_notices_who_looks_elsewhere_at_every_tick() {
    for (budget, size) in [(PLENTY, SIZES[1]), (BUDGET, SIZES[0]), (BUDGET, SIZES[1])] {
        let quiet = play(budget, size, false).others;
        let restless = play(budget, size, true).others;
        for ([frames, bytes], [frames_then, bytes_then]) in quiet.into_iter().zip(restless) {
            assert_eq!(frames_then, frames, "of a budget of {budget}, with views of {size}");
            // How large a cell's chunks are on average is everybody's knowledge.
            let change = bytes_then as f32 / bytes as f32 - 1.0;
            assert!(change.abs() < 0.01, "{bytes_then} bytes in place of {bytes}");
        }
    }
}
