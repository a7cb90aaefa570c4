//! The binary itself: what it prints, how it stops, what it says to bad flags.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use support::{Client, close_code};

fn server() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_server"));
    command.current_dir(std::env::temp_dir()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts the binary and reads the address from its start-up line.
fn start() -> (Child, String) {
    let mut child = server().args(["--bind", "127.0.0.1:0"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    (child, url.to_owned())
}

fn refused(flags: &[&str]) -> String {
    let Output { status, stderr, .. } = server().args(flags).output().unwrap();
    assert_eq!(status.code(), Some(2), "{flags:?}");
    String::from_utf8(stderr).unwrap()
}

#[tokio::test]
async fn it_stops_at_a_signal_within_five_seconds() {
    for signal in ["-INT", "-TERM"] {
        let (mut child, url) = start();
        // From another working directory, the demo is still there.
        let page = reqwest::get(&url).await.unwrap().text().await.unwrap();
        assert!(page.contains("<canvas"));
        let http = reqwest::Client::new().post(format!("{url}/api/join"));
        let http = http.header("content-type", "application/json").body(r#"{"name":"x"}"#);
        let joined = http.send().await.unwrap().text().await.unwrap();
        let joined: serde_json::Value = serde_json::from_str(&joined).unwrap();
        let mut client = Client::connect(joined["ws_url"].as_str().unwrap()).await;
        let begin = Instant::now();
        let killed = Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(killed.unwrap().success());
        assert_eq!(close_code(&mut client.socket).await, 1012);
        drop(client);
        assert_eq!(child.wait().unwrap().code(), Some(0));
        assert!(begin.elapsed() < Duration::from_secs(5));
    }
}

#[tokio::test]
async fn an_offence_leaves_a_line_with_session_and_cause() {
    let mut child = server().args(["--bind", "127.0.0.1:0"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut line_with = |text: &str| lines.find(|line| line.contains(text)).unwrap();
    let url = line_with("http://");
    let url = url.split_whitespace().find(|word| word.starts_with("http://")).unwrap();
    for (sent, text) in [(vec![99], "not a message"), (vec![0; 5000], "at most 4096")] {
        let http = reqwest::Client::new().post(format!("{url}/api/join"));
        let http = http.header("content-type", "application/json").body("{}");
        let joined = http.send().await.unwrap().text().await.unwrap();
        let joined: serde_json::Value = serde_json::from_str(&joined).unwrap();
        let mut client = Client::connect(joined["ws_url"].as_str().unwrap()).await;
        client.send_bytes(sent).await;
        let line = line_with("bad message");
        assert!(
            line.contains("WARN") && line.contains("session=") && line.contains(text),
            "{line}"
        );
    }
    child.kill().unwrap();
    child.wait().unwrap();
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
