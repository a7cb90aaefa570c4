//! A world: a game, and all that its future depends on.
//!
//! The same [`Happening`]s at the same ticks and the same inputs lead to the same [`World::hash`], on every
//! run and every machine. What is no business of the game (connections, who is sent what, how late an
//! input came) is not in here, so this is just what a journal has to record: the world writes everything
//! that is done to it on its [tape](crate::journal::tape).
//!
//! ```text
//! apply(happening) ─→ the game, at once ─┐
//! set_input ─→ inputs in effect ─→ step ─┴─→ outcome: events, players to be sent away
//!      └──────────────┴─→ tape
//! ```

mod playing;
mod saving;

use std::collections::BTreeMap;

use bincode::{Decode, Encode};
use rand::SeedableRng;
use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::message::{GameMessage, InputValues, Reply, Role, ViewAge};
use tickwire_protocol::schema::{Schema, SchemaError};

use crate::entity_ids::EntityIds;
use crate::game::{Audience, Context, Game, Outcome, RoomRng};
use crate::input_queue::Buttons;
use crate::inputs::{Inputs, PlayerInput};
use crate::journal::tape::{Change, Tape, TapedInput};

pub use saving::{hash_of, roster_of};

/// What happens to a world between its steps.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
pub enum Happening {
    /// Somebody comes in. The game hears of those who play.
    Join {
        /// Who; nobody had this id before.
        player: PlayerId,
        /// What they are called.
        name: String,
        /// What they do there.
        role: Role,
    },
    /// Somebody is gone for good.
    Leave {
        /// Who.
        player: PlayerId,
    },
    /// A connection was lost, or a member is back, with another key than before; the input is neutral.
    Presence {
        /// Whose.
        player: PlayerId,
        /// Whether there is a connection from now on.
        is_present: bool,
    },
    /// A member wants to be called otherwise.
    Rename {
        /// Who.
        player: PlayerId,
        /// How.
        name: String,
    },
    /// A player says something to the game.
    Message {
        /// Who.
        player: PlayerId,
        /// What; it fits the schema.
        message: GameMessage,
    },
}

/// Somebody who is there, as far as a journal has to know.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Entrant {
    /// What they are called.
    pub name: String,
    /// What they do there.
    pub role: Role,
    /// How often they have come back: the key of their newest welcome.
    pub key: u32,
}

/// What a [`Context`] borrows from.
#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) tick: Tick,
    pub(crate) dt: f32,
    pub(crate) rng: RoomRng,
    pub(crate) entity_ids: EntityIds,
    pub(crate) outcome: Outcome,
}

impl Scope {
    pub(crate) fn new(tick: Tick, tick_rate_hz: u16, rng: RoomRng) -> Self {
        Self {
            tick,
            dt: 1.0 / f32::from(tick_rate_hz),
            rng,
            entity_ids: EntityIds::new(),
            outcome: Outcome::default(),
        }
    }

    pub(crate) const fn context(&mut self) -> Context<'_> {
        Context {
            tick: self.tick,
            dt: self.dt,
            rng: &mut self.rng,
            entity_ids: &mut self.entity_ids,
            outcome: &mut self.outcome,
        }
    }
}

/// A game, and all that its future depends on.
pub struct World {
    schema: Schema,
    buttons: Buttons,
    game: Box<dyn Game>,
    scope: Scope,
    roster: BTreeMap<PlayerId, Entrant>,
    /// Of those in the roster who are run by the server, ascending.
    bots: Vec<PlayerId>,
    /// The inputs in effect, of those who play, by ascending id.
    inputs: Vec<PlayerInput>,
    /// Those of them that take effect at the coming step.
    fresh: Vec<Change>,
    /// Their indices, for the game: memory that is used again.
    changed: Vec<u32>,
    tape: Tape,
}

impl World {
    /// A world at its first tick, in which nobody is.
    ///
    /// # Errors
    /// [`SchemaError`] when the game's schema is not valid.
    pub fn new(
        game: Box<dyn Game>,
        seed: u64,
        first_tick: Tick,
        tick_rate_hz: u16,
    ) -> Result<Self, SchemaError> {
        let schema = game.schema();
        schema.validate()?;
        Ok(Self {
            buttons: Buttons::of(&schema),
            tape: Tape::new(&schema),
            schema,
            game,
            scope: Scope::new(first_tick, tick_rate_hz, RoomRng::seed_from_u64(seed)),
            roster: BTreeMap::new(),
            bots: Vec::new(),
            inputs: Vec::new(),
            fresh: Vec::new(),
            changed: Vec::new(),
        })
    }

    /// The last tick computed.
    #[must_use]
    pub const fn tick(&self) -> Tick {
        self.scope.tick
    }

    /// The game's schema.
    #[must_use]
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The game's buttons.
    pub(crate) const fn buttons(&self) -> Buttons {
        self.buttons
    }

    /// The game, to be looked at.
    #[must_use]
    pub fn game(&self) -> &dyn Game {
        self.game.as_ref()
    }

    /// Everybody who is there.
    #[must_use]
    pub const fn roster(&self) -> &BTreeMap<PlayerId, Entrant> {
        &self.roster
    }

    /// What somebody is called; empty for one who is not there.
    #[must_use]
    pub fn name_of(&self, player: PlayerId) -> &str {
        self.roster.get(&player).map_or("", |entrant| &entrant.name)
    }

    /// The inputs in effect, of those who play, by ascending id.
    #[must_use]
    pub fn inputs(&self) -> &[PlayerInput] {
        &self.inputs
    }

