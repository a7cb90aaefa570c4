//! What the nodes of a cluster share, in Redis (or Valkey): see [`keys`] for what is there.
//!
//! Whatever decides who has a room is one script, and so whole: it holds that the node has its lease, that the room
//! is whose it is taken to be, and gives out the next fence. The rest are plain reads, and notes that the next ones
//! replace. Every call ends in bounded time; after [`StoreError::Away`] it is not known whether something was done,
//! and doing it again is harmless: renewals, claims and releases by their nature, the opening of rooms by a key that
//! is carried out once.

mod error;
pub mod journal;
mod lookup;
mod scripts;

use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, IntoConnectionInfo, PushInfo};
use tickwire_protocol::ids::{Fence, RoomId};
use tokio::sync::mpsc::UnboundedSender;

use crate::record::{FORMAT, NodeRecord, RoomRecord, RoomText};
use crate::{Instance, Standing, keys};
use scripts::Scripts;

pub use error::StoreError;
pub use lookup::Owner;

/// Rooms that are named in one script: what keeps Redis busy for a millisecond or so.
const CLAIMED_AT_ONCE: usize = 200;

/// How long the store may take.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// To be connected.
    pub connect: Duration,
    /// For an answer.
    pub answer: Duration,
}

impl Patience {
    /// Such that a renewal which is not answered is known to be lost before the next one is due.
    #[must_use]
    pub fn of_lease(lease: Duration) -> Self {
        Self { connect: lease * 3 / 10, answer: lease * 3 / 10 }
    }
}

/// What a renewal has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// There is a lease. Those who have not renewed for longer than one are told of.
    Renewed {
        /// When, by Redis' time in milliseconds.
        at_ms: u64,
        /// A few of them, as a rule none.
        lapsed: Vec<Instance>,
    },
    /// There was none any more.
    Lapsed,
    /// It cannot be had.
    Barred(Barred),
}

/// Why a node gets no lease.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Barred {
    /// Another process has it under the same name.
    #[error("another node is called {0}, too: give this one another --node-name")]
    NameTaken(String),
    /// The cluster's format is not this one's.
    #[error(
        "the cluster speaks format {0}, this server format {FORMAT}: they cannot work together"
    )]
    Format(String),
}

/// What opening a room has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Creation {
    /// The room is this node's.
    Created(Fence),
    /// The same was asked for before, and has led to this room.
    Again {
        /// Which.
        room: RoomId,
        /// Its owner then.
        owner: Owner,
    },
    /// There is such a room, or one of its code.
    Exists,
    /// This node has no lease.
    Lapsed,
}

/// What taking a room has come to.
#[derive(Clone, Debug, PartialEq)]
pub enum Taking {
    /// It is this node's.
    Taken {
        /// From now on.
        fence: Fence,
        /// What its owner said of it last, if that can be read.
        record: Option<RoomRecord>,
    },
    /// It is somebody else's by now, or nobody's.
    Changed,
    /// Its owner lives.
    Alive,
    /// Too few nodes are here.
    Minority,
    /// This node has no lease.
    Lapsed,
}

/// The store, as one node uses it. Cheap to clone; the clones share their connections.
#[derive(Clone)]
pub struct Store {
    me: Instance,
    lease: Duration,
    /// For what must not wait.
    control: ConnectionManager,
    /// For what is large.
    bulk: ConnectionManager,
    scripts: std::sync::Arc<Scripts>,
}

/// Opens a connection to Redis that comes back by itself; what is pushed there goes to `pushed`.
///
/// # Errors
/// [`StoreError::Address`], or why it cannot be opened.
pub async fn connect(
    url: &str,
    patience: Patience,
    pushed: Option<UnboundedSender<PushInfo>>,
) -> Result<ConnectionManager, StoreError> {
    let mut info = url.into_connection_info().map_err(StoreError::Address)?;
    if pushed.is_some() {
        let settings = info.redis_settings().clone().set_protocol(redis::ProtocolVersion::RESP3);
        info = info.set_redis_settings(settings);
    }
    let client = Client::open(info).map_err(StoreError::Address)?;
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_min_delay(Duration::from_millis(10))
        .set_max_delay(Duration::from_millis(100))
        .set_connection_timeout(Some(patience.connect))
        .set_response_timeout(Some(patience.answer));
    let config = match pushed {
        Some(pushed) => config.set_push_sender(pushed).set_automatic_resubscription(),
        None => config,
    };
    Ok(client.get_connection_manager_with_config(config).await?)
}

