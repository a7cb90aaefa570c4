//! Whatever is said, however it is broken, and whatever a snapshot holds.

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use tickwire_protocol::ids::{EntityId, PlayerId};
use tickwire_protocol::json::{StateWriter, error_text};
use tickwire_protocol::message::{ClientMessage, GameMessage, Look, Request, RequestKind, Value};
use tickwire_protocol::quantise::{Lane, Layout};
use tickwire_protocol::schema::{FieldKind, InputKind, MessageKind, ParamKind, Schema};
use tickwire_protocol::snapshot::Snapshot;

use super::{input, reader, request, schema};

/// A message as a client would write it.
fn written(message: &ClientMessage, schema: &Schema) -> Json {
    let by_name = |kind: &MessageKind, values: &[Value]| -> Json {
        let value = |value: &Value| match value {
            Value::Integer(value) => json!(value),
            Value::Number(value) => json!(value),
            Value::Text(value) => json!(value),
            Value::Player(PlayerId(value)) => json!(value),
        };
        let entries = kind.params.iter().zip(values);
        entries.map(|(param, it)| (param.name.clone(), value(it))).collect::<Map<_, _>>().into()
    };
    let game = |message: &GameMessage| {
        let kind = &schema.messages[usize::from(message.kind)];
        json!({"type": "message", "name": kind.name, "values": by_name(kind, &message.values)})
    };
    match message {
        ClientMessage::Input(input) => {
            let fields = schema.inputs.iter().zip(input.values.as_slice());
            let values: Map<_, _> =
                fields.map(|(field, value)| (field.name.clone(), json!(value))).collect();
            json!({"type": "input", "values": values, "seq": input.seq.0, "at": input.at.0})
        }
        ClientMessage::Game(message) => game(message),
        ClientMessage::Request(Request { id, what: RequestKind::Game(message) }) => {
            let mut text = game(message);
            text["id"] = json!(id.0);
            text
        }
        ClientMessage::Request(Request { id, what: RequestKind::Rename { name } }) => {
            json!({"type": "rename", "name": name, "id": id.0})
        }
        ClientMessage::Request(Request { id, what: RequestKind::Kick { player } }) => {
            json!({"type": "kick", "player": player, "id": id.0})
        }
        ClientMessage::Request(Request { id, what: RequestKind::CloseRoom }) => {
            json!({"type": "close_room", "id": id.0})
        }
        ClientMessage::Request(Request { id, what: RequestKind::EnterLobby }) => {
            json!({"type": "enter_lobby", "id": id.0})
        }
        ClientMessage::Request(Request { id, what: RequestKind::LeaveLobby }) => {
            json!({"type": "leave_lobby", "id": id.0})
        }
        ClientMessage::Request(Request { id, what: RequestKind::SayToLobby { text } }) => {
            json!({"type": "say_to_lobby", "text": text, "id": id.0})
        }
        ClientMessage::Request(Request { id, what: RequestKind::WhoIsOnline }) => {
            json!({"type": "who_is_online", "id": id.0})
        }
        ClientMessage::Look(look) => {
            json!({"type": "look", "center": look.center, "size": look.size})
        }
        ClientMessage::Ping { nonce } => json!({"type": "ping", "nonce": nonce}),
        other => panic!("not said after the welcome: {other:?}"),
    }
}

fn values(kind: &MessageKind) -> BoxedStrategy<Vec<Value>> {
    let value = |kind: ParamKind| match kind {
        ParamKind::Integer { min, max } => (min..=max).prop_map(Value::Integer).boxed(),
        ParamKind::Number { min, max } => (min..=max).prop_map(Value::Number).boxed(),
        ParamKind::Text { .. } => ".{0,30}".prop_map(Value::Text).boxed(),
        ParamKind::Player => any::<u32>().prop_map(|id| Value::Player(PlayerId(id))).boxed(),
    };
    kind.params.iter().map(|param| value(param.kind)).collect::<Vec<_>>().boxed()
}

fn message() -> impl Strategy<Value = ClientMessage> {
    let schema = schema::schema();
    let input_values = schema.inputs.iter().map(|field| match field.kind {
        InputKind::Integer { min, max } => (min..=max).boxed(),
        InputKind::Button => (0..=1).boxed(),
    });
    let game = schema.messages.iter().enumerate().map(|(kind, message)| {
        values(message).prop_map(move |values| GameMessage { kind: kind as u8, values }).boxed()
    });
    let game = proptest::strategy::Union::new(game.collect::<Vec<_>>()).boxed();
    let number = || -1.0e6_f32..1.0e6;
    prop_oneof![
        (any::<u16>(), any::<u32>(), input_values.collect::<Vec<_>>())
            .prop_map(|(seq, at, values)| input(seq, at, &values)),
        game.clone().prop_map(ClientMessage::Game),
        (1_u32.., game).prop_map(|(id, message)| request(id, RequestKind::Game(message))),
        (1_u32.., ".{0,30}").prop_map(|(id, name)| request(id, RequestKind::Rename { name })),
        (1_u32.., any::<u32>())
            .prop_map(|(id, player)| request(id, RequestKind::Kick { player: PlayerId(player) })),
        (1_u32..).prop_map(|id| request(id, RequestKind::CloseRoom)),
        (1_u32..).prop_map(|id| request(id, RequestKind::EnterLobby)),
        (1_u32..).prop_map(|id| request(id, RequestKind::LeaveLobby)),
        (1_u32.., ".{0,30}").prop_map(|(id, text)| request(id, RequestKind::SayToLobby { text })),
        (1_u32..).prop_map(|id| request(id, RequestKind::WhoIsOnline)),
        (number(), number(), 0.0_f32..1e6, 0.0_f32..1e6).prop_map(|(x, y, width, height)| {
            ClientMessage::Look(Look { center: [x, y], size: [width, height] })
        }),
        any::<u32>().prop_map(|nonce| ClientMessage::Ping { nonce }),
    ]
}