    /// Those who are run by the server, ascending.
    #[must_use]
    pub fn bots(&self) -> &[PlayerId] {
        &self.bots
    }

    /// What was recorded since [`World::rewind_tape`].
    #[must_use]
    pub fn recorded(&self) -> &[u8] {
        self.tape.bytes()
    }

    /// What was recorded is in good hands.
    pub fn rewind_tape(&mut self) {
        self.tape.clear();
    }

    /// What the game's calls have led to, for the room to carry out.
    pub(crate) const fn outcome(&mut self) -> &mut Outcome {
        &mut self.scope.outcome
    }

    /// Does what happens, and says what the game answers.
    ///
    /// # Errors
    /// Why the game refuses it; it has not happened then.
    pub fn apply(&mut self, happening: Happening) -> Reply {
        self.tape.happen(&happening);
        match happening {
            Happening::Join { player, name, role } => self.join(player, name, role),
            Happening::Leave { player } => self.leave(player),
            Happening::Presence { player, is_present } => self.set_presence(player, is_present),
            Happening::Rename { player, name } => return self.rename(player, name),
            Happening::Message { player, message } => {
                return self.game.on_message(&mut self.scope.context(), player, &message);
            }
        }
        Ok(Vec::new())
    }

    fn join(&mut self, player: PlayerId, name: String, role: Role) {
        if role == Role::Bot {
            let at = self.bots.partition_point(|&bot| bot < player);
            self.bots.insert(at, player);
        }
        if role != Role::Spectator {
            let at = self.inputs.partition_point(|input| input.player < player);
            self.inputs.insert(at, self.neutral(player));
            self.game.on_join(&mut self.scope.context(), player, &name);
        }
        self.roster.insert(player, Entrant { name, role, key: 0 });
    }

    fn leave(&mut self, player: PlayerId) {
        let Some(Entrant { role, .. }) = self.roster.remove(&player) else { return };
        if role == Role::Bot {
            self.bots.retain(|&bot| bot != player);
        }
        if role != Role::Spectator {
            self.inputs.retain(|input| input.player != player);
            self.game.on_leave(&mut self.scope.context(), player);
        }
    }

    fn set_presence(&mut self, player: PlayerId, is_present: bool) {
        let Some(entrant) = self.roster.get_mut(&player) else { return };
        entrant.key = entrant.key.wrapping_add(is_present.into());
        if let Ok(index) = self.inputs.binary_search_by_key(&player, |input| input.player) {
            self.inputs[index] = self.neutral(player);
            self.game.on_presence(&mut self.scope.context(), player, is_present);
        }
    }

    fn rename(&mut self, player: PlayerId, name: String) -> Reply {
        let Some(entrant) = self.roster.get_mut(&player) else { return Ok(Vec::new()) };
        if entrant.role != Role::Spectator {
            self.game.on_rename(&mut self.scope.context(), player, &name)?;
        }
        entrant.name = name;
        Ok(Vec::new())
    }

    fn neutral(&self, player: PlayerId) -> PlayerInput {
        let values = InputValues::neutral(&self.schema);
        PlayerInput { player, values, view_age: ViewAge::UNTOLD }
    }

    /// The input of somebody who plays takes effect at the coming step. One that says what holds anyway is
    /// none. By ascending index, at most one each, and of those who are not run by the server.
    pub(crate) fn set_input(&mut self, index: usize, now: TapedInput) {
        let input = &mut self.inputs[index];
        let before = *input;
        let is_same = before.values == now.values && before.view_age == now.view_age;
        if is_same && now.held_age == now.view_age {
            return;
        }
        (input.values, input.view_age) = (now.values, now.view_age);
        self.fresh.push(Change { index: index as u32, before, now });
    }

    /// What the game has told everybody since this was last asked.
    pub(crate) fn take_events(&mut self) -> impl Iterator<Item = GameMessage> + use<> {
        self.scope.outcome.kicks.clear();
        let events = std::mem::take(&mut self.scope.outcome.events).into_iter();
        events.filter_map(|(audience, event)| (audience == Audience::Everybody).then_some(event))
    }

    /// Computes the next tick.
    pub(crate) fn step(&mut self) {
        self.scope.tick = self.scope.tick.next();
        self.tape.tick(self.inputs.len(), &self.fresh);
        self.think();
        self.changed.clear();
        self.changed.extend(self.fresh.iter().map(|change| change.index));
        self.game.step(&mut self.scope.context(), &Inputs::new(&self.inputs, &self.changed));
        for Change { index, now, .. } in self.fresh.drain(..) {
            let input = &mut self.inputs[index as usize];
            input.values = self.buttons.release(now.values);
            input.view_age = now.held_age;
        }
    }

    /// Asks the game what each bot does next. That follows from the rest, so it is not recorded.
    fn think(&mut self) {
        if self.bots.is_empty() {
            return;
        }
        for bot in &self.bots {
            let values = self.game.bot_input(&mut self.scope.context(), *bot);
            let values = values.filter(|values| self.schema.check_input(values).is_ok());
            let index = self.inputs.binary_search_by_key(bot, |input| input.player);
            let (Some(values), Ok(index)) = (values, index) else { continue };
            let before = self.inputs[index];
            if before.values != values {
                self.inputs[index].values = values;
                let held_age = before.view_age;
                let now = TapedInput { values, view_age: held_age, held_age };
                self.fresh.push(Change { index: index as u32, before, now });
            }
        }
        self.fresh.sort_unstable_by_key(|change| change.index);
    }
}
