//! How a room goes to another server: given over by this one, or taken because this one seemed dead.
//!
//! ```text
//! HandOver ─→ frozen: no tick, nobody in ─┬─ Leave ─→ everybody is told where to, and the room ends
//!                                         └─ Stay ──→ it goes on as if nothing was
//! Depose ───→ it ends at once, and writes nothing any more
//! ```

use std::time::Instant;

use actix::{ActorContext, Context, Handler};
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::message::ServerMessage;
use tickwire_protocol::version::Subprotocol;
use tickwire_simulation::journal::header::Header;
use tracing::{info, warn};

use super::driver::RoomDriver;
use super::ending::Rules;
use super::outgoing::told;
use super::routes::send;
use super::shows::Delay;
use super::transfer::Transfer;
use crate::journal::keeper::Kept;
use crate::messages::{Depose, HandOver, HearKept, Leave, Outgoing, Stay};

impl RoomDriver {
    /// Another server owns the room: everybody is sent away to look for it.
    pub(super) fn depose(&mut self, cause: &str, context: &mut Context<Self>) {
        if self.is_ending {
            return context.stop();
        }
        self.is_ending = true;
        warn!(room = %self.parts.handle.id, cause, "the room is given up: it is another server's");
        self.parts.metrics.rooms_deposed.inc();
        self.safe = None;
        if let Some(journal) = self.parts.journal.take() {
            journal.abandon();
        }
        self.end_delay();
        self.parts.directory.remove(self.parts.handle.id);
        // What has not been told is not so any more.
        drop(self.routes.take());
        for player in self.routes.players() {
            self.routes.queue(player, Outgoing::Close(CloseReason::Restarting));
        }
        self.routes.hand_over();
        context.stop();
    }

    /// The room as another server needs it; `None` where its rules fail at that.
    fn transfer(&mut self, header: Header, context: &mut Context<Self>) -> Option<Transfer> {
        let mut state = None;
        let rules = self.guard(context, |this, _| {
            // What has arrived counts as heard: nobody says it again.
            this.take_in_arrivals();
            state = Some(this.parts.room.hand_over());
            this.hand_over();
        });
        let state = state.filter(|_| rules == Rules::Well && !self.is_closed)?;
        let door = &self.parts.handle.door;
        Some(Transfer {
            header: Header { first_tick: self.parts.room.tick(), ..header },
            title: door.title().map(str::to_owned),
            is_private: door.is_private(),
            has_code: door.code().is_some(),
            lock: door.lock().cloned(),
            kept_out: door.kept_out(Instant::now()),
            guests: self.parts.guests.of_members(&self.parts.room),
            state,
        })
    }

    /// Those who watch the match later see the rest of it.
    pub(super) fn end_delay(&self) {
        if let Some(Delay { line, .. }) = self.parts.handle.shows.delay() {
            line.end();
        }
    }
}

impl Handler<Depose> for RoomDriver {
    type Result = ();

    fn handle(&mut self, _: Depose, context: &mut Self::Context) {
        self.depose("the cluster says so", context);
    }
}

impl Handler<HandOver> for RoomDriver {
    type Result = Option<Box<Transfer>>;

    fn handle(&mut self, _: HandOver, context: &mut Self::Context) -> Self::Result {
        if self.is_ending || self.is_closed || self.is_frozen || !self.has_warrant() {
            return None;
        }
        let header = self.parts.header.clone()?;
        let transfer = self.transfer(header, context)?;
        self.is_frozen = true;
        if self.stands_since.is_none() {
            let now = self.parts.epoch.now();
            self.parts.handle.clock.hold(now);
            self.stands_since = Some(now);
        }
        Some(Box::new(transfer))
    }
}

impl Handler<Stay> for RoomDriver {
    type Result = ();

    fn handle(&mut self, _: Stay, _: &mut Self::Context) {
        // It goes on at its next look at the time.
        self.is_frozen = false;
    }
}

impl Handler<Leave> for RoomDriver {
    type Result = ();

    fn handle(&mut self, leave: Leave, context: &mut Self::Context) {
        if self.is_ending || !self.is_frozen {
            return;
        }
        self.is_ending = true;
        let Leave { ws_url, fence } = leave;
        info!(room = %self.parts.handle.id, ws_url, %fence, "the room is handed over");
        self.parts.metrics.rooms_handed_over.inc();
        // What waited to be kept is, at the other server.
        let waiting = self.safe.take().map(|safe| safe.close(false));
        waiting.into_iter().flatten().for_each(send);
        let moved = told(&ServerMessage::Moved { fence, ws_url });
        for player in self.routes.players() {
            if self.routes.speaks(player) != Some(Subprotocol::V1_0) {
                self.routes.queue(player, moved.clone());
            }
            self.routes.queue(player, Outgoing::Close(CloseReason::Restarting));
        }
        self.routes.hand_over();
        self.close_journal("the room went to another server");
        self.parts.directory.remove(self.parts.handle.id);
        context.stop();
    }
}

impl Handler<HearKept> for RoomDriver {
    type Result = ();

    fn handle(&mut self, HearKept(kept): HearKept, context: &mut Self::Context) {
        if self.is_ending {
            return;
        }
        match kept {
            Kept::UpTo(number) => {
                if let Some(safe) = &mut self.safe {
                    safe.handle_kept(number);
                }
                self.release();
            }
            Kept::Lost(cause) => self.depose(&cause, context),
            Kept::Away => self.handle_away(true),
            Kept::Back => self.handle_away(false),
        }
    }
}
