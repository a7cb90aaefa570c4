//! Movement made up as a line of settings says, such as `kind=cars,players=7,fresh=0.6`: what
//! `trace --synthetic` takes.
//!
//! The generators are those that the codec's prior is trained on; seeds are not: unless a setting
//! says otherwise, the seed is 1, and the corpus has none below 1000
//! ([`SEEDS`](crate::training::corpus::SEEDS)).

use std::ops::RangeInclusive;
use std::str::FromStr;

use thiserror::Error;

use super::Movement;
use super::cars::Cars;
use super::hold::Hold;
use super::movers::{Movers, Style};
use super::platform::Platform;

/// What to make up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Synthetic {
    /// What it is called.
    kind: &'static str,
    /// How many things; 1 to 10,000.
    pub players: u32,
    /// Ticks per second; 1 to 240.
    pub hz: f64,
    /// Seconds; 0.1 to 3600.
    pub seconds: f64,
    /// Seed: the same one, the same movement.
    pub seed: u64,
    /// Grid that positions of this kind are usually told on, in its unit.
    pub step: f64,
    /// The ticks at which things are seen anew; `None` for all.
    hold: Option<Hold>,
    maker: Maker,
}

/// What makes it up. The settings that all kinds have are taken from [`Synthetic`].
#[derive(Clone, Copy, Debug, PartialEq)]
enum Maker {
    Movers {
        style: Style,
        /// Share that never moves.
        resting: f64,
        /// Mean seconds until one vanishes and another appears; 0 for never.
        life_s: f64,
    },
    Platform(Platform),
    Cars(Cars),
}

/// Why a line of settings is none.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SyntheticError {
    /// Something between two commas is no setting.
    #[error("{0:?} is no setting: name=value is due, separated by commas")]
    NoSetting(String),
    /// There is no such kind.
    #[error("kind={0} is not known: {known} are", known = names(&KINDS.map(|kind| kind.kind)))]
    UnknownKind(String),
    /// The kind has no such setting.
    #[error("{name} is no setting of kind={kind}: {known} are", known = names(known))]
    UnknownSetting {
        /// The setting.
        name: String,
        /// The kind.
        kind: &'static str,
        /// Settings that it has.
        known: Vec<&'static str>,
    },
    /// A value is not allowed.
    #[error("{name}={value} is not allowed: {allowed} is")]
    Value {
        /// The setting.
        name: &'static str,
        /// What was given.
        value: String,
        /// What may be.
        allowed: &'static str,
    },
    /// All of it would not fit into memory.
    #[error("players × hz × seconds is more than {MOST_ENTITY_TICKS}")]
    TooMuch,
}

/// Most places that are made up: about a gigabyte.
const MOST_ENTITY_TICKS: f64 = 1e7;

/// Settings, and the values that they may have.
const PLAYERS: (&str, &str) = ("players", "1 to 10000");
const HZ: (&str, &str) = ("hz", "1 to 240");
const SECONDS: (&str, &str) = ("seconds", "0.1 to 3600");
const SEED: (&str, &str) = ("seed", "a whole number from 0 on");
const FRESH: (&str, &str) = ("fresh", "a share above 0, such as 0.7 or 2/3, up to 1");
const RESTING: (&str, &str) = ("resting", "0 to 1");
const LIFE: (&str, &str) = ("life", "0 to 3600, in seconds");
const WHOLE_PIXELS: (&str, &str) = ("whole_pixels", "true or false");

/// Most ticks in which things are seen anew so many times, evenly.
const MOST_EVEN: u32 = 100;

const PLAYERS_KIND: Synthetic = Synthetic {
    kind: "players",
    players: 64,
    hz: 20.0,
    seconds: 60.0,
    seed: 1,
    step: 0.25,
    hold: None,
    maker: Maker::Movers { style: Style::PLAYERS, resting: 0.0, life_s: 0.0 },
};

/// All kinds, the usual one first.
const KINDS: [Synthetic; 9] = [
    PLAYERS_KIND,
    people("walkers", Style::WALKERS),
    people("street", Style::STREET),
    people("crowd", Style::CROWD),
    Synthetic { players: 22, hz: 20.0, step: 0.05, ..people("runners", Style::RUNNERS) },
    platform("platform", Platform::QUICK),
    platform("slow-platform", Platform::SLOW),
    cars("cars", Cars::BALL),
    Synthetic { players: 12, step: 0.25, ..cars("road", Cars::ROAD) },
];

const fn people(kind: &'static str, style: Style) -> Synthetic {
    let maker = Maker::Movers { style, resting: 0.0, life_s: 60.0 };
    Synthetic { kind, players: 40, hz: 16.0, step: 0.01, maker, ..PLAYERS_KIND }
}

