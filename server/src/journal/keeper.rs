//! The trait by which a room's driver hands its journal to a store outside of this process.
//!
//! ```text
//! room::safekeeping ─ batches, numbered from 1 ─→ Keeping (never waits) ─→ a store
//!        └──────────── Kept: up to which number, or why not ─────────────────┘
//! ```

use tickwire_protocol::ids::{Fence, RoomId};
use tickwire_simulation::journal::stream::Batch;

/// How a room is told what has become of its batches. May be called from any thread, and never waits.
pub type Tell = Box<dyn Fn(Kept) + Send + Sync>;

/// Keeps rooms' journals outside of this process, for another one to go on from.
pub trait Keeper: Send + Sync {
    /// Begins to keep a room's journal under its present ownership. `tell` is called with what becomes of it.
    /// Never waits.
    fn open(&self, room: RoomId, fence: Fence, tell: Tell) -> Box<dyn Keeping>;
}

/// One room's journal on its way to the store. Dropped without [`Keeping::close`], nothing more is to be kept,
/// and nothing to be deleted: somebody else owns the room.
pub trait Keeping: Send {
    /// Keeps the next batch. Numbers are consecutive, from 1. Never waits: what the store does not take now is
    /// tried again, in order, until it does or [`Kept::Lost`] is told.
    fn keep(&mut self, number: u64, batch: Batch);

    /// Nothing comes behind the last batch: the match is over, or it goes on under another ownership.
    fn close(&mut self, is_over: bool);
}

/// What has become of a room's batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// All up to the one of this number are kept.
    UpTo(u64),
    /// Nothing is kept any more, and why: another server owns the room.
    Lost(String),
    /// The store does not answer.
    Away,
    /// It answers again.
    Back,
}
