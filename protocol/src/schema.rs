//! What a game looks like on the wire: its inputs, entity kinds, events and messages.
//!
//! A game describes itself with a [`Schema`]; the server sends it at join, so that one client
//! library speaks every game. Nothing else on the wire says what a number means: entities travel as
//! bare integers whose width, range and unit are found here.

mod build;
mod validate;

use bincode::{Decode, Encode};

pub use validate::SchemaError;

/// Most input fields of a game. Inputs are held inline, without allocation.
pub const MAX_INPUT_FIELDS: usize = 8;
/// Most entity kinds of a game, and most kinds of events, and of messages.
pub const MAX_KINDS: usize = 64;
/// Most fields of an entity kind, and most parameters of an event or message.
pub const MAX_FIELDS: usize = 16;
/// Most bytes of any name in a schema.
pub const MAX_NAME_BYTES: usize = 32;

/// Everything a client must know to read and talk to a game.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Schema {
    /// The game's name, as it is registered.
    pub game: String,
    /// Fields of an input, in the order in which they are sent.
    pub inputs: Vec<InputField>,
    /// Kinds of entities; the index is the kind's number on the wire.
    pub entities: Vec<EntityKind>,
    /// Kinds of events that the game emits; the index is the kind's number on the wire.
    pub events: Vec<MessageKind>,
    /// Kinds of messages that a client may send; the index is the kind's number on the wire.
    pub messages: Vec<MessageKind>,
}

/// One field of an input.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct InputField {
    /// Unique among the inputs.
    pub name: String,
    /// What it holds.
    pub kind: InputKind,
}

/// What an input field holds. On the wire every field is a signed integer.
#[derive(Clone, Copy, Debug, PartialEq, Encode, Decode)]
pub enum InputKind {
    /// An integer from `min` to `max`, inclusive, held until the next input. The range holds 0,
    /// which is what a player who has sent nothing does.
    Integer {
        /// Smallest value, at most 0.
        min: i32,
        /// Largest value, at least 0.
        max: i32,
    },
    /// A one-shot button, 0 or 1: takes effect at a single tick and is 0 afterwards.
    Button,
}

/// A kind of entity.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct EntityKind {
    /// Unique among the kinds.
    pub name: String,
    /// Replicated fields, in the order in which the game writes them.
    pub fields: Vec<Field>,
}

/// A replicated field of an entity.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Field {
    /// Unique within the kind.
    pub name: String,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it never changes after the entity has entered: sent once, never compared again.
    pub constant: bool,
}

/// What a field holds. Each is one or more *lanes*: unsigned integers of at most 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Encode, Decode)]
pub enum FieldKind {
    /// A point in the plane, in world units: two lanes, x and y. Lane = (value − min) / step,
    /// rounded to nearest.
    Position {
        /// Smallest x and y.
        min: [f32; 2],
        /// Largest x and y.
        max: [f32; 2],
        /// Grid step of both axes, in world units.
        step: f32,
    },
    /// A real number: one lane, (value − min) / step, rounded to nearest.
    Number {
        /// Smallest value.
        min: f32,
        /// Largest value.
        max: f32,
        /// Grid step.
        step: f32,
    },
    /// A direction: one lane of `bits` bits (1 to 16) in which a full turn is 2^bits. Wraps.
    Angle {
        /// Bits of a full turn.
        bits: u8,
    },
    /// An integer: one lane, value − min.
    Integer {
        /// Smallest value.
        min: i32,
        /// Largest value.
        max: i32,
    },
    /// Independent bits (1 to 32): one lane.
    Flags {
        /// How many.
        bits: u8,
    },
    /// A player's id: one lane of 32 bits.
    Player,
    /// A point in space, in world units: three lanes, x, y and z. Lane = (value − min) / step,
    /// rounded to nearest.
    Position3 {
        /// Smallest x, y and z.
        min: [f32; 3],
        /// Largest x, y and z.
        max: [f32; 3],
        /// Grid step of all axes, in world units.
        step: f32,
    },
    /// A rotation in space, as a unit quaternion: four lanes, the number of its largest component
    /// (0 to 3 for x, y, z, w) and the three others in that order, of `bits` bits (3 to 16) each.
    /// The sign is chosen such that the largest is positive; it follows from the others.
    Rotation {
        /// Bits of a component, which is from −1/√2 to 1/√2.
        bits: u8,
    },
}

/// A kind of event or message.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct MessageKind {
    /// Unique among the events, or the messages.
    pub name: String,
    /// Its parameters, in order.
    pub params: Vec<Param>,
}

/// A parameter of an event or message.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub struct Param {
    /// Unique within the kind.
    pub name: String,
    /// What it holds.
    pub kind: ParamKind,
}

/// What a parameter holds.
#[derive(Clone, Copy, Debug, PartialEq, Encode, Decode)]
pub enum ParamKind {
    /// An integer from `min` to `max`, inclusive.
    Integer {
        /// Smallest value.
        min: i32,
        /// Largest value.
        max: i32,
    },
    /// A finite number from `min` to `max`, inclusive.
    Number {
        /// Smallest value.
        min: f32,
        /// Largest value.
        max: f32,
    },
    /// Text of at most this many Unicode scalar values.
    Text {
        /// Most scalar values.
        max_chars: u16,
    },
    /// A player's id.
    Player,
}
