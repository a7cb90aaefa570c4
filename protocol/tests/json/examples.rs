//! The document's examples: what clients say is read, and what the server says is written, as they stand there.

use serde_json::Value as Json;
use tickwire_protocol::frame::{InputEcho, ReceivedEvent};
use tickwire_protocol::ids::{EntityId, EventNumber, Fence, InputSeq, PlayerId, RequestId, Tick};
use tickwire_protocol::json::{
    ClientReader, JsonError, StateHead, StateWriter, error_text, join_state, message_text,
};
use tickwire_protocol::message::{
    Answer, ClientMessage, Event, GameMessage, LobbyNews, Look, Refusal, RefusalCause, Rejection,
    RequestKind, Role, RosterEntry, ServerMessage, Value, Welcome,
};
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::schema::{EntityKind, FieldKind, MessageKind, ParamKind, Schema};
use tickwire_protocol::snapshot::Snapshot;

use super::{block, input, reader, request, schema};

#[test]
fn the_clients_examples_are_read() {
    let mark = vec![Value::Number(1234.5), Value::Integer(-1000), Value::Player(PlayerId(70_000))];
    let token = "AB-_09".to_owned();
    let expected = [
        ClientMessage::Enter { token: token.clone() },
        ClientMessage::Resume { token, event: EventNumber(251) },
        input(1, 0, &[1, -127, 0]),
        input(7, 70_012, &[0, 0, 1]),
        ClientMessage::Game(GameMessage { kind: 0, values: vec![Value::Text("gg".into())] }),
        request(1, RequestKind::Game(GameMessage { kind: 1, values: mark })),
        request(2, RequestKind::Rename { name: "Zoë".into() }),
        request(3, RequestKind::Kick { player: PlayerId(300) }),
        request(4, RequestKind::CloseRoom),
        request(
            5,
            RequestKind::ChangeRoom {
                room: None,
                game: None,
                code: Some("ABCD-EFGH".into()),
                password: None,
            },
        ),
        request(6, RequestKind::EnterLobby),
        request(7, RequestKind::SayToLobby { text: "gg".into() }),
        request(8, RequestKind::WhoIsOnline),
        request(9, RequestKind::LeaveLobby),
        ClientMessage::Look(Look { center: [-1234.5, 2000.25], size: [1920.0, 1080.0] }),
        ClientMessage::Ping { nonce: 7 },
    ];
    let mut reader = reader();
    let read = block("from the client").lines().map(|line| {
        let mut newcomer = ClientReader::new();
        newcomer.read(line).or_else(|_| reader.read(line)).unwrap()
    });
    assert_eq!(read.collect::<Vec<_>>(), expected);
}

#[test]
fn the_servers_examples_are_written() {
    let ship = EntityKind::new("ship")
        .constant("player", FieldKind::Player)
        .field(
            "position",
            FieldKind::Position { min: [0.0; 2], max: [4000.0, 2000.0], step: 0.125 },
        )
        .field("angle", FieldKind::Angle { bits: 8 });
    let tiny = Schema::new("tiny")
        .input_integer("turn", -127, 127)
        .input_button("dash")
        .entity(ship)
        .event(MessageKind::new("bell"))
        .message(MessageKind::new("say").param("text", ParamKind::Text { max_chars: 120 }));
    let mut welcome = Welcome { send_every: 3, schema: tiny, ..schema::welcome() };
    welcome.roster.truncate(1);
    let refusal = Refusal { input: Some(InputSeq(u16::MAX)), cause: RefusalCause::FarFuture };
    let answer = |id, outcome| ServerMessage::Answer(Answer { id: RequestId(id), outcome });
    let bad = JsonError::BadValue {
        field: "values.turn".into(),
        expected: "a whole number from -127 to 127".into(),
    };
    let written = [
        message_text(&ServerMessage::Welcome(Box::new(welcome))),
        state(),
        message_text(&ServerMessage::Pong { nonce: 7, room_time_us: (1 << 53) - 1 }),
        message_text(&ServerMessage::Refused(refusal)),
        message_text(&answer(1, Ok(vec![Value::Text("Zoë".into()), Value::Integer(-1000)]))),
        message_text(&answer(2, Err(Rejection::new("too_fast", "wait a little")))),
        message_text(&ServerMessage::Restarting { closes_in_ms: 10_000, back_after_ms: 2718 }),
        message_text(&ServerMessage::Failed { back_after_ms: 2718 }),
        message_text(&ServerMessage::Host { player: Some(PlayerId(300)) }),
        message_text(&ServerMessage::Owner {
            fence: Fence(12),
            nodes: vec!["http://a.example:8080".into(), "http://b.example:8080".into()],
        }),
        message_text(&ServerMessage::Moved {
            fence: Fence(13),
            ws_url: "ws://b.example:8080/ws".into(),
        }),
        message_text(&ServerMessage::Paused { is_paused: true }),
        message_text(&ServerMessage::Lobby(LobbyNews::Said {
            from: "Zoë".into(),
            room: "0123456789".into(),
            text: "gg".into(),
        })),
        message_text(&ServerMessage::Lobby(LobbyNews::Announced { text: "down at 18:00".into() })),
        message_text(&ServerMessage::Lobby(LobbyNews::Missed { lines: 300 })),
        error_text(&bad),
    ];
    let read = |text: &str| -> Json { serde_json::from_str(text).unwrap() };
    let examples: Vec<_> = block("from the server").split("\n\n").map(read).collect();
    for (written, example) in written.iter().zip(&examples) {
        assert_eq!(read(written), *example);
    }
    assert_eq!(examples.len(), written.len());
    assert!(written.iter().all(|text| text.starts_with("{\"type\":\"")), "the type comes first");
}

/// A state of two entities and two events.
fn state() -> String {
    let schema = schema::schema();
    let layout = Layout::new(&schema);
    let mut snapshot = Snapshot::new(&layout);
    snapshot.insert(0, EntityId(4), 1)[..3].copy_from_slice(&[300, 100, 51]);
    snapshot.insert(2, EntityId(5), schema::MARKER);
    let joined = RosterEntry { player: PlayerId(300), name: "Zoë".into(), role: Role::Player };
    let hit = vec![Value::Player(PlayerId(300)), Value::Number(10.5)];
    let received = |number, tick, event| ReceivedEvent {
        number: EventNumber(number),
        tick: Tick(tick),
        event,
    };
    let events = [
        received(1, 70_001, Event::Joined(joined)),
        received(2, 70_003, Event::Game(GameMessage { kind: 0, values: hit })),
    ];
    let echo = InputEcho { seq: InputSeq(7), applied: Tick(70_002), slack_ms: -12 };
    let head = StateHead {
        tick: Tick(70_003),
        fence: Fence(12),
        input: Some(echo),
        events: &events,
        schema: &schema,
    };
    let mut cell = Vec::new();
    StateWriter::new(&schema, &layout).write_cell(5, &snapshot, &mut cell);
    let mut text = Vec::new();
    join_state(&head, b"[]", b"[]", [&cell[..]].into_iter(), &mut text);
    String::from_utf8(text).unwrap()
}
