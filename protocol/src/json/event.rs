//! Events as text: what kind, and its parameters by name.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::ids::{EventNumber, PlayerId, Tick};
use crate::message::{Event, GameMessage, Interruption, Role, RosterEntry, Value};
use crate::schema::{MessageKind, Schema};

/// An event as it is written.
#[derive(serde::Serialize)]
pub(super) struct EventText<'a> {
    number: u32,
    tick: Tick,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(serde::Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum What<'a> {
    Joined(MemberText<'a>),
    Left {
        player: PlayerId,
    },
    Renamed {
        player: PlayerId,
        name: &'a str,
    },
    Interrupted {
        cause: &'static str,
    },
    /// An event of the game.
    Event {
        name: &'a str,
        values: ByName<'a>,
    },
}

/// Somebody in the room, as they are written.
#[derive(serde::Serialize)]
pub(super) struct MemberText<'a> {
    player: PlayerId,
    name: &'a str,
    role: &'static str,
}

impl<'a> MemberText<'a> {
    pub(super) fn of(entry: &'a RosterEntry) -> Self {
        let role = match entry.role {
            Role::Player => "player",
            Role::Spectator => "spectator",
            Role::Bot => "bot",
        };
        Self { player: entry.player, name: &entry.name, role }
    }
}

/// The values of a game's event by the names of its parameters.
struct ByName<'a> {
    kind: Option<&'a MessageKind>,
    values: &'a [Value],
}

impl<'a> EventText<'a> {
    pub(super) fn of(
        number: EventNumber,
        tick: Tick,
        event: &'a Event,
        schema: &'a Schema,
    ) -> Self {
        let what = match event {
            Event::Joined(entry) => What::Joined(MemberText::of(entry)),
            Event::Left { player } => What::Left { player: *player },
            Event::Renamed { player, name } => What::Renamed { player: *player, name },
            Event::Interrupted { cause } => What::Interrupted {
                cause: match cause {
                    Interruption::Rules => "rules",
                    Interruption::Server => "server",
                },
            },
            Event::Game(GameMessage { kind, values }) => {
                let kind = schema.events.get(usize::from(*kind));
                // The room lets no event pass that the schema does not have.
                let name = kind.map_or("", |kind| &kind.name);
                What::Event { name, values: ByName { kind, values } }
            }
        };
        Self { number: number.0, tick, what }
    }
}

impl Serialize for ByName<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let params = self.kind.map_or(&[][..], |kind| &kind.params);
        let mut map = serializer.serialize_map(Some(params.len()))?;
        for (param, value) in params.iter().zip(self.values) {
            map.serialize_entry(&param.name, &ValueText(value))?;
        }
        map.end()
    }
}

/// A value as it is written.
pub(super) struct ValueText<'a>(pub(super) &'a Value);

impl Serialize for ValueText<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Integer(integer) => serializer.serialize_i32(*integer),
            Value::Number(number) => serializer.serialize_f32(*number),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Player(PlayerId(player)) => serializer.serialize_u32(*player),
        }
    }
}
