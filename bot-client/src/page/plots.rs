//! Which plots a report has, and what of a run goes into each.

use std::time::Duration;

use super::axis::{readable, round_step};
use super::plot::{Line, Plot};
use crate::args::Args;
use crate::course::Sample;
use crate::cpu::VALID_SHARE;
use crate::stats::Durations;
use crate::swarm::Outcome;

/// Bars of a histogram, about.
const BARS: f64 = 80.0;
/// Histograms end where no more than this share lies beyond.
const SHOWN_SHARE: f64 = 0.999;
const SECONDS: &str = "seconds since the run began";

/// All plots of a run, in the order of the page.
pub(super) fn all(args: &Args, outcome: &Outcome) -> Vec<Plot> {
    let Outcome { series, stats, .. } = outcome;
    let mut plots: Vec<_> = levels(args, outcome).into_iter().collect();
    plots.extend([
        updates(series),
        over_time(
            series,
            "Bots playing",
            "bots",
            vec![line("bots", series, |s| Some(s.bots as f64))],
        ),
        gaps(args, series),
        histogram("Gap between updates", &stats.gaps),
        over_time(
            series,
            "Input to update, second by second",
            "milliseconds",
            vec![
                line("p50", series, |s| s.input_to_update_ms.p50),
                line("p99", series, |s| s.input_to_update_ms.p99),
            ],
        ),
        histogram("Input to the update that shows it", &stats.input_to_update),
        over_time(
            series,
            "Bytes to all bots",
            "kilobytes per second",
            vec![line("bytes", series, |s| Some(s.bytes_per_second / 1000.0))],
        ),
    ]);
    plots.extend(server(series));
    plots.push(load_side(outcome));
    plots
}

/// A line over time.
fn line(name: &'static str, series: &[Sample], value: impl Fn(&Sample) -> Option<f64>) -> Line {
    Line { name, points: series.iter().map(|sample| (sample.t_s, value(sample))).collect() }
}

fn over_time(
    series: &[Sample],
    title: &'static str,
    y_label: &'static str,
    lines: Vec<Line>,
) -> Plot {
    Plot { title, x_label: SECONDS, y_label, lines, spans: measured(series), ..Plot::default() }
}

/// The measuring windows: each begins where the sample before its first one ends.
fn measured(series: &[Sample]) -> Vec<(f64, f64)> {
    let mut spans: Vec<(f64, f64)> = Vec::new();
    let mut before: Option<&Sample> = None;
    for sample in series {
        let was_measured = before.is_some_and(|before| before.measured);
        let begin = before.map_or(0.0, |before| before.t_s);
        match spans.last_mut() {
            Some(last) if sample.measured && was_measured => last.1 = sample.t_s,
            _ if sample.measured => spans.push((begin, sample.t_s)),
            _ => {}
        }
        before = Some(sample);
    }
    spans
}

fn updates(series: &[Sample]) -> Plot {
    let lines = vec![line("updates", series, |s| Some(s.updates_per_second))];
    Plot {
        note: "Shaded: what was measured.".to_owned(),
        ..over_time(series, "Updates to all bots", "updates per second", lines)
    }
}

fn gaps(args: &Args, series: &[Sample]) -> Plot {
    let lines = vec![
        line("p50", series, |s| s.update_gap_ms.p50),
        line("p99", series, |s| s.update_gap_ms.p99),
    ];
    Plot {
        limit: args.find_capacity.then(|| (millis(args.max_gap), "limit")),
        ..over_time(series, "Gap between updates, second by second", "milliseconds", lines)
    }
}

fn server(series: &[Sample]) -> [Plot; 3] {
    let ticks = vec![
        line("p50", series, |s| s.server_tick_ms.p50),
        line("p99", series, |s| s.server_tick_ms.p99),
    ];
    let lateness = vec![
        line("p50", series, |s| s.server_lateness_ms.p50),
        line("p99", series, |s| s.server_lateness_ms.p99),
    ];
    let memory = |s: &Sample| s.server_memory_bytes.map(|bytes| bytes / f64::from(1 << 20));
    let memory = vec![line("memory", series, memory)];
    [
        over_time(series, "Server: time that a tick takes", "milliseconds", ticks),
        Plot {
            note: "100 ms stands for more as well: the server tells no more exactly.".to_owned(),
            ..over_time(series, "Server: how late a tick begins", "milliseconds", lateness)
        },
        over_time(series, "Server: memory", "MiB", memory),
    ]
}

