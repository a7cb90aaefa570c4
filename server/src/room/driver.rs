//! The room's actor: hands in what came, steps, hands out what is to be sent. All logic is in
//! [`Room`]; this owns the clock, the routes to sessions, and the metrics.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler};
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::{Refusal, ServerMessage};
use tickwire_simulation::room::{MessageError, Output, Room, RoomFull};
use tickwire_simulation::schedule::TickSchedule;
use tracing::{debug, error, info, warn};

use super::RoomHandle;
use super::board::TickTiming;
use super::clock::Epoch;
use super::inbox::{Arrival, RoomMessage};
use super::threads::Place;
use super::timer::TickTimer;
use crate::directory::Directory;
use crate::identity::{Keyring, ResumeClaims};
use crate::messages::{Connect, Deliver, Disconnect, End, Outgoing, Purpose, Reserve, TickDue};
use crate::metrics::{Metrics, RoomMeter};
use crate::session::SessionId;
use crate::session::outbox::Outbox;

/// Ticks between two postings of timing quantiles: ten seconds at 30 Hz.
const TIMING_WINDOW_TICKS: u64 = 300;

/// Where a player's connection is.
struct Route {
    session: SessionId,
    outbox: Addr<Outbox>,
    /// When a refusal was last logged for it.
    warned: Option<Duration>,
}

/// Time between two log lines about refusals of one session.
const WARNING_INTERVAL: Duration = Duration::from_secs(1);

/// Everything a room's driver is given.
pub struct RoomParts {
    /// The room itself.
    pub room: Room,
    /// How others reach it.
    pub handle: RoomHandle,
    /// When its ticks are due.
    pub schedule: TickSchedule,
    /// Who wakes it.
    pub timer: TickTimer,
    /// What its times are counted from.
    pub epoch: Epoch,
    /// Signs what players can come back with.
    pub keyring: Arc<Keyring>,
    /// Where it is listed.
    pub directory: Arc<dyn Directory>,
    /// How long it stays when nobody is there.
    pub empty_timeout: Duration,
    /// Where it counts.
    pub metrics: Arc<Metrics>,
    /// Its place on a thread.
    pub place: Place,
}

/// The actor that drives one room.
pub struct RoomDriver {
    parts: RoomParts,
    routes: HashMap<PlayerId, Route>,
    players: HashMap<SessionId, PlayerId>,
    arrivals: Vec<Arrival>,
    timing: TickTiming,
    meter: RoomMeter,
}

impl RoomDriver {
    /// A driver that has not started.
    #[must_use]
    pub fn new(parts: RoomParts) -> Self {
        Self {
            meter: RoomMeter::new(Arc::clone(&parts.metrics)),
            parts,
            routes: HashMap::new(),
            players: HashMap::new(),
            arrivals: Vec::new(),
            timing: TickTiming::new(),
        }
    }

    fn take_in_arrivals(&mut self) {
        let mut arrivals = std::mem::take(&mut self.arrivals);
        self.parts.handle.inbox.drain(&mut arrivals);
        for arrival in arrivals.drain(..) {
            self.take_in(arrival);
        }
        self.arrivals = arrivals;
    }

    fn take_in(&mut self, Arrival { session, player, at, message }: Arrival) {
        if self.routes.get(&player).is_none_or(|route| route.session != session) {
            return;
        }
        let room = &mut self.parts.room;
        let taken = match message {
            RoomMessage::Input(input) => room.handle_input(player, input, at),
            RoomMessage::Ack(ack) => room.handle_ack(player, ack),
            RoomMessage::Game(message) => room.handle_message(player, &message),
            RoomMessage::Look(look) => room.handle_look(player, look),
            RoomMessage::Difference(difference) => room.handle_difference(player, &difference),
        };
        match taken {
            Ok(()) => {}
            // It left between the message's arrival and this tick.
            Err(MessageError::NotAMember) => {}
            Err(cause) => {
                let session = self.routes.get(&player).map(|route| route.session);
                warn!(?session, room = %self.parts.handle.id, %player, %cause, "bad message");
                room.handle_close(player, CloseReason::BadMessage);
            }
        }
    }

