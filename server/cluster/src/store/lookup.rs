//! What nodes ask the store for: who there is, which rooms there are and whose; and what they note of their own.

use std::time::Duration;

use redis::{AsyncCommands, pipe};
use tickwire_protocol::ids::{Fence, RoomId};

use super::{Store, StoreError, fence_of, json, millis};
use crate::record::{NodeRecord, RoomRecord, RoomText};
use crate::{Instance, NodeName, keys};

/// Most nodes that are looked at.
const MAX_NODES: usize = 10_000;
/// Most rooms of one node that are looked at.
const MAX_ROOMS_READ: usize = 100_000;

/// Whose a room is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The node's.
    pub instance: Instance,
    /// The number of its ownership.
    pub fence: Fence,
}

impl Store {
    /// Whether Redis answers.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        let _: String = redis::cmd("PING").query_async(&mut self.control.clone()).await?;
        Ok(())
    }

    /// For how long Redis has been running, in whole seconds.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn uptime(&self) -> Result<Duration, StoreError> {
        let info: String =
            redis::cmd("INFO").arg("server").query_async(&mut self.control.clone()).await?;
        let line = info.lines().find_map(|line| line.strip_prefix("uptime_in_seconds:"));
        let seconds = line.and_then(|seconds| seconds.trim().parse().ok());
        seconds.map(Duration::from_secs).ok_or_else(|| StoreError::foreign("INFO"))
    }

    /// All nodes with a lease. What cannot be read of them is left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn nodes(&self) -> Result<Vec<NodeRecord>, StoreError> {
        let mut control = self.control.clone();
        let instances: Vec<String> =
            control.zrange(keys::nodes(), 0, MAX_NODES as isize - 1).await?;
        let mut names: Vec<NodeName> =
            instances.iter().filter_map(|text| Some(text.parse::<Instance>().ok()?.name)).collect();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let keys: Vec<String> = names.iter().map(keys::node).collect();
        let leases: Vec<Option<String>> = control.mget(keys).await?;
        Ok(leases.iter().flatten().filter_map(|lease| node_of(lease)).collect())
    }

    /// The node of this name, while it has a lease.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn node(&self, name: &NodeName) -> Result<Option<NodeRecord>, StoreError> {
        let lease: Option<String> = self.control.clone().get(keys::node(name)).await?;
        Ok(lease.as_deref().and_then(node_of))
    }

    /// Whose a room is, dead or alive; `None` if there is no such room.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn owner(&self, room: RoomId) -> Result<Option<Owner>, StoreError> {
        let key = keys::owner(room);
        let (instance, fence): (Option<String>, Option<String>) =
            self.control.clone().hmget(&key, &["instance", "fence"]).await?;
        let (Some(instance), Some(fence)) = (instance, fence) else { return Ok(None) };
        let instance = instance.parse().map_err(|_| StoreError::foreign(&key))?;
        Ok(Some(Owner { instance, fence: fence_of(&fence, &key)? }))
    }

    /// The private room with this code.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn room_of_code(&self, code: &str) -> Result<Option<RoomId>, StoreError> {
        let room: Option<String> = self.control.clone().get(keys::code(code)).await?;
        Ok(room.and_then(|room| room.parse().ok()))
    }

    /// The rooms of a node, dead or alive. What cannot be read of them is left out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rooms_of(&self, instance: &Instance) -> Result<Vec<RoomRecord>, StoreError> {
        let records: Vec<String> = self.bulk.clone().hvals(keys::rooms(instance)).await?;
        Ok(records
            .iter()
            .take(MAX_ROOMS_READ)
            .filter_map(|text| serde_json::from_str(text).ok())
            .collect())
    }

    /// The rooms of these nodes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn rooms_of_all(&self, nodes: &[NodeRecord]) -> Result<Vec<RoomRecord>, StoreError> {
        let mut asked = pipe();
        for node in nodes {
            asked.hvals(keys::rooms(&node.instance));
        }
        let records: Vec<Vec<String>> = asked.query_async(&mut self.bulk.clone()).await?;
        let records = records.iter().flatten().take(MAX_ROOMS_READ);
        Ok(records.filter_map(|text| serde_json::from_str(text).ok()).collect())
    }

    /// The ids of all rooms that a node has, also of those of which nothing else can be read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn room_ids_of(&self, instance: &Instance) -> Result<Vec<RoomId>, StoreError> {
        let ids: Vec<String> = self.bulk.clone().hkeys(keys::rooms(instance)).await?;
        Ok(ids.iter().take(MAX_ROOMS_READ).filter_map(|id| id.parse().ok()).collect())
    }

    /// Notes what has changed in rooms of this node.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_rooms(&self, changed: &[RoomRecord]) -> Result<(), StoreError> {
        if changed.is_empty() {
            return Ok(());
        }
        let (rooms, stays) = (keys::rooms(&self.me), millis(keys::ROOM_STAYS).cast_signed());
        let mut notes = pipe();
        for record in changed {
            let RoomText(room) = record.room;
            let (id, open) = (room.to_string(), keys::open(&record.game));
            notes.hset(&rooms, &id, json(record)).ignore();
            if record.is_open() && record.free_seats > 0 {
                notes.zadd(&open, &id, record.free_seats).ignore();
            } else {
                notes.zrem(&open, &id).ignore();
            }
            notes.pexpire(&open, stays).ignore();
        }
        notes.pexpire(&rooms, stays).ignore();
        Ok(notes.query_async(&mut self.control.clone()).await?)
    }

    /// A few rooms of a game that anybody may join, the fullest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_rooms(&self, game: &str, most: isize) -> Result<Vec<RoomId>, StoreError> {
        let ids: Vec<String> =
            self.control.clone().zrangebyscore_limit(keys::open(game), 1, "+inf", 0, most).await?;
        Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
    }

    /// A room that was among those is none for anybody any more, or full.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn strike_off(&self, game: &str, room: RoomId) -> Result<(), StoreError> {
        Ok(self.control.clone().zrem(keys::open(game), room.to_string()).await?)
    }

    /// Whether this node may open a room of a game now: others wait until it has
    /// [said](Self::end_opening) that it is done, or for [`keys::OPENING_STAYS`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin_opening(&self, game: &str) -> Result<bool, StoreError> {
        let mut begin = redis::cmd("SET");
        begin
            .arg(keys::opening(game))
            .arg(self.me.to_string())
            .arg("NX")
            .arg("PX")
            .arg(millis(keys::OPENING_STAYS));
        let begun: Option<String> = begin.query_async(&mut self.control.clone()).await?;
        Ok(begun.is_some())
    }

    /// It is done.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_opening(&self, game: &str) -> Result<(), StoreError> {
        Ok(self.control.clone().del(keys::opening(game)).await?)
    }
}

/// What a lease says of its node.
fn node_of(lease: &str) -> Option<NodeRecord> {
    let (instance, record) = lease.split_once('\n')?;
    let record: NodeRecord = serde_json::from_str(record).ok()?;
    (record.instance.to_string() == instance).then_some(record)
}
