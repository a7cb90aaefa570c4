//! What players send: inputs recorded from the bots' behaviours, 20 a second in ticks of 30 Hz.
//!
//! They are recorded beforehand, because a bench that thinks for its players would spend most of its
//! time on that. A few recordings serve any number of players: each plays one of them from a place of
//! its own.

use std::time::Duration;

use tickwire_bot_client::behavior::{Behavior, Moment, Pilot};
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::InputValues;
use tickwire_protocol::schema::Schema;

/// Ticks per second of every bench.
pub const TICK_RATE_HZ: u16 = 30;

/// Recordings of one game.
const SCRIPTS: usize = 64;
/// Length of a recording: 20 s.
const SCRIPT_TICKS: usize = 600;
/// Of this many ticks in a row, a player sends nothing in one: 20 inputs a second.
const QUIET_EVERY: usize = 3;
/// Ticks between the places at which two players of one recording stand.
const STRIDE: usize = 7;

/// The recordings of one game.
#[derive(Clone, Debug)]
pub struct Scripts {
    scripts: Vec<Vec<InputValues>>,
}

impl Scripts {
    /// Records bots of a behaviour, which must not need to see the room, in the game of a schema. The
    /// same seed gives the same recordings.
    #[must_use]
    pub fn record(schema: &Schema, behavior: Behavior, seed: u64) -> Self {
        let scripts = (0..SCRIPTS).map(|stream| {
            let mut pilot = Pilot::new(behavior, schema, seed, stream as u64);
            let values = (0..SCRIPT_TICKS as u32).map(|tick| {
                let now = Duration::from_secs(1) * tick / u32::from(TICK_RATE_HZ);
                pilot.input(&Moment { now, player: PlayerId(1), replica: None })
            });
            values.collect()
        });
        Self { scripts: scripts.collect() }
    }

    /// What the n-th player sends in a tick; `None` in the ticks in which it sends nothing.
    #[must_use]
    pub fn sent(&self, player: usize, tick: usize) -> Option<InputValues> {
        let is_quiet = (player + tick).is_multiple_of(QUIET_EVERY);
        (!is_quiet).then(|| self.values(player, tick))
    }

    /// What the n-th player wants in a tick.
    #[must_use]
    pub fn values(&self, player: usize, tick: usize) -> InputValues {
        let script = &self.scripts[player % SCRIPTS];
        script[(tick + player / SCRIPTS * STRIDE) % SCRIPT_TICKS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_thirds_of_the_players_send_in_a_tick_and_change_their_minds() {
        let schema = Schema::new("g").input_integer("vx", -127, 127).input_integer("vy", -127, 127);
        let scripts = Scripts::record(&schema, Behavior::Wander, 1);
        let senders = (0..300).filter(|&player| scripts.sent(player, 17).is_some()).count();
        assert_eq!(senders, 200);
        let sent = (0..30).filter(|&tick| scripts.sent(5, tick).is_some()).count();
        assert_eq!(sent, 20);
        assert_ne!(scripts.values(5, 0), scripts.values(5, 90), "nothing is wanted for 3 s");
        assert_ne!(scripts.values(5, 0), scripts.values(6, 0));
    }
}
