//! What the game looks like on the wire: numbers of its inputs, entity kinds, events and messages.
//!
//! The order is part of the game's interface: clients look names up, but recorded matches rely on
//! it.

use glam::Vec2;
use tickwire_protocol::ids::PlayerId;
use tickwire_protocol::message::{GameMessage, Value};
use tickwire_protocol::schema::{EntityKind, FieldKind, MessageKind, ParamKind, Schema};

/// Input fields.
pub mod input {
    /// Whether the engine is on.
    pub const THRUST: usize = 0;
    /// How fast to turn, −[`MAX_TURN`] to [`MAX_TURN`].
    pub const TURN: usize = 1;
    /// Whether to shoot whenever the gun is ready.
    pub const FIRE: usize = 2;
    /// An impulse forward.
    pub const DASH: usize = 3;
    /// The largest turn.
    pub const MAX_TURN: i32 = 127;
}

/// Entity kinds.
pub mod kind {
    /// A ship that flies.
    pub const SHIP: usize = 0;
    /// A bullet.
    pub const BULLET: usize = 1;
    /// An asteroid.
    pub const ASTEROID: usize = 2;
    /// Energy to pick up.
    pub const PICKUP: usize = 3;
    /// A player's standing.
    pub const PILOT: usize = 4;
    /// What a player's own ship does exactly; sent to that player alone.
    pub const HELM: usize = 5;
}

/// Flags of a ship.
pub mod ship_flag {
    /// The engine is on.
    pub const THRUSTING: u32 = 1;
    /// It has just appeared and cannot be hurt.
    pub const PROTECTED: u32 = 2;
    /// A dash has just begun.
    pub const DASHING: u32 = 4;
    /// Its player's connection is lost: it drifts, harms nobody and cannot be hurt.
    pub const AWAY: u32 = 8;
}

/// Flag of a pilot: a ship of theirs is flying.
pub const PILOT_ALIVE: u32 = 1;
/// Scores that clients can be told.
pub const SCORES: std::ops::RangeInclusive<i32> = -10_000..=1_000_000;
/// The most kills or deaths that clients can be told.
pub const MAX_TALLY: u32 = 65_535;
/// The most energy of a ship.
pub const MAX_ENERGY: i32 = 100;
/// Message kind: a line of chat.
pub const SAY: u8 = 0;
/// Most characters of a line of chat.
pub const MAX_SAY_CHARS: u16 = 120;

/// Grid of the positions that clients see, in world units. What never moves lies on it exactly, so
/// that a browser bounces its own ship off the same asteroids.
pub const POSITION_STEP: f32 = 0.125;

/// Grid of what a player is told of their own ship.
pub const HELM_STEP: f32 = 1.0 / 64.0;
/// Components of a velocity that clients can be told; ships are slower.
const MAX_VELOCITY: f32 = 4096.0;
/// The longest wait of a gun that players can be told of, in ticks: longer than it is at 240 Hz.
pub const MAX_GUN_WAIT: i32 = 64;
/// The longest wait for anything else, in ticks, likewise.
pub const MAX_WAIT: i32 = 511;
/// Numbers of shots.
const SHOT: FieldKind = FieldKind::Integer { min: 0, max: 255 };

const HIT: u8 = 0;
const KILL: u8 = 1;
const COLLECT: u8 = 2;
const RESPAWN: u8 = 3;
const SAID: u8 = 4;

