//! One plot as SVG within the page, whose style sheet gives the colours.

use std::fmt::Write;

use super::axis::{Axis, from_zero, readable};
use super::escaped;

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 250.0;
/// Space around the plot itself: left, right, top, bottom.
const MARGINS: [f64; 4] = [74.0, 18.0, 14.0, 44.0];
/// Width of what is written beside a mark.
const MARK_TEXT: f64 = 80.0;
/// A line of more points is drawn by the lowest and the highest of each of half so many stretches.
const MOST_POINTS: usize = 600;
/// More points than these have no text of their own under the pointer.
const MOST_TOLD: usize = 150;

/// What is plotted.
#[derive(Clone, Debug, Default)]
pub(super) struct Plot {
    /// What it shows.
    pub(super) title: &'static str,
    /// What x is, with its unit.
    pub(super) x_label: &'static str,
    /// What y is, with its unit.
    pub(super) y_label: &'static str,
    /// Where x begins, if not at 0.
    pub(super) x_from: f64,
    /// Where x ends, if not at the last point.
    pub(super) x_to: Option<f64>,
    /// The lines, at most three.
    pub(super) lines: Vec<Line>,
    /// Bars from an x to another, of a height.
    pub(super) bars: Vec<(f64, f64, f64)>,
    /// Stretches of x that are set off.
    pub(super) spans: Vec<(f64, f64)>,
    /// A height that is marked, and what it is.
    pub(super) limit: Option<(f64, &'static str)>,
    /// Places on x that are marked, and what they are.
    pub(super) marks: Vec<(f64, &'static str)>,
    /// Words below.
    pub(super) note: String,
}

/// A line of points by ascending x.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// What it is.
    pub(super) name: &'static str,
    /// Its points; without a y the line is broken there.
    pub(super) points: Vec<(f64, Option<f64>)>,
}

impl Plot {
    /// Whether there is anything to show.
    fn is_empty(&self) -> bool {
        let has_points = |line: &Line| line.points.iter().any(|(_, y)| y.is_some());
        self.bars.is_empty() && !self.lines.iter().any(has_points)
    }

    /// The plot as a figure of the page.
    pub(super) fn figure(&self) -> String {
        let body = if self.is_empty() {
            "<p class=\"none\">Nothing was told or measured.</p>".to_owned()
        } else {
            self.svg()
        };
        let note = if self.note.is_empty() {
            String::new()
        } else {
            format!("<p class=\"note\">{}</p>", escaped(&self.note))
        };
        let (title, legend) = (escaped(self.title), self.legend());
        format!("<figure><figcaption>{title}{legend}</figcaption>{body}{note}</figure>\n")
    }

    /// Names of the lines, where there are several.
    fn legend(&self) -> String {
        if self.lines.len() < 2 {
            return String::new();
        }
        let lines = self.lines.iter().enumerate();
        let names = lines
            .map(|(index, line)| {
                format!("<span class=\"key k{index}\">{}</span>", escaped(line.name))
            })
            .collect::<String>();
        format!("<span class=\"keys\">{names}</span>")
    }

    fn axes(&self) -> (Axis, Axis) {
        let [left, right, top, bottom] = MARGINS;
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let x_ends = points().map(|(x, _)| *x).chain(self.bars.iter().map(|(_, to, _)| *to));
        let x_to = self.x_to.unwrap_or_else(|| x_ends.fold(0.0, f64::max));
        let x_to = if x_to > self.x_from { x_to } else { self.x_from + 1.0 };
        let heights = points().filter_map(|(_, y)| *y).chain(self.bars.iter().map(|bar| bar.2));
        let highest = heights.chain(self.limit.map(|(limit, _)| limit)).fold(0.0, f64::max);
        let x = Axis { range: (self.x_from, x_to), pixels: (left, WIDTH - right) };
        let y = Axis { range: from_zero(highest), pixels: (HEIGHT - bottom, top) };
        (x, y)
    }

