//! The client and the swarm against a small server written here, over real sockets; and the
//! behaviours over games that do not exist.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod acknowledgements;
mod behaviors;
mod busy;
mod capacity;
mod client;
mod fake_metrics;
mod fake_room;
mod fake_server;
mod owners;
mod report;
mod resume;
mod swarm;
mod tls;
