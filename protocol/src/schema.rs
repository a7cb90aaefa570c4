//! What a game looks like on the wire: its inputs, entity kinds, events and messages.
//!
//! A game describes itself with a [`Schema`]; the server sends it at join, so that one client
//! library speaks every game. Nothing else on the wire says what a number means: entities travel as
//! bare integers whose width, range and unit are found here.

use std::collections::BTreeSet;

use bincode::{Decode, Encode};
use thiserror::Error;

use crate::quantise::steps_between;

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

/// Why a schema is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SchemaError {
    /// A name is empty, too long, or given twice in one list.
    #[error("name {name:?} of {list} is empty, over {MAX_NAME_BYTES} bytes, or there twice")]
    Name {
        /// The list it stands in.
        list: &'static str,
        /// The name.
        name: String,
    },
    /// A list is longer than its limit.
    #[error("{list} has {count} entries, at most {limit} are allowed")]
    TooMany {
        /// The list.
        list: &'static str,
        /// Its length.
        count: usize,
        /// The most allowed.
        limit: usize,
    },
    /// A range is empty, not finite, too fine for 32 bits, or has a width that is not allowed.
    #[error("{name}: range is empty, not finite, or needs more than 32 bits")]
    Range {
        /// The field.
        name: String,
    },
}

impl Schema {
    /// A schema without inputs, entities, events or messages.
    #[must_use]
    pub fn new(game: &str) -> Self {
        Self {
            game: game.to_owned(),
            inputs: Vec::new(),
            entities: Vec::new(),
            events: Vec::new(),
            messages: Vec::new(),
        }
    }

    /// Adds an integer input field.
    #[must_use]
    pub fn input_integer(mut self, name: &str, min: i32, max: i32) -> Self {
        let kind = InputKind::Integer { min, max };
        self.inputs.push(InputField { name: name.to_owned(), kind });
        self
    }

    /// Adds a one-shot button to the input.
    #[must_use]
    pub fn input_button(mut self, name: &str) -> Self {
        self.inputs.push(InputField { name: name.to_owned(), kind: InputKind::Button });
        self
    }

    /// Adds an entity kind.
    #[must_use]
    pub fn entity(mut self, kind: EntityKind) -> Self {
        self.entities.push(kind);
        self
    }

    /// Adds a kind of event.
    #[must_use]
    pub fn event(mut self, kind: MessageKind) -> Self {
        self.events.push(kind);
        self
    }

    /// Adds a kind of message that clients may send.
    #[must_use]
    pub fn message(mut self, kind: MessageKind) -> Self {
        self.messages.push(kind);
        self
    }

    /// Checks names, limits and ranges.
    ///
    /// # Errors
    /// The first [`SchemaError`] found.
    pub fn validate(&self) -> Result<(), SchemaError> {
        check_names("game", MAX_KINDS, [&self.game])?;
        check_names("inputs", MAX_INPUT_FIELDS, self.inputs.iter().map(|field| &field.name))?;
        for field in &self.inputs {
            if let InputKind::Integer { min, max } = field.kind {
                check_range(&field.name, min <= 0 && 0 <= max)?;
            }
        }
        check_names("entities", MAX_KINDS, self.entities.iter().map(|kind| &kind.name))?;
        for kind in &self.entities {
            check_names("fields", MAX_FIELDS, kind.fields.iter().map(|field| &field.name))?;
            for field in &kind.fields {
                check_range(&field.name, field.kind.is_valid())?;
            }
        }
        for (list, kinds) in [("events", &self.events), ("messages", &self.messages)] {
            check_names(list, MAX_KINDS, kinds.iter().map(|kind| &kind.name))?;
            for kind in kinds {
                check_names("params", MAX_FIELDS, kind.params.iter().map(|param| &param.name))?;
                for param in &kind.params {
                    check_range(&param.name, param.kind.is_valid())?;
                }
            }
        }
        Ok(())
    }
}