    fn svg(&self) -> String {
        let (x, y) = self.axes();
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
            escaped(self.title)
        );
        // Writing to a string does not fail.
        let _ = self.write_spans(&mut svg, x, y);
        let _ = self.write_axes(&mut svg, x, y);
        let _ = self.write_bars(&mut svg, x, y);
        for (index, line) in self.lines.iter().enumerate() {
            let _ = write_line(&mut svg, index, line, x, y);
        }
        let _ = self.write_marks(&mut svg, x, y);
        svg.push_str("</svg>");
        svg
    }

    fn write_spans(&self, svg: &mut String, x: Axis, y: Axis) -> std::fmt::Result {
        let (bottom, top) = y.pixels;
        for &(from, to) in &self.spans {
            let [from, to] = [from, to].map(|value| x.at(value));
            let (width, height) = (to - from, bottom - top);
            write!(
                svg,
                "<rect class=\"span\" x=\"{from:.1}\" y=\"{top}\" width=\"{width:.1}\" \
                 height=\"{height}\"/>"
            )?;
        }
        Ok(())
    }

    fn write_axes(&self, svg: &mut String, x: Axis, y: Axis) -> std::fmt::Result {
        let ((left, right), (bottom, top)) = (x.pixels, y.pixels);
        for (value, label) in y.ticks(5) {
            let (at, beside) = (y.at(value), left - 8.0);
            write!(svg, "<path class=\"grid\" d=\"M{left} {at:.1}H{right}\"/>")?;
            let below = at + 4.0;
            write!(svg, "<text class=\"end\" x=\"{beside}\" y=\"{below:.1}\">{label}</text>")?;
        }
        for (value, label) in x.ticks(7) {
            let (at, below, to) = (x.at(value), bottom + 17.0, bottom + 4.0);
            write!(svg, "<path class=\"axis\" d=\"M{at:.1} {bottom}V{to}\"/>")?;
            write!(svg, "<text class=\"mid\" x=\"{at:.1}\" y=\"{below}\">{label}</text>")?;
        }
        write!(svg, "<path class=\"axis\" d=\"M{left} {bottom}H{right}\"/>")?;
        let (middle, below) = (f64::midpoint(left, right), HEIGHT - 6.0);
        let (x_label, y_label) = (escaped(self.x_label), escaped(self.y_label));
        write!(svg, "<text class=\"mid\" x=\"{middle}\" y=\"{below}\">{x_label}</text>")?;
        let middle = f64::midpoint(bottom, top);
        write!(
            svg,
            "<text class=\"mid\" transform=\"translate(13 {middle}) rotate(-90)\">{y_label}</text>"
        )
    }

    fn write_bars(&self, svg: &mut String, x: Axis, y: Axis) -> std::fmt::Result {
        for &(from, to, height) in &self.bars {
            let [left, right] = [from, to].map(|value| x.at(value));
            let (top, bottom) = (y.at(height), y.pixels.0);
            // A hair apart.
            let width = (right - left - 0.6).max(0.4);
            write!(
                svg,
                "<rect class=\"bar\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" \
                 height=\"{:.1}\"><title>{} to {}: {}</title></rect>",
                bottom - top,
                readable(from),
                readable(to),
                readable(height),
            )?;
        }
        Ok(())
    }

    fn write_marks(&self, svg: &mut String, x: Axis, y: Axis) -> std::fmt::Result {
        let ((left, right), (bottom, top)) = (x.pixels, y.pixels);
        if let Some((limit, name)) = self.limit {
            let at = y.at(limit);
            write!(svg, "<path class=\"mark\" d=\"M{left} {at:.1}H{right}\"/>")?;
            let (beside, above) = (right - 4.0, at - 5.0);
            write!(svg, "<text class=\"end\" x=\"{beside}\" y=\"{above:.1}\">{name}</text>")?;
        }
        for &(value, _) in &self.marks {
            let at = x.at(value);
            write!(svg, "<path class=\"mark\" d=\"M{at:.1} {top}V{bottom}\"/>")?;
        }
        // Above all lines, which would cross it.
        for (index, &(value, name)) in self.marks.iter().enumerate() {
            let at = x.at(value);
            // Below one another, and to the left only where there is no room to the right.
            let line = top + 11.0 + 14.0 * index as f64;
            let (class, beside) =
                if at > right - MARK_TEXT { ("end", at - 5.0) } else { ("", at + 5.0) };
            let text = format!("{name} {}", readable(value));
            write!(svg, "<text class=\"{class}\" x=\"{beside:.1}\" y=\"{line}\">{text}</text>")?;
        }
        Ok(())
    }
}

