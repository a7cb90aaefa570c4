//! Random frames, for other implementations of the wire to be held against: what rooms of random
//! worlds send to clients that lead random lives, and what Rust's replica makes of it.
//!
//! ```text
//! random_network → disturb, steer, tick → clients read → Recorder → lines
//!     what rooms send, damaged (damage.rs) ────────────────↗
//! ```
//!
//! The same seed gives the same lines ([`recorder`]). So whoever finds a difference in a line asks
//! again with `--show LINE`, and is told everything that the replica has there.

#![allow(clippy::unwrap_used, reason = "made of tests, which fail by panicking")]

#[path = "../../tests/chaos/mod.rs"]
mod chaos;
mod damage;
#[allow(dead_code, reason = "the golden vectors use more of it")]
#[path = "../../../../protocol/tests/golden/describe.rs"]
mod describe;
mod recorder;
#[path = "../../../../protocol/tests/golden/state.rs"]
mod state;
#[path = "../../tests/virtual_clients/mod.rs"]
mod virtual_clients;

use std::io::{self, BufWriter};

use clap::Parser;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tickwire_simulation::registry::GameOptions;
use tickwire_simulation::room::{Room, RoomConfig};

use chaos::WORLD;
use chaos::rooms::random_room;
use recorder::Recorder;
use virtual_clients::Network;
use virtual_clients::trouble::{disturb, steer};

/// Ticks of a world: enough for stalls that a client recovers from, and for ticks to wrap.
const TICKS: u32 = 300;

#[derive(Debug, Parser)]
#[command(about = "Writes random frames, and the state that each leads to, as lines of JSON")]
struct Args {
    /// How many frames, damaged ones apart
    #[arg(long, default_value_t = 10_000)]
    frames: u32,
    /// What the random worlds are made of
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Ends with this line, in which all is told that the replica has
    #[arg(long, value_name = "LINE")]
    show: Option<u32>,
}

fn main() -> io::Result<()> {
    let args = Args::parse();
    let out = BufWriter::new(io::stdout().lock());
    let frames = if args.show.is_some() { u32::MAX } else { args.frames };
    let mut recorder = Recorder::new(out, frames, args.show);
    for world in 0.. {
        let mut rng = StdRng::seed_from_u64(args.seed.wrapping_add(world));
        let mut network = random_network(&mut rng, world);
        recorder.begin(world);
        for _ in 0..TICKS {
            disturb(&mut rng, &mut network, WORLD);
            steer(&mut rng, &mut network);
            network.tick_with(&mut |client, bytes| recorder.take(client, bytes));
        }
        for client in &network.clients {
            recorder.take_damaged(client, &mut rng);
        }
        if recorder.is_done() {
            break;
        }
    }
    recorder.finish()
}

/// Mostly a game that does what it likes, now and then one that somebody plays.
fn random_network(rng: &mut StdRng, world: u64) -> Network {
    let create = match world % 10 {
        4 => tickwire_arena::create,
        9 => tickwire_drift::create,
        _ => return random_room(rng, world).0,
    };
    let seed = rng.next_u64();
    let config = RoomConfig { seed, capacity: 12, bots: 2, ..RoomConfig::default() };
    Network::new(Room::new(config, create(&GameOptions::default()).unwrap()).unwrap())
}
