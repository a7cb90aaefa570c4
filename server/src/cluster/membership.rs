//! Keeps the node's lease: renews it three times in its length, and finds out which rooms are its own when it comes
//! back.

use std::sync::Arc;
use std::time::Duration;

use tickwire_cluster::store::{Barred, Renewal};
use tickwire_cluster::{State, StoreError};
use tickwire_protocol::ids::RoomId;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{error, info, warn};

use super::node::Node;
use super::records::room_record;
use crate::messages::Depose;

/// How long a room has to give itself up before the others go on without waiting for it.
const DEPOSED_WITHIN: Duration = Duration::from_secs(1);
/// Whether the node has a lease as far as it knows, and when it was renewed by Redis' time.
#[derive(Clone, Copy)]
enum Membership {
    Out,
    In { renewed_at_ms: Option<u64> },
}

/// Gets a lease, and claims the rooms that are here. Those that are somebody else's by now are given up before
/// any of them may run again.
pub(super) async fn register(node: &Node) -> Result<Result<(), Barred>, StoreError> {
    let sent = node.epoch.now();
    if let Err(barred) = node.store.register(&node.record(), node.newest_fence()).await? {
        return Ok(Err(barred));
    }
    let home = node.home();
    let rooms: Vec<_> = home.matches().map(|room| room_record(&room, home)).collect();
    let lost = node.store.claim(&rooms).await?;
    depose(node, &lost).await;
    node.standing().handle_registered(sent, node.epoch.now());
    node.apply_standing();
    Ok(Ok(()))
}

async fn depose(node: &Node, lost: &[RoomId]) {
    for id in lost {
        let Some(room) = node.home().directory.find(*id) else { continue };
        let deposed = timeout(DEPOSED_WITHIN, room.address.send(Depose)).await;
        if deposed.is_err() {
            error!(room = %id, "a room that is another node's does not answer");
        }
    }
}

/// Goes on for as long as the node lives.
pub(super) async fn keep(node: Arc<Node>) {
    let mut membership = Membership::In { renewed_at_ms: None };
    let mut told = State::Leased;
    loop {
        let due = Instant::now() + node.standing().renewal_interval();
        let outcome = attempt(&node, membership).await;
        membership = outcome.unwrap_or_else(|failure| failure.0);
        told = tell(&node, told);
        // Who is out by its own knowledge comes back at once.
        if outcome.is_err() || matches!(membership, Membership::In { .. }) {
            sleep_until(due).await;
        }
    }
}

/// It was not renewed; what the node is then.
#[derive(Clone, Copy)]
struct Failure(Membership);

async fn attempt(node: &Node, membership: Membership) -> Result<Membership, Failure> {
    let sent = node.epoch.now();
    let failed = |cause: &StoreError| {
        if !cause.is_away() {
            error!(%cause, "the lease cannot be renewed");
        }
        Failure(membership)
    };
    match membership {
        Membership::Out => match register(node).await {
            Ok(Ok(())) => {
                info!("in the cluster again");
                Ok(Membership::In { renewed_at_ms: None })
            }
            Ok(Err(barred)) => {
                error!(%barred, "no place in the cluster: the rooms stand still");
                Err(Failure(membership))
            }
            Err(cause) => Err(failed(&cause)),
        },
        Membership::In { renewed_at_ms } => {
            let votes = renewed_at_ms.filter(|_| node.standing().is_steady(sent));
            match node.store.renew(&node.record(), votes).await {
                Ok(Renewal::Renewed { at_ms, lapsed }) => {
                    node.standing().handle_renewed(sent, node.epoch.now());
                    node.apply_standing();
                    node.lapsed.send_replace(lapsed);
                    Ok(Membership::In { renewed_at_ms: Some(at_ms) })
                }
                Ok(Renewal::Lapsed) => {
                    node.standing().handle_lapsed(node.epoch.now());
                    Ok(Membership::Out)
                }
                Ok(Renewal::Barred(barred)) => {
                    error!(%barred, "no place in the cluster: the rooms stand still when the lease ends");
                    Err(Failure(membership))
                }
                Err(cause) => Err(failed(&cause)),
            }
        }
    }
}

/// Says it once when the standing has changed.
fn tell(node: &Node, told: State) -> State {
    let state = node.standing().state(node.epoch.now());
    if state != told {
        match state {
            State::Leased => info!("the lease is renewed again"),
            State::Borne => warn!("the lease cannot be renewed: Redis is away"),
            State::Suspended => {
                warn!("the lease has ended, and others reach Redis: the rooms stand still")
            }
        }
    }
    state
}
