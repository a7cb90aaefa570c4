//! A chunk: what turns the snapshot of one part of a room into a later one.
//!
//! The encoder sees two snapshots, the decoder one and the bytes. A chunk is keyed by the part and
//! the ticks it leads from and to, never by who reads it, and leaves every reader with exactly the
//! server's pair (position, last step) of each entity. So one encoding serves every client that
//! stands at the same tick. It is a sequence of decisions under a range coder
//! ([`range`](crate::range)), whose likelihoods begin with a trained prior in every chunk:
//!
//! ```text
//! head     which prior; whether it leads from nothing; else over how many ticks (the gap);
//!          whether there are leaves, updates, enters
//! leaves   how many; per leave its slot among the remaining ones, and whether it only moved on to
//!          another part
//! updates  per entity that stays, by ascending slot
//!            whether anything changed, if its kind has several changing fields; then per field
//!            position        as predicted / near / jump; over a gap also the last step
//!            other fields    whether it changed; its difference, bits, or new value
//! enters   how many; per enter by ascending slot
//!            vacant slots passed over, id, kind, every lane, last steps
//! ```
//!
//! | module | job |
//! |---|---|
//! | `motion`, `fields`, `enters`, `numbers` | the model: which decisions, in which context |
//! | [`coder`] | writes, reads or weighs decisions: the model is written once for all three |
//! | `contexts`, [`prior`] | which likelihoods there are; where they begin |
//! | `encode`, `decode` | from two snapshots to a chunk, and back |
//! | `choice` | which prior suits |

pub mod coder;
pub mod contexts;
pub mod prior;

mod choice;
mod decode;
mod encode;
mod enters;
mod fields;
mod generated;
mod motion;
mod numbers;

pub use choice::ChunkEncoder;
pub use decode::{ChunkDecoder, ChunkError, ChunkReading};
pub use encode::{Baseline, encode_chunk, is_as_predicted, write_chunk};

/// Most ticks that a chunk can span: further back than any server remembers.
pub const MAX_GAP: u32 = 255;
