//! What came of a search for a server's capacity: as JSON, as a table, in a sentence.

use std::time::Duration;

use comfy_table::{Table, presets};
use serde::Serialize;

use crate::capacity::{Cause, Level, Search};
use crate::cpu::VALID_SHARE;

/// The highest number of bots that was held.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Capacity {
    /// It; 0 when not even the lowest level held.
    pub capacity: usize,
    /// Whether the server may hold more: the load side was too busy to tell, or no more was tried.
    pub capacity_is_lower_bound: bool,
    /// The lowest level that did not hold.
    pub failed_at: Option<usize>,
    /// How long each level was held, in seconds.
    pub held_for_s: f64,
    /// All levels, in the order in which they were tried.
    pub levels: Vec<Level>,
    #[serde(skip)]
    failed_by: Option<Cause>,
}

impl Cause {
    /// The cause in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::LoadSide => "load side too busy",
            Self::Desyncs => "replicas differed",
            Self::BotsFailed => "bots failed",
            Self::Gap => "gap too long",
            Self::Lateness => "ticks too late",
        }
    }
}

impl Capacity {
    /// What a search has found so far.
    #[must_use]
    pub fn new(search: Search, held_for: Duration, levels: Vec<Level>) -> Self {
        let failed = search.failed();
        Self {
            capacity: search.held().unwrap_or(0),
            capacity_is_lower_bound: search.is_lower_bound(),
            failed_at: failed.map(|(bots, _)| bots),
            held_for_s: held_for.as_secs_f64(),
            levels,
            failed_by: failed.map(|(_, cause)| cause),
        }
    }

    /// Whether it is the server that was measured.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.failed_by != Some(Cause::LoadSide)
    }

    /// The result in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { capacity, held_for_s, .. } = self;
        let at_least = if self.capacity_is_lower_bound { "at least " } else { "" };
        let beyond = match self.failed_at.zip(self.failed_by) {
            Some((bots, cause)) => format!("{bots} were not: {}", cause.words()),
            None => "more were not tried".to_owned(),
        };
        format!("{at_least}{capacity} bots were held for {held_for_s} s; {beyond}")
    }

    /// What a reader must know before believing it.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.is_valid() {
            warnings.push(format!(
                "not a valid measurement of the server: the bots used more than {:.0} % of their \
                 cores first, so its capacity is {} or more; use more --threads, or --verify-share 0.02",
                VALID_SHARE * 100.0,
                self.capacity,
            ));
        }
        if self.levels.iter().all(|level| level.server_lateness_ms.p99.is_none()) {
            warnings.push("the server does not tell its tick lateness: unchecked".to_owned());
        }
        if self.capacity == 0 {
            warnings.push("no level was held".to_owned());
        }
        warnings
    }

    /// The levels as a table for people.
    #[must_use]
    pub fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header(["bots", "held", "gap p99, ms", "lateness p99, ms", "load side, %"]);
        let number =
            |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.1}"));
        let mut levels: Vec<_> = self.levels.iter().collect();
        levels.sort_by_key(|level| level.bots);
        for level in levels {
            table.add_row([
                level.bots.to_string(),
                level.cause.map_or("yes", Cause::words).to_owned(),
                number(level.report.update_gap_ms.p99),
                number(level.server_lateness_ms.p99),
                number(level.report.load_cpu_share.map(|share| share * 100.0)),
            ]);
        }
        table
    }
}
