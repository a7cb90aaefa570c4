//! Golden frames that no server sends: each is an error, and leaves a replica as it was.
//!
//! They are put together by the encoder, from states and schemas that are not the reader's, so that
//! they stay malformed in the same way whatever the prior table holds.

use serde_json::{Value as Json, json};
use tickwire_protocol::chunk::prior::PriorSet;
use tickwire_protocol::chunk::{Baseline, ChunkError, encode_chunk};
use tickwire_protocol::frame::{FrameError, MAX_FRAME_BYTES};
use tickwire_protocol::ids::{EntityId, Tick};
use tickwire_protocol::message::{ServerMessage, Welcome};
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::replica::{Agreement, MAX_REPLICA_SLOTS, Replica};
use tickwire_protocol::schema::EntityKind;
use tickwire_protocol::snapshot::{MAX_SLOTS, Snapshot};
use tickwire_protocol::watch::GridSize;

use super::schema::{MARKER, ROCK, SHIP};
use super::{check, hex, schema, state};

const GRID: GridSize = GridSize { columns: 100, rows: 100 };

/// A frame and the error that it is.
type Malformed = (&'static str, &'static str, Vec<u8>);

/// A snapshot of rows: slot, id, kind, first columns.
fn snapshot(layout: &Layout, rows: &[(usize, u32, u8, &[u32])]) -> Snapshot {
    let mut snapshot = Snapshot::new(layout);
    for &(slot, id, kind, columns) in rows {
        snapshot.insert(slot, EntityId(id), kind)[..columns.len()].copy_from_slice(columns);
    }
    snapshot
}

fn chunk(layout: &Layout, from: Option<(&Snapshot, u32)>, to: &Snapshot) -> Vec<u8> {
    let mut out = Vec::new();
    let from = from.map(|(snapshot, gap)| Baseline { snapshot, gap });
    encode_chunk(layout, PriorSet(0), from, to, &|_| false, &mut out);
    out
}

/// The name of an error.
fn name(error: &FrameError) -> &'static str {
    match error {
        FrameError::TooLarge(_) => "too_large",
        FrameError::Tag => "tag",
        FrameError::NoBaseline => "no_baseline",
        FrameError::Prefix { .. } => "prefix",
        FrameError::Fence => "fence",
        FrameError::Watch(_) => "watch",
        FrameError::CellBits { .. } => "cell_bits",
        FrameError::Hash { .. } => "hash",
        FrameError::Slots { .. } => "slots",
        FrameError::Trailing { .. } => "trailing",
        FrameError::Chunk { cause, .. } => match cause {
            ChunkError::Truncated => "chunk.truncated",
            ChunkError::Gap { .. } => "chunk.gap",
            ChunkError::Slot { .. } => "chunk.slot",
            ChunkError::EntityId { .. } => "chunk.entity_id",
            ChunkError::Kind { .. } => "chunk.kind",
            ChunkError::OutOfRange { .. } => "chunk.out_of_range",
        },
    }
}

/// What the two cells of the room hold at first: enough for something to be wrong with it.
struct Cells {
    layout: Layout,
    first: Snapshot,
    /// A ship that is about to reach the border.
    second: Snapshot,
}

/// Columns of a ship that is at `x` and has last moved by `step`.
fn ship(x: u32, step: u32) -> [u32; 9] {
    [5, x, 800, 64, 50, 100, 0, step, 0]
}

impl Cells {
    fn new() -> Self {
        let layout = Layout::new(&schema::schema());
        Self {
            first: snapshot(
                &layout,
                &[(0, 7, MARKER, &[]), (2, 9, ROCK, &[1, 2, 3]), (3, 8, MARKER, &[])],
            ),
            second: snapshot(&layout, &[(0, 20, SHIP, &ship(31_990, 20))]),
            layout,
        }
    }

