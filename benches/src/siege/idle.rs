//! `idle`: as many sessions as a process has descriptors, which watch rooms that rest, and now and then ask
//! whether anybody is there.

use std::cell::RefCell;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit};
use tickwire_bot_client::open_files;
use tickwire_bot_client::stats::Durations;
use tickwire_protocol::message::ClientMessage;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::http::Line;
use super::load::{self, Part, Scene, Stage};
use super::peer::{Door, Peer, PeerError, Seen, Ticket};
use super::server::{Heartbeat, Sample, Server};
use super::verdict::{Target, Verdict};
use super::{GAME, Setting, SiegeError, Unable, lobby};

/// Most spectators of a room: the server's own bound.
const SPECTATORS_PER_ROOM: usize = 50;
/// Sessions of one address of this machine.
const SESSIONS_PER_ADDRESS: usize = 4000;
/// Sessions that come in at the same time.
const DOORS: usize = 32;
/// Descriptors of this process that are no sessions.
const OWN_DESCRIPTORS: usize = 100;
/// They have this long to come.
const PATIENCE: Duration = Duration::from_secs(120);
/// Most memory of the server for each.
const MAX_KIB_EACH: Target = Target::AtMost(8.0);

/// The numbers of the case.
#[derive(Clone, Copy, Debug)]
struct Plan {
    sessions: usize,
    /// How long all of them are held.
    hold: Duration,
    heartbeat: Heartbeat,
}

impl Plan {
    const fn of(setting: &Setting) -> Self {
        if setting.short {
            Self { sessions: 200, hold: Duration::from_secs(3), heartbeat: Heartbeat::SHORT }
        } else {
            let heartbeat = Heartbeat::DEFAULT;
            Self { sessions: 19_000, hold: Duration::from_secs(60), heartbeat }
        }
    }
}

/// What the sessions saw.
#[derive(Debug, Default)]
struct Seance {
    /// From a ping to its pong.
    answers: Durations,
    /// Sessions that were never answered, or not at the end.
    unanswered: usize,
    /// Those that were lost, and why.
    lost: Vec<String>,
}

/// Runs the case.
///
/// # Errors
/// [`SiegeError`].
pub async fn run(setting: &Setting, verdict: &mut Verdict) -> Result<(), SiegeError> {
    let plan = Plan::of(setting);
    open_files::raise_limit();
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX) as usize;
    let due = plan.sessions + OWN_DESCRIPTORS;
    if limit < due {
        return Err(Unable::OpenFiles { due, limit }.into());
    }
    let mut flags = plan.heartbeat.flags().to_vec();
    // Rooms wait for the last of their spectators.
    flags.push("--empty-room-timeout=10m".to_owned());
    let server = Server::start(setting, Ipv4Addr::LOCALHOST, &flags).await?;
    let empty = server.sample().await?;
    let lobby = lobby(server.address())?;
    let mut rooms = Vec::new();
    for _ in 0..plan.sessions.div_ceil(SPECTATORS_PER_ROOM) {
        rooms.push(lobby.create_room(Some(GAME)).await?.room);
    }
    let (stages, scene) = load::stages();
    let line = Line::to(server.address());
    let load = load::spawn(Part::Good, move || attend(line, rooms, plan, scene))?;
    let all = plan.sessions as f64;
    let is_full = |now: &Sample| now.metrics.members() >= all;
    // Those who do not come are missed below.
    let [arrival] = server.watch(Instant::now(), PATIENCE, [&is_full], |_| {}).await?;

    stages.send_replace(Stage::During);
    let begun = server.sample().await?;
    let held = hold(&server, plan.hold).await?;
    let ended = server.sample().await?;
    stages.send_replace(Stage::Over);
    let seance = load.done().await?;
    verdict.outcome("sessions held throughout", Target::Exactly(all), held);
    seance.tell(&plan, verdict);
    verdict.magnitude(
        "all are in after",
        "s",
        Target::None,
        arrival.map(|time| time.as_secs_f64()),
    );
    tell_costs(&plan, [&empty, &begun, &ended], verdict);
    server.stop(verdict).await;
    Ok(())
}

/// Fewest sessions that there were in this time.
async fn hold(server: &Server, time: Duration) -> Result<f64, SiegeError> {
    let begun = Instant::now();
    let mut fewest = f64::MAX;
    while begun.elapsed() < time {
        fewest = fewest.min(server.sample().await?.metrics.sessions());
        sleep(Duration::from_secs(1)).await;
    }
    Ok(fewest)
}

