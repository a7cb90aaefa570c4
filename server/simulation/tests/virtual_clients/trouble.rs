//! What befalls clients in random lives of rooms, and what they do.

use rand::RngExt;
use rand::rngs::StdRng;
use tickwire_protocol::ids::Tick;
use tickwire_protocol::message::{Difference, Role};
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::schema::{InputKind, Schema};
use tickwire_simulation::game::View;

use super::{Network, request};

/// Clients below which nobody leaves.
const FEW: usize = 5;

/// Somebody comes, goes, is lost, comes back, stalls, recovers, gets a worse network, looks elsewhere,
/// or is given all of the state anew. `world` is how far spectators may look.
pub fn disturb(rng: &mut StdRng, network: &mut Network, world: [f32; 2]) {
    let what = rng.random_range(0..30);
    if what < 2 {
        let role = if rng.random_bool(0.2) { Role::Spectator } else { Role::Player };
        let send_every = [1, 1, 2, 4][rng.random_range(0..4)];
        let _ = network.join(request(role, send_every), rng.random_range(0..10));
        return;
    }
    if network.clients.is_empty() {
        return;
    }
    let client = rng.random_range(0..network.clients.len());
    match what {
        2 if network.clients.len() > FEW => network.leave(client),
        3..=5 => network.clients[client].is_stalled ^= true,
        6 => network.clients[client].delay_ticks = rng.random_range(0..20),
        7 => {
            // Whatever it says of its state, it is given all of it anew.
            let part = PartNumber(rng.random_range(0..90));
            let difference = Difference { part, tick: Tick(0), entities: 0, rows: Vec::new() };
            let _ = network.room.handle_difference(network.clients[client].player, &difference);
        }
        10 if network.clients[client].is_lost || network.clients[client].closed.is_some() => {
            let _ = network.resume(client);
        }
        10 => {
            network.lose(client);
            if rng.random_bool(0.5) {
                network.resume(client).unwrap();
            }
        }
        8..=9 if network.clients[client].is_spectator() => {
            let center = world.map(|side| rng.random_range(0.0..side));
            let size = world.map(|side| side * rng.random_range(0.0_f32..1.2).powi(2));
            network.look(client, View { center, size });
        }
        _ => {}
    }
}

/// Clients do something, some of it at once, some later: a few nearly all the time, most of them
/// seldom, so that the newest input can be old by the time they are told of it.
pub fn steer(rng: &mut StdRng, network: &mut Network) {
    for client in 0..network.clients.len() {
        let is_busy = network.clients[client].player.0.is_multiple_of(4);
        if rng.random_bool(if is_busy { 0.8 } else { 0.03 }) {
            let values = random_input(rng, network.room.schema());
            network.send_input(client, &values, rng.random_range(0..12));
        }
    }
}

/// Values in the schema's ranges; the ends of a range come up more often than chance has it.
pub fn random_input(rng: &mut StdRng, schema: &Schema) -> Vec<i32> {
    let value = |kind| match kind {
        InputKind::Button => rng.random_range(0..=1),
        InputKind::Integer { min, max } => match rng.random_range(0..6) {
            0 => min,
            1 => max,
            _ => rng.random_range(min..=max),
        },
    };
    schema.inputs.iter().map(|field| field.kind).map(value).collect()
}
