//! A game that does as another one does, with a test in between.

use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::message::{GameMessage, InputValues, Reply};
use tickwire_protocol::schema::Schema;
use tickwire_simulation::game::{Context, Game, View};
use tickwire_simulation::inputs::Inputs;
use tickwire_simulation::interest::Interest;
use tickwire_simulation::registry::{GameOptions, OptionError};
use tickwire_simulation::saved::RestoreError;
use tickwire_simulation::scene::SceneWriter;

/// What a game is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    Join(PlayerId, Tick),
    Leave,
    Presence {
        is_present: bool,
    },
    Message,
    Step(Tick),
    Replicate,
    View,
    BotInput,
    /// It is dropped.
    Drop,
}

/// The game, and what a test does before each of its calls: take its time, or panic.
pub struct Interposed<F: Fn(Call) + Send + 'static> {
    schema: Schema,
    rules: Box<dyn Game>,
    before: F,
}

impl<F: Fn(Call) + Send + 'static> Interposed<F> {
    /// *drift* under another name.
    pub fn drift(name: &str, options: &GameOptions, before: F) -> Result<Self, OptionError> {
        let rules = tickwire_drift::create(options)?;
        let schema = Schema { game: name.to_owned(), ..rules.schema() };
        Ok(Self { schema, rules, before })
    }

    /// The same game with more in its schema.
    pub fn with_schema(mut self, add: impl FnOnce(Schema) -> Schema) -> Self {
        self.schema = add(self.schema.clone());
        self
    }
}

impl<F: Fn(Call) + Send + 'static> Drop for Interposed<F> {
    fn drop(&mut self) {
        (self.before)(Call::Drop);
    }
}

impl<F: Fn(Call) + Send + 'static> Game for Interposed<F> {
    fn schema(&self) -> Schema {
        self.schema.clone()
    }
    fn on_join(&mut self, context: &mut Context<'_>, player: PlayerId, name: &str) {
        (self.before)(Call::Join(player, context.tick()));
        self.rules.on_join(context, player, name);
    }
    fn on_leave(&mut self, context: &mut Context<'_>, player: PlayerId) {
        (self.before)(Call::Leave);
        self.rules.on_leave(context, player);
    }
    fn on_presence(&mut self, context: &mut Context<'_>, player: PlayerId, is_present: bool) {
        (self.before)(Call::Presence { is_present });
        self.rules.on_presence(context, player, is_present);
    }
    fn on_message(
        &mut self,
        context: &mut Context<'_>,
        player: PlayerId,
        message: &GameMessage,
    ) -> Reply {
        (self.before)(Call::Message);
        self.rules.on_message(context, player, message)
    }
    fn step(&mut self, context: &mut Context<'_>, inputs: &Inputs<'_>) {
        (self.before)(Call::Step(context.tick()));
        self.rules.step(context, inputs);
    }
    fn replicate(&self, out: &mut SceneWriter<'_>) {
        (self.before)(Call::Replicate);
        self.rules.replicate(out);
    }
    fn interest(&self) -> Interest {
        self.rules.interest()
    }
    fn view_of(&self, player: PlayerId) -> Option<View> {
        (self.before)(Call::View);
        self.rules.view_of(player)
    }
    fn bot_input(&mut self, context: &mut Context<'_>, bot: PlayerId) -> Option<InputValues> {
        (self.before)(Call::BotInput);
        self.rules.bot_input(context, bot)
    }
    fn save(&self) -> Vec<u8> {
        self.rules.save()
    }
    fn restore(&mut self, state: &[u8]) -> Result<(), RestoreError> {
        self.rules.restore(state)
    }
}
