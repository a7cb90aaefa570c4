//! Tag in space: a whole game in one file, with a server of its own. One of the players is *it*; whom *it*
//! comes close to is *it* next. `cargo run --release --example tag`, with the flags of the server.
//!
//! The tests play it with the JavaScript SDK: it has what *arena* and *drift* have not, positions in space,
//! rotations, every type of parameter, and answers with values.

use bincode::{Decode, Encode};
use clap::Parser;
use rand::RngExt;
use tickwire_protocol::ids::{EntityId, PlayerId};
use tickwire_protocol::message::{GameMessage, Rejection, Reply, Value};
use tickwire_protocol::schema::{EntityKind, FieldKind, MessageKind, ParamKind, Schema};
use tickwire_server::Server;
use tickwire_server::config::Flags;
use tickwire_simulation::game::{Context, Game};
use tickwire_simulation::inputs::Inputs;
use tickwire_simulation::registry::{GameOptions, GameRegistry, OptionError};
use tickwire_simulation::saved::{self, RestoreError};
use tickwire_simulation::scene::SceneWriter;

/// Side of the world, a cube, in world units.
const SIDE: f32 = 100.0;
/// Speed at the largest input, in world units per second.
const SPEED: f32 = 20.0;
/// How close *it* has to come, in world units.
const REACH: f32 = 4.0;
/// How long who was tagged stands still, in seconds.
const PAUSE: f32 = 2.0;

const RUNNER: usize = 0;
const TAGGED: u8 = 0;
const SHOUTED: u8 = 1;
const FAR: u8 = 0;
const SHOUT: u8 = 1;

#[derive(Clone, Debug, Encode, Decode)]
struct Runner {
    player: PlayerId,
    entity: EntityId,
    place: [f32; 3],
    way: [f32; 3],
    pause: f32,
    tags: i32,
}

/// The game's state: the runners, by ascending player, and who is *it*.
#[derive(Debug, Default, Encode, Decode)]
struct Tag {
    runners: Vec<Runner>,
    it: Option<PlayerId>,
}

#[expect(clippy::unnecessary_wraps, reason = "a game's factory can refuse its options")]
fn create(_: &GameOptions) -> Result<Box<dyn Game>, OptionError> {
    Ok(Box::<Tag>::default())
}

impl Tag {
    fn of(&self, player: PlayerId) -> Option<&Runner> {
        self.runners.iter().find(|runner| runner.player == player)
    }

    /// How far a player is from another.
    fn distance(&self, player: PlayerId, other: PlayerId) -> Reply {
        let (Some(one), Some(other)) = (self.of(player), self.of(other)) else {
            return Err(Rejection::new("nobody", "there is no such player"));
        };
        Ok(vec![Value::Number(distance(one.place, other.place))])
    }

    fn tag(&mut self, context: &mut Context<'_>) {
        let Some(it) = self.it.and_then(|it| self.of(it)).cloned() else { return };
        let is_near = |other: &&mut Runner| {
            other.player != it.player && distance(other.place, it.place) < REACH
        };
        if it.pause > 0.0 {
            return;
        }
        if let Some(caught) = self.runners.iter_mut().find(is_near) {
            caught.pause = PAUSE;
            caught.tags += 1;
            self.it = Some(caught.player);
            let values = [it.player, caught.player].map(Value::Player).into();
            context.emit(GameMessage { kind: TAGGED, values });
        }
    }
}

impl Game for Tag {
    fn schema(&self) -> Schema {
        let place = FieldKind::Position3 { min: [0.0; 3], max: [SIDE; 3], step: 1.0 / 16.0 };
        let axis = |schema: Schema, name| schema.input_integer(name, -100, 100);
        let shout = |name: &str| {
            MessageKind::new(name)
                .param("text", ParamKind::Text { max_chars: 40 })
                .param("pitch", ParamKind::Number { min: 0.5, max: 2.0 })
                .param("times", ParamKind::Integer { min: 1, max: 3 })
        };
        ["x", "y", "z"]
            .into_iter()
            .fold(Schema::new("tag"), axis)
            .input_button("halt")
            .entity(
                EntityKind::new("runner")
                    .constant("player", FieldKind::Player)
                    .field("place", place)
                    .field("facing", FieldKind::Rotation { bits: 10 })
                    .field("pause", FieldKind::Number { min: 0.0, max: PAUSE, step: 0.01 })
                    .field("tags", FieldKind::Integer { min: 0, max: 999 })
                    .field("flags", FieldKind::Flags { bits: 1 }),
            )
            .event(
                MessageKind::new("tagged")
                    .param("by", ParamKind::Player)
                    .param("whom", ParamKind::Player),
            )
            .event(shout("shouted").param("player", ParamKind::Player))
            .message(MessageKind::new("far").param("player", ParamKind::Player))
            .message(shout("shout"))
    }

