//! Matches that are played for their journals: a room, people in it, and a writer.

#![allow(dead_code, reason = "each test uses some of it")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tickwire_protocol::ids::{EventNumber, InputSeq, PlayerId, RequestId, Tick};
use tickwire_protocol::message::{
    GameMessage, Input, InputValues, Request, RequestKind, Role, Value, ViewAge,
};
use tickwire_protocol::schema::InputKind;
use tickwire_simulation::journal::file::{End, JournalWriter};
use tickwire_simulation::journal::header::{Header, schema_hash};
use tickwire_simulation::journal::playback::MakeGame;
use tickwire_simulation::registry::{GameOptions, GameRegistry};
use tickwire_simulation::room::{Room, RoomConfig, SeatRequest};

const TICK_RATE_HZ: u16 = 30;
/// Longest that a record waits for others, in ticks.
const FLUSH_TICKS: u32 = 3;

/// The games.
pub fn games() -> GameRegistry {
    GameRegistry::new()
        .with(tickwire_arena::NAME, tickwire_arena::create)
        .with(tickwire_drift::NAME, tickwire_drift::create)
}

/// Makes the game of a journal.
pub fn make(header: &Header) -> MakeGame {
    let header = header.clone();
    Arc::new(move || header.make_game(&games()))
}

/// Somebody who takes part.
pub struct Person {
    pub player: PlayerId,
    /// The number of their next input.
    pub seq: u16,
    /// How often they have come back.
    pub key: u32,
}

/// What people do before a tick.
pub type Act = fn(&mut Room, &mut Vec<Person>, &mut StdRng);

/// A match to be played.
pub struct Plan<'a> {
    pub game: &'a str,
    pub options: &'a [(&'a str, &'a str)],
    pub seed: u64,
    pub ticks: u32,
    /// Players run by the server while nobody else is there.
    pub bots: usize,
    /// Whether the journal comes to an end, or only stops.
    pub ends: bool,
    pub act: Act,
}

/// A match that was played, and its hash after each tick.
pub struct Match {
    pub bytes: Vec<u8>,
    pub hashes: BTreeMap<u32, u64>,
}

impl Plan<'_> {
    pub fn header(&self) -> Header {
        let options = self.options.iter().map(|&(key, value)| (key.to_owned(), value.to_owned()));
        let options = GameOptions(options.collect());
        let game = games().find(self.game).unwrap()(&options).unwrap();
        Header {
            game: self.game.to_owned(),
            options: options.0,
            schema_hash: schema_hash(&game.schema()),
            tick_rate_hz: TICK_RATE_HZ,
            seed: self.seed,
            first_tick: Tick(0),
            room: "room".to_owned(),
            opened_at_ms: 1_764_000_000_000,
            capacity: 50,
            spectator_capacity: 50,
            bots: self.bots as u32,
            server: "0".to_owned(),
        }
    }

    /// Plays it.
    pub fn play(&self) -> Match {
        let (seed, bots) = (self.seed, self.bots);
        let config = RoomConfig { seed, bots, resume_ticks: 40, ..RoomConfig::default() };
        let header = self.header();
        let mut room = Room::new(config, header.make_game(&games()).unwrap()).unwrap();
        let mut bytes = Vec::new();
        let mut writer = JournalWriter::begin(&header, &mut bytes);
        room.attach_writer();
        let mut rng = StdRng::seed_from_u64(seed);
        let mut hashes = BTreeMap::from([(room.tick().0, room.state_hash())]);
        let mut people = Vec::new();
        for tick in 0..self.ticks {
            (self.act)(&mut room, &mut people, &mut rng);
            room.step();
            while room.poll_output().is_some() {}
            hashes.insert(room.tick().0, room.state_hash());
            room.take_pieces().into_iter().for_each(|piece| writer.take(piece, &mut bytes));
            if tick.is_multiple_of(FLUSH_TICKS) {
                writer.flush(&mut bytes);
            }
        }
        writer.flush(&mut bytes);
        if self.ends {
            let end = End { tick: room.tick(), leader: None, reason: "empty".to_owned() };
            writer.end(&end, &mut bytes);
        }
        Match { bytes, hashes }
    }
}

/// The room's time.
fn now(room: &Room) -> Duration {
    Duration::from_secs(1) * room.tick().0 / u32::from(TICK_RATE_HZ)
}

/// Somebody comes in.
pub fn join(room: &mut Room, people: &mut Vec<Person>, name: &str) {
    let now = now(room);
    let request = SeatRequest { name: name.to_owned(), role: Role::Player, send_every: 1 };
    let player = room.handle_join(None, request, now).unwrap();
    people.push(Person { player, seq: 1, key: 0 });
}

/// Somebody sends an input, in time for the next tick.
pub fn send(room: &mut Room, person: &mut Person, values: InputValues, view_age: ViewAge) {
    let now = now(room);
    let input = Input { seq: InputSeq(person.seq), at: Tick(0), view_age, values };
    // Whoever has lost their connection sends nothing.
    let _ = room.handle_input(person.player, input, now);
    person.seq += 1;
}

/// Whatever can happen in a room, at random: people come, play, talk, are renamed, lose their connection, come
/// back and go.
pub fn disturb(room: &mut Room, people: &mut Vec<Person>, rng: &mut StdRng) {
    let now = now(room);
    if rng.random_ratio(1, 12) && people.len() < 12 {
        let role = if rng.random_ratio(1, 5) { Role::Spectator } else { Role::Player };
        let request = SeatRequest { name: format!("Zoë {}", people.len()), role, send_every: 1 };
        let player = room.handle_join(None, request, now).unwrap();
        people.push(Person { player, seq: 1, key: 0 });
    }
    let neutral = InputValues::neutral(room.schema());
    let ranges: Vec<_> = room.schema().inputs.iter().map(|input| input.kind).collect();
    let messages = room.schema().messages.len();
    for Person { player, seq, key } in people.iter_mut() {
        if rng.random_ratio(2, 3) {
            let mut values = neutral;
            for (field, kind) in ranges.iter().enumerate() {
                let value = match *kind {
                    InputKind::Integer { min, max } if rng.random_ratio(1, 2) => {
                        rng.random_range(min..=max)
                    }
                    InputKind::Button => rng.random_range(0..=1),
                    InputKind::Integer { .. } => 0,
                };
                values.set(field, value);
            }
            let ahead = rng.random_range(0..4);
            let at = if ahead == 0 { Tick(0) } else { room.tick().plus(ahead - 1) };
            let view_age = ViewAge(rng.random_range(0..100));
            let input = Input { seq: InputSeq(*seq), at, view_age, values };
            let _ = room.handle_input(*player, input, now);
            *seq += 1;
        }
        if messages > 0 && rng.random_ratio(1, 40) {
            let what = GameMessage { kind: 0, values: vec![Value::Text("hello 🚀".to_owned())] };
            let _ = room.handle_message(*player, &what);
        }
        if rng.random_ratio(1, 60) {
            let name = format!("Ada {}", rng.random_range(0..99));
            let id = RequestId(u32::from(*seq));
            let _ =
                room.handle_request(*player, Request { id, what: RequestKind::Rename { name } });
        }
        if rng.random_ratio(1, 80) {
            room.handle_drop(*player);
        } else if rng.random_ratio(1, 30)
            && room.handle_resume(*player, *key, EventNumber(0), now).is_ok()
        {
            (*key, *seq) = (*key + 1, 1);
        }
    }
    if rng.random_ratio(1, 25) && !people.is_empty() {
        let Person { player, .. } = people.swap_remove(rng.random_range(0..people.len()));
        room.handle_leave(player);
    }
}