fn write_line(svg: &mut String, index: usize, line: &Line, x: Axis, y: Axis) -> std::fmt::Result {
    let points = thinned(&line.points);
    let mut path = String::new();
    let mut is_broken = true;
    for &(value_x, value_y) in &points {
        let Some(value_y) = value_y else {
            is_broken = true;
            continue;
        };
        let command = if std::mem::take(&mut is_broken) { 'M' } else { 'L' };
        write!(path, "{command}{:.1} {:.1}", x.at(value_x), y.at(value_y))?;
    }
    write!(svg, "<path class=\"line l{index}\" d=\"{path}\"/>")?;
    if points.len() > MOST_TOLD {
        return Ok(());
    }
    for (value_x, value_y) in points.iter().filter_map(|&(x, y)| Some((x, y?))) {
        write!(
            svg,
            "<circle class=\"dot d{index}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.5\"><title>{} at {}: {}\
             </title></circle>",
            x.at(value_x),
            y.at(value_y),
            escaped(line.name),
            readable(value_x),
            readable(value_y)
        )?;
    }
    Ok(())
}

/// As many points as can be told apart, the extremes among them.
fn thinned(points: &[(f64, Option<f64>)]) -> Vec<(f64, Option<f64>)> {
    if points.len() <= MOST_POINTS {
        return points.to_vec();
    }
    let stretch = (points.len() * 2).div_ceil(MOST_POINTS);
    let extremes = |points: &[(f64, Option<f64>)]| {
        let by_height = |one: &&(f64, Option<f64>), other: &&(f64, Option<f64>)| {
            one.1.unwrap_or(0.0).total_cmp(&other.1.unwrap_or(0.0))
        };
        let least = points.iter().min_by(by_height).copied();
        let most = points.iter().max_by(by_height).copied();
        let mut both: Vec<_> = least.into_iter().chain(most).collect();
        both.sort_by(|one, other| one.0.total_cmp(&other.0));
        both
    };
    points.chunks(stretch).flat_map(extremes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(points: Vec<(f64, Option<f64>)>) -> Plot {
        let lines = vec![Line { name: "all", points }];
        Plot { title: "Title", x_label: "s", y_label: "ms", lines, ..Plot::default() }
    }

    #[test]
    fn points_lie_where_their_values_are_and_gaps_break_the_line() {
        let points = vec![(0.0, Some(0.0)), (5.0, Some(50.0)), (6.0, None), (10.0, Some(100.0))];
        let figure = line(points).figure();
        // 74 to 542 across, 206 to 14 up; y ends at 150.
        assert!(figure.contains("d=\"M74.0 206.0L308.0 142.0M542.0 78.0\""), "{figure}");
        assert_eq!(figure.matches("<circle").count(), 3);
    }

    #[test]
    fn nothing_to_draw_says_so() {
        for points in [vec![], vec![(1.0, None)]] {
            let figure = line(points).figure();
            assert!(figure.contains("Nothing was told") && !figure.contains("svg"), "{figure}");
        }
    }

    #[test]
    fn values_that_are_no_numbers_to_plot_do_no_harm() {
        for points in [vec![(0.0, Some(0.0))], vec![(1e-9, Some(1e12))]] {
            let figure = line(points).figure();
            assert!(!figure.contains("NaN") && !figure.contains("inf"), "{figure}");
        }
    }

    #[test]
    fn long_lines_keep_their_extremes() {
        let mut points: Vec<_> = (0..100_000).map(|x| (f64::from(x), Some(1.0))).collect();
        points[77_777].1 = Some(9.0);
        points[33_333].1 = Some(0.1);
        let thin = thinned(&points);
        assert!(thin.len() <= MOST_POINTS);
        assert!(thin.contains(&(77_777.0, Some(9.0))) && thin.contains(&(33_333.0, Some(0.1))));
        assert!(thin.is_sorted_by(|one, other| one.0 <= other.0));
    }
}
