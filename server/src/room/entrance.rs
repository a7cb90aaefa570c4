//! The room's entrance: seats are kept, connections come in and back in, and end.

use actix::Handler;
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::version::Subprotocol;
use tickwire_simulation::room::{ResumeError, RoomFull};
use tracing::{debug, info};

use super::driver::RoomDriver;
use super::ending::{Rules, last_words};
use crate::messages::{Connect, Deliver, Disconnect, Outgoing, Purpose, Reserve};
use crate::session::SessionId;

impl RoomDriver {
    /// Lets somebody in, or back in.
    fn seat(
        &mut self,
        session: SessionId,
        purpose: Purpose,
        speaks: Subprotocol,
    ) -> Result<PlayerId, CloseReason> {
        let (now, room) = (self.parts.handle.clock.now(), self.parts.handle.id);
        match purpose {
            Purpose::Join { reserved, request, hosts, address } => {
                let name = request.name.clone();
                let joined = self.parts.room.handle_join_in(speaks, Some(reserved), request, now);
                let player = joined.map_err(|RoomFull| CloseReason::RoomFull)?;
                self.parts.guests.note(player, address, &self.parts.room);
                if hosts {
                    self.parts.room.handle_host(player);
                }
                info!(%session, %room, %player, ?name, hosts, "joined");
                Ok(player)
            }
            Purpose::Resume { player, key, event } => {
                match self.parts.room.handle_resume_in(speaks, player, key, event, now) {
                    Ok(()) => info!(%session, %room, %player, "resumed"),
                    Err(cause) => {
                        info!(%session, %room, %player, %cause, "not resumed");
                        return Err(match cause {
                            ResumeError::Kicked => CloseReason::Kicked,
                            _ => CloseReason::Unauthorised,
                        });
                    }
                }
                Ok(player)
            }
        }
    }
}

impl Handler<Reserve> for RoomDriver {
    type Result = Result<PlayerId, RoomFull>;

    fn handle(&mut self, Reserve(request): Reserve, _: &mut Self::Context) -> Self::Result {
        if !self.runs() {
            return Err(RoomFull);
        }
        let reserved = self.parts.room.handle_reserve(&request);
        self.parts.handle.board.post(&self.parts.room);
        reserved
    }
}

impl Handler<Connect> for RoomDriver {
    type Result = ();

    fn handle(&mut self, connect: Connect, context: &mut Self::Context) {
        let Connect { session, outbox, purpose, speaks } = connect;
        let newcomer = outbox.clone();
        let rules = self.guard(context, |this, _| {
            let seated = if this.lets_in(&purpose) {
                this.seat(session, purpose, speaks)
            } else {
                Err(CloseReason::Restarting)
            };
            match seated {
                Ok(player) => {
                    this.routes.connect(player, session, outbox, speaks);
                    this.hand_over();
                    // After the welcome, which comes first.
                    this.tell_of_restart(player);
                    this.send_out();
                    this.secure_entrance();
                }
                Err(reason) => {
                    let reason = speaks.reason(reason);
                    outbox.do_send(Deliver(vec![(session, Outgoing::Close(reason))]));
                }
            }
            this.parts.handle.board.post(&this.parts.room);
        });
        if rules != Rules::Well {
            // Who was about to come in is told like everybody else.
            newcomer.do_send(Deliver(last_words().map(|word| (session, word)).into()));
        }
    }
}

impl Handler<Disconnect> for RoomDriver {
    type Result = ();

    fn handle(&mut self, disconnect: Disconnect, context: &mut Self::Context) {
        self.guard(context, |this, _| {
            let Disconnect { session, is_lost } = disconnect;
            let Some(player) = this.routes.disconnect(session) else { return };
            debug!(%session, room = %this.parts.handle.id, %player, is_lost, "left");
            if is_lost {
                this.parts.room.handle_drop(player);
            } else {
                this.parts.room.handle_leave(player);
            }
            this.parts.handle.board.post(&this.parts.room);
        });
    }
}
