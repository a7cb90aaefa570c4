//! What a bot does, for any game.
//!
//! ```text
//! wander, chase, circle → intent → controls → the values of an input
//! idle, noise           → the values of an input
//! ```
//!
//! A behaviour has an [`Intent`] (where to go, whether to fire); [`Controls`] says what that means for
//! the inputs of a game, by its schema alone. Pure: time, the replica and randomness are passed in,
//! so the same seed gives the same bots.

mod chase;
mod circle;
mod controls;
mod noise;
mod wander;

use std::time::Duration;

use clap::ValueEnum;
use rand_pcg::Pcg32;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::InputValues;
use tickwire_protocol::replica::Replica;
use tickwire_protocol::schema::Schema;

pub use chase::Chase;
pub use circle::Circle;
pub use controls::{Controls, Intent};
pub use wander::Wander;

/// What a bot does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Behavior {
    /// Keeps a random heading for 0.25 to 2 s, then takes another.
    Wander,
    /// Goes for the nearest other player.
    Chase,
    /// Goes round in circles, one in four seconds.
    Circle,
    /// Sends inputs that do nothing.
    Idle,
    /// Sends a new random value in every input: the worst case for any prediction.
    Noise,
}

impl Behavior {
    /// Whether it needs to see the room.
    #[must_use]
    pub const fn needs_replica(self) -> bool {
        matches!(self, Self::Chase)
    }
}

/// What a bot knows when it chooses its next input.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// Time since the bot began.
    pub now: Duration,
    /// The bot's own player.
    pub player: PlayerId,
    /// The room, where the bot keeps a replica.
    pub replica: Option<&'a Replica>,
}

/// A bot's hand on the controls of one game.
#[derive(Clone, Debug)]
pub struct Pilot {
    schema: Schema,
    controls: Controls,
    mind: Mind,
    rng: Pcg32,
}

#[derive(Clone, Debug)]
enum Mind {
    Wander(Wander),
    Chase(Chase),
    Circle(Circle),
    Idle,
    Noise,
}

impl Pilot {
    /// A pilot of a behaviour for the game of a schema. `stream` sets it apart from others with the
    /// same seed.
    #[must_use]
    pub fn new(behavior: Behavior, schema: &Schema, seed: u64, stream: u64) -> Self {
        let mut rng = Pcg32::new(seed, stream);
        let mind = match behavior {
            Behavior::Wander => Mind::Wander(Wander::default()),
            Behavior::Chase => Mind::Chase(Chase::new(schema)),
            Behavior::Circle => Mind::Circle(Circle::new(&mut rng)),
            Behavior::Idle => Mind::Idle,
            Behavior::Noise => Mind::Noise,
        };
        Self { schema: schema.clone(), controls: Controls::new(schema), mind, rng }
    }

    /// The next input's values, each in its field's range.
    pub fn input(&mut self, moment: &Moment<'_>) -> InputValues {
        let intent = match &mut self.mind {
            Mind::Wander(wander) => wander.intent(moment.now, &mut self.rng),
            Mind::Chase(chase) => chase.intent(moment),
            Mind::Circle(circle) => circle.intent(moment.now),
            Mind::Idle => return InputValues::neutral(&self.schema),
            Mind::Noise => return noise::values(&self.schema, &mut self.rng),
        };
        self.controls.values(&self.schema, &intent)
    }
}
