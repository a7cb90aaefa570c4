//! Rooms that send less often while they cannot keep their ticks: what clients read is right all the same.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod chaos;
mod virtual_clients;

use chaos::{Chaos, Views};
use tickwire_protocol::message::Role;
use tickwire_simulation::room::{Room, RoomConfig};
use virtual_clients::{Network, request};

/// Budgets with which cells come together, and one by one.
const BUDGETS: [f32; 2] = [1.0e6, 8000.0];
/// Ticks done so late that a room sends less often, and so early that it sends more often again.
const LATE: f32 = 2.0;
const EARLY: f32 = 0.1;

/// Frames that a client is sent in so many ticks, each done after this share of its period.
fn frames(network: &mut Network, client: usize, ticks: u32, done_at: f32) -> u32 {
    let before = network.clients[client].frames;
    for _ in 0..ticks {
        network.tick();
        network.room.handle_ticked(done_at);
    }
    network.clients[client].frames - before
}

#[test]
fn frames_come_at_every_fourth_tick_and_at_each_again_and_stay_exact() {
    for budget_per_second in BUDGETS {
        let config = RoomConfig { seed: 9, budget_per_second, ..RoomConfig::default() };
        let game = Chaos::new(0.0, Views::default());
        let mut network = Network::new(Room::new(config, Box::new(game)).unwrap());
        network.states.is_everything_sent = false;
        let often = network.join(request(Role::Player, 1), 0).unwrap();
        network.join(request(Role::Player, 2), 3).unwrap();
        network.join(request(Role::Spectator, 4), 1).unwrap();
        frames(&mut network, often, 203, EARLY);
        assert_eq!(frames(&mut network, often, 40, EARLY), 40);
        // Down to every fourth tick, in two steps.
        frames(&mut network, often, 101, LATE);
        assert_eq!(network.room.counters().slowdowns, 2);
        assert_eq!(frames(&mut network, often, 40, LATE), 10);
        // And back, later.
        frames(&mut network, often, 1000, EARLY);
        assert_eq!(frames(&mut network, often, 40, EARLY), 40);
        for client in &network.clients {
            assert!(client.closed.is_none() && client.desyncs.is_empty() && client.hashes > 20);
            assert_eq!(client.keyframes, 1);
        }
    }
}
