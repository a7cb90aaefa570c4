//! How the flags' values are read, and what is said of those that make no sense.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::cuts::SHORTEST_EVERY;

/// Inputs per second that make sense.
const INPUT_HZ: RangeInclusive<f64> = 0.1..=1000.0;

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
