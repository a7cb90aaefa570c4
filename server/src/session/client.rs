//! The session's actor: whether a client is in, whether it is alive, how it ends, whatever carries its
//! messages. What it then says to its room its [`Uplink`] forwards, and what its room says comes by the
//! [`Downlink`]; the actor's are entry, heartbeat, faults and the end.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, AsyncContext, StreamHandler};
use bytes::Bytes;
use tickwire_protocol::close::{CloseReason, Reconnect};
use tickwire_protocol::message::ClientMessage;
use tickwire_protocol::version::Subprotocol;
use tracing::{debug, info, warn};

use super::SessionId;
use super::core::{Session, SessionError};
use super::downlink::Downlink;
use super::entry::{Entry, Newcomer};
use super::environment::SocketEnvironment;
use super::uplink::Uplink;
use crate::messages::{Disconnect, Outgoing};
use crate::room::RoomHandle;

/// What carries a session's messages, as its actor uses it.
pub trait Carrier: Sized + Unpin + 'static {
    /// What the actor runs in.
    type Context: AsyncContext<Client<Self>>;

    /// Sends a message, behind all others.
    fn send(&mut self, message: Bytes, context: &mut Self::Context);
    /// Asks the client for a sign of life.
    fn ping(&mut self, context: &mut Self::Context);
    /// Begins to end the connection for this reason, in these words. Nothing is sent any more.
    fn close(&mut self, reason: CloseReason, text: String, context: &mut Self::Context);
}

/// Where a connection is in its life.
pub(super) enum State {
    /// Not started.
    Opening(Entry),
    /// The first message has to be a token.
    Awaiting,
    /// The room has been asked for the seat.
    Connecting(RoomHandle),
    /// In the room.
    Joined(RoomHandle),
    /// The end is on its way; nothing that comes in counts any more.
    Closing,
}

/// One connection.
pub struct Client<C> {
    pub(super) id: SessionId,
    pub(super) carrier: C,
    pub(super) uplink: Rc<Uplink>,
    pub(super) state: State,
    pub(super) downlink: Downlink,
    pub(super) speaks: Subprotocol,
    pub(super) environment: Arc<SocketEnvironment>,
    /// When its client is pinged next.
    next_beat: Duration,
    /// It is among the sessions that are counted: from its beginning until its end is told.
    is_counted: bool,
}

/// How a connection that ended without a word is counted.
const LOST: &str = "lost";

impl<C: Carrier> Client<C> {
    /// A connection that begins.
    pub(super) fn new(
        newcomer: Newcomer,
        carrier: C,
        downlink: Downlink,
        environment: Arc<SocketEnvironment>,
    ) -> Self {
        let Newcomer { entry, speaks, address } = newcomer;
        let is_token_due = matches!(entry, Entry::Awaited);
        let now = environment.epoch.now();
        let session = Session::new(environment.limits, is_token_due, now);
        let (id, state) = (SessionId::random(), State::Opening(entry));
        let uplink =
            Uplink::new(id, Arc::clone(&environment), downlink.clone(), session, address, speaks);
        let (uplink, next_beat) = (Rc::new(uplink), now + environment.heartbeat_interval);
        Self {
            id,
            carrier,
            uplink,
            state,
            downlink,
            speaks,
            environment,
            next_beat,
            is_counted: false,
        }
    }

    pub(super) const fn is_closing(&self) -> bool {
        matches!(self.state, State::Closing)
    }

    /// Takes in a whole message that its uplink has not forwarded.
    pub(super) fn take_in(&mut self, message: &[u8], context: &mut C::Context) {
        let message = self.uplink.check(message).map(Some);
        self.handle_message(message, context);
    }

    pub(super) fn handle_message(
        &mut self,
        message: Result<Option<ClientMessage>, SessionError>,
        context: &mut C::Context,
    ) {
        match message {
            Ok(Some(message)) => self.forward(message, context),
            Ok(None) => {}
            Err(cause) => {
                let reason = cause.reason();
                warn!(session = %self.id, %cause, code = reason.code(), "bad message");
                self.close(reason, context);
            }
        }
    }

    fn forward(&mut self, message: ClientMessage, context: &mut C::Context) {
        match &self.state {
            State::Awaiting => self.enter_with(message, context),
            _ => self.uplink.forward_message(message),
        }
    }

