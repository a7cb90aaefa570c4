//! What it costs to send a tick to everybody, up to the sockets and without them.
//!
//! ```text
//! room_step    Room::step and poll_output of a drift room: step, quantise, delta, a frame each
//! room_tick    the same, with the members' inputs and acknowledgements of that tick
//! outbox       a tick's frames through the outbox of a thread to the sessions on it
//! frames_…     one tick's frames alone, made in three ways: a copy of the shared chunk behind each
//!              prefix, all copies in one buffer (as the room does), and an encoding per client
//! ```
//!
//! Throughput is in frames, one per session. Frames are counted, so that none can be missing.

use std::cell::Cell;
use std::hint::black_box;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main,
};
use futures_util::StreamExt;
use tickwire_benches::crowd::{Crowd, CrowdError, CrowdPlan};
use tickwire_benches::recording::Recording;
use tickwire_benches::scene::Scene;
use tickwire_protocol::chunk::ChunkEncoder;
use tickwire_protocol::frame::{Contents, FramePrefix, InputEcho};
use tickwire_protocol::ids::{EventNumber, Fence, InputSeq, Tick};
use tickwire_server::messages::{Deliver, Outgoing};
use tickwire_server::session::SessionId;
use tickwire_server::session::downlink::Downlink;
use tickwire_server::session::line::Line;
use tickwire_server::session::outbox::LocalOutbox;
use tickwire_simulation::registry::{GameOptions, OptionError};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// Sessions that a frame goes to: a usual room, and a large one.
const SESSIONS: [usize; 2] = [50, 1000];
const SEED: u64 = 1;
/// What the room sets aside for a frame's prefix.
const PREFIX_BYTES: usize = 24;

fn refused<T>(error: OptionError) -> T {
    panic!("the game refuses its options: {error}")
}

fn broken<T>(error: CrowdError) -> T {
    panic!("the room does not do what it should: {error}")
}

fn crowd(players: usize) -> Crowd {
    let game = tickwire_drift::create(&GameOptions::default()).unwrap_or_else(refused);
    Crowd::gather(game, CrowdPlan::wanderers(players, SEED)).unwrap_or_else(broken)
}

fn rooms(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fanout");
    for sessions in SESSIONS {
        group.throughput(Throughput::Elements(sessions as u64));
        for (name, with_inbox) in [("room_step", false), ("room_tick", true)] {
            let mut crowd = crowd(sessions);
            group.bench_function(BenchmarkId::new(name, sessions), |bencher| {
                bencher.iter_custom(|iterations| {
                    let ticks =
                        (0..iterations).map(|_| time_tick(&mut crowd, sessions, with_inbox));
                    ticks.sum()
                });
            });
            let refused = crowd.room().counters().inputs_refused;
            assert_eq!(refused, 0, "the room refuses inputs");
        }
    }
    group.finish();
}

fn time_tick(crowd: &mut Crowd, sessions: usize, with_inbox: bool) -> Duration {
    let with = Instant::now();
    crowd.send().unwrap_or_else(broken);
    let without = Instant::now();
    crowd.step().unwrap_or_else(broken);
    let spent = if with_inbox { with.elapsed() } else { without.elapsed() };
    assert_eq!(crowd.receive().unwrap_or_else(broken), sessions, "a frame for everybody");
    spent
}

/// A line that leads nowhere.
#[expect(clippy::expect_used, reason = "a bench without a loopback interface is of no use")]
fn line() -> Line {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address");
    let stream = std::net::TcpStream::connect(address).expect("a connection");
    stream.set_nonblocking(true).expect("an option");
    Line::new(TcpStream::from_std(stream).expect("a runtime").into_split().1, None)
}

/// The sessions of one thread: each reads what the outbox has for it, and counts.
struct Sessions {
    outbox: LocalOutbox,
    ids: Vec<SessionId>,
    readers: Vec<JoinHandle<()>>,
    received: Rc<Cell<u64>>,
}

impl Sessions {
    /// Opens sessions on the calling thread, whose actor system must be running.
    fn open(count: usize, frame_bytes: usize) -> Self {
        let outbox = LocalOutbox::here();
        let ids: Vec<_> = (0..count).map(|_| SessionId::random()).collect();
        let received = Rc::new(Cell::new(0));
        // Nobody is told that they are in, so that frames come the long way and nothing goes down the line.
        let line = Rc::new(line());
        let reader = |&id: &SessionId| {
            let mut deliveries = outbox.open(id, Downlink::Socket(Rc::clone(&line)));
            let received = Rc::clone(&received);
            actix::spawn(async move {
                while let Some(outgoing) = deliveries.next().await {
                    let is_whole =
                        matches!(&outgoing, Outgoing::Binary(bytes) if bytes.len() == frame_bytes);
                    assert!(is_whole, "{outgoing:?}");
                    received.set(received.get() + 1);
                }
            })
        };
        let readers = ids.iter().map(reader).collect();
        Self { outbox, ids, readers, received }
    }

