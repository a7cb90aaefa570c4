//! The short forms of all hardships: what becomes of everybody, and no times. Needs the server's binary,
//! which `cargo test --workspace` builds.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

use tickwire_benches::siege::{self, Case, Setting, namespace};

fn server() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    // TARGET/debug/deps/siege-… → TARGET/debug/server
    let server = test.ancestors().nth(2).unwrap().join("server");
    assert!(
        server.is_file(),
        "{} is missing: run `cargo test --workspace`, or `cargo build -p tickwire-server` before",
        server.display()
    );
    server
}

async fn hold(case: Case) {
    let seed = std::env::var("TICKWIRE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let setting = Setting { server: server(), short: true, cores: None, duration: None, seed };
    let verdict = siege::run(case, &setting).await.unwrap_or_else(|error| panic!("{error}"));
    println!("seed {seed}\n{verdict}");
    assert!(verdict.is_met(), "seed {seed}\n{verdict}");
}

macro_rules! cases {
    ($($name:ident: $case:ident,)*) => {
        $(#[tokio::test]
        async fn $name() {
            hold(Case::$case).await;
        })*
    };
}

cases! {
    stalled_readers_are_closed: Stall,
    everybody_comes_back_after_a_cut: Cut,
    idle_sessions_are_held_and_answered: Idle,
    garbage_is_turned_away: Garbage,
    floods_of_pings_are_turned_away: Pings,
    floods_of_fragments_are_turned_away: Fragments,
    floods_of_joins_are_turned_away: Joins,
    slow_handshakes_are_closed: Handshakes,
    storms_of_handshakes_are_answered: Storm,
    nothing_is_left_of_those_who_come_and_go: Churn,
    listeners_are_told_and_disturb_nobody: Listeners,
}

#[tokio::test]
async fn peers_who_vanish_are_forgotten() {
    match namespace::is_possible() {
        Ok(()) => hold(Case::Vanish).await,
        Err(reason) => println!("skipped: {reason}"),
    }
}