    /// The keyframe of both cells, at tick 50.
    fn keyframe(&self) -> Vec<u8> {
        let chunks = [&self.first, &self.second].map(|cell| chunk(&self.layout, None, cell));
        [&[0x40, 50, 0, 0, 2, 1, 0b11], &chunks[0][..], &chunks[1]].concat()
    }

    /// The delta frame of a tick later, with hashes: a marker comes, the ship stops.
    fn delta(&self) -> Vec<u8> {
        let mut first = self.first.clone();
        first.insert(1, EntityId(21), MARKER);
        let second = snapshot(&self.layout, &[(0, 20, SHIP, &ship(32_000, 10))]);
        let mut frame = vec![0xc0, 0b11];
        for (from, to) in [(&self.first, &first), (&self.second, &second)] {
            frame.extend(chunk(&self.layout, Some((from, 1)), to));
            frame.extend(to.hash(&self.layout).to_le_bytes());
        }
        frame
    }

    /// A delta frame of the first cell, to which the chunk has not to do with.
    fn first(chunk: &[u8]) -> Vec<u8> {
        [&[0xc0, 0b01], chunk, &[0; 4]].concat()
    }

    fn second(chunk: &[u8]) -> Vec<u8> {
        [&[0xc0, 0b10], chunk, &[0; 4]].concat()
    }

    fn gaps(&self) -> Vec<Malformed> {
        let same = |gap| chunk(&self.layout, Some((&self.first, gap)), &self.first);
        let empty = Snapshot::new(&self.layout);
        let nothing = chunk(&self.layout, Some((&empty, 1)), &empty);
        vec![
            ("a chunk over three ticks where one has passed", "chunk.gap", Self::first(&same(3))),
            ("a chunk over 255 ticks", "chunk.gap", Self::first(&same(255))),
            (
                "a chunk where no tick has passed",
                "chunk.gap",
                [&[0xc1, 0, 1], &same(1)[..]].concat(),
            ),
            ("a delta of a part that never came", "chunk.gap", [&[0x90], &nothing[..]].concat()),
            (
                "a delta of a cell not watched before",
                "chunk.gap",
                [&[0xc8, 5, 5, 1, 1], &nothing[..]].concat(),
            ),
            (
                "a delta in a keyframe",
                "chunk.gap",
                [&[0x40, 51, 0, 0, 2, 1, 0b01], &same(1)[..]].concat(),
            ),
        ]
    }

    fn entities(&self) -> Vec<Malformed> {
        let Self { layout, first, .. } = self;
        let marker = |slot, id| {
            let mut snapshot = first.clone();
            snapshot.insert(slot, EntityId(id), MARKER);
            snapshot
        };
        let full = marker(1, 6);
        let leave = chunk(layout, Some((&full, 1)), first);
        let empty = Snapshot::new(layout);
        let last_slot = snapshot(layout, &[(MAX_SLOTS - 1, 1, MARKER, &[])]);
        let beyond = chunk(layout, Some((&empty, 1)), &last_slot);
        // Ids are told by their distance from the largest one: 9 at the reader, 100 here.
        let other = snapshot(layout, &[(0, 100, MARKER, &[])]);
        let with_91 = snapshot(layout, &[(0, 100, MARKER, &[]), (1, 91, MARKER, &[])]);
        let zero = chunk(layout, Some((&other, 1)), &with_91);
        let more = ["sixth", "seventh"].map(EntityKind::new);
        let more = Layout::new(
            &more.into_iter().fold(schema::schema(), |schema, kind| schema.entity(kind)),
        );
        let mut unknown = first.clone();
        unknown.insert(1, EntityId(10), 7);
        let unknown = chunk(&more, Some((first, 1)), &unknown);
        let twice = chunk(layout, Some((first, 1)), &marker(1, 9));
        vec![
            ("a leave from a vacant slot", "chunk.slot", Self::first(&leave)),
            ("an enter beyond the last slot", "chunk.slot", Self::first(&beyond)),
            ("an entity of id 0", "chunk.entity_id", Self::first(&zero)),
            ("an entity that is there already", "chunk.entity_id", Self::first(&twice)),
            ("an entity of an unknown kind", "chunk.kind", Self::first(&unknown)),
        ]
    }