/// The game's schema in a world of this size.
#[must_use]
pub fn schema(world: [f32; 2]) -> Schema {
    let position = FieldKind::Position { min: [0.0; 2], max: world, step: POSITION_STEP };
    let velocity =
        FieldKind::Position { min: [-MAX_VELOCITY; 2], max: [MAX_VELOCITY; 2], step: HELM_STEP };
    let gauges = FieldKind::Position3 {
        min: [0.0, -1.0, 0.0],
        max: [MAX_ENERGY, MAX_GUN_WAIT, MAX_WAIT].map(|most| most as f32),
        step: HELM_STEP,
    };
    let player = FieldKind::Player;
    let tally = FieldKind::Integer { min: 0, max: MAX_TALLY.cast_signed() };
    let text = ParamKind::Text { max_chars: MAX_SAY_CHARS };
    let at = |kind: MessageKind| {
        kind.param("x", ParamKind::Number { min: 0.0, max: world[0] })
            .param("y", ParamKind::Number { min: 0.0, max: world[1] })
    };
    let event = |name: &str, players: &[&str]| {
        let kind = players
            .iter()
            .fold(MessageKind::new(name), |kind, player| kind.param(player, ParamKind::Player));
        at(kind)
    };
    Schema::new(crate::NAME)
        .input_integer("thrust", 0, 1)
        .input_integer("turn", -input::MAX_TURN, input::MAX_TURN)
        .input_integer("fire", 0, 1)
        .input_button("dash")
        .entity(
            EntityKind::new("ship")
                .constant("player", player)
                .field("position", position)
                .field("angle", FieldKind::Angle { bits: 8 })
                .field("energy", FieldKind::Integer { min: 0, max: MAX_ENERGY })
                .field("flags", FieldKind::Flags { bits: 4 }),
        )
        .entity(
            EntityKind::new("bullet")
                .constant("player", player)
                // By it a client knows its own bullet again, which it has drawn since it fired.
                .constant("shot", SHOT)
                .field("position", position),
        )
        .entity(
            EntityKind::new("asteroid")
                .constant("position", position)
                .constant("radius", FieldKind::Integer { min: 20, max: 200 })
                .constant("shape", FieldKind::Integer { min: 0, max: 255 }),
        )
        .entity(EntityKind::new("pickup").constant("position", position))
        .entity(
            EntityKind::new("pilot")
                .constant("player", player)
                .field("score", FieldKind::Integer { min: *SCORES.start(), max: *SCORES.end() })
                .field("kills", tally)
                .field("deaths", tally)
                .field("flags", FieldKind::Flags { bits: 1 }),
        )
        .entity(
            EntityKind::new("helm")
                .field(
                    "position",
                    FieldKind::Position { min: [0.0; 2], max: world, step: HELM_STEP },
                )
                // A vector that goes on changing as it did, like a position.
                .field("velocity", velocity)
                .field("angle", FieldKind::Angle { bits: 16 })
                // Energy, the gun's wait and that for a dash, in ticks: likewise.
                .field("gauges", gauges)
                .field("protection", FieldKind::Integer { min: 0, max: MAX_WAIT })
                .field("shots", SHOT),
        )
        .event(event("hit", &["shooter", "victim"]))
        .event(event("kill", &["killer", "victim"]))
        .event(event("collect", &["player"]))
        .event(event("respawn", &["player"]))
        .event(MessageKind::new("said").param("player", ParamKind::Player).param("text", text))
        .message(MessageKind::new("say").param("text", text))
}

/// A bullet has hurt a ship.
#[must_use]
pub fn hit(shooter: PlayerId, victim: PlayerId, at: Vec2) -> GameMessage {
    located(HIT, [shooter, victim], at)
}

/// A ship was destroyed.
#[must_use]
pub fn kill(killer: PlayerId, victim: PlayerId, at: Vec2) -> GameMessage {
    located(KILL, [killer, victim], at)
}

/// A ship has picked energy up.
#[must_use]
pub fn collect(player: PlayerId, at: Vec2) -> GameMessage {
    located(COLLECT, [player], at)
}

/// A ship has appeared, for the first time or again.
#[must_use]
pub fn respawn(player: PlayerId, at: Vec2) -> GameMessage {
    located(RESPAWN, [player], at)
}

/// A player has said something.
#[must_use]
pub fn said(player: PlayerId, text: String) -> GameMessage {
    GameMessage { kind: SAID, values: vec![Value::Player(player), Value::Text(text)] }
}

fn located<const N: usize>(kind: u8, players: [PlayerId; N], at: Vec2) -> GameMessage {
    let players = players.into_iter().map(Value::Player);
    let place = [Value::Number(at.x), Value::Number(at.y)];
    GameMessage { kind, values: players.chain(place).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_is_valid_and_events_fit_it() {
        for world in [[400.0, 400.0], [4000.0, 4000.0], [65_536.0, 65_536.0]] {
            let schema = schema(world);
            assert_eq!(schema.validate(), Ok(()));
            let [one, two] = [PlayerId(1), PlayerId(2)];
            let at = Vec2::from(world);
            let events = [
                hit(one, two, at),
                kill(one, two, at),
                collect(one, at),
                respawn(one, at),
                said(one, "x".repeat(usize::from(MAX_SAY_CHARS))),
            ];
            assert_eq!(events.len(), schema.events.len());
            for event in events {
                assert_eq!(schema.check_event(&event), Ok(()), "{event:?}");
            }
        }
    }
}
