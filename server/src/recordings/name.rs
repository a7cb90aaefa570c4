//! Names of recordings: what of them may come from outside.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

use crate::journal::folder::{EXTENSION, MAX_NAME_BYTES, is_name};

/// A name of a recording: 1 to 100 of `A`–`Z`, `a`–`z`, `0`–`9`, `_` and `-`. Nothing in it can lead out of a
/// folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RecordingName(String);

/// It is no name of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a recording's name: 1 to {MAX_NAME_BYTES} letters, digits, _ and - are due")]
pub struct NameError;

impl RecordingName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of a file's recording, if it is one's.
    #[must_use]
    pub fn of_file(file: &str) -> Option<Self> {
        file.strip_suffix(EXTENSION)?.strip_suffix('.')?.parse().ok()
    }

    /// The file of the recording.
    #[must_use]
    pub fn file(&self) -> String {
        format!("{}.{EXTENSION}", self.0)
    }
}

impl FromStr for RecordingName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if is_name(text) { Ok(Self(text.to_owned())) } else { Err(NameError) }
    }
}

impl fmt::Display for RecordingName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for name in ["a", "20261129T084011Z-arena-9f_", &"x".repeat(100)] {
            let parsed: RecordingName = name.parse().unwrap();
            assert_eq!(RecordingName::of_file(&parsed.file()), Some(parsed));
        }
        let bad =
            ["", ".", "..", "../x", "a/b", "a\\b", "/etc/passwd", "a.b", "a b", "ä", "a\0", "C:x"];
        for name in bad.into_iter().chain([&*"x".repeat(101)]) {
            assert_eq!(name.parse::<RecordingName>(), Err(NameError), "{name:?}");
        }
    }
}
