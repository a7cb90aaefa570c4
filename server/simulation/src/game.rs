//! The one trait that a game author implements.
//!
//! A game is rules and state, nothing else: it sees ticks, players and their inputs, and never a
//! byte, a socket or a clock. Everything it may do to the outside goes through [`Context`]. The same
//! seed and the same calls must lead to the same state, on every run and every machine: use the
//! context's random numbers, ordered maps and fixed steps, and keep all state in what
//! [`Game::save`] returns.

use std::collections::BTreeMap;
use std::time::Duration;

use tickwire_protocol::ids::{EntityId, PlayerId, Tick};
use tickwire_protocol::message::{GameMessage, InputValues, Rejection, Reply};
use tickwire_protocol::schema::Schema;

use crate::entity_ids::EntityIds;
use crate::inputs::Inputs;
use crate::interest::Interest;
use crate::saved::RestoreError;
use crate::scene::SceneWriter;
use crate::world::Entrant;

/// The room's random numbers: seeded, serialisable, the same on every machine.
pub type RoomRng = rand_pcg::Pcg64Mcg;

/// A game's rules and state.
pub trait Game: Send + 'static {
    /// What the game's inputs, entities, events and messages are. Asked once per room; it must be
    /// [valid](Schema::validate).
    fn schema(&self) -> Schema;

    /// Somebody begins to play. Spectators never get here.
    fn on_join(&mut self, context: &mut Context<'_>, player: PlayerId, name: &str);

    /// A player has left; everything of theirs should go.
    fn on_leave(&mut self, context: &mut Context<'_>, player: PlayerId);

    /// A player's connection was lost, or they are back. While they are away their inputs are neutral
    /// and what is theirs stays; a game should show that they are away, and see that they do no harm.
    /// If they do not come back in time, [`Game::on_leave`] follows.
    fn on_presence(&mut self, context: &mut Context<'_>, player: PlayerId, is_present: bool) {
        let _ = (context, player, is_present);
    }

    /// A player wants to be called otherwise: by a name that is fit to be shown. A game may have
    /// reasons against it.
    ///
    /// # Errors
    /// Why not: nobody is renamed then, and the player is told.
    fn on_rename(
        &mut self,
        context: &mut Context<'_>,
        player: PlayerId,
        name: &str,
    ) -> Result<(), Rejection> {
        let _ = (context, player, name);
        Ok(())
    }

    /// A player sent one of the schema's messages. Its values are in range. What is returned answers
    /// it where the player has asked for an answer, in at most 1 KiB; nobody else gets to see it.
    ///
    /// # Errors
    /// Why it was refused, for the player likewise.
    fn on_message(
        &mut self,
        context: &mut Context<'_>,
        player: PlayerId,
        message: &GameMessage,
    ) -> Reply {
        let _ = (context, player, message);
        Ok(Vec::new())
    }

    /// Advances the world by one tick of [`Context::dt`] seconds.
    fn step(&mut self, context: &mut Context<'_>, inputs: &Inputs<'_>);

    /// Writes every entity that clients may see. One that is not written has left. What one client is
    /// to see at once must fit a frame of 1 MiB and 131,072 slots; who would have to be sent more is
    /// sent away, and the log says so.
    fn replicate(&self, out: &mut SceneWriter<'_>);

    /// Whether players see all of the world, or the cells around them. Asked once per room.
    fn interest(&self) -> Interest {
        Interest::Everything
    }

    /// What part of the world a player sees, in world units; `None` means all of it. Asked at every
    /// tick, of games whose world is cut into cells.
    fn view_of(&self, player: PlayerId) -> Option<View> {
        let _ = player;
        None
    }

    /// How far back the game can judge what players do by what they saw: the oldest view that
    /// [`PlayerInput::view_age`](crate::inputs::PlayerInput::view_age) tells of. Asked once per room. A
    /// game that does not override this sees only the present, and is told no ages; one that does keeps
    /// what it needs of past ticks in a [`History`](crate::history::History).
    fn rewind(&self) -> Duration {
        Duration::ZERO
    }

    /// Who is ahead, or has won: for a list of past matches.
    fn leader(&self) -> Option<PlayerId> {
        None
    }

    /// The names of those events that a person looks for in a past match, such as kills. Asked once per
    /// room.
    fn highlights(&self) -> &'static [&'static str] {
        &[]
    }

    /// Who takes part in what the game shows, where those are not the room's players but come with it, as in a
    /// match of the past. The room has those of them who play, and nobody else, as players run by the server,
    /// under these ids and names, which no member may have. Asked at every tick.
    fn cast(&self) -> Option<&BTreeMap<PlayerId, Entrant>> {
        None
    }

    /// Whether [`Game::on_message`] is asked about messages of spectators too; they are refused otherwise.
    /// Asked at every such message.
    fn hears_spectators(&self) -> bool {
        false
    }

    /// What a player run by the server does next; `None` repeats its last input. A game that does
    /// not override this has idle bots.
    fn bot_input(&mut self, context: &mut Context<'_>, bot: PlayerId) -> Option<InputValues> {
        let _ = (context, bot);
        None
    }

    /// The whole state, such that [`Game::restore`] on a new game of the same options goes on
    /// exactly as this one does. [`saved::encode`](crate::saved::encode) turns a struct into bytes.
    fn save(&self) -> Vec<u8>;

    /// Takes over a saved state.
    ///
    /// # Errors
    /// [`RestoreError`] when the bytes are no state of this game; the game is then unchanged.
    fn restore(&mut self, state: &[u8]) -> Result<(), RestoreError>;
}

/// A rectangle of the world.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Its middle, in world units.
    pub center: [f32; 2],
    /// Its width and height, in world units.
    pub size: [f32; 2],
}

/// What a game may use and do during a call.
#[derive(Debug)]
pub struct Context<'a> {
    pub(crate) tick: Tick,
    pub(crate) dt: f32,
    pub(crate) rng: &'a mut RoomRng,
    pub(crate) entity_ids: &'a mut EntityIds,
    pub(crate) outcome: &'a mut Outcome,
}

/// What a game's call led to, beyond its own state: carried out by the room afterwards.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) events: Vec<(Audience, GameMessage)>,
    pub(crate) kicks: Vec<PlayerId>,
}

impl Outcome {
    pub(crate) const fn is_empty(&self) -> bool {
        self.events.is_empty() && self.kicks.is_empty()
    }
}

/// Who receives an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    Everybody,
    Only(PlayerId),
}

impl Context<'_> {
    /// The tick being computed; between ticks, the last one.
    #[must_use]
    pub const fn tick(&self) -> Tick {
        self.tick
    }

    /// Seconds per tick.
    #[must_use]
    pub const fn dt(&self) -> f32 {
        self.dt
    }

    /// The room's random numbers.
    pub const fn rng(&mut self) -> &mut RoomRng {
        self.rng
    }

    /// An id for a new entity, larger than every one before.
    pub fn spawn(&mut self) -> EntityId {
        self.entity_ids.allocate()
    }

    /// Sends an event to everybody in the room. Events that do not fit the schema are dropped, and
    /// a debug build panics.
    pub fn emit(&mut self, event: GameMessage) {
        self.outcome.events.push((Audience::Everybody, event));
    }

    /// Sends an event to one player alone.
    pub fn emit_to(&mut self, player: PlayerId, event: GameMessage) {
        self.outcome.events.push((Audience::Only(player), event));
    }

    /// Sends a player away: their connection closes with 4411 after this tick.
    pub fn kick(&mut self, player: PlayerId) {
        self.outcome.kicks.push(player);
    }
}
