//! A game without rules, for tests of what reaches whom: things of many kinds that rest, drift,
//! tremble on the borders of cells, jump about, and come and go in masses.

#![allow(dead_code, clippy::unwrap_used, reason = "each test crate uses its part")]

pub mod kinds;
pub mod rooms;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use rand::RngExt;
use rand::rngs::StdRng;
use tickwire_protocol::ids::{EntityId, PlayerId, Tick};
use tickwire_protocol::message::{GameMessage, Value};
use tickwire_protocol::schema::{EntityKind, MessageKind, ParamKind, Schema};
use tickwire_simulation::game::{Context, Game, RoomRng, View};
use tickwire_simulation::inputs::Inputs;
use tickwire_simulation::interest::{Cells, Interest};
use tickwire_simulation::saved::RestoreError;
use tickwire_simulation::scene::{Relevance, SceneWriter};

use kinds::{Quality, SECRET, TOTAL};

pub const WORLD: [f32; 2] = [2000.0, 1500.0];
pub const CELL_SIDE: f32 = 200.0;
pub const SPECTATOR_VIEW: View = View { center: [1000.0, 750.0], size: [500.0, 300.0] };
/// Two radii: players see one or the other.
const VIEWS: [[f32; 2]; 2] = [[300.0, 200.0], [800.0, 500.0]];
const MAX_THINGS: usize = 600;

/// What every player saw at every tick.
pub type Views = Arc<Mutex<BTreeMap<(u32, PlayerId), View>>>;

#[derive(Clone, Copy, PartialEq)]
enum Habit {
    Rests,
    Drifts,
    Trembles,
    Jumps,
    /// Becomes something else now and then: of another kind, for everybody, or for one alone.
    Changes,
}

struct Thing {
    id: EntityId,
    kind: usize,
    habit: Habit,
    relevance: Relevance,
    place: [f32; 2],
    velocity: [f32; 2],
    /// One per field of its kind.
    qualities: Vec<Quality>,
    /// How likely each of them changes at a tick.
    unrest: f64,
}

impl Thing {
    fn become_a(&mut self, kind: usize, fields: usize, rng: &mut RoomRng) {
        self.kind = kind;
        self.qualities = (0..fields).map(|_| Quality::made_up(rng)).collect();
    }
}

struct Seer {
    player: PlayerId,
    secret: EntityId,
    center: [f32; 2],
    velocity: [f32; 2],
}

pub struct Chaos {
    /// Share of things that rest.
    idle: f64,
    is_one_cell: bool,
    kinds: Vec<EntityKind>,
    things: Vec<Thing>,
    seers: Vec<Seer>,
    views: Views,
}

impl Chaos {
    pub fn new(idle: f64, views: Views) -> Self {
        let (things, seers) = (Vec::new(), Vec::new());
        Self { idle, is_one_cell: false, kinds: kinds::named(), things, seers, views }
    }

    /// The same with any other kinds of things.
    pub fn with_made_up_kinds(mut self, rng: &mut StdRng) -> Self {
        for number in 0..rng.random_range(0..12) {
            self.kinds.push(kinds::made_up(rng, number));
        }
        self
    }

    /// The same in a world that is not cut into cells.
    pub fn in_one_cell(self) -> Self {
        Self { is_one_cell: true, ..self }
    }

    fn spawn(&mut self, context: &mut Context<'_>, count: usize) {
        for _ in 0..count.min(MAX_THINGS - self.things.len()) {
            let id = context.spawn();
            let rng = context.rng();
            let habit = if rng.random_bool(self.idle) {
                Habit::Rests
            } else {
                [Habit::Drifts, Habit::Drifts, Habit::Trembles, Habit::Jumps, Habit::Changes]
                    [rng.random_range(0..5)]
            };
            let place = somewhere(rng);
            let mut thing = Thing {
                id,
                kind: 0,
                habit,
                relevance: Relevance::Place,
                // Trembling things sit right on a border of cells.
                place: if habit == Habit::Trembles {
                    [(place[0] / CELL_SIDE).round() * CELL_SIDE, place[1]]
                } else {
                    place
                },
                velocity: [rng.random_range(-300.0..300.0), rng.random_range(-300.0..300.0)],
                qualities: Vec::new(),
                unrest: [0.0, 0.05, 0.5][rng.random_range(0..3)],
            };
            let kind = kinds::of_a_thing(rng, self.kinds.len());
            thing.become_a(kind, self.kinds[kind].fields.len(), rng);
            self.things.push(thing);
        }
    }

    fn move_things(&mut self, rng: &mut RoomRng, dt: f32) {
        let seers: Vec<_> = self.seers.iter().map(|seer| seer.player).collect();
        for thing in &mut self.things {
            match thing.habit {
                Habit::Rests => {}
                Habit::Changes if rng.random_bool(0.1) => {
                    let kind = kinds::of_a_thing(rng, self.kinds.len());
                    thing.become_a(kind, self.kinds[kind].fields.len(), rng);
                    // One of those who are there, or one who has left since.
                    let player = seers.get(rng.random_range(0..=seers.len()));
                    thing.relevance = match rng.random_range(0..3) {
                        0 => Relevance::Everybody,
                        1 => Relevance::Owner(player.copied().unwrap_or(PlayerId(1))),
                        _ => Relevance::Place,
                    };
                }
                Habit::Changes => go_on(&mut thing.place, &mut thing.velocity, dt),
                Habit::Drifts => go_on(&mut thing.place, &mut thing.velocity, dt),
                // To and fro across the border, often within the ticks between two frames.
                Habit::Trembles => {
                    let border = (thing.place[0] / CELL_SIDE).round() * CELL_SIDE;
                    thing.place[0] = border + rng.random_range(-40.0..40.0);
                }
                Habit::Jumps if rng.random_bool(0.1) => thing.place = somewhere(rng),
                Habit::Jumps => {}
            }
            if thing.habit != Habit::Rests {
                change_qualities(thing, &self.kinds[thing.kind], rng);
            }
        }
    }

