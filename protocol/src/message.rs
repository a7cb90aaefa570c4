//! Control messages: everything that travels beside the state.
//!
//! Each is one bincode value in one WebSocket message ([`envelope`](crate::envelope)). A message
//! from a client is checked in two steps: here it is decoded and its numbers are seen to be finite;
//! [`Schema::check_input`] and [`Schema::check_message`] then hold it against the game's ranges.

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};
use thiserror::Error;

use crate::ids::{EventNumber, FrameNumber, InputSeq, PlayerId, Tick};
use crate::schema::{InputKind, MAX_INPUT_FIELDS, MessageKind, ParamKind, Schema};

/// What a client sends.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum ClientMessage {
    /// A player's intent.
    Input(Input),
    /// The newest state frame and reliable event that the client has taken in.
    Ack(Ack),
    /// Asks for a [`ServerMessage::Pong`] at once.
    Ping {
        /// Comes back in the answer.
        nonce: u32,
    },
    /// A message to the game's rules.
    Game(GameMessage),
}

/// A player's intent from one tick on. It holds until the next one replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Input {
    /// Counted up by the client from 1, wrapping.
    pub seq: InputSeq,
    /// The tick at which it is to take effect; 0 means the next one.
    pub at: Tick,
    /// A field of the schema each.
    pub values: InputValues,
}

/// Values of an input's fields, in the schema's order, held inline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputValues {
    len: u8,
    values: [i32; MAX_INPUT_FIELDS],
}

/// An acknowledgement of everything up to and including these numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Ack {
    /// Newest state frame.
    pub frame: FrameNumber,
    /// Newest reliable event.
    pub event: EventNumber,
}

/// A game's own message or event: its kind's index in the schema, and its parameters.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct GameMessage {
    /// Index into the schema's `messages` (from a client) or `events` (from the server).
    pub kind: u8,
    /// One per parameter.
    pub values: Vec<Value>,
}

/// A parameter of a game's message or event.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Value {
    /// An integer.
    Integer(i32),
    /// A number; never NaN or infinite once it has been checked.
    Number(f32),
    /// Text.
    Text(String),
    /// A player.
    Player(PlayerId),
}

/// What the server sends beside state frames.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum ServerMessage {
    /// The first message of a connection.
    Welcome(Box<Welcome>),
    /// The answer to a [`ClientMessage::Ping`], sent at once.
    Pong {
        /// From the ping.
        nonce: u32,
        /// The room's clock, in microseconds: tick n is due at n / tick rate.
        room_time_us: u64,
    },
    /// An input or message was refused; the connection lives on.
    Refused(Refusal),
}

/// Everything a client needs before the first state frame.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Welcome {
    /// Room that was joined.
    pub room: String,
    /// The client's own id in the room.
    pub player: PlayerId,
    /// Whether the client only watches: its inputs and messages are refused.
    pub spectator: bool,
    /// The room's tick when this was sent.
    pub tick: Tick,
    /// The room's clock when this was sent, in microseconds: tick n is due at n / tick rate.
    pub room_time_us: u64,
    /// Ticks per second.
    pub tick_rate_hz: u16,
    /// Ticks from one state frame to the next: 1, 2 or 4.
    pub send_every: u8,
    /// The server pings this often, in milliseconds.
    pub heartbeat_interval_ms: u32,
    /// Silence for this long ends the connection, in milliseconds.
    pub heartbeat_timeout_ms: u32,
    /// Frames after which an acknowledgement is due, at the latest.
    pub ack_every: u16,
    /// Everybody in the room, the client included.
    pub roster: Vec<RosterEntry>,
    /// How to read this game.
    pub schema: Schema,
}

/// A member of the room.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct RosterEntry {
    /// Its id.
    pub player: PlayerId,
    /// Its name.
    pub name: String,
    /// What it does here.
    pub role: Role,
}