impl Store {
    /// Connects. `me` is who asks, with leases of this length.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn connect(url: &str, me: Instance, lease: Duration) -> Result<Self, StoreError> {
        let control = connect(url, Patience::of_lease(lease), None).await?;
        let slow = Patience { connect: lease, answer: lease * 2 };
        let bulk = connect(url, slow, None).await?;
        Ok(Self { me, lease, control, bulk, scripts: std::sync::Arc::default() })
    }

    /// Who asks.
    #[must_use]
    pub const fn me(&self) -> &Instance {
        &self.me
    }

    /// Renews the lease, and tells how the node is. A steady one votes: it says when by Redis' time the renewal was
    /// whose answer it had last.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn renew(
        &self,
        record: &NodeRecord,
        votes_at_ms: Option<u64>,
    ) -> Result<Renewal, StoreError> {
        let answer: Vec<String> = self
            .scripts
            .renew
            .key(keys::node(&self.me.name))
            .key(keys::nodes())
            .key(keys::format())
            .key(keys::votes())
            .arg(self.me.to_string())
            .arg(json(record))
            .arg(millis(self.lease))
            .arg(FORMAT)
            .arg(millis(keys::CLUSTER_STAYS))
            .arg(votes_at_ms.map_or_else(String::new, |at| at.to_string()))
            .invoke_async(&mut self.control.clone())
            .await?;
        match parts(&answer) {
            ("renewed", [at_ms, lapsed @ ..]) => {
                let at_ms = at_ms.parse().map_err(|_| StoreError::foreign(keys::nodes()))?;
                let lapsed = lapsed.iter().filter_map(|name| name.parse().ok()).collect();
                Ok(Renewal::Renewed { at_ms, lapsed })
            }
            ("lapsed", _) => Ok(Renewal::Lapsed),
            (word, rest) => self.barred(word, rest).map(Renewal::Barred),
        }
    }

    /// Gets a lease that is not there, and lets it be known how large fences are; then the node
    /// [claims](Self::claim) its rooms.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn register(
        &self,
        record: &NodeRecord,
        newest: Fence,
    ) -> Result<Result<(), Barred>, StoreError> {
        let answer: Vec<String> = self
            .scripts
            .register
            .key(keys::node(&self.me.name))
            .key(keys::nodes())
            .key(keys::format())
            .key(keys::fence())
            .arg(self.me.to_string())
            .arg(json(record))
            .arg(millis(self.lease))
            .arg(FORMAT)
            .arg(millis(keys::CLUSTER_STAYS))
            .arg(newest.0)
            .arg(millis(keys::FENCE_STAYS))
            .invoke_async(&mut self.control.clone())
            .await?;
        match parts(&answer) {
            ("registered", _) => Ok(Ok(())),
            (word, rest) => self.barred(word, rest).map(Err),
        }
    }

    fn barred(&self, word: &str, rest: &[String]) -> Result<Barred, StoreError> {
        let detail = rest.first().map(String::as_str).unwrap_or_default();
        match word {
            // It may be anything, and is shown to whoever reads the log.
            "format" => {
                Ok(Barred::Format(detail.chars().take(32).flat_map(char::escape_debug).collect()))
            }
            "taken" => {
                match detail.split_once('\n').map(|(instance, _)| instance.parse::<Instance>()) {
                    Some(Ok(other)) => Ok(Barred::NameTaken(other.name.to_string())),
                    _ => Err(StoreError::foreign(keys::node(&self.me.name))),
                }
            }
            "foreign" => Err(StoreError::foreign(detail)),
            _ => Err(StoreError::foreign(keys::nodes())),
        }
    }

    /// Names the rooms that this node has, and keeps them known for [`keys::ROOM_STAYS`]. Those that are not its
    /// own any more are returned.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claim(&self, rooms: &[RoomRecord]) -> Result<Vec<RoomId>, StoreError> {
        let mut lost = Vec::new();
        for rooms in rooms.chunks(CLAIMED_AT_ONCE) {
            let mut claim = self.scripts.claim.key(keys::rooms(&self.me));
            claim.arg(self.me.to_string()).arg(millis(keys::ROOM_STAYS));
            for record in rooms {
                let RoomText(room) = record.room;
                claim.key(keys::owner(room));
                claim.arg(room.to_string()).arg(record.fence.0).arg(json(record));
            }
            let answer: Vec<String> = claim.invoke_async(&mut self.control.clone()).await?;
            lost.extend(answer.iter().filter_map(|room| room.parse::<RoomId>().ok()));
        }
        Ok(lost)
    }

    /// Opens a room, of which `record` is told, unless the same was asked for before with this key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn create(
        &self,
        record: &RoomRecord,
        once: &str,
        code: Option<&str>,
    ) -> Result<Creation, StoreError> {
        let RoomText(room) = record.room;
        let (owner, once_key) = (keys::owner(room), keys::once(once));
        let code_key = code.map_or_else(|| owner.clone(), keys::code);
        let answer: Vec<String> = self
            .scripts
            .create
            .key(keys::node(&self.me.name))
            .key(&owner)
            .key(keys::rooms(&self.me))
            .key(keys::fence())
            .key(&once_key)
            .key(code_key)
            .arg(self.me.to_string())
            .arg(room.to_string())
            .arg(json(record))
            .arg(millis(keys::ROOM_STAYS))
            .arg(millis(keys::FENCE_STAYS))
            .arg(millis(keys::ONCE_STAYS))
            .arg(u8::from(code.is_some()))
            .invoke_async(&mut self.control.clone())
            .await?;
        match parts(&answer) {
            ("created", [fence]) => Ok(Creation::Created(fence_of(fence, &owner)?)),
            ("again", [before]) => {
                let mut words = before.splitn(3, ' ');
                let mut word = || words.next().unwrap_or_default();
                let foreign = || StoreError::foreign(&once_key);
                let room = word().parse().map_err(|_| foreign())?;
                let fence = fence_of(word(), &once_key)?;
                let instance = word().parse().map_err(|_| foreign())?;
                Ok(Creation::Again { room, owner: Owner { instance, fence } })
            }
            ("exists", _) => Ok(Creation::Exists),
            ("lapsed", _) => Ok(Creation::Lapsed),
            _ => Err(StoreError::foreign(owner)),
        }
    }

    /// Takes over the room of a node that is dead, which had it under `fence`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_over(
        &self,
        room: RoomId,
        fence: Fence,
        dead: &Instance,
    ) -> Result<Taking, StoreError> {
        let answer: Vec<String> = self
            .scripts
            .take_over
            .key(keys::node(&self.me.name))
            .key(keys::owner(room))
            .key(keys::rooms(dead))
            .key(keys::rooms(&self.me))
            .key(keys::fence())
            .key(keys::nodes())
            .key(keys::node(&dead.name))
            .key(keys::votes())
            .arg(self.me.to_string())
            .arg(room.to_string())
            .arg(fence.0)
            .arg(dead.to_string())
            .arg(millis(self.lease))
            .arg(millis(keys::NODE_REMEMBERED))
            .arg(millis(keys::ROOM_STAYS))
            .arg(millis(keys::FENCE_STAYS))
            .arg(millis(Standing::tenure_of(self.lease)))
            .invoke_async(&mut self.control.clone())
            .await?;
        taking(&answer, room)
    }

    /// Takes a room that its owner, who has it under `fence`, hands over.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn accept(
        &self,
        record: &RoomRecord,
        fence: Fence,
        from: &Instance,
    ) -> Result<Taking, StoreError> {
        let RoomText(room) = record.room;
        let answer: Vec<String> = self
            .scripts
            .accept
            .key(keys::node(&self.me.name))
            .key(keys::owner(room))
            .key(keys::rooms(from))
            .key(keys::rooms(&self.me))
            .key(keys::fence())
            .arg(self.me.to_string())
            .arg(room.to_string())
            .arg(fence.0)
            .arg(from.to_string())
            .arg(json(record))
            .arg(millis(keys::ROOM_STAYS))
            .arg(millis(keys::FENCE_STAYS))
            .invoke_async(&mut self.control.clone())
            .await?;
        taking(&answer, room)
    }

    /// A room has ended. Whether it was this node's, under this fence.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release(
        &self,
        room: RoomId,
        game: &str,
        fence: Fence,
        code: Option<&str>,
    ) -> Result<bool, StoreError> {
        let owner = keys::owner(room);
        let code = code.map_or_else(|| owner.clone(), keys::code);
        let was_own = self
            .scripts
            .release
            .key(owner)
            .key(keys::rooms(&self.me))
            .key(keys::journal(room))
            .key(keys::open(game))
            .key(code)
            .arg(self.me.to_string())
            .arg(room.to_string())
            .arg(fence.0)
            .invoke_async(&mut self.control.clone())
            .await?;
        Ok(was_own)
    }

    /// Gives the lease back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn leave(&self) -> Result<(), StoreError> {
        let mut leave = self.scripts.leave.key(keys::node(&self.me.name));
        leave.key(keys::nodes()).key(keys::rooms(&self.me)).arg(self.me.to_string());
        Ok(leave.invoke_async(&mut self.control.clone()).await?)
    }

    /// Forgets a dead node, once nothing of it is left and it was dead for a while.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn bury(&self, dead: &Instance) -> Result<(), StoreError> {
        let mut bury = self.scripts.bury.key(keys::node(&dead.name));
        bury.key(keys::nodes()).key(keys::rooms(dead));
        bury.arg(dead.to_string()).arg(millis(keys::NODE_REMEMBERED));
        Ok(bury.invoke_async(&mut self.control.clone()).await?)
    }
}

fn taking(answer: &[String], room: RoomId) -> Result<Taking, StoreError> {
    let owner = || keys::owner(room);
    match parts(answer) {
        ("taken", [fence, record]) => {
            let record = serde_json::from_str(record).ok();
            Ok(Taking::Taken { fence: fence_of(fence, &owner())?, record })
        }
        ("changed", _) => Ok(Taking::Changed),
        ("alive", _) => Ok(Taking::Alive),
        ("minority", _) => Ok(Taking::Minority),
        ("lapsed", _) => Ok(Taking::Lapsed),
        _ => Err(StoreError::foreign(owner())),
    }
}

/// What a script has answered: a word, and what belongs to it.
fn parts(answer: &[String]) -> (&str, &[String]) {
    answer.split_first().map_or(("", &[]), |(word, rest)| (word, rest))
}

fn fence_of(text: &str, key: &str) -> Result<Fence, StoreError> {
    text.parse().map(Fence).map_err(|_| StoreError::foreign(key))
}

#[expect(clippy::expect_used, reason = "records have text keys and finite numbers only, or null")]
fn json(record: &impl serde::Serialize) -> String {
    serde_json::to_string(record).expect("a record is JSON")
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