    /// A keyframe of more slots than a client has room for.
    fn crowd(&self) -> Vec<u8> {
        let last_slot = snapshot(&self.layout, &[(MAX_SLOTS - 1, 1, MARKER, &[])]);
        let chunk = chunk(&self.layout, None, &last_slot);
        let cells = MAX_REPLICA_SLOTS / MAX_SLOTS + 1;
        let bits = (1 << cells) - 1;
        [&[0x40, 60, 0, 0, cells as u8, 1, bits], &chunk.repeat(cells)[..]].concat()
    }

    fn values(&self) -> Vec<Malformed> {
        let Self { first, second, .. } = self;
        // As many bits, but larger values.
        let wide = Layout::new(&schema::schema_of_size([4095.875, 2047.875]));
        let mut rock = first.clone();
        rock.insert(1, EntityId(10), ROCK)[..3].copy_from_slice(&[32_001, 0, 0]);
        let enters = chunk(&wide, Some((first, 1)), &rock);
        let keyframe = chunk(&wide, None, &rock);
        let faster = snapshot(&wide, &[(0, 20, SHIP, &ship(32_015, 25))]);
        let updates = chunk(&wide, Some((second, 1)), &faster);
        let on = snapshot(&wide, &[(0, 20, SHIP, &ship(32_010, 20))]);
        let goes_on = chunk(&wide, Some((second, 1)), &on);
        let error = "chunk.out_of_range";
        vec![
            ("an enter with a value out of range", error, Self::first(&enters)),
            ("a keyframe with a value out of range", error, Self::first(&keyframe)),
            ("an update out of range", error, Self::second(&updates)),
            ("a prediction out of range", error, Self::second(&goes_on)),
        ]
    }
}

/// Frames whose prefix is wrong already.
fn prefixes() -> Vec<Malformed> {
    vec![
        ("nothing", "tag", vec![]),
        ("a control message", "tag", vec![0x3f, 1]),
        ("a keyframe that says that it watches", "tag", vec![0x48, 60, 0, 0, 0, 0]),
        ("an advance that is not there", "prefix", vec![0x81]),
        ("an advance in 64 bits", "prefix", vec![0x81, 253, 1, 0, 0, 0, 0, 0, 0, 0]),
        ("a keyframe without a tick", "prefix", vec![0x40]),
        ("a keyframe without cells", "prefix", vec![0x40, 60]),
        ("a fence that is not there", "prefix", vec![0x41, 60]),
        ("a fence of nobody", "fence", vec![0x41, 60, 0, 0, 0, 2, 1, 0]),
        ("an input that is not there", "prefix", vec![0x82]),
        ("an input without slack", "prefix", vec![0x82, 0x11]),
        ("a long input that is cut off", "prefix", vec![0x82, 0, 1]),
        ("an input number in 32 bits", "prefix", vec![0x82, 0, 252, 1, 0, 0, 0, 0, 0]),
        ("a slack in 32 bits", "prefix", vec![0x82, 0x11, 252, 1, 0, 0, 0]),
        ("events that are not there", "prefix", vec![0x84, 1, 252, 255, 255, 255, 255]),
        ("an unknown event", "prefix", vec![0x84, 1, 1, 0, 3, 1]),
        ("a watch that is cut off", "prefix", vec![0x88, 0, 0, 1]),
        ("a watch beyond the last column", "watch", vec![0x88, 99, 0, 2, 1]),
        ("a watch beyond the last row", "watch", vec![0x88, 0, 100, 1, 1]),
        ("a watch beyond 32 bits", "watch", vec![0x88, 0, 252, 255, 255, 255, 255, 1, 2]),
        ("a watch of too many cells", "watch", vec![0x88, 0, 0, 65, 64]),
        ("a keyframe that watches too much", "watch", vec![0x40, 60, 1, 0, 100, 1]),
        ("bits that are not there", "cell_bits", vec![0xc0]),
        ("bits of cells that are not watched", "cell_bits", vec![0xc0, 0b100]),
        ("bits that are cut off", "cell_bits", vec![0xc8, 0, 0, 3, 3, 0xff]),
        ("a byte too many", "trailing", vec![0x80, 0]),
        ("a byte after bits of nothing", "trailing", vec![0xc0, 0, 0]),
        ("no chunk of the own part", "chunk", vec![0x90]),
        ("no chunk of a cell", "chunk", vec![0xc0, 0b01]),
    ]
}

