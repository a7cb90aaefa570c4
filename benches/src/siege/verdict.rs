//! What a case came to: figures, each beside the target that it is held to.
//!
//! Pure. An [outcome](Verdict::outcome) must hold in every run. A [magnitude](Verdict::magnitude) is a time
//! or a size: short runs, beside which other programs run, tell it and judge nothing by it.

use std::fmt;

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

/// What a figure is held to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// This and nothing else.
    Exactly(f64),
    /// Nothing: it is there to be read.
    None,
}

impl Target {
    fn is_met_by(self, measured: f64) -> bool {
        match self {
            Self::AtMost(most) => measured <= most,
            Self::AtLeast(least) => measured >= least,
            Self::Exactly(due) => (measured - due).abs() < f64::EPSILON,
            Self::None => true,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "≤ {most}"),
            Self::AtLeast(least) => write!(f, "≥ {least}"),
            Self::Exactly(due) => write!(f, "{due}"),
            Self::None => Ok(()),
        }
    }
}

/// One thing that was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// What.
    pub figure: String,
    /// In what; empty for a number of things.
    pub unit: &'static str,
    /// What it is held to, as text; empty when to nothing.
    pub target: String,
    /// What it was; `None` when it never came about.
    pub measured: Option<f64>,
    /// Whether it is what it should be; `None` when it is not judged.
    pub met: Option<bool>,
}

/// All figures of a case.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// The case.
    pub case: &'static str,
    /// What was measured.
    pub figures: Vec<Figure>,
    /// What else was seen, a sentence each.
    pub notes: Vec<String>,
    /// What the names of figures begin with from now on.
    #[serde(skip)]
    part: String,
    #[serde(skip)]
    judges_magnitudes: bool,
}

impl Verdict {
    /// A verdict without figures. `is_short`: of a run whose magnitudes prove nothing.
    #[must_use]
    pub const fn new(case: &'static str, is_short: bool) -> Self {
        Self {
            case,
            figures: Vec::new(),
            notes: Vec::new(),
            part: String::new(),
            judges_magnitudes: !is_short,
        }
    }

    /// What is added from now on is of this part of the case.
    pub fn begin_part(&mut self, part: &str) {
        self.part = format!("{part}: ");
    }

    /// Adds what must hold in every run.
    pub fn outcome(&mut self, figure: &str, target: Target, measured: impl Into<Option<f64>>) {
        self.add(figure, "", target, measured.into(), true);
    }

    /// Adds a time or a size, which is judged in full runs.
    pub fn magnitude(
        &mut self,
        figure: &str,
        unit: &'static str,
        target: Target,
        measured: impl Into<Option<f64>>,
    ) {
        self.add(figure, unit, target, measured.into(), self.judges_magnitudes);
    }

    /// Adds a sentence.
    pub fn note(&mut self, sentence: &str) {
        self.notes.push(format!("{}{sentence}", self.part));
    }

    /// Whether nothing that was judged is amiss.
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.figures.iter().all(|figure| figure.met != Some(false))
    }

    fn add(
        &mut self,
        figure: &str,
        unit: &'static str,
        target: Target,
        measured: Option<f64>,
        is_judged: bool,
    ) {
        let is_met = measured.is_some_and(|measured| target.is_met_by(measured));
        let met = (is_judged && target != Target::None).then_some(is_met);
        let measured = measured.map(rounded);
        let figure = format!("{}{figure}", self.part);
        self.figures.push(Figure { figure, unit, target: target.to_string(), measured, met });
    }
}

/// To three decimals.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(presets::UTF8_FULL_CONDENSED);
        table.set_header([self.case, "target", "measured", "unit", "met"]);
        for Figure { figure, unit, target, measured, met } in &self.figures {
            let measured = measured.map_or_else(|| "never".to_owned(), |value| value.to_string());
            let met = match met {
                Some(true) => "yes",
                Some(false) => "NO",
                None => "–",
            };
            table.add_row([figure, target, &measured, *unit, met]);
        }
        for column in table.column_iter_mut().skip(1).take(2) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        write!(f, "{table}")?;
        self.notes.iter().try_for_each(|note| write!(f, "\n  {note}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_judged_decides() {
        let mut verdict = Verdict::new("case", false);
        verdict.outcome("left", Target::Exactly(0.0), 0.0);
        verdict.magnitude("gone after", "s", Target::AtMost(20.0), 20.0);
        verdict.magnitude("told", "s", Target::None, 99.0);
        assert!(verdict.is_met());
        verdict.magnitude("gone after", "s", Target::AtMost(20.0), 20.1);
        assert!(!verdict.is_met());
    }

    #[test]
    fn what_never_came_about_is_not_met() {
        let mut verdict = Verdict::new("case", false);
        verdict.outcome("back", Target::AtLeast(0.0), None);
        assert_eq!(verdict.figures[0].met, Some(false));
    }

    #[test]
    fn a_short_run_judges_outcomes_alone() {
        let mut verdict = Verdict::new("case", true);
        verdict.magnitude("gone after", "s", Target::AtMost(1.0), 9.0);
        assert!(verdict.is_met());
        verdict.outcome("left", Target::Exactly(0.0), 1.0);
        assert!(!verdict.is_met());
        let text = verdict.to_string();
        assert!(text.contains("≤ 1") && text.contains("NO"), "{text}");
    }

    #[test]
    fn whoever_reads_the_json_finds_these_members() {
        let mut verdict = Verdict::new("case", false);
        verdict.magnitude("gone after", "s", Target::AtMost(20.0), 1.25);
        assert_eq!(
            serde_json::to_string(&verdict).unwrap(),
            r#"{"case":"case","figures":[{"figure":"gone after","unit":"s","target":"≤ 20","measured":1.25,"met":true}],"notes":[]}"#
        );
    }
}
