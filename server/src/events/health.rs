//! What the server tells of itself once a second while anybody listens.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::Feed;
use crate::admission::Admission;
use crate::lobby::Lobby;
use crate::metrics::Metrics;
use crate::room::Shows;

/// Time from one telling to the next.
const INTERVAL: Duration = Duration::from_secs(1);

/// How the server is.
#[derive(Debug, Serialize)]
struct Health {
    rooms: usize,
    players: u32,
    spectators: u32,
    bots: u32,
    /// Open sessions, whatever carries them.
    sessions: usize,
    /// Who listens to events.
    listeners: usize,
    /// Since the server began.
    ticks: u64,
    /// Those of them that took longer than their period.
    ticks_overrun: u64,
    /// The longest tick time, and lateness, that one in a hundred ticks of any room exceeds, in milliseconds.
    tick_p99_ms: f64,
    lateness_p99_ms: f64,
}

/// Tells it until the feed's server is gone.
pub async fn tell(
    feed: Arc<Feed>,
    lobby: Arc<Lobby>,
    metrics: Arc<Metrics>,
    admission: Arc<Admission>,
) {
    let mut seconds = actix::clock::interval(INTERVAL);
    while lobby.is_open() {
        seconds.tick().await;
        if feed.is_wanted(Instant::now()) {
            feed.publish("health", &health(&lobby, &metrics, &admission));
        }
    }
}

fn health(lobby: &Lobby, metrics: &Metrics, admission: &Admission) -> Health {
    let (ticks, ticks_overrun) = metrics.ticks();
    let mut health = Health {
        rooms: 0,
        players: 0,
        spectators: 0,
        bots: 0,
        sessions: admission.sessions(),
        listeners: admission.listeners(),
        ticks,
        ticks_overrun,
        tick_p99_ms: 0.0,
        lateness_p99_ms: 0.0,
    };
    for room in lobby.rooms() {
        let numbers = room.board.read();
        // Those who watch later are in the match's room as far as anybody else knows.
        health.rooms += usize::from(!matches!(room.shows, Shows::Delayed { .. }));
        health.players += numbers.players;
        health.spectators += numbers.spectators;
        if room.shows.is_match() {
            health.bots += numbers.bots;
        }
        health.tick_p99_ms = health.tick_p99_ms.max(numbers.tick_ms.p99);
        health.lateness_p99_ms = health.lateness_p99_ms.max(numbers.lateness_ms.p99);
    }
    health
}