proptest! {
    #[test]
    fn whatever_a_client_can_say_is_read_as_it_was_meant(message in message()) {
        let text = written(&message, &schema::schema()).to_string();
        prop_assert_eq!(reader().read(&text), Ok(message));
    }

    #[test]
    fn whatever_else_it_says_has_an_answer(
        message in message(), at in any::<prop::sample::Index>(), cut in any::<prop::sample::Index>(),
        junk in "[\\[\\]{}\",:0-9a-z\\\\ ]{0,6}",
    ) {
        let text = written(&message, &schema::schema()).to_string();
        let letters: Vec<char> = text.chars().collect();
        let (at, cut) = (at.index(letters.len()), cut.index(letters.len()));
        let broken: String =
            letters[..at].iter().copied().chain(junk.chars()).chain(letters[cut..].iter().copied()).collect();
        match reader().read(&broken) {
            Ok(message) => check(&message),
            Err(error) => prop_assert!(error_text(&error).len() < 500),
        }
    }

    #[test]
    fn any_text_at_all_has_an_answer(text in ".{0,200}") {
        if let Err(error) = reader().read(&text) {
            prop_assert!(error_text(&error).len() < 500);
        }
    }

    #[test]
    fn what_is_shown_is_what_binary_clients_have(lanes in prop::collection::vec(any::<u32>(), 16)) {
        let schema = schema::schema();
        let layout = Layout::new(&schema);
        for (index, (kind, columns)) in schema.entities.iter().zip(&layout.kinds).enumerate() {
            let mut snapshot = Snapshot::new(&layout);
            let row = snapshot.insert(0, EntityId(9), index as u8);
            for ((lane, at), column) in columns.lanes.iter().zip(&lanes).zip(row) {
                *column = at % lane.max.saturating_add(1).max(1);
            }
            let row = snapshot.row(0).unwrap();
            let mut text = Vec::new();
            StateWriter::new(&schema, &layout).write_part(&snapshot, &mut text);
            let read: Json = serde_json::from_slice(&text).unwrap();
            prop_assert_eq!(&read[0]["kind"], &json!(kind.name));
            for (field, at) in kind.fields.iter().zip(&columns.fields) {
                let shown = &read[0]["fields"][&field.name];
                let (lanes, values) = (&columns.lanes[at.lanes.clone()], &row.lanes[at.lanes.clone()]);
                check_field(field.kind, shown, lanes, values);
            }
        }
    }
}

/// What was read fits the schema.
fn check(message: &ClientMessage) {
    let schema = schema::schema();
    match message {
        ClientMessage::Input(input) => schema.check_input(&input.values).unwrap(),
        ClientMessage::Game(message)
        | ClientMessage::Request(Request { what: RequestKind::Game(message), .. }) => {
            schema.check_message(message).unwrap();
        }
        ClientMessage::Look(look) => assert!(look.is_sound()),
        _ => {}
    }
}

/// A field as it is shown leads to the same lanes again.
fn check_field(kind: FieldKind, shown: &Json, lanes: &[Lane], values: &[u32]) {
    let number = |shown: &Json| shown.as_f64().unwrap();
    match kind {
        FieldKind::Position { .. } | FieldKind::Position3 { .. } => {
            let axes = shown.as_array().unwrap();
            assert_eq!(axes.len(), values.len());
            for ((lane, &value), shown) in lanes.iter().zip(values).zip(axes) {
                assert_eq!(lane.quantise(number(shown)), value, "{shown}");
            }
        }
        FieldKind::Rotation { .. } => {
            let quaternion: Vec<_> = shown.as_array().unwrap().iter().map(number).collect();
            let others = (0..4).filter(|&index| index != values[0] as usize);
            for ((index, lane), &value) in others.zip(&lanes[1..]).zip(&values[1..]) {
                assert_eq!(lane.quantise(quaternion[index]), value, "{shown}");
            }
        }
        FieldKind::Angle { bits } => {
            let turn = number(shown) / std::f64::consts::TAU * f64::from(1_u32 << bits);
            assert_eq!(turn.round(), f64::from(values[0]));
        }
        FieldKind::Number { .. } | FieldKind::Integer { .. } => {
            assert_eq!(lanes[0].quantise(number(shown)), values[0], "{shown}");
        }
        FieldKind::Flags { .. } | FieldKind::Player => {
            assert_eq!(shown.as_u64(), Some(values[0].into()))
        }
    }
}
