//! A node that is about to stop, or to be emptied, gives its rooms to others.
//!
//! ```text
//! HandOver → the room stands still, and is told whole
//!   POST /api/peer/rooms at an heir → there: accept in the store, a new fence → the room goes on there
//! Leave → its players are sent there      (or Stay, where nobody takes it)
//! ```

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tickwire_cluster::placement::heirs;
use tickwire_cluster::store::Taking;
use tickwire_cluster::{Instance, NodeRecord};
use tickwire_protocol::ids::{Fence, RoomId};
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use super::directory::Ended;
use super::error::Unavailable;
use super::node::Node;
use crate::messages::{HandOver, Leave, Stay};
use crate::room::RoomHandle;
use crate::room::taking_over::TakeOverError;
use crate::room::transfer::{Transfer, TransferError};

/// Where nodes take each other's rooms.
pub const ROOMS: &str = "/api/peer/rooms";
/// Rooms that are on their way at once.
const AT_ONCE: usize = 4;
/// How long a room may take to say all of it.
const TOLD_WITHIN: Duration = Duration::from_secs(2);
/// How long another node may take to have it.
const TAKEN_WITHIN: Duration = Duration::from_secs(5);
/// How long it is asked for whose a room is, where that is not known.
const UNCLEAR_FOR: Duration = Duration::from_secs(5);
/// Heirs that are asked to take a room, one after the other.
const HEIRS_ASKED: usize = 3;

/// What a node is told of a room that it is to take.
#[derive(Debug, Serialize, Deserialize)]
pub struct Offer {
    /// Whose it is.
    pub from: String,
    /// The number of its ownership there.
    pub fence: Fence,
}

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
pub struct Accepted {
    /// The number of its ownership here.
    pub fence: Fence,
}

/// Why a room that is offered is not taken.
#[derive(Debug, Error)]
pub enum NotTaken {
    /// The offer is none.
    #[error("whose the room is cannot be read")]
    Offer,
    /// What is offered is no room.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// It cannot go on here.
    #[error(transparent)]
    TakeOver(#[from] TakeOverError),
    /// The cluster does not let it.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// It is not whose it is said to be.
    #[error("the room is not that node's any more")]
    Changed,
    /// This node is about to stop as well.
    #[error("nothing new comes here")]
    Draining,
}

impl Node {
    /// Hands over all rooms that others take. Returns how many are left.
    pub async fn hand_over_all(self: &Arc<Self>) -> usize {
        self.set_draining(true);
        let nodes = self.nodes_now().await;
        let others: Arc<[NodeRecord]> = nodes
            .iter()
            .filter(|node| node.instance != self.me && !node.draining)
            .cloned()
            .collect();
        let rooms: Vec<RoomHandle> = self.home().matches().collect();
        let count = rooms.len();
        let handed_over = stream::iter(rooms)
            .map(|room| {
                let (node, others) = (Arc::clone(self), Arc::clone(&others));
                self.run(async move { hand_over(&node, &room, &others).await })
            })
            .buffer_unordered(AT_ONCE)
            .filter(|is_gone| std::future::ready(*is_gone))
            .count()
            .await;
        info!(rooms = count, handed_over, "rooms were handed over");
        count - handed_over
    }

