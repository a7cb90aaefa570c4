//! How a server ends that is told to: the flags of it.

use std::time::Duration;

use clap::Args;

use super::ConfigError;
use super::duration::{parse_duration, parse_window};

/// Flags about the server's end.
#[derive(Clone, Debug, Args)]
pub struct DrainFlags {
    /// Time in which a server that is told to stop says goodbye to everybody and ends, 100ms to 1h
    #[arg(long, env = "TICKWIRE_DRAIN_TIMEOUT", default_value = "10s", value_name = "DURATION",
          value_parser = parse_duration)]
    pub drain_timeout: Duration,

    /// How long before its end players are told, at most three quarters of the timeout; 0s for just before
    #[arg(long, env = "TICKWIRE_DRAIN_NOTICE", default_value = "0s", value_name = "DURATION",
          value_parser = parse_window)]
    pub drain_notice: Duration,

    /// Time after which players are asked to come back then, each at random up to twice as long, 100ms to 1h
    #[arg(long, env = "TICKWIRE_RESTART_DELAY", default_value = "2s", value_name = "DURATION",
          value_parser = parse_duration)]
    pub restart_delay: Duration,
}

/// How a server ends.
#[derive(Clone, Copy, Debug)]
pub struct DrainConfig {
    /// Until it has ended. 10 s by default: less than what process managers wait before they kill.
    pub timeout: Duration,
    /// How long before players are told. None by default: who has matches that are worth finishing sets it.
    pub notice: Duration,
    /// Shortest time after which players are asked to come back. 2 s by default: a server is back by then.
    pub restart_delay: Duration,
}

impl DrainConfig {
    /// One part in so many of the time is kept for close frames to be answered.
    pub const CLOSING_SHARE: u32 = 4;
}

impl DrainFlags {
    /// Checks what the parser cannot.
    ///
    /// # Errors
    /// [`ConfigError`] when the notice leaves no time to close connections.
    pub fn validate(self) -> Result<DrainConfig, ConfigError> {
        let Self { drain_timeout: timeout, drain_notice: notice, restart_delay } = self;
        let most = timeout - timeout / DrainConfig::CLOSING_SHARE;
        if notice > most {
            let text = |time| humantime::format_duration(time).to_string();
            let allowed = format!("at most {}: three quarters of --drain-timeout", text(most));
            return Err(ConfigError { flag: "drain-notice", value: text(notice), allowed });
        }
        Ok(DrainConfig { timeout, notice, restart_delay })
    }
}
