//! Passwords of rooms. What is kept is a digest with a salt, compared in constant time.
//!
//! It is kept in memory alone, for as long as the room is there (another server that takes the room over is told
//! it), and guesses are few
//! ([`Admission::guess`](crate::admission::Admission::guess)): so a fast digest does.

use bincode::{Decode, Encode};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;

/// Most characters of a password.
const MAX_CHARS: usize = 64;

/// What opens with one password.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Lock {
    salt: [u8; 16],
    tag: [u8; 32],
}

/// A text that is no password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("1 to {MAX_CHARS} characters are due")]
pub struct NoPassword;

impl Lock {
    /// A lock that opens with this password.
    ///
    /// # Errors
    /// [`NoPassword`].
    pub fn new(password: &str) -> Result<Self, NoPassword> {
        if !(1..=MAX_CHARS).contains(&password.chars().count()) {
            return Err(NoPassword);
        }
        let salt: [u8; 16] = rand::random();
        let tag = digest(&salt, password).finalize().into_bytes().into();
        Ok(Self { salt, tag })
    }

    /// Whether a password is the one. In constant time, but for its length.
    #[must_use]
    pub fn opens_with(&self, password: &str) -> bool {
        digest(&self.salt, password).verify_slice(&self.tag).is_ok()
    }
}

fn digest(salt: &[u8], password: &str) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mac = Hmac::<Sha256>::new_from_slice(salt).expect("any length will do");
    mac.chain_update(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_opens_with_its_password_alone() {
        let lock = Lock::new("Zoë").unwrap();
        assert!(lock.opens_with("Zoë"));
        for other in ["", "zoë", "Zoë ", "Zoe"] {
            assert!(!lock.opens_with(other), "{other}");
        }
        assert_ne!(lock.tag, Lock::new("Zoë").unwrap().tag, "each has a salt of its own");
        assert_eq!(Lock::new("").err(), Some(NoPassword));
        assert!(Lock::new(&"é".repeat(MAX_CHARS)).is_ok());
        assert_eq!(Lock::new(&"é".repeat(MAX_CHARS + 1)).err(), Some(NoPassword));
    }
}
