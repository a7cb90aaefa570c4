//! Saved state: a struct as bytes and back, with a limit.

use bincode::config::standard;
use bincode::{Decode, Encode};
use thiserror::Error;

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
