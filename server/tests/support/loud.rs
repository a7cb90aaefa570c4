//! A game that has a great deal to tell in every tick.

use rand::RngExt;
use tickwire_protocol::ids::{EntityId, PlayerId};
use tickwire_protocol::schema::{EntityKind, FieldKind, Schema};
use tickwire_simulation::game::{Context, Game};
use tickwire_simulation::inputs::Inputs;
use tickwire_simulation::registry::{GameOptions, GameRegistry, OptionError};
use tickwire_simulation::saved::RestoreError;
use tickwire_simulation::scene::SceneWriter;

/// Entities unless the option `grains` says otherwise.
const GRAINS: u32 = 2000;
/// Random numbers of each.
const NUMBERS: u32 = 8;

struct Loud {
    grains: u32,
    salt: u32,
}

impl Game for Loud {
    fn schema(&self) -> Schema {
        let number = FieldKind::Integer { min: i32::MIN / 2, max: i32::MAX / 2 };
        let grain = (0..NUMBERS)
            .fold(EntityKind::new("grain"), |kind, at| kind.field(&format!("n{at}"), number));
        Schema::new("loud").input_integer("nothing", -1, 1).entity(grain)
    }

    fn on_join(&mut self, _: &mut Context<'_>, _: PlayerId, _: &str) {}
    fn on_leave(&mut self, _: &mut Context<'_>, _: PlayerId) {}

    fn step(&mut self, context: &mut Context<'_>, _: &Inputs<'_>) {
        self.salt = context.rng().random();
    }

    fn replicate(&self, out: &mut SceneWriter<'_>) {
        for id in 1..=self.grains {
            let mut entity = out.entity(EntityId(id), 0);
            for at in 0..NUMBERS {
                let noise = (id * NUMBERS + at).wrapping_mul(0x9e37_79b9) ^ self.salt;
                entity.integer(noise.wrapping_mul(0x85eb_ca6b).cast_signed() >> 2);
            }
        }
    }

    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    fn restore(&mut self, _: &[u8]) -> Result<(), RestoreError> {
        Err(RestoreError::Mismatch("it is for tests only"))
    }
}

fn loud(options: &GameOptions) -> Result<Box<dyn Game>, OptionError> {
    let grains = options.read("grains", GRAINS, "a number", |text| text.parse().ok())?;
    Ok(Box::new(Loud { grains, salt: 0 }))
}

pub fn games() -> GameRegistry {
    GameRegistry::new().with("loud", loud)
}