    /// Sends what the room wants sent: one message per outbox, however many sessions it serves.
    fn hand_over(&mut self) {
        let mut batches: Vec<(Addr<Outbox>, Deliver)> = Vec::new();
        while let Some(output) = self.parts.room.poll_output() {
            let (player, outgoing) = match output {
                Output::Send { player, bytes } => (player, Outgoing::Binary(bytes)),
                Output::Welcome { player, mut welcome, key } => {
                    let room = self.parts.handle.id;
                    let claims = ResumeClaims { room, player, key };
                    welcome.resume_token = self.parts.keyring.issue_resume(claims);
                    let bytes = ServerMessage::Welcome(welcome).to_bytes();
                    (player, Outgoing::Binary(bytes.into()))
                }
                Output::Refuse { player, refusal } => {
                    self.warn_of(player, &refusal);
                    let bytes = ServerMessage::Refused(refusal).to_bytes();
                    (player, Outgoing::Binary(bytes.into()))
                }
                Output::Desync { player, report } => {
                    let session = self.routes.get(&player).map(|route| route.session);
                    warn!(?session, room = %self.parts.handle.id, %player, %report, "desync");
                    continue;
                }
                Output::Oversized { player, cause } => {
                    let session = self.routes.get(&player).map(|route| route.session);
                    error!(?session, room = %self.parts.handle.id, %player, %cause, "state too large");
                    continue;
                }
                Output::Close { player, reason } => (player, Outgoing::Close(reason)),
            };
            let Some(route) = self.routes.get(&player) else { continue };
            let is_last = matches!(outgoing, Outgoing::Close(_));
            let delivery = (route.session, outgoing);
            match batches.iter_mut().find(|(outbox, _)| *outbox == route.outbox) {
                Some((_, Deliver(batch))) => batch.push(delivery),
                None => batches.push((route.outbox.clone(), Deliver(vec![delivery]))),
            }
            if is_last {
                self.forget(player);
            }
        }
        for (outbox, batch) in batches {
            // Bounded: the room holds frames back from clients that do not acknowledge them.
            outbox.do_send(batch);
        }
    }

    /// Lets somebody in, or back in.
    fn seat(&mut self, session: SessionId, purpose: Purpose) -> Result<PlayerId, CloseReason> {
        let (now, room) = (self.parts.handle.clock.now(), self.parts.handle.id);
        match purpose {
            Purpose::Join { reserved, request } => {
                let name = request.name.clone();
                let joined = self.parts.room.handle_join(Some(reserved), request, now);
                let player = joined.map_err(|RoomFull| CloseReason::RoomFull)?;
                info!(%session, %room, %player, ?name, "joined");
                Ok(player)
            }
            Purpose::Resume { player, key, event } => {
                match self.parts.room.handle_resume(player, key, event, now) {
                    Ok(()) => info!(%session, %room, %player, "resumed"),
                    Err(cause) => {
                        info!(%session, %room, %player, %cause, "not resumed");
                        return Err(CloseReason::Unauthorised);
                    }
                }
                Ok(player)
            }
        }
    }

    /// Ends the connection that a player has had so far, if any.
    fn replace(&mut self, player: PlayerId) {
        if let Some(Route { session, outbox, .. }) = self.routes.remove(&player) {
            self.players.remove(&session);
            outbox.do_send(Deliver(vec![(session, Outgoing::Close(CloseReason::Replaced))]));
        }
    }

    fn warn_of(&mut self, player: PlayerId, refusal: &Refusal) {
        let (now, room) = (self.parts.epoch.now(), self.parts.handle.id);
        let Some(route) = self.routes.get_mut(&player) else { return };
        if route.warned.is_none_or(|last| now.saturating_sub(last) >= WARNING_INTERVAL) {
            route.warned = Some(now);
            warn!(session = %route.session, %room, %player, cause = %refusal.cause, "refused");
        }
    }

    fn forget(&mut self, player: PlayerId) {
        if let Some(route) = self.routes.remove(&player) {
            self.players.remove(&route.session);
        }
    }

