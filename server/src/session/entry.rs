//! How a connection gets into its room: by a token in its URL or in its first message, for a seat that is
//! kept or to come back as the same player.

use std::rc::Rc;

use actix::AsyncContext;
use actix::fut::{ActorFutureExt, WrapFuture};
use actix_web_actors::ws::WebsocketContext;
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::message::ClientMessage;
use tracing::warn;

use super::outbox::LocalOutbox;
use super::socket::{Socket, State};
use crate::identity::TokenError;
use crate::lobby::{Admitted, RedeemError};
use crate::messages::Connect;

/// What is known of a connection when it begins.
pub enum Entry {
    /// What its token lets it do, or why it does nothing.
    Decided(Result<Admitted, RedeemError>),
    /// Its token is to come as the first message.
    Awaited,
}

impl Socket {
    /// Waits for a token, for a time.
    pub(super) fn await_token(&mut self, context: &mut WebsocketContext<Self>) {
        self.state = State::Awaiting;
        let stopping = self.environment.stopping.clone();
        let stopped = async move { stopping.begun().await }.into_actor(self);
        context.spawn(stopped.map(|(), socket, context| {
            if matches!(socket.state, State::Awaiting) {
                socket.close(CloseReason::Restarting, context);
            }
        }));
        context.run_later(self.environment.limits.entry_timeout, |socket, context| {
            if matches!(socket.state, State::Awaiting) {
                socket.enter(Err(RedeemError::Token(TokenError::Missing)), context);
            }
        });
    }

    /// Takes the first message, which the session has seen to be a token.
    pub(super) fn enter_with(
        &mut self,
        message: ClientMessage,
        context: &mut WebsocketContext<Self>,
    ) {
        let lobby = &self.environment.lobby;
        match message {
            ClientMessage::Enter { token } => self.enter(lobby.redeem(&token), context),
            ClientMessage::Resume { token, event } => {
                self.enter(lobby.resume(&token, event), context);
            }
            _ => {}
        }
    }

    pub(super) fn enter(
        &mut self,
        admitted: Result<Admitted, RedeemError>,
        context: &mut WebsocketContext<Self>,
    ) {
        match admitted {
            Ok(admitted) => self.connect(admitted, context),
            Err(cause) => {
                warn!(session = %self.id, %cause, code = cause.reason().code(), "refused");
                self.close_saying(cause.reason(), cause.to_string(), context);
            }
        }
    }

    fn connect(&mut self, admitted: Admitted, context: &mut WebsocketContext<Self>) {
        let outbox = LocalOutbox::here();
        context.add_stream(outbox.open(self.id, Rc::clone(&self.line)));
        let Admitted { room, purpose } = admitted;
        let (session, outbox) = (self.id, outbox.address());
        let connect = Connect { session, outbox, purpose, speaks: self.speaks };
        // One message per token, so this cannot pile up.
        let asked = room.address.send(connect).into_actor(self).map(|asked, socket, context| {
            // What the room decides comes through the outbox; this is a room that has ended.
            if let (Err(_), State::Connecting(room)) = (asked, &socket.state) {
                let reason = socket.environment.reason_of_missing_room(room);
                socket.close(reason, context);
            }
        });
        context.spawn(asked);
        self.state = State::Connecting(room);
    }
}
