//! A new random value for every field in every input.

use rand::RngExt;
use rand_pcg::Pcg32;
use tickwire_protocol::message::InputValues;
use tickwire_protocol::schema::{InputKind, Schema};

/// Share of inputs that press a button.
const PRESSED: f64 = 0.02;

pub(super) fn values(schema: &Schema, rng: &mut Pcg32) -> InputValues {
    let mut values = InputValues::neutral(schema);
    for (index, field) in schema.inputs.iter().enumerate() {
        let value = match field.kind {
            InputKind::Integer { min, max } => rng.random_range(min..=max),
            InputKind::Button => i32::from(rng.random_bool(PRESSED)),
        };
        values.set(index, value);
    }
    values
}
