//! The protocols of the servers on `ws` and Bun, which are as little as one can have: a text message
//! `{"welcome":ID}` first, then a message per tick; and the floor's, where nothing means anything.

use tickwire_protocol::message::InputValues;

use super::{Incoming, Sight, Wire, WireError};
use crate::websocket::{self, Kind, Message};

const PROTOCOL: &str = "peers on ws and Bun";
/// Bytes of a message that tell what it is.
const GLANCE: usize = 16;
/// What the first message begins with.
const WELCOME: &[u8] = b"{\"welcome\":";
/// Bytes of a body in the packed form: a number, x and y, of 16 bits each.
const PACKED_BYTES: usize = 6;

/// How state and inputs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `{"tick":7,"players":[{"id":1,"x":1.5,"y":2.5},…]}`, and `{"vx":1,"vy":-2}`.
    Json,
    /// A number, x and y per body, as 16 bits each, little-endian; and two signed bytes.
    Packed,
    /// Packed, but without a meaning: what the floor sends and is sent.
    Void,
}

/// One client's.
#[derive(Clone, Debug)]
pub struct Plain {
    form: Form,
    sight: Sight,
    /// The number of the client's own body.
    own: Option<u16>,
}

impl Plain {
    /// One that has not been welcomed.
    #[must_use]
    pub const fn new(form: Form, sight: Sight) -> Self {
        Self { form, sight, own: None }
    }

    fn own_position(&self, state: &[u8]) -> Option<[f64; 2]> {
        let Sight::Sees { world } = self.sight else { return None };
        match self.form {
            Form::Json => position_in_json(state, self.own?),
            Form::Packed => position_in_packed(state, self.own?, world),
            Form::Void => None,
        }
    }
}

impl Wire for Plain {
    fn keeps(&self) -> usize {
        if self.sight.sees() { usize::MAX } else { GLANCE }
    }

    fn handle(&mut self, message: Message<'_>, _out: &mut Vec<u8>) -> Result<Incoming, WireError> {
        if let Some(id) = message.head.strip_prefix(WELCOME) {
            self.own = Some(leading_number(id).map(|id| id as u16).ok_or_else(|| {
                let what = "a welcome without a number".to_owned();
                WireError::Unreadable { protocol: PROTOCOL, what }
            })?);
            return Ok(Incoming::Other);
        }
        let is_state = match self.form {
            Form::Json => message.kind == Kind::Text,
            Form::Packed | Form::Void => message.kind == Kind::Binary,
        };
        if !is_state {
            let what = format!("{:?} where {:?} is due", message.kind, self.form);
            return Err(WireError::Unreadable { protocol: PROTOCOL, what });
        }
        Ok(Incoming::Update { own: self.own_position(message.head) })
    }

    fn push_input(&mut self, values: &InputValues, out: &mut Vec<u8>) {
        let [vx, vy] = [values.get(0), values.get(1)];
        match self.form {
            Form::Json => {
                let text = format!("{{\"vx\":{vx},\"vy\":{vy}}}");
                websocket::push(out, Kind::Text, text.as_bytes());
            }
            // Drift's inputs are from −127 to 127.
            Form::Packed | Form::Void => {
                websocket::push(out, Kind::Binary, &[vx as i8 as u8, vy as i8 as u8]);
            }
        }
    }
}

/// Finds `{"id":ID,"x":X,"y":Y}`, without reading all of the state.
pub(super) fn position_in_json(state: &[u8], id: u16) -> Option<[f64; 2]> {
    let rest = after(state, format!("{{\"id\":{id},\"x\":").as_bytes())?;
    let x = leading_number(rest)?;
    let y = leading_number(after(rest, b"\"y\":")?)?;
    Some([x, y])
}

fn position_in_packed(state: &[u8], id: u16, world: [f64; 2]) -> Option<[f64; 2]> {
    let word = |body: &[u8], at: usize| u16::from_le_bytes([body[at], body[at + 1]]);
    let body = state.chunks_exact(PACKED_BYTES).find(|body| word(body, 0) == id)?;
    let place = |at, side: f64| f64::from(word(body, at)) / f64::from(u16::MAX) * side;
    Some([place(2, world[0]), place(4, world[1])])
}

fn after<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<&'a [u8]> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    Some(&bytes[at + mark.len()..])
}

fn leading_number(bytes: &[u8]) -> Option<f64> {
    let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.e".contains(byte);
    let length = bytes.iter().take_while(|byte| is_part(byte)).count();
    std::str::from_utf8(&bytes[..length]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGHT: Sight = Sight::Sees { world: [4000.0, 8000.0] };

    fn handle(wire: &mut Plain, kind: Kind, head: &[u8]) -> Result<Incoming, WireError> {
        wire.handle(Message { kind, head, wire_bytes: 0 }, &mut Vec::new())
    }

    #[test]
    fn ones_own_body_is_found_in_json() {
        let mut wire = Plain::new(Form::Json, SIGHT);
        assert_eq!(handle(&mut wire, Kind::Text, b"{\"welcome\":12}"), Ok(Incoming::Other));
        let state = br#"{"tick":3,"players":[{"id":112,"x":1,"y":2},{"id":12,"x":0.25,"y":1e3}]}"#;
        let own = Some([0.25, 1000.0]);
        assert_eq!(handle(&mut wire, Kind::Text, state), Ok(Incoming::Update { own }));
        let state = br#"{"tick":4,"players":[]}"#;
        assert_eq!(handle(&mut wire, Kind::Text, state), Ok(Incoming::Update { own: None }));
        assert!(handle(&mut wire, Kind::Binary, state).is_err());
    }

    #[test]
    fn ones_own_body_is_found_in_the_packed_form() {
        let mut wire = Plain::new(Form::Packed, SIGHT);
        assert_eq!(handle(&mut wire, Kind::Text, b"{\"welcome\":258}"), Ok(Incoming::Other));
        let state = [1, 0, 9, 9, 9, 9, 2, 1, 0xff, 0xff, 0, 0];
        let own = Some([4000.0, 0.0]);
        assert_eq!(handle(&mut wire, Kind::Binary, &state), Ok(Incoming::Update { own }));
        assert!(handle(&mut wire, Kind::Text, b"hello").is_err());
        assert!(handle(&mut wire, Kind::Text, b"{\"welcome\":}").is_err());
    }

    #[test]
    fn inputs_are_velocities() {
        let values = InputValues::new(&[-127, 5]).unwrap();
        for (form, kind, payload) in [
            (Form::Json, Kind::Text, &br#"{"vx":-127,"vy":5}"#[..]),
            (Form::Packed, Kind::Binary, &[0x81, 5]),
        ] {
            let (mut sent, mut expected) = (Vec::new(), Vec::new());
            Plain::new(form, Sight::Blind).push_input(&values, &mut sent);
            websocket::push(&mut expected, kind, payload);
            assert_eq!(sent, expected);
        }
    }
}
