//! `churn`: players who come, play a little, are cut off, come back as who they were, and leave; many every
//! second, for a long time. What a server keeps of each of them, and forgets to give back, adds up.

use std::cell::RefCell;
use std::net::Ipv4Addr;
use std::rc::Rc;
use std::time::Duration;

use tickwire_bot_client::backoff::Backoff;
use tickwire_bot_client::behavior::{Behavior, Moment, Pilot};
use tickwire_bot_client::client::Client;
use tickwire_bot_client::entry::EnterError;
use tickwire_bot_client::join::{JoinRequest, Lobby};
use tickwire_bot_client::view::Detail;
use tickwire_protocol::ids::Tick;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::load::{self, Part};
use super::server::{Sample, Server};
use super::verdict::{Target, Verdict};
use super::{GAME, Setting, SiegeError, lobby};

/// Time from one input to the next.
const INPUT_PERIOD: Duration = Duration::from_millis(50);
/// How long a player plays before it is cut off, and how long after.
const PLAY: [Duration; 2] = [Duration::from_millis(800), Duration::from_millis(400)];
/// A server without anybody is empty of everything after this long.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long rooms and players stay that nobody needs.
const STAY: Duration = Duration::from_secs(2);
/// By how much memory may differ, in percent.
const MAX_MEMORY: Target = Target::AtMost(10.0);

/// The numbers of the case.
#[derive(Clone, Copy, Debug)]
struct Plan {
    per_second: u32,
    /// The same load before it counts. What an allocator keeps grows for minutes, ever more slowly, and
    /// stays from then on: three minutes are enough to tell that from a leak.
    warm_up: Duration,
    length: Duration,
    seed: u64,
}

impl Plan {
    fn of(setting: &Setting) -> Self {
        let (per_second, [warm_up, length]) = if setting.short {
            (20, [1, 3].map(Duration::from_secs))
        } else {
            (50, [3 * 60, 20 * 60].map(Duration::from_secs))
        };
        Self { per_second, warm_up, length: setting.duration.unwrap_or(length), seed: setting.seed }
    }
}

/// How players fared.
#[derive(Debug, Default)]
struct Fates {
    came: u64,
    resumed: u64,
    failures: Vec<String>,
}

/// Runs the case.
///
/// # Errors
/// [`SiegeError`].
pub async fn run(setting: &Setting, verdict: &mut Verdict) -> Result<(), SiegeError> {
    let plan = Plan::of(setting);
    let stay = STAY.as_millis();
    let flags = [format!("--resume-window={stay}ms"), format!("--empty-room-timeout={stay}ms")];
    let server = Server::start(setting, Ipv4Addr::LOCALHOST, &flags).await?;
    let fresh = server.sample().await?;
    churn(&server, plan, plan.warm_up).await?;
    let before = rest(&server, &fresh).await?;
    let fates = churn(&server, plan, plan.length).await?;
    let after = rest(&server, &fresh).await?;

    verdict.outcome("players", Target::AtLeast(1.0), fates.came as f64);
    let came = Target::Exactly(fates.came as f64);
    verdict.outcome("players who came back as who they were", came, fates.resumed as f64);
    let failures = fates.failures.len() as f64;
    verdict.outcome("players who failed", Target::Exactly(0.0), failures);
    for (figure, left) in [
        ("sessions left", after.metrics.sessions()),
        ("members of rooms left", after.metrics.members()),
        ("rooms left", after.metrics.value("tickwire_rooms")),
        ("descriptors left", difference(after.vitals.descriptors, fresh.vitals.descriptors)),
        ("threads left", difference(after.vitals.threads, before.vitals.threads)),
    ] {
        verdict.outcome(figure, Target::Exactly(0.0), left);
    }
    let [first, last] = [before, after].map(|sample| sample.vitals.memory as f64);
    verdict.magnitude("memory after the warm-up", "MiB", Target::None, first / 1048576.0);
    verdict.magnitude("memory at the end", "MiB", Target::None, last / 1048576.0);
    verdict.magnitude("memory, change", "%", MAX_MEMORY, (last / first - 1.0) * 100.0);
    if let Some(failure) = fates.failures.first() {
        verdict.note(&format!("players: {failure}"));
    }
    server.stop(verdict).await;
    Ok(())
}

