//! Whether what a client sent fits the game's schema.

use thiserror::Error;

use super::{GameMessage, InputValues, Value};
use crate::schema::{InputKind, MessageKind, ParamKind, Schema};

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
    use crate::schema::MAX_INPUT_FIELDS;

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
