//! Keys that tokens are signed with.

use std::fmt;
use std::path::Path;

use data_encoding::HEXLOWER_PERMISSIVE;
use thiserror::Error;

/// Bytes of a key: as many as the hash has.
const KEY_BYTES: usize = 32;

/// A key. Its text is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct AuthKey([u8; KEY_BYTES]);

/// Why something is no key. Does not repeat what was given: it may be half a key.
#[derive(Debug, Error)]
pub enum KeyError {
    /// Neither a key nor a file.
    #[error("64 hexadecimal digits, or the path of a file that holds them: {0}")]
    Unreadable(std::io::Error),
    /// The file holds something else.
    #[error("the file must hold 64 hexadecimal digits and nothing else")]
    Content,
}

impl AuthKey {
    /// A new key that nobody knows.
    #[must_use]
    pub fn random() -> Self {
        Self(rand::random())
    }

    /// Reads a key: 64 hexadecimal digits, or the path of a file that holds them.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn read(text: &str) -> Result<Self, KeyError> {
        if let Some(key) = Self::parse(text) {
            return Ok(key);
        }
        let content = std::fs::read_to_string(Path::new(text)).map_err(KeyError::Unreadable)?;
        Self::parse(content.trim()).ok_or(KeyError::Content)
    }

    fn parse(text: &str) -> Option<Self> {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    pub(super) const fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

impl fmt::Debug for AuthKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AuthKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_from_digits_or_files_and_never_shown() {
        let digits = "00ff".repeat(16);
        let key = AuthKey::read(&digits).unwrap();
        assert_eq!(key.bytes()[..2], [0, 0xff]);
        assert_eq!(key, AuthKey::read(&digits.to_uppercase()).unwrap());
        assert_eq!(format!("{key:?}"), "AuthKey(…)");
        let directory = std::env::temp_dir();
        let file = directory.join(format!("tickwire-key-{:016x}", rand::random::<u64>()));
        let path = file.to_str().unwrap();
        std::fs::write(&file, format!("{digits}\n")).unwrap();
        assert_eq!(AuthKey::read(path).unwrap(), key);
        std::fs::write(&file, &digits[1..]).unwrap();
        let error = AuthKey::read(path).unwrap_err().to_string();
        std::fs::remove_file(&file).unwrap();
        assert!(error.contains("64 hexadecimal digits"), "{error}");
        let error = AuthKey::read(&digits[2..]).unwrap_err().to_string();
        assert!(error.contains("64 hexadecimal digits") && !error.contains("00ff"), "{error}");
    }
}
