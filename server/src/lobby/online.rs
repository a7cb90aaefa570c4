//! Who is online: each server tells the others once a second, and adds up what it is told.
//!
//! Private rooms count, and are not named: nothing but numbers by game leaves a server. Players that the
//! server runs are no people.

mod board;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::mpsc::Receiver;
use tracing::warn;

use self::board::{Board, NodeKey, Report, RoomCounts};
use super::Lobby;
use super::bus_message::{BusMessageError, Seldom};
use super::channel::Channel;
use crate::cluster::bus::Bus;

pub use board::{Counts, GameCounts};

/// Where counts are published.
const TOPIC: &str = "online";
/// Time from one telling to the next.
const INTERVAL: Duration = Duration::from_secs(1);
/// How old this server's own counts may be: whoever asks again and again does not have all rooms counted each
/// time.
const FRESH: Duration = Duration::from_millis(100);

/// Who is online, as one server knows it.
pub struct Online {
    node: NodeKey,
    bus: Arc<dyn Bus>,
    lobby: Arc<Lobby>,
    channel: Arc<Channel>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    board: Board,
    own: Option<(Counts, Instant)>,
    is_over: bool,
}

impl Online {
    /// Begins to count, to tell, and to hear the others. Must be called within an actix system.
    #[must_use]
    pub fn start(bus: Arc<dyn Bus>, lobby: Arc<Lobby>, channel: Arc<Channel>) -> Arc<Self> {
        let reports = bus.subscribe(TOPIC);
        let node = NodeKey(rand::random());
        let online = Arc::new(Self { node, bus, lobby, channel, state: Mutex::default() });
        actix::spawn(hear(Arc::downgrade(&online), reports));
        actix::spawn(tell(Arc::downgrade(&online)));
        online
    }

    /// Everybody, on all servers.
    #[must_use]
    pub fn everybody(&self) -> Counts {
        let now = Instant::now();
        let mut state = self.state();
        let own = match &state.own {
            Some((own, at)) if now.saturating_duration_since(*at) < FRESH => own.clone(),
            _ => {
                let own = self.count();
                state.own = Some((own.clone(), now));
                own
            }
        };
        state.board.sum(own, now)
    }

    /// Members of the lobby, on all servers.
    #[must_use]
    pub fn members(&self) -> u32 {
        // Its own are known to the last one.
        let own = u32::try_from(self.channel.members()).unwrap_or(u32::MAX);
        let own = Counts { members: own, ..Counts::default() };
        self.state().board.sum(own, Instant::now()).members
    }

    /// Tells the others that this server stops. It is not counted any more.
    pub fn end(&self) {
        self.state().is_over = true;
        let (node, counts) = (self.node, Counts::default());
        self.bus.publish(TOPIC, Report { node, is_last: true, counts }.to_bytes());
    }

    fn count(&self) -> Counts {
        let rooms = self.lobby.rooms();
        let rooms = rooms.iter().map(|room| {
            let numbers = room.board.read();
            RoomCounts {
                game: &room.game,
                is_match: room.shows.is_match(),
                players: numbers.players,
                spectators: numbers.spectators,
            }
        });
        Counts::of_rooms(rooms, self.channel.members())
    }

    fn publish(&self) {
        let report = Report { node: self.node, is_last: false, counts: self.count() };
        if !self.state().is_over {
            self.bus.publish(TOPIC, report.to_bytes());
        }
    }

    fn handle(&self, bytes: &[u8], now: Instant) -> Result<(), BusMessageError> {
        let report = Report::from_bytes(bytes)?;
        if report.node != self.node {
            self.state().board.handle_report(report, now);
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic with the lock held cannot leave it half-changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes in what others tell, for as long as somebody wants to know.
async fn hear(online: Weak<Online>, mut reports: Receiver<Bytes>) {
    let mut warnings = Seldom::default();
    while let Some(bytes) = reports.recv().await {
        let Some(online) = online.upgrade() else { return };
        let now = Instant::now();
        if let Err(cause) = online.handle(&bytes, now)
            && warnings.is_due(now)
        {
            warn!(%cause, "nonsense on the bus, where counts are due");
        }
    }
}

/// Tells the others, likewise.
async fn tell(online: Weak<Online>) {
    let mut seconds = actix::clock::interval(INTERVAL);
    loop {
        seconds.tick().await;
        let Some(online) = online.upgrade() else { return };
        online.publish();
    }
}
