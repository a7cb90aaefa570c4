//! The options of a game: its world, and how full it is.

use std::ops::RangeInclusive;

use bincode::{Decode, Encode};
use tickwire_simulation::registry::{GameOptions, OptionError, parse_extent};

/// Sides that a world may have, in world units. The smallest leaves room for an asteroid.
const WORLD_SIDES: RangeInclusive<f32> = 400.0..=65_536.0;
const MAX_ASTEROIDS: u32 = 2000;
const MAX_PICKUPS: u32 = 5000;
/// The longest that shots may look back, in ms: who sees others later has other troubles.
pub const MAX_REWIND_MS: u32 = 1000;

/// What a room of this game is like.
#[derive(Clone, Copy, Debug, PartialEq, Encode, Decode)]
pub struct ArenaOptions {
    /// `world`: width and height, in world units. 4000x4000 is four screens wide.
    pub world: [f32; 2],
    /// `asteroids`: how many there are, as far as they find room. 26 let one hide and still fly fast.
    pub asteroids: u32,
    /// `pickups`: how many lie about at any time. With 40, one is mostly in view.
    pub pickups: u32,
    /// `rewind`: how far back shots are judged by what the shooter saw, in ms; 0 for not at all. 400ms
    /// is a round trip of 300 ms, with what a client holds others back.
    pub rewind_ms: u32,
}

impl Default for ArenaOptions {
    fn default() -> Self {
        Self { world: [4000.0, 4000.0], asteroids: 26, pickups: 40, rewind_ms: 400 }
    }
}

impl ArenaOptions {
    /// The options given, the defaults for the others.
    ///
    /// # Errors
    /// [`OptionError`] when an option is unknown or its value is not allowed.
    pub fn read(options: &GameOptions) -> Result<Self, OptionError> {
        options.expect_only(&["asteroids", "pickups", "rewind", "world"])?;
        let default = Self::default();
        let up_to = |most| move |text: &str| text.parse().ok().filter(|&count: &u32| count <= most);
        Ok(Self {
            world: options.read(
                "world",
                default.world,
                "WIDTHxHEIGHT, each 400 to 65536",
                |text| {
                    let sides = parse_extent(text)?;
                    sides.iter().all(|side| WORLD_SIDES.contains(side)).then_some(sides)
                },
            )?,
            asteroids: options.read(
                "asteroids",
                default.asteroids,
                "a whole number from 0 to 2000",
                up_to(MAX_ASTEROIDS),
            )?,
            pickups: options.read(
                "pickups",
                default.pickups,
                "a whole number from 0 to 5000",
                up_to(MAX_PICKUPS),
            )?,
            rewind_ms: options.read(
                "rewind",
                default.rewind_ms,
                "a time from 0ms to 1000ms",
                |text| up_to(MAX_REWIND_MS)(text.strip_suffix("ms")?),
            )?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(option: &str, value: &str) -> Result<ArenaOptions, OptionError> {
        ArenaOptions::read(&GameOptions([(option.to_owned(), value.to_owned())].into()))
    }

    #[test]
    fn options_are_read_and_checked() {
        assert_eq!(ArenaOptions::read(&GameOptions::default()), Ok(ArenaOptions::default()));
        assert_eq!(read("world", "8000x400").unwrap().world, [8000.0, 400.0]);
        assert_eq!(read("asteroids", "0").unwrap().asteroids, 0);
        assert_eq!(read("pickups", "5000").unwrap().pickups, 5000);
        assert_eq!(read("rewind", "0ms").unwrap().rewind_ms, 0);
        for (option, bad) in [
            ("world", "399x4000"),
            ("world", "4000x65537"),
            ("world", "4000"),
            ("asteroids", "2001"),
            ("asteroids", "-1"),
            ("pickups", "5001"),
            ("pickups", "many"),
            ("rewind", "1001ms"),
            ("rewind", "-1ms"),
            ("rewind", "400"),
            ("rewind", "0.4s"),
        ] {
            let error = read(option, bad).unwrap_err();
            assert!(matches!(error, OptionError::Invalid { .. }), "{option}={bad}: {error}");
        }
        assert!(matches!(read("ships", "1"), Err(OptionError::Unknown { .. })));
    }
}
