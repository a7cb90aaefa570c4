//! Putting a schema together, piece by piece.

use super::{
    EntityKind, Field, FieldKind, InputField, InputKind, MessageKind, Param, ParamKind, Schema,
};

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
