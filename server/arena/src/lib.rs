//! The arena, the demo game: ships with inertia among asteroids, with guns, energy and chat.
//!
//! These are rules and nothing else; the network is unknown here. A tick is one chain of steps, each
//! in the file that its name says:
//!
//! ```text
//! inputs
//!   → launch_due   who has waited long enough gets a ship       combat.rs, field.rs
//!   → fleet.fly    steer, move, bounce off walls and asteroids  fleet.rs, ship.rs
//!   → past.record  where every ship now is, and was             past.rs, grid.rs
//!   → bullets.fly  move; end at rocks, edges, ships → hits      bullets.rs
//!   → collect      energy that ships touch                      combat.rs
//!   → settle       hits → energy, losses, points                combat.rs
//!   → bullets.fire guns that are ready                          bullets.rs
//!   → bullets.carry  by what their shooters saw → hits → settle   bullets.rs, combat.rs
//! replicate → the entities of schema.rs
//! ```
//!
//! The same seed and inputs lead to the same state, bit for bit, on every machine: f32 sums,
//! products, quotients and square roots in a fixed order, integer angles with a [table of
//! sines](sine), the room's random numbers, ordered vectors. A browser that predicts its own ship
//! repeats [`ship`] and nothing else; bots ([`bot`]) are players like any other. How shots of players
//! far away are judged is told in [`bullets::flight`].

pub mod bot;
pub mod bullets;
pub mod chat;
pub mod combat;
pub mod field;
pub mod fleet;
pub mod grid;
pub mod options;
pub mod pace;
pub mod past;
pub mod pilots;
pub mod plane;
pub mod schema;
pub mod ship;
pub mod sine;

use std::collections::BTreeMap;
use std::time::Duration;

use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::{GameMessage, InputValues, Rejection, Reply, Value, ViewAge};
use tickwire_protocol::schema::Schema;
use tickwire_simulation::game::{Context, Game, View};
use tickwire_simulation::history::History;
use tickwire_simulation::inputs::Inputs;
use tickwire_simulation::interest::Interest;
use tickwire_simulation::registry::{GameOptions, OptionError};
use tickwire_simulation::saved::{self, RestoreError};
use tickwire_simulation::scene::{Relevance, SceneWriter};

use crate::bot::{Mind, Sight};
use crate::bullets::flight::Space;
use crate::bullets::{Bullets, Fates};
use crate::field::{Field, SavedField};
use crate::fleet::Fleet;
use crate::grid::Grid;
use crate::options::ArenaOptions;
use crate::pace::Pace;
use crate::past::{Past, PastShip};
use crate::pilots::{Life, Pilot, Pilots};
use crate::schema::{PILOT_ALIVE, kind};

/// The name under which the game is registered.
pub const NAME: &str = "arena";

/// What a player sees of the world, in world units: a common screen.
pub const VIEW: [f32; 2] = [1920.0, 1080.0];
/// What a player is sent of a large world: what they see, and what reaches into it from a middle
/// out of view, as the largest asteroid does.
const REACH: [f32; 2] = [VIEW[0] + 400.0, VIEW[1] + 400.0];

/// The game's state.
#[derive(Debug)]
pub struct Arena {
    options: ArenaOptions,
    field: Field,
    pilots: Pilots,
    fleet: Fleet,
    bullets: Bullets,
    minds: BTreeMap<PlayerId, Mind>,
    past: Past,
    /// Who is near where ships are launched: of use within a step only, like the fates; kept for their
    /// memory.
    launch_grid: Grid,
    fates: Fates,
}

/// What is saved, in this order. The options come first and must be those of the restoring game.
type SavedArena = (
    ArenaOptions,
    SavedField,
    Pilots,
    Fleet,
    Bullets,
    BTreeMap<PlayerId, Mind>,
    History<Vec<PastShip>>,
);

/// Makes a game with the options of [`ArenaOptions`].
///
/// # Errors
/// [`OptionError`] when an option is unknown or its value is not allowed.
pub fn create(options: &GameOptions) -> Result<Box<dyn Game>, OptionError> {
    Ok(Box::new(Arena::new(ArenaOptions::read(options)?)))
}

impl Arena {
    /// An arena without players, whose field is laid out when the first comes or time begins.
    #[must_use]
    pub fn new(options: ArenaOptions) -> Self {
        Self {
            options,
            field: Field::new(options),
            pilots: Pilots::default(),
            fleet: Fleet::default(),
            bullets: Bullets::default(),
            minds: BTreeMap::new(),
            past: Past::default(),
            launch_grid: Grid::new(options.world.into()),
            fates: Fates::default(),
        }
    }

