//! A match as it would have been recorded: bots, two people who come and fight, one who leaves.

use std::collections::BTreeMap;
use std::time::Duration;

use tickwire_protocol::ids::{InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{Input, InputValues, Role, ViewAge};
use tickwire_simulation::game::Game;
use tickwire_simulation::journal::file::{End, JournalWriter};
use tickwire_simulation::journal::header::{Header, schema_hash};
use tickwire_simulation::room::{Room, RoomConfig, SeatRequest};

/// Ticks per second.
pub const RATE: u16 = 30;
const BOTS: usize = 4;

/// What is recorded.
#[derive(Clone, Debug)]
pub struct Script {
    /// The game's name.
    pub game: &'static str,
    /// Where its random numbers begin.
    pub seed: u64,
    /// How long it is.
    pub ticks: u32,
    /// Who comes: Ada after a second, Bo after three; the third one leaves after nine.
    pub names: [&'static str; 3],
}

impl Default for Script {
    fn default() -> Self {
        Self { game: "arena", seed: 1, ticks: 600, names: ["Ada", "Bo", "Cy"] }
    }
}

/// Records a match in `game`, and returns its journal.
pub fn record(script: &Script, game: Box<dyn Game>) -> Vec<u8> {
    let config = RoomConfig { seed: script.seed, bots: BOTS, ..RoomConfig::default() };
    let mut room = Room::new(config, game).unwrap();
    let mut bytes = Vec::new();
    let mut writer = JournalWriter::begin(&header(script, &room), &mut bytes);
    room.attach_writer();
    let mut people = Vec::new();
    for tick in 0..script.ticks {
        come_and_go(tick, script, &mut room, &mut people);
        steer(tick, &mut room, &people);
        room.step();
        while room.poll_output().is_some() {}
        room.take_pieces().into_iter().for_each(|piece| writer.take(piece, &mut bytes));
        if tick % 3 == 0 {
            writer.flush(&mut bytes);
        }
    }
    let leader = room.world().game().leader();
    writer.end(&End { tick: room.tick(), leader, reason: "empty".to_owned() }, &mut bytes);
    bytes
}

fn header(script: &Script, room: &Room) -> Header {
    Header {
        game: script.game.to_owned(),
        options: BTreeMap::new(),
        schema_hash: schema_hash(room.schema()),
        tick_rate_hz: RATE,
        seed: script.seed,
        first_tick: room.tick(),
        room: "room".to_owned(),
        opened_at_ms: 1_795_941_669_000,
        capacity: 50,
        spectator_capacity: 50,
        bots: BOTS as u32,
        server: "0".to_owned(),
    }
}

fn come_and_go(tick: u32, script: &Script, room: &mut Room, people: &mut Vec<PlayerId>) {
    let second = u32::from(RATE);
    let coming = [(second, 0), (3 * second, 1), (5 * second, 2)];
    if let Some((_, name)) = coming.into_iter().find(|(at, _)| *at == tick) {
        let name = script.names[name].to_owned();
        let request = SeatRequest { name, role: Role::Player, send_every: 1 };
        people.push(room.handle_join(None, request, Duration::ZERO).unwrap());
    }
    if tick == 9 * second {
        room.handle_leave(people.pop().unwrap());
    }
}

/// They fly in curves, and fire.
fn steer(tick: u32, room: &mut Room, people: &[PlayerId]) {
    let fields = room.schema().inputs.len();
    for &player in people {
        let mut values = InputValues::neutral(room.schema());
        for field in 0..fields {
            let kind = room.schema().inputs[field].kind;
            let wanted = (tick / 20 + player.0 * 7 + field as u32 * 3) % 3;
            values.set(field, if within(kind) { [1, 0, 1][wanted as usize] } else { 0 });
        }
        let (seq, at) = (InputSeq(tick as u16), Tick(0));
        let input = Input { seq, at, view_age: ViewAge(3), values };
        let _ = room.handle_input(player, input, Duration::ZERO);
    }
}

fn within(kind: tickwire_protocol::schema::InputKind) -> bool {
    use tickwire_protocol::schema::InputKind;
    match kind {
        InputKind::Integer { min, max } => (min..=max).contains(&1),
        InputKind::Button => true,
    }
}
