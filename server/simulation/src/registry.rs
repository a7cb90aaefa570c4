//! The games that a server knows, by name, and how their options are read.

use std::collections::BTreeMap;
use std::str::FromStr;

use thiserror::Error;

use crate::game::Game;

/// Makes a new game with these options.
pub type GameFactory = fn(&GameOptions) -> Result<Box<dyn Game>, OptionError>;

/// Options of a game: what `--game-option NAME.KEY=VALUE` and `POST /api/rooms` give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GameOptions(pub BTreeMap<String, String>);

/// Why a game cannot be made with the options given.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OptionError {
    /// The game has no such option.
    #[error("unknown option {option:?}; known: {known}")]
    Unknown {
        /// The option given.
        option: String,
        /// The options there are.
        known: String,
    },
    /// The value is not allowed.
    #[error("option {option}: {value:?} is not {allowed}")]
    Invalid {
        /// The option.
        option: String,
        /// The value given.
        value: String,
        /// What is allowed.
        allowed: &'static str,
    },
}

impl OptionError {
    /// The option that is at fault.
    #[must_use]
    pub fn option(&self) -> &str {
        match self {
            Self::Unknown { option, .. } | Self::Invalid { option, .. } => option,
        }
    }
}

impl GameOptions {
    /// Refuses options that are not among `known`.
    ///
    /// # Errors
    /// [`OptionError::Unknown`] for the first that is not.
    pub fn expect_only(&self, known: &[&str]) -> Result<(), OptionError> {
        match self.0.keys().find(|option| !known.contains(&option.as_str())) {
            None => Ok(()),
            Some(option) => {
                Err(OptionError::Unknown { option: option.clone(), known: known.join(", ") })
            }
        }
    }

    /// The value of an option, read by `parse`, or `default` where it is not given. `allowed`
    /// says in words what `parse` accepts.
    ///
    /// # Errors
    /// [`OptionError::Invalid`] when `parse` returns `None`.
    pub fn read<T>(
        &self,
        option: &str,
        default: T,
        allowed: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, OptionError> {
        let Some(value) = self.0.get(option) else { return Ok(default) };
        parse(value).ok_or_else(|| OptionError::Invalid {
            option: option.to_owned(),
            value: value.clone(),
            allowed,
        })
    }
}

/// Reads `WIDTHxHEIGHT`, both positive and finite.
#[must_use]
pub fn parse_extent(text: &str) -> Option<[f32; 2]> {
    let (width, height) = text.split_once('x')?;
    let side = |text: &str| f32::from_str(text).ok().filter(|side| side.is_finite() && *side > 0.0);
    Some([side(width)?, side(height)?])
}

/// The games that a server can run.
#[derive(Clone, Debug, Default)]
pub struct GameRegistry {
    games: BTreeMap<&'static str, GameFactory>,
}

impl GameRegistry {
    /// A registry without games.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a game.
    #[must_use]
    pub fn with(mut self, name: &'static str, factory: GameFactory) -> Self {
        self.games.insert(name, factory);
        self
    }

    /// The factory of a game.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<GameFactory> {
        self.games.get(name).copied()
    }

    /// The names of all games, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.games.keys().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_refused_by_name() {
        let options = GameOptions(BTreeMap::from([("world".into(), "8000x6000".into())]));
        assert_eq!(options.expect_only(&["world"]), Ok(()));
        let unknown = options.expect_only(&["size"]).unwrap_err();
        assert_eq!(unknown.to_string(), "unknown option \"world\"; known: size");
        let read = |parse: fn(&str) -> Option<[f32; 2]>| {
            options.read("world", [1.0, 1.0], "WIDTHxHEIGHT", parse)
        };
        assert_eq!(read(parse_extent), Ok([8000.0, 6000.0]));
        let error = read(|_| None).unwrap_err();
        assert_eq!(error.to_string(), "option world: \"8000x6000\" is not WIDTHxHEIGHT");
    }

    #[test]
    fn extents_are_positive_and_finite() {
        assert_eq!(parse_extent("3x4.5"), Some([3.0, 4.5]));
        for bad in ["", "3", "3x", "x4", "0x4", "-3x4", "infx4", "NaNx4", "3x4x5"] {
            assert_eq!(parse_extent(bad), None, "{bad}");
        }
    }
}