struct Sequence {
    client: Replica,
    vectors: Vec<Json>,
}

impl Sequence {
    fn new(welcome: &Welcome) -> Self {
        let bytes = ServerMessage::Welcome(Box::new(welcome.clone())).to_bytes();
        Self { client: Replica::new(welcome), vectors: vec![json!({"welcome": hex(&bytes)})] }
    }

    fn take_in(&mut self, bytes: &[u8]) -> Agreement {
        let (frame, agreement) = self.client.handle_frame(bytes).unwrap();
        self.vectors.push(json!({
            "hex": hex(bytes),
            "frame": state::frame(&frame, agreement, &self.client),
            "state": state::replica(&self.client, GRID),
        }));
        agreement
    }

    fn refuse(&mut self, (what, expected, bytes): &Malformed) -> &'static str {
        let before = state::replica(&self.client, GRID);
        let error = name(&self.client.handle_frame(bytes).unwrap_err());
        assert!(error.starts_with(expected), "{what}: {error}");
        assert_eq!(state::replica(&self.client, GRID), before, "{what}");
        if bytes.len() <= MAX_FRAME_BYTES {
            self.vectors.push(json!({"malformed": what, "error": error, "hex": hex(bytes)}));
        }
        error
    }
}

#[test]
fn malformed_frames() {
    let cells = Cells::new();
    // Every delta carries hashes.
    let mut sequence =
        Sequence::new(&Welcome { grid: GRID, hash_every: 1, tick: Tick(50), ..schema::welcome() });
    sequence.refuse(&("a delta before any keyframe", "no_baseline", vec![0x80]));
    sequence.take_in(&cells.keyframe());
    for malformed in prefixes().iter().chain(&cells.gaps()) {
        sequence.refuse(malformed);
    }
    sequence.refuse(&("a few bytes that claim many slots", "chunk.slot", cells.crowd()));
    sequence.refuse(&("too large", "too_large", vec![0x80; MAX_FRAME_BYTES + 1]));
    let delta = cells.delta();
    let mut errors = Vec::new();
    for cut in 0..delta.len() {
        errors.push(sequence.refuse(&("cut off", "", delta[..cut].to_vec())));
    }
    assert!(errors.contains(&"chunk.truncated"), "{errors:?}");
    assert_eq!(errors[errors.len() - 4..], ["hash"; 4]);
    sequence.refuse(&("a byte too many", "trailing", [&delta[..], &[0]].concat()));
    for malformed in cells.entities().iter().chain(&cells.values()) {
        sequence.refuse(malformed);
    }
    assert_eq!(sequence.take_in(&delta), Agreement::Equal);
    // A frame that tells nothing is a tick all the same.
    assert_eq!(sequence.take_in(&[0x80]), Agreement::NotChecked);
    assert_eq!(sequence.take_in(&cells.keyframe()), Agreement::NotChecked);
    let mut wrong = cells.delta();
    *wrong.last_mut().unwrap() ^= 1;
    assert_eq!(sequence.take_in(&wrong), Agreement::Different);
    check("frames-malformed.json", &sequence.vectors);
}
