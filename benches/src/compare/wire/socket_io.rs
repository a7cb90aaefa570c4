//! Socket.IO 4 over engine.io 4: text packets, whose first character is engine.io's kind, and the second,
//! in a message, Socket.IO's.
//!
//! ```text
//! ← 0{"sid":…}   open         → 40{"room":3}            connect, with what it asks for
//! ← 40{"sid":…}  connected    ← 42["welcome",12]
//! ← 2            ping         → 3                       pong
//! ← 42["state",{"tick":…}]    → 42["input",{"vx":1,"vy":-2}]
//! ```

use tickwire_protocol::message::InputValues;

use super::plain::position_in_json;
use super::{Incoming, Sight, Wire, WireError};
use crate::websocket::{self, Kind, Message};

/// Bytes of a message that tell what it is.
const GLANCE: usize = 32;
const OPEN: u8 = b'0';
const PING: &[u8] = b"2";
const PONG: &[u8] = b"3";
const CONNECTED: &[u8] = b"40";
const REFUSED: &[u8] = b"44";
const STATE: &[u8] = b"42[\"state\",";
const WELCOME: &[u8] = b"42[\"welcome\",";

/// One client's.
#[derive(Clone, Debug)]
pub struct SocketIo {
    room: usize,
    sight: Sight,
    /// The number of the client's own body.
    own: Option<u16>,
}

impl SocketIo {
    /// One that is on its way into a room.
    #[must_use]
    pub const fn new(room: usize, sight: Sight) -> Self {
        Self { room, sight, own: None }
    }
}

fn unreadable(head: &[u8]) -> WireError {
    let what =
        format!("a packet that begins with {}", head[..head.len().min(GLANCE)].escape_ascii());
    WireError::Unreadable { protocol: "Socket.IO", what }
}

impl Wire for SocketIo {
    fn keeps(&self) -> usize {
        if self.sight.sees() { usize::MAX } else { GLANCE }
    }

    fn handle(&mut self, message: Message<'_>, out: &mut Vec<u8>) -> Result<Incoming, WireError> {
        let head = message.head;
        if head.starts_with(STATE) {
            let own = self.own.filter(|_| self.sight.sees());
            return Ok(Incoming::Update { own: own.and_then(|id| position_in_json(head, id)) });
        }
        if let Some(rest) = head.strip_prefix(WELCOME) {
            let id =
                rest.strip_suffix(b"]").and_then(|id| std::str::from_utf8(id).ok()?.parse().ok());
            self.own = Some(id.ok_or_else(|| unreadable(head))?);
        } else if head == PING {
            websocket::push(out, Kind::Text, PONG);
        } else if head.first() == Some(&OPEN) {
            let connect = format!("40{{\"room\":{}}}", self.room);
            websocket::push(out, Kind::Text, connect.as_bytes());
        } else if head.starts_with(REFUSED) {
            return Err(WireError::Refused(String::from_utf8_lossy(head).into_owned()));
        } else if !head.starts_with(CONNECTED) {
            return Err(unreadable(head));
        }
        Ok(Incoming::Other)
    }

    fn push_input(&mut self, values: &InputValues, out: &mut Vec<u8>) {
        let [vx, vy] = [values.get(0), values.get(1)];
        let packet = format!("42[\"input\",{{\"vx\":{vx},\"vy\":{vy}}}]");
        websocket::push(out, Kind::Text, packet.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(wire: &mut SocketIo, packet: &str) -> (Result<Incoming, WireError>, Vec<u8>) {
        let mut out = Vec::new();
        let message = Message { kind: Kind::Text, head: packet.as_bytes(), wire_bytes: 0 };
        (wire.handle(message, &mut out), out)
    }

    fn text(packet: &str) -> Vec<u8> {
        let mut out = Vec::new();
        websocket::push(&mut out, Kind::Text, packet.as_bytes());
        out
    }

    #[test]
    fn it_connects_and_answers_pings() {
        let mut wire = SocketIo::new(3, Sight::Blind);
        let other = || Ok(Incoming::Other);
        let opened = handle(&mut wire, r#"0{"sid":"a","upgrades":[],"pingInterval":25000}"#);
        assert_eq!(opened, (other(), text(r#"40{"room":3}"#)));
        assert_eq!(handle(&mut wire, r#"40{"sid":"b"}"#), (other(), Vec::new()));
        assert_eq!(handle(&mut wire, "2"), (other(), text("3")));
        assert!(matches!(
            handle(&mut wire, r#"44{"message":"full"}"#).0,
            Err(WireError::Refused(_))
        ));
        assert!(handle(&mut wire, "9").0.is_err());
    }

    #[test]
    fn state_is_an_update() {
        let mut wire = SocketIo::new(0, Sight::Sees { world: [4000.0; 2] });
        assert_eq!(handle(&mut wire, r#"42["welcome",7]"#), (Ok(Incoming::Other), Vec::new()));
        let state = r#"42["state",{"tick":1,"players":[{"id":7,"x":1.5,"y":2}]}]"#;
        let own = Some([1.5, 2.0]);
        assert_eq!(handle(&mut wire, state), (Ok(Incoming::Update { own }), Vec::new()));
        let mut out = Vec::new();
        wire.push_input(&InputValues::new(&[1, -2]).unwrap(), &mut out);
        assert_eq!(out, text(r#"42["input",{"vx":1,"vy":-2}]"#));
    }
}
