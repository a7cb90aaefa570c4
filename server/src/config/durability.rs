//! How much of a match another server of a cluster can go on with when its own one dies.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

/// What an interval may be. Shorter is what `tick` is for; after longer nobody knows the match any more.
const INTERVALS: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(10)..=Duration::from_secs(10);

/// When what a room has computed is kept outside of its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Before anybody sees it: each tick's frames wait until the tick is kept.
    Tick,
    /// Every so often, 10 ms to 10 s: what is newer is lost with the server.
    Interval(Duration),
    /// Never: the match is lost with the server.
    None,
}

/// A text that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("tick, interval=10ms to interval=10s, or none is due")]
pub struct NoDurability;

impl FromStr for Durability {
    type Err = NoDurability;

    fn from_str(text: &str) -> Result<Self, NoDurability> {
        match text.split_once('=') {
            None if text == "tick" => Ok(Self::Tick),
            None if text == "none" => Ok(Self::None),
            Some(("interval", interval)) => {
                let interval = humantime::parse_duration(interval).map_err(|_| NoDurability)?;
                INTERVALS
                    .contains(&interval)
                    .then_some(Self::Interval(interval))
                    .ok_or(NoDurability)
            }
            _ => Err(NoDurability),
        }
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tick => f.write_str("tick"),
            Self::Interval(interval) => {
                write!(f, "interval={}", humantime::format_duration(*interval))
            }
            Self::None => f.write_str("none"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_read_as_it_is_written() {
        let interval = |ms| Durability::Interval(Duration::from_millis(ms));
        for (text, durability) in [
            ("tick", Durability::Tick),
            ("none", Durability::None),
            ("interval=10ms", interval(10)),
            ("interval=100ms", interval(100)),
            ("interval=10s", interval(10_000)),
        ] {
            assert_eq!(text.parse(), Ok(durability), "{text}");
            assert_eq!(durability.to_string(), text);
        }
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "",
            "Tick",
            "ticks",
            "tick=1",
            "none=",
            "interval",
            "interval=",
            "interval=9ms",
            "interval=10001ms",
            "interval=0s",
            "interval=-1s",
            "interval=5",
            "100ms",
            "every=1s",
        ] {
            assert_eq!(text.parse::<Durability>(), Err(NoDurability), "{text}");
        }
    }
}
