//! Drives a game without a room: for a game author's tests and benches.
//!
//! It stands where the room stands, with players, held inputs, random numbers and entity ids, and
//! nothing of the network. An input takes effect at the next [`step`](GameHarness::step). Breaking
//! the game's own schema panics, because a test is where that should come out.
//!
//! ```text
//! join / leave / message → the game at once
//! input, bot             → held, taken up by the next step
//! step                   → the game's step, then buttons go back to 0
//! snapshot, events       → what clients would see
//! ```

use rand::SeedableRng;

use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::message::{GameMessage, InputValues, Rejection, Reply, ViewAge};
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::schema::Schema;
use tickwire_protocol::snapshot::Snapshot;

use crate::game::{Game, Outcome, RoomRng};
use crate::input_queue::Buttons;
use crate::inputs::{Inputs, PlayerInput};
use crate::interest::Grid;
use crate::replication::{PartIndex, Replication};
use crate::saved::RestoreError;
use crate::world::Scope;

/// A game and everything that it needs to run. `G` is the game's own type where a test wants to
/// look inside, or `dyn Game`, as a factory makes it.
#[derive(Debug)]
pub struct GameHarness<G: Game + ?Sized = dyn Game> {
    schema: Schema,
    scope: Scope,
    /// By ascending player.
    inputs: Vec<PlayerInput>,
    /// Indices of the inputs that are new since the last step: in any order, some perhaps twice.
    changed: Vec<u32>,
    replication: Replication,
    /// What is in a part in which nothing has been.
    nothing: Snapshot,
    game: Box<G>,
}

impl<G: Game + ?Sized> GameHarness<G> {
    /// A game at tick 0, without players.
    ///
    /// # Panics
    /// When the game's schema is not valid.
    #[must_use]
    pub fn new(game: Box<G>, tick_rate_hz: u16, seed: u64) -> Self {
        let rng = RoomRng::seed_from_u64(seed);
        Self::around(game, Scope::new(Tick(0), tick_rate_hz, rng))
    }

    fn around(game: Box<G>, scope: Scope) -> Self {
        let schema = game.schema();
        assert_eq!(schema.validate(), Ok(()), "the game's schema is valid");
        let layout = Layout::new(&schema);
        let nothing = Snapshot::new(&layout);
        let replication = Replication::new(layout, Grid::single(), 0, 2);
        Self { schema, scope, inputs: Vec::new(), changed: Vec::new(), replication, nothing, game }
    }

    /// A copy that goes on from here in `game`, a new game of the same options, by way of
    /// [`Game::save`] and [`Game::restore`]. Given the same calls, both must stay equal.
    ///
    /// # Errors
    /// [`RestoreError`] when `game` refuses the state.
    pub fn resume_in(&self, mut game: Box<G>) -> Result<Self, RestoreError> {
        game.restore(&self.game.save())?;
        let scope = Scope {
            tick: self.scope.tick,
            dt: self.scope.dt,
            rng: self.scope.rng.clone(),
            entity_ids: self.scope.entity_ids.clone(),
            outcome: Outcome::default(),
        };
        let mut copy = Self::around(game, scope);
        copy.inputs.clone_from(&self.inputs);
        self.players().for_each(|player| copy.replication.admit(player));
        copy.changed.clone_from(&self.changed);
        Ok(copy)
    }

    /// Somebody begins to play; until their first input, all their values are 0.
    ///
    /// # Panics
    /// When the player is there already.
    pub fn join(&mut self, player: PlayerId, name: &str) {
        let Err(index) = self.index_of(player) else { panic!("player {player} joins twice") };
        let values = InputValues::neutral(&self.schema);
        self.inputs.insert(index, PlayerInput { player, values, view_age: ViewAge::UNTOLD });
        self.replication.admit(player);
        let later = self.changed.iter_mut().filter(|changed| **changed as usize >= index);
        later.for_each(|changed| *changed += 1);
        self.game.on_join(&mut self.scope.context(), player, name);
    }