fn difference(after: usize, before: usize) -> f64 {
    after.saturating_sub(before) as f64
}

/// The server once everybody has left, and rooms and connections have had their time. Where it does not
/// become as empty as it was when it was `fresh`, as it is when patience ends.
async fn rest(server: &Server, fresh: &Sample) -> Result<Sample, SiegeError> {
    let is_empty = |now: &Sample| {
        let counts =
            [now.metrics.sessions(), now.metrics.members(), now.metrics.value("tickwire_rooms")];
        let is_back = now.vitals.descriptors <= fresh.vitals.descriptors;
        counts.iter().all(|&count| count <= 0.0) && is_back
    };
    server.watch(std::time::Instant::now(), PATIENCE, [&is_empty], |_| {}).await?;
    Ok(server.sample().await?)
}

/// Players by so many a second, for this long, until the last has left.
async fn churn(server: &Server, plan: Plan, length: Duration) -> Result<Fates, SiegeError> {
    let lobby = lobby(server.address())?;
    let load = load::spawn(Part::Good, move || async move {
        let fates = Rc::<RefCell<Fates>>::default();
        let mut players = JoinSet::new();
        let mut arrivals = interval(Duration::from_secs(1) / plan.per_second);
        let begun = Instant::now();
        for number in 0.. {
            arrivals.tick().await;
            if begun.elapsed() >= length {
                break;
            }
            let (lobby, fates) = (lobby.clone(), Rc::clone(&fates));
            players.spawn_local(async move {
                let lived = live(lobby, plan.seed, number).await;
                fates.borrow_mut().note(lived);
            });
            while players.try_join_next().is_some() {}
        }
        while players.join_next().await.is_some() {}
        fates.take()
    })?;
    Ok(load.done().await?)
}

/// One player's life. Whether it came back as who it was.
async fn live(lobby: Lobby, seed: u64, number: u64) -> Result<bool, EnterError> {
    let request = JoinRequest {
        name: format!("player {number}"),
        game: Some(GAME.to_owned()),
        ..JoinRequest::default()
    };
    let backoff = Backoff::new(seed ^ number);
    let mut client = Client::join(lobby, request, Detail::Whole, backoff).await?;
    let [before, after] = PLAY;
    let mut pilot =
        Pilot::new(Behavior::Wander, &client.connection().welcome().schema, seed, number);
    play(&mut client, &mut pilot, before).await?;
    let end = client.connection_mut().cut().await;
    client.reconnect(end).await?;
    let is_resumed = client.connection().welcome().resumed.is_some();
    play(&mut client, &mut pilot, after).await?;
    client.close().await;
    Ok(is_resumed)
}

async fn play(client: &mut Client, pilot: &mut Pilot, length: Duration) -> Result<(), EnterError> {
    let begun = Instant::now();
    let mut rhythm = interval(INPUT_PERIOD);
    rhythm.set_missed_tick_behavior(MissedTickBehavior::Skip);
    while begun.elapsed() < length {
        tokio::select! {
            incoming = client.next() => { incoming?; }
            _ = rhythm.tick() => {
                let connection = client.connection_mut();
                let replica = connection.view().replica();
                let player = connection.welcome().player;
                let values = pilot.input(&Moment { now: begun.elapsed(), player, replica });
                connection.send_input(Tick(0), values).await?;
            }
        }
    }
    Ok(())
}

impl Fates {
    fn note(&mut self, lived: Result<bool, EnterError>) {
        self.came += 1;
        match lived {
            Ok(is_resumed) => self.resumed += u64::from(is_resumed),
            Err(error) => self.failures.push(error.to_string()),
        }
    }
}
