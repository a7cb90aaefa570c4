//! What a host does, as far as it is the driver's: who was sent away is kept out, and a room that is closed ends.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Instant;

use actix::{Context, Handler};
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::PlayerId;
use tickwire_simulation::room::{Room, SeatRequest};
use tracing::info;

use super::driver::RoomDriver;
use crate::messages::{CloseRoom, WhoIs};

/// Guests beyond twice the members of a room are looked through for those who have left.
const SPARE_GUESTS: usize = 16;

/// Where the members of a room came from, as far as addresses are counted at all.
#[derive(Debug, Default)]
pub struct Guests(BTreeMap<PlayerId, IpAddr>);

impl Guests {
    /// Somebody has come in.
    pub(super) fn note(&mut self, player: PlayerId, address: Option<IpAddr>, room: &Room) {
        let Some(address) = address else { return };
        self.0.insert(player, address);
        if self.0.len() > 2 * room.world().roster().len() + SPARE_GUESTS {
            self.0.retain(|player, _| room.world().roster().contains_key(player));
        }
    }

    /// Where those came from who are members.
    pub(super) fn of_members(&self, room: &Room) -> Vec<(PlayerId, IpAddr)> {
        let is_member = |(player, _): &(&PlayerId, _)| room.world().roster().contains_key(player);
        let members = self.0.iter().filter(is_member);
        members.map(|(&player, &address)| (player, address)).collect()
    }

    /// Where somebody came from who is gone.
    fn take(&mut self, player: PlayerId) -> Option<IpAddr> {
        self.0.remove(&player)
    }
}

impl From<Vec<(PlayerId, IpAddr)>> for Guests {
    fn from(members: Vec<(PlayerId, IpAddr)>) -> Self {
        Self(members.into_iter().collect())
    }
}

impl RoomDriver {
    /// Somebody's connection is about to be closed for this reason.
    pub(super) fn note_closed(&mut self, player: PlayerId, reason: CloseReason) {
        if reason == CloseReason::Kicked {
            info!(room = %self.parts.handle.id, %player, "sent away by the host");
            if let Some(address) = self.parts.guests.take(player) {
                self.parts.handle.door.keep_out(address, Instant::now());
            }
        }
    }
}

impl Handler<CloseRoom> for RoomDriver {
    type Result = ();

    fn handle(&mut self, _: CloseRoom, context: &mut Self::Context) {
        if !self.runs() {
            // At its next tick, if it is to have one here.
            self.is_closed = true;
        } else if !self.is_ending {
            self.guard(context, |this, context: &mut Context<Self>| {
                this.is_closed = true;
                this.end(CloseReason::RoomEnded, context);
            });
        }
    }
}

impl Handler<WhoIs> for RoomDriver {
    type Result = Option<SeatRequest>;

    fn handle(&mut self, WhoIs(player): WhoIs, _: &mut Self::Context) -> Self::Result {
        self.parts.room.seat_of(player)
    }
}