const fn platform(kind: &'static str, platform: Platform) -> Synthetic {
    let Platform { players, hz, .. } = platform;
    Synthetic { kind, players, hz, maker: Maker::Platform(platform), ..PLAYERS_KIND }
}

const fn cars(kind: &'static str, cars: Cars) -> Synthetic {
    let Cars { cars: players, hz, .. } = cars;
    Synthetic { kind, players, hz, step: 1.0, maker: Maker::Cars(cars), ..PLAYERS_KIND }
}

impl Default for Synthetic {
    fn default() -> Self {
        PLAYERS_KIND
    }
}

impl Synthetic {
    /// Makes it up.
    #[must_use]
    pub fn movement(&self) -> Movement {
        let Self { players, hz, seconds, seed, .. } = *self;
        let movement = match self.maker {
            Maker::Movers { style, resting, life_s } => {
                Movers { players, hz, seconds, seed, resting, life_s, style }.movement()
            }
            Maker::Platform(game) => Platform { players, hz, seconds, seed, ..game }.movement(),
            Maker::Cars(game) => Cars { cars: players, hz, seconds, seed, ..game }.movement(),
        };
        match self.hold {
            // Chance has a seed of its own here, else it would be that of the movement.
            Some(hold) => movement.held(hold, !seed),
            None => movement,
        }
    }

    /// The names of all kinds.
    pub fn kinds() -> impl Iterator<Item = &'static str> {
        KINDS.iter().map(|kind| kind.kind)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), SyntheticError> {
        match (name, &mut self.maker) {
            ("players", _) => self.players = parse(PLAYERS, value, |n| (1..=10_000).contains(n))?,
            ("hz", _) => self.hz = number(HZ, value, 1.0..=240.0)?,
            ("seconds", _) => self.seconds = number(SECONDS, value, 0.1..=3600.0)?,
            ("seed", _) => self.seed = parse(SEED, value, |_| true)?,
            ("fresh", _) => self.hold = Some(fresh(value)?),
            ("resting", Maker::Movers { resting, .. }) => {
                *resting = number(RESTING, value, 0.0..=1.0)?;
            }
            ("life", Maker::Movers { life_s, .. }) => *life_s = number(LIFE, value, 0.0..=3600.0)?,
            ("whole_pixels", Maker::Platform(game)) => {
                game.whole_pixels = parse(WHOLE_PIXELS, value, |_| true)?;
            }
            _ => {
                let (name, kind, known) = (name.to_owned(), self.kind, self.settings());
                return Err(SyntheticError::UnknownSetting { name, kind, known });
            }
        }
        Ok(())
    }

    /// The names of the settings that this kind has.
    fn settings(&self) -> Vec<&'static str> {
        let own: &[_] = match self.maker {
            Maker::Movers { .. } => &[RESTING, LIFE],
            Maker::Platform(_) => &[WHOLE_PIXELS],
            Maker::Cars(_) => &[],
        };
        let all = [PLAYERS, HZ, SECONDS, SEED, FRESH];
        all.iter().chain(own).map(|&(name, _)| name).collect()
    }
}

impl FromStr for Synthetic {
    type Err = SyntheticError;

    /// Reads `kind=players,players=64,hz=20,seed=1`, in any order; what is not given has the kind's
    /// default.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut settings = Vec::new();
        for setting in text.split(',').filter(|setting| !setting.is_empty()) {
            let parts = setting.split_once('=');
            let (name, value) =
                parts.ok_or_else(|| SyntheticError::NoSetting(setting.to_owned()))?;
            settings.push((name.trim(), value.trim()));
        }
        let mut synthetic = Self::default();
        for &(_, kind) in settings.iter().filter(|(name, _)| *name == "kind") {
            let found = KINDS.iter().find(|known| known.kind == kind);
            synthetic = *found.ok_or_else(|| SyntheticError::UnknownKind(kind.to_owned()))?;
        }
        for (name, value) in settings.into_iter().filter(|(name, _)| *name != "kind") {
            synthetic.set(name, value)?;
        }
        let Self { players, hz, seconds, .. } = synthetic;
        if f64::from(players) * hz * seconds > MOST_ENTITY_TICKS {
            return Err(SyntheticError::TooMuch);
        }
        Ok(synthetic)
    }
}

fn parse<T: FromStr>(
    (name, allowed): (&'static str, &'static str),
    value: &str,
    is_allowed: impl Fn(&T) -> bool,
) -> Result<T, SyntheticError> {
    let parsed = value.parse().ok().filter(is_allowed);
    parsed.ok_or_else(|| SyntheticError::Value { name, value: value.to_owned(), allowed })
}