    /// Asteroids and pickups.
    #[must_use]
    pub const fn field(&self) -> &Field {
        &self.field
    }

    /// The players' standing.
    #[must_use]
    pub const fn pilots(&self) -> &Pilots {
        &self.pilots
    }

    /// The same, for tests and benches that set up a situation.
    pub const fn pilots_mut(&mut self) -> &mut Pilots {
        &mut self.pilots
    }

    /// The ships that are flying.
    #[must_use]
    pub const fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// The same, for tests and benches that set up a situation.
    pub const fn fleet_mut(&mut self) -> &mut Fleet {
        &mut self.fleet
    }

    /// The bullets in flight.
    #[must_use]
    pub const fn bullets(&self) -> &Bullets {
        &self.bullets
    }

    fn write_ships(&self, out: &mut SceneWriter<'_>) {
        for ship in self.fleet.ships() {
            out.entity(ship.entity, kind::SHIP)
                .player(ship.player)
                .position(ship.motion.position.to_array())
                .angle(ship.motion.angle)
                .integer(ship.shown_energy())
                .flags(ship.flags());
        }
    }

    fn write_pilots(&self, out: &mut SceneWriter<'_>) {
        for pilot in self.pilots.list() {
            out.entity_for(Relevance::Everybody, pilot.entity, kind::PILOT)
                .player(pilot.player)
                .integer(pilot.score)
                .integer(pilot.kills.cast_signed())
                .integer(pilot.deaths.cast_signed())
                .flags(if pilot.life == Life::Flying { PILOT_ALIVE } else { 0 });
        }
    }

    /// What each player alone is sent: all that the next tick of their ship goes by, to the last bit, so
    /// that a client can predict it exactly and be put right.
    fn write_helms(&self, out: &mut SceneWriter<'_>) {
        for pilot in self.pilots.list() {
            let Some(ship) = self.fleet.of(pilot.player) else { continue };
            out.entity_for(Relevance::Owner(pilot.player), pilot.helm, kind::HELM)
                .position(ship.motion.position.to_array())
                .position(ship.motion.velocity.to_array())
                .angle(ship.motion.angle)
                .position3([ship.energy, ship.gun_wait, ship.dash_wait.into()])
                .integer(ship.protection.into())
                .integer(ship.shots.into());
        }
    }

    fn write_field(&self, out: &mut SceneWriter<'_>) {
        for rock in self.field.rocks() {
            out.entity(rock.entity, kind::ASTEROID)
                .position(rock.center.to_array())
                .integer(rock.radius.into())
                .integer(rock.shape.into());
        }
        for pickup in self.field.pickups() {
            out.entity(pickup.entity, kind::PICKUP).position(pickup.position.to_array());
        }
    }

    fn write_bullets(&self, out: &mut SceneWriter<'_>) {
        for bullet in self.bullets.list() {
            out.entity(bullet.entity, kind::BULLET)
                .player(bullet.player)
                .integer(bullet.shot.into())
                .position(bullet.position.to_array());
        }
    }
}

impl Game for Arena {
    fn schema(&self) -> Schema {
        schema::schema(self.options.world)
    }

    fn on_join(&mut self, context: &mut Context<'_>, player: PlayerId, _name: &str) {
        self.field.lay_out(context);
        self.pilots.insert(Pilot::new(player, [context.spawn(), context.spawn()]));
        combat::launch(player, &mut self.fleet, &self.field, context);
    }

    fn on_leave(&mut self, _context: &mut Context<'_>, player: PlayerId) {
        self.pilots.remove(player);
        self.fleet.retain(|ship| ship.player != player);
        self.bullets.remove_of(player);
        self.minds.remove(&player);
    }

    fn on_presence(&mut self, _context: &mut Context<'_>, player: PlayerId, is_present: bool) {
        if let Some(pilot) = self.pilots.of_mut(player) {
            pilot.is_away = !is_present;
        }
        if let Some(ship) = self.fleet.of_mut(player) {
            ship.is_away = !is_present;
        }
    }

