//! Goes on with the rooms of nodes that have died.
//!
//! Each room has an order of heirs that all nodes agree on; each waits for those before it. Which of them has the
//! room is for the store to say.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tickwire_cluster::placement::heirs;
use tickwire_cluster::record::RoomText;
use tickwire_cluster::store::Taking;
use tickwire_cluster::{Instance, RoomRecord, StoreError};
use tickwire_protocol::ids::{Fence, RoomId};
use tickwire_simulation::journal::stream::{Batch, journal_of};
use tokio::time::Instant;
use tracing::{debug, info, warn};

use super::directory::Ended;
use super::node::Node;
use crate::journal::folder::Kind;

/// Those that are dead, since when that is known.
type Dead = BTreeMap<Instance, Instant>;

/// A room whose owner is dead.
#[derive(Clone, Debug)]
struct Orphan {
    room: RoomId,
    fence: Fence,
    dead: Instance,
}

/// Goes on for as long as the node lives.
pub(super) async fn keep(node: Arc<Node>) {
    let mut lapsed = node.lapsed.subscribe();
    let mut dead = Dead::new();
    // Of which the store has not said whether they are taken.
    let mut unclear: Vec<Orphan> = Vec::new();
    while lapsed.changed().await.is_ok() {
        let now = lapsed.borrow_and_update().clone();
        dead.retain(|instance, _| now.contains(instance));
        for instance in now {
            dead.entry(instance).or_insert_with(Instant::now);
        }
        let has_work = !dead.is_empty() || !unclear.is_empty();
        if !has_work || !node.standing().is_steady(node.epoch.now()) || node.is_draining() {
            continue;
        }
        if let Err(cause) = look_after(&node, &dead, &mut unclear).await {
            debug!(%cause, "rooms of the dead wait");
        }
    }
}

async fn look_after(
    node: &Arc<Node>,
    dead: &Dead,
    unclear: &mut Vec<Orphan>,
) -> Result<(), StoreError> {
    // Everybody else has to have had the time to come back to a Redis that is new.
    if node.store.uptime().await? < node.config.lease * 2 {
        return Ok(());
    }
    let mut orphans = std::mem::take(unclear);
    for (instance, since) in dead {
        let theirs = orphans_of(node, instance).await?;
        if theirs.is_empty() {
            node.store.bury(instance).await?;
        }
        orphans.extend(theirs.into_iter().filter(|orphan| is_due(node, orphan, *since)));
    }
    for orphan in orphans {
        match node.store.take_over(orphan.room, orphan.fence, &orphan.dead).await {
            Ok(Taking::Taken { fence, record }) => {
                node.note_fence(fence);
                go_on(node, orphan.room, fence, record);
            }
            Ok(other) => debug!(room = %orphan.room, ?other, "not taken over"),
            Err(cause) => {
                unclear.push(orphan);
                return Err(cause);
            }
        }
    }
    Ok(())
}

async fn orphans_of(node: &Node, dead: &Instance) -> Result<Vec<Orphan>, StoreError> {
    let mut orphans = Vec::new();
    for room in node.store.room_ids_of(dead).await? {
        match node.store.owner(room).await {
            Ok(Some(owner)) if owner.instance == *dead => {
                orphans.push(Orphan { room, fence: owner.fence, dead: dead.clone() });
            }
            // It is struck off as one that has changed hands.
            Ok(_) => orphans.push(Orphan { room, fence: Fence::NONE, dead: dead.clone() }),
            Err(cause) if cause.is_away() => return Err(cause),
            Err(cause) => warn!(%room, %cause, "nobody can go on with a room"),
        }
    }
    Ok(orphans)
}

/// Whether it is this node's turn: heirs that come later wait for half a lease each.
fn is_due(node: &Node, orphan: &Orphan, since: Instant) -> bool {
    let nodes = node.nodes();
    let living: Vec<_> =
        nodes.iter().filter(|other| other.instance != orphan.dead).cloned().collect();
    let order = heirs(orphan.room, &living);
    let rank = order.iter().position(|heir| heir.instance == node.me).unwrap_or(order.len());
    let wait = node.config.lease / 2 * u32::try_from(rank).unwrap_or(u32::MAX);
    since.elapsed() >= wait
}

/// Computes the match from its journal, beside all else.
fn go_on(node: &Arc<Node>, room: RoomId, fence: Fence, record: Option<RoomRecord>) {
    let node = Arc::clone(node);
    tokio::spawn(async move {
        let began = Instant::now();
        let kind = record.as_ref().map_or(Kind::Open, kind_of);
        let game = record.map(|record| record.game).unwrap_or_default();
        match compute(&node, room, kind, fence).await {
            Ok(()) => {
                info!(%room, %fence, took = ?began.elapsed(), "the room of a dead node goes on here")
            }
            Err(cause) => {
                warn!(%room, %fence, cause, "a match is lost with its node");
                let _ = node.ended_sender().send(Ended { room, game, fence, code: None });
            }
        }
        node.news.notify_one();
    });
}

async fn compute(node: &Arc<Node>, room: RoomId, kind: Kind, fence: Fence) -> Result<(), String> {
    let batches = loop {
        match node.store.journal(room).await {
            Ok(pieces) => break pieces,
            Err(cause) if cause.is_away() => tokio::time::sleep(Duration::from_millis(100)).await,
            Err(cause) => return Err(cause.to_string()),
        }
    };
    let batches: Vec<_> = batches
        .into_iter()
        .map(|piece| Batch { bytes: piece.bytes, begins_segment: piece.begins })
        .collect();
    let here = Arc::clone(node);
    let computed = tokio::task::spawn_blocking(move || {
        let journal = journal_of(&batches).map_err(|cause| cause.to_string())?;
        here.home().opener.go_on(journal, room, kind, fence).map_err(|cause| cause.to_string())
    });
    computed.await.map_err(|cause| cause.to_string())?.map(drop)
}

fn kind_of(record: &RoomRecord) -> Kind {
    let RoomText(_) = record.room;
    match record {
        RoomRecord { has_password: true, .. } => Kind::Locked,
        RoomRecord { is_private: true, .. } => Kind::Private,
        RoomRecord { .. } => Kind::Open,
    }
}
