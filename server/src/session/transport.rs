//! What every WebSocket here has in common, whoever speaks over it: how it begins, how its faults are
//! named, how it is closed. With the actors that speak, [`socket`](super::socket) (and its
//! [`entry`](super::entry)) and [`echo`](super::echo), this is all that knows actix-web-actors.
//!
//! An actor is polled by its connection's [`Pump`], which goes on while a write is pending.

use std::rc::Rc;
use std::time::Duration;

use actix::{Actor, ActorContext, AsyncContext, StreamHandler};
use actix_http::ws::{Codec, Item};
use actix_web_actors::ws::{self, CloseCode, ProtocolError, WebsocketContext};
use bytes::{Bytes, BytesMut};
use tickwire_protocol::close::CloseReason;
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;

use super::assembly::{Fragment, Kind};
use super::cipher::Cipher;
use super::inbound::Inbound;
use super::line::{Ending, Line};
use super::pump::{Frames, Pump};
use super::uplink::Uplink;

/// Time that a peer has to answer a close frame before our end is closed; the pump then still listens for a
/// while, so that who is slower gets to read it as well.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// A connection that was HTTP until now.
pub struct Upgraded {
    reader: OwnedReadHalf,
    cipher: Option<Cipher>,
    begun: BytesMut,
    line: Rc<Line>,
}

impl Upgraded {
    /// A connection of which `begun` has been read already, by TLS where there is a cipher.
    #[must_use]
    pub fn new(stream: TcpStream, cipher: Option<Cipher>, begun: BytesMut) -> Self {
        let (reader, writer) = stream.into_split();
        let line = Rc::new(Line::new(writer, cipher.clone()));
        Self { reader, cipher, begun, line }
    }

    /// Its sending end.
    #[must_use]
    pub fn line(&self) -> Rc<Line> {
        Rc::clone(&self.line)
    }
}

/// What a connection may do to its transport.
#[derive(Clone, Copy, Debug)]
pub struct TransportLimits {
    /// Most bytes of a frame's payload.
    pub frame_bytes: usize,
    /// How long a write may make no progress.
    pub write_patience: Duration,
}

/// Serves a connection by this actor until it is closed. What the uplink forwards the actor does not see.
pub fn serve<A>(
    actor: A,
    uplink: Option<Rc<Uplink>>,
    Upgraded { reader, cipher, begun, line }: Upgraded,
    limits: TransportLimits,
) -> Pump
where
    A: Actor<Context = WebsocketContext<A>>
        + StreamHandler<Result<ws::Message, ProtocolError>>
        + 'static,
{
    let max_payload = limits.frame_bytes as u64;
    let inbound = Inbound::new(reader, cipher, Rc::clone(&line), max_payload, begun);
    let codec = Codec::new().max_size(limits.frame_bytes);
    let frames = Frames::default();
    let session = Box::pin(WebsocketContext::with_codec(actor, frames.clone(), codec));
    Pump::new(line, Some(inbound), uplink, frames, session, limits.write_patience)
}

/// Why a connection on which reading failed is to be closed; `None` when it is gone.
pub fn reason_of(error: &ProtocolError, line: &Line) -> Option<CloseReason> {
    match (line.take_ending(), error) {
        (Some(Ending::Lost), _) => None,
        (Some(Ending::Violation(reason)), _) => Some(reason),
        // How actix-web-actors reports text that is not UTF-8.
        (None, ProtocolError::Io(_)) => Some(CloseReason::InvalidUtf8),
        (None, ProtocolError::Overflow) => Some(CloseReason::TooLarge),
        (None, _) => Some(CloseReason::ProtocolError),
    }
}

/// Begins to close a connection: the peer's answer ends it, or time does.
pub fn close<A>(reason: CloseReason, text: String, line: &Line, context: &mut WebsocketContext<A>)
where
    A: Actor<Context = WebsocketContext<A>>,
{
    line.note_closing();
    let code = CloseCode::from(reason.code());
    context.close(Some(ws::CloseReason { code, description: Some(text) }));
    context.run_later(CLOSE_TIMEOUT, |_, context| context.stop());
}

/// Answers the peer's close frame, with its own code as RFC 6455, section 5.5.1, has it, and ends.
pub fn answer_close<A>(
    reason: Option<ws::CloseReason>,
    line: &Line,
    context: &mut WebsocketContext<A>,
) where
    A: Actor<Context = WebsocketContext<A>>,
{
    line.note_closing();
    let code = reason.map_or(CloseCode::Normal, |reason| reason.code);
    context.close(Some(code.into()));
    context.stop();
}

/// A continuation frame as a fragment of a message.
pub fn fragment_of(item: Item) -> (Fragment, Bytes) {
    match item {
        Item::FirstText(bytes) => (Fragment::First(Kind::Text), bytes),
        Item::FirstBinary(bytes) => (Fragment::First(Kind::Binary), bytes),
        Item::Continue(bytes) => (Fragment::Middle, bytes),
        Item::Last(bytes) => (Fragment::Last, bytes),
    }
}