fn tell_costs(plan: &Plan, [empty, begun, ended]: [&Sample; 3], verdict: &mut Verdict) {
    let memory = ended.vitals.memory.saturating_sub(empty.vitals.memory) as f64;
    let each = memory / 1024.0 / plan.sessions as f64;
    verdict.magnitude("memory of the server, each", "KiB", MAX_KIB_EACH, each);
    let cpu = (ended.vitals.cpu.saturating_sub(begun.vitals.cpu)).as_secs_f64();
    let share = cpu / plan.hold.as_secs_f64();
    verdict.magnitude("share of a core used by the server", "", Target::None, share);
}

/// The sessions, from joining to the end.
async fn attend(line: Line, rooms: Vec<String>, plan: Plan, scene: Scene) -> Seance {
    let seance = Rc::<RefCell<Seance>>::default();
    let doors = Rc::new(Semaphore::new(DOORS));
    let rooms = Rc::new(rooms);
    let mut sessions = JoinSet::new();
    // A group of sessions comes in one after the other, over one HTTP connection.
    for group in 0..rooms.len() {
        let (seance, doors, rooms) = (Rc::clone(&seance), Rc::clone(&doors), Rc::clone(&rooms));
        let scene = scene.clone();
        sessions.spawn_local(async move {
            let permit = doors.acquire().await;
            let first = group * SPECTATORS_PER_ROOM;
            let last = plan.sessions.min(first + SPECTATORS_PER_ROOM);
            let address = 2 + (first / SESSIONS_PER_ADDRESS) as u8;
            let mut door = Door::new(line.from(Ipv4Addr::new(127, 0, 0, address)));
            let mut group_sessions = JoinSet::new();
            for _ in first..last {
                let ticket = Ticket { room: rooms[group].clone(), spectates: true };
                match door.enter(&ticket).await {
                    Ok((peer, _)) => {
                        let watch = watch(peer, plan.heartbeat, scene.clone(), Rc::clone(&seance));
                        group_sessions.spawn_local(watch);
                    }
                    Err(error) => seance.borrow_mut().lost.push(error.to_string()),
                }
            }
            drop((door, permit));
            for error in group_sessions.join_all().await.into_iter().filter_map(Result::err) {
                seance.borrow_mut().lost.push(error.to_string());
            }
        });
    }
    while sessions.join_next().await.is_some() {}
    seance.take()
}

/// One session: reads, and asks at every heartbeat whether anybody is there.
async fn watch(
    mut peer: Peer,
    heartbeat: Heartbeat,
    scene: Scene,
    seance: Rc<RefCell<Seance>>,
) -> Result<(), PeerError> {
    let (mut nonce, mut asked, mut answered) = (0, Instant::now(), 0);
    let mut due = tokio::time::Instant::now() + heartbeat.interval;
    while scene.now() < Stage::Over {
        match peer.next_by(due).await? {
            Some(Seen::Pong(number)) => {
                answered = number;
                if scene.now() == Stage::During && number == nonce {
                    seance.borrow_mut().answers.record(asked.elapsed());
                }
            }
            Some(Seen::Frame(_)) => {}
            None => {
                nonce += 1;
                peer.say(&ClientMessage::Ping { nonce }).await?;
                asked = Instant::now();
                due += heartbeat.interval;
            }
        }
    }
    // The newest question may still be under way; the one before it has had its time.
    seance.borrow_mut().unanswered += usize::from(answered == 0 || answered + 1 < nonce);
    Ok(())
}

impl Seance {
    fn tell(&self, plan: &Plan, verdict: &mut Verdict) {
        verdict.outcome("sessions lost", Target::Exactly(0.0), self.lost.len() as f64);
        let unanswered = self.unanswered as f64;
        verdict.outcome("sessions without an answer", Target::Exactly(0.0), unanswered);
        let limit = Target::AtMost(plan.heartbeat.interval.as_secs_f64() * 1000.0);
        verdict.magnitude("the slowest answer to a ping", "ms", limit, self.answers.max_ms());
        let p99 = self.answers.quantile_ms(0.99);
        verdict.magnitude("answers to pings, p99", "ms", Target::None, p99);
        if let Some(why) = self.lost.first() {
            verdict.note(&format!("lost: {why}"));
        }
    }
}
