//! `garbage`, `pings`, `fragments`, `joins`: an address of its own sends what is not allowed, again and again,
//! into a busy room. Each time it is turned away at once, and nobody else feels it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tickwire_bot_client::behavior::Behavior;
use tickwire_bot_client::join::Lobby;
use tickwire_bot_client::stats::Durations;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::http::Line;
use super::load::{self, Part, Scene, Stage};
use super::offender::{Offence, Offender, Punishment, Unpunished};
use super::peer::{Door, PeerError, Ticket};
use super::probe;
use super::server::{Sample, Server};
use super::verdict::{Target, Verdict};
use super::witness::{self, Witnesses};
use super::{GAME, Setting, SiegeError, lobby};

/// Where offenders come from. Everybody else comes from 127.0.0.1.
const OFFENDERS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// Seats of the room: enough for offenders whose last seats are still kept.
const ROOM_CAPACITY: usize = 500;
/// Time from one join of a flood to the next, of each who takes part.
const JOIN_PERIOD: Duration = Duration::from_millis(10);
/// Time until somebody whose join was refused tries again.
const PAUSE: Duration = Duration::from_millis(20);
/// Time from one newcomer to the next.
const PROBE_PERIOD: Duration = Duration::from_millis(250);
/// The longest from an offence to its close frame, or from a join to its refusal.
const MAX_MS: Target = Target::AtMost(100.0);
/// The server has this long to be as it was before.
const PATIENCE: Duration = Duration::from_secs(30);

/// A flood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flood {
    /// Bytes that break every rule.
    Garbage,
    /// Pings.
    Pings,
    /// Fragments of one byte.
    Fragments,
    /// Joins.
    Joins,
}

/// The numbers of the case.
#[derive(Clone, Copy, Debug)]
struct Plan {
    flood: Flood,
    offenders: usize,
    witnesses: usize,
    /// How long everybody is well before anything happens.
    calm: Duration,
    /// How long it lasts.
    length: Duration,
    seed: u64,
}

impl Plan {
    fn of(flood: Flood, setting: &Setting) -> Self {
        let (offenders, witnesses, calm, seconds) = if setting.short {
            (4, 5, Duration::from_millis(500), 2)
        } else {
            (20, 50, Duration::from_secs(30), 60)
        };
        let length = setting.duration.unwrap_or(Duration::from_secs(seconds));
        Self { flood, offenders, witnesses, calm, length, seed: setting.seed }
    }

    fn flags(&self) -> Vec<String> {
        // All witnesses join at once, and a flood of joins has to pass its limit; those of other floods
        // take their time from coming back. Who has joined can connect.
        let joins = if self.flood == Flood::Joins { 25 } else { 100 };
        vec![
            "--limit-loopback".to_owned(),
            "--max-sessions-per-address=100".to_owned(),
            format!("--joins-per-second={joins}"),
            format!("--upgrades-per-second={}", 2 * joins),
            format!("--room-capacity={ROOM_CAPACITY}"),
            "--resume-window=500ms".to_owned(),
        ]
    }
}

/// What a flood came to.
#[derive(Debug, Default)]
struct Haul {
    offences: u64,
    times: Durations,
    /// Those that were not answered as they should have been.
    amiss: BTreeMap<String, u64>,
    /// Joins that were let in.
    joins: u64,
}

/// Runs the case.
///
/// # Errors
/// [`SiegeError`].
pub async fn run(flood: Flood, setting: &Setting, verdict: &mut Verdict) -> Result<(), SiegeError> {
    let plan = Plan::of(flood, setting);
    let server = Server::start(setting, Ipv4Addr::LOCALHOST, &plan.flags()).await?;
    let lobby = lobby(server.address())?;
    let room = lobby.create_room(Some(GAME)).await?.room;
    let (stages, scene) = load::stages();
    let witnesses = gather(&plan, &lobby, &room, &scene).await?;
    let line = Line::to(server.address()).from(OFFENDERS);
    let (ticket, seen) = (Ticket { room: room.clone(), spectates: false }, scene.clone());
    let offenders = load::spawn(Part::Bad, move || harass(line, ticket, plan, seen))?;
    let probes = match flood {
        Flood::Joins => Some(probe::send(lobby, room, PROBE_PERIOD, scene)?),
        _ => None,
    };
    stages.send_replace(Stage::Before);
    sleep(plan.calm).await;
    let before = server.sample().await?;
    stages.send_replace(Stage::During);
    sleep(plan.length).await;
    // Offenders and newcomers leave by themselves, before the witnesses do.
    stages.send_replace(Stage::After);
    let haul = offenders.done().await?;
    if let Some(probes) = probes {
        probes.done().await?.tell(verdict);
    }
    haul.tell(&plan, verdict);
    judge(&server, &plan, &before, verdict).await?;
    stages.send_replace(Stage::Over);
    witnesses.testimony().await?.tell(verdict, witness::MAX_CHANGE);
    server.stop(verdict).await;
    Ok(())
}

async fn gather(
    plan: &Plan,
    lobby: &Lobby,
    room: &str,
    scene: &Scene,
) -> Result<Witnesses, SiegeError> {
    let witnesses = witness::Plan {
        lobby: lobby.clone(),
        room: room.to_owned(),
        count: plan.witnesses,
        behavior: Behavior::Wander,
        seed: plan.seed,
    };
    Ok(Witnesses::gather(witnesses, scene.clone()).await?)
}