    fn on_join(&mut self, context: &mut Context<'_>, player: PlayerId, _name: &str) {
        let entity = context.spawn();
        let place = [0; 3].map(|_| context.rng().random_range(0.0..SIDE));
        self.runners.push(Runner { player, entity, place, way: [0.0; 3], pause: 0.0, tags: 0 });
        self.it.get_or_insert(player);
    }

    fn on_leave(&mut self, _context: &mut Context<'_>, player: PlayerId) {
        self.runners.retain(|runner| runner.player != player);
        if self.it == Some(player) {
            self.it = self.runners.first().map(|runner| runner.player);
        }
    }

    fn on_rename(&mut self, _: &mut Context<'_>, _: PlayerId, name: &str) -> Result<(), Rejection> {
        let is_it = name.eq_ignore_ascii_case("it");
        if is_it { Err(Rejection::new("reserved", "nobody but it is it")) } else { Ok(()) }
    }

    fn on_message(
        &mut self,
        context: &mut Context<'_>,
        player: PlayerId,
        message: &GameMessage,
    ) -> Reply {
        match (message.kind, &message.values[..]) {
            (FAR, &[Value::Player(other)]) => self.distance(player, other),
            (SHOUT, [text, pitch, times]) => {
                let values = [text, pitch, times].map(Clone::clone);
                let heard = [&values[..], &[Value::Player(player)]].concat();
                context.emit(GameMessage { kind: SHOUTED, values: heard });
                Ok(values.into())
            }
            _ => Err(Rejection::new("unknown", "there is no such message")),
        }
    }

    fn step(&mut self, context: &mut Context<'_>, inputs: &Inputs<'_>) {
        let dt = context.dt();
        for runner in &mut self.runners {
            runner.pause = (runner.pause - dt).max(0.0);
            let Some(values) = inputs.of(runner.player) else { continue };
            if values.get(3) > 0 {
                runner.pause = PAUSE;
            }
            if runner.pause > 0.0 {
                continue;
            }
            for axis in 0..3 {
                runner.way[axis] = values.get(axis) as f32 / 100.0;
                let next = runner.place[axis] + runner.way[axis] * SPEED * dt;
                runner.place[axis] = next.clamp(0.0, SIDE);
            }
        }
        self.tag(context);
    }

    fn replicate(&self, out: &mut SceneWriter<'_>) {
        for runner in &self.runners {
            out.entity(runner.entity, RUNNER)
                .player(runner.player)
                .position3(runner.place)
                .rotation(facing(runner.way))
                .number(runner.pause)
                .integer(runner.tags)
                .flags(u32::from(self.it == Some(runner.player)));
        }
    }

    fn save(&self) -> Vec<u8> {
        saved::encode(self)
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), RestoreError> {
        *self = saved::decode(state)?;
        Ok(())
    }
}

fn distance(one: [f32; 3], other: [f32; 3]) -> f32 {
    (0..3).map(|axis| (one[axis] - other[axis]).powi(2)).sum::<f32>().sqrt()
}

/// The turn about the z axis from the x axis to a way: half-way to it lies the sum of both directions.
fn facing([x, y, _]: [f32; 3]) -> [f32; 4] {
    [0.0, 0.0, y, x + (x * x + y * y).sqrt()]
}

fn main() -> anyhow::Result<()> {
    let games = GameRegistry::new().with("tag", create).with("arena", tickwire_arena::create);
    let config = Flags::parse().validate(&games)?;
    actix::System::new().block_on(async {
        let server = Server::bind(config, games)?;
        println!("tag is played at http://{}", server.address());
        server
            .run(async {
                let _ = tokio::signal::ctrl_c().await;
            })
            .await?;
        Ok(())
    })
}
