//! Journals on disk: every match written down as it goes, and brought back after a crash.
//!
//! ```text
//! room ─ pieces of its journal, after each tick ─→ bounded queue ─→ the writer's thread ─→ a file per match
//!      └ the same, in a cluster ─→ keeper ─→ a store elsewhere, for another server to go on from
//! at start: files without an end ─→ revival ─→ rooms, paused until their players are back
//! ```
//!
//! What a journal is made of is the business of [`tickwire_simulation::journal`]. The tick never waits: where
//! the queue is full or the disk is, the journal ends and the match goes on.

pub mod desync;
pub mod folder;
pub mod keeper;
pub mod revival;
pub mod writer;
