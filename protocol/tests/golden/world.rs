//! Random worlds for the golden frames: entities that drift, turn, teleport, come and go.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_pcg::Pcg32;
use tickwire_protocol::ids::{EntityId, PlayerId, Tick};
use tickwire_protocol::message::{Role, RosterEntry, Welcome};
use tickwire_protocol::quantise::Layout;
use tickwire_protocol::schema::{EntityKind, FieldKind, MessageKind, ParamKind, Schema};
use tickwire_protocol::snapshot::Snapshot;

use super::rng;

/// A schema with every kind of field, input and parameter.
pub fn schema() -> Schema {
    let position = FieldKind::Position { min: [0.0; 2], max: [4000.0, 2000.0], step: 0.125 };
    let schema = Schema::new("golden")
        .input_integer("thrust", 0, 1)
        .input_integer("turn", -127, 127)
        .input_button("dash")
        .entity(
            EntityKind::new("ship")
                .constant("player", FieldKind::Player)
                .field("position", position)
                .field("angle", FieldKind::Angle { bits: 8 })
                .field("energy", FieldKind::Integer { min: -20, max: 100 })
                .field("heat", FieldKind::Number { min: -1.0, max: 1.0, step: 0.01 })
                .field("flags", FieldKind::Flags { bits: 3 }),
        )
        .entity(EntityKind::new("bullet").constant("player", FieldKind::Player).field(
            "position",
            FieldKind::Position { min: [-100.0, -50.0], max: [100.0, 50.0], step: 0.25 },
        ))
        .entity(
            EntityKind::new("rock")
                .constant("position", position)
                .constant("radius", FieldKind::Integer { min: 20, max: 200 }),
        )
        .entity(EntityKind::new("marker"))
        .entity(
            EntityKind::new("extreme")
                .field("whole", FieldKind::Integer { min: i32::MIN, max: i32::MAX })
                .field("owner", FieldKind::Player)
                .field("bits", FieldKind::Flags { bits: 32 })
                .field("bit", FieldKind::Flags { bits: 1 })
                .field("fine", FieldKind::Angle { bits: 16 })
                .field("coarse", FieldKind::Angle { bits: 1 })
                .field("single", FieldKind::Integer { min: 7, max: 7 }),
        )
        .event(
            MessageKind::new("hit")
                .param("shooter", ParamKind::Player)
                .param("force", ParamKind::Number { min: 0.0, max: 10.5 }),
        )
        .event(
            MessageKind::new("said")
                .param("text", ParamKind::Text { max_chars: 120 })
                .param("volume", ParamKind::Integer { min: -3, max: 3 }),
        )
        .event(MessageKind::new("bell"))
        .message(MessageKind::new("say").param("text", ParamKind::Text { max_chars: 120 }))
        .message(
            MessageKind::new("mark")
                .param("x", ParamKind::Number { min: 0.0, max: 4000.0 })
                .param("level", ParamKind::Integer { min: -1000, max: 100_000 })
                .param("whom", ParamKind::Player),
        );
    schema.validate().unwrap();
    schema
}

/// A welcome to a game of [`schema`].
pub fn welcome() -> Welcome {
    let member = |player, name: &str, role| RosterEntry {
        player: PlayerId(player),
        name: name.to_owned(),
        role,
    };
    Welcome {
        room: "0123456789".to_owned(),
        player: PlayerId(300),
        spectator: false,
        tick: Tick(70_000),
        room_time_us: 2_333_333_333_333,
        tick_rate_hz: 30,
        send_every: 1,
        heartbeat_interval_ms: 5_000,
        heartbeat_timeout_ms: 15_000,
        ack_every: 8,
        roster: vec![
            member(1, "Ada", Role::Player),
            member(250, "", Role::Spectator),
            member(300, "Zoë 🚀", Role::Player),
            member(70_000, "bot 1", Role::Bot),
        ],
        schema: schema(),
    }
}

struct Entity {
    id: u32,
    kind: usize,
    lanes: Vec<u32>,
    /// What each lane moves by.
    velocity: Vec<i32>,
}

/// Entities by slot.
pub struct World {
    rng: Pcg32,
    entities: BTreeMap<usize, Entity>,
    next_id: u32,
}

impl World {
    pub fn new(seed: u64) -> Self {
        Self { rng: rng(seed), entities: BTreeMap::new(), next_id: 1 }
    }

    pub fn rng(&mut self) -> &mut Pcg32 {
        &mut self.rng
    }

    /// Fills slots from 0 on.
    pub fn populate(&mut self, layout: &Layout, entities: usize) {
        for slot in 0..entities {
            self.enter(layout, slot);
        }
    }

    pub fn snapshot(&self, layout: &Layout) -> Snapshot {
        let mut snapshot = Snapshot::new(layout);
        for (&slot, entity) in &self.entities {
            let lanes = snapshot.insert(slot, EntityId(entity.id), entity.kind as u8);
            lanes[..entity.lanes.len()].copy_from_slice(&entity.lanes);
        }
        snapshot
    }

    /// One tick: everything drifts, a little turns or teleports, some come and go.
    pub fn step(&mut self, layout: &Layout, slots: usize, comings: usize) {
        for entity in self.entities.values_mut() {
            drift(&mut self.rng, layout, entity);
        }
        for _ in 0..comings {
            let slot = self.rng.random_range(0..slots);
            if self.rng.random_bool(0.4) {
                self.entities.remove(&slot);
            } else {
                self.enter(layout, slot);
            }
        }
    }

    pub fn clear(&mut self) {
        self.entities.clear();
    }

    fn enter(&mut self, layout: &Layout, slot: usize) {
        let rng = &mut self.rng;
        let kind = rng.random_range(0..layout.kinds.len());
        // Now and then ids were given to entities that nobody saw, or an old one comes back.
        let id = match rng.random_range(0..12) {
            0 => self.next_id + rng.random_range(1..5_000),
            1 => rng.random_range(1_000_000..u32::MAX),
            _ => self.next_id,
        };
        self.next_id = if id < 1_000_000 { id + 1 } else { self.next_id };
        let lanes = &layout.kinds[kind].lanes;
        self.entities.insert(
            slot,
            Entity {
                id,
                kind,
                lanes: lanes.iter().map(|lane| rng.random_range(0..=lane.max)).collect(),
                velocity: lanes.iter().map(|_| rng.random_range(-40..=40)).collect(),
            },
        );
    }
}

fn drift(rng: &mut Pcg32, layout: &Layout, entity: &mut Entity) {
    let kind = &layout.kinds[entity.kind];
    let teleports = rng.random_bool(0.03);
    for (_, field) in kind.changing() {
        if !teleports && rng.random_bool(0.4) {
            continue;
        }
        for at in field.lanes.clone() {
            let lane = &kind.lanes[at];
            let moved = lane.advance(entity.lanes[at], entity.velocity[at]);
            let jumps = teleports || moved > lane.max;
            entity.lanes[at] = if jumps { rng.random_range(0..=lane.max) } else { moved };
        }
    }
}
