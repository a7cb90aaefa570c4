//! A plot of two logarithmic axes, as SVG that suits light pages and dark ones.

use std::fmt::Write;

/// A line of a plot.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it is called; stands at its end.
    pub name: &'static str,
    /// Points by ascending x, all of them above 0.
    pub points: Vec<(f64, f64)>,
}

/// What stands around the lines.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// What the plot shows.
    pub title: &'static str,
    /// What x is.
    pub x_label: &'static str,
    /// What y is.
    pub y_label: &'static str,
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 440.0;
/// Space around the plot itself: left, right, top, bottom.
const MARGINS: [f64; 4] = [90.0, 130.0, 50.0, 55.0];
/// Colours of the lines on light pages and on dark ones.
const COLORS: [(&str, &str); 4] = [
    ("#0a7d55", "#3ddc97"),
    ("#2f5fc4", "#7fa8ff"),
    ("#b4530a", "#ffab5e"),
    ("#7a3db8", "#c79bff"),
];

/// Where a value lies on a logarithmic axis.
#[derive(Clone, Copy)]
struct Axis {
    /// Smallest and largest value.
    range: (f64, f64),
    /// Where these are, in pixels.
    pixels: (f64, f64),
}

impl Axis {
    fn at(self, value: f64) -> f64 {
        let share = (value / self.range.0).ln() / (self.range.1 / self.range.0).ln();
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }

    /// Powers of ten on the axis.
    fn decades(self) -> impl Iterator<Item = f64> {
        let (from, to) = (self.range.0.log10().ceil() as i32, self.range.1.log10().floor() as i32);
        (from..=to).map(|exponent| 10_f64.powi(exponent))
    }
}

/// Draws lines, at most four. Axes reach from the power of ten below to the one above.
#[must_use]
pub fn draw(frame: &Frame, lines: &[Line]) -> String {
    let [left, right, top, bottom] = MARGINS;
    let points = || lines.iter().flat_map(|line| &line.points);
    let x = Axis {
        range: decades_around(points().map(|point| point.0)),
        pixels: (left, WIDTH - right),
    };
    let y = Axis {
        range: decades_around(points().map(|point| point.1)),
        pixels: (HEIGHT - bottom, top),
    };
    let mut svg = String::new();
    // Writing to a string does not fail.
    let _ = write_head(&mut svg, frame);
    let _ = write_axes(&mut svg, frame, x, y);
    for (number, line) in lines.iter().take(COLORS.len()).enumerate() {
        let _ = write_line(&mut svg, number, line, x, y);
    }
    svg.push_str("</svg>\n");
    svg
}

fn decades_around(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let least = values.clone().fold(f64::INFINITY, f64::min);
    let most = values.fold(0.0, f64::max);
    if !(least > 0.0 && least.is_finite() && most.is_finite()) {
        return (1.0, 10.0);
    }
    let (from, to) = (least.log10().floor() as i32, most.log10().ceil() as i32);
    (10_f64.powi(from), 10_f64.powi(to.max(from + 1)))
}

fn write_head(svg: &mut String, frame: &Frame) -> std::fmt::Result {
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\" font-family=\"system-ui, sans-serif\" \
         font-size=\"13\">\n<title>{}</title>\n<style>",
        frame.title
    )?;
    let rules = |text: &str,
                 grid: &str,
                 color: fn(&(&'static str, &'static str)) -> &'static str| {
        let lines = COLORS.iter().enumerate().map(|(number, colors)| {
            let color = color(colors);
            format!(" .l{number} {{ stroke: {color}; }} .t{number} {{ fill: {color}; }}")
        });
        format!("text {{ fill: {text}; }} .grid {{ stroke: {grid}; }}{}", lines.collect::<String>())
    };
    writeln!(svg, "{}", rules("#222", "#ddd", |colors| colors.0))?;
    writeln!(
        svg,
        "@media (prefers-color-scheme: dark) {{ {} }}",
        rules("#ddd", "#3a3a3a", |colors| colors.1)
    )?;
    writeln!(svg, ".line {{ fill: none; stroke-width: 2.5; }}\n</style>")
}