fn check_names<'a>(
    list: &'static str,
    limit: usize,
    names: impl IntoIterator<Item = &'a String>,
) -> Result<(), SchemaError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if name.is_empty() || name.len() > MAX_NAME_BYTES || !seen.insert(name) {
            return Err(SchemaError::Name { list, name: name.clone() });
        }
    }
    let count = seen.len();
    if count > limit { Err(SchemaError::TooMany { list, count, limit }) } else { Ok(()) }
}

fn check_range(name: &str, valid: bool) -> Result<(), SchemaError> {
    if valid { Ok(()) } else { Err(SchemaError::Range { name: name.to_owned() }) }
}

impl EntityKind {
    /// A kind without fields.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), fields: Vec::new() }
    }

    /// Adds a field that may change at every tick.
    #[must_use]
    pub fn field(mut self, name: &str, kind: FieldKind) -> Self {
        self.fields.push(Field { name: name.to_owned(), kind, constant: false });
        self
    }

    /// Adds a field that never changes after the entity has entered.
    #[must_use]
    pub fn constant(mut self, name: &str, kind: FieldKind) -> Self {
        self.fields.push(Field { name: name.to_owned(), kind, constant: true });
        self
    }
}

impl MessageKind {
    /// A kind without parameters.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), params: Vec::new() }
    }

    /// Adds a parameter.
    #[must_use]
    pub fn param(mut self, name: &str, kind: ParamKind) -> Self {
        self.params.push(Param { name: name.to_owned(), kind });
        self
    }
}

impl FieldKind {
    fn is_valid(&self) -> bool {
        match *self {
            Self::Position { min, max, step } => {
                (0..2).all(|axis| steps_between(min[axis], max[axis], step).is_some())
            }
            Self::Number { min, max, step } => steps_between(min, max, step).is_some(),
            Self::Angle { bits } => (1..=16).contains(&bits),
            Self::Integer { min, max } => min <= max,
            Self::Flags { bits } => (1..=32).contains(&bits),
            Self::Player => true,
        }
    }
}

impl ParamKind {
    fn is_valid(&self) -> bool {
        match *self {
            Self::Integer { min, max } => min <= max,
            Self::Number { min, max } => min.is_finite() && max.is_finite() && min <= max,
            Self::Text { .. } | Self::Player => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minimal() -> Schema {
        Schema::new("game").input_integer("x", -1, 1).input_button("fire").entity(
            EntityKind::new("ship").field(
                "position",
                FieldKind::Position { min: [0.0; 2], max: [100.0; 2], step: 0.25 },
            ),
        )
    }

    #[test]
    fn a_sound_schema_is_accepted() {
        assert_eq!(minimal().validate(), Ok(()));
    }

    #[test]
    fn names_ranges_and_limits_are_checked() {
        let twice = minimal().input_button("fire").validate();
        assert!(matches!(twice, Err(SchemaError::Name { list: "inputs", .. })), "{twice:?}");
        let unnamed = Schema::new("").validate();
        assert!(matches!(unnamed, Err(SchemaError::Name { list: "game", .. })), "{unnamed:?}");
        let backwards = minimal().input_integer("y", 1, -1).validate();
        assert_eq!(backwards, Err(SchemaError::Range { name: "y".into() }));
        let many =
            (0..9).fold(minimal(), |schema, n| schema.input_button(&format!("b{n}"))).validate();
        assert!(matches!(many, Err(SchemaError::TooMany { count: 11, .. })), "{many:?}");
        for kind in [
            FieldKind::Number { min: 0.0, max: 1.0, step: 0.0 },
            FieldKind::Number { min: 0.0, max: f32::NAN, step: 1.0 },
            FieldKind::Number { min: 0.0, max: 1.0e9, step: 0.1 },
            FieldKind::Number { min: 1.0, max: 0.0, step: 0.1 },
            FieldKind::Angle { bits: 17 },
            FieldKind::Flags { bits: 0 },
            FieldKind::Integer { min: 1, max: 0 },
        ] {
            let schema = minimal().entity(EntityKind::new("other").field("field", kind));
            assert_eq!(schema.validate(), Err(SchemaError::Range { name: "field".into() }));
        }
    }
}
