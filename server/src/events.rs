//! Server-sent events: what happens in a room, and on the whole server, for whoever listens over HTTP.
//!
//! ```text
//! room::driver, events::health → Feed        numbers each event, writes it down once, keeps the newest
//!   → Relay     one per worker thread: a copy of what the feed keeps, of the same bytes
//!   → Listener  one per answer: what its client has, and what it is to have next
//! ```
//!
//! Whoever publishes wakes a relay for each thread at most, however many listen; the rest is done on the
//! threads that serve HTTP. Nothing is kept for a listener but its place in the history: who falls behind
//! further than that goes is told how much is missing. A feed that nobody listens to keeps nothing.

pub mod feed;
pub mod health;
pub mod listener;
mod ring;

pub use feed::Feed;
pub use listener::Listener;
