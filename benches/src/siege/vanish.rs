//! `vanish`: players vanish without a word, as when a network fails: no FIN, no reset, and what the server
//! sends gets no answer. It has to notice by itself, and to forget them with everything that was theirs.
//!
//! Server and players live in networks that are joined by a cable; the witnesses are on the server's side.
//! Then the cable is pulled.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use tickwire_bot_client::behavior::{Behavior, Pilot};
use tokio::task::JoinSet;

use super::http::Line;
use super::load::{self, Part, Scene, Stage};
use super::namespace::{self, Entrance, Networks};
use super::peer::{Door, PeerError, Ticket};
use super::plan::Plan;
use super::server::{Heartbeat, Sample, Server};
use super::verdict::{Target, Verdict};
use super::witness::{self, Witnesses};
use super::{GAME, Setting, SiegeError, Unable, lobby};

/// Players of a room.
const PEERS_PER_ROOM: usize = 50;
/// How long a player who is lost could come back.
const RESUME_WINDOW: Duration = Duration::from_secs(1);
/// Longer than the target the server is watched for.
const OVERTIME: Duration = Duration::from_secs(20);

/// Runs the case.
///
/// # Errors
/// [`SiegeError`].
pub async fn run(setting: &Setting, verdict: &mut Verdict) -> Result<(), SiegeError> {
    let networks = Networks::make().map_err(Unable::from)?;
    let (setting, mut own) = (setting.clone(), verdict.clone());
    // On the server's side from here on: the server, the witnesses, and the eyes on both.
    let load = load::spawn(Part::Good, move || async move {
        networks.server().enter().map_err(Unable::from)?;
        besiege(&setting, &networks, &mut own).await?;
        Ok::<_, SiegeError>(own)
    })?;
    *verdict = load.done().await??;
    Ok(())
}

async fn besiege(
    setting: &Setting,
    networks: &Networks,
    verdict: &mut Verdict,
) -> Result<(), SiegeError> {
    let plan = Plan::of(setting, if setting.short { 20 } else { 500 });
    let server = Server::start(setting, Ipv4Addr::UNSPECIFIED, &flags(&plan)).await?;
    let lobby = lobby(server.address())?;
    let room = lobby.create_room(Some(GAME)).await?.room;
    let (stages, scene) = load::stages();
    let witnesses = witness::Plan {
        lobby: lobby.clone(),
        room,
        count: plan.witnesses,
        behavior: Behavior::Wander,
        seed: plan.seed,
    };
    let witnesses = Witnesses::gather(witnesses, scene.clone()).await?;
    let alone = server.sample().await?;

    let mut rooms = Vec::new();
    for _ in 0..plan.peers.div_ceil(PEERS_PER_ROOM) {
        rooms.push(lobby.create_room(Some(GAME)).await?.room);
    }
    let line = Line::to(SocketAddr::from((namespace::SERVER, server.address().port())));
    let (way, crowd) = (networks.peers(), Crowd { line, rooms, plan });
    let peers = load::spawn(Part::Good, move || crowd.play(way, scene))?;
    let everybody = (plan.peers + plan.witnesses) as f64;
    server.until(OVERTIME * 2, |now| now.metrics.members() >= everybody).await?;

    stages.send_replace(Stage::Before);
    let before = server.rest(plan.calm).await?;
    networks.pull().map_err(Unable::from)?;
    stages.send_replace(Stage::During);
    judge(&server, &plan, [&alone, &before], verdict).await?;
    stages.send_replace(Stage::Over);
    let failures = peers.done().await??;
    verdict.outcome("peers who were lost too early", Target::Exactly(0.0), failures as f64);
    witnesses.testimony().await?.tell(verdict, Target::None);
    server.stop(verdict).await;
    Ok(())
}

fn flags(plan: &Plan) -> Vec<String> {
    let mut flags = plan.heartbeat.flags().to_vec();
    // Peers come from no loopback address.
    flags.extend(
        ["max-sessions-per-address", "joins-per-second", "upgrades-per-second"]
            .map(|flag| format!("--{flag}=10000")),
    );
    flags.push(format!("--resume-window={}ms", RESUME_WINDOW.as_millis()));
    flags.push(format!("--room-capacity={PEERS_PER_ROOM}"));
    flags
}

/// Watches how the server forgets the peers.
async fn judge(
    server: &Server,
    plan: &Plan,
    [alone, before]: [&Sample; 2],
    verdict: &mut Verdict,
) -> Result<(), SiegeError> {
    let Heartbeat { interval, timeout } = plan.heartbeat;
    let limit = timeout + interval;
    let witnesses = plan.witnesses as f64;
    let descriptors = alone.vitals.descriptors;
    let pulled = Instant::now();
    let conditions: [&dyn Fn(&Sample) -> bool; 3] = [
        &|now| now.metrics.sessions() <= witnesses,
        &|now| now.vitals.descriptors <= descriptors,
        &|now| now.metrics.members() <= witnesses,
    ];
    let [sessions, descriptors, seats] =
        server.watch(pulled, limit + OVERTIME, conditions, |_| {}).await?;
    let after = server.sample().await?;
    let left = after.metrics.sessions() - witnesses;
    verdict.outcome("peers still connected", Target::Exactly(0.0), left);
    let left = after.metrics.members() - witnesses;
    verdict.outcome("seats not free again", Target::Exactly(0.0), left);
    let left = after.vitals.descriptors.saturating_sub(alone.vitals.descriptors);
    verdict.outcome("descriptors not back", Target::Exactly(0.0), left as f64);
    for (what, came, limit) in [
        ("sessions gone after", sessions, limit),
        ("descriptors back after", descriptors, limit),
        ("seats free after", seats, limit + RESUME_WINDOW),
    ] {
        let seconds = came.map(|came| came.as_secs_f64());
        verdict.magnitude(what, "s", Target::AtMost(limit.as_secs_f64()), seconds);
    }
    for (cause, count) in after.metrics.closes_since(&before.metrics) {
        verdict.note(&format!("closed as {cause}: {count}"));
    }
    Ok(())
}

/// Those who will vanish.
struct Crowd {
    line: Line,
    rooms: Vec<String>,
    plan: Plan,
}

impl Crowd {
    /// Plays until the cable is pulled, and holds the connections until all is over. Returns how many
    /// were lost before that.
    async fn play(self, way: Entrance, scene: Scene) -> Result<usize, SiegeError> {
        way.enter().map_err(Unable::from)?;
        let mut peers = JoinSet::new();
        let mut door = Door::new(self.line);
        for number in 0..self.plan.peers {
            let room = self.rooms[number / PEERS_PER_ROOM].clone();
            let (mut peer, welcome) = door.enter(&Ticket { room, spectates: false }).await?;
            let seed = self.plan.seed;
            let mut pilot = Pilot::new(Behavior::Wander, &welcome.schema, seed, number as u64);
            let mut scene = scene.clone();
            peers.spawn_local(async move {
                let playing = scene.clone();
                let goes_on = || playing.now() < Stage::During;
                let played = peer.play(&mut pilot, welcome.player, goes_on).await;
                scene.reached(Stage::Over).await;
                played
            });
        }
        let results: Vec<Result<(), PeerError>> = peers.join_all().await;
        Ok(results.iter().filter(|result| result.is_err()).count())
    }
}
