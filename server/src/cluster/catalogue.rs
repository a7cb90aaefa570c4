//! What this node tells of its rooms, and what it knows of all others.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tickwire_cluster::record::RoomText;
use tickwire_cluster::{NodeRecord, RoomRecord, StoreError};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep, timeout};
use tracing::{debug, warn};

use super::directory::Ended;
use super::error::Unavailable;
use super::node::Node;
use super::records::room_record;

/// From one note of what rooms have come to to the next.
const NOTED_EVERY: Duration = Duration::from_secs(1);
/// How long it may be unknown of a room what changes with every tick.
const NUMBERS_EVERY: Duration = Duration::from_secs(5);
/// How long a look at all rooms is good enough for a list.
const LISTED_FOR: Duration = Duration::from_secs(1);
/// From one claim of all rooms to the next, so that they stay known.
const CLAIMED_EVERY: Duration = Duration::from_secs(60);
/// Nodes that are looked at in a second, by each node: in a larger cluster each look is further from the next.
const NODES_PER_SECOND: u32 = 100;
/// Time between two tries to release a room.
const TRY_AGAIN: Duration = Duration::from_millis(500);

/// Goes on for as long as the node lives.
pub(super) async fn keep(node: Arc<Node>) {
    let mut noted = Noted::new();
    let (mut learned, mut claimed) = (Instant::now(), Instant::now());
    loop {
        let _ = timeout(NOTED_EVERY, node.news.notified()).await;
        // What fails is tried again: it is a note of what is.
        if let Err(cause) = note_rooms(&node, &mut noted).await {
            debug!(%cause, "rooms are not noted");
            noted.clear();
        }
        let known = u32::try_from(node.nodes().len()).unwrap_or(u32::MAX);
        let look_every = NOTED_EVERY.max(Duration::from_secs(1) * known / NODES_PER_SECOND);
        if learned.elapsed() >= look_every && learn_nodes(&node).await.is_ok() {
            learned = Instant::now();
        }
        if claimed.elapsed() >= CLAIMED_EVERY {
            let home = node.home();
            let rooms: Vec<_> = home.matches().map(|room| room_record(&room, home)).collect();
            // Those that are lost are found when the lease is: nobody takes rooms of who has one.
            if node.store.claim(&rooms).await.is_ok() {
                claimed = Instant::now();
            }
        }
    }
}

/// Looks who there is.
pub(super) async fn learn_nodes(node: &Node) -> Result<(), StoreError> {
    let mut nodes = node.store.nodes().await?;
    if !nodes.iter().any(|other| other.instance == node.me) {
        nodes.push(node.record());
    }
    node.set_nodes(nodes);
    Ok(())
}

/// What was noted of a room, and when.
type Noted = BTreeMap<RoomText, (RoomRecord, Instant)>;

async fn note_rooms(node: &Node, noted: &mut Noted) -> Result<(), StoreError> {
    let (home, now) = (node.home(), Instant::now());
    let rooms = home.matches().map(|room| room_record(&room, home));
    let rooms: BTreeMap<_, _> = rooms.map(|record| (record.room, record)).collect();
    let is_news = |record: &&RoomRecord| {
        noted
            .get(&record.room)
            .is_none_or(|(before, when)| now - *when >= NUMBERS_EVERY || !is_alike(before, record))
    };
    let changed: Vec<RoomRecord> = rooms.values().filter(is_news).cloned().collect();
    node.store.note_rooms(&changed).await?;
    noted.retain(|room, _| rooms.contains_key(room));
    noted.extend(changed.into_iter().map(|record| (record.room, (record, now))));
    Ok(())
}

/// Whether they differ in nothing but what changes with every tick.
fn is_alike(one: &RoomRecord, other: &RoomRecord) -> bool {
    let told = |record: &RoomRecord| (record.free_seats, record.players, record.fence);
    told(one) == told(other)
}

/// Releases rooms that have ended, each until it is done.
pub(super) async fn release_ended(node: Arc<Node>, mut endings: UnboundedReceiver<Ended>) {
    while let Some(Ended { room, game, fence, code }) = endings.recv().await {
        loop {
            match node.store.release(room, &game, fence, code.as_deref()).await {
                Ok(was_own) => {
                    debug!(%room, was_own, "a room is released");
                    break;
                }
                Err(cause) if cause.is_away() => sleep(TRY_AGAIN).await,
                Err(cause) => {
                    warn!(%room, %cause, "a room cannot be released");
                    break;
                }
            }
        }
    }
}

impl Node {
    /// The nodes of the cluster, as they are now; as they were when they could last be looked at, if Redis is away.
    pub async fn nodes_now(self: &Arc<Self>) -> Arc<[NodeRecord]> {
        let node = Arc::clone(self);
        self.run(async move {
            let _ = learn_nodes(&node).await;
            node.nodes()
        })
        .await
    }

    /// The rooms of all other nodes, as they were at most a second ago.
    ///
    /// # Errors
    /// [`Unavailable`].
    pub async fn rooms_elsewhere(self: &Arc<Self>) -> Result<Arc<[RoomRecord]>, Unavailable> {
        let node = Arc::clone(self);
        self.run(async move {
            // Who asks meanwhile waits for the same look.
            let mut seen = node.seen_elsewhere.lock().await;
            if let Some((when, rooms)) = &*seen
                && when.elapsed() < LISTED_FOR
            {
                return Ok(Arc::clone(rooms));
            }
            let mut others = node.store.nodes().await?;
            others.retain(|other| other.instance != node.me);
            let rooms: Arc<[RoomRecord]> = node.store.rooms_of_all(&others).await?.into();
            *seen = Some((Instant::now(), Arc::clone(&rooms)));
            Ok(rooms)
        })
        .await
    }
}
