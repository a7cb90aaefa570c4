//! Golden control messages: sound ones of every kind, and malformed ones.

use serde_json::{Value as Json, json};
use tickwire_protocol::envelope::MAX_CLIENT_MESSAGE_BYTES;
use tickwire_protocol::frame::EncodedEvent;
use tickwire_protocol::ids::{
    EntityId, EventNumber, Fence, FrameNumber, InputSeq, PlayerId, RequestId, Tick,
};
use tickwire_protocol::message::{
    Ack, Answer, ClientMessage, Difference, DifferenceRow, Event, GameMessage, Input, InputValues,
    Interruption, LobbyNews, Look, MAX_NODE_URL_BYTES, MAX_NODES, Refusal, RefusalCause, Rejection,
    Reply, Request, RequestKind, Resumed, Role, RosterEntry, ServerMessage, Value, ViewAge,
    Welcome,
};
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::schema::{EntityKind, FieldKind, Schema};
use tickwire_protocol::watch::GridSize;

use super::{check, describe, hex, schema};

fn input(seq: u16, at: u32, view_age: u16, values: &[i32]) -> ClientMessage {
    let values = InputValues::new(values).unwrap();
    ClientMessage::Input(Input {
        seq: InputSeq(seq),
        at: Tick(at),
        view_age: ViewAge(view_age),
        values,
    })
}

fn ack(frame: u32, event: u32) -> ClientMessage {
    ClientMessage::Ack(Ack { frame: FrameNumber(frame), event: EventNumber(event) })
}

fn game(kind: u8, values: Vec<Value>) -> ClientMessage {
    ClientMessage::Game(GameMessage { kind, values })
}

fn request(id: u32, what: RequestKind) -> ClientMessage {
    ClientMessage::Request(Request { id: RequestId(id), what })
}

fn change_room(
    room: Option<&str>,
    game: Option<&str>,
    code: Option<&str>,
    password: Option<&str>,
) -> RequestKind {
    let [room, game, code, password] =
        [room, game, code, password].map(|text| text.map(str::to_owned));
    RequestKind::ChangeRoom { room, game, code, password }
}

fn answer(id: u32, outcome: Reply) -> ServerMessage {
    ServerMessage::Answer(Answer { id: RequestId(id), outcome })
}

fn owner(fence: u64, nodes: &[&str]) -> ServerMessage {
    let nodes = nodes.iter().map(|&url| url.to_owned()).collect();
    ServerMessage::Owner { fence: Fence(fence), nodes }
}

fn look(center: [f32; 2], size: [f32; 2]) -> ClientMessage {
    ClientMessage::Look(Look { center, size })
}

/// A report of rows: slot, id, kind, columns.
fn differs(part: u32, tick: u32, rows: &[(u32, u32, u8, &[u32])]) -> ClientMessage {
    let rows = rows.iter().map(|&(slot, id, kind, columns)| DifferenceRow {
        slot,
        id: EntityId(id),
        kind,
        columns: columns.to_vec(),
    });
    ClientMessage::Differs(Difference {
        part: PartNumber(part),
        tick: Tick(tick),
        entities: 300,
        rows: rows.collect(),
    })
}

