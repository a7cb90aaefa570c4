//! What nodes tell of themselves and of their rooms: JSON, of which unknown fields are ignored and missing ones have
//! their defaults, so that neighbouring versions read each other's.

use serde::{Deserialize, Serialize};
use tickwire_protocol::ids::{Fence, RoomId};

use crate::Instance;

/// The format of everything in the store. Nodes of different formats do not work together; the store's says which
/// is in use. Within one, fields may be added.
pub const FORMAT: u32 = 1;

/// How much of something is used, from 0 to 1 and beyond.
pub type Share = f32;

/// A node, as all others see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeRecord {
    /// Which life of which node.
    pub instance: Instance,
    /// Where clients and other nodes reach it: `http://HOST:PORT`.
    pub url: String,
    /// The version of its program.
    #[serde(default)]
    pub version: String,
    /// People who play there.
    #[serde(default)]
    pub players: u32,
    /// Rooms whose matches are played there.
    #[serde(default)]
    pub rooms: u32,
    /// How long ticks took there, in milliseconds: one in a hundred took longer. That of its slowest room.
    #[serde(default)]
    pub tick_ms_p99: f64,
    /// How much of its rooms' threads' time ticks take.
    #[serde(default)]
    pub tick_share: Share,
    /// How much of the memory that it may use is used.
    #[serde(default)]
    pub memory_share: Share,
    /// How much of the connections that it may have are there.
    #[serde(default)]
    pub session_share: Share,
    /// How many of the rooms that it may have are there.
    #[serde(default)]
    pub room_share: Share,
    /// It is about to stop, or to be emptied: nothing new goes there.
    #[serde(default)]
    pub draining: bool,
    /// It lets clients of other nodes' rooms connect.
    #[serde(default)]
    pub relays: bool,
}

/// A room, as all other nodes see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoomRecord {
    /// Which.
    pub room: RoomText,
    /// Its game.
    pub game: String,
    /// What whoever opened it called it.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether it has a password.
    #[serde(default)]
    pub has_password: bool,
    /// Whether it is in no list.
    #[serde(default)]
    pub is_private: bool,
    /// Most players.
    #[serde(default)]
    pub capacity: u32,
    /// Ticks per second.
    #[serde(default)]
    pub tick_rate_hz: u16,
    /// The number of its ownership.
    #[serde(default)]
    pub fence: Fence,
    /// Seats that are free for players.
    #[serde(default)]
    pub free_seats: u32,
    /// People who play.
    #[serde(default)]
    pub players: u32,
    /// The rest of what it shows of itself: as `GET /api/rooms` has it.
    #[serde(default)]
    pub numbers: serde_json::Map<String, serde_json::Value>,
}

/// A room's id as text in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoomText(pub RoomId);

impl TryFrom<String> for RoomText {
    type Error = tickwire_protocol::ids::ParseRoomIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

impl From<RoomText> for String {
    fn from(RoomText(room): RoomText) -> Self {
        room.to_string()
    }
}

impl RoomRecord {
    /// Whether anybody may come in who asks for no room in particular.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !self.is_private && !self.has_password
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_neighbouring_versions_are_read() {
        let newer =
            r#"{"instance":"a@0000000000000001","url":"http://a","players":3,"moon_phase":0.5}"#;
        let node: NodeRecord = serde_json::from_str(newer).unwrap();
        assert_eq!((node.players, node.rooms, node.draining), (3, 0, false));
        let older = r#"{"room":"0000000001","game":"arena"}"#;
        assert!(serde_json::from_str::<RoomRecord>(older).is_ok_and(|room| room.is_open()));
    }

    #[test]
    fn what_is_no_record_is_none() {
        for wrong in ["", "{}", "[]", r#"{"instance":"a","url":"http://a"}"#, "\u{0}", "null"] {
            assert!(serde_json::from_str::<NodeRecord>(wrong).is_err(), "{wrong}");
            assert!(serde_json::from_str::<RoomRecord>(wrong).is_err(), "{wrong}");
        }
    }
}
