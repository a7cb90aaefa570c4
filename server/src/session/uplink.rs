//! From a client to its room, while it is in: what its session forwards.
//!
//! Messages to the room are nearly all that a connection brings. The session's actor decides who is in and
//! what becomes of the connection; forwarding needs none of that, so the connection's
//! [`Pump`](super::pump::Pump) does it here, without waking the actor: with a thousand clients an actor's
//! mailbox, timers and streams are out of the cache every time. What is not sound goes on to the actor,
//! which ends the session.

use std::cell::{Cell, RefCell};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tickwire_protocol::ids::{PlayerId, RequestId};
use tickwire_protocol::message::{ClientMessage, Request, RequestKind, ServerMessage};
use tickwire_protocol::version::Subprotocol;

use super::SessionId;
use super::change::{Asking, Changes};
use super::core::{Session, SessionError};
use super::downlink::Downlink;
use super::environment::SocketEnvironment;
use super::lobbying::{self, Asked, Lobbying};
use crate::lobby::Elsewhere;
use crate::room::RoomHandle;
use crate::room::inbox::{Arrival, RoomMessage};

/// Where a client is in.
struct Seat {
    room: RoomHandle,
    player: PlayerId,
}

/// A client's way to its room.
pub struct Uplink {
    id: SessionId,
    environment: Arc<SocketEnvironment>,
    downlink: Downlink,
    session: RefCell<Session>,
    seat: RefCell<Option<Seat>>,
    /// Where it comes from.
    address: Option<IpAddr>,
    changes: Changes,
    lobbying: Lobbying,
    /// The newest request: one that is not above it is not answered, whoever would answer it.
    newest_request: Cell<RequestId>,
    /// What is wrong with the message that goes on to the actor.
    fault: Cell<Option<SessionError>>,
}

impl Uplink {
    /// The way of a client that is not in yet.
    #[must_use]
    pub fn new(
        id: SessionId,
        environment: Arc<SocketEnvironment>,
        downlink: Downlink,
        session: Session,
        address: Option<IpAddr>,
        speaks: Subprotocol,
    ) -> Self {
        let lobbying = Lobbying::new(id, speaks, environment.epoch.now());
        Self {
            id,
            environment,
            downlink,
            session: RefCell::new(session),
            seat: RefCell::new(None),
            address,
            changes: Changes::default(),
            lobbying,
            newest_request: Cell::default(),
            fault: Cell::new(None),
        }
    }

    /// The client is in.
    pub fn open(&self, room: RoomHandle, player: PlayerId) {
        self.session.borrow_mut().handle_welcomed();
        *self.seat.borrow_mut() = Some(Seat { room, player });
    }

    /// It is not any more.
    pub fn close(&self) {
        *self.seat.borrow_mut() = None;
        self.lobbying.leave();
    }

    /// What the session decides of something else than a message to forward.
    pub fn decide<T>(&self, decide: impl FnOnce(&mut Session, Duration) -> T) -> T {
        decide(&mut self.session.borrow_mut(), self.environment.epoch.now())
    }

    /// Forwards a whole binary message. False when the actor is to have it.
    #[must_use]
    pub fn forward(&self, payload: &[u8]) -> bool {
        if matches!(self.downlink, Downlink::Text(_)) {
            return false;
        }
        let seat = self.seat.borrow();
        let Some(seat) = &*seat else { return false };
        let now = self.environment.epoch.now();
        match self.session.borrow_mut().handle_message(payload, now) {
            Ok(message) => {
                self.tell(seat, message, now);
                true
            }
            Err(cause) => {
                self.fault.set(Some(cause));
                false
            }
        }
    }

    /// Takes in a whole binary message that was not forwarded.
    ///
    /// # Errors
    /// [`SessionError`] when the session must end.
    pub fn check(&self, payload: &[u8]) -> Result<ClientMessage, SessionError> {
        match self.fault.take() {
            Some(cause) => Err(cause),
            None => self.decide(|session, now| session.handle_message(payload, now)),
        }
    }

    /// Forwards a message that came otherwise, in fragments. Nothing when the client is not in.
    pub fn forward_message(&self, message: ClientMessage) {
        if let Some(seat) = &*self.seat.borrow() {
            self.tell(seat, message, self.environment.epoch.now());
        }
    }

    fn is_next_request(&self, id: RequestId) -> bool {
        let newest = self.newest_request.get();
        self.newest_request.set(newest.max(id));
        id > newest
    }

    /// Has the lobby do what is asked of it. What is for the room comes back.
    fn ask_lobby(
        &self,
        seat: &Seat,
        id: RequestId,
        what: RequestKind,
        now: Duration,
    ) -> Option<RequestKind> {
        let &Seat { ref room, player } = seat;
        let asked = match what {
            RequestKind::ChangeRoom { room: to, game, code, password } => {
                let (session, address) = (self.id, self.address);
                let to = Elsewhere { room: to, game, code, password };
                let who = Asking { session, room, player, address };
                self.changes.ask(&self.environment.lobby, who, id, to);
                return None;
            }
            RequestKind::EnterLobby => Asked::Enter,
            RequestKind::LeaveLobby => Asked::Leave,
            RequestKind::SayToLobby { text } => Asked::Say(text),
            RequestKind::WhoIsOnline => Asked::WhoIsOnline,
            RequestKind::Rename { .. }
            | RequestKind::Game(_)
            | RequestKind::Kick { .. }
            | RequestKind::CloseRoom => return Some(what),
        };
        let who = lobbying::Asking { id, room, player, now };
        self.lobbying.ask(&self.environment, &who, asked);
        None
    }

    fn tell(&self, seat: &Seat, message: ClientMessage, now: Duration) {
        let at = seat.room.clock.at(now);
        let message = match message {
            ClientMessage::Ping { nonce } => {
                let room_time_us = u64::try_from(at.as_micros()).unwrap_or(u64::MAX);
                self.downlink.queue(&ServerMessage::Pong { nonce, room_time_us }.to_bytes());
                return;
            }
            ClientMessage::Input(input) => RoomMessage::Input(input),
            ClientMessage::Ack(ack) => RoomMessage::Ack(ack),
            ClientMessage::Game(message) => RoomMessage::Game(message),
            ClientMessage::Request(Request { id, .. }) if !self.is_next_request(id) => return,
            ClientMessage::Request(Request { id, what }) => {
                let Some(what) = self.ask_lobby(seat, id, what, now) else { return };
                RoomMessage::Request(Request { id, what })
            }
            ClientMessage::Look(look) => RoomMessage::Look(look),
            ClientMessage::Differs(difference) => RoomMessage::Difference(difference),
            ClientMessage::Recent { frames } => RoomMessage::Recent(frames),
            // The session lets tokens pass only where they are due.
            ClientMessage::Enter { .. } | ClientMessage::Resume { .. } => return,
        };
        let arrival = Arrival { session: self.id, player: seat.player, at, message };
        if seat.room.inbox.push(arrival).is_err() {
            self.environment.metrics.inbox_full.inc();
        }
    }
}