    /// Tells somebody, or everybody, something.
    fn talk(&self, context: &mut Context<'_>) {
        let rng = context.rng();
        let seer = self.seers.get(rng.random_range(0..=self.seers.len()));
        let player = seer.map_or(PlayerId(u32::MAX), |seer| seer.player);
        let values = vec![
            Value::Player(player),
            Value::Number(rng.random_range(-1.0..1.0)),
            Value::Integer(rng.random::<i32>() >> rng.random_range(0..32)),
            Value::Text(["", "boo", "hä? 🚀"][rng.random_range(0..3)].to_owned()),
        ];
        let nothing = GameMessage { kind: 1, values: Vec::new() };
        match (rng.random_range(0..20), seer) {
            (0, _) => context.emit(GameMessage { kind: 0, values }),
            (1, _) => context.emit(nothing),
            (2..4, Some(seer)) => context.emit_to(seer.player, GameMessage { kind: 0, values }),
            _ => {}
        }
    }
}

/// Lets what a thing shows go on, and change. What is constant changes as well, though seldom: then
/// the thing leaves and enters.
fn change_qualities(thing: &mut Thing, kind: &EntityKind, rng: &mut RoomRng) {
    for (quality, field) in thing.qualities.iter_mut().zip(&kind.fields) {
        if !field.constant {
            quality.go_on();
        }
        let unrest = if field.constant { thing.unrest / 50.0 } else { thing.unrest };
        if rng.random_bool(unrest) {
            quality.change(rng);
        }
    }
}

fn somewhere(rng: &mut RoomRng) -> [f32; 2] {
    WORLD.map(|side| rng.random_range(0.0..side))
}

fn go_on(place: &mut [f32; 2], velocity: &mut [f32; 2], dt: f32) {
    for axis in 0..2 {
        place[axis] += velocity[axis] * dt;
        if !(0.0..=WORLD[axis]).contains(&place[axis]) {
            velocity[axis] = -velocity[axis];
            place[axis] = place[axis].clamp(0.0, WORLD[axis]);
        }
    }
}

impl Game for Chaos {
    fn schema(&self) -> Schema {
        let kinds = self.kinds.iter().cloned();
        let talk = MessageKind::new("talk")
            .param("who", ParamKind::Player)
            .param("mood", ParamKind::Number { min: -1.0, max: 1.0 })
            .param("number", ParamKind::Integer { min: i32::MIN, max: i32::MAX })
            .param("text", ParamKind::Text { max_chars: 6 });
        let schema = Schema::new("chaos").input_integer("nothing", -1, 1).input_button("press");
        let schema = schema.event(talk).event(MessageKind::new("nothing"));
        kinds.fold(schema, Schema::entity)
    }

    fn interest(&self) -> Interest {
        if self.is_one_cell {
            return Interest::Everything;
        }
        let spectator = SPECTATOR_VIEW;
        Interest::Cells(Cells { min: [0.0; 2], max: WORLD, side: CELL_SIDE, spectator })
    }

    fn on_join(&mut self, context: &mut Context<'_>, player: PlayerId, _: &str) {
        let secret = context.spawn();
        let center = somewhere(context.rng());
        self.seers.push(Seer { player, secret, center, velocity: [120.0, -90.0] });
    }

    fn on_leave(&mut self, _: &mut Context<'_>, player: PlayerId) {
        self.seers.retain(|seer| seer.player != player);
    }

    fn step(&mut self, context: &mut Context<'_>, _: &Inputs<'_>) {
        match context.rng().random_range(0..60) {
            0 => self.spawn(context, 150),
            1 => {
                let rng = context.rng();
                self.things.retain(|_| rng.random_bool(0.4));
            }
            2 => self.things.reverse(),
            3..20 => self.spawn(context, 2),
            _ => {}
        }
        let dt = context.dt();
        self.move_things(context.rng(), dt);
        self.talk(context);
        let mut views = self.views.lock().unwrap();
        for seer in &mut self.seers {
            go_on(&mut seer.center, &mut seer.velocity, context.dt());
            if context.rng().random_bool(0.01) {
                seer.center = somewhere(context.rng());
            }
            let size = VIEWS[seer.player.0 as usize % 2];
            views.insert((context.tick().0, seer.player), View { center: seer.center, size });
        }
    }

    fn replicate(&self, out: &mut SceneWriter<'_>) {
        for thing in &self.things {
            let mut entity = out.entity_for(thing.relevance, thing.id, thing.kind);
            kinds::write(&mut entity, &self.kinds[thing.kind], thing.place, &thing.qualities);
        }
        out.entity(EntityId(u32::MAX), TOTAL).integer(self.things.len() as i32);
        for seer in &self.seers {
            out.entity_for(Relevance::Owner(seer.player), seer.secret, SECRET)
                .position(seer.center);
        }
    }

    fn view_of(&self, player: PlayerId) -> Option<View> {
        let seer = self.seers.iter().find(|seer| seer.player == player)?;
        Some(View { center: seer.center, size: VIEWS[player.0 as usize % 2] })
    }

    fn save(&self) -> Vec<u8> {
        Vec::new()
    }

    fn restore(&mut self, _: &[u8]) -> Result<(), RestoreError> {
        Err(RestoreError::Mismatch("it is for tests only"))
    }
}

/// What a player saw at a tick.
pub fn view_at(views: &Views, tick: Tick, player: PlayerId) -> Option<View> {
    views.lock().unwrap().get(&(tick.0, player)).copied()
}
