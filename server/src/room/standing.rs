//! When a room stands still: no tick is computed and its clock is held, until there is no reason for it any more.
//! Then it goes on from where it was, and the time is not made up for.

use std::time::Duration;

use actix::{ActorContext, Context};
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::message::ServerMessage;
use tickwire_protocol::version::Subprotocol;
use tracing::{info, warn};

use super::driver::RoomDriver;
use super::outgoing::told;
use super::safekeeping::Safekeeping;
use crate::messages::Outgoing;

/// How often a room that stands still looks whether it may go on.
pub(super) const PAUSE_POLL: Duration = Duration::from_millis(20);

/// Whether a tick is to be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// It is.
    Goes,
    /// Time has just begun to pass again: at the next deadline it is.
    GoesOn,
    /// It is not.
    Stands,
}

impl RoomDriver {
    /// Whether the server may run its rooms.
    pub(super) fn has_warrant(&self) -> bool {
        self.parts.cluster.warrant.is_valid(self.parts.epoch.now())
    }

    /// What becomes of a tick that is due now.
    pub(super) fn pace(&mut self, now: Duration) -> Pace {
        let since = self.stands_since;
        match (since, self.has_to_stand(now)) {
            (None, false) => Pace::Goes,
            (None, true) => {
                self.parts.handle.clock.hold(now);
                self.stands_since = Some(now);
                Pace::Stands
            }
            (Some(_), true) => Pace::Stands,
            (Some(since), false) => {
                self.stands_since = None;
                self.parts.schedule.handle_pause(now);
                self.parts.handle.clock.release(self.parts.schedule.start());
                self.note_pause(now.saturating_sub(since));
                Pace::GoesOn
            }
        }
    }

    fn has_to_stand(&mut self, now: Duration) -> bool {
        let keeps_waiting = |safe: &Safekeeping| safe.is_cut_off() || safe.is_behind();
        self.is_waiting(now)
            || self.is_frozen
            || !self.parts.cluster.warrant.is_valid(now)
            || self.safe.as_ref().is_some_and(keeps_waiting)
    }

    /// Whether the room still waits for its players, as one does that was brought back after a crash or taken
    /// over.
    fn is_waiting(&mut self, now: Duration) -> bool {
        let Some(until) = self.parts.pause_until else { return false };
        if now < until && self.parts.room.absent() > 0 {
            return true;
        }
        self.parts.pause_until = None;
        info!(room = %self.parts.handle.id, absent = self.parts.room.absent(), "the match goes on");
        false
    }

    /// The room goes on after so long.
    fn note_pause(&mut self, pause: Duration) {
        let was_waiting = std::mem::take(&mut self.has_waited);
        if !was_waiting {
            let ticks = pause.as_secs_f64() * f64::from(self.parts.room.config().tick_rate_hz);
            self.parts.metrics.ticks_held.inc_by(ticks as u64);
        }
        if std::mem::take(&mut self.has_told_pause) {
            self.tell_paused(false);
            self.send_out();
        }
    }

    /// The store is away, or back. Where nothing is told before it is kept, all stands still meanwhile.
    pub(super) fn handle_away(&mut self, is_away: bool) {
        if let Some(safe) = &mut self.safe {
            safe.set_away(is_away);
        }
        self.tell_of_pause();
    }

    /// Tells everybody that the room stands still, if that is because nothing can be kept.
    pub(super) fn tell_of_pause(&mut self) {
        let is_cut_off = self.safe.as_ref().is_some_and(Safekeeping::is_cut_off);
        if !is_cut_off || self.has_told_pause || !self.has_warrant() {
            return;
        }
        warn!(room = %self.parts.handle.id, "nothing can be kept: the room stands still");
        // Past what waits, which cannot be told before the store is back.
        let waiting = self.routes.take();
        self.tell_paused(true);
        self.routes.hand_over();
        self.routes.put_back(waiting);
        self.has_told_pause = true;
    }

    /// Tells everybody who knows of it, and has been welcomed, whether the room stands still.
    fn tell_paused(&mut self, is_paused: bool) {
        let message = told(&ServerMessage::Paused { is_paused });
        let held = self.safe.iter().flat_map(Safekeeping::held).flatten();
        let held = held.flat_map(|(_, deliver)| &deliver.0);
        let coming: Vec<_> = held
            .filter(|(_, outgoing)| matches!(outgoing, Outgoing::Joined(_)))
            .map(|(session, _)| *session)
            .collect();
        for player in self.routes.players() {
            let knows =
                self.routes.speaks(player).is_some_and(|speaks| speaks != Subprotocol::V1_0);
            let is_in = self.routes.session(player).is_some_and(|it| !coming.contains(&it));
            if knows && is_in {
                self.routes.queue(player, message.clone());
            }
        }
    }

    /// A server that stops does not wait for rooms that stand still: true when this one has ended.
    pub(super) fn ends_standing(&mut self, now: Duration, context: &mut Context<Self>) -> bool {
        if !self.drain.as_ref().is_some_and(|drain| drain.is_past(now)) {
            return false;
        }
        if self.is_frozen || !self.has_warrant() {
            self.depose("the server stops", context);
        } else {
            self.guard(context, |this, context| this.end(CloseReason::Restarting, context));
            // Should the rules have failed at that.
            context.stop();
        }
        true
    }
}
