//! What a screening adds to the schema of the game that it shows: the messages that run it, and the entity
//! that says how it runs.
//!
//! ```text
//! replay_play  speed: one of SPEEDS     goes on; from the beginning, where it had come to the end
//! replay_pause                          stands
//! replay_seek  tick: from the first     goes there, and goes on or stands as before
//! replay_step  ticks: -240 to 240       stands so many ticks later
//!
//! replay, entity ENTITY: tick (from the first), length (in ticks), speed, flags: PAUSED, SEEKING, BROKEN
//! ```

use tickwire_protocol::schema::{EntityKind, FieldKind, MessageKind, ParamKind, Schema};

/// The entity that says how a screening runs: the id that a match would come to last.
pub const ENTITY: u32 = u32::MAX;
/// It stands.
pub const PAUSED: u32 = 1;
/// It is on its way to where it was told to go.
pub const SEEKING: u32 = 2;
/// The match cannot be computed further, or has turned out otherwise than it was recorded.
pub const BROKEN: u32 = 4;

/// Speeds, in multiples of the match's own.
pub const SPEEDS: [f32; 6] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0];
/// Most ticks of one `replay_step`.
const MOST_STEPS: i32 = 240;

/// The messages, by their number in the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MessageNumber {
    Play,
    Pause,
    Seek,
    Step,
}

impl MessageNumber {
    pub(super) const fn of(kind: u8) -> Option<Self> {
        match kind {
            0 => Some(Self::Play),
            1 => Some(Self::Pause),
            2 => Some(Self::Seek),
            3 => Some(Self::Step),
            _ => None,
        }
    }
}

/// A speed in quarters, if it is one.
pub(super) fn quarters_of(speed: f32) -> Option<u32> {
    SPEEDS.contains(&speed).then_some((speed * 4.0) as u32)
}

/// The schema of a screening of a game.
pub(super) fn schema_of(shown: &Schema) -> Schema {
    let [slowest, .., fastest] = SPEEDS;
    let count = FieldKind::Integer { min: 0, max: i32::MAX };
    let state = EntityKind::new("replay")
        .field("tick", count)
        .field("length", count)
        .field("speed", FieldKind::Number { min: slowest, max: fastest, step: slowest })
        .field("flags", FieldKind::Flags { bits: 3 });
    let speed = ParamKind::Number { min: slowest, max: fastest };
    let tick = ParamKind::Integer { min: 0, max: i32::MAX };
    let ticks = ParamKind::Integer { min: -MOST_STEPS, max: MOST_STEPS };
    let schema = Schema { inputs: Vec::new(), messages: Vec::new(), ..shown.clone() };
    schema
        .entity(state)
        .message(MessageKind::new("replay_play").param("speed", speed))
        .message(MessageKind::new("replay_pause"))
        .message(MessageKind::new("replay_seek").param("tick", tick))
        .message(MessageKind::new("replay_step").param("ticks", ticks))
}
