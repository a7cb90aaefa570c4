//! The figures of the `tick` benches as a table in Markdown, a row per game and size.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::estimates::{BenchName, Estimate};
use crate::script::TICK_RATE_HZ;

/// Group of the tick benches of a game: this and the game's name.
pub const GROUP_PREFIX: &str = "tick/";
/// One step of the game while nobody sends anything: inputs are held.
pub const STEP_HELD: &str = "step_held";
/// One step of the game whose players send 20 inputs a second.
pub const STEP: &str = "step";
/// The same step, quantised and encoded.
pub const STEP_QUANTISE_DELTA: &str = "step_quantise_delta";

/// Stands where nothing was measured.
const NOTHING: &str = "–";

const HEADINGS: [&str; 9] = [
    "game",
    "entities",
    "step, inputs held: µs",
    "step: µs",
    "step + quantise + delta: µs",
    "step, inputs held: million entity-ticks/s",
    "step: million entity-ticks/s",
    "step + quantise + delta: million entity-ticks/s",
    "of a core at 30 Hz: %",
];

/// The table of all tick benches that were run; the heading alone when there were none.
///
/// Inputs come 20 times a second unless they are held. The share of a core is that of step, quantise
/// and delta.
#[must_use]
pub fn render(estimates: &BTreeMap<BenchName, Estimate>) -> String {
    let tick_benches = estimates.keys().filter_map(|name| {
        let game = name.group.strip_prefix(GROUP_PREFIX)?;
        Some((game, name.parameter.parse::<u64>().ok()?))
    });
    // Sorted by game, then by number and not by text.
    let rows: BTreeSet<_> = tick_benches.collect();
    let mut table =
        format!("| {} |\n|---|{}\n", HEADINGS.join(" | "), "--:|".repeat(HEADINGS.len() - 1));
    for (game, entities) in rows {
        let find = |function: &str| {
            let name = BenchName {
                group: format!("{GROUP_PREFIX}{game}"),
                function: function.to_owned(),
                parameter: entities.to_string(),
            };
            estimates.get(&name)
        };
        let cells = cells([STEP_HELD, STEP, STEP_QUANTISE_DELTA].map(find));
        // Writing to a string does not fail.
        let _ = writeln!(table, "| {game} | {} | {} |", grouped(entities), cells.join(" | "));
    }
    table
}

fn cells(measured: [Option<&Estimate>; 3]) -> [String; 7] {
    let or_nothing = |value: Option<f64>| value.map_or_else(|| NOTHING.to_owned(), significant);
    let micros =
        measured.map(|estimate| or_nothing(estimate.map(|estimate| estimate.nanoseconds / 1e3)));
    let rates = measured.map(|estimate| {
        let rate = estimate.and_then(Estimate::elements_per_second);
        or_nothing(rate.map(|rate| rate / 1e6))
    });
    let seconds = measured[2].map(|all| all.nanoseconds / 1e9);
    let percent = seconds.map(|seconds| seconds * f64::from(TICK_RATE_HZ) * 100.0);
    let [held, step, all] = micros;
    let [held_rate, step_rate, all_rate] = rates;
    [held, step, all, held_rate, step_rate, all_rate, or_nothing(percent)]
}

/// Three significant digits, or all digits before the point.
fn significant(value: f64) -> String {
    let digits_before_point = value.abs().max(1e-9).log10().floor() as i32 + 1;
    let decimals = (3 - digits_before_point).clamp(0, 6);
    format!("{value:.*}", decimals.unsigned_abs() as usize)
}

/// Thousands set apart.
fn grouped(number: u64) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", grouped(number / 1000), number % 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bench(group: &str, function: &str, parameter: &str) -> BenchName {
        BenchName { group: group.into(), function: function.into(), parameter: parameter.into() }
    }

    fn estimate(nanoseconds: f64, elements: u64) -> Estimate {
        Estimate { nanoseconds, elements: Some(elements) }
    }

    #[test]
    fn a_row_per_game_and_size_in_order_of_size() {
        let estimates = BTreeMap::from([
            (bench("tick/drift", STEP_HELD, "10000"), estimate(2_500.0, 10_000)),
            (bench("tick/drift", STEP, "10000"), estimate(40_000.0, 10_000)),
            (bench("tick/drift", STEP_QUANTISE_DELTA, "10000"), estimate(800_000.0, 10_000)),
            (bench("tick/drift", STEP_HELD, "1000"), estimate(251.4, 1000)),
            (bench("tick/arena", STEP, "10"), estimate(333.3, 9)),
            (bench("tick/arena", STEP_QUANTISE_DELTA, "10"), estimate(1_000.0, 9)),
            (bench("codec/drift", "encode", "1000"), estimate(1.0, 1)),
            (bench("tick/arena", STEP, "many"), estimate(1.0, 1)),
        ]);
        let table = render(&estimates);
        let rows: Vec<_> = table.lines().collect();
        assert_eq!(rows.len(), 5, "{table}");
        assert!(rows.iter().all(|row| row.matches('|').count() == 10), "{table}");
        assert_eq!(rows[2], "| arena | 10 | – | 0.333 | 1.00 | – | 27.0 | 9.00 | 0.00300 |");
        assert_eq!(rows[3], "| drift | 1,000 | 0.251 | – | – | 3978 | – | – | – |");
        assert_eq!(rows[4], "| drift | 10,000 | 2.50 | 40.0 | 800 | 4000 | 250 | 12.5 | 2.40 |");
    }

    #[test]
    fn nothing_measured_is_an_empty_table() {
        assert_eq!(render(&BTreeMap::new()).lines().count(), 2);
    }

    #[test]
    fn numbers_are_short() {
        let written = [0.0, 0.01234, 0.99999, 9.876, 98.76, 987.6, 98_765.4].map(significant);
        assert_eq!(written, ["0.000000", "0.0123", "1.000", "9.88", "98.8", "988", "98765"]);
        assert_eq!([7, 1000, 1_002_003].map(grouped), ["7", "1,000", "1,002,003"]);
    }
}