fn write_axes(svg: &mut String, frame: &Frame, x: Axis, y: Axis) -> std::fmt::Result {
    let (left, right) = x.pixels;
    let (bottom, top) = y.pixels;
    for value in x.decades() {
        let at = x.at(value);
        writeln!(svg, "<path class=\"grid\" d=\"M{at:.1} {top}V{bottom}\"/>")?;
        let (below, label) = (bottom + 20.0, grouped(value));
        writeln!(svg, "<text x=\"{at:.1}\" y=\"{below}\" text-anchor=\"middle\">{label}</text>")?;
    }
    for value in y.decades() {
        let at = y.at(value);
        writeln!(svg, "<path class=\"grid\" d=\"M{left} {at:.1}H{right}\"/>")?;
        let (beside, below, label) = (left - 8.0, at + 4.5, grouped(value));
        writeln!(svg, "<text x=\"{beside}\" y=\"{below:.1}\" text-anchor=\"end\">{label}</text>")?;
    }
    let middle = f64::midpoint(left, right);
    writeln!(svg, "<text x=\"{left}\" y=\"26\" font-size=\"16\">{}</text>", frame.title)?;
    writeln!(
        svg,
        "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
        HEIGHT - 12.0,
        frame.x_label
    )?;
    let middle = f64::midpoint(bottom, top);
    writeln!(
        svg,
        "<text transform=\"translate(14 {middle}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
        frame.y_label
    )
}

fn write_line(svg: &mut String, number: usize, line: &Line, x: Axis, y: Axis) -> std::fmt::Result {
    let place = |&(value_x, value_y): &(f64, f64)| (x.at(value_x), y.at(value_y));
    let path: Vec<_> =
        line.points.iter().map(place).map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
    writeln!(svg, "<path class=\"line l{number}\" d=\"M{}\"/>", path.join("L"))?;
    for point in &line.points {
        let (at_x, at_y) = place(point);
        writeln!(
            svg,
            "<circle class=\"t{number}\" cx=\"{at_x:.1}\" cy=\"{at_y:.1}\" r=\"3.5\"><title>{}: {}</title>\
             </circle>",
            grouped(point.0),
            grouped(point.1)
        )?;
    }
    let Some(last) = line.points.last() else { return Ok(()) };
    let (at_x, at_y) = place(last);
    writeln!(
        svg,
        "<text class=\"t{number}\" x=\"{:.1}\" y=\"{:.1}\" font-weight=\"600\">{}: {}</text>",
        at_x + 10.0,
        at_y + 4.5,
        line.name,
        grouped(last.1)
    )
}

/// A whole number with its thousands set apart.
pub(crate) fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = Frame { title: "Title", x_label: "players", y_label: "bytes" };

    #[test]
    fn points_lie_where_their_logarithms_are() {
        let line =
            Line { name: "all", points: vec![(10.0, 100.0), (100.0, 1000.0), (1000.0, 1e4)] };
        let svg = draw(&FRAME, &[line]);
        // 90 to 630 across, 385 to 50 up, two decades each.
        assert!(svg.contains("d=\"M90.0 385.0L360.0 217.5L630.0 50.0\""), "{svg}");
        assert!(svg.contains(">all: 10,000</text>"), "{svg}");
        assert_eq!(svg.matches("<circle").count(), 3);
        assert_eq!(svg.matches("<svg").count(), svg.matches("</svg>").count());
    }

    #[test]
    fn nothing_to_draw_is_an_empty_plot() {
        let svg = draw(&FRAME, &[Line { name: "none", points: Vec::new() }]);
        assert!(svg.contains("Title") && !svg.contains("NaN"), "{svg}");
    }

    #[test]
    fn thousands_are_set_apart() {
        let numbers = [7.4, 999.6, 53_746.0, 1e6].map(grouped);
        assert_eq!(numbers, ["7", "1,000", "53,746", "1,000,000"]);
    }
}