    /// Hands over a tick's frames as a room does, and waits until every session has read its own.
    async fn deliver(&self, frame: &Bytes) {
        let expected = self.received.get() + self.ids.len() as u64;
        let batch = self.ids.iter().map(|&id| (id, Outgoing::Binary(frame.clone())));
        self.outbox.address().do_send(Deliver(batch.collect()));
        while self.received.get() < expected {
            tokio::task::yield_now().await;
        }
    }
}

fn outbox(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fanout");
    let system = actix::System::new();
    for count in SESSIONS {
        let Some((_, frame)) = crowd(count).sent().last().cloned() else { panic!("nothing sent") };
        let sessions = system.block_on(async { Sessions::open(count, frame.len()) });
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::new("outbox", count), |bencher| {
            bencher.iter_custom(|iterations| {
                system.block_on(async {
                    let begin = Instant::now();
                    for _ in 0..iterations {
                        sessions.deliver(&frame).await;
                    }
                    begin.elapsed()
                })
            });
        });
        sessions.readers.iter().for_each(JoinHandle::abort);
    }
    group.finish();
}

/// The frames of a tick in which everybody gets the echo of an input.
fn frames(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("fanout");
    for sessions in SESSIONS {
        let mut scene = Scene::drift(sessions, SEED).unwrap_or_else(refused);
        let recording = Recording::of(&mut scene, 1);
        let Some((from, to)) = recording.ticks().next() else { panic!("nothing recorded") };
        let mut encoder = ChunkEncoder::new(recording.layout().clone());
        let encode = || {
            let mut chunk = Vec::new();
            encoder.encode(Some(from), to, &|_| false, &mut chunk);
            chunk
        };
        group.throughput(Throughput::Elements(sessions as u64));
        ways_to_frame(&mut group, sessions, encode);
    }
    group.finish();
}

fn ways_to_frame(
    group: &mut BenchmarkGroup<'_, WallTime>,
    sessions: usize,
    mut encode: impl FnMut() -> Vec<u8>,
) {
    let tick = Tick(1000);
    let prefix = FramePrefix {
        tick,
        baseline: Some(Tick(999)),
        fence: Fence::NONE,
        input: Some(InputEcho { seq: InputSeq(300), applied: tick, slack_ms: 12 }),
        last_input: InputSeq(299),
        first_event: EventNumber(1),
        events: &[],
        watch: None,
        contents: Contents { cells: true, ..Contents::default() },
    };
    let frame = |buffer: &mut BytesMut, chunk: &[u8]| {
        black_box(&prefix).write(buffer);
        buffer.extend_from_slice(chunk);
        buffer.split().freeze()
    };
    group.bench_function(BenchmarkId::new("frames_copied", sessions), |bencher| {
        bencher.iter(|| {
            let chunk = encode();
            let mut buffer = BytesMut::new();
            let each = |_| {
                buffer.reserve(PREFIX_BYTES + chunk.len());
                frame(&mut buffer, &chunk)
            };
            (0..sessions).map(each).collect::<Vec<_>>()
        });
    });
    group.bench_function(BenchmarkId::new("frames_in_one_buffer", sessions), |bencher| {
        bencher.iter(|| {
            let chunk = encode();
            let mut buffer = BytesMut::with_capacity(sessions * (PREFIX_BYTES + chunk.len()));
            (0..sessions).map(|_| frame(&mut buffer, &chunk)).collect::<Vec<_>>()
        });
    });
    group.bench_function(BenchmarkId::new("frames_encoded_each", sessions), |bencher| {
        bencher.iter(|| {
            let mut buffer = BytesMut::new();
            let each = |_| {
                let chunk = encode();
                buffer.reserve(PREFIX_BYTES + chunk.len());
                frame(&mut buffer, &chunk)
            };
            (0..sessions).map(each).collect::<Vec<_>>()
        });
    });
}

fn config() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(50)
}

criterion_group! { name = benches; config = config(); targets = rooms, outbox, frames }
criterion_main!(benches);
