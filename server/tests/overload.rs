//! Rooms that cannot keep their ticks: they send less often, then catch up a little, then move their
//! start; and come back to where they were when there is time again.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use support::{Client, TestServer, drift, games};
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::schema::Schema;
use tickwire_simulation::game::{Context, Game};
use tickwire_simulation::inputs::Inputs;
use tickwire_simulation::registry::{GameOptions, OptionError};
use tickwire_simulation::saved::RestoreError;
use tickwire_simulation::scene::SceneWriter;

/// How long a step of the slow game takes, in microseconds.
static STEP_US: AtomicU64 = AtomicU64::new(0);

/// *drift*, with a step that takes as long as it is told.
struct Slow(Box<dyn Game>);

fn slow(options: &GameOptions) -> Result<Box<dyn Game>, OptionError> {
    Ok(Box::new(Slow(tickwire_drift::create(options)?)))
}

impl Game for Slow {
    fn schema(&self) -> Schema {
        Schema { game: "slow".to_owned(), ..self.0.schema() }
    }
    fn on_join(&mut self, context: &mut Context<'_>, player: PlayerId, name: &str) {
        self.0.on_join(context, player, name);
    }
    fn on_leave(&mut self, context: &mut Context<'_>, player: PlayerId) {
        self.0.on_leave(context, player);
    }
    fn step(&mut self, context: &mut Context<'_>, inputs: &Inputs<'_>) {
        // Busy, not asleep: as rules are that have too much to do.
        let (begin, due) = (Instant::now(), STEP_US.load(Ordering::Relaxed));
        while begin.elapsed() < Duration::from_micros(due) {}
        self.0.step(context, inputs);
    }
    fn replicate(&self, out: &mut SceneWriter<'_>) {
        self.0.replicate(out);
    }
    fn save(&self) -> Vec<u8> {
        self.0.save()
    }
    fn restore(&mut self, state: &[u8]) -> Result<(), RestoreError> {
        self.0.restore(state)
    }
}

/// Plays on for ever: ticks come one after the other however late they are.
async fn play(client: &mut Client) {
    let mut last = client.frame().await.tick;
    loop {
        let tick = client.frame().await.tick;
        assert!(tick.since(last) > 0, "{tick} after {last}");
        last = tick;
    }
}

#[tokio::test]
async fn a_room_that_is_too_slow_sends_less_often_then_moves_its_start_and_recovers() {
    // Ticks of 5 ms; each room on a thread of its own.
    let flags = ["--tick-rate=200", "--room-threads=2", "--default-game=slow", "--bots=0"];
    let server = TestServer::start_with(games().with("slow", slow), &flags);
    let mut witness = server.enter(drift()).await;
    let mut client = server.enter(json!({"game": "slow"})).await;

    STEP_US.store(8000, Ordering::Relaxed);
    let is_slow = |room: &serde_json::Value| room["game"] == "slow" && room["send_every"] == 4;
    tokio::select! {
        () = play(&mut client) => {}
        () = server.listed_until(is_slow) => {}
    }
    assert!(server.metric("tickwire_slowdowns_total").await >= 2.0);
    server.metric_from("tickwire_tick_moved_seconds_total", 0.001).await;
    // The room beside it goes on.
    let first = witness.frame().await.tick;
    while witness.frame().await.tick.since(first) < 20 {}

    STEP_US.store(0, Ordering::Relaxed);
    let is_back = |room: &serde_json::Value| room["game"] == "slow" && room["send_every"] == 1;
    tokio::select! {
        () = play(&mut client) => {}
        () = server.listed_until(is_back) => {}
    }
}
