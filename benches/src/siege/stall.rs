//! `stall`: players of a busy room stop reading, and keep their connections open, so that what they are sent
//! piles up: first in the kernel, then in the server. It must not pile up far, nor for long.
//!
//! | how | what they go on doing |
//! |---|---|
//! | silent | nothing |
//! | talking | they answer pings, and acknowledge the last frame that they have read |
//! | lying | they answer pings, and acknowledge every frame as if they had read it |

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use tickwire_bot_client::behavior::{Behavior, Pilot};
use tickwire_protocol::ids::FrameNumber;
use tickwire_protocol::message::{Ack, ClientMessage};
use tokio::task::JoinSet;
use tokio::time::interval;

use super::http::Line;
use super::load::{self, Part, Scene, Stage};
use super::peer::{Door, Peer, PeerError, Ticket};
use super::plan::Plan;
use super::server::{Sample, Server};
use super::verdict::{Target, Verdict};
use super::wire::frame;
use super::witness::{self, Witnesses};
use super::{GAME, Setting, SiegeError, lobby};
use crate::websocket::Kind;

/// Bytes that a peer's kernel takes for it: as few as can be.
const RECEIVE_BUFFER: u32 = 2048;
/// How long after the timeout the peers may still be there.
const MARGIN: Duration = Duration::from_secs(2);
/// How much longer than that the server is watched.
const OVERTIME: Duration = Duration::from_secs(30);
/// How often those who talk do so.
const TALK_PERIOD: Duration = Duration::from_millis(250);
/// How many frames those who lie stay behind the newest: what was never sent is a bad message.
const LAG: u32 = 6;
/// Most memory for each of them.
const MAX_KIB_EACH: Target = Target::AtMost(256.0);
/// Most memory that is left of them, in percent of all.
const MAX_LEFT_PERCENT: Target = Target::AtMost(10.0);

/// What the peers go on doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Silent,
    Talking,
    Lying,
}

impl Manner {
    const fn name(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Talking => "talking",
            Self::Lying => "lying",
        }
    }
}

/// Runs the case, with a fresh server for each manner.
///
/// # Errors
/// [`SiegeError`].
pub async fn run(setting: &Setting, verdict: &mut Verdict) -> Result<(), SiegeError> {
    for manner in [Manner::Silent, Manner::Talking, Manner::Lying] {
        besiege(manner, setting, verdict).await?;
    }
    Ok(())
}

async fn besiege(
    manner: Manner,
    setting: &Setting,
    verdict: &mut Verdict,
) -> Result<(), SiegeError> {
    let plan = Plan::of(setting, if setting.short { 8 } else { 50 });
    verdict.begin_part(manner.name());
    let mut flags = plan.heartbeat.flags().to_vec();
    flags.push(format!("--room-capacity={}", plan.peers + plan.witnesses));
    flags.push("--resume-window=1s".to_owned());
    let server = Server::start(setting, Ipv4Addr::LOCALHOST, &flags).await?;
    let lobby = lobby(server.address())?;
    let room = lobby.create_room(Some(GAME)).await?.room;
    let (stages, scene) = load::stages();
    // The worst that they can do for the size of a frame: the more there is to say, the sooner it piles up.
    let behavior = Behavior::Noise;
    let witnesses = witness::Plan {
        lobby,
        room: room.clone(),
        count: plan.witnesses,
        behavior,
        seed: plan.seed,
    };
    let witnesses = Witnesses::gather(witnesses, scene.clone()).await?;
    let alone = server.sample().await?;
    let line = Line { receive_buffer: Some(RECEIVE_BUFFER), ..Line::to(server.address()) };
    let peers = load::spawn(Part::Bad, move || attend(line, room, plan, manner, scene))?;
    let everybody = (plan.peers + plan.witnesses) as f64;
    server.until(OVERTIME, |now| now.metrics.members() >= everybody).await?;

    stages.send_replace(Stage::Before);
    let before = server.rest(plan.calm).await?;
    stages.send_replace(Stage::During);
    judge(&server, &plan, [&alone, &before], verdict).await?;
    stages.send_replace(Stage::Over);
    let failures = peers.done().await??;
    verdict.outcome("peers who were lost too early", Target::Exactly(0.0), failures as f64);
    witnesses.testimony().await?.tell(verdict, witness::MAX_CHANGE);
    server.stop(verdict).await;
    Ok(())
}

