//! A game with every kind of field, input and parameter, and a welcome to it.

use tickwire_protocol::ids::{PlayerId, Tick};
use tickwire_protocol::message::{Role, RosterEntry, Welcome};
use tickwire_protocol::schema::{EntityKind, FieldKind, MessageKind, ParamKind, Schema};
use tickwire_protocol::watch::GridSize;

/// Entity kinds that tests name.
pub const SHIP: u8 = 0;
pub const ROCK: u8 = 2;
pub const MARKER: u8 = 3;

/// The schema; `max` are the largest x and y of ships and rocks.
pub fn schema_of_size(max: [f32; 2]) -> Schema {
    let position = FieldKind::Position { min: [0.0; 2], max, step: 0.125 };
    Schema::new("golden")
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
        .entity(
            EntityKind::new("drone")
                .field(
                    "position",
                    FieldKind::Position3 { min: [-50.0; 3], max: [50.0, 50.0, 14.0], step: 0.5 },
                )
                .field("rotation", FieldKind::Rotation { bits: 9 })
                .constant(
                    "home",
                    FieldKind::Position3 { min: [0.0; 3], max: [1.0; 3], step: 0.25 },
                ),
        )
}

/// The schema.
pub fn schema() -> Schema {
    let schema = schema_of_size([4000.0, 2000.0])
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
        hash_every: 60,
        grid: GridSize { columns: 4, rows: 300 },
        resume_token: "AB-_09".to_owned(),
        resume_window_ms: 20_000,
        resumed: None,
        roster: vec![
            member(1, "Ada", Role::Player),
            member(250, "", Role::Spectator),
            member(300, "Zoë 🚀", Role::Player),
            member(70_000, "bot 1", Role::Bot),
        ],
        schema: schema(),
    }
}