    /// A player leaves.
    ///
    /// # Panics
    /// When there is no such player.
    pub fn leave(&mut self, player: PlayerId) {
        let Ok(index) = self.index_of(player) else { panic!("there is no player {player}") };
        self.inputs.remove(index);
        self.replication.forget(player);
        self.changed.retain(|&changed| changed as usize != index);
        let later = self.changed.iter_mut().filter(|changed| **changed as usize > index);
        later.for_each(|changed| *changed -= 1);
        self.game.on_leave(&mut self.scope.context(), player);
    }

    /// A player's connection is lost, or they are back.
    pub fn presence(&mut self, player: PlayerId, is_present: bool) {
        self.game.on_presence(&mut self.scope.context(), player, is_present);
    }

    /// A player's input from the next step on; of several before it, the last one counts.
    ///
    /// # Panics
    /// When there is no such player, or the input does not fit the schema.
    pub fn input(&mut self, player: PlayerId, values: InputValues) {
        assert_eq!(self.schema.check_input(&values), Ok(()), "input of player {player}");
        let Ok(index) = self.index_of(player) else { panic!("there is no player {player}") };
        self.inputs[index].values = values;
        self.changed.push(index as u32);
    }

    /// How far what a player sees of others is behind the next step and those after it, as the room
    /// would have granted it.
    ///
    /// # Panics
    /// When there is no such player.
    pub fn view_age(&mut self, player: PlayerId, view_age: ViewAge) {
        let Ok(index) = self.index_of(player) else { panic!("there is no player {player}") };
        self.inputs[index].view_age = view_age;
    }

    /// Lets the game choose a player's input, as the room does for the players it runs itself.
    pub fn bot(&mut self, player: PlayerId) {
        if let Some(values) = self.game.bot_input(&mut self.scope.context(), player) {
            self.input(player, values);
        }
    }

    /// A player's message to the game, and what it says to it.
    ///
    /// # Errors
    /// The game's refusal.
    ///
    /// # Panics
    /// When the message does not fit the schema.
    pub fn message(&mut self, player: PlayerId, message: &GameMessage) -> Reply {
        assert_eq!(self.schema.check_message(message), Ok(()), "message of player {player}");
        self.game.on_message(&mut self.scope.context(), player, message)
    }

    /// A player wants to be called otherwise.
    ///
    /// # Errors
    /// The game's refusal.
    pub fn rename(&mut self, player: PlayerId, name: &str) -> Result<(), Rejection> {
        self.game.on_rename(&mut self.scope.context(), player, name)
    }

    /// Advances the game by one tick.
    pub fn step(&mut self) {
        self.scope.tick = self.scope.tick.next();
        self.changed.sort_unstable();
        self.changed.dedup();
        let inputs = Inputs::new(&self.inputs, &self.changed);
        self.game.step(&mut self.scope.context(), &inputs);
        let buttons = Buttons::of(&self.schema);
        for &index in &self.changed {
            let values = &mut self.inputs[index as usize].values;
            *values = buttons.release(*values);
        }
        self.changed.clear();
    }

    /// What clients would see now of the whole world, quantised; what is one player's own is left
    /// out. Last steps lead from when this or [`GameHarness::own`] was last called.
    pub fn snapshot(&mut self) -> &Snapshot {
        self.record();
        self.part(self.replication.cell(0))
    }

    /// What a player alone would be sent now.
    pub fn own(&mut self, player: PlayerId) -> &Snapshot {
        self.record();
        self.part(self.replication.own(player))
    }

    fn record(&mut self) {
        self.replication.record(self.scope.tick, self.game.as_ref());
    }

    fn part(&self, index: Option<PartIndex>) -> &Snapshot {
        index.map_or(&self.nothing, |index| self.replication.newest(index))
    }

    /// The events since this was last asked, to whomever they went.
    ///
    /// # Panics
    /// When one does not fit the schema.
    pub fn events(&mut self) -> Vec<GameMessage> {
        let events = std::mem::take(&mut self.scope.outcome.events);
        for (_, event) in &events {
            assert_eq!(self.schema.check_event(event), Ok(()), "{event:?}");
        }
        events.into_iter().map(|(_, event)| event).collect()
    }

