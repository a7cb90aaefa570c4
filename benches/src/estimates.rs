//! The figures that criterion leaves behind: one folder per bench, each with `new/benchmark.json`
//! (what was measured) and `new/estimates.json` (how long it took).

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// Why criterion's figures cannot be read.
#[derive(Debug, Error)]
pub enum EstimatesError {
    /// A file or folder cannot be read.
    #[error("cannot read {}: {cause}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// A file is not what criterion 0.8 writes.
    #[error("{} is not one of criterion's files: {cause}", path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
        /// Why.
        cause: serde_json::Error,
    },
}

/// Which bench, as its `BenchmarkId` and group name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BenchName {
    /// Its group.
    pub group: String,
    /// Its function; empty when it has none.
    pub function: String,
    /// Its parameter; empty when it has none.
    pub parameter: String,
}

/// What one iteration of a bench takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Time, in nanoseconds: the one that criterion prints.
    pub nanoseconds: f64,
    /// Elements processed in that time, where the bench says so.
    pub elements: Option<u64>,
}

impl Estimate {
    /// Elements per second.
    #[must_use]
    pub fn elements_per_second(&self) -> Option<f64> {
        self.elements.map(|elements| elements as f64 / self.nanoseconds * 1e9)
    }
}

#[derive(Deserialize)]
struct BenchmarkFile {
    group_id: String,
    function_id: Option<String>,
    value_str: Option<String>,
    throughput: Option<ThroughputField>,
}

#[derive(Deserialize)]
struct ThroughputField {
    #[serde(rename = "Elements")]
    elements: Option<u64>,
}

#[derive(Deserialize)]
struct EstimatesFile {
    mean: EstimateField,
    slope: Option<EstimateField>,
}

#[derive(Deserialize)]
struct EstimateField {
    point_estimate: f64,
}

/// Reads all estimates below criterion's folder. Folders without figures are passed over, so a bench
/// that was never run is simply not there.
///
/// # Errors
/// [`EstimatesError`] when the folder is not there or a file is not criterion's.
pub fn read_all(folder: &Path) -> Result<BTreeMap<BenchName, Estimate>, EstimatesError> {
    let mut estimates = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let unreadable = |cause| EstimatesError::Unreadable { path: folder.clone(), cause };
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            if path.is_dir() {
                folders.push(path);
            }
        }
        let is_newest = folder.file_name().is_some_and(|name| name == "new");
        if is_newest && folder.join("estimates.json").is_file() {
            let (name, estimate) = read_one(&folder)?;
            estimates.insert(name, estimate);
        }
    }
    Ok(estimates)
}

fn read_one(folder: &Path) -> Result<(BenchName, Estimate), EstimatesError> {
    let benchmark: BenchmarkFile = read_json(folder.join("benchmark.json"))?;
    let estimates: EstimatesFile = read_json(folder.join("estimates.json"))?;
    let name = BenchName {
        group: benchmark.group_id,
        function: benchmark.function_id.unwrap_or_default(),
        parameter: benchmark.value_str.unwrap_or_default(),
    };
    // Criterion prints the slope of its regression where it made one, else the mean.
    let nanoseconds = estimates.slope.unwrap_or(estimates.mean).point_estimate;
    let elements = benchmark.throughput.and_then(|throughput| throughput.elements);
    Ok((name, Estimate { nanoseconds, elements }))
}

fn read_json<T: DeserializeOwned>(path: PathBuf) -> Result<T, EstimatesError> {
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(cause) => return Err(EstimatesError::Unreadable { path, cause }),
    };
    serde_json::from_str(&text).map_err(|cause| EstimatesError::Malformed { path, cause })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own per test, removed when the test is over.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let name = format!("tickwire-estimates-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn put(&self, path: &str, text: &str) {
            let path = self.0.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    const BENCHMARK: &str = r#"{"group_id":"tick/drift","function_id":"step","value_str":"1000",
        "throughput":{"Elements":1000},"full_id":"tick/drift/step/1000",
        "directory_name":"tick_drift/step/1000","title":"tick/drift/step/1000"}"#;
    const FIELD: &str = r#"{"confidence_interval":{"confidence_level":0.95,"lower_bound":1.0,
        "upper_bound":9.0},"point_estimate":VALUE,"standard_error":0.1}"#;

    fn estimates(mean: &str, slope: Option<&str>) -> String {
        let field = |value: &str| FIELD.replace("VALUE", value);
        let slope = slope.map_or("null".to_owned(), field);
        format!(r#"{{"mean":{},"median":{},"slope":{slope}}}"#, field(mean), field("3"))
    }

    #[test]
    fn estimates_are_found_by_name() {
        let folder = Folder::new("found");
        folder.put("tick_drift/step/1000/new/benchmark.json", BENCHMARK);
        folder.put("tick_drift/step/1000/new/estimates.json", &estimates("4000", Some("5000")));
        folder.put("tick_drift/step/1000/base/benchmark.json", "not looked at");
        folder.put("tick_drift/step/1000/base/estimates.json", "not looked at");
        let single =
            r#"{"group_id":"codec","function_id":null,"value_str":null,"throughput":null}"#;
        folder.put("codec/new/benchmark.json", single);
        folder.put("codec/new/estimates.json", &estimates("7.5", None));
        let read = read_all(&folder.0).unwrap();
        let name = |group: &str, function: &str, parameter: &str| BenchName {
            group: group.into(),
            function: function.into(),
            parameter: parameter.into(),
        };
        assert_eq!(read.len(), 2);
        let step = read[&name("tick/drift", "step", "1000")];
        assert_eq!(step, Estimate { nanoseconds: 5000.0, elements: Some(1000) });
        assert_eq!(step.elements_per_second(), Some(2e8));
        let single = read[&name("codec", "", "")];
        assert_eq!(single, Estimate { nanoseconds: 7.5, elements: None });
        assert_eq!(single.elements_per_second(), None);
    }

    #[test]
    fn what_is_missing_or_broken_is_named() {
        let folder = Folder::new("broken");
        folder.put("tick/new/benchmark.json", BENCHMARK);
        folder.put("tick/new/estimates.json", "{}");
        let error = read_all(&folder.0).unwrap_err().to_string();
        assert!(error.contains("estimates.json") && error.contains("mean"), "{error}");
        let error = read_all(&folder.0.join("nowhere")).unwrap_err().to_string();
        assert!(error.contains("nowhere"), "{error}");
    }
}