fn number(
    setting: (&'static str, &'static str),
    value: &str,
    range: RangeInclusive<f64>,
) -> Result<f64, SyntheticError> {
    parse(setting, value, |number| range.contains(number))
}

/// A share of ticks: each by itself, or evenly if it is a fraction.
fn fresh(value: &str) -> Result<Hold, SyntheticError> {
    let Some((ticks, of)) = value.split_once('/') else {
        let share = parse(FRESH, value, |&share| share > 0.0 && share <= 1.0)?;
        return Ok(Hold::Random(share));
    };
    let error =
        || SyntheticError::Value { name: FRESH.0, value: value.to_owned(), allowed: FRESH.1 };
    let [ticks, of] = [ticks, of].map(|number| number.parse().ok());
    let even = ticks.zip(of).filter(|(ticks, of)| (1..=*of).contains(ticks) && *of <= MOST_EVEN);
    even.map(|(ticks, of)| Hold::Even(ticks, of)).ok_or_else(error)
}

fn names(names: &[&'static str]) -> String {
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::corpus;

    fn error_of(text: &str) -> String {
        text.parse::<Synthetic>().unwrap_err().to_string()
    }

    #[test]
    fn what_is_not_given_has_the_default_of_its_kind() {
        assert_eq!("".parse(), Ok(Synthetic::default()));
        assert_eq!("kind=players,hz=20".parse(), Ok(Synthetic::default()));
        let cars: Synthetic = "seed=7,kind=cars,fresh=2/3".parse().unwrap();
        assert_eq!((cars.players, cars.hz, cars.seed), (7, 30.0, 7));
        assert_eq!(cars.hold, Some(Hold::Even(2, 3)));
        let held: Synthetic = "fresh=0.7,resting=0.25".parse().unwrap();
        assert_eq!(held.hold, Some(Hold::Random(0.7)));
        let pixels: Synthetic = "kind=platform,whole_pixels=true".parse().unwrap();
        assert!(matches!(pixels.maker, Maker::Platform(Platform { whole_pixels: true, .. })));
    }

    #[test]
    fn every_kind_moves_as_its_seed_says_and_no_seed_is_the_corpus() {
        for kind in Synthetic::kinds() {
            let settings = format!("kind={kind},players=9,seconds=3,fresh=0.8");
            let synthetic: Synthetic = settings.parse().unwrap();
            assert!([synthetic.seed, !synthetic.seed].iter().all(|s| !corpus::SEEDS.contains(s)));
            let movement = synthetic.movement();
            assert_eq!(movement, synthetic.movement());
            let ticks = (3.0 * synthetic.hz) as usize;
            assert_eq!((movement.ticks.len(), movement.entity_ticks()), (ticks, 9 * ticks));
            let held = Synthetic { hold: None, ..synthetic }.movement();
            let other = Synthetic { seed: 2, ..synthetic }.movement();
            assert!(movement != held && movement != other, "{kind}");
        }
    }

    #[test]
    fn values_that_are_not_allowed_are_named_with_those_that_are() {
        for (bad, allowed) in [
            ("players=0", "1 to 10000"),
            ("players=2.5", "1 to 10000"),
            ("hz=NaN", "1 to 240"),
            ("seconds=-1", "0.1 to 3600"),
            ("seed=-1", "from 0 on"),
            ("resting=1.1", "0 to 1"),
            ("life=inf", "0 to 3600"),
            ("fresh=0", "above 0"),
            ("fresh=3/2", "2/3"),
            ("fresh=1/0", "2/3"),
            ("fresh=1/101", "2/3"),
        ] {
            let error = error_of(bad);
            assert!(error.contains(bad) && error.contains(allowed), "{error}");
        }
        assert!(error_of("players").contains("name=value"));
        let all = "players=10000,hz=240,seconds=3600".parse::<Synthetic>();
        assert_eq!(all, Err(SyntheticError::TooMuch));
    }

    #[test]
    fn kinds_and_settings_that_there_are_not_are_told_with_those_that_there_are() {
        let error = error_of("kind=plane,hz=20");
        assert!(error.contains("kind=plane is not known: players, walkers,"), "{error}");
        for (kind, setting, known) in [
            ("players", "speed=3", "fresh, resting, life are"),
            ("players", "whole_pixels=true", "fresh, resting, life are"),
            ("platform", "resting=0.5", "fresh, whole_pixels are"),
            ("cars", "life=60", "seed, fresh are"),
            ("cars", "cars=3", "players, hz, seconds,"),
        ] {
            let error = error_of(&format!("{setting},kind={kind}"));
            let (name, _) = setting.split_once('=').unwrap();
            assert!(error.contains(&format!("{name} is no setting of kind={kind}")), "{error}");
            assert!(error.contains(known), "{error}");
        }
    }
}
