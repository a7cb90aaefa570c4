//! The directory of `--report`: a page to look at and the numbers behind it.
//!
//! ```text
//! DIR/index.html   plots, in one file that loads nothing
//! DIR/report.json  what --json prints, and settings, warnings, series and histograms
//! ```

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use thiserror::Error;

use crate::args::Args;
use crate::course::Sample;
use crate::page;
use crate::report::Report;
use crate::stats::Durations;
use crate::swarm::Outcome;

const PAGE: &str = "index.html";
const NUMBERS: &str = "report.json";

/// Why a report cannot be written.
#[derive(Debug, Error)]
#[error("--report: cannot write {}: {cause}", path.display())]
pub struct ReportDirError {
    /// What could not be written.
    path: PathBuf,
    cause: io::Error,
}

/// A directory that can be written to.
#[derive(Clone, Debug)]
pub struct ReportDir(PathBuf);

/// `report.json`.
#[derive(Serialize)]
struct Numbers<'a> {
    #[serde(flatten)]
    report: &'a Report,
    warnings: &'a [String],
    /// Flags and their values.
    settings: BTreeMap<&'static str, String>,
    histograms: Histograms,
    /// About a second each.
    series: &'a [Sample],
}

/// Pairs of a duration in milliseconds and how often it was seen.
#[derive(Serialize)]
struct Histograms {
    update_gap_ms: Vec<(f64, u64)>,
    input_to_update_ms: Vec<(f64, u64)>,
}

impl ReportDir {
    /// Creates the directory if it is missing, and sees whether files can be written there: it would
    /// be a pity to find out after the run.
    ///
    /// # Errors
    /// [`ReportDirError`].
    pub fn prepare(path: &Path) -> Result<Self, ReportDirError> {
        std::fs::create_dir_all(path).map_err(ReportDirError::at(path))?;
        for name in [PAGE, NUMBERS] {
            let file = path.join(name);
            let opened = std::fs::OpenOptions::new().append(true).create(true).open(&file);
            opened.map_err(ReportDirError::at(&file))?;
        }
        Ok(Self(path.to_owned()))
    }

    /// Writes both files.
    ///
    /// # Errors
    /// [`ReportDirError`].
    pub fn write(&self, args: &Args, outcome: &Outcome) -> Result<(), ReportDirError> {
        let all = |durations: &Durations| durations.all_ms().collect();
        let numbers = Numbers {
            report: &outcome.report,
            warnings: &outcome.warnings,
            settings: args.settings().into_iter().collect(),
            histograms: Histograms {
                update_gap_ms: all(&outcome.stats.gaps),
                input_to_update_ms: all(&outcome.stats.input_to_update),
            },
            series: &outcome.series,
        };
        let json = serde_json::to_string(&numbers)
            .map_err(io::Error::from)
            .map_err(ReportDirError::at(&self.0.join(NUMBERS)))?;
        self.write_file(PAGE, &page::render(args, outcome, &json))?;
        self.write_file(NUMBERS, &json)
    }

    fn write_file(&self, name: &str, text: &str) -> Result<(), ReportDirError> {
        let path = self.0.join(name);
        std::fs::write(&path, text).map_err(ReportDirError::at(&path))
    }
}

impl ReportDirError {
    /// What to do with a failure to write a file.
    fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self { path, cause }
    }
}
