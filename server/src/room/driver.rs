//! The room's actor: hands in what came, steps, hands out what is to be sent. All logic is in
//! [`Room`]; this owns the clock, the routes to sessions, and the metrics.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorContext, AsyncContext, Context, Handler};
use tickwire_protocol::close::CloseReason;
use tickwire_simulation::game::Game;
use tickwire_simulation::journal::header::Header;
use tickwire_simulation::room::{MessageError, Room};
use tickwire_simulation::schedule::TickSchedule;
use tracing::{info, warn};

use super::RoomHandle;
use super::board::TickTiming;
use super::clock::Epoch;
use super::clustered::ClusterParts;
use super::ending::{Draining, Rules};
use super::hosting::Guests;
use super::inbox::{Arrival, RoomMessage};
use super::routes::Routes;
use super::safekeeping::Safekeeping;
use super::standing::{PAUSE_POLL, Pace};
use super::threads::Place;
use super::timer::TickTimer;
use crate::directory::Directory;
use crate::events::Feed;
use crate::identity::Keyring;
use crate::journal::writer::RoomJournal;
use crate::messages::TickDue;
use crate::metrics::{Metrics, RoomMeter};

/// Ticks between two postings of timing quantiles: ten seconds at 30 Hz.
const TIMING_WINDOW_TICKS: u64 = 300;

/// Makes a new game.
pub type MakeGame = Arc<dyn Fn() -> Option<Box<dyn Game>> + Send + Sync>;

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
    /// Makes a new game of the room's options; `None` where its rules fail at that.
    pub make_game: MakeGame,
    /// Where the match is written down, if it is.
    pub journal: Option<RoomJournal>,
    /// Until when it waits for its players to come back, if it does.
    pub pause_until: Option<Duration>,
    /// What its world is made of, if a match is played in it.
    pub header: Option<Header>,
    /// Where its members came from.
    pub guests: Guests,
    /// What the cluster has to do with it.
    pub cluster: ClusterParts,
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
    /// Where the server's events are told.
    pub events: Arc<Feed>,
    /// Its place on a thread.
    pub place: Place,
}

/// The actor that drives one room.
pub struct RoomDriver {
    pub(super) parts: RoomParts,
    pub(super) routes: Routes,
    timing: TickTiming,
    /// How long ticks take has been put up once.
    is_timed: bool,
    meter: RoomMeter,
    /// What has come in and was not taken in yet.
    arrivals: VecDeque<Arrival>,
    /// It is about to stop, and off the list.
    pub(super) is_ending: bool,
    /// Its host has asked for its end.
    pub(super) is_closed: bool,
    /// What of it is kept elsewhere.
    pub(super) safe: Option<Safekeeping>,
    /// Since when it stands still, if it does.
    pub(super) stands_since: Option<Duration>,
    /// It does so because it began with waiting for its players.
    pub(super) has_waited: bool,
    /// Its players have been told so.
    pub(super) has_told_pause: bool,
    /// It is being handed over.
    pub(super) is_frozen: bool,
    /// What its clients were told of the nodes.
    pub(super) nodes_version: u64,
    /// Ticks since the match that it shows later was over.
    pub(super) ticks_over: u32,
    /// Set once the server is about to stop.
    pub(super) drain: Option<Draining>,
}

impl RoomDriver {
    /// A driver that has not started.
    #[must_use]
    pub fn new(parts: RoomParts) -> Self {
        Self {
            meter: RoomMeter::new(Arc::clone(&parts.metrics)),
            stands_since: parts.pause_until.map(|_| parts.epoch.now()),
            has_waited: parts.pause_until.is_some(),
            nodes_version: parts.cluster.nodes.version(),
            parts,
            routes: Routes::default(),
            timing: TickTiming::new(),
            is_timed: false,
            arrivals: VecDeque::new(),
            is_ending: false,
            is_closed: false,
            safe: None,
            has_told_pause: false,
            is_frozen: false,
            ticks_over: 0,
            drain: None,
        }
    }

    /// Whether the room may be changed now: it is not about to go elsewhere, it may be run here, and what is done
    /// can be kept.
    pub(super) fn runs(&self) -> bool {
        let is_cut_off = self.safe.as_ref().is_some_and(Safekeeping::is_cut_off);
        !self.is_frozen && !is_cut_off && self.has_warrant()
    }

    pub(super) fn take_in_arrivals(&mut self) {
        // One after the other: where the rules fail at one, the others are still there.
        self.arrivals.extend(self.parts.handle.inbox.drain());
        while let Some(arrival) = self.arrivals.pop_front() {
            self.take_in(arrival);
        }
    }

