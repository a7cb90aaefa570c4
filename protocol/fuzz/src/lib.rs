//! What the fuzz targets do with bytes: read them, and see that nothing is wrong with what comes out.
//! Each panics if something is. `tests/corpus.rs` of the protocol does the same on stable Rust.

#[path = "../../tests/golden/schema.rs"]
#[allow(dead_code, reason = "the golden vectors use more of it")]
mod golden;

use tickwire_protocol::envelope::MAX_CLIENT_MESSAGE_BYTES;
use tickwire_protocol::ids::EntityId;
use tickwire_protocol::message::{ClientMessage, Request, RequestKind, ServerMessage, Welcome};
use tickwire_protocol::parts::PartNumber;
use tickwire_protocol::replica::Replica;
use tickwire_protocol::watch::GridSize;

/// A message from a client: what decodes encodes to the same message, and is held against a schema.
pub fn client_message(bytes: &[u8]) {
    let Ok(message) = ClientMessage::from_bytes(bytes) else { return };
    let again = message.to_bytes();
    assert!(again.len() <= bytes.len(), "not the shortest form");
    let twice = ClientMessage::from_bytes(&again).expect("what was written is read");
    // Bytes, not messages: NaN differs from itself.
    assert_eq!(twice.to_bytes(), again);
    let schema = golden::schema();
    match message {
        ClientMessage::Input(input) => drop(schema.check_input(&input.values)),
        ClientMessage::Game(message)
        | ClientMessage::Request(Request { what: RequestKind::Game(message), .. }) => {
            drop(schema.check_message(&message));
        }
        ClientMessage::Look(look) => drop(look.is_sound()),
        ClientMessage::Ack(_)
        | ClientMessage::Ping { .. }
        | ClientMessage::Differs(_)
        | ClientMessage::Recent { .. }
        | ClientMessage::Enter { .. }
        | ClientMessage::Resume { .. }
        | ClientMessage::Request(_) => {}
    }
}

/// A control message from the server. A sound welcome makes an empty replica.
pub fn server_message(bytes: &[u8]) {
    let Ok(message) = ServerMessage::from_bytes(bytes) else { return };
    let again = message.to_bytes();
    assert!(again.len() <= bytes.len(), "not the shortest form");
    let twice = ServerMessage::from_bytes(&again).expect("what was written is read");
    assert_eq!(twice.to_bytes(), again);
    if let ServerMessage::Welcome(welcome) = message
        && is_sound(&welcome)
    {
        assert_eq!(Replica::new(&welcome).entity_count(), 0);
    }
}

/// A connection: pieces with their lengths (`u16`, little-endian) before them. The first is a
/// welcome, or what is to be different in that of the golden vectors: columns, rows, ticks between
/// hashes. The others are state frames.
pub fn frame(bytes: &[u8]) {
    let mut pieces = pieces(bytes);
    let welcome = match pieces.next() {
        Some(&[columns, rows, hash_every]) => Welcome {
            grid: GridSize { columns: columns.into(), rows: rows.into() },
            hash_every: hash_every.into(),
            ..golden::welcome()
        },
        Some(bytes) => match ServerMessage::from_bytes(bytes) {
            Ok(ServerMessage::Welcome(welcome)) => *welcome,
            _ => return,
        },
        None => return,
    };
    if !is_sound(&welcome) {
        return;
    }
    let mut replica = Replica::new(&welcome);
    for frame in pieces {
        let mut before = replica.clone();
        match replica.handle_frame(frame) {
            Err(_) => assert_same(&before, &replica, welcome.grid),
            Ok(read) => {
                let again = before.handle_frame(frame).expect("what was read is read again");
                // Text, not values: NaN differs from itself.
                assert_eq!(format!("{again:?}"), format!("{read:?}"));
                assert_same(&before, &replica, welcome.grid);
                assert_sound(&replica, welcome.grid);
            }
        }
    }
}

fn pieces(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk()?;
        let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (piece, rest) = rest.split_at(length);
        bytes = rest;
        Some(piece)
    })
}

fn is_sound(welcome: &Welcome) -> bool {
    welcome.validate().is_ok()
}

fn parts(replica: &Replica, grid: GridSize) -> impl Iterator<Item = PartNumber> {
    let cells = replica.watch().cells(grid).map(PartNumber::cell);
    [PartNumber::OWN, PartNumber::GLOBAL].into_iter().chain(cells)
}

fn assert_same(one: &Replica, other: &Replica, grid: GridSize) {
    assert_eq!(one.cursor(), other.cursor());
    assert_eq!(one.watch(), other.watch());
    assert_eq!(one.differing(), other.differing());
    for number in parts(one, grid) {
        let state = |replica: &Replica| {
            replica.part(number).map(|part| (part.tick(), part.snapshot().clone()))
        };
        assert_eq!(state(one), state(other));
    }
    assert!(one.entities().eq(other.entities()));
}

/// Every value is within its range, every entity there once, and every report fits into a message.
fn assert_sound(replica: &Replica, grid: GridSize) {
    assert!(replica.watch().fits(grid));
    for number in parts(replica, grid) {
        let part = replica.part(number).expect("a part that is watched is there");
        for row in part.snapshot().rows() {
            let kind = &replica.layout().kinds[usize::from(row.kind)];
            assert!(kind.lanes.iter().zip(row.lanes).all(|(lane, &value)| value <= lane.max));
            assert!(row.lanes[kind.width..].iter().all(|&column| column == 0));
        }
        assert!(part.snapshot().entities() == 0 || part.tick().is_some());
    }
    let mut ids: Vec<EntityId> = replica.entities().map(|row| row.id).collect();
    assert_eq!(ids.len(), replica.entity_count());
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), replica.entity_count());
    for &number in replica.differing() {
        let report = replica.report(number).expect("a part that differs is there").to_bytes();
        assert!(report.len() <= MAX_CLIENT_MESSAGE_BYTES);
        assert!(ClientMessage::from_bytes(&report).is_ok());
    }
}
