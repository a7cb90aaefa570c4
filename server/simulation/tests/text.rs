//! Members who are told in text, beside others who are not: the same state, less often; whole every time,
//! and only what they watch.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value as Json, json};
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::envelope::FRAME_TAG;
use tickwire_protocol::ids::{EntityId, EventNumber, FrameNumber, InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{Ack, Input, InputValues, Look, Role, ViewAge, Welcome};
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::replica::Replica;
use tickwire_protocol::schema::{FieldKind, Schema};
use tickwire_protocol::version::Subprotocol;
use tickwire_simulation::registry::{GameFactory, GameOptions};
use tickwire_simulation::room::{MessageError, Output, Room, RoomConfig, SeatRequest};

const NOW: Duration = Duration::ZERO;

fn room(create: GameFactory, options: &[(&str, &str)], config: RoomConfig) -> Room {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    let options = GameOptions(options.iter().map(owned).collect());
    Room::new(config, create(&options).unwrap()).unwrap()
}

fn request(role: Role) -> SeatRequest {
    SeatRequest { name: "somebody".into(), role, send_every: 1 }
}

/// What came for one member in a tick.
#[derive(Debug, Default)]
struct Mail {
    welcome: Option<(Box<Welcome>, u32)>,
    messages: Vec<Vec<u8>>,
    closed: Option<CloseReason>,
}

impl Mail {
    /// The state in it, if there is one.
    fn state(&self) -> Option<Json> {
        assert!(self.messages.len() <= 1);
        let state = self.messages.first()?;
        assert!(state[0] >= FRAME_TAG, "told from a control message by its first byte");
        Some(serde_json::from_slice(state).unwrap())
    }
}

fn mail(room: &mut Room) -> BTreeMap<PlayerId, Mail> {
    let mut all: BTreeMap<_, Mail> = BTreeMap::new();
    while let Some(output) = room.poll_output() {
        let mail = all.entry(output.player().unwrap()).or_default();
        match output {
            Output::Send { bytes, .. } => mail.messages.push(bytes.to_vec()),
            Output::Welcome { welcome, key, .. } => mail.welcome = Some((welcome, key)),
            Output::Close { reason, .. } => mail.closed = Some(reason),
            Output::Host { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    all
}

fn ack(room: &mut Room, player: PlayerId, frame: u32) -> Result<(), MessageError> {
    let ack = Ack { frame: FrameNumber(frame), event: EventNumber(0) };
    room.handle_ack(player, ack, NOW)
}

fn join_text(room: &mut Room, role: Role) -> PlayerId {
    room.handle_join_in(Subprotocol::Json, None, request(role), NOW).unwrap()
}

fn input(seq: u16, values: &[i32]) -> Input {
    let values = InputValues::new(values).unwrap();
    Input { seq: InputSeq(seq), at: Tick(0), view_age: ViewAge::UNTOLD, values }
}

/// A field as it is shown, as lanes again.
fn lanes(schema: &Schema, layout: &Layout, entity: &Json) -> Vec<u32> {
    let named = |(index, _): &(usize, _)| json!(schema.entities[*index].name) == entity["kind"];
    let (index, kind) = layout.kinds.iter().enumerate().find(named).unwrap();
    let fields = schema.entities[index].fields.iter().zip(&kind.fields);
    let mut lanes = Vec::new();
    for (field, at) in fields {
        let shown = &entity["fields"][&field.name];
        let numbers = match shown.as_array() {
            Some(axes) => axes.iter().map(|axis| axis.as_f64().unwrap()).collect(),
            None => vec![shown.as_f64().unwrap()],
        };
        for (lane, number) in kind.lanes[at.lanes.clone()].iter().zip(numbers) {
            lanes.push(match field.kind {
                FieldKind::Angle { bits } => {
                    let turn = number / std::f64::consts::TAU * f64::from(1_u32 << bits);
                    turn.round() as u32
                }
                _ => lane.quantise(number),
            });
        }
    }
    lanes
}

/// All entities of a state, with their lanes.
fn shown(schema: &Schema, layout: &Layout, state: &Json) -> BTreeMap<u32, Vec<u32>> {
    let list = |list: &Json| list.as_array().unwrap().clone();
    let cells = list(&state["cells"]).into_iter().flat_map(|cell| list(&cell["entities"]));
    let all = list(&state["own"]).into_iter().chain(list(&state["global"])).chain(cells);
    let mut entities = BTreeMap::new();
    for entity in all {
        let id = entity["id"].as_u64().unwrap() as u32;
        assert_eq!(
            entities.insert(id, lanes(schema, layout, &entity)),
            None,
            "{id} is there twice"
        );
    }
    entities
}

#[test]
fn text_shows_what_binary_clients_have() {
    let config = RoomConfig { seed: 3, bots: 5, ..RoomConfig::default() };
    let mut room = room(tickwire_arena::create, &[], config);
    let binary = room.handle_join(None, request(Role::Player), NOW).unwrap();
    let text = join_text(&mut room, Role::Player);
    let mut letters = mail(&mut room);
    let (welcome, _) = letters.remove(&binary).unwrap().welcome.unwrap();
    let mut replica = Replica::new(&welcome);
    let (schema, layout) = (&welcome.schema, Layout::new(&welcome.schema));
    room.handle_input(binary, input(1, &[1, 60, 1, 0]), NOW).unwrap();
    room.handle_input(text, input(1, &[1, -60, 1, 0]), NOW).unwrap();
    let mut states = 0;
    for _ in 0..90 {
        room.step();
        let letters = mail(&mut room);
        for message in letters.get(&binary).iter().flat_map(|mail| &mail.messages) {
            let (frame, _) = replica.handle_frame(message).unwrap();
            let event = frame.events.last().map_or(EventNumber(0), |event| event.number);
            room.handle_ack(binary, Ack { frame: frame.number, event }, NOW).unwrap();
        }
        let Some(state) = letters.get(&text).and_then(Mail::state) else { continue };
        states += 1;
        ack(&mut room, text, states).unwrap();
        assert_eq!(state["tick"], room.tick().0);
        let shown = shown(schema, &layout, &state);
        assert_eq!(replica.cursor().tick(), Some(room.tick()), "bots give news in every tick");
        let own = replica.part(PartNumber::OWN).unwrap().snapshot();
        let is_own = |id: EntityId| own.rows().any(|row| row.id == id);
        let mut same = 0;
        for row in replica.entities().filter(|row| !is_own(row.id)) {
            let width = layout.kinds[usize::from(row.kind)].lanes.len();
            assert_eq!(shown[&row.id.0], &row.lanes[..width], "{state}");
            same += 1;
        }
        let others = shown.len() - state["own"].as_array().unwrap().len();
        assert_eq!(same, others, "nothing else is shown");
    }
    assert_eq!(states, 30, "10 a second");
}

#[test]
fn the_rate_is_at_most_the_one_configured() {
    for (tick_rate, hz, every) in
        [(30, 10, 3), (20, 10, 2), (60, 10, 6), (25, 10, 3), (5, 10, 1), (240, 1, 240)]
    {
        assert_eq!(tickwire_simulation::room::text_every(tick_rate, hz), every);
    }
    let config = RoomConfig { text_every: 7, ..RoomConfig::default() };
    let mut room = room(tickwire_drift::create, &[], config);
    let player = join_text(&mut room, Role::Player);
    let (welcome, _) = mail(&mut room)[&player].welcome.clone().unwrap();
    assert_eq!(welcome.send_every, 7);
    let mut ticks = Vec::new();
    for frame in 1.. {
        while ticks.len() < frame && room.tick().0 < 50 {
            room.step();
            ticks.extend(mail(&mut room).get(&player).map(|_| room.tick().0));
        }
        if ticks.len() < frame {
            break;
        }
        ack(&mut room, player, frame as u32).unwrap();
    }
    assert_eq!(ticks, [7, 14, 21, 28, 35, 42, 49]);
}

#[test]
fn who_does_not_acknowledge_is_skipped_and_then_too_slow() {
    let config = RoomConfig::new(30, Duration::from_secs(1));
    let stall = config.flow.stall_ticks;
    let mut room = room(tickwire_drift::create, &[], config);
    let witness = room.handle_join(None, request(Role::Player), NOW).unwrap();
    let player = join_text(&mut room, Role::Player);
    let (mut states, mut closed) = (0, None);
    let mut frames = 0;
    while closed.is_none() && room.tick().0 < 10 * stall {
        room.step();
        for (to, mail) in mail(&mut room) {
            if to == player {
                states += mail.messages.len();
                closed = mail.closed.map(|reason| (reason, room.tick()));
            } else {
                assert_eq!(mail.closed, None);
                frames += mail.messages.len() as u32;
            }
        }
        room.handle_ack(witness, Ack { frame: FrameNumber(frames), event: EventNumber(0) }, NOW)
            .unwrap();
    }
    let (reason, tick) = closed.unwrap();
    assert_eq!(reason, CloseReason::TooSlow);
    assert_eq!(tick.0, 3 + stall + 1);
    assert!(states <= 11, "{states} states in flight: a second's worth is the window");
}

#[test]
fn what_was_never_sent_cannot_be_acknowledged() {
    let mut room = room(tickwire_drift::create, &[], RoomConfig::default());
    let player = join_text(&mut room, Role::Player);
    (0..3).for_each(|_| room.step());
    assert!(matches!(ack(&mut room, player, 2), Err(MessageError::Ack(_))));
    ack(&mut room, player, 1).unwrap();
}

#[test]
fn events_come_once_and_after_a_resume_from_where_the_client_was() {
    let mut room = room(tickwire_drift::create, &[], RoomConfig::default());
    let player = join_text(&mut room, Role::Player);
    let (_, key) = mail(&mut room)[&player].welcome.clone().unwrap();
    let mut numbers = Vec::new();
    let mut play = |room: &mut Room, states: u32, comes: bool| {
        let mut frame = 0;
        while frame < states {
            if comes {
                room.handle_join(None, request(Role::Player), NOW).unwrap();
            }
            room.step();
            let Some(state) = mail(room).get(&player).and_then(Mail::state) else { continue };
            frame += 1;
            let events = state["events"].as_array().unwrap().clone();
            numbers.extend(events.iter().map(|event| event["number"].as_u64().unwrap()));
            if frame < states {
                // The last one is lost on its way, with its events.
                ack(room, player, frame).unwrap();
            }
        }
        numbers.clone()
    };
    assert_eq!(play(&mut room, 4, true), (1..=12).collect::<Vec<_>>());
    room.handle_drop(player);
    room.handle_resume_in(Subprotocol::Json, player, key, EventNumber(10), NOW).unwrap();
    let (welcome, key) = mail(&mut room)[&player].welcome.clone().unwrap();
    assert_eq!(welcome.resumed.unwrap().lost_events, 0);
    let again = play(&mut room, 2, false);
    assert_eq!(again[12..], [11, 12], "those that it has not taken in");
    // The next connection speaks otherwise, and the one after that as before.
    room.handle_resume(player, key, EventNumber(12), NOW).unwrap();
    let (welcome, key) = mail(&mut room)[&player].welcome.clone().unwrap();
    room.step();
    let message = mail(&mut room).remove(&player).unwrap().messages.remove(0);
    assert!(Replica::new(&welcome).handle_frame(&message).unwrap().0.is_keyframe);
    room.handle_resume_in(Subprotocol::Json, player, key, EventNumber(12), NOW).unwrap();
    mail(&mut room);
    let state = std::iter::from_fn(|| {
        room.step();
        Some(mail(&mut room).get(&player).and_then(Mail::state))
    });
    assert_eq!(state.flatten().next().unwrap()["events"], json!([]));
}

#[test]
fn an_input_is_told_when_it_has_taken_effect() {
    let mut room = room(tickwire_drift::create, &[], RoomConfig::default());
    let player = join_text(&mut room, Role::Player);
    room.handle_input(player, input(1, &[5, 5]), NOW).unwrap();
    let mut states = Vec::new();
    while states.len() < 2 {
        room.step();
        states.extend(mail(&mut room).get(&player).and_then(Mail::state));
    }
    assert_eq!(
        (&states[0]["input"]["seq"], &states[0]["input"]["applied"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(states[1]["input"], Json::Null);
}

#[test]
fn in_a_world_of_cells_one_is_shown_what_one_watches() {
    let options = [("world", "8000x8000")];
    let mut room = room(tickwire_drift::create, &options, RoomConfig::default());
    for _ in 0..30 {
        room.handle_join(None, request(Role::Player), NOW).unwrap();
    }
    let watchers = [join_text(&mut room, Role::Spectator), join_text(&mut room, Role::Spectator)];
    let far = join_text(&mut room, Role::Spectator);
    let look = |center| Look { center, size: [4000.0, 4000.0] };
    for watcher in watchers {
        room.handle_look(watcher, look([2000.0, 2000.0])).unwrap();
    }
    room.handle_look(far, look([7000.0, 7000.0])).unwrap();
    (0..3).for_each(|_| room.step());
    let letters = mail(&mut room);
    let states = watchers.map(|watcher| letters[&watcher].state().unwrap());
    assert_eq!(states[0]["cells"], states[1]["cells"]);
    let place =
        |entity: &Json| [0, 1].map(|axis| entity["fields"]["position"][axis].as_f64().unwrap());
    let places = |state: &Json| -> Vec<[f64; 2]> {
        let cells = state["cells"].as_array().unwrap().iter();
        cells.flat_map(|cell| cell["entities"].as_array().unwrap()).map(place).collect()
    };
    let near = places(&states[0]);
    assert!(near.len() > 3 && near.len() < 30, "{near:?}");
    assert!(near.iter().flatten().all(|&axis| axis < 6000.0), "{near:?}");
    assert!(places(&letters[&far].state().unwrap()).iter().flatten().all(|&axis| axis > 3000.0));
    let everything = room.parts().flat_map(|(_, _, state)| state.rows()).count();
    assert_eq!(everything, 30);
}
