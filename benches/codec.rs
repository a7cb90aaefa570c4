//! What encoding and decoding cost, stage by stage, on recorded play.
//!
//! Throughput of chunks is in entities that changed or entered, so that a rock that never moves
//! flatters nobody; that of keyframes, quantising and hashes is in entities. Decoders are held to the
//! recording's last snapshot.

use std::hint::black_box;
use std::time::Duration;

use bytes::BytesMut;
use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use tickwire_benches::movement::space::Space;
use tickwire_benches::recording::Recording;
use tickwire_benches::replication::RoomState;
use tickwire_benches::scene::Scene;
use tickwire_protocol::chunk::prior::PriorSet;
use tickwire_protocol::chunk::{ChunkDecoder, ChunkEncoder, encode_chunk};
use tickwire_protocol::frame::{Contents, EncodedEvent, FrameCursor, FramePrefix, InputEcho};
use tickwire_protocol::ids::{EventNumber, Fence, InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{ClientMessage, Event, Input, InputValues, ViewAge};
use tickwire_protocol::schema::Schema;
use tickwire_protocol::snapshot::Snapshot;
use tickwire_protocol::watch::Watch;
use tickwire_simulation::interest::Interest;
use tickwire_simulation::registry::{GameOptions, OptionError};

/// Length of a recording: 4 s at 30 Hz.
const RECORDED_TICKS: usize = 120;
/// Sizes of the recorded games, in entities: a usual room, and a large one.
const DRIFT_SIZES: [usize; 2] = [50, 1000];
const ARENA_SIZES: [usize; 2] = [250, 1000];
const SPACE_SIZES: [usize; 1] = [50];

type MakeScene = fn(usize, u64) -> Result<Scene, OptionError>;

fn scene(make: MakeScene, size: usize) -> Scene {
    make(size, 1).unwrap_or_else(|error| panic!("the game refuses its options: {error}"))
}

fn chunks(criterion: &mut Criterion) {
    games(criterion, "drift", Scene::drift, &DRIFT_SIZES);
    games(criterion, "arena", Scene::arena, &ARENA_SIZES);
    space(criterion);
}

fn games(criterion: &mut Criterion, name: &str, make: MakeScene, sizes: &[usize]) {
    let mut group = criterion.benchmark_group(format!("codec/{name}"));
    for &size in sizes {
        let mut scene = scene(make, size);
        let recording = Recording::of(&mut scene, RECORDED_TICKS);
        coding(&mut group, name, size, &recording);
        whole_snapshots(&mut group, size, &recording, &scene);
    }
    group.finish();
}

/// Positions in space and rotations.
fn space(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("codec/space");
    for size in SPACE_SIZES {
        let space = Space {
            bodies: size as u32,
            hz: 30.0,
            ticks: RECORDED_TICKS as u32 + 1,
            seed: 1,
            step: 1.0 / 16.0,
            rotation_bits: 10,
            has_gauges: false,
        };
        coding(&mut group, "space", size, &space.recording());
    }
    group.finish();
}

fn coding(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    size: usize,
    recording: &Recording,
) {
    let chunks = recording.chunks();
    report_size(name, size, recording, &chunks);
    deltas(group, size, recording, &chunks);
    keyframes(group, size, recording);
}

fn report_size(name: &str, size: usize, recording: &Recording, chunks: &[Vec<u8>]) {
    let bytes: usize = chunks.iter().map(Vec::len).sum();
    let entity_ticks = recording.entity_ticks();
    println!(
        "codec/{name}/{size}: {:.1} bytes per chunk, {:.3} per entity-tick, {:.3} per change",
        bytes as f64 / chunks.len() as f64,
        bytes as f64 / entity_ticks as f64,
        bytes as f64 / recording.changes() as f64,
    );
}

fn deltas(
    group: &mut BenchmarkGroup<'_, WallTime>,
    size: usize,
    recording: &Recording,
    chunks: &[Vec<u8>],
) {
    group.throughput(Throughput::Elements(recording.changes() as u64));
    group.bench_function(BenchmarkId::new("encode", size), |bencher| {
        // One that goes on and on, as a room's does: it hardly tries priors out any more.
        let mut encoder = ChunkEncoder::new(recording.layout().clone());
        bencher.iter(|| {
            recording.encode(&mut encoder, |chunk| {
                black_box(chunk);
            });
        });
    });
    group.bench_function(BenchmarkId::new("decode", size), |bencher| {
        let mut decoder = ChunkDecoder::new(recording.layout().clone());
        let mut state = Snapshot::new(recording.layout());
        bencher.iter(|| {
            let played = recording.play(&mut decoder, &mut state, black_box(chunks));
            assert!(played.is_ok(), "{played:?}");
        });
        assert!(state == *recording.last(), "the chunks lead elsewhere");
    });
}

fn keyframes(group: &mut BenchmarkGroup<'_, WallTime>, size: usize, recording: &Recording) {
    let (layout, last) = (recording.layout(), recording.last());
    let mut keyframe = Vec::new();
    let mut encode = || {
        keyframe.clear();
        encode_chunk(layout, PriorSet::default(), None, black_box(last), &|_| false, &mut keyframe);
    };
    group.throughput(Throughput::Elements(last.entities() as u64));
    group.bench_function(BenchmarkId::new("encode_keyframe", size), |bencher| {
        bencher.iter(&mut encode);
    });
    encode();
    group.bench_function(BenchmarkId::new("decode_keyframe", size), |bencher| {
        let mut decoder = ChunkDecoder::new(layout.clone());
        let mut state = recording.first().clone();
        bencher.iter(|| {
            let decoded = decoder.decode(&mut state, None, black_box(&keyframe));
            assert!(decoded.is_ok(), "{decoded:?}");
        });
        assert!(state == *last, "the keyframe leads elsewhere");
    });
}

fn whole_snapshots(
    group: &mut BenchmarkGroup<'_, WallTime>,
    size: usize,
    recording: &Recording,
    scene: &Scene,
) {
    let (layout, last) = (recording.layout(), recording.last());
    group.bench_function(BenchmarkId::new("quantise", size), |bencher| {
        let state = RoomState::new(scene.game(), Interest::Everything);
        let Ok(mut state) = state else { panic!("one cell is too many") };
        bencher.iter(|| state.record(scene.game()));
        let entities: usize = state.states().values().map(Snapshot::entities).sum();
        assert!(entities >= last.entities(), "{entities} entities");
    });
    group.bench_function(BenchmarkId::new("hash", size), |bencher| {
        bencher.iter(|| black_box(last).hash(layout));
    });
}

/// What stands in front of the shared chunk, once per client: quiet; with the echo of an input; and
/// with everything.
fn prefixes(criterion: &mut Criterion) {
    let tick = Tick(1000);
    let events =
        [1, 2].map(|player| EncodedEvent::new(tick, &Event::Left { player: PlayerId(player) }));
    let quiet = FramePrefix {
        tick,
        baseline: Some(Tick(999)),
        fence: Fence::NONE,
        input: None,
        last_input: InputSeq(299),
        first_event: EventNumber(1),
        events: &[],
        watch: None,
        contents: Contents { cells: true, ..Contents::default() },
    };
    let echo = InputEcho { seq: InputSeq(300), applied: tick, slack_ms: 12 };
    let with_input = FramePrefix { input: Some(echo), ..quiet.clone() };
    let watch = Some(Watch { column: 3, row: 2, columns: 5, rows: 4 });
    let full = FramePrefix { events: &events, watch, ..with_input.clone() };

    let mut group = criterion.benchmark_group("codec/frame_prefix");
    group.throughput(Throughput::Elements(1));
    for (name, prefix) in [("quiet", &quiet), ("input", &with_input), ("full", &full)] {
        let mut wire = BytesMut::new();
        group.bench_function(BenchmarkId::new("write", name), |bencher| {
            bencher.iter(|| {
                wire.clear();
                black_box(prefix).write(&mut wire);
            });
        });
        wire.clear();
        prefix.write(&mut wire);
        let keyframe = FramePrefix {
            tick: Tick(999),
            baseline: None,
            watch: Some(Watch { columns: 1, rows: 1, ..Watch::default() }),
            ..quiet.clone()
        };
        let mut opening = Vec::new();
        keyframe.write(&mut opening);
        let mut start = FrameCursor::default();
        assert!(start.read(&opening).is_ok());
        group.bench_function(BenchmarkId::new("read", name), |bencher| {
            bencher.iter(|| {
                let mut cursor = start;
                let read = cursor.read(black_box(&wire));
                assert!(
                    matches!(&read, Ok((frame, at)) if frame.tick == tick && *at == wire.len()),
                    "{read:?}"
                );
                read
            });
        });
    }
    group.finish();
}

/// An input on its way in: decoded, then held against the schema.
fn inputs(criterion: &mut Criterion) {
    let schema = |make: fn(&GameOptions) -> _| -> Schema {
        let game: Result<Box<dyn tickwire_simulation::game::Game>, OptionError> =
            make(&GameOptions::default());
        game.unwrap_or_else(|error| panic!("a game without options: {error}")).schema()
    };
    let mut group = criterion.benchmark_group("codec/input");
    group.throughput(Throughput::Elements(1));
    for (name, schema, values) in [
        ("drift", schema(tickwire_drift::create), &[-100, 77][..]),
        ("arena", schema(tickwire_arena::create), &[1, -64, 1, 0]),
    ] {
        let Some(values) = InputValues::new(values) else { panic!("more fields than inputs have") };
        let input =
            Input { seq: InputSeq(700), at: Tick(54_321), view_age: ViewAge::UNTOLD, values };
        let wire = ClientMessage::Input(input).to_bytes();
        group.bench_function(BenchmarkId::new("decode_and_check", name), |bencher| {
            bencher.iter(|| match ClientMessage::from_bytes(black_box(&wire)) {
                Ok(ClientMessage::Input(input)) => {
                    assert!(schema.check_input(&input.values).is_ok())
                }
                other => panic!("not an input: {other:?}"),
            });
        });
    }
    group.finish();
}

fn config() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(50)
}

criterion_group! { name = benches; config = config(); targets = chunks, prefixes, inputs }
criterion_main!(benches);
