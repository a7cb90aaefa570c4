//! What nodes are called.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Longest name of a node, in bytes.
pub const MAX_NAME_BYTES: usize = 64;

/// What a node is called: 1 to 64 letters, digits, `.`, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeName(String);

/// A text is no name of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a node's name is 1 to {MAX_NAME_BYTES} letters, digits, '.', '_' and '-'")]
pub struct ParseNodeNameError;

impl NodeName {
    /// It as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NodeName {
    type Err = ParseNodeNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for NodeName {
    type Error = ParseNodeNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let is_name = (1..=MAX_NAME_BYTES).contains(&text.len()) && text.bytes().all(is_fit);
        if is_name { Ok(Self(text)) } else { Err(ParseNodeNameError) }
    }
}

impl From<NodeName> for String {
    fn from(name: NodeName) -> Self {
        name.0
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One life of a node: a process that is started again under the same name is another one, and has none of the
/// rooms of the one before it. As text `NAME@INCARNATION`, the latter in 16 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Instance {
    /// What the node is called.
    pub name: NodeName,
    /// Tells its lives apart: at random.
    pub incarnation: u64,
}

/// A text is none of an [`Instance`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("NAME@INCARNATION is due")]
pub struct ParseInstanceError;

impl FromStr for Instance {
    type Err = ParseInstanceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, incarnation) = text.split_once('@').ok_or(ParseInstanceError)?;
        let name = name.parse().map_err(|_| ParseInstanceError)?;
        let is_whole = incarnation.len() == 16 && !incarnation.starts_with('+');
        let incarnation = u64::from_str_radix(incarnation, 16).ok().filter(|_| is_whole);
        Ok(Self { name, incarnation: incarnation.ok_or(ParseInstanceError)? })
    }
}

impl TryFrom<String> for Instance {
    type Error = ParseInstanceError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Instance> for String {
    fn from(instance: Instance) -> Self {
        instance.to_string()
    }
}

impl fmt::Display for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{:016x}", self.name, self.incarnation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_are_read_as_they_are_written() {
        let instance = Instance { name: "eu-1.a_b".parse().unwrap(), incarnation: 0xfe };
        assert_eq!(instance.to_string(), "eu-1.a_b@00000000000000fe");
        assert_eq!(instance.to_string().parse(), Ok(instance));
        for wrong in ["", "a", "a@", "@1", "a@1", "a b@00000000000000fe", "a@+0000000000000fe"] {
            assert_eq!(wrong.parse::<Instance>(), Err(ParseInstanceError), "{wrong}");
        }
    }

    #[test]
    fn names_are_short_and_plain() {
        assert!("a".repeat(MAX_NAME_BYTES).parse::<NodeName>().is_ok());
        for wrong in [String::new(), "ä".into(), "a@b".into(), "a:b".into(), "a".repeat(65)] {
            assert_eq!(wrong.parse::<NodeName>(), Err(ParseNodeNameError), "{wrong}");
        }
    }
}