    fn post(&mut self, tick_time: Duration, lateness: Duration) {
        self.timing.record(tick_time, lateness);
        self.parts.handle.board.post(&self.parts.room);
        // Early on the quantiles of few ticks are better than none.
        let ticks = self.timing.ticks();
        if ticks >= TIMING_WINDOW_TICKS || ticks == 30 {
            self.parts.handle.board.post_timing(&self.timing);
        }
        if ticks >= TIMING_WINDOW_TICKS {
            self.timing.clear();
        }
        self.meter.note_tick(&self.parts.room, tick_time, lateness, self.parts.schedule.moved());
    }

    fn is_over(&self) -> bool {
        let hz = u32::from(self.parts.room.config().tick_rate_hz);
        Duration::from_secs(1) * self.parts.room.empty_ticks() / hz >= self.parts.empty_timeout
    }

    fn end(&mut self, reason: CloseReason, context: &mut Context<Self>) {
        self.parts.directory.remove(self.parts.handle.id);
        self.parts.room.handle_end(reason);
        self.hand_over();
        context.stop();
    }
}

impl Actor for RoomDriver {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        let RoomHandle { id, game, .. } = &self.parts.handle;
        info!(room = %id, %game, "room opened");
        self.parts.timer.set(self.parts.schedule.due(), context.address());
    }
}

impl Drop for RoomDriver {
    /// However the room ends, even by a panic in its rules, it goes off the list.
    fn drop(&mut self) {
        self.parts.directory.remove(self.parts.handle.id);
        info!(room = %self.parts.handle.id, tick = %self.parts.room.tick(), "room closed");
    }
}

impl Handler<TickDue> for RoomDriver {
    type Result = ();

    fn handle(&mut self, _: TickDue, context: &mut Self::Context) {
        let begin = self.parts.epoch.now();
        let lateness = self.parts.schedule.lateness(begin);
        self.take_in_arrivals();
        self.parts.room.step();
        self.hand_over();
        let end = self.parts.epoch.now();
        self.parts.schedule.handle_ticked(end);
        self.parts.handle.clock.set_start(self.parts.schedule.start());
        self.post(end.saturating_sub(begin), lateness);
        if self.is_over() {
            self.end(CloseReason::RoomEnded, context);
        } else {
            self.parts.timer.set(self.parts.schedule.due(), context.address());
        }
    }
}

impl Handler<Reserve> for RoomDriver {
    type Result = Result<PlayerId, RoomFull>;

    fn handle(&mut self, Reserve(request): Reserve, _: &mut Self::Context) -> Self::Result {
        let reserved = self.parts.room.handle_reserve(&request);
        self.parts.handle.board.post(&self.parts.room);
        reserved
    }
}

impl Handler<Connect> for RoomDriver {
    type Result = ();

    fn handle(&mut self, connect: Connect, _: &mut Self::Context) {
        let Connect { session, outbox, purpose } = connect;
        match self.seat(session, purpose) {
            Ok(player) => {
                outbox.do_send(Deliver(vec![(session, Outgoing::Joined(player))]));
                self.replace(player);
                self.routes.insert(player, Route { session, outbox, warned: None });
                self.players.insert(session, player);
                self.hand_over();
            }
            Err(reason) => {
                outbox.do_send(Deliver(vec![(session, Outgoing::Close(reason))]));
            }
        }
        self.parts.handle.board.post(&self.parts.room);
    }
}

impl Handler<Disconnect> for RoomDriver {
    type Result = ();

    fn handle(&mut self, Disconnect { session, is_lost }: Disconnect, _: &mut Self::Context) {
        if let Some(player) = self.players.remove(&session) {
            debug!(%session, room = %self.parts.handle.id, %player, is_lost, "left");
            self.routes.remove(&player);
            if is_lost {
                self.parts.room.handle_drop(player);
            } else {
                self.parts.room.handle_leave(player);
            }
            self.parts.handle.board.post(&self.parts.room);
        }
    }
}

impl Handler<End> for RoomDriver {
    type Result = ();

    fn handle(&mut self, End(reason): End, context: &mut Self::Context) {
        self.end(reason, context);
    }
}
