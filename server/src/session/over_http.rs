//! A session over plain HTTP, for who cannot have a WebSocket (PROTOCOL.md, section 20).
//!
//! ```text
//!   POST /send ─→ Keys ─→ Client<OverHttp> ─→ Uplink ─→ the room
//!                            │ Batches: the next one, or one that came before
//!                            ▼
//!   the room ─→ Outbox ─→ Mailbag ─┬─→ the body of GET /stream
//!                                  └─→ Answers ─→ POST /poll
//! ```
//!
//! The session lives on the thread that its first request came to; the others find it by its key. What is
//! sent to the client waits in its [`mailbag`]: a stream takes it from there at once, a poll when it comes.
//! Bodies that are not read do not hold the session up: its actor has a context of its own.

pub mod answers;
pub mod batches;
pub mod carrier;
pub mod keys;
pub mod mailbag;