/// What a member of a room does there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
pub enum Role {
    /// A client that plays.
    Player,
    /// A client that watches.
    Spectator,
    /// A player run by the server.
    Bot,
}

/// A reliable event: delivered once, in order, with the frame of its tick or a later one.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Event {
    /// Somebody came in.
    Joined(RosterEntry),
    /// Somebody left.
    Left {
        /// Who.
        player: PlayerId,
    },
    /// An event of the game's rules.
    Game(GameMessage),
}

/// What was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Refusal {
    /// The input's number; `None` for a game message.
    pub input: Option<InputSeq>,
    /// The cause.
    pub cause: RefusalCause,
}

/// Why an input or message was refused although it is well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode, Error)]
pub enum RefusalCause {
    /// The input names a tick too far ahead.
    #[error("the input is stamped too far in the future")]
    FarFuture,
    /// An input with this number or a later one has been taken already.
    #[error("an input with this number or a later one was taken already")]
    Repeated,
    /// More inputs wait for their ticks than the queue holds.
    #[error("too many inputs are waiting for their ticks")]
    QueueFull,
    /// Spectators have no say.
    #[error("spectators cannot send inputs or messages")]
    Spectator,
}

/// Why a message does not fit the game's schema.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SchemaMismatch {
    /// The number of values is not the schema's.
    #[error("{got} values where {expected} are due")]
    Count {
        /// Values due.
        expected: usize,
        /// Values sent.
        got: usize,
    },
    /// No such kind of message.
    #[error("there is no message kind {kind}")]
    UnknownKind {
        /// The kind sent.
        kind: u8,
    },
    /// A value is out of its range, not finite, or of another type.
    #[error("value of {name} is out of range, not finite, or of another type")]
    OutOfRange {
        /// The field.
        name: String,
    },
}

impl InputValues {
    /// The values given, or `None` when there are more than [`MAX_INPUT_FIELDS`].
    #[must_use]
    pub fn new(values: &[i32]) -> Option<Self> {
        let mut all = [0; MAX_INPUT_FIELDS];
        all.get_mut(..values.len())?.copy_from_slice(values);
        Some(Self { len: values.len() as u8, values: all })
    }

    /// As many zeros as the schema has input fields.
    #[must_use]
    pub fn neutral(schema: &Schema) -> Self {
        Self { len: schema.inputs.len() as u8, values: [0; MAX_INPUT_FIELDS] }
    }

    /// The values.
    #[must_use]
    pub fn as_slice(&self) -> &[i32] {
        &self.values[..usize::from(self.len)]
    }

    /// The value of a field, by its index in the schema; 0 beyond the last.
    #[must_use]
    pub fn get(&self, field: usize) -> i32 {
        self.values.get(field).copied().unwrap_or(0)
    }

    /// Sets the value of a field that exists.
    pub fn set(&mut self, field: usize, value: i32) {
        if field < usize::from(self.len) {
            self.values[field] = value;
        }
    }
}

impl Encode for InputValues {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.len.encode(encoder)?;
        self.as_slice().iter().try_for_each(|value| value.encode(encoder))
    }
}

impl<Context> Decode<Context> for InputValues {
    fn decode<D: Decoder<Context = Context>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let len = u8::decode(decoder)?;
        let mut values = [0; MAX_INPUT_FIELDS];
        let used = values
            .get_mut(..usize::from(len))
            .ok_or(DecodeError::Other("more input fields than any game has"))?;
        for value in used {
            *value = i32::decode(decoder)?;
        }
        Ok(Self { len, values })
    }
}

bincode::impl_borrow_decode!(InputValues);

impl Schema {
    /// Holds an input against the schema.
    ///
    /// # Errors
    /// [`SchemaMismatch`] when the count is wrong or a value is out of its range.
    pub fn check_input(&self, values: &InputValues) -> Result<(), SchemaMismatch> {
        let values = values.as_slice();
        check_count(self.inputs.len(), values.len())?;
        for (field, &value) in self.inputs.iter().zip(values) {
            let (min, max) = match field.kind {
                InputKind::Integer { min, max } => (min, max),
                InputKind::Button => (0, 1),
            };
            check_value(&field.name, (min..=max).contains(&value))?;
        }
        Ok(())
    }

