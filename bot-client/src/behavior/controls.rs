//! What an intent means for the inputs of a game, by the schema alone.

use tickwire_protocol::message::InputValues;
use tickwire_protocol::schema::{InputKind, Schema};

/// What a bot wants to do, in no game's terms. Both ways of steering are filled in: an absolute
/// heading for games that take a velocity, a rate of turning for those that take a rudder.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Intent {
    /// Where to, in radians: 0 is +x, growing towards +y.
    pub heading: f64,
    /// How fast, as a share of the most, 0 to 1.
    pub speed: f64,
    /// Rate of turning as a share of the most, −1 to 1; positive makes the angle grow.
    pub turn: f64,
    /// Whether to speed up.
    pub thrust: bool,
    /// Whether to shoot.
    pub fire: bool,
    /// Whether to make a jump forward, now.
    pub dash: bool,
}

/// How a game is steered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Controls {
    /// Inputs named `thrust` and `turn`, and maybe `fire` and `dash`.
    Ship,
    /// The first two integer inputs, whose ranges are symmetric, are a velocity: their indices.
    Velocity {
        /// Index of the input along x.
        x: usize,
        /// Index of the input along y.
        y: usize,
    },
    /// Nothing is known: every input is given some part of the intent.
    Unknown,
}

impl Controls {
    /// How the game of a schema is steered.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        let has = |name: &str| schema.inputs.iter().any(|field| field.name == name);
        if has("thrust") && has("turn") {
            return Self::Ship;
        }
        let mut integers = schema.inputs.iter().enumerate().filter_map(|(index, field)| {
            let InputKind::Integer { min, max } = field.kind else { return None };
            Some((index, min.checked_neg() == Some(max)))
        });
        match (integers.next(), integers.next()) {
            (Some((x, true)), Some((y, true))) => Self::Velocity { x, y },
            _ => Self::Unknown,
        }
    }

    /// The values of an input that does what is intended, each in its field's range.
    #[must_use]
    pub fn values(self, schema: &Schema, intent: &Intent) -> InputValues {
        let mut values = InputValues::neutral(schema);
        let (sin, cos) = intent.heading.sin_cos();
        let flag = |set: bool| f64::from(u8::from(set));
        let mut triggers = [flag(intent.fire), flag(intent.dash)].into_iter().cycle();
        let mut axes = [intent.turn, intent.speed, cos, sin].into_iter().cycle();
        for (index, field) in schema.inputs.iter().enumerate() {
            let mut trigger = || triggers.next().unwrap_or(0.0);
            let share = match (self, field.name.as_str(), field.kind) {
                (Self::Ship, "thrust", _) => flag(intent.thrust),
                (Self::Ship, "turn", _) => intent.turn,
                (Self::Ship, "fire", _) => flag(intent.fire),
                (Self::Ship, "dash", _) => flag(intent.dash),
                (Self::Ship, _, _) => 0.0,
                (Self::Velocity { x, .. }, _, _) if x == index => cos * intent.speed,
                (Self::Velocity { y, .. }, _, _) if y == index => sin * intent.speed,
                (Self::Velocity { .. }, _, _) | (Self::Unknown, _, InputKind::Button) => trigger(),
                (Self::Unknown, _, InputKind::Integer { .. }) => axes.next().unwrap_or(0.0),
            };
            values.set(index, level(field.kind, share));
        }
        values
    }
}

/// The value that is this share of a field's range, −1 to 1: of its largest value, or of its
/// smallest where the share is negative.
fn level(kind: InputKind, share: f64) -> i32 {
    let share = share.clamp(-1.0, 1.0);
    match kind {
        InputKind::Button => i32::from(share > 0.5),
        InputKind::Integer { max, .. } if share >= 0.0 => (share * f64::from(max)).round() as i32,
        InputKind::Integer { min, .. } => (-share * f64::from(min)).round() as i32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(schema: &Schema, intent: &Intent) -> Vec<i32> {
        Controls::new(schema).values(schema, intent).as_slice().to_vec()
    }

    #[test]
    fn a_ship_is_steered_by_name() {
        let schema = Schema::new("arena")
            .input_integer("thrust", 0, 1)
            .input_integer("turn", -127, 127)
            .input_integer("fire", 0, 1)
            .input_button("dash");
        let intent = Intent { turn: -0.5, thrust: true, fire: true, ..Intent::default() };
        assert_eq!(values(&schema, &intent), [1, -64, 1, 0]);
        assert_eq!(values(&schema, &Intent { dash: true, ..Intent::default() }), [0, 0, 0, 1]);
    }

    #[test]
    fn two_symmetric_integers_are_a_velocity() {
        let schema = Schema::new("drift")
            .input_button("jump")
            .input_integer("vx", -127, 127)
            .input_integer("vy", -127, 127);
        let intent = Intent { heading: 2.5, speed: 1.0, fire: true, ..Intent::default() };
        let values = values(&schema, &intent);
        assert_eq!(values, [1, -102, 76]);
        assert!((f64::from(values[1]).hypot(f64::from(values[2])) - 127.0).abs() < 1.0);
    }

    #[test]
    fn anything_else_gets_some_of_everything() {
        let schema = Schema::new("other")
            .input_integer("gear", -1, 5)
            .input_integer("pedal", 0, 9)
            .input_button("horn");
        assert_eq!(Controls::new(&schema), Controls::Unknown);
        let intent = Intent { turn: 1.0, speed: 1.0, fire: true, ..Intent::default() };
        assert_eq!(values(&schema, &intent), [5, 9, 1]);
    }
}
