//! The options of games, `--game-option GAME.KEY=VALUE`: read, and judged by the games themselves.

use std::collections::BTreeMap;

use tickwire_simulation::registry::{GameOptions, GameRegistry};

use super::ConfigError;

/// Reads `GAME.KEY=VALUE` and lets each game judge its options.
///
/// # Errors
/// [`ConfigError`] for the first that is not read, names no game, or is refused by it.
pub fn read_game_options(
    texts: &[String],
    games: &GameRegistry,
) -> Result<BTreeMap<String, GameOptions>, ConfigError> {
    let mut by_game: BTreeMap<String, GameOptions> = BTreeMap::new();
    for text in texts {
        let error =
            |allowed: String| ConfigError { flag: "game-option", value: text.clone(), allowed };
        let parts = text.split_once('=').and_then(|(name, value)| {
            let (game, key) = name.split_once('.')?;
            Some((game, key, value))
        });
        let (game, key, value) = parts.ok_or_else(|| error("GAME.KEY=VALUE is due".to_owned()))?;
        let factory = games.find(game).ok_or_else(|| {
            error(format!("GAME is one of {}", games.names().collect::<Vec<_>>().join(", ")))
        })?;
        let options = by_game.entry(game.to_owned()).or_default();
        options.0.insert(key.to_owned(), value.to_owned());
        factory(options).map_err(|cause| error(cause.to_string()))?;
    }
    Ok(by_game)
}
