//! Leases, takeovers and fencing under a simulated clock: nodes that are stopped, killed and started again, a Redis
//! that is away or loses its data, links that break, answers that are late or lost. Thousands of runs, each from a
//! seed that is told when one fails.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod simulation;

use simulation::{Faults, Simulation};

/// How long faults go on in a run, in milliseconds.
const TROUBLE_MS: u64 = 8_000;
/// How long everything has to be well again for all rooms to run: longer than a dead node is remembered.
const CALM_MS: u64 = 14_000;

fn run(seeds: std::ops::Range<u64>, nodes: usize, faults: Faults) {
    let mut takeovers = 0;
    for seed in seeds {
        let mut simulation = Simulation::new(seed, nodes, faults);
        simulation.run(TROUBLE_MS);
        simulation.heal();
        simulation.run(CALM_MS);
        simulation.check_that_every_room_runs();
        takeovers += simulation.takeovers;
    }
    // What tests nothing passes.
    assert!(takeovers > 0, "no room was ever taken over");
}

#[test]
fn nodes_that_die_and_stand_still() {
    run(0..800, 3, Faults { deaths: true, stops: true, ..Faults::NONE });
}

#[test]
fn a_redis_that_is_away_and_forgets() {
    run(0..600, 3, Faults { deaths: true, outages: true, losses: true, ..Faults::NONE });
}

#[test]
fn links_that_break() {
    run(0..600, 3, Faults { cuts: true, ..Faults::NONE });
    run(0..300, 5, Faults { cuts: true, ..Faults::NONE });
    run(0..300, 2, Faults { cuts: true, ..Faults::NONE });
}

#[test]
fn everything_at_once() {
    run(0..800, 4, Faults { deaths: true, stops: true, outages: true, losses: false, cuts: true });
}
