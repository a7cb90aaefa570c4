//! Golden frames: whole connections, with the state that each frame leads to, and malformed frames.

use rand::RngExt;
use rand_pcg::Pcg32;
use serde_json::{Value as Json, json};
use tickwire_protocol::bits::BitWriter;
use tickwire_protocol::chunk::encode_chunk;
use tickwire_protocol::frame::{EncodedEvent, FramePrefix, InputEcho};
use tickwire_protocol::ids::{EventNumber, InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{Event, GameMessage, Role, RosterEntry, ServerMessage, Value};
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::replica::{Agreement, Replica};
use tickwire_protocol::snapshot::Snapshot;

use super::world::{self, World};
use super::{check, describe, hex};

/// The server's end of a connection.
struct Server {
    layout: Layout,
    world: World,
    sent: Option<(Tick, Snapshot)>,
    tick: Tick,
    seq: u16,
    events: u32,
    /// Number of the newest input that was told.
    told: InputSeq,
}

impl Server {
    fn new(seed: u64, tick: u32, seq: u16) -> Self {
        Self {
            layout: Layout::new(&world::schema()),
            world: World::new(seed),
            sent: None,
            tick: Tick(tick),
            seq,
            events: 0,
            told: InputSeq(0),
        }
    }

    /// The frame of the world as it is.
    fn frame(&mut self, is_keyframe: bool, hash_error: u32) -> Vec<u8> {
        let snapshot = self.world.snapshot(&self.layout);
        let baseline = self.sent.take().filter(|_| !is_keyframe);
        let tick = self.tick;
        let rng = self.world.rng();
        let input = rng.random_bool(0.5).then(|| {
            self.seq = self.seq.wrapping_add(rng.random_range(1..4));
            InputEcho {
                seq: InputSeq(self.seq),
                applied: Tick(tick.0.wrapping_sub(rng.random_range(0..3))),
                slack_ms: rng.random_range(-300..300),
            }
        });
        let events: Vec<_> = (0..rng.random_range(0_u32..6).saturating_sub(3))
            .map(|age| EncodedEvent::new(Tick(tick.0.wrapping_sub(age)), &event(rng)))
            .collect();
        let is_hashed = rng.random_bool(0.7) || hash_error != 0;
        let prefix = FramePrefix {
            tick,
            baseline: baseline.as_ref().map(|(tick, _)| *tick),
            input,
            last_input: self.told,
            first_event: EventNumber(self.events + 1),
            events: &events,
            hash: is_hashed.then(|| snapshot.hash(&self.layout) ^ hash_error),
        };
        self.told = input.map_or(self.told, |echo| echo.seq);
        let mut bytes = Vec::new();
        prefix.write(&mut bytes);
        let from = baseline.as_ref().map(|(_, snapshot)| snapshot);
        bytes.extend(encode_chunk(&self.layout, from, &snapshot));
        self.events += events.len() as u32;
        self.sent = Some((tick, snapshot));
        bytes
    }
}

fn event(rng: &mut Pcg32) -> Event {
    let player = PlayerId(rng.random_range(1..100_000));
    let game = |kind, values| Event::Game(GameMessage { kind, values });
    match rng.random_range(0..5) {
        0 => Event::Joined(RosterEntry { player, name: "Bo".to_owned(), role: Role::Player }),
        1 => Event::Left { player },
        2 => game(0, vec![Value::Player(player), Value::Number(2.75)]),
        3 => game(1, vec![Value::Text("hä?".to_owned()), Value::Integer(-2)]),
        _ => game(2, vec![]),
    }
}

/// One line per frame: the frame, and all that a client must have afterwards.
struct Sequence {
    server: Server,
    client: Replica,
    vectors: Vec<Json>,
}

impl Sequence {
    fn new(seed: u64, tick: u32) -> Self {
        let welcome = ServerMessage::Welcome(Box::new(world::welcome())).to_bytes();
        Self {
            server: Server::new(seed, tick, 0),
            client: Replica::new(&world::schema()),
            vectors: vec![json!({"welcome": hex(&welcome), "seed": seed})],
        }
    }

    fn send(&mut self, is_keyframe: bool, hash_error: u32) {
        let bytes = self.server.frame(is_keyframe, hash_error);
        let (frame, agreement) = self.client.handle_frame(&bytes).unwrap();
        assert_eq!(*self.client.snapshot(), self.server.sent.as_ref().unwrap().1);
        assert_eq!(agreement == Agreement::Different, hash_error != 0);
        self.vectors.push(json!({
            "hex": hex(&bytes),
            "frame": describe::frame(&frame, agreement),
            "snapshot": describe::snapshot(self.client.snapshot(), self.client.layout()),
        }));
    }

    fn step(&mut self, ticks: u32, slots: usize, comings: usize) {
        let Server { world, layout, tick, .. } = &mut self.server;
        for _ in 0..ticks {
            world.step(layout, slots, comings);
        }
        *tick = tick.plus(ticks);
    }
}

#[test]
fn frames_of_a_small_room() {
    // Begins shortly before tick numbers wrap.
    let mut sequence = Sequence::new(5, u32::MAX - 20);
    sequence.send(true, 0);
    for number in 2..=45 {
        let ticks = if number % 7 == 0 { 300 } else { 1 + number % 2 };
        sequence.step(ticks, 14, usize::from(number % 3 == 0) + usize::from(number % 5 == 0));
        if number == 30 {
            sequence.server.world.clear();
        }
        sequence.send(number == 20, if number == 25 { 1 } else { 0 });
    }
    check("frames-small.json", &sequence.vectors);
}

#[test]
fn frames_of_a_large_room() {
    let mut sequence = Sequence::new(6, 1_000);
    sequence.server.world.populate(&Layout::new(&world::schema()), 320);
    sequence.send(true, 0);
    for number in 2..=6 {
        sequence.step(1, 400, 8);
        sequence.send(number == 5, 0);
    }
    check("frames-large.json", &sequence.vectors);
}

/// Chunk bits that a hand has written.
fn chunk(write: impl FnOnce(&mut BitWriter)) -> Vec<u8> {
    let mut out = BitWriter::new();
    write(&mut out);
    let mut frame = vec![0x80, 1];
    frame.extend(out.finish());
    frame
}

/// No leaves, and no kind changed: the schema has three kinds with changing fields.
fn no_changes(out: &mut BitWriter) {
    out.gamma(0);
    out.bits(0, 3);
}

#[test]
fn malformed_frames() {
    let mut sequence = Sequence::new(7, 50);
    sequence.server.world.populate(&Layout::new(&world::schema()), 6);
    sequence.send(true, 0);
    sequence.step(1, 6, 0);
    sequence.send(false, 0);
    sequence.step(1, 6, 2);
    let good = sequence.server.frame(false, 1);
    let mut longer = good.clone();
    longer.push(0);
    let mut malformed = vec![
        ("nothing", vec![]),
        ("tag only", vec![0x80]),
        ("unknown flag", vec![0x90, 1, 1]),
        ("control message tag", vec![0x00, 1]),
        ("no chunk", vec![0x80, 1]),
        ("tick in 64 bits", vec![0x80, 253, 1, 0, 0, 0, 0, 0, 0, 0, 1]),
        ("events that are not there", vec![0x84, 1, 1, 252, 255, 255, 255, 255]),
        ("unknown event", vec![0x84, 1, 1, 1, 0, 3, 1]),
        ("hash cut off", vec![0x88, 1, 0, 0, 0]),
        ("a byte too many", longer),
        ("a gamma code of 32 zeros", vec![0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        (
            "leave of a vacant slot",
            chunk(|out| {
                out.gamma(1);
                out.gamma(6);
            }),
        ),
        (
            "leave beyond the limit",
            chunk(|out| {
                out.gamma(1);
                out.gamma(1 << 16);
            }),
        ),
        (
            "a million leaves",
            chunk(|out| {
                out.gamma(1_000_000);
                out.gamma(0);
            }),
        ),
        (
            "enter into a taken slot",
            chunk(|out| {
                no_changes(out);
                out.gamma(1);
                out.gamma(0);
                out.bits(0, 32);
            }),
        ),
        (
            "enter with id 0",
            chunk(|out| {
                no_changes(out);
                out.gamma(1);
                out.gamma(9);
                out.bit(false);
                out.bits(0, 32);
                out.bits(3, 3);
            }),
        ),
        (
            "enter with an id beyond 32 bits",
            chunk(|out| {
                no_changes(out);
                out.gamma(1);
                out.gamma(9);
                out.bit(true);
                out.gamma(u32::MAX - 1);
                out.bits(3, 3);
            }),
        ),
        (
            "enter of an unknown kind",
            chunk(|out| {
                no_changes(out);
                out.gamma(1);
                out.gamma(9);
                out.bit(true);
                out.gamma(0);
                out.bits(7, 3);
            }),
        ),
        (
            "enter with a value out of range",
            chunk(|out| {
                no_changes(out);
                out.gamma(1);
                out.gamma(9);
                out.bit(true);
                out.gamma(0);
                out.bits(2, 3);
                out.bits(32_001, 15);
                out.bits(0, 14);
                out.bits(0, 8);
            }),
        ),
        (
            "padding that is not zero",
            chunk(|out| {
                no_changes(out);
                out.gamma(0);
                out.bits(7, 3);
            }),
        ),
    ];
    malformed.extend((0..good.len()).map(|cut| ("cut off", good[..cut].to_vec())));
    for (what, bytes) in malformed {
        let before = sequence.client.snapshot().clone();
        let cursor = *sequence.client.cursor();
        assert!(sequence.client.handle_frame(&bytes).is_err(), "{what}");
        assert_eq!(*sequence.client.snapshot(), before, "{what}");
        assert_eq!(*sequence.client.cursor(), cursor, "{what}");
        sequence.vectors.push(json!({"malformed": what, "hex": hex(&bytes)}));
    }
    check("frames-malformed.json", &sequence.vectors);
}
