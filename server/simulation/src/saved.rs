//! Saved state: a struct as bytes and back, with a limit.

use bincode::config::standard;
use bincode::{Decode, Encode};
use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

/// Bytes of the checksum that is on sealed bytes.
const CHECKSUM_BYTES: usize = 8;

/// Largest saved state, in bytes: 100,000 entities of some hundred bytes.
pub const MAX_STATE_BYTES: usize = 64 << 20;

/// Why a saved state cannot be taken over.
#[derive(Debug, Error)]
pub enum RestoreError {
    /// The bytes are no such state.
    #[error("not a saved state: {0}")]
    Malformed(#[from] bincode::error::DecodeError),
    /// Bytes are left after the state.
    #[error("{0} bytes after the end of the saved state")]
    Trailing(usize),
    /// The state is sound but of another game, version or set of options.
    #[error("the saved state does not fit: {0}")]
    Mismatch(&'static str),
}

/// Why sealed bytes cannot be opened.
#[derive(Debug, Error)]
pub enum SealError {
    /// They are of another version, or nothing at all.
    #[error("not of version {expected}")]
    Version {
        /// The version that is read here.
        expected: u8,
    },
    /// They are not what was sealed.
    #[error("damaged or cut off")]
    Damaged,
    /// Somebody has sealed something else.
    #[error(transparent)]
    Contents(#[from] RestoreError),
}

/// A state for another process, which may speak another version, over a way on which it may be damaged.
///
/// ```text
/// version: 1 byte │ checksum: 8 bytes, little-endian; XXH3 of what is behind it │ the state
/// ```
#[must_use]
pub fn seal<T: Encode>(version: u8, state: &T) -> Vec<u8> {
    let state = encode(state);
    let mut sealed = Vec::with_capacity(1 + CHECKSUM_BYTES + state.len());
    sealed.push(version);
    sealed.extend_from_slice(&xxh3_64(&state).to_le_bytes());
    sealed.extend_from_slice(&state);
    sealed
}

/// The state that [`seal`] has sealed.
///
/// # Errors
/// [`SealError`] when the bytes are anything else.
pub fn unseal<T: Decode<()>>(version: u8, sealed: &[u8]) -> Result<T, SealError> {
    let sealed = match sealed.split_first() {
        Some((&told, rest)) if told == version => rest,
        _ => return Err(SealError::Version { expected: version }),
    };
    let (checksum, state) =
        sealed.split_first_chunk::<CHECKSUM_BYTES>().ok_or(SealError::Damaged)?;
    if u64::from_le_bytes(*checksum) != xxh3_64(state) {
        return Err(SealError::Damaged);
    }
    Ok(decode(state)?)
}

/// The bytes of a state.
#[must_use]
pub fn encode<T: Encode>(state: &T) -> Vec<u8> {
    #[expect(clippy::expect_used, reason = "writing to a vector has no way to fail")]
    bincode::encode_to_vec(state, standard()).expect("a vector takes every byte")
}

/// What [`encode`] wrote, with more behind it.
///
/// # Errors
/// [`RestoreError`] when the bytes begin with anything else.
pub fn decode_beginning<T: Decode<()>>(bytes: &[u8]) -> Result<T, RestoreError> {
    let limited = standard().with_limit::<MAX_STATE_BYTES>();
    Ok(bincode::decode_from_slice(bytes, limited).map(|(state, _)| state)?)
}

/// The state that [`encode`] wrote.
///
/// # Errors
/// [`RestoreError`] when the bytes are anything else.
pub fn decode<T: Decode<()>>(bytes: &[u8]) -> Result<T, RestoreError> {
    let (state, used) =
        bincode::decode_from_slice(bytes, standard().with_limit::<MAX_STATE_BYTES>())?;
    match bytes.len() - used {
        0 => Ok(state),
        rest => Err(RestoreError::Trailing(rest)),
    }
}