    /// Takes in something that is no more than a sign of life. Whether the client may go on.
    pub(super) fn handle_control(&mut self, payload: &[u8], context: &mut C::Context) -> bool {
        let heard = self.uplink.decide(|session, now| session.handle_control(payload, now));
        let goes_on = heard.is_ok();
        self.handle_message(heard.map(|()| None), context);
        goes_on
    }

    fn beat(&mut self, context: &mut C::Context) {
        match &self.state {
            State::Opening(_) | State::Awaiting | State::Closing => {}
            // A room says goodbye to everybody, unless its thread is gone.
            State::Joined(room) if !room.address.connected() => {
                self.close(CloseReason::Internal, context);
            }
            State::Connecting(_) | State::Joined(_) => self.carrier.ping(context),
        }
    }

    /// Ends a session that has been silent too long, else looks again when it can have been. Pings the client
    /// in between. (By one timer: each takes memory, and time whenever the actor is polled.)
    fn listen(&mut self, context: &mut C::Context) {
        if self.is_closing() {
            // The end is told already.
            return;
        }
        let (patience, now) = self.uplink.decide(|session, now| (session.patience(now), now));
        if patience.is_zero() {
            return self.close(CloseReason::SilentTooLong, context);
        }
        if now >= self.next_beat {
            self.next_beat = now + self.environment.heartbeat_interval;
            self.beat(context);
        }
        context.run_later(patience.min(self.next_beat - now), Self::listen);
    }

    /// Ends a connection whose client breaks the rules of what carries it.
    pub(super) fn refuse(&mut self, reason: CloseReason, context: &mut C::Context) {
        warn!(session = %self.id, cause = reason.label(), code = reason.code(), "bad frame");
        self.close(reason, context);
    }

    pub(super) fn close(&mut self, reason: CloseReason, context: &mut C::Context) {
        let text = match reason {
            CloseReason::TooLarge => self.environment.limits.message.advice(),
            _ => reason.text().to_owned(),
        };
        self.close_saying(reason, text, context);
    }

    /// The same, where there is more to say than a reason's own text.
    pub(super) fn close_saying(
        &mut self,
        reason: CloseReason,
        text: String,
        context: &mut C::Context,
    ) {
        self.leave_room(reason.reconnect() != Reconnect::Never);
        info!(session = %self.id, cause = reason.label(), code = reason.code(), "closed");
        self.environment.metrics.note_close(reason.label());
        self.carrier.close(reason, text, context);
    }

    /// The client has said goodbye. A page that is left says so by itself, and may come back; somebody who
    /// leaves says that they do.
    pub(super) fn handle_goodbye(&mut self, is_lost: bool) {
        debug!(session = %self.id, "client closed");
        self.leave_room(is_lost);
        self.environment.metrics.note_close(CloseReason::Normal.label());
    }

    /// Leaves the room, once: for good, or for a time in which the client can come back.
    fn leave_room(&mut self, is_lost: bool) {
        self.uplink.close();
        if std::mem::take(&mut self.is_counted) {
            self.environment.metrics.sessions.dec();
        }
        if let State::Connecting(room) | State::Joined(room) =
            std::mem::replace(&mut self.state, State::Closing)
        {
            room.address.do_send(Disconnect { session: self.id, is_lost });
        }
    }
}

impl<C: Carrier> Actor for Client<C> {
    type Context = C::Context;

    fn started(&mut self, context: &mut Self::Context) {
        self.environment.metrics.sessions.inc();
        self.is_counted = true;
        self.listen(context);
        match std::mem::replace(&mut self.state, State::Closing) {
            State::Opening(Entry::Decided(admitted)) => self.enter(admitted, context),
            State::Opening(Entry::Awaited) => self.await_token(context),
            other => self.state = other,
        }
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        if !self.is_closing() {
            debug!(session = %self.id, "connection lost");
            self.environment.metrics.note_close(LOST);
        }
        self.leave_room(true);
    }
}

impl<C: Carrier> StreamHandler<Outgoing> for Client<C> {
    fn handle(&mut self, outgoing: Outgoing, context: &mut Self::Context) {
        if self.is_closing() {
            // Nothing follows the end.
            return;
        }
        match outgoing {
            Outgoing::Joined(player) => {
                if let State::Connecting(room) = &self.state {
                    self.uplink.open(room.clone(), player);
                    self.state = State::Joined(room.clone());
                }
            }
            Outgoing::Binary(bytes) => self.carrier.send(bytes, context),
            Outgoing::Close(reason) => {
                // The room has freed the seat already.
                self.state = State::Closing;
                self.close(reason, context);
            }
        }
    }
}
