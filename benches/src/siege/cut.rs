//! `cut`: every connection is cut at once, and everybody comes back at once, as after a switch of the
//! network was restarted. The players are those of `bot-client`.

use std::net::Ipv4Addr;
use std::time::Duration;

use clap::Parser;
use serde_json::Value;
use tickwire_bot_client::args::Args;
use tickwire_bot_client::progress::Progress;
use tickwire_bot_client::swarm;
use tokio::time::sleep;

use super::load::{self, Load, Part};
use super::server::{Sample, Server};
use super::verdict::{Target, Verdict};
use super::{GAME, Setting, SiegeError};

/// Players of a room.
const BOTS_PER_ROOM: usize = 50;
/// The longest that coming back may take.
const MAX_RETURN_MS: Target = Target::AtMost(5000.0);
/// A tick that takes longer than this, in seconds, counts as overrun: a bound of the metrics' buckets
/// below the 33 ms that there are.
const OVERRUN: &str = "0.02";
/// Most of the ticks that may be overrun, in percent.
const MAX_OVERRUNS: Target = Target::AtMost(1.0);
/// How often the server is looked at.
const POLL: Duration = Duration::from_millis(200);

/// The numbers of the case.
#[derive(Clone, Copy, Debug)]
struct Plan {
    bots: usize,
    duration: Duration,
    /// When the connections are cut, within the duration.
    at: Duration,
    /// Share of the bots that keep a whole replica.
    verify_share: f64,
    seed: u64,
}

impl Plan {
    const fn of(setting: &Setting) -> Self {
        let (bots, seconds, at, verify_share) =
            if setting.short { (50, 4, 1, 1.0) } else { (2000, 20, 8, 0.02) };
        Self {
            bots,
            duration: Duration::from_secs(seconds),
            at: Duration::from_secs(at),
            verify_share,
            seed: setting.seed,
        }
    }

    fn args(&self, server: &Server) -> Result<Args, clap::Error> {
        let rooms = self.bots.div_ceil(BOTS_PER_ROOM);
        Args::try_parse_from([
            "siege".to_owned(),
            format!("--url=http://{}", server.address()),
            format!("--game={GAME}"),
            format!("--bots={}", self.bots),
            format!("--rooms={rooms}"),
            format!("--duration={}ms", self.duration.as_millis()),
            format!("--cut-at={}ms", self.at.as_millis()),
            format!("--verify-share={}", self.verify_share),
            format!("--seed={}", self.seed),
        ])
    }
}

/// What the server went through while all bots were in.
#[derive(Default)]
struct Course {
    first: Option<Sample>,
    last: Option<Sample>,
    most_members: f64,
}

/// Runs the case.
///
/// # Errors
/// [`SiegeError`].
pub async fn run(setting: &Setting, verdict: &mut Verdict) -> Result<(), SiegeError> {
    let plan = Plan::of(setting);
    let flags = [format!("--room-capacity={BOTS_PER_ROOM}")];
    let server = Server::start(setting, Ipv4Addr::LOCALHOST, &flags).await?;
    let args = plan.args(&server).map_err(|error| SiegeError::Bots(error.to_string()))?;
    let bots = load::spawn(Part::Good, move || async move {
        let outcome = swarm::run(&args, &Progress::on_terminal(), std::future::pending()).await;
        let outcome = outcome.map_err(|error| error.to_string())?;
        let report = serde_json::to_value(&outcome.report).map_err(|error| error.to_string())?;
        Ok((report, outcome.warnings))
    })?;
    let (course, report, warnings) = watch(&server, &plan, bots).await?;
    judge(&plan, &course, &report, verdict);
    for warning in warnings {
        verdict.note(&format!("bots: {warning}"));
    }
    server.stop(verdict).await;
    Ok(())
}

type Told = Result<(Value, Vec<String>), String>;

/// Looks at the server until the bots are done.
async fn watch(
    server: &Server,
    plan: &Plan,
    bots: Load<Told>,
) -> Result<(Course, Value, Vec<String>), SiegeError> {
    let mut course = Course::default();
    let mut done = Box::pin(bots.done());
    loop {
        tokio::select! {
            told = &mut done => {
                let (report, warnings) = told?.map_err(SiegeError::Bots)?;
                return Ok((course, report, warnings));
            }
            () = sleep(POLL) => course.note(server.sample().await?, plan.bots as f64),
        }
    }
}

impl Course {
    fn note(&mut self, sample: Sample, bots: f64) {
        let members = sample.metrics.members();
        self.most_members = self.most_members.max(members);
        // Neither joining nor leaving counts.
        if members >= bots && sample.metrics.sessions() >= bots {
            self.first.get_or_insert_with(|| sample.clone());
            self.last = Some(sample);
        }
    }
}

fn judge(plan: &Plan, course: &Course, report: &Value, verdict: &mut Verdict) {
    let bots = plan.bots as f64;
    let number = |pointer: &str| report.pointer(pointer).and_then(Value::as_f64);
    for (figure, member) in [
        ("players who came", "/bots_connected"),
        ("connections lost and replaced", "/reconnects"),
        ("players who are who they were", "/resumed"),
    ] {
        verdict.outcome(figure, Target::Exactly(bots), number(member));
    }
    verdict.outcome("players who failed", Target::Exactly(0.0), number("/bots_failed"));
    verdict.outcome("replicas that differed", Target::Exactly(0.0), number("/desyncs"));
    verdict.outcome("most players at any time", Target::Exactly(bots), course.most_members);
    verdict.magnitude("the last is back after", "ms", MAX_RETURN_MS, number("/resume_ms/max"));
    verdict.magnitude("half are back after", "ms", Target::None, number("/resume_ms/p50"));
    let ticks = course.first.as_ref().zip(course.last.as_ref());
    let overruns = ticks.and_then(|(first, last)| {
        Some(last.metrics.ticks_longer_than(OVERRUN, &first.metrics)? * 100.0)
    });
    verdict.magnitude("ticks of more than 20 ms", "%", MAX_OVERRUNS, overruns);
    for (figure, unit, metric) in [
        ("rooms moved their ticks by, all together", "s", "tickwire_tick_moved_seconds_total"),
        ("rooms that came to send less often", "", "tickwire_slowdowns_total"),
    ] {
        let new =
            ticks.map(|(first, last)| last.metrics.value(metric) - first.metrics.value(metric));
        verdict.magnitude(figure, unit, Target::None, new);
    }
    let load = number("/load_cpu_share");
    verdict.magnitude("share of a core used by the bots", "", Target::None, load);
}
