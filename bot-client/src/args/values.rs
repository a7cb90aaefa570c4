//! How the flags' values are read, and what is said of those that make no sense.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::cuts::SHORTEST_EVERY;

/// Inputs per second that make sense.
const INPUT_HZ: RangeInclusive<f64> = 0.1..=1000.0;
/// Bots per second that enter.
const RAMP: RangeInclusive<f64> = 0.1..=100_000.0;
/// No server sends more often.
const SHORTEST_MAX_GAP: Duration = Duration::from_millis(1);
/// The server tells lateness from some 20 µs to 100 ms.
const MAX_LATENESS: RangeInclusive<Duration> =
    Duration::from_micros(100)..=Duration::from_millis(99);

pub(super) fn duration(text: &str) -> Result<Duration, String> {
    match any_duration(text)? {
        Duration::ZERO => Err("a measurement takes time: more than 0s".to_owned()),
        duration => Ok(duration),
    }
}

pub(super) fn cut_every(text: &str) -> Result<Duration, String> {
    let least = humantime::format_duration(SHORTEST_EVERY);
    match any_duration(text)? {
        every if every < SHORTEST_EVERY => Err(format!("at least {least}, so that bots get in")),
        every => Ok(every),
    }
}

pub(super) fn cut_at(text: &str) -> Result<Duration, String> {
    match any_duration(text)? {
        Duration::ZERO => Err("bots play before they cut: more than 0s".to_owned()),
        at => Ok(at),
    }
}

pub(super) fn ramp(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("/s").ok_or("write it as 50/s")?;
    number_in(RAMP, number.trim())
}

pub(super) fn max_gap(text: &str) -> Result<Duration, String> {
    let least = humantime::format_duration(SHORTEST_MAX_GAP);
    match any_duration(text)? {
        gap if gap < SHORTEST_MAX_GAP => Err(format!("at least {least}")),
        gap => Ok(gap),
    }
}

pub(super) fn max_lateness(text: &str) -> Result<Duration, String> {
    let [least, most] =
        [*MAX_LATENESS.start(), *MAX_LATENESS.end()].map(humantime::format_duration);
    let lateness = any_duration(text)?;
    if MAX_LATENESS.contains(&lateness) {
        Ok(lateness)
    } else {
        Err(format!("{least} to {most} is allowed"))
    }
}

fn any_duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("{error}; write it as 10s or 2m"))
}

pub(super) fn input_hz(text: &str) -> Result<f64, String> {
    number_in(INPUT_HZ, text)
}

pub(super) fn share(text: &str) -> Result<f64, String> {
    number_in(0.0..=1.0, text)
}

fn number_in(range: RangeInclusive<f64>, text: &str) -> Result<f64, String> {
    // A NaN is in no range.
    text.parse()
        .ok()
        .filter(|value| range.contains(value))
        .ok_or_else(|| format!("a number from {} to {} is allowed", range.start(), range.end()))
}
