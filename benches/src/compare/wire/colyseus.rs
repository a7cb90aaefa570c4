//! Colyseus 0.18: a byte that says what a message is, then its body; changes of state are those of
//! @colyseus/schema 5.
//!
//! ```text
//! ← 10 …      the seat is taken: token, name of the serialiser, description of the state
//! → 10        the client is ready
//! ← 14 …      all of the state          ← 15 …      changes
//! → 13 "input" {vx, vy}                 a message: its name and body in MessagePack
//! ```
//!
//! Changes name a structure by its number (`ff NUMBER`; at first it is 0, the state), then tell its
//! fields: `80 + field`, value. The state's field 0 is the map of players, whose changes are
//! `80 INDEX KEY NUMBER` and `40 INDEX`; a player's fields 0 and 1 are x and y, 4 bytes each.

use tickwire_protocol::message::InputValues;

use super::{Incoming, Sight, Wire, WireError};
use crate::websocket::{self, Kind, Message};

/// The message's kind is its first byte; the rest are flags that rooms without `defineInput()` never set.
const JOIN_ROOM: u8 = 10;
const ERROR: u8 = 11;
const ROOM_DATA: u8 = 13;
const ROOM_STATE: u8 = 14;
const ROOM_STATE_PATCH: u8 = 15;
/// The name of an input, as a short MessagePack string; a map of two follows.
const INPUT: &[u8] = b"\xa5input\x82";
/// Names of its values.
const AXES: [&[u8]; 2] = [b"\xa2vx", b"\xa2vy"];
/// A signed byte follows.
const INT_8: u8 = 0xd0;
/// The number of another structure follows.
const SWITCH: u8 = 0xff;
/// Bits of a change: something was put in; something was taken out.
const ADD: u8 = 0x80;
const DELETE: u8 = 0x40;
/// The other bits of a change to a structure of fixed fields.
const FIELD: u8 = 0x3f;
/// The number of the state itself.
const ROOT: u32 = 0;

/// One client's.
#[derive(Clone, Debug)]
pub struct Colyseus {
    sight: Sight,
    players: Players,
}

/// What is known of the state: enough to find the client's own player in it.
#[derive(Clone, Debug)]
struct Players {
    /// The key of the client's own player.
    session: String,
    /// The number of the map of players.
    map: Option<u32>,
    /// The number of the client's own player.
    own: Option<u32>,
    position: [Option<f64>; 2],
}

impl Colyseus {
    /// One with a seat, by its session.
    #[must_use]
    pub const fn new(session: String, sight: Sight) -> Self {
        let players = Players { session, map: None, own: None, position: [None; 2] };
        Self { sight, players }
    }

    fn own_position(&mut self, changes: &[u8]) -> Result<Option<[f64; 2]>, WireError> {
        if !self.sight.sees() {
            return Ok(None);
        }
        let mut changes = Changes { bytes: changes, at: 0 };
        self.players.read(&mut changes).ok_or_else(|| {
            let what = format!("changes that make no sense at byte {}", changes.at);
            WireError::Unreadable { protocol: "Colyseus", what }
        })?;
        let [x, y] = self.players.position;
        Ok(x.zip(y).map(<[f64; 2]>::from))
    }
}

impl Wire for Colyseus {
    fn keeps(&self) -> usize {
        if self.sight.sees() { usize::MAX } else { 1 }
    }

    fn handle(&mut self, message: Message<'_>, out: &mut Vec<u8>) -> Result<Incoming, WireError> {
        let Some((&kind, body)) = message.head.split_first() else { return Ok(Incoming::Other) };
        match kind {
            JOIN_ROOM => websocket::push(out, Kind::Binary, &[JOIN_ROOM]),
            ROOM_STATE => {
                self.own_position(body)?;
            }
            ROOM_STATE_PATCH => return Ok(Incoming::Update { own: self.own_position(body)? }),
            ERROR => return Err(WireError::Refused("an error".to_owned())),
            _ => {
                let what = format!("a message of kind {kind}");
                return Err(WireError::Unreadable { protocol: "Colyseus", what });
            }
        }
        Ok(Incoming::Other)
    }

    fn push_input(&mut self, values: &InputValues, out: &mut Vec<u8>) {
        let mut message = vec![ROOM_DATA];
        message.extend_from_slice(INPUT);
        for (field, name) in AXES.into_iter().enumerate() {
            message.extend_from_slice(name);
            // Drift's inputs are from −127 to 127.
            message.extend_from_slice(&[INT_8, values.get(field) as i8 as u8]);
        }
        websocket::push(out, Kind::Binary, &message);
    }
}

impl Players {
    /// Takes in all changes; `None` where they make no sense.
    fn read(&mut self, changes: &mut Changes<'_>) -> Option<()> {
        let mut structure = ROOT;
        while let Some(change) = changes.byte() {
            if change == SWITCH {
                structure = changes.number()?;
            } else if structure == ROOT {
                self.map = Some(changes.number()?);
            } else if Some(structure) == self.map {
                self.read_map_change(change, changes)?;
            } else {
                let value = changes.float()?;
                let axis = self.position.get_mut(usize::from(change & FIELD))?;
                if Some(structure) == self.own {
                    *axis = Some(value);
                }
            }
        }
        Some(())
    }

