//! What nodes do in Redis, and how often.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tickwire_cluster::record::{NodeRecord, RoomRecord, RoomText};
use tickwire_cluster::store::journal::{JournalPiece, Keeping};
use tickwire_cluster::store::{Creation, Renewal};
use tickwire_cluster::{Instance, Store};
use tickwire_protocol::ids::{Fence, RoomId};

use super::{DirectoryError, Size};

/// The game of all rooms.
const GAME: &str = "arena";
/// Bytes of a room's journal per player and second: an *arena* full of restless players (see `journal`).
const JOURNAL_BYTES: f64 = 87.0;
/// From one keyframe of a journal to the next.
const KEYFRAME_EVERY: Duration = Duration::from_secs(5);
/// Renewals per lease of a second.
const RENEWALS_PER_SECOND: f64 = 3.0;
/// How long after one claim of all rooms the next one is.
const CLAIMED_EVERY_S: f64 = 60.0;
/// Nodes that each node looks at in a second.
const NODES_PER_SECOND: f64 = 100.0;
/// Rooms that are looked at for who asks for none in particular.
const CANDIDATES: isize = 8;

/// Something that nodes do in Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Renew the lease, and vote.
    Renew,
    /// Note what all rooms of the node have come to.
    Note,
    /// Claim all rooms of the node.
    Claim,
    /// Look at all other nodes.
    Look,
    /// Find a room for somebody who asks for none, and its node.
    Join,
    /// Append a piece to a room's journal.
    Append,
}

impl Work {
    /// All of it.
    pub const ALL: [Self; 6] =
        [Self::Renew, Self::Note, Self::Claim, Self::Look, Self::Join, Self::Append];

    /// What it is, in words.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Renew => "renew a lease",
            Self::Note => "note a node's rooms",
            Self::Claim => "claim a node's rooms",
            Self::Look => "look at all nodes",
            Self::Join => "join a room",
            Self::Append => "append to a journal",
        }
    }

    /// How often in a second a cluster does it.
    #[must_use]
    pub fn per_second(self, size: &Size) -> f64 {
        let (nodes, rooms) = (f64::from(size.nodes), f64::from(size.rooms));
        match self {
            Self::Renew => nodes * RENEWALS_PER_SECOND,
            Self::Note => nodes,
            Self::Claim => nodes / CLAIMED_EVERY_S,
            Self::Look => nodes.min(NODES_PER_SECOND),
            Self::Join => f64::from(size.players) / size.stay.as_secs_f64(),
            Self::Append => rooms / size.interval.as_secs_f64(),
        }
    }

    /// Has a node do it again and again until then. How often it was done is returned.
    pub(super) async fn go_on(
        self,
        node: Arc<WorkOf>,
        until: Instant,
    ) -> Result<u64, DirectoryError> {
        let mut calls = 0;
        let mut votes_at_ms = None;
        while Instant::now() < until {
            match self {
                Self::Renew => votes_at_ms = Some(node.renew(votes_at_ms).await?),
                Self::Note => node.store.note_rooms(&node.rooms).await?,
                Self::Claim => {
                    node.expect(self, node.store.claim(&node.rooms).await?.is_empty())?
                }
                Self::Look => node.expect(self, !node.store.nodes().await?.is_empty())?,
                Self::Join => node.join(calls).await?,
                Self::Append => node.append(calls).await?,
            }
            calls += 1;
        }
        Ok(calls)
    }
}

/// A node that does it.
pub struct WorkOf {
    store: Store,
    record: NodeRecord,
    rooms: Vec<RoomRecord>,
    /// What is appended: as much as is written in an interval.
    piece_bytes: usize,
    /// Pieces from one keyframe to the next.
    pieces: u64,
}

/// All nodes with their leases, and their rooms.
pub(super) async fn fill(
    url: &str,
    size: Size,
    lease: Duration,
) -> Result<Vec<Arc<WorkOf>>, DirectoryError> {
    let mut nodes = Vec::new();
    for number in 0..size.nodes {
        // The last ones have fewer where it does not come out even.
        let rooms = share(size.rooms, size.nodes, number);
        nodes.push(Arc::new(WorkOf::begin(url, size, lease, number, rooms).await?));
    }
    Ok(nodes)
}

/// The rooms of one node, by their numbers.
fn share(rooms: u32, nodes: u32, number: u32) -> std::ops::Range<u64> {
    let at = |number: u32| u64::from(rooms) * u64::from(number) / u64::from(nodes);
    at(number)..at(number + 1)
}