/// Watches how the server gets rid of the peers.
async fn judge(
    server: &Server,
    plan: &Plan,
    [alone, before]: [&Sample; 2],
    verdict: &mut Verdict,
) -> Result<(), SiegeError> {
    let limit = plan.heartbeat.timeout + MARGIN;
    let (witnesses, descriptors) = (plan.witnesses as f64, alone.vitals.descriptors);
    let mut most_memory = 0;
    let [sessions, all] = server
        .watch(
            Instant::now(),
            limit + OVERTIME,
            [&|now| now.metrics.sessions() <= witnesses, &|now| {
                now.metrics.sessions() <= witnesses
                    && now.metrics.members() <= witnesses
                    && now.vitals.descriptors <= descriptors
            }],
            |now| most_memory = most_memory.max(now.vitals.memory),
        )
        .await?;
    let after = server.sample().await?;
    let left = after.metrics.sessions() - witnesses;
    verdict.outcome("peers still connected", Target::Exactly(0.0), left);
    let left = after.metrics.members() - witnesses;
    verdict.outcome("seats not free again", Target::Exactly(0.0), left);
    let left = after.vitals.descriptors.saturating_sub(descriptors);
    verdict.outcome("descriptors not back", Target::Exactly(0.0), left as f64);
    let seconds = |came: Option<Duration>| came.map(|came| came.as_secs_f64());
    let target = Target::AtMost(limit.as_secs_f64());
    verdict.magnitude("sessions gone after", "s", target, seconds(sessions));
    verdict.magnitude("all of it gone after", "s", Target::None, seconds(all));
    let rise = most_memory.saturating_sub(before.vitals.memory) as f64;
    let each = rise / 1024.0 / plan.peers as f64;
    verdict.magnitude("memory rises by, each", "KiB", MAX_KIB_EACH, each);
    let left = (after.vitals.memory as f64 / before.vitals.memory as f64 - 1.0) * 100.0;
    verdict.magnitude("memory left", "%", MAX_LEFT_PERCENT, left);
    for (cause, count) in after.metrics.closes_since(&before.metrics) {
        verdict.note(&format!("closed as {cause}: {count}"));
    }
    Ok(())
}

/// The peers: play until the hardship begins, then stop reading. Returns how many were lost before that.
async fn attend(
    line: Line,
    room: String,
    plan: Plan,
    manner: Manner,
    scene: Scene,
) -> Result<usize, PeerError> {
    let mut peers = JoinSet::new();
    let mut door = Door::new(line);
    for number in 0..plan.peers {
        let ticket = Ticket { room: room.clone(), spectates: false };
        let (mut peer, welcome) = door.enter(&ticket).await?;
        // Set apart from the witnesses.
        let stream = (plan.witnesses + number) as u64;
        let mut pilot = Pilot::new(Behavior::Noise, &welcome.schema, plan.seed, stream);
        let scene = scene.clone();
        peers.spawn_local(async move {
            let goes_on = || scene.now() < Stage::During;
            peer.play(&mut pilot, welcome.player, goes_on).await?;
            stall(peer, welcome.tick_rate_hz, manner, scene.clone()).await;
            Ok::<_, PeerError>(())
        });
    }
    Ok(peers.join_all().await.iter().filter(|result| result.is_err()).count())
}

/// Never reads again, and holds the connection to the end, whatever the server does.
async fn stall(mut peer: Peer, tick_rate_hz: u16, manner: Manner, mut scene: Scene) {
    if manner == Manner::Silent {
        return scene.reached(Stage::Over).await;
    }
    let (last, begun) = (peer.ack(), Instant::now());
    let mut talks = interval(TALK_PERIOD);
    while scene.now() < Stage::Over {
        talks.tick().await;
        let ticks = begun.elapsed().as_secs_f64() * f64::from(tick_rate_hz);
        let claimed = match manner {
            Manner::Lying => last.frame.0 + (ticks as u32).saturating_sub(LAG),
            _ => last.frame.0,
        };
        let ack = ClientMessage::Ack(Ack { frame: FrameNumber(claimed), ..last });
        let words = [frame(Kind::Pong, &[]), frame(Kind::Binary, &ack.to_bytes())].concat();
        // What does not get out is not said; once the server has closed, nothing is.
        let _ = peer.wire.try_send_bytes(&words);
    }
}