    fn read_map_change(&mut self, change: u8, changes: &mut Changes<'_>) -> Option<()> {
        changes.number()?;
        let key = if change & ADD != 0 { Some(changes.text()?) } else { None };
        if change == DELETE {
            return Some(());
        }
        let player = changes.number()?;
        if key == Some(self.session.as_bytes()) {
            self.own = Some(player);
        }
        Some(())
    }
}

/// Reads what changes are made of: MessagePack's numbers and strings.
struct Changes<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Changes<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..)?.get(..length)?;
        self.at += length;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn unsigned(&mut self, bytes: usize) -> Option<u32> {
        let bytes = self.take(bytes)?;
        Some(bytes.iter().rev().fold(0, |sum, &byte| sum << 8 | u32::from(byte)))
    }

    fn number(&mut self) -> Option<u32> {
        match self.byte()? {
            small @ 0..0x80 => Some(u32::from(small)),
            0xcc => self.unsigned(1),
            0xcd => self.unsigned(2),
            0xce => self.unsigned(4),
            _ => None,
        }
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = match self.byte()? {
            short @ 0xa0..0xc0 => u32::from(short & 0x1f),
            0xd9 => self.unsigned(1)?,
            _ => return None,
        };
        self.take(length as usize)
    }

    fn float(&mut self) -> Option<f64> {
        self.unsigned(4).map(|bits| f64::from(f32::from_bits(bits)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(wire: &mut Colyseus, hex: &str) -> (Result<Incoming, WireError>, Vec<u8>) {
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        let head: Vec<_> = (0..hex.len()).step_by(2).map(byte).collect();
        let mut out = Vec::new();
        let message = Message { kind: Kind::Binary, head: &head, wire_bytes: 0 };
        (wire.handle(message, &mut out), out)
    }

    fn update(own: [f64; 2]) -> (Result<Incoming, WireError>, Vec<u8>) {
        (Ok(Incoming::Update { own: Some(own) }), Vec::new())
    }

    /// As recorded of a server.
    #[test]
    fn ones_own_player_is_found_among_changes() {
        let sight = Sight::Sees { world: [4000.0; 2] };
        let mut wire = Colyseus::new("9iYpiFud1".to_owned(), sight);
        let joined = "0a09516676514c5f57533806736368656d6100";
        let mut ready = Vec::new();
        websocket::push(&mut ready, Kind::Binary, &[JOIN_ROOM]);
        assert_eq!(handle(&mut wire, joined), (Ok(Incoming::Other), ready));
        let state = "0e8001ff018000a96f6c494233542d5950028001a939695970694675643103\
                     ff02804068cc428100004643ff0380c3fbc8428100004843"
            .replace(' ', "");
        assert_eq!(handle(&mut wire, &state), (Ok(Incoming::Other), Vec::new()));
        // The first patch has the player once more.
        let patch = "0fff018001a939695970694675643103ff03806ea6c94281abaa4743\
                     ff0280eb12cd4281abaa4543"
            .replace(' ', "");
        let x = |bytes| f64::from(f32::from_le_bytes(bytes));
        let own = [x([0x6e, 0xa6, 0xc9, 0x42]), x([0xab, 0xaa, 0x47, 0x43])];
        assert_eq!(handle(&mut wire, &patch), update(own));
        // Another player leaves; only y of one's own is told.
        let own = [own[0], 198.0];
        assert_eq!(handle(&mut wire, "0fff014000ff038100004643"), update(own));
        assert!(handle(&mut wire, "0fff0380").0.is_err());
        assert!(handle(&mut wire, "63").0.is_err());
    }

    #[test]
    fn numbers_take_one_to_five_bytes() {
        for (bytes, number) in [
            (&[0x7f][..], 127),
            (&[0xcc, 200], 200),
            (&[0xcd, 0x34, 0x12], 0x1234),
            (&[0xce, 1, 0, 0, 1], 0x0100_0001),
        ] {
            assert_eq!(Changes { bytes, at: 0 }.number(), Some(number));
            assert_eq!(Changes { bytes: &bytes[..bytes.len() - 1], at: 0 }.number(), None);
        }
    }

    #[test]
    fn an_input_is_a_message_of_two_numbers() {
        let (mut sent, mut expected) = (Vec::new(), Vec::new());
        let values = InputValues::new(&[127, -127]).unwrap();
        Colyseus::new(String::new(), Sight::Blind).push_input(&values, &mut sent);
        let payload = b"\x0d\xa5input\x82\xa2vx\xd0\x7f\xa2vy\xd0\x81";
        websocket::push(&mut expected, Kind::Binary, payload);
        assert_eq!(sent, expected);
    }
}
