//! A chunk: what turns one snapshot into a later one.
//!
//! The encoder sees two snapshots, the decoder one and the bytes. A chunk is keyed by the ticks it
//! leads from and to, never by who reads it, so one encoding serves every client that stands at the
//! same tick. It is one bit stream ([`bits`](crate::bits)):
//!
//! ```text
//! leaves   gamma(count), then per leave by ascending slot: gamma(slot − previous slot − 1)
//! updates  per entity kind that has changing fields: one bit, whether any entity of it changed;
//!          if so, per changing field: its Rice parameter (5 bits)
//!          then, per entity that stays and whose kind changed, by ascending slot:
//!              one bit, whether it changed; if so
//!              a mask, one bit per changing field, if the kind has more than one
//!              per changed field and lane: rice(zigzag(lane difference))
//! enters   gamma(count), then per enter by ascending slot:
//!              gamma(slot − previous slot − 1)
//!              its id: a 1 and gamma(id − previous id − 1), or a 0 and 32 bits
//!              its kind, in as many bits as the number of kinds needs
//!              every lane, in full width
//! padding  zero bits up to the byte
//! ```
//!
//! "Previous slot" begins at −1; "previous id" begins at the largest id of the snapshot the chunk
//! leads from. A keyframe is a chunk that leads from the empty snapshot.

mod decode;
mod encode;

pub use decode::{ChunkDecoder, ChunkError};
pub use encode::encode_chunk;

use crate::snapshot::Snapshot;

/// Bits of a Rice parameter.
const RICE_PARAMETER_BITS: u32 = 5;

fn largest_id(snapshot: &Snapshot) -> u32 {
    (0..snapshot.slots()).map(|slot| snapshot.raw_id(slot)).max().unwrap_or(0)
}
