//! A screening: a game that shows another one's match, to those who watch.
//!
//! ```text
//! messages of spectators ─→ Transport: playing, how fast, where to
//! step ─→ Transport: where it is by now ─→ Projector ─→ Reel: the match, computed tick by tick
//!                                             └─ stills of two ticks ─→ blended ─→ replicate
//! ```
//!
//! It looks like the game that it shows: the same schema, entities and events, without inputs. Its messages
//! are those that run it (`script`), from whoever watches, and one more entity says how it runs. Those who
//! played are its [cast](Game::cast). What a player alone was told is told nobody.
//!
//! What is computed in a step is bounded: somewhere far away is reached over several steps, and what was shown
//! stays until then.

mod projector;
mod reel;
mod script;
mod still;
mod transport;

use std::collections::BTreeMap;

use tickwire_protocol::ids::{EntityId, PlayerId};
use tickwire_protocol::message::{GameMessage, Rejection, Reply, Value};
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::schema::Schema;

use crate::game::{Context, Game};
use crate::inputs::Inputs;
use crate::interest::Interest;
use crate::saved::{self, RestoreError};
use crate::scene::{Relevance, SceneWriter};
use crate::world::Entrant;

pub use reel::Reel;
pub use script::{BROKEN, ENTITY, PAUSED, SEEKING, SPEEDS};

use projector::Projector;
use script::MessageNumber;
use transport::{Errand, Transport};

/// The largest id of a player whom a recorded match can have: those who watch have larger ones.
pub const LARGEST_RECORDED_PLAYER: u32 = u32::MAX / 2;

/// A game that shows a match.
pub struct Screening {
    /// The shown game's schema, and what is added.
    schema: Schema,
    /// Number of the kind of the entity that says how it runs.
    state_kind: usize,
    projector: Projector,
    transport: Transport,
}

impl Screening {
    /// Shows a match from its first tick on, at its own speed.
    #[must_use]
    pub fn new(reel: Box<dyn Reel>) -> Self {
        let shown = reel.world().schema();
        let (schema, state_kind) = (script::schema_of(shown), shown.entities.len());
        let mut projector = Projector::new(Layout::new(shown), reel);
        projector.show(0);
        Self { schema, state_kind, projector, transport: Transport::default() }
    }

    /// Goes on with what is to be done before playing.
    fn run(&mut self, errand: Errand, context: &mut Context<'_>) {
        let is_there = match errand {
            Errand::Seek { tick, has_jumped } => self.projector.approach(tick, has_jumped),
            Errand::Step { tick } => {
                self.projector.play_to(Transport::at(tick), &mut |event| context.emit(event))
            }
        };
        self.transport.handle_errand(errand, is_there, self.projector.has_failed());
    }
}

impl Game for Screening {
    fn schema(&self) -> Schema {
        self.schema.clone()
    }

    fn on_join(&mut self, _: &mut Context<'_>, _: PlayerId, _: &str) {}

    fn on_leave(&mut self, _: &mut Context<'_>, _: PlayerId) {}

    fn on_message(&mut self, _: &mut Context<'_>, _: PlayerId, message: &GameMessage) -> Reply {
        let length = self.projector.length();
        match (MessageNumber::of(message.kind), message.values.first()) {
            (Some(MessageNumber::Play), Some(Value::Number(speed))) => {
                let speed = script::quarters_of(*speed).ok_or_else(|| {
                    Rejection::new("bad_speed", "speeds are 0.25, 0.5, 1, 2, 4 and 8")
                })?;
                self.transport.play(speed, length);
            }
            (Some(MessageNumber::Pause), _) => self.transport.pause(),
            (Some(MessageNumber::Seek), Some(Value::Integer(tick))) => {
                self.transport.seek(tick.unsigned_abs(), length);
            }
            (Some(MessageNumber::Step), Some(Value::Integer(ticks))) => {
                self.transport.step(*ticks, length);
            }
            _ => return Err(Rejection::new("unknown", "there is no such message")),
        }
        Ok(Vec::new())
    }

    fn step(&mut self, context: &mut Context<'_>, _: &Inputs<'_>) {
        if let Some(errand) = self.transport.errand() {
            self.run(errand, context);
        } else if let Some(position) = self.transport.next(self.projector.length()) {
            let is_there = self.projector.play_to(position, &mut |event| context.emit(event));
            self.transport.handle_played(position, is_there, self.projector.length());
        }
    }

    fn replicate(&self, out: &mut SceneWriter<'_>) {
        self.projector.replicate(self.transport.position(), out);
        let flags = self.transport.flags() | if self.projector.is_broken() { BROKEN } else { 0 };
        out.entity_for(Relevance::Everybody, EntityId(ENTITY), self.state_kind)
            .integer(self.transport.tick().cast_signed())
            .integer(self.projector.length().cast_signed())
            .number(self.transport.speed())
            .flags(flags);
    }

    fn interest(&self) -> Interest {
        self.projector.world().game().interest()
    }

    fn cast(&self) -> Option<&BTreeMap<PlayerId, Entrant>> {
        Some(self.projector.world().roster())
    }

    fn hears_spectators(&self) -> bool {
        true
    }

    fn save(&self) -> Vec<u8> {
        saved::encode(&self.transport)
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), RestoreError> {
        let transport: Transport = saved::decode(state)?;
        self.projector.show(transport.position());
        self.transport = transport;
        Ok(())
    }
}
