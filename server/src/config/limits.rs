//! What one connection may send, and how long it may take to begin: the flags of it.

use std::time::Duration;

use clap::Args;
use tickwire_protocol::envelope::{LARGEST_CLIENT_MESSAGE_BYTES, MAX_CLIENT_MESSAGE_BYTES};

use super::duration::{parse_duration, parse_seconds};
use crate::session::assembly::MessageLimits;
use crate::session::bucket::Allowance;
use crate::session::core::SessionLimits;

/// Seconds of what is allowed for ever that may come at once: what a stalled network lets go.
const BURST_SECONDS: f64 = 2.0;
/// Fewest messages per second that are allowed where the flag does not say.
const FEWEST_MESSAGES_PER_SECOND: f64 = 120.0;
/// Messages per tick where that is more: an input and an acknowledgement each, twice over.
const MESSAGES_PER_TICK: f64 = 4.0;

/// Flags about what a connection may send.
#[derive(Clone, Debug, Args)]
pub struct LimitFlags {
    /// Largest message and frame of a client, 4096 to 65536; past it 1009
    #[arg(long, env = "TICKWIRE_MAX_MESSAGE_BYTES", default_value_t = MAX_CLIENT_MESSAGE_BYTES as u32,
          value_name = "BYTES", value_parser = clap::value_parser!(u32)
              .range(MAX_CLIENT_MESSAGE_BYTES as i64..=LARGEST_CLIENT_MESSAGE_BYTES as i64))]
    pub max_message_bytes: u32,

    /// Most frames that one message of a client may come in, 1 to 65536; past it 1009
    #[arg(long, env = "TICKWIRE_MAX_FRAGMENTS", default_value_t = 64, value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub max_fragments: u32,

    /// Messages, fragments, pings and pongs of a client per second, twice as many at once, 1 to 1000000;
    /// past it 4429 [default: 120, or 4 per tick where that is more]
    #[arg(long, env = "TICKWIRE_MESSAGES_PER_SECOND", value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub messages_per_second: Option<u32>,

    /// Bytes of a client per second, twice as many at once, 1024 to 100000000; past it 4429
    #[arg(long, env = "TICKWIRE_BYTES_PER_SECOND", default_value_t = 16_384, value_name = "BYTES",
          value_parser = clap::value_parser!(u32).range(1024..=100_000_000))]
    pub bytes_per_second: u32,

    /// Time for the head of a request to arrive, and again until it is answered, body included, 1s to 1h;
    /// past it 408
    #[arg(long, env = "TICKWIRE_HANDSHAKE_TIMEOUT", default_value = "5s", value_name = "DURATION",
          value_parser = parse_seconds)]
    pub handshake_timeout: Duration,

    /// Time for a token in the first message of a connection whose URL has none, 100ms to 1h; past it 4001
    #[arg(long, env = "TICKWIRE_ENTRY_TIMEOUT", default_value = "3s", value_name = "DURATION",
          value_parser = parse_duration)]
    pub entry_timeout: Duration,
}

/// What a connection may send.
#[derive(Clone, Debug)]
pub struct LimitsConfig {
    /// Most bytes and most frames of a message. 4096 and 64 by default.
    pub message: MessageLimits,
    /// Messages per second; by default 120, or 4 per tick where that is more.
    pub messages_per_second: Option<u32>,
    /// Bytes per second. 16384 by default: ten times what inputs at every tick take.
    pub bytes_per_second: u32,
    /// Time for the head of a request to arrive, and again until it is answered. 5 s by default: the slowest
    /// of phones takes one.
    pub handshake_timeout: Duration,
    /// Time for a token in the first message. 3 s by default: a slow phone's round trips.
    pub entry_timeout: Duration,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            message: MessageLimits { bytes: MAX_CLIENT_MESSAGE_BYTES, fragments: 64 },
            messages_per_second: None,
            bytes_per_second: 16_384,
            handshake_timeout: Duration::from_secs(5),
            entry_timeout: Duration::from_secs(3),
        }
    }
}

impl From<LimitFlags> for LimitsConfig {
    fn from(flags: LimitFlags) -> Self {
        let message = MessageLimits {
            bytes: flags.max_message_bytes as usize,
            fragments: flags.max_fragments as usize,
        };
        Self {
            message,
            messages_per_second: flags.messages_per_second,
            bytes_per_second: flags.bytes_per_second,
            handshake_timeout: flags.handshake_timeout,
            entry_timeout: flags.entry_timeout,
        }
    }
}

impl LimitsConfig {
    /// The limits of a session at a tick rate and heartbeat timeout.
    #[must_use]
    pub fn session(&self, tick_rate_hz: u16, timeout: Duration) -> SessionLimits {
        let usual = (MESSAGES_PER_TICK * f64::from(tick_rate_hz)).max(FEWEST_MESSAGES_PER_SECOND);
        let messages = self.messages_per_second.map_or(usual, f64::from);
        let bytes = f64::from(self.bytes_per_second);
        // Two of the largest messages are no flood yet.
        let largest = 2.0 * self.message.bytes as f64;
        SessionLimits {
            message: self.message,
            messages: Allowance { per_second: messages, burst: BURST_SECONDS * messages },
            bytes: Allowance { per_second: bytes, burst: (BURST_SECONDS * bytes).max(largest) },
            timeout,
            entry_timeout: self.entry_timeout,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_allowed_follows_the_tick_rate_and_the_flags() {
        let limits = LimitsConfig::default();
        let at = |hz| limits.session(hz, Duration::from_secs(15)).messages;
        assert_eq!(at(30), Allowance { per_second: 120.0, burst: 240.0 });
        assert_eq!(at(60), Allowance { per_second: 240.0, burst: 480.0 });
        let told = LimitsConfig { messages_per_second: Some(7), ..limits.clone() };
        let told = told.session(60, Duration::from_secs(15)).messages;
        assert_eq!(told, Allowance { per_second: 7.0, burst: 14.0 });
        let message = MessageLimits { bytes: 65_536, ..limits.message };
        let large = LimitsConfig { message, ..limits };
        let bytes = large.session(30, Duration::from_secs(15)).bytes;
        assert_eq!(bytes, Allowance { per_second: 16_384.0, burst: 131_072.0 });
    }
}
