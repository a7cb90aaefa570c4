//! What is written down of matches, and who gets to see it: the flags of it.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::ConfigError;
use super::duration::{parse_age, parse_duration, parse_window};

/// Flags about journals, recordings and spectators.
#[derive(Clone, Debug, Args)]
pub struct JournalFlags {
    /// Write every match down in this folder, and bring back those that a crash cut off
    #[arg(long, env = "TICKWIRE_JOURNAL_DIR", value_name = "DIR")]
    pub journal_dir: Option<PathBuf>,

    /// Time between two writes of a journal: what a crash may cost, 100ms to 1h
    #[arg(long, env = "TICKWIRE_JOURNAL_FLUSH", default_value = "100ms", value_name = "DURATION",
          value_parser = parse_duration)]
    pub journal_flush: Duration,

    /// Bytes of all finished journals together before the oldest are deleted, 1000000 to 1000000000000000
    #[arg(long, env = "TICKWIRE_JOURNAL_MAX_BYTES", default_value_t = 1 << 30, value_name = "BYTES",
          value_parser = clap::value_parser!(u64).range(1_000_000..=1_000_000_000_000_000))]
    pub journal_max_bytes: u64,

    /// Age at which a journal is deleted, 1m to 3650d
    #[arg(long, env = "TICKWIRE_JOURNAL_MAX_AGE", default_value = "7d", value_name = "DURATION",
          value_parser = parse_age)]
    pub journal_max_age: Duration,

    /// Let everybody list and play what is in --journal-dir
    #[arg(long, env = "TICKWIRE_SERVE_REPLAYS")]
    pub serve_replays: bool,

    /// How long after the players spectators see a match, 100ms to 1h; 0s for at once
    #[arg(long, env = "TICKWIRE_SPECTATOR_DELAY", default_value = "0s", value_name = "DURATION",
          value_parser = parse_window)]
    pub spectator_delay: Duration,
}

/// What is written down of matches.
#[derive(Clone, Debug, Default)]
pub struct JournalConfig {
    /// Where to, if anywhere. Nowhere by default.
    pub dir: Option<PathBuf>,
    /// From one write to the next. 100 ms by default: what a player hardly notices to be lost.
    pub flush: Duration,
    /// Bytes of all finished journals together. 1 GiB by default: some hundred hours of a full room.
    pub max_bytes: u64,
    /// Age of the oldest. A week by default.
    pub max_age: Duration,
    /// Whether recordings are served. Not by default: what players do is theirs.
    pub serve_replays: bool,
    /// How long after the players spectators see a match. At once by default.
    pub spectator_delay: Duration,
}

impl JournalFlags {
    /// Checks what the parser cannot.
    ///
    /// # Errors
    /// [`ConfigError`] when recordings are to be served of which there are none.
    pub fn validate(self) -> Result<JournalConfig, ConfigError> {
        if self.serve_replays && self.journal_dir.is_none() {
            let allowed = "only together with --journal-dir".to_owned();
            return Err(ConfigError { flag: "serve-replays", value: "true".to_owned(), allowed });
        }
        Ok(JournalConfig {
            dir: self.journal_dir,
            flush: self.journal_flush,
            max_bytes: self.journal_max_bytes,
            max_age: self.journal_max_age,
            serve_replays: self.serve_replays,
            spectator_delay: self.spectator_delay,
        })
    }
}
