//! An echo over the transport of sessions, for suites that test how a server speaks WebSocket. Served
//! only where the server was told to.

use std::rc::Rc;

use actix::{Actor, ActorContext, StreamHandler};
use actix_http::ws::Item;
use actix_web_actors::ws::{self, ProtocolError, WebsocketContext};
use tickwire_protocol::close::CloseReason;

use super::assembly::{Assembly, Kind, MessageLimits};
use super::line::Line;
use super::pump::Pump;
use super::transport::{self, TransportLimits, Upgraded};

/// Most that a message may be: what the suites' cases have, but for those of sheer size.
const LIMITS: MessageLimits = MessageLimits { bytes: 65_536, fragments: 65_536 };

/// A connection that gets back what it sends.
struct Echo {
    assembly: Assembly,
    line: Rc<Line>,
}

/// Serves an echo until it is closed. A write may make no progress for `write_patience`.
pub fn serve(upgraded: Upgraded, write_patience: std::time::Duration) -> Pump {
    let echo = Echo { assembly: Assembly::default(), line: upgraded.line() };
    let limits = TransportLimits { frame_bytes: LIMITS.bytes, write_patience };
    transport::serve(echo, None, upgraded, limits)
}

impl Actor for Echo {
    type Context = WebsocketContext<Self>;
}

impl Echo {
    fn handle_continuation(&mut self, item: Item, context: &mut WebsocketContext<Self>) {
        let (fragment, bytes) = transport::fragment_of(item);
        match self.assembly.push(fragment, &bytes, LIMITS) {
            Ok(None) => {}
            Ok(Some((Kind::Binary, bytes))) => context.binary(bytes),
            Ok(Some((Kind::Text, bytes))) => match String::from_utf8(bytes) {
                Ok(text) => context.text(text),
                Err(_) => self.refuse(CloseReason::InvalidUtf8, context),
            },
            Err(cause) => self.refuse(cause.reason(), context),
        }
    }

    fn refuse(&self, reason: CloseReason, context: &mut WebsocketContext<Self>) {
        transport::close(reason, reason.text().to_owned(), &self.line, context);
    }
}

impl StreamHandler<Result<ws::Message, ProtocolError>> for Echo {
    fn handle(&mut self, frame: Result<ws::Message, ProtocolError>, context: &mut Self::Context) {
        if self.line.is_closing() {
            if let Ok(ws::Message::Close(_)) = frame {
                context.stop();
            }
            return;
        }
        match frame {
            Ok(ws::Message::Text(text)) => context.text(text),
            Ok(ws::Message::Binary(bytes)) => context.binary(bytes),
            Ok(ws::Message::Continuation(item)) => self.handle_continuation(item, context),
            Ok(ws::Message::Ping(payload)) => context.pong(&payload),
            Ok(ws::Message::Pong(_) | ws::Message::Nop) => {}
            Ok(ws::Message::Close(reason)) => {
                transport::answer_close(reason, &self.line, context);
            }
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
