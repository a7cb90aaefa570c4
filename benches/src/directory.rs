//! What a cluster asks of its Redis: what each thing that nodes do there costs it, by the store that they use, and
//! what a large cluster would come to.
//!
//! ```text
//! fill     a Redis that is empty: all nodes, each with its rooms
//! measure  every node does one thing again and again   → calls, commands, Redis' CPU time   (Work → Cost)
//! table    Cost × how often a cluster of this size does it → share of Redis' one core
//! ```
//!
//! Redis carries commands out on one thread, so that what one core does is all it does. The nodes are simulated in
//! this process, with two connections each, as real ones have.

mod gauge;
mod table;
mod work;

use std::time::{Duration, Instant};

use thiserror::Error;
use tickwire_cluster::StoreError;
use tickwire_cluster::store::Barred;

use gauge::Gauge;
pub use table::render;
pub use work::{Work, WorkOf};

/// Long enough that nobody's lease ends while others do something else.
const LEASE: Duration = Duration::from_secs(300);

/// The cluster that is simulated, and reckoned with.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Its nodes.
    pub nodes: u32,
    /// Their rooms, all together.
    pub rooms: u32,
    /// People who play in them.
    pub players: u32,
    /// How long one of them stays.
    pub stay: Duration,
    /// From one piece of a room's journal to the next.
    pub interval: Duration,
}

/// Why nothing can be measured.
#[derive(Debug, Error)]
pub enum DirectoryError {
    /// Redis has not done it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nor has it told of itself.
    #[error("Redis tells nothing of itself: {0}")]
    Untold(#[from] redis::RedisError),
    /// It does not tell what is needed.
    #[error("INFO of Redis has no {0}")]
    Missing(&'static str),
    /// There is something in it.
    #[error("this Redis holds {0} keys: one is due that is empty")]
    Occupied(u64),
    /// A simulated node got no lease.
    #[error(transparent)]
    Barred(#[from] Barred),
    /// The store has answered what it does not while all is well.
    #[error("{0:?} came to nothing")]
    Vain(Work),
    /// A task of this process has failed.
    #[error("a simulated node has failed: {0}")]
    Node(#[from] tokio::task::JoinError),
}

/// What doing something takes.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// What.
    pub work: Work,
    /// How often it was done.
    pub calls: u64,
    /// Redis' commands for it, those within scripts included.
    pub commands: u64,
    /// CPU time that Redis took.
    pub cpu: Duration,
    /// How long it went on.
    pub elapsed: Duration,
}

impl Cost {
    /// CPU time of one call.
    #[must_use]
    pub fn each(&self) -> Duration {
        self.cpu.div_f64(self.calls.max(1) as f64)
    }

    /// Commands of one call.
    #[must_use]
    pub fn commands_each(&self) -> f64 {
        self.commands as f64 / self.calls.max(1) as f64
    }
}

/// Fills an empty Redis with a cluster of this size, and measures everything that its nodes do there, each for
/// `length`.
///
/// # Errors
/// [`DirectoryError`].
pub async fn measure(url: &str, size: Size, length: Duration) -> Result<Vec<Cost>, DirectoryError> {
    let mut gauge = Gauge::connect(url).await?;
    gauge.expect_empty().await?;
    let nodes = work::fill(url, size, LEASE).await?;
    let mut costs = Vec::new();
    for work in Work::ALL {
        let before = gauge.read().await?;
        let began = Instant::now();
        let mut tasks = tokio::task::JoinSet::new();
        for node in &nodes {
            tasks.spawn(work.go_on(node.clone(), began + length));
        }
        let mut calls = 0;
        while let Some(done) = tasks.join_next().await {
            calls += done??;
        }
        let elapsed = began.elapsed();
        let after = gauge.read().await?;
        costs.push(Cost {
            work,
            calls,
            commands: after.commands.saturating_sub(before.commands),
            cpu: after.cpu.saturating_sub(before.cpu),
            elapsed,
        });
    }
    Ok(costs)
}