    /// The players whom the game sent away since this was last asked.
    pub fn kicks(&mut self) -> Vec<PlayerId> {
        std::mem::take(&mut self.scope.outcome.kicks)
    }

    /// The players, in ascending order.
    pub fn players(&self) -> impl Iterator<Item = PlayerId> + '_ {
        self.inputs.iter().map(|input| input.player)
    }

    /// The last tick that was computed.
    #[must_use]
    pub const fn tick(&self) -> Tick {
        self.scope.tick
    }

    /// The game.
    #[must_use]
    pub fn game(&self) -> &G {
        &self.game
    }

    /// The game, for tests that set up a situation.
    pub fn game_mut(&mut self) -> &mut G {
        &mut self.game
    }

    /// What the game is made of on the wire.
    #[must_use]
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    /// How the schema lies in a snapshot's lanes.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        self.replication.layout()
    }

    fn index_of(&self, player: PlayerId) -> Result<usize, usize> {
        self.inputs.binary_search_by_key(&player, |input| input.player)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::game::Context;
    use crate::saved;
    use crate::scene::SceneWriter;

    /// Counts what it is given: the sum of an axis, and how often a button was down.
    #[derive(Default)]
    struct Counter {
        sum: i32,
        presses: i32,
        changes: i32,
    }

    impl Game for Counter {
        fn schema(&self) -> Schema {
            Schema::new("counter").input_integer("axis", -9, 9).input_button("press")
        }

        fn on_join(&mut self, _: &mut Context<'_>, _: PlayerId, _: &str) {}

        fn on_leave(&mut self, _: &mut Context<'_>, _: PlayerId) {}

        fn step(&mut self, _: &mut Context<'_>, inputs: &Inputs<'_>) {
            self.changes += inputs.changed().count() as i32;
            for input in inputs.iter() {
                self.sum += input.values.get(0);
                self.presses += input.values.get(1);
            }
        }

        fn replicate(&self, _: &mut SceneWriter<'_>) {}

        fn save(&self) -> Vec<u8> {
            saved::encode(&[self.sum, self.presses, self.changes])
        }

        fn restore(&mut self, state: &[u8]) -> Result<(), RestoreError> {
            let [sum, presses, changes] = saved::decode(state)?;
            *self = Self { sum, presses, changes };
            Ok(())
        }
    }

    fn values(values: [i32; 2]) -> InputValues {
        InputValues::new(&values).unwrap()
    }

    #[test]
    fn inputs_are_held_and_buttons_are_not() {
        let mut harness = GameHarness::new(Box::new(Counter::default()), 30, 1);
        harness.join(PlayerId(2), "two");
        harness.join(PlayerId(1), "one");
        harness.input(PlayerId(2), values([5, 1]));
        harness.input(PlayerId(2), values([3, 1]));
        for _ in 0..4 {
            harness.step();
        }
        let game = harness.game();
        assert_eq!((game.sum, game.presses, game.changes), (12, 1, 1));
        assert_eq!(harness.tick(), Tick(4));
    }

    #[test]
    fn inputs_stay_with_their_players_when_others_come_and_go() {
        let mut harness = GameHarness::new(Box::new(Counter::default()), 30, 1);
        for player in [10, 20, 30] {
            harness.join(PlayerId(player), "name");
            harness.input(PlayerId(player), values([1, 1]));
        }
        harness.leave(PlayerId(20));
        harness.join(PlayerId(5), "name");
        harness.step();
        harness.step();
        let game = harness.game();
        assert_eq!((game.sum, game.presses, game.changes), (4, 2, 2));
    }

    #[test]
    fn a_copy_goes_on_with_held_and_fresh_inputs() {
        let mut harness = GameHarness::new(Box::new(Counter::default()), 30, 1);
        harness.join(PlayerId(1), "one");
        harness.input(PlayerId(1), values([2, 0]));
        harness.step();
        harness.input(PlayerId(1), values([4, 1]));
        let mut copy = harness.resume_in(Box::new(Counter::default())).unwrap();
        for harness in [&mut harness, &mut copy] {
            harness.step();
            harness.step();
            assert_eq!((harness.game().sum, harness.game().presses), (10, 1));
        }
    }
}
