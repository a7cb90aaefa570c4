//! A connection that speaks text: between what is said in binary here and the JSON of its client.
//!
//! ```text
//! client's text → Session::handle_text → ClientMessage → uplink, or what is wrong with it → client
//! room's message → TextLine → its text → client
//! room's state, text already → TextLine → client, and a ping behind it; its pong → Ack → uplink
//! ```
//!
//! The pong that comes back is the acknowledgement: WebSocket libraries answer pings in the order in which
//! they read, so who has answered has read what came before.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use actix_web_actors::ws::WebsocketContext;
use tickwire_protocol::envelope::FRAME_TAG;
use tickwire_protocol::ids::{EventNumber, FrameNumber};
use tickwire_protocol::json::{ClientReader, JsonError, error_text, message_text};
use tickwire_protocol::message::{Ack, ClientMessage, ServerMessage};

use super::assembly::Fragment;
use super::client::Client;
use super::core::{SessionError, Spoken};
use super::line::{Line, Sent};
use super::socket::WebSocket;

/// Bytes behind a state by which its pong is known.
pub type PingPayload = [u8; 4];

/// What is sent for one message of the room.
pub struct Told<'a> {
    /// The text.
    pub text: Cow<'a, [u8]>,
    /// The ping behind it, if it is a state.
    pub ping: Option<PingPayload>,
}

/// The sending end of a connection that speaks text, and how far its client has read.
#[derive(Debug)]
pub struct TextLine {
    line: Rc<Line>,
    reader: RefCell<ClientReader>,
    /// Number of the newest state that was sent.
    sent: Cell<FrameNumber>,
    /// Number of the newest state that was read.
    read: Cell<FrameNumber>,
}

impl TextLine {
    /// A connection on which nothing was said.
    #[must_use]
    pub fn new(line: Rc<Line>) -> Self {
        let (reader, sent, read) = Default::default();
        Self { line, reader, sent, read }
    }

    /// Sends a message of the room at once, unless it would overtake something or follow a close frame.
    pub fn send(&self, message: &[u8]) -> Sent {
        let Some(told) = self.tell(message) else { return Sent::Whole };
        let sent = self.line.send_text(&told.text, told.ping.as_ref().map(|ping| &ping[..]));
        if sent == Sent::Nothing && told.ping.is_some() {
            // It is told once more, the long way.
            self.sent.set(FrameNumber(self.sent.get().0.wrapping_sub(1)));
        }
        sent
    }

    /// Queues a message behind what waits, unless the connection is closing.
    pub fn queue(&self, message: &[u8]) {
        if let Some(told) = self.tell(message) {
            self.line.queue_text(&told.text);
        }
    }

    /// Answers what was said wrong.
    pub fn answer(&self, wrong: &JsonError) {
        self.line.queue_text(error_text(wrong).as_bytes());
    }

    /// A message of the room as it is sent: a state is text already. Counts the states.
    pub fn tell<'a>(&self, message: &'a [u8]) -> Option<Told<'a>> {
        if message.first().is_some_and(|&first| first >= FRAME_TAG) {
            let number = self.sent.get().next();
            self.sent.set(number);
            return Some(Told { text: message.into(), ping: Some(number.0.to_le_bytes()) });
        }
        // The room's own messages decode.
        let message = ServerMessage::from_bytes(message).ok()?;
        if let ServerMessage::Welcome(welcome) = &message {
            self.reader.borrow_mut().handle_welcome(welcome);
        }
        Some(Told { text: message_text(&message).into_bytes().into(), ping: None })
    }

    /// What a pong acknowledges; nothing where it belongs to no state, as that to a heartbeat, or to one
    /// that was acknowledged before.
    pub fn acknowledged(&self, pong: &[u8]) -> Option<Ack> {
        let frame = FrameNumber(u32::from_le_bytes(pong.try_into().ok()?));
        let is_new = frame.since(self.read.get()) > 0 && self.sent.get().since(frame) >= 0;
        // The room knows which events came with it.
        let ack = Ack { frame, event: EventNumber(0) };
        is_new.then(|| self.read.set(frame)).map(|()| ack)
    }
}

