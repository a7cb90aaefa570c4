//! `handshakes`: connections that never get to the point. They hold a descriptor each, and must not hold it
//! for long; who comes meanwhile must not wait for them.

use std::cell::RefCell;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tickwire_bot_client::stats::Durations;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep};

use super::http::Line;
use super::load::{self, Part, Scene, Stage};
use super::probe;
use super::server::{Sample, Server};
use super::verdict::{Target, Verdict};
use super::wire;
use super::{GAME, Setting, SiegeError, lobby};

/// Where they come from.
const SLOW: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// Time from one byte to the next of those who send any.
const BYTE_PERIOD: Duration = Duration::from_millis(50);
/// Bytes of a head that is longer than anybody may take.
const HEAD_BYTES: usize = 4000;
/// The longest that any of them may last.
const MAX_SECONDS: Target = Target::AtMost(6.0);
/// What is not closed by then never is.
const PATIENCE: Duration = Duration::from_secs(15);
/// Time from one newcomer to the next.
const PROBE_PERIOD: Duration = Duration::from_millis(20);
/// Time for the connections to be made, before the server is looked at.
const SETTLING: Duration = Duration::from_millis(200);

/// What a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Nothing.
    Silent,
    /// It sends the head of a request byte by byte, slowly.
    Dripping,
    /// It sends half a head, and then nothing.
    Stopping,
    /// It asks to join, and keeps back what for: half a body.
    Withholding,
    /// It opens a WebSocket, and shows no token.
    Anonymous,
}

const MANNERS: [Manner; 5] =
    [Manner::Silent, Manner::Dripping, Manner::Stopping, Manner::Withholding, Manner::Anonymous];

/// What became of the connections.
#[derive(Debug, Default)]
struct Outcome {
    lasted: Durations,
    /// Not closed, or never made.
    left: usize,
}

/// Runs the case.
///
/// # Errors
/// [`SiegeError`].
pub async fn run(setting: &Setting, verdict: &mut Verdict) -> Result<(), SiegeError> {
    let count = if setting.short { 20 } else { 300 };
    // Newcomers leave no seat behind.
    let flags = ["--room-capacity=500".to_owned(), "--resume-window=0s".to_owned()];
    let server = Server::start(setting, Ipv4Addr::LOCALHOST, &flags).await?;
    let lobby = lobby(server.address())?;
    let room = lobby.create_room(Some(GAME)).await?.room;
    let before = server.sample().await?;
    let (stages, scene) = load::stages();
    let probes = probe::send(lobby, room, PROBE_PERIOD, scene.clone())?;
    let line = Line::to(server.address()).from(SLOW);
    let slow = load::spawn(Part::Bad, move || dawdle(line, count, scene))?;
    stages.send_replace(Stage::During);
    sleep(SETTLING).await;
    let held = server.vitals()?.descriptors.saturating_sub(before.vitals.descriptors);
    let outcome = slow.done().await?;
    stages.send_replace(Stage::Over);
    probes.done().await?.tell(verdict);

    verdict.outcome("slow handshakes held at first", Target::AtLeast(count as f64), held as f64);
    verdict.outcome("slow handshakes never closed", Target::Exactly(0.0), outcome.left as f64);
    let seconds = outcome.lasted.max_ms().map(|ms| ms / 1000.0);
    verdict.magnitude("the last is closed after", "s", MAX_SECONDS, seconds);
    let is_back = |now: &Sample| {
        now.vitals.descriptors <= before.vitals.descriptors && now.metrics.sessions() <= 0.0
    };
    server.watch(Instant::now(), PATIENCE, [&is_back], |_| {}).await?;
    let after = server.sample().await?;
    let left = after.vitals.descriptors.saturating_sub(before.vitals.descriptors);
    verdict.outcome("descriptors not back", Target::Exactly(0.0), left as f64);
    verdict.outcome("sessions left", Target::Exactly(0.0), after.metrics.sessions());
    server.stop(verdict).await;
    Ok(())
}

/// All connections, until the last is closed.
async fn dawdle(line: Line, count: usize, mut scene: Scene) -> Outcome {
    scene.reached(Stage::During).await;
    let outcome = Rc::<RefCell<Outcome>>::default();
    let mut connections = JoinSet::new();
    for manner in MANNERS.into_iter().cycle().take(count) {
        let outcome = Rc::clone(&outcome);
        connections.spawn_local(async move {
            let lasted = hold(line, manner).await;
            let mut outcome = outcome.borrow_mut();
            match lasted {
                Some(lasted) => outcome.lasted.record(lasted),
                None => outcome.left += 1,
            }
        });
    }
    while connections.join_next().await.is_some() {}
    outcome.take()
}

/// What a connection sends at once.
fn beginning(manner: Manner, host: &str) -> String {
    match manner {
        Manner::Silent | Manner::Dripping => String::new(),
        Manner::Stopping => format!("GET /ws HTTP/1.1\r\nHost: {host}\r\n"),
        Manner::Withholding => format!(
            "POST /api/join HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
             Content-Length: 100\r\n\r\n{{\"name\":"
        ),
        Manner::Anonymous => wire::request(host, "/ws"),
    }
}

/// How long a connection lasted; `None` if it was not made, or not closed.
async fn hold(line: Line, manner: Manner) -> Option<Duration> {
    let mut stream = line.connect().await.ok()?;
    let begun = Instant::now();
    let host = line.server.to_string();
    stream.write_all(beginning(manner, &host).as_bytes()).await.ok()?;
    let head = format!("GET /ws HTTP/1.1\r\nHost: {host}\r\nX-Slow: {:0>HEAD_BYTES$}", 0);
    let (mut reading, mut writing) = stream.split();
    let closed = async {
        let mut scratch = [0; 512];
        while matches!(reading.read(&mut scratch).await, Ok(1..)) {}
    };
    let drip = async {
        let mut beats = interval(BYTE_PERIOD);
        for byte in head.bytes() {
            beats.tick().await;
            if manner != Manner::Dripping || writing.write_all(&[byte]).await.is_err() {
                break;
            }
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = closed => Some(begun.elapsed()),
        () = drip => None,
        () = sleep(PATIENCE) => None,
    }
}