/// Watches whether the server gets back to where it was.
async fn judge(
    server: &Server,
    plan: &Plan,
    before: &Sample,
    verdict: &mut Verdict,
) -> Result<(), SiegeError> {
    let witnesses = plan.witnesses as f64;
    let is_back = |now: &Sample| {
        now.metrics.sessions() <= witnesses
            && now.metrics.members() <= witnesses
            && now.vitals.descriptors <= before.vitals.descriptors
    };
    server.watch(Instant::now(), PATIENCE, [&is_back], |_| {}).await?;
    let after = server.sample().await?;
    let left = after.metrics.sessions() - witnesses;
    verdict.outcome("offenders still connected", Target::Exactly(0.0), left);
    let left = after.metrics.members() - witnesses;
    verdict.outcome("seats not free again", Target::Exactly(0.0), left);
    let left = after.vitals.descriptors.saturating_sub(before.vitals.descriptors);
    verdict.outcome("descriptors not back", Target::Exactly(0.0), left as f64);
    let cpu = (after.vitals.cpu - before.vitals.cpu).as_secs_f64() / plan.length.as_secs_f64();
    verdict.magnitude("share of a core used by the server", "", Target::None, cpu);
    for (cause, count) in after.metrics.closes_since(&before.metrics) {
        verdict.note(&format!("closed as {cause}: {count}"));
    }
    Ok(())
}

/// All offenders, for as long as the hardship lasts.
async fn harass(line: Line, ticket: Ticket, plan: Plan, mut scene: Scene) -> Haul {
    scene.reached(Stage::During).await;
    let haul = Rc::<RefCell<Haul>>::default();
    let mut offenders = JoinSet::new();
    for number in 0..plan.offenders {
        let door = Door::new(line);
        let (ticket, scene, haul) = (ticket.clone(), scene.clone(), Rc::clone(&haul));
        let offence = match plan.flood {
            Flood::Garbage => Offence::Garbage,
            Flood::Pings => Offence::Pings,
            Flood::Fragments => Offence::Fragments,
            Flood::Joins => {
                offenders.spawn_local(join_on(door, ticket, scene, haul));
                continue;
            }
        };
        let offender = Offender::new(offence, plan.seed, number);
        offenders.spawn_local(offend_on(door, ticket, offender, scene, haul));
    }
    while offenders.join_next().await.is_some() {}
    haul.take()
}

/// Comes in, breaks a rule, and comes back.
async fn offend_on(
    mut door: Door,
    ticket: Ticket,
    mut offender: Offender,
    scene: Scene,
    haul: Rc<RefCell<Haul>>,
) {
    while scene.now() == Stage::During {
        match door.enter(&ticket).await {
            Ok((peer, _)) => {
                let punished = offender.offend(peer.wire).await;
                haul.borrow_mut().note_offence(punished);
            }
            Err(PeerError::Refused(409 | 429)) => sleep(PAUSE).await,
            Err(error) => {
                haul.borrow_mut().note_amiss(format!("on the way in: {error}"));
                sleep(PAUSE).await;
            }
        }
    }
}

/// Joins, and never connects.
async fn join_on(mut door: Door, ticket: Ticket, scene: Scene, haul: Rc<RefCell<Haul>>) {
    let mut beats = interval(JOIN_PERIOD);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while scene.now() == Stage::During {
        beats.tick().await;
        let begun = Instant::now();
        let result = door.seat(&ticket).await;
        let mut haul = haul.borrow_mut();
        match result {
            Ok(_) => haul.joins += 1,
            Err(PeerError::Refused(429)) => {
                haul.offences += 1;
                haul.times.record(begun.elapsed());
            }
            Err(error) => haul.note_amiss(error.to_string()),
        }
    }
}

impl Haul {
    fn note_offence(&mut self, punished: Result<Punishment, Unpunished>) {
        self.offences += 1;
        match punished {
            Ok(Punishment { code, due, after }) => {
                self.times.record(after);
                if code != due {
                    self.note_amiss(format!("closed with {code} where {due} is due"));
                }
            }
            Err(error) => self.note_amiss(error.to_string()),
        }
    }

    fn note_amiss(&mut self, what: String) {
        *self.amiss.entry(what).or_default() += 1;
    }

    fn tell(&self, plan: &Plan, verdict: &mut Verdict) {
        verdict.outcome("offences", Target::AtLeast(1.0), self.offences as f64);
        let amiss: u64 = self.amiss.values().sum();
        verdict.outcome("not turned away as is due", Target::Exactly(0.0), amiss as f64);
        if plan.flood == Flood::Joins {
            verdict.magnitude("joins let in", "", Target::None, self.joins as f64);
        }
        let rate = self.offences as f64 / plan.length.as_secs_f64();
        verdict.magnitude("offences per second", "", Target::None, rate);
        let [p99, max] = [self.times.quantile_ms(0.99), self.times.max_ms()];
        verdict.magnitude("from an offence to its answer, p99", "ms", MAX_MS, p99);
        verdict.magnitude("from an offence to its answer, longest", "ms", MAX_MS, max);
        for (what, count) in &self.amiss {
            verdict.note(&format!("{count} × {what}"));
        }
    }
}
