//! The files of `--report`, by the binary.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::process::Command;

use crate::fake_server::Script;
use crate::swarm::run;

/// A place for a test's files, with nothing there.
fn empty_place(name: &str) -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&place);
    place
}

fn read(dir: &Path) -> (Value, String) {
    let text = |name| std::fs::read_to_string(dir.join(name)).unwrap();
    (serde_json::from_str(&text("report.json")).unwrap(), text("index.html"))
}

#[tokio::test]
async fn a_report_has_each_second_and_what_the_server_tells() {
    let dir = empty_place("report").join("made/as/needed");
    let script = Script { tells_metrics: true, ..Script::default() };
    let flags = format!("--bots 2 --duration 1400ms --report {}", dir.display());
    let run = run(script, &flags).await;
    run.assert(0, 2, 0);
    let (numbers, page) = read(&dir);
    for (name, value) in run.report.as_object().unwrap() {
        assert_eq!(&numbers[name], value, "{name} is the same as that of --json");
    }
    let series = numbers["series"].as_array().unwrap();
    let measured: Vec<_> = series.iter().filter(|sample| sample["measured"] == true).collect();
    assert!(measured.len() >= 2, "{series:?}");
    for sample in &measured {
        assert_eq!(sample["bots"], 2);
        assert!(sample["updates_per_second"].as_f64().unwrap() > 60.0, "{sample}");
        assert!(sample["update_gap_ms"]["p99"].as_f64().unwrap() > 0.0, "{sample}");
        assert_eq!(sample["server_memory_bytes"], 4_194_304.0);
        assert!((1.0..=2.0).contains(&sample["server_lateness_ms"]["p99"].as_f64().unwrap()));
    }
    let counts = |name| -> u64 {
        let pairs = numbers["histograms"][name].as_array().unwrap();
        pairs.iter().map(|pair| pair[1].as_u64().unwrap()).sum()
    };
    assert!(counts("update_gap_ms") > 100 && counts("input_to_update_ms") > 10);
    assert_eq!(numbers["settings"]["game"], "drift");
    assert!(page.matches("<svg").count() >= 8, "{page}");
    assert!(page.contains("Server: memory") && page.contains("drift: 2 bots"));
}

#[tokio::test]
async fn a_search_is_reported_with_its_levels() {
    let dir = empty_place("levels");
    let script = Script { tells_metrics: true, ..Script::default() };
    let limits = "--duration 300ms --max-gap 10s --max-lateness 1ms";
    let flags = format!("--find-capacity --bots 1 {limits} --report {}", dir.display());
    let run = run(script, &flags).await;
    assert_eq!((run.status, run.number("/capacity")), (1, 0.0));
    assert_eq!(run.report["levels"][0]["cause"], "lateness");
    let (numbers, page) = read(&dir);
    assert_eq!(numbers["levels"], run.report["levels"]);
    assert!(page.contains("Levels that were tried") && page.contains("Failed"));
}

#[tokio::test]
async fn a_place_that_cannot_be_written_to_is_found_before_the_run() {
    let place = empty_place("not-a-directory");
    std::fs::write(&place, "a file").unwrap();
    for dir in [place.clone(), place.join("below")] {
        let output = Command::new(env!("CARGO_BIN_EXE_bot-client"))
            .arg("--report")
            .arg(&dir)
            .output()
            .await
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        let errors = String::from_utf8(output.stderr).unwrap();
        let words = format!("error: --report: cannot write {}", dir.display());
        assert!(errors.starts_with(&words), "{errors}");
    }
    assert_eq!(std::fs::read_to_string(&place).unwrap(), "a file");
}
