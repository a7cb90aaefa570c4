//! Rooms that cannot keep their ticks: they send less often, then catch up a little, then move their
//! start; and come back to where they were when there is time again.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use support::interposed::{Call, Interposed};
use support::{Client, TestServer, drift, games};
use tickwire_simulation::game::Game;
use tickwire_simulation::registry::{GameOptions, OptionError};

/// How long a step of the slow game takes, in microseconds.
static STEP_US: AtomicU64 = AtomicU64::new(0);

/// *drift*, with a step that takes as long as it is told.
fn slow(options: &GameOptions) -> Result<Box<dyn Game>, OptionError> {
    let before = |call| {
        if let Call::Step(_) = call {
            // Busy, not asleep: as rules are that have too much to do.
            let (begin, due) = (Instant::now(), STEP_US.load(Ordering::Relaxed));
            while begin.elapsed() < Duration::from_micros(due) {}
        }
    };
    Ok(Box::new(Interposed::drift("slow", options, before)?))
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