#[test]
fn client_messages() {
    let messages = [
        input(1, 0, 0, &[1, -127, 0]),
        input(65_535, 4_000_000_000, 65_535, &[0, 127, 1]),
        input(300, 251, 250, &[]),
        input(2, 65_536, 251, &[i32::MIN, i32::MAX, -1, 0, 1, 125, -126, 126]),
        ClientMessage::Recent { frames: vec![] },
        ClientMessage::Recent { frames: vec![vec![64, 0, 255], vec![], vec![7; 300]] },
        ack(0, 0),
        ack(250, 251),
        ack(u32::MAX, 65_535),
        ClientMessage::Ping { nonce: 0 },
        ClientMessage::Ping { nonce: 0xdead_beef },
        game(0, vec![Value::Text("gg".into())]),
        game(0, vec![Value::Text("naïve — 🚀".into())]),
        game(0, vec![Value::Text("x".repeat(300))]),
        game(
            1,
            vec![Value::Number(1234.5), Value::Integer(-1000), Value::Player(PlayerId(70_000))],
        ),
        game(255, vec![]),
        look([0.0, 0.0], [0.0, 0.0]),
        look([-1234.5, 2000.25], [1920.0, 1080.0]),
        look([f32::MIN, f32::MAX], [f32::MAX, f32::MIN_POSITIVE]),
        differs(0, 1, &[]),
        differs(
            70_002,
            u32::MAX,
            &[(0, 1, 3, &[]), (65_535, u32::MAX, 0, &[0, 250, 251, u32::MAX])],
        ),
        ClientMessage::Enter { token: "AB-_09".to_owned() },
        ClientMessage::Resume { token: "AB-_09".to_owned(), event: EventNumber(251) },
        request(1, RequestKind::Rename { name: "Zoë".to_owned() }),
        request(u32::MAX, RequestKind::Rename { name: String::new() }),
        request(
            251,
            RequestKind::Game(GameMessage { kind: 0, values: vec![Value::Text("gg".to_owned())] }),
        ),
        request(2, RequestKind::Kick { player: PlayerId(300) }),
        request(3, RequestKind::CloseRoom),
        request(4, change_room(None, None, None, None)),
        request(5, change_room(Some("0123456789"), None, None, Some("Zoë"))),
        request(6, change_room(None, Some("arena"), None, None)),
        request(7, change_room(None, None, Some("7f3k-90qz"), None)),
        request(8, RequestKind::EnterLobby),
        request(9, RequestKind::LeaveLobby),
        request(10, RequestKind::SayToLobby { text: "gg".to_owned() }),
        request(251, RequestKind::SayToLobby { text: "naïve — 🚀".to_owned() }),
        request(11, RequestKind::WhoIsOnline),
    ];
    let vectors: Vec<_> = messages
        .iter()
        .map(|message| {
            let bytes = message.to_bytes();
            assert_eq!(ClientMessage::from_bytes(&bytes).unwrap(), *message);
            json!({"message": describe::client_message(message), "hex": hex(&bytes)})
        })
        .collect();
    check("client-messages.json", &vectors);
}

#[test]
fn server_messages() {
    let refused = |input, cause| {
        ServerMessage::Refused(Refusal { input: Option::map(input, InputSeq), cause })
    };
    let messages = [
        ServerMessage::Welcome(Box::new(schema::welcome())),
        ServerMessage::Welcome(Box::new(Welcome {
            resumed: Some(Resumed { lost_events: 300 }),
            ..schema::welcome()
        })),
        ServerMessage::Pong { nonce: 0, room_time_us: 0 },
        ServerMessage::Pong { nonce: 251, room_time_us: 250 },
        ServerMessage::Pong { nonce: u32::MAX, room_time_us: 65_536 },
        ServerMessage::Pong { nonce: 7, room_time_us: (1 << 53) - 1 },
        refused(Some(65_535), RefusalCause::FarFuture),
        refused(Some(1), RefusalCause::Repeated),
        refused(Some(2), RefusalCause::QueueFull),
        refused(None, RefusalCause::Spectator),
        refused(None, RefusalCause::NotASpectator),
        ServerMessage::Restarting { closes_in_ms: 10_000, back_after_ms: 2718 },
        ServerMessage::Restarting { closes_in_ms: 0, back_after_ms: u32::MAX },
        ServerMessage::Failed { back_after_ms: 250 },
        answer(1, Ok(vec![])),
        answer(251, Ok(vec![Value::Text("Zoë".to_owned()), Value::Integer(-1000)])),
        answer(u32::MAX, Ok(vec![Value::Number(1234.5), Value::Player(PlayerId(70_000))])),
        answer(2, Err(Rejection::new("too_fast", "wait a little"))),
        answer(3, Err(Rejection::new("", ""))),
        ServerMessage::Host { player: Some(PlayerId(300)) },
        ServerMessage::Host { player: None },
        owner(12, &["http://a:1", "http://b:2"]),
        owner(1, &[]),
        owner((1 << 53) - 1, &["x".repeat(MAX_NODE_URL_BYTES).as_str(); MAX_NODES]),
        ServerMessage::Moved { fence: Fence(251), ws_url: "ws://b:2/ws".to_owned() },
        ServerMessage::Paused { is_paused: true },
        ServerMessage::Paused { is_paused: false },
        ServerMessage::Lobby(LobbyNews::Said {
            from: "Zoë".to_owned(),
            room: "0123456789".to_owned(),
            text: "gg".to_owned(),
        }),
        ServerMessage::Lobby(LobbyNews::Said {
            from: "Ada".to_owned(),
            room: String::new(),
            text: "naïve — 🚀".to_owned(),
        }),
        ServerMessage::Lobby(LobbyNews::Announced { text: "down at 18:00".to_owned() }),
        ServerMessage::Lobby(LobbyNews::Missed { lines: 300 }),
    ];
    let vectors: Vec<_> = messages
        .iter()
        .map(|message| {
            let bytes = message.to_bytes();
            assert_eq!(ServerMessage::from_bytes(&bytes).unwrap(), *message);
            json!({"message": describe::server_message(message), "hex": hex(&bytes)})
        })
        .collect();
    check("server-messages.json", &vectors);
}

