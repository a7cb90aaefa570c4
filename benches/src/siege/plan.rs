//! The numbers of a case whose peers are lost while witnesses look on: [`vanish`](super::vanish) and
//! [`stall`](super::stall).

use std::time::Duration;

use super::Setting;
use super::server::Heartbeat;

/// How many there are of everybody, and how long things take.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Those who are lost.
    pub peers: usize,
    /// Those who look on.
    pub witnesses: usize,
    /// When the server gives the peers up.
    pub heartbeat: Heartbeat,
    /// How long everybody is well before anything happens.
    pub calm: Duration,
    /// Seed of what all of them do.
    pub seed: u64,
}

impl Plan {
    /// The plan of a case with so many peers.
    #[must_use]
    pub const fn of(setting: &Setting, peers: usize) -> Self {
        let (witnesses, heartbeat, calm) = if setting.short {
            (5, Heartbeat::SHORT, Duration::from_millis(500))
        } else {
            (50, Heartbeat::DEFAULT, Duration::from_secs(15))
        };
        Self { peers, witnesses, heartbeat, calm, seed: setting.seed }
    }
}
