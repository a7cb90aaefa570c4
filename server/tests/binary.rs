//! The binary itself: what it prints, how it stops, what it says to bad flags.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use support::close_code;
use support::process::{Process, refused, server};

#[tokio::test]
async fn it_stops_at_a_signal_within_five_seconds() {
    for signal in ["-INT", "-TERM"] {
        let mut process = Process::start(&[]);
        // From another working directory, the demo is still there.
        let page = reqwest::get(&process.url).await.unwrap().text().await.unwrap();
        assert!(page.contains("<canvas"));
        let mut client = process.enter().await;
        let begin = Instant::now();
        process.signal(signal);
        assert_eq!(close_code(&mut client.socket).await, 1012);
        drop(client);
        assert_eq!(process.exit_code(), Some(0));
        assert!(begin.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn an_offence_leaves_a_line_with_session_and_cause() {
    let mut process = Process::start(&[]);
    for (sent, text) in [(vec![99], "not a message"), (vec![0; 5000], "too_large")] {
        let mut client = process.enter().await;
        client.send_bytes(sent).await;
        let line = process.line_with("bad ");
        assert!(
            line.contains("WARN") && line.contains("session=") && line.contains(text),
            "{line}"
        );
    }
}

#[test]
fn a_port_in_use_says_so() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let text = refused(&["--bind", &address]);
    assert!(text.contains(&address) && text.contains("in use"), "{text}");
}

#[test]
fn a_bad_value_names_the_flag_the_value_and_what_is_allowed() {
    let text = refused(&["--tick-rate", "1000"]);
    assert!(
        text.contains("--tick-rate") && text.contains("1000") && text.contains("240"),
        "{text}"
    );
    let text = refused(&["--heartbeat-timeout", "1s"]);
    assert!(text.contains("--heartbeat-timeout") && text.contains("longer than"), "{text}");
    let text = refused(&["--log", "tickwire=loud"]);
    assert!(text.contains("--log") && text.contains("loud"), "{text}");
}

#[test]
fn the_environment_sets_what_flags_do_not() {
    let output = server().env("TICKWIRE_TICK_RATE", "fast").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("fast") && text.contains("--tick-rate"), "{text}");
}