    fn take_in(&mut self, Arrival { session, player, at, message }: Arrival) {
        if self.routes.session(player) != Some(session) {
            return;
        }
        let room = &mut self.parts.room;
        let taken = match message {
            RoomMessage::Input(input) => room.handle_input(player, input, at),
            RoomMessage::Ack(ack) => room.handle_ack(player, ack, at),
            RoomMessage::Game(message) => room.handle_message(player, &message),
            RoomMessage::Request(request) => room.handle_request(player, request),
            RoomMessage::Look(look) => room.handle_look(player, look),
            RoomMessage::Difference(difference) => room.handle_difference(player, &difference),
            RoomMessage::Recent(frames) => room.handle_recent(player, frames),
        };
        match taken {
            Ok(()) => {}
            // It left between the message's arrival and this tick.
            Err(MessageError::NotAMember) => {}
            Err(cause) => {
                warn!(%session, room = %self.parts.handle.id, %player, %cause, "bad message");
                room.handle_close(player, CloseReason::BadMessage);
            }
        }
    }

    fn post(&mut self, tick_time: Duration, lateness: Duration) {
        self.timing.record(tick_time, lateness);
        self.parts.handle.board.post(&self.parts.room);
        // Early on the quantiles of few ticks are better than none.
        let ticks = self.timing.ticks();
        if ticks >= TIMING_WINDOW_TICKS || ticks == 30 && !self.is_timed {
            self.is_timed = true;
            self.parts.handle.board.post_timing(&self.timing);
            self.parts.place.note_share(self.timing.share(self.parts.room.config().tick_rate_hz));
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
}

impl Actor for RoomDriver {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        let RoomHandle { id, game, .. } = &self.parts.handle;
        info!(room = %id, %game, "room opened");
        self.tell_opened();
        self.open_safekeeping(context);
        self.parts.timer.set(self.parts.schedule.due(), context.address());
    }
}

impl Drop for RoomDriver {
    /// However the room ends, even by a panic in its rules, it goes off the list.
    fn drop(&mut self) {
        if !self.is_ending {
            // Otherwise it is off the list already, and may be there again as another one's.
            self.parts.directory.remove(self.parts.handle.id);
        }
        self.tell_closed();
        info!(room = %self.parts.handle.id, tick = %self.parts.room.tick(), "room closed");
    }
}

impl Handler<TickDue> for RoomDriver {
    type Result = ();

    fn handle(&mut self, _: TickDue, context: &mut Self::Context) {
        let begin = self.parts.epoch.now();
        self.release();
        match self.pace(begin) {
            Pace::Goes => {}
            Pace::GoesOn => {
                return self.parts.timer.set(self.parts.schedule.due(), context.address());
            }
            Pace::Stands => {
                self.tell_of_pause();
                if !self.ends_standing(begin, context) {
                    self.parts.timer.set(begin + PAUSE_POLL, context.address());
                }
                return;
            }
        }
        let lateness = self.parts.schedule.lateness(begin);
        let before = self.parts.room.tick();
        let rules = self.guard(context, |this, _| {
            this.take_in_arrivals();
            this.parts.room.step();
            this.tell_nodes();
            this.hand_over();
        });
        self.write_down();
        if rules == Rules::Hopeless {
            return;
        }
        if self.parts.room.tick() == before {
            // The rules failed before the tick, which is still to be computed.
            self.parts.timer.set(self.parts.schedule.due(), context.address());
            return;
        }
        let rules = self.guard(context, |this, context| {
            let end = this.parts.epoch.now();
            this.parts.room.handle_ticked(this.parts.schedule.share_of_period(end));
            this.parts.schedule.handle_ticked(end);
            this.parts.handle.clock.set_start(this.parts.schedule.start());
            this.post(end.saturating_sub(begin), lateness);
            this.tell_happenings();
            if this.is_over() || this.is_shown() || this.is_closed {
                this.end(CloseReason::RoomEnded, context);
            } else if this.has_drained(end) {
                this.end(CloseReason::Restarting, context);
            } else {
                this.parts.timer.set(this.parts.schedule.due(), context.address());
            }
        });
        if rules == Rules::Mended {
            // They failed at the end of the tick: as the room ended, or before the next one was asked for.
            if self.is_ending {
                context.stop();
            } else {
                self.parts.timer.set(self.parts.schedule.due(), context.address());
            }
        }
    }
}
