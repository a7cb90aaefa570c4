//! Where a room's players are connected, and what waits to be handed over to them.

use std::time::Duration;

use actix::Addr;
use rustc_hash::FxHashMap;
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::version::Subprotocol;

use crate::messages::{Deliver, Outgoing};
use crate::session::SessionId;
use crate::session::outbox::Outbox;

/// Time between two log lines about refusals of one session.
const WARNING_INTERVAL: Duration = Duration::from_secs(1);

/// Where a player's connection is.
struct Route {
    session: SessionId,
    outbox: Addr<Outbox>,
    speaks: Subprotocol,
    /// When a refusal was last logged for it.
    warned: Option<Duration>,
}

/// What waits to be handed over: one batch per thread that sessions live on. Few, so that a list is faster than a
/// map.
pub(super) type Batches = Vec<(Addr<Outbox>, Deliver)>;

/// The connections of one room.
#[derive(Default)]
pub struct Routes {
    by_player: FxHashMap<PlayerId, Route>,
    by_session: FxHashMap<SessionId, PlayerId>,
    batches: Batches,
}

impl Routes {
    /// Connects a player, and tells the connection so. Whoever was connected as this player is sent away.
    pub fn connect(
        &mut self,
        player: PlayerId,
        session: SessionId,
        outbox: Addr<Outbox>,
        speaks: Subprotocol,
    ) {
        self.queue(player, Outgoing::Close(CloseReason::Replaced));
        self.by_session.insert(session, player);
        self.by_player.insert(player, Route { session, outbox, speaks, warned: None });
        self.queue(player, Outgoing::Joined(player));
    }

    /// The connection of a player.
    #[must_use]
    pub fn session(&self, player: PlayerId) -> Option<SessionId> {
        self.by_player.get(&player).map(|route| route.session)
    }

    /// What the connection of a player speaks.
    #[must_use]
    pub fn speaks(&self, player: PlayerId) -> Option<Subprotocol> {
        self.by_player.get(&player).map(|route| route.speaks)
    }

    /// A connection has ended; whose it was.
    pub fn disconnect(&mut self, session: SessionId) -> Option<PlayerId> {
        let player = self.by_session.remove(&session)?;
        self.by_player.remove(&player);
        Some(player)
    }

    /// Everybody who is connected.
    #[must_use]
    pub fn players(&self) -> Vec<PlayerId> {
        self.by_player.keys().copied().collect()
    }

    /// Whether a refusal of this player may be logged now: the session, if so.
    pub fn may_warn(&mut self, player: PlayerId, now: Duration) -> Option<SessionId> {
        let route = self.by_player.get_mut(&player)?;
        let is_due = route.warned.is_none_or(|last| now.saturating_sub(last) >= WARNING_INTERVAL);
        is_due.then(|| {
            route.warned = Some(now);
            route.session
        })
    }

    /// Puts something into the next hand-over. A close is the last that its connection gets.
    pub fn queue(&mut self, player: PlayerId, outgoing: Outgoing) {
        let Some(route) = self.by_player.get(&player) else { return };
        let is_last = matches!(outgoing, Outgoing::Close(_));
        let delivery = (route.session, outgoing);
        match self.batches.iter_mut().find(|(outbox, _)| *outbox == route.outbox) {
            Some((_, Deliver(batch))) => batch.push(delivery),
            None => self.batches.push((route.outbox.clone(), Deliver(vec![delivery]))),
        }
        if is_last {
            self.forget(player);
        }
    }

    /// Takes out what was queued, to be handed over later.
    pub(super) fn take(&mut self) -> Batches {
        std::mem::take(&mut self.batches)
    }

    /// Queues once more what was taken out, before what has been queued since.
    pub(super) fn put_back(&mut self, batches: Batches) {
        let since = std::mem::replace(&mut self.batches, batches);
        for (outbox, Deliver(deliveries)) in since {
            match self.batches.iter_mut().find(|(other, _)| *other == outbox) {
                Some((_, Deliver(batch))) => batch.extend(deliveries),
                None => self.batches.push((outbox, Deliver(deliveries))),
            }
        }
    }

    /// Hands over what was queued: one message per outbox, however many sessions it serves.
    pub fn hand_over(&mut self) {
        send(self.batches.drain(..));
    }

    fn forget(&mut self, player: PlayerId) {
        if let Some(route) = self.by_player.remove(&player) {
            self.by_session.remove(&route.session);
        }
    }
}

/// Hands over what was queued.
pub(super) fn send(batches: impl IntoIterator<Item = (Addr<Outbox>, Deliver)>) {
    for (outbox, batch) in batches {
        // Bounded: the room holds frames back from clients that do not acknowledge them.
        outbox.do_send(batch);
    }
}
