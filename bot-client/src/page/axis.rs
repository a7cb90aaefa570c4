//! Axes of a plot: from a range of values to pixels, with round numbers to label.

/// An axis from a value to another, both on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    /// The values at its ends.
    pub(super) range: (f64, f64),
    /// Where these are, in pixels.
    pub(super) pixels: (f64, f64),
}

impl Axis {
    /// Where a value lies.
    pub(super) fn at(&self, value: f64) -> f64 {
        let (from, to) = self.range;
        let share = (value - from) / (to - from);
        self.pixels.0 + share * (self.pixels.1 - self.pixels.0)
    }

    /// Round numbers on the axis, some so many of them, as values and labels.
    pub(super) fn ticks(&self, about: usize) -> Vec<(f64, String)> {
        let (from, to) = self.range;
        let step = round_step((to - from) / about as f64);
        let decimals = (-step.log10().floor()).max(0.0) as usize;
        let first = (from / step).ceil() as i64;
        let last = (to / step + 1e-9).floor() as i64;
        (first..=last)
            .map(|index| index as f64 * step)
            .map(|value| (value, grouped(value, decimals)))
            .collect()
    }
}

/// The range of an axis that shows everything from 0 to a value, and ends at a round number: at one of
/// its ticks, if there are some five.
pub(super) fn from_zero(most: f64) -> (f64, f64) {
    if !(most > 0.0 && most.is_finite()) {
        return (0.0, 1.0);
    }
    let step = round_step(most / 4.0);
    (0.0, (most * 1.02 / step).ceil() * step)
}

/// The round number (1, 2 or 5, and zeros) next above.
pub(super) fn round_step(least: f64) -> f64 {
    if !(least > 0.0 && least.is_finite()) {
        return 1.0;
    }
    let power = 10_f64.powf(least.log10().floor());
    // A little less: 0.1 + 0.2 is meant to be 0.3.
    let digit = [1.0, 2.0, 5.0].into_iter().find(|digit| digit * power >= least * (1.0 - 1e-9));
    digit.unwrap_or(10.0) * power
}

/// A number with so many decimals, and its thousands set apart.
pub(super) fn grouped(value: f64, decimals: usize) -> String {
    let digits = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let mut text = if value < 0.0 { "−".to_owned() } else { String::new() };
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// A number with as many decimals as are worth reading.
pub(super) fn readable(value: f64) -> String {
    let decimals = match value.abs() {
        0.0 => 0,
        size if size < 0.1 => 3,
        size if size < 10.0 => 2,
        size if size < 100.0 => 1,
        _ => 0,
    };
    grouped(value, decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within() {
        let labels = |range| {
            let axis = Axis { range, pixels: (0.0, 100.0) };
            axis.ticks(5).into_iter().map(|(_, label)| label).collect::<Vec<_>>()
        };
        assert_eq!(labels((0.0, 10.0)), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(labels((0.0, 0.3)), ["0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(labels((0.0, 15_000.0)), ["0", "5,000", "10,000", "15,000"]);
        assert_eq!(labels((3.0, 9.0)), ["4", "6", "8"]);
    }

    #[test]
    fn axes_end_at_a_round_number() {
        assert_eq!(from_zero(14_998.0), (0.0, 20_000.0));
        assert_eq!(from_zero(48.0), (0.0, 60.0));
        for most in 1..1000 {
            let axis = Axis { range: from_zero(f64::from(most)), pixels: (0.0, 100.0) };
            let ticks = axis.ticks(5);
            assert!(ticks.len() <= 6, "{most}: {ticks:?}");
            assert!((ticks[ticks.len() - 1].0 - axis.range.1).abs() < 1e-6, "{most}: {ticks:?}");
        }
        for nothing in [0.0, f64::NAN, f64::INFINITY, -1.0] {
            assert_eq!(from_zero(nothing), (0.0, 1.0));
        }
    }

    #[test]
    fn values_lie_between_the_ends() {
        let axis = Axis { range: (0.0, 10.0), pixels: (200.0, 0.0) };
        assert_eq!([0.0, 5.0, 10.0].map(|value| axis.at(value)), [200.0, 100.0, 0.0]);
    }

    #[test]
    fn numbers_are_readable() {
        let texts = [0.0, 0.0123, 0.5, 33.36, 999.5, 1_234_567.0].map(readable);
        assert_eq!(texts, ["0", "0.012", "0.50", "33.4", "1,000", "1,234,567"]);
    }
}
