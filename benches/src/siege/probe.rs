//! A probe: somebody who joins, is welcomed and leaves, again and again, while others make trouble. How long
//! that takes is what a newcomer would feel.

use std::time::{Duration, Instant};

use tickwire_bot_client::connection::Connection;
use tickwire_bot_client::entry::EnterError;
use tickwire_bot_client::join::{JoinRequest, Lobby};
use tickwire_bot_client::stats::Durations;
use tickwire_bot_client::view::Detail;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use super::load::{self, Load, LoadError, Part, Scene, Stage};
use super::verdict::{Target, Verdict};

/// Longest time that a join and the welcome may take.
const MAX_MS: Target = Target::AtMost(200.0);

/// How long newcomers took to get in during the hardship.
#[derive(Debug, Default)]
pub struct Probes {
    times: Durations,
    count: usize,
    failures: Vec<String>,
}

/// Lets somebody in at every `period` while the hardship lasts.
///
/// # Errors
/// [`LoadError`].
pub fn send(
    lobby: Lobby,
    room: String,
    period: Duration,
    mut scene: Scene,
) -> Result<Load<Probes>, LoadError> {
    load::spawn(Part::Good, move || async move {
        let request =
            JoinRequest { name: "newcomer".into(), room: Some(room), ..JoinRequest::default() };
        scene.reached(Stage::During).await;
        let mut probes = Probes::default();
        let mut beats = interval(period);
        beats.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut underway = JoinSet::new();
        while scene.now() == Stage::During {
            beats.tick().await;
            let (lobby, request) = (lobby.clone(), request.clone());
            underway.spawn_local(async move { enter(&lobby, &request).await });
            while let Some(Ok(result)) = underway.try_join_next() {
                probes.note(result);
            }
        }
        while let Some(Ok(result)) = underway.join_next().await {
            probes.note(result);
        }
        probes
    })
}

/// Joins, is welcomed, and leaves. How long the first two took.
async fn enter(lobby: &Lobby, request: &JoinRequest) -> Result<Duration, EnterError> {
    let begun = Instant::now();
    let seat = lobby.join(request).await?;
    let connection = Connection::open(&seat.ws_url, Detail::Prefix).await?;
    let time = begun.elapsed();
    connection.close().await;
    Ok(time)
}

impl Probes {
    fn note(&mut self, result: Result<Duration, EnterError>) {
        self.count += 1;
        match result {
            Ok(time) => self.times.record(time),
            Err(error) => self.failures.push(error.to_string()),
        }
    }

    /// Tells the verdict how newcomers fared.
    pub fn tell(&self, verdict: &mut Verdict) {
        verdict.outcome("newcomers", Target::AtLeast(1.0), self.count as f64);
        let failures = self.failures.len() as f64;
        verdict.outcome("newcomers who did not get in", Target::Exactly(0.0), failures);
        let p99 = self.times.quantile_ms(0.99);
        verdict.magnitude("a newcomer's join and welcome, p99", "ms", MAX_MS, p99);
        if let Some(failure) = self.failures.first() {
            verdict.note(&format!("newcomers: {failure}"));
        }
    }
}
