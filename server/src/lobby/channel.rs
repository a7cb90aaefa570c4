//! The lobby's channel: what people in different rooms, and on different servers, say to each other.
//!
//! ```text
//! session → Channel::say ─┐
//!     Channel::announce ──┴→ Bus ─→ hear: Line, checked → Ring, the newest lines
//!                                                          → Relay, one per thread → outbox → each member
//! ```
//!
//! What is said goes the way of the bus even to members on the same server: so all of them hear one order.
//! How often somebody may speak is checked where they are.

mod line;
mod relay;
mod ring;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use bytes::Bytes;
use tickwire_protocol::message::ServerMessage;
use tokio::sync::mpsc::Receiver;
use tokio::sync::watch;
use tracing::warn;

use self::line::Line;
use self::ring::Ring;
use super::bus_message::{BusMessageError, Seldom};
use crate::cluster::bus::Bus;
use crate::metrics::Metrics;

pub use line::{AnnounceError, LINES, SayError, Text};
pub use relay::Membership;

/// Where lines are published.
const TOPIC: &str = "lobby";

/// The channel, as one server has it.
pub struct Channel {
    /// Tells it from those of other servers in this process.
    number: u64,
    bus: Arc<dyn Bus>,
    metrics: Arc<Metrics>,
    ring: Mutex<Ring>,
    members: AtomicUsize,
    /// Changes with every line. Watched by one relay of each thread.
    news: watch::Sender<()>,
}

impl Channel {
    /// A channel that hears what is said from now on. Must be called within an actix system.
    #[must_use]
    pub fn start(bus: Arc<dyn Bus>, metrics: Arc<Metrics>) -> Arc<Self> {
        static CHANNELS: AtomicU64 = AtomicU64::new(0);
        let lines = bus.subscribe(TOPIC);
        let channel = Arc::new(Self {
            number: CHANNELS.fetch_add(1, Ordering::Relaxed),
            bus,
            metrics,
            ring: Mutex::default(),
            members: AtomicUsize::new(0),
            news: watch::Sender::new(()),
        });
        actix::spawn(hear(Arc::downgrade(&channel), lines));
        channel
    }

    /// Says a line to everybody, for somebody of this name who is in this room; no room if it is in no list.
    pub fn say(&self, from: String, room: String, text: Text) {
        self.publish(&Line::Said { from, room, text });
    }

    /// Announces something to everybody, on all servers.
    ///
    /// # Errors
    /// [`AnnounceError`].
    pub fn announce(&self, text: &str) -> Result<(), AnnounceError> {
        self.publish(&Line::Announced(Text::of_announcement(text)?));
        Ok(())
    }

    /// Counts a line that is not said.
    pub fn note_refused(&self) {
        self.metrics.lobby_refused.inc();
    }

    /// Members at this server.
    #[must_use]
    pub fn members(&self) -> usize {
        self.members.load(Ordering::Relaxed)
    }

    fn publish(&self, line: &Line) {
        self.metrics.lobby_lines.inc();
        self.bus.publish(TOPIC, line.to_bytes());
    }

    /// Takes in what the bus brings.
    fn hear(&self, bytes: &[u8]) -> Result<(), BusMessageError> {
        let news = Line::from_bytes(bytes)?.into_news();
        // Written down once, whoever gets it.
        let message = Bytes::from(ServerMessage::Lobby(news).to_bytes());
        self.ring().push(message);
        self.news.send_replace(());
        Ok(())
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        // A panic with the lock held cannot leave it half-changed.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    fn note_entered(&self) {
        self.members.fetch_add(1, Ordering::Relaxed);
        self.metrics.lobby_members.inc();
    }

    fn note_left(&self) {
        self.members.fetch_sub(1, Ordering::Relaxed);
        self.metrics.lobby_members.dec();
    }
}

/// Takes in lines for as long as there is a channel.
async fn hear(channel: Weak<Channel>, mut lines: Receiver<Bytes>) {
    let mut warnings = Seldom::default();
    while let Some(bytes) = lines.recv().await {
        let Some(channel) = channel.upgrade() else { return };
        if let Err(cause) = channel.hear(&bytes)
            && warnings.is_due(Instant::now())
        {
            warn!(%cause, "nonsense on the bus, where lines of the lobby are due");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::bus::LocalBus;

    fn channel(bus: &Arc<LocalBus>) -> Arc<Channel> {
        let bus: Arc<dyn Bus> = Arc::<LocalBus>::clone(bus);
        Channel::start(bus, Arc::new(Metrics::new().unwrap()))
    }

    /// Waits until a channel has heard so many lines.
    async fn heard(channel: &Channel, lines: usize) -> Vec<ServerMessage> {
        let mut news = channel.news();
        loop {
            let mut told = Vec::new();
            let ring = channel.ring().clone();
            ring::Place::of_newcomer(&ring).serve(&ring, |message| {
                told.push(ServerMessage::from_bytes(message).unwrap());
                true
            });
            if told.len() >= lines {
                return told;
            }
            news.changed().await.unwrap();
        }
    }

    #[actix::test]
    async fn all_servers_hear_announcements_and_no_nonsense() {
        let bus = Arc::<LocalBus>::default();
        let (one, other) = (channel(&bus), channel(&bus));
        assert_eq!(one.announce(" \n "), Err(AnnounceError::Empty));
        assert_eq!(one.announce(&"x".repeat(401)), Err(AnnounceError::TooLong));
        for nonsense in [&b""[..], b"\x01", b"\x01\x07", b"\x02\x01\x02gg", b"\x01\x01\x02\xff\xff"]
        {
            bus.publish(TOPIC, Bytes::copy_from_slice(nonsense));
        }
        one.announce("down at 18:00").unwrap();
        one.say("Ada".to_owned(), String::new(), Text::of_line("gg").unwrap());
        for channel in [&one, &other] {
            let told = heard(channel, 2).await;
            assert_eq!(told.len(), 2);
            let announced = tickwire_protocol::message::LobbyNews::Announced {
                text: "down at 18:00".to_owned(),
            };
            assert_eq!(told[0], ServerMessage::Lobby(announced));
        }
        assert_eq!(one.metrics.lobby_lines.get(), 2);
        assert_eq!(other.metrics.lobby_lines.get(), 0);
    }
}
