//! The comparison as bars, as SVG that suits light pages and dark ones: what an update costs the server,
//! and how large it is.

use std::fmt::Write;

use super::figures::{Figures, Summary};
use super::peer::Peer;
use super::table::figure;

const WIDTH: f64 = 760.0;
/// Where the names end, and the widths of both panels with the numbers behind their bars.
const NAMES: f64 = 215.0;
const PANEL: f64 = 270.0;
/// Room behind the longest bar for its number.
const NUMBER: f64 = 62.0;
const ROW: f64 = 28.0;
const BAR: f64 = 16.0;
/// Above the first row.
const TOP: f64 = 78.0;

/// A panel: what it shows, and how that is written.
struct Panel {
    title: &'static str,
    left: f64,
    of: fn(&Figures) -> Option<f64>,
}

const PANELS: [Panel; 2] = [
    Panel {
        title: "server CPU per update, µs",
        left: NAMES,
        of: |figures| figures.server_us_per_update,
    },
    Panel {
        title: "bytes per update",
        left: NAMES + PANEL,
        of: |figures| figures.bytes_per_update,
    },
];

/// Draws bars for all peers.
#[must_use]
pub fn draw(title: &str, summaries: &[Summary]) -> String {
    let height = TOP + ROW * summaries.len() as f64 + 14.0;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n\
         <title>{title}</title>\n<style>\n\
         text {{ fill: #222; }} .own {{ fill: #0a7d55; }} .floor {{ fill: #9a9a9a; }} \
         .other {{ fill: #2f5fc4; }}\n\
         @media (prefers-color-scheme: dark) {{ text {{ fill: #ddd; }} .own {{ fill: #3ddc97; }} \
         .floor {{ fill: #777; }} .other {{ fill: #7fa8ff; }} }}\n</style>\n\
         <text x=\"16\" y=\"26\" font-size=\"16\">{title}</text>\n"
    );
    // Writing to a string does not fail.
    for panel in &PANELS {
        let (left, top) = (panel.left, TOP - 18.0);
        let _ = writeln!(svg, "<text x=\"{left}\" y=\"{top}\">{}</text>", panel.title);
    }
    for (number, summary) in summaries.iter().enumerate() {
        let _ = write_row(&mut svg, TOP + ROW * number as f64, summary, summaries);
    }
    svg.push_str("</svg>\n");
    svg
}

fn write_row(svg: &mut String, top: f64, row: &Summary, all: &[Summary]) -> std::fmt::Result {
    let class = match row.peer {
        Peer::Tickwire => "own",
        Peer::Floor => "floor",
        _ => "other",
    };
    let (weight, baseline) = (if class == "own" { 600 } else { 400 }, top + BAR - 3.0);
    let (names, title) = (NAMES - 10.0, row.title.replace('`', ""));
    writeln!(
        svg,
        "<text x=\"{names}\" y=\"{baseline}\" text-anchor=\"end\" font-weight=\"{weight}\">{title}</text>"
    )?;
    for Panel { left, of, .. } in &PANELS {
        let Some(value) = of(&row.medians) else { continue };
        let longest = all.iter().filter_map(|other| of(&other.medians)).fold(0.0, f64::max);
        let width = (value / longest.max(f64::MIN_POSITIVE) * (PANEL - NUMBER)).max(1.0);
        let (behind, value) = (left + width + 6.0, figure(value));
        writeln!(
            svg,
            "<rect class=\"{class}\" x=\"{left}\" y=\"{top}\" width=\"{width:.1}\" height=\"{BAR}\"/>\
             <text x=\"{behind:.1}\" y=\"{baseline}\" font-weight=\"{weight}\">{value}</text>"
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::figures::tests::run;

    #[test]
    fn bars_are_as_long_as_their_values() {
        let runs = [run(Peer::Tickwire, 10.0), run(Peer::Bun, 20.0)];
        let summaries = [Peer::Tickwire, Peer::Bun].map(|peer| Summary::of(peer, &runs).unwrap());
        let svg = draw("Title", &summaries);
        for width in ["width=\"104.0\"", "width=\"208.0\""] {
            assert!(svg.contains(width), "{width}\n{svg}");
        }
        assert_eq!(svg.matches("<rect").count(), 4);
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
        assert!(draw("None", &[]).ends_with("</svg>\n"));
    }
}