    /// Takes a room that another node offers.
    ///
    /// # Errors
    /// [`NotTaken`].
    pub async fn take_in(
        self: &Arc<Self>,
        offer: Offer,
        bytes: Bytes,
    ) -> Result<Accepted, NotTaken> {
        if self.is_draining() {
            return Err(NotTaken::Draining);
        }
        let from: Instance = offer.from.parse().map_err(|_| NotTaken::Offer)?;
        let transfer = Transfer::from_bytes(&bytes)?;
        let room = transfer.room().map_err(TakeOverError::from)?;
        self.home().opener.expect_place().map_err(TakeOverError::from)?;
        let node = Arc::clone(self);
        self.run(async move {
            let game = transfer.game().to_owned();
            let record = transfer.record(offer.fence).map_err(TakeOverError::from)?;
            let taking =
                node.store.accept(&record, offer.fence, &from).await.map_err(Unavailable::from)?;
            let Taking::Taken { fence, .. } = taking else { return Err(NotTaken::Changed) };
            node.note_fence(fence);
            let here = Arc::clone(&node);
            let taken =
                tokio::task::spawn_blocking(move || here.home().opener.take_over(transfer, fence));
            match taken.await {
                Ok(Ok(_)) => {
                    node.news.notify_one();
                    Ok(Accepted { fence })
                }
                failed => {
                    let _ = node.ended_sender().send(Ended { room, game, fence, code: None });
                    match failed {
                        Ok(Err(cause)) => Err(cause.into()),
                        _ => Err(TakeOverError::Rules.into()),
                    }
                }
            }
        })
        .await
    }
}

/// Whether the room is another node's then.
async fn hand_over(node: &Arc<Node>, room: &RoomHandle, others: &[NodeRecord]) -> bool {
    let order = heirs(room.id, others);
    if order.is_empty() {
        return false;
    }
    let Ok(Ok(Some(transfer))) = timeout(TOLD_WITHIN, room.address.send(HandOver)).await else {
        warn!(room = %room.id, "a room cannot be handed over");
        room.address.do_send(Stay);
        return false;
    };
    let bytes = Bytes::from(transfer.to_bytes());
    for heir in order.into_iter().take(HEIRS_ASKED) {
        let fence = match offer(node, room, heir, bytes.clone()).await {
            Offered::Taken(fence) => fence,
            Offered::Refused => continue,
            Offered::Unclear => match owner_now(node, room.id).await {
                Some((url, fence)) => {
                    leave(room, &url, fence);
                    return true;
                }
                None => continue,
            },
        };
        leave(room, &heir.url, fence);
        return true;
    }
    room.address.do_send(Stay);
    false
}

enum Offered {
    Taken(Fence),
    Refused,
    /// It may have been taken.
    Unclear,
}

async fn offer(node: &Node, room: &RoomHandle, heir: &NodeRecord, bytes: Bytes) -> Offered {
    let path = format!("{ROOMS}?from={}&fence={}", node.me, room.fence);
    match node.peers.post(&heir.url, &path, bytes, TAKEN_WITHIN).await {
        Ok(answer) if answer.status == 200 => answer
            .json::<Accepted>()
            .map_or(Offered::Unclear, |accepted| Offered::Taken(accepted.fence)),
        Ok(answer) => {
            let said =
                String::from_utf8_lossy(&answer.body[..answer.body.len().min(200)]).into_owned();
            warn!(room = %room.id, heir = %heir.instance, status = answer.status, said, "a room is refused");
            Offered::Refused
        }
        Err(cause) => {
            warn!(room = %room.id, heir = %heir.instance, %cause, "a room is not taken");
            Offered::Unclear
        }
    }
}

/// Whose a room is by now, if it is another node's.
async fn owner_now(node: &Arc<Node>, room: RoomId) -> Option<(String, Fence)> {
    let until = Instant::now() + UNCLEAR_FOR;
    loop {
        match node.store.owner(room).await {
            Ok(Some(owner)) if owner.instance == node.me => return None,
            Ok(Some(owner)) => {
                let there = node.store.node(&owner.instance.name).await.ok().flatten()?;
                return Some((there.url, owner.fence));
            }
            Ok(None) => return None,
            Err(_) if Instant::now() < until => sleep(UNCLEAR_FOR / 50).await,
            Err(_) => return None,
        }
    }
}

fn leave(room: &RoomHandle, url: &str, fence: Fence) {
    let ws_url = format!("{}/ws", url.replacen("http", "ws", 1));
    info!(room = %room.id, url, %fence, "the room goes on at another node");
    room.address.do_send(Leave { ws_url, fence });
}