    /// Holds a message from a client against the schema.
    ///
    /// # Errors
    /// [`SchemaMismatch`] when the kind is unknown, the count is wrong, or a value is not allowed.
    pub fn check_message(&self, message: &GameMessage) -> Result<(), SchemaMismatch> {
        check_against(&self.messages, message)
    }

    /// Holds an event of the game against the schema.
    ///
    /// # Errors
    /// As for [`Schema::check_message`].
    pub fn check_event(&self, event: &GameMessage) -> Result<(), SchemaMismatch> {
        check_against(&self.events, event)
    }
}

fn check_against(kinds: &[MessageKind], message: &GameMessage) -> Result<(), SchemaMismatch> {
    let kind = kinds
        .get(usize::from(message.kind))
        .ok_or(SchemaMismatch::UnknownKind { kind: message.kind })?;
    check_count(kind.params.len(), message.values.len())?;
    for (param, value) in kind.params.iter().zip(&message.values) {
        let allowed = match (param.kind, value) {
            (ParamKind::Integer { min, max }, Value::Integer(value)) => (min..=max).contains(value),
            // A NaN is in no range.
            (ParamKind::Number { min, max }, Value::Number(value)) => (min..=max).contains(value),
            (ParamKind::Text { max_chars }, Value::Text(text)) => {
                text.chars().count() <= usize::from(max_chars)
            }
            (ParamKind::Player, Value::Player(_)) => true,
            _ => false,
        };
        check_value(&param.name, allowed)?;
    }
    Ok(())
}

fn check_count(expected: usize, got: usize) -> Result<(), SchemaMismatch> {
    if expected == got { Ok(()) } else { Err(SchemaMismatch::Count { expected, got }) }
}

fn check_value(name: &str, allowed: bool) -> Result<(), SchemaMismatch> {
    if allowed { Ok(()) } else { Err(SchemaMismatch::OutOfRange { name: name.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Schema {
        Schema::new("game").input_integer("vx", -127, 127).input_button("fire").message(
            MessageKind::new("mark")
                .param("x", ParamKind::Number { min: 0.0, max: 10.0 })
                .param("label", ParamKind::Text { max_chars: 3 }),
        )
    }

    #[test]
    fn inputs_are_held_against_the_schema() {
        let check = |values: &[i32]| schema().check_input(&InputValues::new(values).unwrap());
        assert_eq!(check(&[-127, 1]), Ok(()));
        assert_eq!(check(&[128, 0]), Err(SchemaMismatch::OutOfRange { name: "vx".into() }));
        assert_eq!(check(&[0, 2]), Err(SchemaMismatch::OutOfRange { name: "fire".into() }));
        assert_eq!(check(&[0]), Err(SchemaMismatch::Count { expected: 2, got: 1 }));
        assert_eq!(InputValues::new(&[0; MAX_INPUT_FIELDS + 1]), None);
    }

    #[test]
    fn game_messages_are_held_against_the_schema() {
        let check = |kind, values| schema().check_message(&GameMessage { kind, values });
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(check(0, vec![Value::Number(10.0), text("äöü")]), Ok(()));
        assert_eq!(check(1, vec![]), Err(SchemaMismatch::UnknownKind { kind: 1 }));
        let out_of_range = |name: &str| Err(SchemaMismatch::OutOfRange { name: name.to_owned() });
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.1, 10.1] {
            assert_eq!(check(0, vec![Value::Number(bad), text("")]), out_of_range("x"), "{bad}");
        }
        assert_eq!(check(0, vec![Value::Integer(1), text("")]), out_of_range("x"));
        assert_eq!(check(0, vec![Value::Number(1.0), text("four")]), out_of_range("label"));
    }
}
