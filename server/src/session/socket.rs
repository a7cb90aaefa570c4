//! The session's actor: whether a client is in, whether it is alive, how it ends. What it then says to its
//! room its [`Uplink`] forwards.
//!
//! It is polled by its connection's [`Pump`], which goes on while a write is pending: so the heartbeat
//! runs whether or not the client reads.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorContext, AsyncContext, StreamHandler};
use actix_http::ws::Item;
use actix_web_actors::ws::{self, CloseCode, ProtocolError, WebsocketContext};
use tickwire_protocol::close::{CloseReason, Reconnect};
use tickwire_protocol::message::ClientMessage;
use tickwire_protocol::version::Subprotocol;
use tracing::{debug, info, warn};

use super::SessionId;
use super::assembly::{Fragment, Kind};
use super::core::{Session, SessionError};
use super::entry::Entry;
use super::environment::SocketEnvironment;
use super::line::Line;
use super::pump::Pump;
use super::transport::{self, TransportLimits, Upgraded};
use super::uplink::Uplink;
use crate::messages::{Disconnect, Outgoing};
use crate::room::RoomHandle;

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
    /// A close frame is on its way; nothing that comes in counts any more.
    Closing,
}

/// One connection.
pub struct Socket {
    pub(super) id: SessionId,
    uplink: Rc<Uplink>,
    pub(super) state: State,
    pub(super) line: Rc<Line>,
    pub(super) speaks: Subprotocol,
    pub(super) environment: Arc<SocketEnvironment>,
    /// When its client is pinged next.
    next_beat: Duration,
}

/// How a connection that ended without a close frame is counted.
const LOST: &str = "lost";
/// By how much longer than a client may be silent a write may make no progress: silence, and state
/// that goes unacknowledged, are told the client in a close frame first.
const WRITE_MARGIN: Duration = Duration::from_secs(1);

/// Serves a WebSocket that begins with this entry, until it is closed.
///
/// A connection without a seat is opened all the same, and closed for the reason given: browsers
/// tell a page the close code, but never the status of a refused handshake.
pub fn serve(
    entry: Entry,
    speaks: Subprotocol,
    environment: Arc<SocketEnvironment>,
    upgraded: Upgraded,
) -> Pump {
    let limits = TransportLimits {
        frame_bytes: environment.limits.message.bytes,
        write_patience: environment.limits.timeout + WRITE_MARGIN,
    };
    let is_token_due = matches!(entry, Entry::Awaited);
    let now = environment.epoch.now();
    let session = Session::new(environment.limits, is_token_due, now);
    let (id, line, state) = (SessionId::random(), upgraded.line(), State::Opening(entry));
    let uplink = Rc::new(Uplink::new(id, Arc::clone(&environment), Rc::clone(&line), session));
    let next_beat = now + environment.heartbeat_interval;
    let socket =
        Socket { id, uplink: Rc::clone(&uplink), state, line, speaks, environment, next_beat };
    transport::serve(socket, Some(uplink), upgraded, limits)
}

