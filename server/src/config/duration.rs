//! Durations in flags: `500ms`, `5s`, `2m`.

use std::time::Duration;

const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(3600);

/// A duration from 100 ms to an hour.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|_| "a duration such as 500ms, 5s or 2m is due".to_owned())?;
    if (SHORTEST..=LONGEST).contains(&duration) {
        Ok(duration)
    } else {
        Err("100ms to 1h is allowed".to_owned())
    }
}

/// A duration from a second to an hour: what is measured by a clock that is read twice a second.
pub fn parse_seconds(text: &str) -> Result<Duration, String> {
    match parse_duration(text) {
        Ok(duration) if duration < Duration::from_secs(1) => Err("1s to 1h is allowed".to_owned()),
        parsed => parsed,
    }
}

/// A duration from 100 ms to an hour, or none at all.
pub fn parse_window(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Ok(Duration::ZERO),
        _ => parse_duration(text),
    }
}

/// An age from a minute to ten years.
pub fn parse_age(text: &str) -> Result<Duration, String> {
    const SHORTEST: Duration = Duration::from_secs(60);
    const LONGEST: Duration = Duration::from_secs(3650 * 24 * 3600);
    let age = humantime::parse_duration(text)
        .map_err(|_| "an age such as 12h or 7d is due".to_owned())?;
    if (SHORTEST..=LONGEST).contains(&age) {
        Ok(age)
    } else {
        Err("1m to 3650d is allowed".to_owned())
    }
}
