//! How a room ends: when it is over, when the server stops, when the game's rules fail for good.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use actix::{ActorContext, Context, Handler};
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::ServerMessage;
use tickwire_simulation::room::{Hopeless, Mended};
use tracing::{error, warn};

use super::driver::RoomDriver;
use super::outgoing::told;
use crate::messages::{Drain, Outgoing, Purpose};

/// Shortest time after which players of a room that has failed are asked to join another; at random up to
/// three times as long, so that they do not come at once.
const BACK_AFTER_FAILURE: Duration = Duration::from_millis(250);

/// How a call of the game's rules went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rules {
    /// As it should.
    Well,
    /// They panicked; the room was made anew and goes on.
    Mended,
    /// They panicked, and the room has ended.
    Hopeless,
}

/// A room that is about to end because the server is.
pub(super) struct Draining {
    order: Drain,
    /// Whether the room waits for its last events to be taken in.
    is_flushing: bool,
}

impl Draining {
    /// Whether nobody is waited for any more.
    pub(super) fn is_past(&self, now: Duration) -> bool {
        now >= self.order.latest
    }
}

impl RoomDriver {
    /// After a tick: whether the room has said goodbye, and everybody has heard it or had the time to.
    pub(super) fn has_drained(&mut self, now: Duration) -> bool {
        let Some(Draining { order, is_flushing }) = &mut self.drain else { return false };
        if now < order.earliest {
            return false;
        }
        if !std::mem::replace(is_flushing, true) {
            // What this tick has told, and those before it, is what everybody is to have.
            self.parts.room.handle_flush();
            return now >= order.latest;
        }
        now >= order.latest || self.parts.room.is_flushed()
    }

    /// Whether a newcomer, or somebody who comes back, is still let in.
    pub(super) fn lets_in(&self, purpose: &Purpose) -> bool {
        if !self.runs() {
            return false;
        }
        match (&self.drain, purpose) {
            (None, _) => true,
            (Some(_), Purpose::Join { .. }) => false,
            (Some(Draining { order, .. }), Purpose::Resume { .. }) => {
                self.parts.epoch.now() < order.earliest
            }
        }
    }

    /// Tells a player that the server restarts, if it does.
    pub(super) fn tell_of_restart(&mut self, player: PlayerId) {
        let Some(Draining { order, .. }) = &self.drain else { return };
        let closes_in_ms = millis(order.earliest.saturating_sub(self.parts.epoch.now()));
        let back_after_ms = millis(spread(order.back_after, 2.0));
        let restarting = ServerMessage::Restarting { closes_in_ms, back_after_ms };
        self.routes.queue(player, told(&restarting));
    }

    pub(super) fn end(&mut self, reason: CloseReason, context: &mut Context<Self>) {
        if !self.has_warrant() {
            return self.depose("the warrant has run out", context);
        }
        self.is_ending = true;
        // A server that stops waits for its rooms to be off the list: the journal is closed by then.
        self.close_journal(match reason {
            CloseReason::Restarting => "the server stopped",
            _ if self.is_closed => "the host has closed the room",
            _ => "everybody has left",
        });
        self.parts.directory.remove(self.parts.handle.id);
        self.parts.room.handle_end(reason);
        self.hand_over();
        context.stop();
    }

    /// Does what may call the game's rules. Where they panic the room is made anew, or it ends; nothing else
    /// is disturbed.
    pub(super) fn guard(
        &mut self,
        context: &mut Context<Self>,
        work: impl FnOnce(&mut Self, &mut Context<Self>),
    ) -> Rules {
        // What a panic leaves half done is not looked at again.
        if catch_unwind(AssertUnwindSafe(|| work(self, context))).is_ok() {
            return Rules::Well;
        }
        let make = Arc::clone(&self.parts.make_game);
        // Whatever is left of the broken world may break once more.
        let mended = catch_unwind(AssertUnwindSafe(|| {
            let mended = self.parts.room.handle_failure(|| make())?;
            // Who was about to come in, or back, as they failed has not been told so.
            let routes = &self.routes;
            self.parts.room.handle_drops(|player| routes.session(player).is_none());
            Ok::<_, Hopeless>(mended)
        }));
        match mended {
            Ok(Ok(mended)) => {
                self.go_on(mended);
                Rules::Mended
            }
            Ok(Err(cause)) => {
                self.fail(&cause.to_string(), context);
                Rules::Hopeless
            }
            Err(_) => {
                self.fail("they panic as the room is made anew", context);
                Rules::Hopeless
            }
        }
    }

    /// The room was made anew, and all of its players are still there.
    fn go_on(&mut self, mended: Mended) {
        let Mended { tick, replayed, without_inputs } = mended;
        let (room, game) = (self.parts.handle.id, &self.parts.handle.game);
        warn!(%room, %game, %tick, replayed, without_inputs, "the game's rules panicked: the room is made anew");
        self.parts.metrics.rooms_mended.inc();
        self.parts.handle.board.post(&self.parts.room);
    }

    /// Ends a room whose rules have failed, without asking them.
    fn fail(&mut self, cause: &str, context: &mut Context<Self>) {
        if !self.has_warrant() {
            return self.depose(cause, context);
        }
        let room = self.parts.handle.id;
        let game = &self.parts.handle.game;
        let journal = self.parts.journal.as_ref().map(|journal| journal.name().to_owned());
        error!(%room, %game, cause, journal, "the game's rules panicked: the room ends");
        self.parts.room.abandon_journal();
        self.close_journal("the game's rules failed");
        self.parts.metrics.rooms_failed.inc();
        self.parts.handle.board.post_failure();
        for player in self.routes.players() {
            for word in last_words() {
                self.routes.queue(player, word);
            }
        }
        self.routes.hand_over();
        context.stop();
    }
}

/// What somebody is told whose room has failed.
pub(super) fn last_words() -> [Outgoing; 2] {
    let back_after_ms = millis(spread(BACK_AFTER_FAILURE, 3.0));
    [told(&ServerMessage::Failed { back_after_ms }), Outgoing::Close(CloseReason::Internal)]
}

impl Handler<Drain> for RoomDriver {
    type Result = ();

    fn handle(&mut self, order: Drain, _: &mut Self::Context) {
        if self.drain.is_some() {
            return;
        }
        self.drain = Some(Draining { order, is_flushing: false });
        for player in self.routes.players() {
            self.tell_of_restart(player);
        }
        self.send_out();
    }
}

/// A time from `shortest` to so many times that, at random.
fn spread(shortest: Duration, times: f64) -> Duration {
    shortest.mul_f64(rand::random_range(1.0..=times))
}

fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}
