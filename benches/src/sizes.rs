//! How large an update of a room is in which everybody sees everybody: this project's, and what
//! servers send that send all of the state each time.

use std::time::Duration;

use serde::Serialize;
use tickwire_bot_client::behavior::{Behavior, Moment, Pilot};
use tickwire_bot_client::connection::wire_bytes;
use tickwire_protocol::ids::PlayerId;
use tickwire_simulation::registry::GameOptions;

use crate::crowd::{Crowd, CrowdPlan};
use crate::rooms::RoomsError;
use crate::script::TICK_RATE_HZ;

/// Ticks before anything is measured.
const SETTLING_TICKS: usize = 150;
/// Ticks that are measured: 10 s.
const TICKS: usize = 300;
/// Bytes of a player in the binary state: a number, x and y, of 16 bits each.
const PACKED_BYTES: usize = 6;
/// Side of the world, in units.
const WORLD: f64 = 4000.0;

/// Bytes of an update on a WebSocket, its header included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
    /// Players in the room.
    pub players: usize,
    /// This project's: the mean of all frames of all members, whose inputs are acknowledged in them.
    pub tickwire: f64,
    /// Everybody's position, packed.
    pub packed: f64,
    /// Everybody's position, as JSON.
    pub json: f64,
}

/// Measures a room of drift in which so many players wander.
///
/// # Errors
/// [`RoomsError`]; none are expected.
pub fn measure(players: usize, seed: u64) -> Result<Sizes, RoomsError> {
    let game = tickwire_drift::create(&GameOptions::default())?;
    let schema = game.schema();
    let mut crowd = Crowd::gather(game, CrowdPlan::wanderers(players, seed))?;
    let (mut bytes, mut frames) = (0, 0);
    for tick in 0..SETTLING_TICKS + TICKS {
        crowd.send()?;
        crowd.step()?;
        if tick >= SETTLING_TICKS {
            bytes += crowd.frames().map(|frame| wire_bytes(frame.len())).sum::<usize>();
            frames += crowd.frames().count();
        }
        crowd.receive()?;
    }
    let mut pilots: Vec<_> = (0..players as u64)
        .map(|stream| Pilot::new(Behavior::Wander, &schema, seed, stream))
        .collect();
    Ok(Sizes {
        players,
        tickwire: bytes as f64 / frames.max(1) as f64,
        packed: wire_bytes(players * PACKED_BYTES) as f64,
        json: json_bytes(&mut pilots),
    })
}

/// What a server in JavaScript makes of a room: numbers of 64 bits, as they come.
#[derive(Serialize)]
struct State<'a> {
    tick: usize,
    players: &'a [Player],
}

#[derive(Clone, Copy, Serialize)]
struct Player {
    id: usize,
    x: f64,
    y: f64,
}

/// Mean size of a tick's state as JSON.
fn json_bytes(pilots: &mut [Pilot]) -> f64 {
    // Somewhere, each somewhere else: the golden ratio leaves no pattern.
    let place = |id: usize| WORLD * (id as f64 * 0.618_033_988_749_895).fract();
    let mut players: Vec<_> =
        (1..=pilots.len()).map(|id| Player { id, x: place(id), y: place(id * id) }).collect();
    let mut bytes = 0;
    for tick in 0..TICKS {
        let now = Duration::from_secs(1) * tick as u32 / u32::from(TICK_RATE_HZ);
        for (pilot, player) in pilots.iter_mut().zip(&mut players) {
            let values = pilot.input(&Moment { now, player: PlayerId(1), replica: None });
            let moved = |place: f64, field| {
                let way = f64::from(values.get(field)) / f64::from(TICK_RATE_HZ);
                (place + way).clamp(0.0, WORLD)
            };
            (player.x, player.y) = (moved(player.x, 0), moved(player.y, 1));
        }
        let state = serde_json::to_string(&State { tick, players: &players });
        bytes += wire_bytes(state.map_or(0, |text| text.len()));
    }
    bytes as f64 / TICKS as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_are_as_large_as_they_are_known_to_be() {
        let sizes = measure(50, 1).unwrap();
        assert!((15.0..50.0).contains(&sizes.tickwire), "{sizes:?}");
        // As measured on such servers.
        assert_eq!(sizes.packed, 304.0);
        assert!((2600.0..2900.0).contains(&sizes.json), "{sizes:?}");
    }
}