fn load_side(outcome: &Outcome) -> Plot {
    let Outcome { report, series, .. } = outcome;
    let lines = vec![line("cores", series, |s| s.load_cores)];
    let cores = report.threads.clamp(1, crate::cpu::cores().max(1)) as f64;
    Plot {
        limit: Some((VALID_SHARE * cores, "above, a run is not valid")),
        ..over_time(series, "Bots: CPU time of this side", "cores", lines)
    }
}

/// How gap and lateness grow with the bots, where a capacity was looked for.
fn levels(args: &Args, outcome: &Outcome) -> Option<Plot> {
    let capacity = outcome.report.capacity.as_ref()?;
    let mut levels: Vec<_> = capacity.levels.iter().collect();
    levels.sort_by_key(|level| level.bots);
    let points = |value: &dyn Fn(&crate::capacity::Level) -> Option<f64>| {
        levels.iter().map(|level| (level.bots as f64, value(level))).collect()
    };
    let lines = vec![
        Line { name: "gap p99", points: points(&|level| level.report.update_gap_ms.p99) },
        Line { name: "tick lateness p99", points: points(&|level| level.server_lateness_ms.p99) },
    ];
    let lateness = readable(millis(args.max_lateness));
    Some(Plot {
        title: "Levels that were tried",
        x_label: "bots",
        y_label: "milliseconds",
        lines,
        limit: Some((millis(args.max_gap), "limit of the gap")),
        note: format!("The limit of the tick lateness is {lateness} ms."),
        ..Plot::default()
    })
}

fn histogram(title: &'static str, durations: &Durations) -> Plot {
    let x_label = "milliseconds";
    let y_label = "% of updates";
    let plot = Plot { title, x_label, y_label, ..Plot::default() };
    let quantile = |share| durations.quantile_ms(share);
    let (Some(p50), Some(p99), Some(end), Some(max)) =
        (quantile(0.5), quantile(0.99), quantile(SHOWN_SHARE), durations.max_ms())
    else {
        return plot;
    };
    let width = round_step(end / BARS);
    let count = (end / width).ceil().max(1.0) as usize;
    let mut bars = vec![0_u64; count];
    let mut beyond = 0;
    for (ms, times) in durations.all_ms() {
        match bars.get_mut((ms / width) as usize) {
            Some(bar) => *bar += times,
            None => beyond += times,
        }
    }
    let percent = |times: u64| times as f64 * 100.0 / durations.count() as f64;
    let bar = |(index, times): (usize, u64)| {
        let from = index as f64 * width;
        (from, from + width, percent(times))
    };
    let note = match beyond {
        0 => format!("The longest took {} ms.", readable(max)),
        _ => format!("{} % took longer, up to {} ms.", readable(percent(beyond)), readable(max)),
    };
    let filled = bars.into_iter().enumerate().filter(|(_, times)| *times > 0);
    Plot {
        x_to: Some(count as f64 * width),
        bars: filled.map(bar).collect(),
        marks: vec![(p50, "p50"), (p99, "p99")],
        note,
        ..plot
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::Quantiles;
    use crate::report::Spread;

    fn sample(t_s: f64, measured: bool) -> Sample {
        let nothing = Spread::of(&Durations::default());
        Sample {
            t_s,
            bots: 1,
            measured,
            updates_per_second: 30.0,
            bytes_per_second: 900.0,
            update_gap_ms: nothing,
            input_to_update_ms: nothing,
            server_tick_ms: Quantiles::default(),
            server_lateness_ms: Quantiles::default(),
            server_memory_bytes: None,
            load_cores: None,
        }
    }

    #[test]
    fn windows_are_set_off_from_what_lies_between() {
        let measured_at = [(1.0, false), (2.0, true), (3.0, true), (4.0, false), (5.0, true)];
        let series: Vec<_> = measured_at.into_iter().map(|(t, is)| sample(t, is)).collect();
        assert_eq!(measured(&series), [(1.0, 3.0), (4.0, 5.0)]);
        assert_eq!(measured(&[]), []);
    }

    #[test]
    fn a_histogram_adds_up_to_all_of_them() {
        let mut durations = Durations::default();
        for _ in 0..9_990 {
            durations.record(Duration::from_micros(33_300));
        }
        for ms in [35, 36, 37, 38, 39, 40, 41, 42, 43, 900] {
            durations.record(Duration::from_millis(ms));
        }
        let plot = histogram("Gap", &durations);
        let shown: f64 = plot.bars.iter().map(|bar| bar.2).sum();
        assert!((shown - 100.0).abs() < 0.2, "{shown}");
        assert!(plot.bars.len() < 20 && plot.note.contains("up to 900 ms"), "{}", plot.note);
        assert_eq!(histogram("Gap", &Durations::default()).bars, []);
    }
}
