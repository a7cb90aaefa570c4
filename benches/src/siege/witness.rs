//! Witnesses: players who do as they should, and note the time between their updates, before the hardship
//! and during it. What is done to others must not be felt by them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use thiserror::Error;
use tickwire_bot_client::behavior::{Behavior, Moment, Pilot};
use tickwire_bot_client::connection::{Connection, Incoming};
use tickwire_bot_client::dial::Dial;
use tickwire_bot_client::entry::EnterError;
use tickwire_bot_client::join::{CallError, JoinRequest, Lobby};
use tickwire_bot_client::stats::Durations;
use tickwire_bot_client::view::Detail;
use tickwire_protocol::ids::Tick;
use tickwire_protocol::replica::Agreement;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, interval_at, timeout};

use super::load::{self, Load, LoadError, Part, Scene, Stage};
use super::verdict::{Target, Verdict};

/// Time from one input to the next.
const INPUT_PERIOD: Duration = Duration::from_millis(50);
/// Witnesses that are not all in after this long will not be.
const GATHER_PATIENCE: Duration = Duration::from_secs(60);
/// How often a witness looks whether it is over.
const LOOK_PERIOD: Duration = Duration::from_millis(100);
/// By how much the gap of the others may change, in percent.
pub const MAX_CHANGE: Target = Target::AtMost(10.0);

/// Who they are.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The server, and its HTTP side.
    pub lobby: Lobby,
    /// Their room.
    pub room: String,
    /// How many.
    pub count: usize,
    /// What they do.
    pub behavior: Behavior,
    /// Seed of what they do.
    pub seed: u64,
}

/// Why there are no witnesses.
#[derive(Debug, Error)]
pub enum WitnessError {
    /// The server does not open their room.
    #[error("no room for the witnesses: {0}")]
    Room(#[from] CallError),
    /// They have no thread.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// They do not get in.
    #[error("of {due} witnesses {came} came: {why}")]
    Missing {
        /// How many should have.
        due: usize,
        /// How many did.
        came: usize,
        /// What the others say.
        why: String,
    },
}

/// Witnesses in their room.
#[derive(Debug)]
pub struct Witnesses(Load<Testimony>);

/// What they saw.
#[derive(Clone, Debug, Default)]
pub struct Testimony {
    before: Durations,
    during: Durations,
    differences: u64,
    lost: BTreeMap<String, u64>,
}

/// What witnesses share.
struct Bench {
    plan: Plan,
    scene: Scene,
    arrivals: watch::Sender<Arrivals>,
    testimony: RefCell<Testimony>,
}

/// How many have come.
#[derive(Clone, Debug, Default)]
struct Arrivals {
    came: usize,
    /// What somebody failed by.
    failure: Option<String>,
}

impl Witnesses {
    /// Brings witnesses into their room, and waits until each has seen its state.
    ///
    /// # Errors
    /// [`WitnessError`].
    pub async fn gather(plan: Plan, scene: Scene) -> Result<Self, WitnessError> {
        let due = plan.count;
        let (sender, mut arrivals) = watch::channel(Arrivals::default());
        let load = load::spawn(Part::Good, move || testify(plan, scene, sender))?;
        let all = arrivals.wait_for(|arrivals| arrivals.came >= due || arrivals.failure.is_some());
        // Out of time, there is no failure to tell of.
        let _ = timeout(GATHER_PATIENCE, all).await;
        let Arrivals { came, failure } = arrivals.borrow().clone();
        if came >= due {
            return Ok(Self(load));
        }
        let why = failure.unwrap_or_else(|| "the others are still on their way".to_owned());
        Err(WitnessError::Missing { due, came, why })
    }

