//! What leaves a room: at once, or once it is kept; and nothing at all from a server that may not run it.
//!
//! ```text
//! Room::poll_output ─→ routes ─┬──────────────────────────────→ outboxes
//!                              └─→ safekeeping, until it is kept ─┘
//! ```

use actix::{AsyncContext, Context};
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::{Refusal, ServerMessage};
use tickwire_protocol::version::Subprotocol;
use tickwire_simulation::room::Output;
use tracing::{error, warn};

use super::RoomHandle;
use super::driver::RoomDriver;
use super::routes::send;
use super::safekeeping::Safekeeping;
use crate::identity::ResumeClaims;
use crate::messages::{HearKept, Outgoing};

impl RoomDriver {
    /// Sends what the room wants sent.
    pub(super) fn hand_over(&mut self) {
        while let Some(output) = self.parts.room.poll_output() {
            self.queue(output);
        }
        self.send_out();
    }

    /// Hands over what is queued, if the room may be run here; with what has to be kept first it waits for that.
    pub(super) fn send_out(&mut self) {
        if !self.has_warrant() {
            return;
        }
        match self.safe.as_mut().filter(|safe| safe.holds()) {
            Some(safe) => safe.hold(self.routes.take()),
            None => self.routes.hand_over(),
        }
    }

    /// Hands over what need not wait any more.
    pub(super) fn release(&mut self) {
        if self.safe.is_none() || !self.has_warrant() {
            return;
        }
        while let Some(batches) = self.safe.as_mut().and_then(Safekeeping::release) {
            send(batches);
        }
    }

    /// Whoever comes in while the room stands still is not kept waiting for the next tick to be kept.
    pub(super) fn secure_entrance(&mut self) {
        if self.stands_since.is_some() && self.safe.as_ref().is_some_and(Safekeeping::holds) {
            self.parts.room.record_happenings();
            self.write_down();
        }
    }

    /// Tells everybody where the cluster is, if that has changed.
    pub(super) fn tell_nodes(&mut self) {
        let version = self.parts.cluster.nodes.version();
        if version != self.nodes_version {
            self.nodes_version = version;
            for player in self.routes.players() {
                self.tell_owner_to(player);
            }
        }
    }

    /// Tells a player where the room is, if there is a cluster and its connection knows of such.
    fn tell_owner_to(&mut self, player: PlayerId) {
        let fence = self.parts.handle.fence;
        let knows = self.routes.speaks(player).is_some_and(|speaks| speaks != Subprotocol::V1_0);
        if knows && fence.is_some() {
            let nodes = self.parts.cluster.nodes.read().to_vec();
            self.routes.queue(player, told(&ServerMessage::Owner { fence, nodes }));
        }
    }

    fn queue(&mut self, output: Output) {
        let (player, outgoing) = match output {
            Output::Send { player, bytes } => (player, Outgoing::Binary(bytes)),
            Output::Welcome { player, mut welcome, key } => {
                let room = self.parts.handle.id;
                let claims = ResumeClaims { room, player, key };
                welcome.resume_token = self.parts.keyring.issue_resume(claims);
                self.routes.queue(player, told(&ServerMessage::Welcome(welcome)));
                self.tell_owner_to(player);
                return;
            }
            Output::Refuse { player, refusal } => {
                self.warn_of(player, &refusal);
                (player, told(&ServerMessage::Refused(refusal)))
            }
            Output::Answer { player, answer } => (player, told(&ServerMessage::Answer(answer))),
            Output::Host { player, host } => {
                if !self.routes.speaks(player).is_some_and(Subprotocol::has_hosts) {
                    return;
                }
                (player, told(&ServerMessage::Host { player: host }))
            }
            Output::End => {
                self.is_closed = true;
                return;
            }
            Output::Desync { player, report, recent } => {
                let session = self.routes.session(player);
                warn!(?session, room = %self.parts.handle.id, %player, %report, "desync");
                self.write_down_desync(player, &report, &recent);
                return;
            }
            Output::Oversized { player, cause } => {
                let session = self.routes.session(player);
                error!(?session, room = %self.parts.handle.id, %player, %cause, "state too large");
                return;
            }
            Output::Close { player, reason } => {
                self.note_closed(player, reason);
                let speaks = self.routes.speaks(player).unwrap_or(Subprotocol::UNNAMED);
                (player, Outgoing::Close(speaks.reason(reason)))
            }
        };
        self.routes.queue(player, outgoing);
    }

    fn warn_of(&mut self, player: PlayerId, refusal: &Refusal) {
        if let Some(session) = self.routes.may_warn(player, self.parts.epoch.now()) {
            let room = self.parts.handle.id;
            warn!(%session, %room, %player, cause = %refusal.cause, "refused");
        }
    }

    /// From now on what is done is kept elsewhere, if it is to be.
    pub(super) fn open_safekeeping(&mut self, context: &Context<Self>) {
        let RoomHandle { id, fence, .. } = self.parts.handle;
        let cluster = &self.parts.cluster;
        let (Some(keeper), Some(header)) = (cluster.keeper_for(fence), &self.parts.header) else {
            return;
        };
        let address = context.address();
        let keeping = keeper.open(id, fence, Box::new(move |kept| address.do_send(HearKept(kept))));
        self.safe = Some(Safekeeping::new(header.clone(), keeping, cluster.durability));
        // The whole of it, before anybody comes.
        self.write_down();
    }
}

/// A message for one client.
pub(super) fn told(message: &ServerMessage) -> Outgoing {
    Outgoing::Binary(message.to_bytes().into())
}
