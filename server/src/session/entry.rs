//! How a connection gets into its room: by a token in its URL or in its first message, for a seat that is
//! kept or to come back as the same player.

use std::net::IpAddr;

use actix::AsyncContext;
use actix::fut::{ActorFutureExt, WrapFuture};
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::message::ClientMessage;
use tickwire_protocol::version::Subprotocol;
use tracing::warn;

use super::client::{Carrier, Client, State};
use super::outbox::LocalOutbox;
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

/// Who begins a session.
pub struct Newcomer {
    /// How they get in.
    pub entry: Entry,
    /// What they speak.
    pub speaks: Subprotocol,
    /// Where they come from.
    pub address: Option<IpAddr>,
}

impl<C: Carrier> Client<C> {
    /// Waits for a token, for a time.
    pub(super) fn await_token(&mut self, context: &mut C::Context) {
        self.state = State::Awaiting;
        let stopping = self.environment.stopping.clone();
        let stopped = async move { stopping.begun().await }.into_actor(self);
        context.spawn(stopped.map(|(), client, context| {
            if matches!(client.state, State::Awaiting) {
                client.close(CloseReason::Restarting, context);
            }
        }));
        context.run_later(self.environment.limits.entry_timeout, |client, context| {
            if matches!(client.state, State::Awaiting) {
                client.enter(Err(RedeemError::Token(TokenError::Missing)), context);
            }
        });
    }

    /// Takes the first message, which the session has seen to be a token.
    pub(super) fn enter_with(&mut self, message: ClientMessage, context: &mut C::Context) {
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
        context: &mut C::Context,
    ) {
        match admitted {
            Ok(admitted) => self.connect(admitted, context),
            Err(cause) => {
                let reason = self.speaks.reason(cause.reason());
                warn!(session = %self.id, %cause, code = reason.code(), "refused");
                self.close_saying(reason, cause.to_string(), context);
            }
        }
    }

    fn connect(&mut self, admitted: Admitted, context: &mut C::Context) {
        let outbox = LocalOutbox::here();
        context.add_stream(outbox.open(self.id, self.downlink.clone()));
        let Admitted { room, purpose } = admitted;
        let (session, outbox) = (self.id, outbox.address());
        let connect = Connect { session, outbox, purpose, speaks: self.speaks };
        // One message per token, so this cannot pile up.
        let asked = room.address.send(connect).into_actor(self).map(|asked, client, context| {
            // What the room decides comes through the outbox; this is a room that has ended.
            if let (Err(_), State::Connecting(room)) = (asked, &client.state) {
                let reason = client.environment.reason_of_missing_room(room);
                client.close(reason, context);
            }
        });
        context.spawn(asked);
        self.state = State::Connecting(room);
    }
}