    /// What they saw, once the case is over.
    ///
    /// # Errors
    /// [`LoadError`].
    pub async fn testimony(self) -> Result<Testimony, LoadError> {
        self.0.done().await
    }
}

async fn testify(plan: Plan, scene: Scene, arrivals: watch::Sender<Arrivals>) -> Testimony {
    let count = plan.count;
    let bench = Rc::new(Bench { plan, scene, arrivals, testimony: RefCell::default() });
    let mut witnesses = JoinSet::new();
    for number in 0..count {
        let bench = Rc::clone(&bench);
        witnesses.spawn_local(async move {
            if let Err(error) = bench.watch(number).await {
                let why = error.to_string();
                bench.arrivals.send_modify(|arrivals| arrivals.failure = Some(why.clone()));
                *bench.testimony.borrow_mut().lost.entry(why).or_default() += 1;
            }
        });
    }
    while witnesses.join_next().await.is_some() {}
    bench.testimony.take()
}

impl Bench {
    /// One witness, from joining to leaving.
    async fn watch(self: &Rc<Self>, number: usize) -> Result<(), EnterError> {
        let mut connection = self.enter(number).await?;
        let player = connection.welcome().player;
        let Plan { behavior, seed, .. } = self.plan;
        let mut pilot = Pilot::new(behavior, &connection.welcome().schema, seed, number as u64);
        let phase = INPUT_PERIOD.mul_f64(number as f64 / self.plan.count as f64);
        let mut rhythm = interval_at(tokio::time::Instant::now() + phase, INPUT_PERIOD);
        rhythm.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut looks = interval(LOOK_PERIOD);
        let begun = Instant::now();
        let mut last = None;
        while self.scene.now() < Stage::Over {
            tokio::select! {
                incoming = connection.next() => self.take_in(&incoming?, &mut last),
                _ = rhythm.tick() => {
                    let replica = connection.view().replica();
                    let moment = Moment { now: begun.elapsed(), player, replica };
                    let values = pilot.input(&moment);
                    connection.send_input(Tick(0), values).await?;
                }
                _ = looks.tick() => {}
            }
        }
        connection.close().await;
        Ok(())
    }

    async fn enter(&self, number: usize) -> Result<Connection, EnterError> {
        let request = JoinRequest {
            name: format!("witness {}", number + 1),
            room: Some(self.plan.room.clone()),
            ..JoinRequest::default()
        };
        let seat = self.plan.lobby.join(&request).await?;
        let mut dial = Dial::default().trusting(self.plan.lobby.trust().clone());
        Ok(Connection::open_by(&seat.ws_url, Detail::Whole, &mut dial).await?)
    }

    fn take_in(&self, incoming: &Incoming, last: &mut Option<Instant>) {
        let Incoming::Update(update) = incoming else { return };
        let mut testimony = self.testimony.borrow_mut();
        match last.replace(update.received).map(|last| update.received - last) {
            None => self.arrivals.send_modify(|arrivals| arrivals.came += 1),
            Some(gap) => match self.scene.now() {
                Stage::Before => testimony.before.record(gap),
                Stage::During => testimony.during.record(gap),
                Stage::Gathering | Stage::After | Stage::Over => {}
            },
        }
        testimony.differences += u64::from(update.agreement == Agreement::Different);
    }
}

impl Testimony {
    /// Tells the verdict what the witnesses felt; by how much the gap may change is for the case to say.
    pub fn tell(&self, verdict: &mut Verdict, change: Target) {
        let lost: u64 = self.lost.values().sum();
        verdict.outcome("others who lost their connection", Target::Exactly(0.0), lost as f64);
        let differences = self.differences as f64;
        verdict.outcome("others whose state differed", Target::Exactly(0.0), differences);
        let [before, during] = [&self.before, &self.during].map(|gaps| gaps.quantile_ms(0.99));
        verdict.magnitude("gap p99 of the others, before", "ms", Target::None, before);
        verdict.magnitude("gap p99 of the others, during", "ms", Target::None, during);
        let percent = before.zip(during).map(|(before, during)| (during / before - 1.0) * 100.0);
        verdict.magnitude("gap p99 of the others, change", "%", change, percent);
        if lost > 0 {
            verdict.note(&format!("others: {}", self.losses()));
        }
    }

    fn losses(&self) -> String {
        let losses = self.lost.iter().map(|(why, count)| format!("{count} × {why}"));
        losses.collect::<Vec<_>>().join("; ")
    }
}
