//! A session over a WebSocket.
//!
//! Its actor is polled by its connection's [`Pump`], which goes on while a write is pending: so the heartbeat
//! runs whether or not the client reads.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{ActorContext, StreamHandler};
use actix_http::ws::Item;
use actix_web_actors::ws::{self, CloseCode, ProtocolError, WebsocketContext};
use bytes::Bytes;
use tickwire_protocol::close::CloseReason;

use super::assembly::{Fragment, Kind};
use super::client::{Carrier, Client};
use super::downlink::Downlink;
use super::entry::Newcomer;
use super::environment::SocketEnvironment;
use super::line::Line;
use super::pump::Pump;
use super::text::{TextLine, Told};
use super::transport::{self, TransportLimits, Upgraded};

/// By how much longer than a client may be silent a write may make no progress: silence, and state
/// that goes unacknowledged, are told the client in a close frame first.
const WRITE_MARGIN: Duration = Duration::from_secs(1);

/// A WebSocket, as a session's actor uses it.
pub struct WebSocket {
    line: Rc<Line>,
    /// Where its client speaks text.
    text: Option<Rc<TextLine>>,
}

/// Serves a WebSocket of this newcomer, until it is closed.
///
/// A connection without a seat is opened all the same, and closed for the reason given: browsers
/// tell a page the close code, but never the status of a refused handshake.
pub fn serve(newcomer: Newcomer, environment: Arc<SocketEnvironment>, upgraded: Upgraded) -> Pump {
    let limits = TransportLimits {
        frame_bytes: environment.limits.message.bytes,
        write_patience: environment.limits.timeout + WRITE_MARGIN,
    };
    let line = upgraded.line();
    let text = newcomer.speaks.is_text().then(|| Rc::new(TextLine::new(Rc::clone(&line))));
    let downlink = match &text {
        Some(text) => Downlink::Text(Rc::clone(text)),
        None => Downlink::Socket(Rc::clone(&line)),
    };
    let carrier = WebSocket { line, text };
    let client = Client::new(newcomer, carrier, downlink, environment);
    let uplink = Rc::clone(&client.uplink);
    transport::serve(client, Some(uplink), upgraded, limits)
}

impl Carrier for WebSocket {
    type Context = WebsocketContext<Client<Self>>;

    fn send(&mut self, message: Bytes, context: &mut Self::Context) {
        let Some(text) = &self.text else { return context.binary(message) };
        let Some(Told { text, ping }) = text.tell(&message) else { return };
        context.text(String::from_utf8_lossy(&text).into_owned());
        if let Some(ping) = ping {
            context.ping(&ping);
        }
    }

    fn ping(&mut self, context: &mut Self::Context) {
        context.ping(b"");
    }

    fn close(&mut self, reason: CloseReason, text: String, context: &mut Self::Context) {
        transport::close(reason, text, &self.line, context);
    }
}

impl StreamHandler<Result<ws::Message, ProtocolError>> for Client<WebSocket> {
    fn handle(&mut self, frame: Result<ws::Message, ProtocolError>, context: &mut Self::Context) {
        if self.is_closing() {
            if let Ok(ws::Message::Close(_)) = frame {
                context.stop();
            }
            return;
        }
        let text = self.carrier.text.clone();
        match frame {
            Ok(ws::Message::Binary(bytes)) => match text {
                Some(line) => self.handle_untold(&line, &bytes, context),
                None => self.take_in(&bytes, context),
            },
            Ok(ws::Message::Continuation(item)) => self.handle_continuation(item, context),
            Ok(ws::Message::Text(said)) => match text {
                Some(line) => self.handle_text(&line, &said, context),
                None => self.refuse(CloseReason::TextNotBinary, context),
            },
            Ok(ws::Message::Ping(payload)) => {
                if self.handle_control(&payload, context) {
                    context.pong(&payload);
                }
            }
            Ok(ws::Message::Pong(payload)) => {
                if self.handle_control(&payload, context)
                    && let Some(line) = text
                {
                    self.handle_pong(&line, &payload);
                }
            }
            Ok(ws::Message::Close(reason)) => {
                let is_lost = reason.as_ref().is_some_and(|reason| reason.code == CloseCode::Away);
                self.handle_goodbye(is_lost);
                transport::answer_close(reason, &self.carrier.line, context);
            }
            Ok(ws::Message::Nop) => {}
            Err(error) => match transport::reason_of(&error, &self.carrier.line) {
                Some(reason) => self.refuse(reason, context),
                None => context.stop(),
            },
        }
    }

    fn finished(&mut self, context: &mut Self::Context) {
        context.stop();
    }
}

impl Client<WebSocket> {
    fn handle_continuation(&mut self, item: Item, context: &mut WebsocketContext<Self>) {
        let (part, bytes) = transport::fragment_of(item);
        if let Some(line) = self.carrier.text.clone() {
            return self.handle_text_fragment(&line, part, &bytes, context);
        }
        if part == Fragment::First(Kind::Text) {
            return self.refuse(CloseReason::TextNotBinary, context);
        }
        let message = self.uplink.decide(|session, now| session.handle_fragment(part, &bytes, now));
        self.handle_message(message, context);
    }
}
