//! Keeps the node's standing: renews the lease three times in its length, asks peers while that does not succeed,
//! and finds out which rooms are its own when it comes back.

use std::sync::Arc;
use std::time::Duration;

use tickwire_cluster::standing::tally;
use tickwire_cluster::store::{Barred, Renewal};
use tickwire_cluster::{State, StoreError, Verdict};
use tickwire_protocol::ids::RoomId;
use tokio::time::{sleep, timeout};
use tracing::{error, info, warn};

use super::node::Node;
use super::records::room_record;
use crate::messages::Depose;

/// How long a room has to give itself up before the others go on without waiting for it.
const DEPOSED_WITHIN: Duration = Duration::from_secs(1);
/// Of a lease: how late an answer is when peers are asked, and how often they are.
const LATE: u32 = 10;
/// Where nodes ask whether another one reaches Redis.
pub const REACHES: &str = "/api/peer/reaches";

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
        let interval = node.standing().renewal_interval();
        let due = tokio::time::Instant::now() + interval;
        let attempt = attempt(&node, membership);
        tokio::pin!(attempt);
        // Peers are asked while it is late, and while it fails, until it is time for the next one.
        let late = node.config.lease / LATE;
        let outcome = tokio::select! {
            outcome = &mut attempt => outcome,
            () = ask_while_late(&node, late) => unreachable!("it goes on"),
        };
        membership = outcome.unwrap_or_else(|failure| failure.0);
        told = tell(&node, told);
        match membership {
            Membership::Out if outcome.is_ok() => {}
            _ if outcome.is_err() => {
                let waiting = tokio::time::sleep_until(due);
                tokio::select! {
                    () = waiting => {}
                    () = ask_while_late(&node, Duration::ZERO) => {}
                }
            }
            _ => tokio::time::sleep_until(due).await,
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

/// Asks peers again and again, the first time after `late`.
async fn ask_while_late(node: &Node, late: Duration) {
    sleep(late).await;
    loop {
        ask_peers(node).await;
        sleep(node.config.lease / LATE).await;
    }
}

/// Asks all other nodes for the promise that bears this one.
async fn ask_peers(node: &Node) {
    let asked = node.epoch.now();
    let nodes = node.nodes();
    if nodes.is_empty() {
        return;
    }
    let patience = node.config.lease * 3 / LATE;
    let others = nodes.iter().filter(|other| other.instance != node.me);
    let answers = others.map(|other| async move {
        let answer = node.peers.ask(&other.url, REACHES, &(), patience).await.ok()?;
        answer.json::<Reaches>()?.reaches
    });
    let answers = futures_util::future::join_all(answers).await;
    let verdict = tally(nodes.len(), answers);
    node.standing().handle_verdict(asked, verdict, node.epoch.now());
    if verdict != Verdict::Unclear {
        node.apply_standing();
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

/// What a node answers that is asked whether it reaches Redis.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Reaches {
    /// `false` is a promise, and nothing is that it cannot say: see
    /// [`Standing::handle_asked`](tickwire_cluster::Standing::handle_asked).
    pub reaches: Option<bool>,
}

impl Node {
    /// Answers a peer that cannot renew its lease.
    pub async fn answer_reaches(self: &Arc<Self>) -> Reaches {
        let node = Arc::clone(self);
        self.run(async move {
            let patience = node.config.lease * 3 / (2 * LATE);
            let reaches = timeout(patience, node.store.ping()).await.is_ok_and(|pong| pong.is_ok());
            let now = node.epoch.now();
            Reaches { reaches: node.standing().handle_asked(reaches, now) }
        })
        .await
    }
}
