//! Asks the other nodes whether they reach Redis, while this one has no answer from it; and answers them.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tickwire_cluster::Reply;
use tickwire_cluster::standing::tally;
use tokio::time::{sleep, timeout};

use super::node::Node;

/// Where nodes ask whether another one reaches Redis.
pub const REACHES: &str = "/api/peer/reaches";
/// Parts of a lease: how long it is from one look whether peers are to be asked, or one round of asking them, to the
/// next. A third of a lease has to be enough for a round: so much longer a tenure is than all peers need until they
/// may promise something.
const LOOK: u32 = 20;
/// And how long Redis may take to answer who is asked.
const PING: u32 = 10;
/// And three of them are how long a peer may take.
const ANSWER: u32 = 10;

/// What a node answers that is asked.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Reaches {
    /// Whether it reaches Redis; if not, whether it promises to bear the one that asks.
    pub redis: Reply,
}

/// Goes on for as long as the node lives.
pub(super) async fn keep(node: Arc<Node>) {
    loop {
        sleep(node.config.lease / LOOK).await;
        let is_overdue = node.standing().is_overdue(node.epoch.now());
        if is_overdue {
            ask_peers(&node).await;
        }
    }
}

/// Asks all other nodes for the promise that bears this one.
async fn ask_peers(node: &Node) {
    let asked = node.epoch.now();
    let nodes = node.nodes();
    if nodes.is_empty() {
        return;
    }
    let patience = node.config.lease * 3 / ANSWER;
    let others = nodes.iter().filter(|other| other.instance != node.me);
    let answers = others.map(|other| async move {
        let answer = node.peers.ask(&other.url, REACHES, &(), patience).await.ok()?;
        answer.json::<Reaches>().map(|answer| answer.redis)
    });
    let answers = futures_util::future::join_all(answers).await;
    let verdict = tally(nodes.len(), answers);
    node.standing().handle_verdict(asked, verdict, node.epoch.now());
    node.apply_standing();
}

impl Node {
    /// Answers a peer that has no answer from Redis.
    pub async fn answer_reaches(self: &Arc<Self>) -> Reaches {
        let node = Arc::clone(self);
        self.run(async move {
            let patience: Duration = node.config.lease / PING;
            let reaches = timeout(patience, node.store.ping()).await.is_ok_and(|pong| pong.is_ok());
            let now = node.epoch.now();
            Reaches { redis: node.standing().handle_asked(reaches, now) }
        })
        .await
    }
}