impl Client<WebSocket> {
    /// Takes in a text message of a connection that speaks text.
    pub(super) fn handle_text(
        &mut self,
        line: &TextLine,
        text: &str,
        context: &mut WebsocketContext<Self>,
    ) {
        let heard = self
            .uplink
            .decide(|session, now| session.handle_text(text, &mut line.reader.borrow_mut(), now));
        self.handle_spoken(line, heard.map(Some), context);
    }

    /// Takes in a binary message, where text is due.
    pub(super) fn handle_untold(
        &mut self,
        line: &TextLine,
        bytes: &[u8],
        context: &mut WebsocketContext<Self>,
    ) {
        let heard = self.uplink.decide(|session, now| session.handle_untold(bytes, now));
        self.handle_spoken(line, heard.map(Some), context);
    }

    /// Takes in a part of a message.
    pub(super) fn handle_text_fragment(
        &mut self,
        line: &TextLine,
        part: Fragment,
        bytes: &[u8],
        context: &mut WebsocketContext<Self>,
    ) {
        let heard = self.uplink.decide(|session, now| {
            session.handle_text_fragment(part, bytes, &mut line.reader.borrow_mut(), now)
        });
        self.handle_spoken(line, heard, context);
    }

    fn handle_spoken(
        &mut self,
        line: &TextLine,
        heard: Result<Option<Spoken>, SessionError>,
        context: &mut WebsocketContext<Self>,
    ) {
        let message = match heard {
            Ok(Some(Err(wrong))) => return line.answer(&wrong),
            Ok(Some(Ok(message))) => Ok(Some(message)),
            Ok(None) => Ok(None),
            Err(cause) => Err(cause),
        };
        self.handle_message(message, context);
    }

    /// Takes in a pong, which may be an acknowledgement.
    pub(super) fn handle_pong(&mut self, line: &TextLine, pong: &[u8]) {
        if let Some(ack) = line.acknowledged(pong) {
            self.uplink.forward_message(ClientMessage::Ack(ack));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpStream;

    use tokio::net::TcpListener;

    use super::*;

    async fn line() -> (TextLine, Rc<Line>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        stream.writable().await.unwrap();
        let line = Rc::new(Line::new(stream.into_split().1, None));
        (TextLine::new(Rc::clone(&line)), line, peer)
    }

    #[tokio::test]
    async fn behind_a_state_comes_a_ping_and_its_pong_acknowledges() {
        let (text, _, mut peer) = line().await;
        assert_eq!(text.send(b"{}"), Sent::Whole);
        let mut read = [0; 10];
        peer.read_exact(&mut read).unwrap();
        assert_eq!(&read, b"\x81\x02{}\x89\x04\x01\x00\x00\x00");
        let frame = |pong: &[u8]| text.acknowledged(pong).map(|ack| ack.frame);
        for wrong in [&b""[..], b"hello", &[2, 0, 0, 0], &[0, 0, 0, 0], &[0xff; 4]] {
            assert_eq!(frame(wrong), None, "{wrong:?}");
        }
        assert_eq!(frame(&[1, 0, 0, 0]), Some(FrameNumber(1)));
        assert_eq!(frame(&[1, 0, 0, 0]), None, "once");
    }

    #[tokio::test]
    async fn a_state_that_goes_the_long_way_is_counted_once() {
        let (text, line, _peer) = line().await;
        line.push(bytes::Bytes::from_static(b"something waits"));
        assert_eq!(text.send(b"{}"), Sent::Nothing);
        assert_eq!(text.tell(b"{}").unwrap().ping, Some([1, 0, 0, 0]));
    }

    #[tokio::test]
    async fn the_rooms_messages_become_text() {
        let (text, _, mut peer) = line().await;
        let pong = ServerMessage::Pong { nonce: 7, room_time_us: 1 };
        assert_eq!(text.send(&pong.to_bytes()), Sent::Whole);
        let expected = br#"{"type":"pong","nonce":7,"room_time_us":1}"#;
        let mut read = vec![0; 2 + expected.len()];
        peer.read_exact(&mut read).unwrap();
        assert_eq!(&read[2..], expected);
    }
}
