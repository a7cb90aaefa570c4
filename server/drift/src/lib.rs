//! Drift, the smallest game: every player has a body, and an input is its velocity.
//!
//! It shows that the [`Game`] trait is general, and it is the baseline of the benches: whatever a
//! room costs beyond drift's step is the cost of the server and not of the rules. There are no
//! collisions, events or messages, and there should never be any.
//!
//! ```text
//! changed inputs → velocities → positions += velocity · dt, clamped to the world → replicate
//! ```

mod bodies;

use rand::RngExt;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::InputValues;
use tickwire_protocol::schema::{EntityKind, FieldKind, Schema};
use tickwire_simulation::game::{Context, Game, View};
use tickwire_simulation::inputs::Inputs;
use tickwire_simulation::interest::Interest;
use tickwire_simulation::registry::{GameOptions, OptionError, parse_extent};
use tickwire_simulation::saved::{self, RestoreError};
use tickwire_simulation::scene::SceneWriter;

use crate::bodies::Bodies;

/// The name under which the game is registered.
pub const NAME: &str = "drift";

/// Largest velocity per axis, in world units per second.
pub const MAX_SPEED: i32 = 127;
/// World of a game without options, in world units.
const DEFAULT_WORLD: [f32; 2] = [4000.0, 4000.0];
/// Sides that a world may have, in world units.
const WORLD_SIDES: std::ops::RangeInclusive<f32> = 16.0..=65_536.0;
/// What a player sees of a large world, in world units: a common screen.
pub const VIEW: [f32; 2] = [1920.0, 1080.0];
/// Grid of the positions that clients see, in world units.
const POSITION_STEP: f32 = 1.0 / 16.0;

/// The game's state.
#[derive(Debug)]
pub struct Drift {
    world: [f32; 2],
    bodies: Bodies,
}

/// Makes a game. The one option is `world=WIDTHxHEIGHT`, 4000x4000 unless given.
///
/// # Errors
/// [`OptionError`] when an option is unknown or its value is not allowed.
pub fn create(options: &GameOptions) -> Result<Box<dyn Game>, OptionError> {
    Ok(Box::new(Drift::new(options)?))
}

impl Drift {
    /// A world without bodies.
    ///
    /// # Errors
    /// As for [`create`].
    pub fn new(options: &GameOptions) -> Result<Self, OptionError> {
        options.expect_only(&["world"])?;
        let allowed = "WIDTHxHEIGHT, each 16 to 65536";
        let world = options.read("world", DEFAULT_WORLD, allowed, |text| {
            parse_extent(text).filter(|sides| sides.iter().all(|side| WORLD_SIDES.contains(side)))
        })?;
        Ok(Self { world, bodies: Bodies::default() })
    }
}

impl Game for Drift {
    fn schema(&self) -> Schema {
        let position = FieldKind::Position { min: [0.0; 2], max: self.world, step: POSITION_STEP };
        Schema::new(NAME)
            .input_integer("vx", -MAX_SPEED, MAX_SPEED)
            .input_integer("vy", -MAX_SPEED, MAX_SPEED)
            .entity(
                EntityKind::new("body")
                    .constant("player", FieldKind::Player)
                    .field("position", position),
            )
    }

    fn on_join(&mut self, context: &mut Context<'_>, player: PlayerId, _name: &str) {
        let entity = context.spawn();
        let position = self.world.map(|side| context.rng().random_range(0.0..side));
        self.bodies.insert(player, entity, position);
    }

    fn on_leave(&mut self, _context: &mut Context<'_>, player: PlayerId) {
        self.bodies.remove(player);
    }

    fn step(&mut self, context: &mut Context<'_>, inputs: &Inputs<'_>) {
        let velocity = |values: &InputValues| [values.get(0) as f32, values.get(1) as f32];
        self.bodies.steer(inputs.changed().map(|input| (input.player, velocity(&input.values))));
        self.bodies.advance(context.dt(), self.world);
    }

    fn replicate(&self, out: &mut SceneWriter<'_>) {
        for body in self.bodies.iter() {
            out.entity(body.entity, 0).player(body.player).position(body.position);
        }
    }

    fn interest(&self) -> Interest {
        Interest::of_world(self.world, VIEW)
    }

    fn view_of(&self, player: PlayerId) -> Option<View> {
        self.bodies.of(player).map(|center| View { center, size: VIEW })
    }

    fn save(&self) -> Vec<u8> {
        saved::encode(&(self.world, &self.bodies))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), RestoreError> {
        let (world, bodies): ([f32; 2], Bodies) = saved::decode(state)?;
        if world != self.world {
            return Err(RestoreError::Mismatch("its world has another size"));
        }
        if !bodies.is_sound(world) {
            return Err(RestoreError::Mismatch("its bodies are out of order or out of the world"));
        }
        self.bodies = bodies;
        Ok(())
    }
}
