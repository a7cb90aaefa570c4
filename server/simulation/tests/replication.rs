//! Random lives of rooms: whatever clients do, what they have is what the server has.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod virtual_clients;

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use tickwire_simulation::registry::GameOptions;
use tickwire_simulation::room::{Room, RoomConfig};
use virtual_clients::Network;
use virtual_clients::trouble::{disturb, steer};

const SCENARIOS: u64 = 200;

/// The seed of this run: `TICKWIRE_SEED`, or a new one.
fn seed() -> u64 {
    match std::env::var("TICKWIRE_SEED") {
        Ok(text) => text.parse().expect("TICKWIRE_SEED is a number"),
        Err(_) => rand_pcg::Pcg64Mcg::from_rng(&mut rand::rng()).next_u64(),
    }
}

#[test]
fn every_replica_equals_the_server_in_random_scenarios() {
    let seed = seed();
    println!("TICKWIRE_SEED={seed}");
    let mut compared = 0;
    for scenario in 0..SCENARIOS {
        let mut rng = StdRng::seed_from_u64(seed.wrapping_add(scenario));
        compared += play_scenario(&mut rng, scenario);
    }
    assert!(compared > SCENARIOS as usize, "only {compared} replicas were left to compare");
}

/// Returns how many replicas were compared at the end.
fn play_scenario(rng: &mut StdRng, scenario: u64) -> usize {
    let make =
        if scenario.is_multiple_of(2) { tickwire_drift::create } else { tickwire_arena::create };
    let config =
        RoomConfig { seed: rng.next_u64(), capacity: 12, bots: 2, ..RoomConfig::default() };
    let room = Room::new(config, make(&GameOptions::default()).unwrap()).unwrap();
    let mut network = Network::new(room);
    // Now and then long enough for a stalled client to be sent away.
    let ticks = if scenario.is_multiple_of(10) { 600 } else { rng.random_range(50..250) };
    for _ in 0..ticks {
        disturb(rng, &mut network, [4000.0; 2]);
        steer(rng, &mut network);
        network.tick();
    }
    for client in &mut network.clients {
        client.is_stalled = false;
        client.delay_ticks = 0;
    }
    network.ticks(40);
    // The last frame is due for everybody, whatever their send rate.
    while !network.room.tick().0.is_multiple_of(4) {
        network.tick();
    }
    let connected =
        network.clients.iter().filter(|client| client.closed.is_none() && !client.is_lost);
    connected
        .map(|client| {
            println!("player {} (scenario {scenario})", client.player);
            network.states.check(client.player, client.replica(), network.room.tick());
        })
        .count()
}
