//! Why the store has not done what it was asked for.

use redis::{ErrorKind, RedisError};
use thiserror::Error;

/// Why the store has not done what it was asked for.
#[derive(Debug, Error)]
pub enum StoreError {
    /// What was given for its address is none.
    #[error("redis://HOST[:PORT] or rediss://HOST[:PORT] is due: {0}")]
    Address(RedisError),
    /// It does not answer, or not in time. Whether or not it was done is not known.
    #[error("Redis does not answer: {0}")]
    Away(RedisError),
    /// It has answered that it will not: somebody else's data are under our keys, there is no permission, or it
    /// has no memory left.
    #[error("Redis refuses: {0}")]
    Refused(RedisError),
    /// It has answered with something that was not to be expected.
    #[error("what is under {key} is not Tickwire's")]
    Foreign {
        /// Where.
        key: String,
    },
}

impl StoreError {
    pub(super) fn foreign(key: impl Into<String>) -> Self {
        Self::Foreign { key: key.into() }
    }

    /// Whether the same may succeed later by itself.
    #[must_use]
    pub const fn is_away(&self) -> bool {
        matches!(self, Self::Away(_))
    }
}

impl From<RedisError> for StoreError {
    fn from(cause: RedisError) -> Self {
        use redis::ServerErrorKind::{BusyLoading, TryAgain};
        match cause.kind() {
            // It is about to be there.
            ErrorKind::Server(BusyLoading | TryAgain) => Self::Away(cause),
            ErrorKind::Server(_) | ErrorKind::AuthenticationFailed | ErrorKind::Extension => {
                Self::Refused(cause)
            }
            ErrorKind::UnexpectedReturnType | ErrorKind::Parse => Self::Refused(cause),
            _ => Self::Away(cause),
        }
    }
}
