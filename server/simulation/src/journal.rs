//! The journal: what was done to a world, so that all of it can be computed again.
//!
//! Specified in [JOURNAL.md](../../JOURNAL.md). Pure: bytes in, bytes out; who writes them to where is the
//! server's business.
//!
//! ```text
//! World ─ tape: happenings, inputs of each tick ─→ Recorder ─→ blocks ─→ a file
//!   └──── save(), now and then ──────────────────────┘
//! a file ─→ Journal: header, blocks that are sound ─→ Playback: a world again, tick by tick
//! ```
//!
//! | module | job |
//! |---|---|
//! | [`tape`] | what is done to a world, as bytes |
//! | [`block`] | bytes with a checksum, compressed where that helps |
//! | [`header`] | what a world begins from |
//! | [`mod@file`] | a whole journal: its sound part, and where what is |
//! | [`stream`] | a journal in batches, for a store elsewhere |
//! | [`recorder`] | what a room keeps of its world, and hands to a writer |
//! | [`playback`] | a world computed again, and held against the journal's hashes |
//! | [`screening`] | a recorded match as a game, for those who watch it |
//! | [`table`] | a world's entities, as a person reads them |
//! | [`delay`] | a match some time behind, for those who watch it |
//! | [`difference`] | in what two worlds differ, as a person wants to read it |

pub mod block;
pub mod delay;
pub mod difference;
pub mod file;
pub mod header;
pub mod playback;
pub mod recorder;
pub mod screening;
pub mod stream;
pub mod table;
pub mod tape;
