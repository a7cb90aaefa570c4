//! A run as a page to look at: figures, plots and the raw numbers, in one file that loads nothing.

mod axis;
mod plot;
mod plots;

use crate::args::Args;
use crate::capacity::{Cause, Level};
use crate::page::axis::readable;
use crate::report::{Report, Spread};
use crate::swarm::Outcome;

const STYLE: &str = include_str!("page/style.css");

/// The page of a run; `json` is what it shows as raw numbers.
#[must_use]
pub fn render(args: &Args, outcome: &Outcome, json: &str) -> String {
    let title = escaped(&title(args, &outcome.report));
    let plots: String = plots::all(args, outcome).iter().map(plot::Plot::figure).collect();
    let json = escaped(json);
    let [verdict, figures, levels, settings] =
        [verdict(outcome), figures(&outcome.report), levels(&outcome.report), settings(args)];
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>{title}</h1>\n{verdict}{figures}<div class=\"plots\">\n{plots}</div>\n{levels}\
         <h2>Settings</h2>\n{settings}\
         <details><summary>Raw numbers, as in report.json</summary><pre>{json}</pre></details>\n\
         </main>\n</body>\n</html>\n"
    )
}

fn title(args: &Args, report: &Report) -> String {
    let Args { game, .. } = args;
    match &report.capacity {
        Some(capacity) => {
            let at_least = if capacity.capacity_is_lower_bound { "at least " } else { "" };
            format!("{game}: {at_least}{} bots", capacity.capacity)
        }
        None => format!("{game}: {} bots", report.bots_connected),
    }
}

/// Whether to believe it, and what to know.
fn verdict(outcome: &Outcome) -> String {
    let report = &outcome.report;
    let (class, word) = match (report.valid, report.is_success()) {
        (false, _) => ("bad", "Not valid"),
        (true, false) => ("bad", "Failed"),
        (true, true) => ("good", "Valid"),
    };
    let sentence = report.capacity.as_ref().map_or_else(
        || {
            let Report { bots_connected, bots_failed, desyncs, .. } = report;
            format!("{bots_connected} bots played, {bots_failed} failed, {desyncs} desyncs")
        },
        |capacity| capacity.sentence(),
    );
    let warnings: String =
        outcome.warnings.iter().map(|text| format!("<li>{}</li>", escaped(text))).collect();
    let warnings = if warnings.is_empty() {
        warnings
    } else {
        format!("<ul class=\"warn\">{warnings}</ul>\n")
    };
    format!(
        "<p><strong class=\"badge {class}\">{word}</strong> {}</p>\n{warnings}",
        escaped(&sentence)
    )
}

/// The figures that are looked for first.
fn figures(report: &Report) -> String {
    let number = |value: Option<f64>| value.map_or("–".to_owned(), readable);
    let spread = |Spread { p50, p99, max }: Spread| {
        [("p50", p50), ("p99", p99), ("max", max)].map(|(name, value)| (name, number(value)))
    };
    let [_, gap, longest] = spread(report.update_gap_ms);
    let [usual, slow, _] = spread(report.input_to_update_ms);
    let ticks = report.server_tick_ms;
    let percent = |share: Option<f64>| number(share.map(|share| share * 100.0));
    let cards = [
        ("Updates per second and bot", readable(report.updates_per_second_per_bot), String::new()),
        ("Gap p99", format!("{} ms", gap.1), format!("max {} ms", longest.1)),
        ("Input to update p50", format!("{} ms", usual.1), format!("p99 {} ms", slow.1)),
        (
            "Bytes per second and bot",
            readable(report.bytes_per_second_per_bot),
            format!("{} per update", number(report.bytes_per_update)),
        ),
        (
            "Server tick p99, slowest room",
            format!("{} ms", number(ticks.p99)),
            format!("p50 {} ms", number(ticks.p50)),
        ),
        (
            "Load side",
            format!("{} %", percent(report.load_cpu_share)),
            format!("busiest of {}: {} %", report.threads, percent(report.load_busiest_share)),
        ),
    ];
    let card = |(name, value, more): (&str, String, String)| {
        format!("<div><dt>{name}</dt><dd>{value}<small>{more}</small></dd></div>\n")
    };
    format!("<dl class=\"figures\">\n{}</dl>\n", cards.map(card).concat())
}

/// The levels that were tried, where there are any.
fn levels(report: &Report) -> String {
    let Some(capacity) = &report.capacity else { return String::new() };
    let number = |value: Option<f64>| value.map_or("–".to_owned(), readable);
    let row = |level: &Level| {
        let cells = [
            level.bots.to_string(),
            level.cause.map_or("yes", Cause::words).to_owned(),
            number(level.report.update_gap_ms.p99),
            number(level.server_lateness_ms.p99),
            number(level.report.server_tick_ms.p99),
            number(level.report.load_cpu_share.map(|share| share * 100.0)),
        ];
        let cells: String = cells.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = capacity.levels.iter().map(row).collect();
    let heads: String =
        ["Bots", "Held", "Gap p99, ms", "Tick lateness p99, ms", "Tick p99, ms", "Load side, %"]
            .iter()
            .map(|head| format!("<th>{head}</th>"))
            .collect();
    format!(
        "<h2>Levels, as they were tried</h2>\n<table>\n<thead><tr>{heads}</tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table>\n"
    )
}

fn settings(args: &Args) -> String {
    let rows: String = args
        .settings()
        .into_iter()
        .map(|(name, value)| format!("<tr><th>--{name}</th><td>{}</td></tr>\n", escaped(&value)))
        .collect();
    format!("<table class=\"settings\">\n{rows}</table>\n")
}

/// A text as it may stand in HTML, attributes included.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Window;
    use crate::stats::Stats;
    use clap::Parser;

    #[test]
    fn a_page_loads_nothing_and_shows_nothing_raw() {
        let args = Args::parse_from(["bot-client", "--game", "<b>"]);
        let stats = Stats::default();
        let report = Report::new(&stats, &Window::default(), 1, 0, None);
        let warnings = vec!["1 bot failed: <script>".to_owned()];
        let outcome = Outcome { report, warnings, series: Vec::new(), stats };
        let page = render(&args, &outcome, "{\"game\":\"<b>\"}");
        assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
        for reference in ["http:", "https:", "src=", "href=", "<script", "@import", "url(", "<b>"] {
            let own = page.replace("http://127.0.0.1:8080", "");
            assert!(!own.contains(reference), "{reference}");
        }
        assert!(page.contains("&lt;script&gt;") && page.contains("prefers-color-scheme: dark"));
    }
}