    fn on_message(
        &mut self,
        context: &mut Context<'_>,
        player: PlayerId,
        message: &GameMessage,
    ) -> Reply {
        let (schema::SAY, [Value::Text(text)]) = (message.kind, &message.values[..]) else {
            return Err(Rejection::new("unknown", "the arena has no such message"));
        };
        let pilot = self.pilots.of_mut(player);
        let pilot = pilot.ok_or_else(|| Rejection::new("not_playing", "only pilots can speak"))?;
        let text = chat::clean(text).ok_or_else(chat::empty)?;
        pilot.chat.take().then_some(()).ok_or_else(chat::too_fast)?;
        context.emit(schema::said(player, text));
        Ok(Vec::new())
    }

    fn step(&mut self, context: &mut Context<'_>, inputs: &Inputs<'_>) {
        let dt = context.dt();
        let pace = Pace::of(dt);
        self.field.lay_out(context);
        self.pilots.list_mut().iter_mut().for_each(|pilot| pilot.chat.pass(dt));

        let Self { options, field, pilots, fleet, bullets, past, launch_grid, fates, .. } = self;
        combat::launch_due(fleet, pilots, field, launch_grid, context);
        fleet.fly(inputs, field, &pace);
        let now = context.tick();
        let rewind = options.rewind_ms as f32 / 1000.0 / dt;
        past.record(now, fleet, options.world.into(), rewind as u32 + 1);
        let most_age = ViewAge::from_ticks(rewind);
        bullets.fly(Space { field, fleet, past, now, dt, most_age }, fates);
        if let Some(present) = past.at(now) {
            combat::collect(fleet, pilots, field, present.grid, context);
        }
        combat::settle(&mut fates.hits, fleet, pilots, context);
        let first = bullets.fire(fleet, &pace, context);
        bullets.carry(first, Space { field, fleet, past, now, dt, most_age }, fates);
        combat::settle(&mut fates.hits, fleet, pilots, context);
    }

    /// What rarely changes its place in the order comes first: that makes slots quick to find.
    fn replicate(&self, out: &mut SceneWriter<'_>) {
        self.write_field(out);
        self.write_pilots(out);
        self.write_ships(out);
        self.write_helms(out);
        self.write_bullets(out);
    }

    fn interest(&self) -> Interest {
        Interest::of_world(self.options.world, REACH)
    }

    fn rewind(&self) -> Duration {
        Duration::from_millis(self.options.rewind_ms.into())
    }

    fn view_of(&self, player: PlayerId) -> Option<View> {
        let center = match self.pilots.of(player)?.life {
            Life::Flying => self.fleet.of(player)?.motion.position,
            Life::Down { place, .. } => place,
        };
        Some(View { center: center.to_array(), size: REACH })
    }

    fn leader(&self) -> Option<PlayerId> {
        self.pilots.leader()
    }

    fn highlights(&self) -> &'static [&'static str] {
        &["kill"]
    }

    fn bot_input(&mut self, context: &mut Context<'_>, bot: PlayerId) -> Option<InputValues> {
        let ship = self.fleet.of(bot)?;
        let sight = Sight { ship, fleet: &self.fleet, field: &self.field };
        let dt = context.dt();
        self.minds.entry(bot).or_default().decide(sight, context.rng(), dt)
    }

    fn save(&self) -> Vec<u8> {
        let Self { options, field, pilots, fleet, bullets, minds, past, .. } = self;
        saved::encode(&(options, field.saved(), pilots, fleet, bullets, minds, past.saved()))
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), RestoreError> {
        let (options, field, pilots, fleet, bullets, minds, ships): SavedArena =
            saved::decode(state)?;
        if options != self.options {
            return Err(RestoreError::Mismatch("it was saved with other options"));
        }
        let has_ship = |pilot: &&Pilot| pilot.life == Life::Flying;
        let flying = pilots.list().iter().filter(has_ship).map(|pilot| pilot.player);
        let sound = pilots.are_sound()
            && fleet.is_sound(options.world.into())
            && flying.eq(fleet.ships().iter().map(|ship| ship.player))
            && bullets.are_sound(options.world.into())
            && past::is_sound(&ships, options.world.into())
            && minds.keys().all(|&bot| pilots.of(bot).is_some());
        // The field comes last because it is taken over by the same call that checks it.
        if !sound || !self.field.restore(field) {
            return Err(RestoreError::Mismatch("its parts contradict each other"));
        }
        (self.pilots, self.fleet, self.bullets, self.minds) = (pilots, fleet, bullets, minds);
        self.past.restore(ships, options.world.into());
        Ok(())
    }
}
