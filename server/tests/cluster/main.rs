//! Clusters of real processes over a real Redis: what players see of them, whatever dies, stops or is cut off.
//!
//! ```text
//! redis (a process) ← fleet: three servers (processes) ← player: a client that knows several addresses
//! ```
//!
//! Nothing here counts on being fast: each test waits for the thing itself, and holds ticks and fences against each
//! other rather than times.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[path = "../../cluster/tests/support/mod.rs"]
mod redis_process;
#[path = "../support/mod.rs"]
mod support;

mod cut;
mod deploying;
mod failover;
mod filling;
mod flags;
mod fleet;
mod joining;
mod outages;
mod partition;
mod player;
mod raw_redis;
mod versions;
