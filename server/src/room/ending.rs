//! How a room ends: when it is over, when the server stops, when the game's rules fail.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use actix::{ActorContext, Context, Handler};
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::message::ServerMessage;
use tracing::error;

use super::driver::{RoomDriver, told};
use crate::messages::{Drain, Outgoing};

/// Shortest time after which players of a room that has failed are asked to join another; at random up to
/// three times as long, so that they do not come at once.
const BACK_AFTER_FAILURE: Duration = Duration::from_millis(250);

impl RoomDriver {
    /// Whether the room has said goodbye, and everybody has heard it or had the time to.
    pub(super) fn is_drained(&self, now: Duration) -> bool {
        let Some(drain) = &self.drain else { return false };
        now >= drain.latest || (now >= drain.earliest && self.parts.room.is_flushed())
    }

    pub(super) fn end(&mut self, reason: CloseReason, context: &mut Context<Self>) {
        self.parts.directory.remove(self.parts.handle.id);
        self.parts.room.handle_end(reason);
        self.hand_over();
        context.stop();
    }

    /// Does what may call the game's rules. Where they panic, this room ends, and nothing else.
    pub(super) fn guard(
        &mut self,
        context: &mut Context<Self>,
        work: impl FnOnce(&mut Self, &mut Context<Self>),
    ) {
        // What a panic leaves half done is not looked at again.
        let guarded = catch_unwind(AssertUnwindSafe(|| work(self, context)));
        if guarded.is_err() {
            self.fail(context);
        }
    }

    /// Ends a room whose rules have failed, without asking them.
    fn fail(&mut self, context: &mut Context<Self>) {
        let room = self.parts.handle.id;
        error!(%room, game = %self.parts.handle.game, "the game's rules panicked: the room ends");
        self.parts.metrics.rooms_failed.inc();
        for player in self.routes.players() {
            let back_after_ms = millis(spread(BACK_AFTER_FAILURE, 3.0));
            self.routes.queue(player, told(&ServerMessage::Failed { back_after_ms }));
            self.routes.queue(player, Outgoing::Close(CloseReason::Internal));
        }
        self.routes.hand_over();
        context.stop();
    }
}

impl Handler<Drain> for RoomDriver {
    type Result = ();

    fn handle(&mut self, drain: Drain, _: &mut Self::Context) {
        if self.drain.is_some() {
            return;
        }
        let closes_in_ms = millis(drain.earliest.saturating_sub(self.parts.epoch.now()));
        for player in self.routes.players() {
            let back_after_ms = millis(spread(drain.back_after, 2.0));
            let restarting = ServerMessage::Restarting { closes_in_ms, back_after_ms };
            self.routes.queue(player, told(&restarting));
        }
        self.routes.hand_over();
        self.parts.room.handle_flush();
        self.drain = Some(drain);
    }
}

/// A time from `shortest` to so many times that, at random.
fn spread(shortest: Duration, times: f64) -> Duration {
    shortest.mul_f64(rand::random_range(1.0..=times))
}

fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}
