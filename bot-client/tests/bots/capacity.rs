//! The search for a capacity, by the binary, on a server that has so many seats.

use serde_json::Value;

use crate::fake_server::Script;
use crate::swarm::{Run, run};

impl Run {
    /// Levels that were tried, and why those that did not hold did not.
    fn levels(&self) -> Vec<(u64, Option<&str>)> {
        let levels = self.report["levels"].as_array().unwrap().iter();
        levels.map(|level| (level["bots"].as_u64().unwrap(), level["cause"].as_str())).collect()
    }
}

#[tokio::test]
async fn the_highest_level_that_holds_is_found() {
    let script = Script { seats: Some(5), ..Script::default() };
    let flags = "--find-capacity --bots 2 --duration 200ms --max-gap 10s --threads 2";
    let run = run(script, flags).await;
    run.assert(0, 5, 0);
    let full = Some("bots_failed");
    assert_eq!(run.levels(), [(2, None), (4, None), (8, full), (6, full), (5, None)]);
    assert_eq!(run.number("/capacity"), 5.0);
    assert_eq!(run.report["capacity_is_lower_bound"], false);
    assert_eq!(run.report["valid"], true);
    assert!(run.errors.contains("does not tell its tick lateness"), "{}", run.errors);
    assert_eq!(run.log.wrong, Vec::<String>::new());
    assert_eq!(run.log.goodbyes, run.log.granted);
}

#[tokio::test]
async fn what_was_not_tried_may_hold_too() {
    let flags = "--find-capacity --bots 2 --max-bots 3 --duration 200ms --max-gap 10s";
    let run = run(Script::default(), flags).await;
    run.assert(0, 3, 0);
    assert_eq!(run.levels(), [(2, None), (3, None)]);
    assert_eq!(run.report["capacity_is_lower_bound"], true);
    assert_eq!(run.report["failed_at"], Value::Null);
}

#[tokio::test]
async fn a_gap_that_no_level_keeps_is_a_failure() {
    // The room ticks every four milliseconds.
    let flags = "--find-capacity --bots 2 --duration 200ms --max-gap 1ms";
    let run = run(Script::default(), flags).await;
    assert_eq!(run.status, 1);
    let gap = Some("gap");
    assert_eq!(run.levels(), [(2, gap), (2, gap), (1, gap), (1, gap)]);
    assert_eq!(run.number("/capacity"), 0.0);
    assert!(run.errors.contains("no level was held"), "{}", run.errors);
}
