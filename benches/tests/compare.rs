//! The comparison's own side without anybody else's: the floor and this server get the workload for a
//! moment. What comes of it, and no times. Needs the server's binary, which `cargo test --workspace` builds.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use tickwire_benches::compare;
use tickwire_benches::compare::figures::Run;
use tickwire_benches::compare::load::Pace;
use tickwire_benches::compare::peer::{Peer, Programs};
use tickwire_benches::compare::workload::Workload;

/// Long enough for many turns of those who are watched.
const PACE: Pace =
    Pace { settling: Duration::from_millis(200), window: Duration::from_millis(1500) };

async fn run(peer: Peer, workload: Workload) -> Run {
    let own = Path::new(env!("CARGO_BIN_EXE_floor")).parent().unwrap().to_owned();
    assert!(
        own.join("server").is_file(),
        "the server is missing: run `cargo test --workspace`, or `cargo build -p tickwire-server` before"
    );
    let programs = Programs { own, peers: PathBuf::new() };
    let run = compare::run(peer, &programs, &workload, PACE, None).await.unwrap();
    assert!(run.failures.is_empty(), "{run:?}");
    assert_eq!(run.clients, workload.clients, "{run:?}");
    assert!(run.figures.updates_per_second.unwrap() > 0.0, "{run:?}");
    run
}

#[tokio::test]
async fn the_floor_sends_what_a_packed_update_takes() {
    let run = run(Peer::Floor, Workload::rooms_of(25, 50)).await;
    // 25 bodies of 6 bytes, and a header.
    assert_eq!(run.figures.bytes_per_update, Some(154.0));
    assert_eq!(run.figures.input_to_update_ms, None);
}

/// A replica that differs from the server would be a failure.
#[tokio::test]
async fn this_server_shows_inputs_in_rooms() {
    let run = run(Peer::Tickwire, Workload::rooms_of(25, 50)).await;
    assert!(run.figures.input_to_update_ms.is_some(), "{run:?}");
    assert!(run.figures.bytes_per_update.unwrap() < 154.0, "{run:?}");
}

#[tokio::test]
async fn this_server_shows_inputs_in_one_room_with_views() {
    let run = run(Peer::Tickwire, Workload::one_room(100)).await;
    assert!(run.figures.input_to_update_ms.is_some(), "{run:?}");
}
