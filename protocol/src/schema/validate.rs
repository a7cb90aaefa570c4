//! What a schema must be: unique names, bounded lists, sound ranges.

use std::collections::BTreeSet;

use thiserror::Error;

use super::{
    FieldKind, InputKind, MAX_FIELDS, MAX_INPUT_FIELDS, MAX_KINDS, MAX_NAME_BYTES, ParamKind,
    Schema,
};
use crate::quantise::steps_between;

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

impl FieldKind {
    fn is_valid(&self) -> bool {
        match *self {
            Self::Position { min, max, step } => {
                (0..2).all(|axis| steps_between(min[axis], max[axis], step).is_some())
            }
            Self::Position3 { min, max, step } => {
                (0..3).all(|axis| steps_between(min[axis], max[axis], step).is_some())
            }
            Self::Rotation { bits } => (3..=16).contains(&bits),
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
    use crate::schema::EntityKind;

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
            FieldKind::Rotation { bits: 2 },
            FieldKind::Position3 { min: [0.0; 3], max: [1.0, 1.0, f32::NAN], step: 0.1 },
            FieldKind::Integer { min: 1, max: 0 },
        ] {
            let schema = minimal().entity(EntityKind::new("other").field("field", kind));
            assert_eq!(schema.validate(), Err(SchemaError::Range { name: "field".into() }));
        }
    }
}