#[test]
fn events() {
    let player = PlayerId(70_000);
    let entry = RosterEntry { player, name: "Zoë 🚀".to_owned(), role: Role::Spectator };
    let events = [
        Event::Joined(entry),
        Event::Left { player },
        Event::Game(GameMessage { kind: 2, values: vec![Value::Number(2.75)] }),
        Event::Renamed { player, name: "Ada".to_owned() },
        Event::Renamed { player: PlayerId(0), name: String::new() },
        Event::Interrupted { cause: Interruption::Rules },
        Event::Interrupted { cause: Interruption::Server },
    ];
    let vectors: Vec<_> = events
        .iter()
        .map(|event| {
            let encoded = EncodedEvent::new(Tick(0), event);
            json!({"event": describe::event(event), "hex": hex(&encoded.bytes)})
        })
        .collect();
    check("events.json", &vectors);
}

#[test]
fn malformed_messages() {
    let client = [
        ("nothing", vec![]),
        ("unknown variant", vec![9]),
        ("unknown request", vec![8, 1, 9]),
        ("a line for the lobby that ends too early", vec![8, 1, 7, 3, b'a']),
        ("a line for the lobby that is not UTF-8", vec![8, 1, 7, 1, 0xff]),
        ("a request to enter with a trailing byte", vec![8, 1, 5, 0]),
        ("a kick of nobody", vec![8, 1, 2]),
        ("a change of room that ends too early", vec![8, 1, 4, 0, 0, 0]),
        ("a change of room of an option that is none", vec![8, 1, 4, 0, 2, 0, 0]),
        ("a request for nothing", vec![8, 1]),
        ("a name that ends too early", vec![8, 1, 0, 3, b'a']),
        ("a token that ends too early", vec![6, 5, b'a']),
        ("a token that is not UTF-8", vec![7, 1, 0xff, 0]),
        ("variant in 64 bits", vec![253, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("a reserved integer prefix", vec![1, 255, 0]),
        ("integer wider than its type", vec![0, 252, 1, 0, 0, 0, 0, 0]),
        ("input cut off", vec![0, 1, 0, 0, 2, 0]),
        ("a view age wider than its type", vec![0, 1, 0, 252, 1, 0, 0, 0, 0]),
        ("more input fields than any game has", vec![0, 1, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("trailing byte", vec![2, 7, 0]),
        ("text is not UTF-8", vec![3, 0, 1, 2, 2, 0xc3, 0x28]),
        ("text ends too early", vec![3, 0, 1, 2, 5, b'a']),
        ("a list of 2^40 values", vec![3, 0, 253, 0, 0, 0, 0, 0, 1, 0, 0]),
        ("unknown value", vec![3, 0, 1, 4, 0]),
        ("number cut off", vec![3, 0, 1, 1, 0, 0, 0x80]),
        ("look cut off", vec![4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("a report of rows that are not there", vec![5, 1, 1, 1, 2, 0, 1, 0, 0]),
        ("too large", vec![0; MAX_CLIENT_MESSAGE_BYTES + 1]),
    ];
    let mut vectors = Vec::new();
    for (what, bytes) in client {
        assert!(ClientMessage::from_bytes(&bytes).is_err(), "{what}");
        if bytes.len() <= MAX_CLIENT_MESSAGE_BYTES {
            vectors.push(json!({"from": "client", "what": what, "hex": hex(&bytes)}));
        }
    }
    for (what, bytes) in malformed_server_messages() {
        assert!(ServerMessage::from_bytes(&bytes).is_err(), "{what}");
        vectors.push(json!({"from": "server", "what": what, "hex": hex(&bytes)}));
    }
    vectors.extend(unsound_schemas());
    vectors.extend(unsound_grids());
    check("malformed-messages.json", &vectors);
}

fn malformed_server_messages() -> Vec<(&'static str, Vec<u8>)> {
    let welcome = ServerMessage::Welcome(Box::new(schema::welcome())).to_bytes();
    let mut bad_role = welcome.clone();
    let name = bad_role.windows(3).position(|bytes| bytes == b"Ada").unwrap();
    bad_role[name + 3] = 3;
    let mut bad_bool = welcome.clone();
    // Variant, room (a length and ten characters), player (a prefix and two bytes).
    bad_bool[1 + 11 + 3] = 2;
    let mut longer = welcome.clone();
    longer.push(0);
    vec![
        ("nothing", vec![]),
        ("an owner without a fence", vec![7]),
        ("an owner of servers that are not there", vec![7, 3, 2, 1, b'a']),
        ("an owner whose address is not UTF-8", vec![7, 3, 1, 1, 0xff]),
        ("an owner of 2^40 servers", vec![7, 3, 253, 0, 0, 0, 0, 0, 1, 0, 0]),
        ("more servers than a message names", owner(3, &["a"; MAX_NODES + 1]).to_bytes()),
        (
            "an address that is too long",
            owner(3, &["x".repeat(MAX_NODE_URL_BYTES + 1).as_str()]).to_bytes(),
        ),
        ("a move to nowhere", vec![8, 3]),
        ("a pause that does not say whether", vec![9]),
        ("a pause of 2", vec![9, 2]),
        ("unknown variant", vec![11]),
        ("unknown news of the lobby", vec![10, 3]),
        ("a line of the lobby that ends too early", vec![10, 0, 1, b'a', 0, 2, b'b']),
        ("an announcement that is not UTF-8", vec![10, 1, 1, 0xff]),
        ("lines missed that are not counted", vec![10, 2]),
        ("a host who is not told", vec![6]),
        ("a host of an option that is none", vec![6, 2]),
        ("an answer without an outcome", vec![5, 1]),
        ("an answer that is neither done nor refused", vec![5, 1, 2, 0]),
        ("an answer of values that are not there", vec![5, 1, 0, 2, 0, 0]),
        ("a refusal without words", vec![5, 1, 1, 1, b'a']),
        ("a restart that does not say when to come back", vec![3, 0]),
        ("pong cut off", vec![1, 5]),
        ("pong with a trailing byte", vec![1, 5, 5, 0]),
        ("refusal with an unknown cause", vec![2, 0, 5]),
        ("an option that is neither absent nor present", vec![2, 2, 1, 0]),
        ("welcome cut off", welcome[..welcome.len() - 1].to_vec()),
        ("welcome cut off in a name", welcome[..name + 1].to_vec()),
        ("welcome with a trailing byte", longer),
        ("unknown role", bad_role),
        ("a boolean of 2", bad_bool),
    ]
}

/// Welcomes that decode but whose schema is not valid.
fn unsound_schemas() -> Vec<Json> {
    let with = |kind| Schema::new("g").entity(EntityKind::new("e").field("f", kind));
    let schemas = [
        ("a game without a name", Schema::new("")),
        ("two inputs of one name", Schema::new("g").input_button("b").input_button("b")),
        ("an input that cannot be 0", Schema::new("g").input_integer("i", 1, 2)),
        ("a step of 0", with(FieldKind::Number { min: 0.0, max: 1.0, step: 0.0 })),
        ("a range of NaN", with(FieldKind::Number { min: 0.0, max: f32::NAN, step: 1.0 })),
        ("over 32 bits", with(FieldKind::Number { min: 0.0, max: 1.0e9, step: 0.1 })),
        ("an angle of 17 bits", with(FieldKind::Angle { bits: 17 })),
        ("flags of 33 bits", with(FieldKind::Flags { bits: 33 })),
        ("a backward range", with(FieldKind::Integer { min: 1, max: 0 })),
        ("a rotation of 2 bits", with(FieldKind::Rotation { bits: 2 })),
        ("a rotation of 17 bits", with(FieldKind::Rotation { bits: 17 })),
        (
            "a point in space beyond 32 bits",
            with(FieldKind::Position3 { min: [0.0; 3], max: [1.0, 1.0, 1.0e9], step: 0.1 }),
        ),
    ];
    schemas
        .into_iter()
        .map(|(what, schema)| {
            assert!(schema.validate().is_err(), "{what}");
            let welcome = Welcome { schema, ..schema::welcome() };
            let bytes = ServerMessage::Welcome(Box::new(welcome)).to_bytes();
            json!({"from": "server", "what": format!("schema: {what}"), "hex": hex(&bytes)})
        })
        .collect()
}

/// Welcomes that decode but whose grid is none.
fn unsound_grids() -> Vec<Json> {
    let grids = [
        ("no columns", GridSize { columns: 0, rows: 1 }),
        ("no rows", GridSize { columns: 1, rows: 0 }),
        ("too many cells", GridSize { columns: 1025, rows: 1024 }),
        ("more cells than 32 bits count", GridSize { columns: 1 << 16, rows: 1 << 16 }),
    ];
    grids
        .into_iter()
        .map(|(what, grid)| {
            assert!(grid.validate().is_err(), "{what}");
            let bytes = ServerMessage::Welcome(Box::new(Welcome { grid, ..schema::welcome() }));
            let hex = hex(&bytes.to_bytes());
            json!({"from": "server", "what": format!("grid: {what}"), "hex": hex})
        })
        .collect()
}
