//! A client that asks for another room: its session asks the lobby, since no room knows of others.

use std::cell::Cell;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use tickwire_protocol::ids::{PlayerId, RequestId};
use tickwire_protocol::message::{Answer, Rejection, Reply, ServerMessage};

use super::SessionId;
use super::outbox::LocalOutbox;
use crate::lobby::{Elsewhere, Lobby};
use crate::messages::Outgoing;
use crate::room::RoomHandle;

/// What one connection has asked for.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// The lobby has not answered yet.
    is_under_way: Rc<Cell<bool>>,
}

/// Who asks.
pub(super) struct Asking<'a> {
    pub(super) session: SessionId,
    pub(super) room: &'a RoomHandle,
    pub(super) player: PlayerId,
    pub(super) address: Option<IpAddr>,
}

impl Changes {
    /// Asks the lobby, and has the answer sent. One at a time: each takes a seat.
    pub(super) fn ask(&self, lobby: &Arc<Lobby>, who: Asking<'_>, id: RequestId, to: Elsewhere) {
        let Asking { session, room, player, address } = who;
        if self.is_under_way.replace(true) {
            let text = "a seat elsewhere is being asked for already";
            return answer(session, id, Err(Rejection::new("busy", text)));
        }
        let (lobby, room) = (Arc::clone(lobby), room.clone());
        let is_under_way = Rc::clone(&self.is_under_way);
        actix::spawn(async move {
            let outcome = lobby.change_room(&room, player, address, to).await;
            is_under_way.set(false);
            answer(session, id, outcome);
        });
    }
}

fn answer(session: SessionId, id: RequestId, outcome: Reply) {
    let message = ServerMessage::Answer(Answer { id, outcome }).to_bytes();
    LocalOutbox::here().deliver(session, Outgoing::Binary(message.into()));
}
