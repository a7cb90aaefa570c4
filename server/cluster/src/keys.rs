//! The names of everything in Redis, and how long it stays when nobody renews it.
//!
//! | key | type | holds | stays |
//! |---|---|---|---|
//! | `tickwire:format` | string | the [format](crate::record::FORMAT) of all the rest | a week |
//! | `tickwire:fence` | string | the newest fence that was given out | a month |
//! | `tickwire:nodes` | sorted set | instances, by the time of their last renewal in Redis' milliseconds | a week |
//! | `tickwire:votes` | sorted set | the same of those that are steady | a week |
//! | `tickwire:node:NAME` | string | the lease: instance, a newline, its record in JSON | a lease |
//! | `tickwire:rooms:INSTANCE` | hash | the records of its rooms in JSON, by id | ten minutes |
//! | `tickwire:owner:ROOM` | hash | `instance` and `fence` of its owner | ten minutes |
//! | `tickwire:code:CODE` | string | the private room with this code | ten minutes |
//! | `tickwire:open:GAME` | sorted set | rooms for anybody, by how many seats are free | ten minutes |
//! | `tickwire:journal:ROOM` | stream | `b`: pieces of its journal, from the last keyframe on | ten minutes |
//! | `tickwire:once:KEY` | string | what a request to open a room has led to | a minute |
//! | `tickwire:opening:GAME` | string | who is about to open a room of a game | two seconds |
//!
//! Channels of publish and subscribe have the prefix `tickwire:bus:`.

use std::time::Duration;

use tickwire_protocol::ids::RoomId;

use crate::{Instance, NodeName};

/// How long rooms stay that nobody speaks of: longer than an outage that a match can survive.
pub const ROOM_STAYS: Duration = Duration::from_secs(600);
/// How long it stays what belongs to the cluster as a whole.
pub const CLUSTER_STAYS: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long the newest fence stays.
pub const FENCE_STAYS: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long a request to open a room is known, so that it opens none when it comes again.
pub const ONCE_STAYS: Duration = Duration::from_secs(60);
/// How long one node has to open a room of a game before another may.
pub const OPENING_STAYS: Duration = Duration::from_secs(2);
/// How long a node counts among those there are that renews nothing any more.
pub const NODE_REMEMBERED: Duration = Duration::from_secs(10);
/// Time between two tries to subscribe to a channel.
pub const SUBSCRIBE_AGAIN: Duration = Duration::from_millis(200);
/// What all keys begin with.
pub const PREFIX: &str = "tickwire:";

/// The format's key.
#[must_use]
pub fn format() -> String {
    format!("{PREFIX}format")
}

/// The newest fence's.
#[must_use]
pub fn fence() -> String {
    format!("{PREFIX}fence")
}

/// The instances'.
#[must_use]
pub fn nodes() -> String {
    format!("{PREFIX}nodes")
}

/// The votes'.
#[must_use]
pub fn votes() -> String {
    format!("{PREFIX}votes")
}

/// A node's lease's.
#[must_use]
pub fn node(name: &NodeName) -> String {
    format!("{PREFIX}node:{name}")
}

/// The rooms' of an instance.
#[must_use]
pub fn rooms(instance: &Instance) -> String {
    format!("{PREFIX}rooms:{instance}")
}

/// A room's owner's.
#[must_use]
pub fn owner(room: RoomId) -> String {
    format!("{PREFIX}owner:{room}")
}

/// A private room's code's.
#[must_use]
pub fn code(code: &str) -> String {
    format!("{PREFIX}code:{code}")
}

/// That of the rooms of a game that anybody may join.
#[must_use]
pub fn open(game: &str) -> String {
    format!("{PREFIX}open:{game}")
}

/// A room's journal's.
#[must_use]
pub fn journal(room: RoomId) -> String {
    format!("{PREFIX}journal:{room}")
}

/// That of a request that is carried out once.
#[must_use]
pub fn once(key: &str) -> String {
    format!("{PREFIX}once:{key}")
}

/// That of who is about to open a room of a game.
#[must_use]
pub fn opening(game: &str) -> String {
    format!("{PREFIX}opening:{game}")
}

/// A channel of the bus.
#[must_use]
pub fn channel(name: &str) -> String {
    format!("{PREFIX}bus:{name}")
}
