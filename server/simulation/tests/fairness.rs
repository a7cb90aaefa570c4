//! Inputs are intents: whoever sends more of them, or faster, gains nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use tickwire_protocol::ids::{InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{Input, InputValues, RefusalCause, Role, ViewAge};
use tickwire_simulation::game::Game;
use tickwire_simulation::registry::GameOptions;
use tickwire_simulation::room::{Output, Room, RoomConfig, SeatRequest};

const TICKS: u32 = 300;

/// A room of one player, the same one at every call.
fn room(game: Box<dyn Game>) -> (Room, PlayerId) {
    let config = RoomConfig { seed: 7, bots: 0, ..RoomConfig::default() };
    let mut room = Room::new(config, game).unwrap();
    let request = SeatRequest { name: "somebody".into(), role: Role::Player, send_every: 1 };
    let player = room.handle_join(None, request, Duration::ZERO).unwrap();
    (room, player)
}

fn arena() -> Box<dyn Game> {
    tickwire_arena::create(&GameOptions::default()).unwrap()
}

fn drift() -> Box<dyn Game> {
    tickwire_drift::create(&GameOptions::default()).unwrap()
}

/// Sends inputs to one player of one room.
struct Sender {
    room: Room,
    player: PlayerId,
    seq: InputSeq,
    refusals: Vec<RefusalCause>,
}

impl Sender {
    fn new(game: Box<dyn Game>) -> Self {
        let (room, player) = room(game);
        Self { room, player, seq: InputSeq(0), refusals: Vec::new() }
    }

    fn send(&mut self, at: Tick, values: InputValues) {
        self.seq = self.seq.next();
        self.repeat(at, values);
    }

    /// Sends with the number of the last one.
    fn repeat(&mut self, at: Tick, values: InputValues) {
        let arrived = Duration::from_millis(u64::from(self.room.tick().0) * 1000 / 30);
        let input = Input { seq: self.seq, at, view_age: ViewAge::UNTOLD, values };
        self.room.handle_input(self.player, input, arrived).unwrap();
    }

    fn step(&mut self) {
        self.room.step();
        while let Some(output) = self.room.poll_output() {
            if let Output::Refuse { refusal, .. } = output {
                self.refusals.push(refusal.cause);
            }
        }
    }

    /// Where the player's body is, in steps of its position.
    fn place(&self) -> [i64; 2] {
        let mut rows = self.room.parts().flat_map(|(_, _, part)| part.rows());
        let row = rows.find(|row| row.lanes[0] == self.player.0).unwrap();
        [row.lanes[1], row.lanes[2]].map(i64::from)
    }
}

/// What is done in a tick: everything that moves, buttons included.
fn intent(tick: u32, game: &str) -> InputValues {
    match game {
        // Thrust, turn, fire, dash.
        "arena" => InputValues::new(&[1, (tick % 50) as i32, 1, 1]).unwrap(),
        _ => InputValues::new(&[100, (tick % 7) as i32]).unwrap(),
    }
}

#[test]
fn a_flood_of_inputs_leads_to_the_very_same_state() {
    for (name, game) in [("arena", arena as fn() -> Box<dyn Game>), ("drift", drift)] {
        let [mut honest, mut greedy] = [Sender::new(game()), Sender::new(game())];
        for tick in 1..=TICKS {
            let values = intent(tick, name);
            honest.send(Tick(0), values);
            for copy in 0..8 {
                // The next tick, the same by name, a tick long gone.
                let at = [Tick(0), greedy.room.tick().next(), Tick(1)][copy % 3];
                greedy.send(at, values);
                greedy.repeat(Tick(0), values);
            }
            honest.step();
            greedy.step();
            assert_eq!(honest.room.state_hash(), greedy.room.state_hash(), "{name}, tick {tick}");
        }
        assert_eq!(greedy.room.counters().inputs, u64::from(TICKS) * 16);
        assert!(honest.refusals.is_empty() && !greedy.refusals.is_empty());
    }
}

#[test]
fn whoever_queues_inputs_for_the_future_travels_no_further() {
    let travelled = |stamp: fn(Tick) -> Tick| {
        let mut sender = Sender::new(drift());
        sender.step();
        let mut distance = 0;
        for tick in 1..=TICKS {
            for _ in 0..4 {
                sender.send(stamp(sender.room.tick()), intent(tick, "drift"));
            }
            let before = sender.place();
            sender.step();
            let after = sender.place();
            distance += (after[0] - before[0]).abs();
        }
        (distance, sender.refusals.len())
    };
    let (honest, _) = travelled(|_| Tick(0));
    let (ahead, refused) = travelled(|now| now.plus(10));
    let (far, far_refused) = travelled(|now| now.plus(10_000));
    assert!(honest > 0 && ahead <= honest, "{ahead} of {honest}");
    assert!(refused > 0, "more wait than may");
    assert_eq!((far, far_refused), (0, TICKS as usize), "the far future is refused");
}
