//! The comparison as a Markdown table, best first, with what a reader must know beside it.

use std::fmt::Write;

use super::figures::Summary;
use super::workload::{INPUT_HZ, TICK_HZ, Workload};
use crate::plot;

/// What was compared, how and where.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What every peer was given to do.
    pub workload: Workload,
    /// Runs of each.
    pub runs: usize,
    /// Seconds that were measured in each.
    pub seconds: u64,
    /// The machine, and what runs the peers.
    pub machine: String,
}

/// Draws the table.
#[must_use]
pub fn draw(setting: &Setting, summaries: &[Summary]) -> String {
    let Setting { workload, runs, seconds, machine } = setting;
    let mut table = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        table,
        "{}; ticks at {TICK_HZ} Hz, {INPUT_HZ} inputs a second from each client. {}, peers in turn. \
         {machine}.\n",
        workload.describe(),
        match runs {
            1 => format!("One run of {seconds} s"),
            _ => format!("Medians of {runs} runs of {seconds} s"),
        },
    );
    table.push_str(
        "| server | updates/s per client | bytes per update | server µs per update (× the floor) | \
         server's core | gap p99 | input to update, p50 | KiB per client |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    for summary in summaries {
        let _ = writeln!(table, "{}", row(summary, workload));
    }
    let notes: Vec<_> = summaries.iter().flat_map(|summary| notes(summary, workload)).collect();
    if !notes.is_empty() {
        let _ = writeln!(table, "\n{}", notes.join("\n"));
    }
    table
}

fn row(summary: &Summary, workload: &Workload) -> String {
    let medians = &summary.medians;
    let number = |value: Option<f64>, digits: usize, unit: &str| {
        value.map_or("–".to_owned(), |value| format!("{value:.digits$}{unit}"))
    };
    let is_noted = notes(summary, workload).next().is_some();
    format!(
        "| {}{} | {} | {} | {}{} | {} | {} | {} | {} |",
        summary.title,
        if is_noted { " \\*" } else { "" },
        number(medians.updates_per_second, 1, ""),
        medians.bytes_per_update.map_or("–".to_owned(), figure),
        number(medians.server_us_per_update, 1, ""),
        medians.floors.map_or(String::new(), |floors| format!(" ({floors:.2})")),
        number(medians.server_share.map(|share| share * 100.0), 0, " %"),
        number(medians.gap_p99_ms, 1, " ms"),
        number(medians.input_to_update_ms, 1, " ms"),
        number(medians.kib_per_client, 1, ""),
    )
}

/// A number of about three digits or more, with thousands set apart.
pub(super) fn figure(value: f64) -> String {
    if value < 100.0 { format!("{value:.1}") } else { plot::grouped(value) }
}

/// What makes a row doubtful.
fn notes<'a>(summary: &'a Summary, workload: &Workload) -> impl Iterator<Item = String> + use<'a> {
    let Summary { title, clients, invalid_runs, runs, load_share, .. } = summary;
    let missing = (*clients < workload.clients).then(|| {
        format!("\\* {title}: {clients} of {} clients were in at the end", workload.clients)
    });
    let failures = summary
        .failures
        .iter()
        .map(move |(cause, count)| format!("\\* {title}: {count} clients failed: {cause}"));
    let invalid = (*invalid_runs > 0).then(|| {
        let percent = load_share * 100.0;
        format!(
            "\\* {title}: {invalid_runs} of {runs} runs are not valid: the load took up to {percent:.0} % of its core"
        )
    });
    missing.into_iter().chain(failures).chain(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::figures::tests::run;
    use crate::compare::peer::Peer;

    #[test]
    fn each_peer_is_a_row_and_what_is_doubtful_is_said() {
        let mut doubtful = run(Peer::Colyseus, 20.5);
        doubtful.failures.insert("seat reservation expired".to_owned(), 8);
        (doubtful.clients, doubtful.valid, doubtful.load_share) = (992, false, 0.91);
        let mut runs = [run(Peer::Floor, 10.0), doubtful];
        let floor = runs[0].figures;
        runs.iter_mut().for_each(|run| run.relate_to(&floor));
        let summaries = [Peer::Floor, Peer::Colyseus].map(|peer| Summary::of(peer, &runs).unwrap());
        let workload = Workload::rooms_of(50, 1000);
        let machine = "A machine".to_owned();
        let table = draw(&Setting { workload, runs: 1, seconds: 10, machine }, &summaries);
        for line in [
            "| bare tokio writes: the floor | 30.0 | 304 | 10.0 (1.00) | – | – | – | – |",
            "| Colyseus \\* | 30.0 | 304 | 20.5 (2.05) | – | – | – | – |",
            "\\* Colyseus: 992 of 1000 clients were in at the end",
            "\\* Colyseus: 8 clients failed: seat reservation expired",
            "\\* Colyseus: 1 of 1 runs are not valid: the load took up to 91 % of its core",
        ] {
            assert!(table.lines().any(|other| other == line), "{line}\n{table}");
        }
    }
}
