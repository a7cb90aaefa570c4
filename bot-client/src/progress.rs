//! What a person at a terminal sees while the bots run. Silent when the output is piped.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::stats::Stats;

/// A bar and a live line on standard error.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Draws when both outputs are terminals: a script that reads either wants no bar.
    #[must_use]
    pub fn on_terminal() -> Self {
        let is_watched = std::io::stdout().is_terminal() && std::io::stderr().is_terminal();
        if is_watched { Self::drawn_on(ProgressDrawTarget::stderr()) } else { Self::silent() }
    }

    /// Draws nothing.
    #[must_use]
    pub fn silent() -> Self {
        Self::drawn_on(ProgressDrawTarget::hidden())
    }

    fn drawn_on(target: ProgressDrawTarget) -> Self {
        Self { bar: ProgressBar::with_draw_target(None, target) }
    }

    /// Bots begin to join.
    pub fn begin_joining(&self, bots: usize) {
        self.style("joining  {bar:32.cyan} {pos}/{len} {msg}");
        self.bar.set_length(bots as u64);
    }

    /// So many bots are in.
    pub fn joined(&self, bots: usize) {
        self.bar.set_position(bots as u64);
    }

    /// The measurement begins.
    pub fn begin_measuring(&self, duration: Duration) {
        self.style("playing  {bar:32.green} {msg}");
        self.bar.set_length(duration.as_millis() as u64);
        self.bar.set_position(0);
    }

    /// So much of the measurement has passed, and this was seen so far.
    pub fn measured(&self, elapsed: Duration, bots: usize, stats: &Stats) {
        if self.bar.is_hidden() {
            return;
        }
        let per_second = |count: u64| count as f64 / elapsed.as_secs_f64() / bots.max(1) as f64;
        self.bar.set_message(format!(
            "{:.0} s  {:.1} updates/s  {:.1} KB/s per bot  gap p99 {:.1} ms  {} desyncs",
            elapsed.as_secs_f64(),
            per_second(stats.updates),
            per_second(stats.received_bytes) / 1000.0,
            stats.gaps.quantile_ms(0.99).unwrap_or(0.0),
            stats.desyncs,
        ));
        self.bar.set_position(elapsed.as_millis() as u64);
    }

    /// Clears the line for the summary.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn style(&self, template: &str) {
        // The templates above are constants; were one wrong, the default style does as well.
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
    }
}
