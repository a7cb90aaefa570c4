//! What a person at a terminal sees while the bots run. Silent when the output is piped.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::capacity::{Cause, Level};
use crate::crew::Takings;

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

    /// So much has been measured so far.
    pub fn measured(&self, bots: usize, takings: &Takings) {
        if self.bar.is_hidden() {
            return;
        }
        let Takings { stats, length, .. } = takings;
        let bot_seconds = length.as_secs_f64() * bots.max(1) as f64;
        self.bar.set_message(format!(
            "{bots} bots  {:.0} s  {:.1} updates/s  {:.1} KB/s per bot  gap p99 {:.1} ms  {} desyncs",
            length.as_secs_f64(),
            stats.updates as f64 / bot_seconds,
            stats.received_bytes as f64 / bot_seconds / 1000.0,
            stats.gaps.quantile_ms(0.99).unwrap_or(0.0),
            stats.desyncs,
        ));
        self.bar.set_position(length.as_millis() as u64);
    }

    /// A level of a search was tried.
    pub fn tell(&self, level: &Level) {
        let how = level.cause.map_or("held", Cause::words);
        let gap = level.report.update_gap_ms.p99.unwrap_or(f64::NAN);
        self.bar.println(format!("{} bots: {how} (gap p99 {gap:.1} ms)", level.bots));
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
