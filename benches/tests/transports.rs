//! Bots by WebSocket, by HTTP stream and by long polling, in the rooms of a real server: all see the same, and
//! come back as themselves. Needs the server's binary, which `cargo test --workspace` builds.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::net::Ipv4Addr;
use std::path::PathBuf;

use clap::Parser;
use tickwire_benches::siege::Setting;
use tickwire_benches::siege::server::Server;
use tickwire_bot_client::args::Args;
use tickwire_bot_client::progress::Progress;
use tickwire_bot_client::report::Report;
use tickwire_bot_client::swarm;

/// A server, and these bots by each transport at the same time.
async fn play(flags: &[&str]) -> Vec<Report> {
    let test = std::env::current_exe().unwrap();
    let server: PathBuf = test.ancestors().nth(2).unwrap().join("server");
    let setting = Setting { server, short: true, cores: None, duration: None, seed: 1 };
    let server = Server::start(&setting, Ipv4Addr::LOCALHOST, &[]).await.unwrap();
    let url = format!("http://{}", server.address());
    let runs = ["ws", "stream", "poll"].map(|transport| {
        let base = ["bot-client", "--url", &url, "--game", "drift", "--bots", "5", "--transport"];
        let args = Args::parse_from([&base[..], &[transport], flags].concat());
        async move {
            let never = std::future::pending();
            swarm::run(&args, &Progress::silent(), never).await.unwrap().report
        }
    });
    let [socket, stream, poll] = runs;
    let (socket, stream, poll) = tokio::join!(socket, stream, poll);
    vec![socket, stream, poll]
}

#[tokio::test]
async fn bots_of_all_transports_play_side_by_side() {
    for report in play(&["--duration", "5s"]).await {
        assert!(report.is_success(), "{report:?}");
        assert_eq!((report.bots_connected, report.reconnects), (5, 0), "{report:?}");
        // Each part's hash has come by at least once.
        assert!(report.updates_per_second_per_bot > 0.0, "{report:?}");
    }
}

#[tokio::test]
async fn bots_of_all_transports_come_back_as_themselves() {
    for report in play(&["--duration", "4s", "--cut-at", "1s"]).await {
        assert!(report.is_success(), "{report:?}");
        assert_eq!((report.reconnects, report.resumed), (5, 5), "{report:?}");
    }
}