impl Socket {
    fn handle_message(
        &mut self,
        message: Result<Option<ClientMessage>, SessionError>,
        context: &mut WebsocketContext<Self>,
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

    fn forward(&mut self, message: ClientMessage, context: &mut WebsocketContext<Self>) {
        match &self.state {
            State::Awaiting => self.enter_with(message, context),
            _ => self.uplink.forward_message(message),
        }
    }

    fn beat(&mut self, context: &mut WebsocketContext<Self>) {
        match &self.state {
            State::Opening(_) | State::Awaiting | State::Closing => {}
            // A room says goodbye to everybody, unless its thread is gone.
            State::Joined(room) if !room.address.connected() => {
                self.close(CloseReason::Internal, context);
            }
            State::Connecting(_) | State::Joined(_) => context.ping(b""),
        }
    }

    /// Ends a session that has been silent too long, else looks again when it can have been. Pings the client
    /// in between. (By one timer: each takes memory, and time whenever the actor is polled.)
    fn listen(&mut self, context: &mut WebsocketContext<Self>) {
        if matches!(self.state, State::Closing) {
            // The close frame is out already.
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

    pub(super) fn close(&mut self, reason: CloseReason, context: &mut WebsocketContext<Self>) {
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
        context: &mut WebsocketContext<Self>,
    ) {
        self.leave_room(reason.reconnect() != Reconnect::Never);
        info!(session = %self.id, cause = reason.label(), code = reason.code(), "closed");
        self.environment.metrics.note_close(reason.label());
        transport::close(reason, text, &self.line, context);
    }

    /// Leaves the room, once: for good, or for a time in which the client can come back.
    fn leave_room(&mut self, is_lost: bool) {
        self.uplink.close();
        if let State::Connecting(room) | State::Joined(room) =
            std::mem::replace(&mut self.state, State::Closing)
        {
            room.address.do_send(Disconnect { session: self.id, is_lost });
        }
    }
}

impl Actor for Socket {
    type Context = WebsocketContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        self.environment.metrics.sessions.inc();
        self.listen(context);
        match std::mem::replace(&mut self.state, State::Closing) {
            State::Opening(Entry::Decided(admitted)) => self.enter(admitted, context),
            State::Opening(Entry::Awaited) => self.await_token(context),
            other => self.state = other,
        }
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        if !matches!(self.state, State::Closing) {
            debug!(session = %self.id, "connection lost");
            self.environment.metrics.note_close(LOST);
        }
        self.leave_room(true);
        self.environment.metrics.sessions.dec();
    }
}

impl StreamHandler<Outgoing> for Socket {
    fn handle(&mut self, outgoing: Outgoing, context: &mut Self::Context) {
        if matches!(self.state, State::Closing) {
            // Nothing follows a close frame.
            return;
        }
        match outgoing {
            Outgoing::Joined(player) => {
                if let State::Connecting(room) = &self.state {
                    self.uplink.open(room.clone(), player);
                    self.state = State::Joined(room.clone());
                }
            }
            Outgoing::Binary(bytes) => context.binary(bytes),
            Outgoing::Close(reason) => {
                // The room has freed the seat already.
                self.state = State::Closing;
                self.close(reason, context);
            }
        }
    }
}

impl StreamHandler<Result<ws::Message, ProtocolError>> for Socket {
    fn handle(&mut self, frame: Result<ws::Message, ProtocolError>, context: &mut Self::Context) {
        if matches!(self.state, State::Closing) {
            if let Ok(ws::Message::Close(_)) = frame {
                context.stop();
            }
            return;
        }
        match frame {
            Ok(ws::Message::Binary(bytes)) => {
                let message = self.uplink.check(&bytes).map(Some);
                self.handle_message(message, context);
            }
            Ok(ws::Message::Continuation(item)) => self.handle_continuation(item, context),
            Ok(ws::Message::Text(_)) => self.refuse(CloseReason::TextNotBinary, context),
            Ok(ws::Message::Ping(payload)) => {
                if self.handle_control(&payload, context) {
                    context.pong(&payload);
                }
            }
            Ok(ws::Message::Pong(payload)) => {
                self.handle_control(&payload, context);
            }
            Ok(ws::Message::Close(reason)) => {
                debug!(session = %self.id, "client closed");
                // A page that is left says so by itself; somebody who leaves says that they do.
                let is_lost = reason.as_ref().is_some_and(|reason| reason.code == CloseCode::Away);
                self.leave_room(is_lost);
                self.environment.metrics.note_close(CloseReason::Normal.label());
                transport::answer_close(reason, &self.line, context);
            }
            Ok(ws::Message::Nop) => {}
            Err(error) => match transport::reason_of(&error, &self.line) {
                Some(reason) => self.refuse(reason, context),
                None => context.stop(),
            },
        }
    }

    fn finished(&mut self, context: &mut Self::Context) {
        context.stop();
    }
}

impl Socket {
    /// Whether the client may go on.
    fn handle_control(&mut self, payload: &[u8], context: &mut WebsocketContext<Self>) -> bool {
        let heard = self.uplink.decide(|session, now| session.handle_control(payload, now));
        let goes_on = heard.is_ok();
        self.handle_message(heard.map(|()| None), context);
        goes_on
    }

    fn refuse(&mut self, reason: CloseReason, context: &mut WebsocketContext<Self>) {
        warn!(session = %self.id, cause = reason.label(), code = reason.code(), "bad frame");
        self.close(reason, context);
    }

    fn handle_continuation(&mut self, item: Item, context: &mut WebsocketContext<Self>) {
        let (part, bytes) = transport::fragment_of(item);
        if part == Fragment::First(Kind::Text) {
            return self.refuse(CloseReason::TextNotBinary, context);
        }
        let message = self.uplink.decide(|session, now| session.handle_fragment(part, &bytes, now));
        self.handle_message(message, context);
    }
}