impl WorkOf {
    async fn begin(
        url: &str,
        size: Size,
        lease: Duration,
        number: u32,
        rooms: std::ops::Range<u64>,
    ) -> Result<Self, DirectoryError> {
        let name = format!("node-{number:05}");
        let name = name.parse().map_err(|_| DirectoryError::Vain(Work::Renew))?;
        let store = Store::connect(url, Instance { name, incarnation: u64::from(number) }, lease);
        let store = store.await?;
        let record = node_record(store.me()).ok_or(DirectoryError::Vain(Work::Renew))?;
        store.register(&record, Fence::NONE).await??;
        let mut records = Vec::new();
        for room in rooms {
            let mut record = room_record(room, &size).ok_or(DirectoryError::Vain(Work::Note))?;
            match store.create(&record, &format!("once-{room}"), None).await? {
                Creation::Created(fence) => record.fence = fence,
                _ => return Err(DirectoryError::Vain(Work::Note)),
            }
            records.push(record);
        }
        store.note_rooms(&records).await?;
        let per_room = f64::from(size.players) / f64::from(size.rooms.max(1));
        let interval = size.interval.as_secs_f64();
        Ok(Self {
            store,
            record,
            rooms: records,
            piece_bytes: (per_room * interval * JOURNAL_BYTES).ceil() as usize,
            pieces: (KEYFRAME_EVERY.as_secs_f64() / interval).ceil().max(1.0) as u64,
        })
    }

    async fn renew(&self, votes_at_ms: Option<u64>) -> Result<u64, DirectoryError> {
        match self.store.renew(&self.record, votes_at_ms).await? {
            Renewal::Renewed { at_ms, .. } => Ok(at_ms),
            _ => Err(DirectoryError::Vain(Work::Renew)),
        }
    }

    /// Asks what a node asks whom somebody joins: which rooms there are, whose one of them is, and where that is.
    async fn join(&self, call: u64) -> Result<(), DirectoryError> {
        let rooms = self.store.open_rooms(GAME, CANDIDATES).await?;
        let vain = DirectoryError::Vain(Work::Join);
        let index = usize::try_from(call).unwrap_or_default() % rooms.len().max(1);
        let Some(room) = rooms.get(index) else { return Err(vain) };
        let Some(owner) = self.store.owner(*room).await? else { return Err(vain) };
        let node = self.store.node(&owner.instance.name).await?;
        self.expect(Work::Join, node.is_some())
    }

    /// Appends to one room after the other, as if each were written at each interval. Rooms are at different places
    /// between two keyframes.
    async fn append(&self, call: u64) -> Result<(), DirectoryError> {
        let count = self.rooms.len().max(1) as u64;
        let (round, index) = (call / count, call % count);
        let Some(room) = self.rooms.get(index as usize) else {
            return Err(DirectoryError::Vain(Work::Append));
        };
        let RoomText(id) = room.room;
        let begins = (round + index * self.pieces / count).is_multiple_of(self.pieces);
        let piece = JournalPiece { begins, bytes: vec![0x5a; self.piece_bytes] };
        let kept = self.store.append(id, room.fence, &[piece]).await?;
        self.expect(Work::Append, kept == Keeping::Kept)
    }

    fn expect(&self, work: Work, has_succeeded: bool) -> Result<(), DirectoryError> {
        if has_succeeded { Ok(()) } else { Err(DirectoryError::Vain(work)) }
    }
}

/// As large as a real one.
fn node_record(me: &Instance) -> Option<NodeRecord> {
    let record = json!({
        "instance": me, "url": format!("http://{}.game.example.com:8080", me.name), "version": "0.1.0",
        "players": 1000, "rooms": 20, "tick_ms_p99": 0.425, "tick_share": 0.25, "memory_share": 0.125,
        "session_share": 0.25, "room_share": 0.125,
    });
    serde_json::from_value(record).ok()
}

fn room_record(number: u64, size: &Size) -> Option<RoomRecord> {
    let players = size.players / size.rooms.max(1);
    let spread = json!({ "p50": 0.125, "p99": 0.425, "max": 1.25 });
    let record = json!({
        "room": RoomId::from_bits(number).to_string(), "game": GAME, "capacity": players + 14,
        // Not all the same, so that the set of open rooms is as uneven as a real one.
        "tick_rate_hz": 30, "free_seats": 1 + number % 14, "players": players,
        "numbers": {
            "players": players, "spectators": 0, "bots": 0, "free_seats": 14, "tick": 123_456, "send_every": 1,
            "tick_ms": spread, "lateness_ms": spread,
        },
    });
    serde_json::from_value(record).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size() -> Size {
        Size {
            nodes: 1000,
            rooms: 20_000,
            players: 1_000_000,
            stay: Duration::from_secs(600),
            interval: Duration::from_millis(100),
        }
    }

    #[test]
    fn a_large_cluster_does_it_that_often() {
        let often = Work::ALL.map(|work| work.per_second(&size()).round() as u64);
        assert_eq!(often, [3000, 1000, 17, 100, 1667, 200_000]);
    }

    #[test]
    fn rooms_are_shared_out_among_all_nodes() {
        let shares: Vec<_> = (0..3).map(|number| share(10, 3, number)).collect();
        assert_eq!(shares, [0..3, 3..6, 6..10]);
    }

    #[test]
    fn records_are_those_of_the_cluster() {
        let me = Instance { name: "node-1".parse().unwrap(), incarnation: 1 };
        assert_eq!(node_record(&me).map(|node| (node.instance, node.players)), Some((me, 1000)));
        let room = room_record(15, &size()).unwrap();
        assert_eq!((room.players, room.free_seats, room.is_open()), (50, 2, true));
    }
}
