//! A report in words: a table for people, and what they must know before believing it.

use std::collections::BTreeMap;

use comfy_table::{Table, presets};

use crate::cpu::VALID_SHARE;
use crate::report::{Report, ResumeTime, ServerTick, Spread};

impl Report {
    /// The report as a table for people.
    #[must_use]
    pub fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        let mut row = |name: &str, value: String| {
            table.add_row([name.to_owned(), value]);
        };
        let number =
            |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value}"));
        let spread = |spread: &Spread| {
            let [p50, p99, max] = [spread.p50, spread.p99, spread.max].map(number);
            format!("p50 {p50}   p99 {p99}   max {max}")
        };
        row("bots", format!("{} connected, {} failed", self.bots_connected, self.bots_failed));
        row("desyncs", self.desyncs.to_string());
        let Self { reconnects, resumed, ticks_lost, ticks_taken_back, .. } = self;
        let taken_back = match ticks_taken_back {
            0 => String::new(),
            ticks => format!(", {ticks} of them taken back"),
        };
        row(
            "reconnects",
            format!("{reconnects}, {resumed} resumed, {ticks_lost} ticks lost{taken_back}"),
        );
        if self.stale_owners > 0 {
            row("owners that were replaced, refused", self.stale_owners.to_string());
        }
        row("updates per second and bot", self.updates_per_second_per_bot.to_string());
        row("gap between updates, ms", spread(&self.update_gap_ms));
        row("input to update, ms", spread(&self.input_to_update_ms));
        row("bytes per update", number(self.bytes_per_update));
        row("bytes per second and bot", self.bytes_per_second_per_bot.to_string());
        row("entities per update", number(self.entities_per_update));
        row("bytes per entity and update", number(self.bytes_per_entity_update));
        if self.reconnects > 0 {
            let ResumeTime { p50, p99, max } = self.resume_ms;
            row("time to come back, ms", spread(&Spread { p50, p99, max }));
        }
        let ServerTick { p50, p99 } = self.server_tick_ms;
        row("server tick, slowest room, ms", format!("p50 {}   p99 {}", number(p50), number(p99)));
        let threads = if self.threads > 1 { "the bots' cores" } else { "a core" };
        row(&format!("share of {threads} used by the bots"), number(self.load_cpu_share));
        table
    }

    /// What a reader must know before believing the numbers, a sentence each.
    #[must_use]
    pub fn warnings(&self, failures: &BTreeMap<String, usize>, refusals: u64) -> Vec<String> {
        let mut warnings: Vec<_> = failures
            .iter()
            .map(|(cause, count)| {
                let bots = if *count == 1 { "bot" } else { "bots" };
                format!("{count} {bots} failed: {cause}")
            })
            .collect();
        if self.desyncs > 0 {
            let desyncs = self.desyncs;
            warnings.push(format!("replicas differed from the server's hash {desyncs} times"));
        }
        if refusals > 0 {
            warnings.push(format!("the server refused {refusals} inputs"));
        }
        warnings.extend(self.busy_warning());
        warnings
    }

    fn busy_warning(&self) -> Option<String> {
        let share = [self.load_cpu_share, self.load_busiest_share]
            .into_iter()
            .flatten()
            .filter(|share| *share > VALID_SHARE)
            .max_by(f64::total_cmp)?;
        Some(format!(
            "not a valid measurement: the bots used {:.0} % of a core, above {:.0} %",
            share * 100.0,
            VALID_SHARE * 100.0,
        ))
    }
}
