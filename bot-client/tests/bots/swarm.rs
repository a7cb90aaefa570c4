//! The binary as a script sees it: flags in, one JSON object and an exit status out.

use std::process::{Output, Stdio};

use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::task::LocalSet;

use crate::fake_room::BODIES;
use crate::fake_server::{Busy, Close, Entries, FakeServer, LOST, Resume, Script};

pub struct Run {
    pub status: i32,
    pub report: Value,
    pub errors: String,
    pub log: Entries,
}

fn spawn(server: &FakeServer, flags: &str) -> Child {
    spawn_at(&server.url(), flags)
}

pub fn spawn_at(url: &str, flags: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_bot-client"))
        .args(["--url", url, "--game", "drift", "--json"])
        .args(flags.split_whitespace())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

pub fn read(output: &Output, server: &FakeServer) -> Run {
    let stdout = String::from_utf8(output.stdout.clone()).unwrap();
    Run {
        status: output.status.code().unwrap(),
        report: serde_json::from_str(stdout.lines().last().unwrap_or("null")).unwrap(),
        errors: String::from_utf8(output.stderr.clone()).unwrap(),
        log: server.log.entries(),
    }
}

pub async fn run(script: Script, flags: &str) -> Run {
    LocalSet::new()
        .run_until(async {
            let server = FakeServer::start(script).await;
            read(&spawn(&server, flags).wait_with_output().await.unwrap(), &server)
        })
        .await
}

impl Run {
    #[track_caller]
    pub fn assert(&self, status: i32, connected: u64, failed: u64) {
        let counts = [&self.report["bots_connected"], &self.report["bots_failed"]];
        let expected = (status, [&Value::from(connected), &Value::from(failed)]);
        assert_eq!((self.status, counts), expected, "{}\n{}", self.report, self.errors);
    }

    pub fn number(&self, pointer: &str) -> f64 {
        self.report
            .pointer(pointer)
            .unwrap()
            .as_f64()
            .unwrap_or_else(|| panic!("{pointer}: {}", self.report))
    }
}

#[tokio::test]
async fn bots_join_play_and_report() {
    let run = run(Script::default(), "--bots 5 --rooms 2 --duration 400ms --seed 7").await;
    run.assert(0, 5, 0);
    assert_eq!(run.errors, "");
    assert_eq!(run.number("/desyncs"), 0.0);
    assert_eq!(run.number("/reconnects"), 0.0);
    assert_eq!(run.number("/entities_per_update"), f64::from(BODIES));
    // Of the rooms that bots were in, the second is the slower one.
    assert_eq!(run.number("/server_tick_ms/p99"), 0.5);
    for name in ["/updates_per_second_per_bot", "/bytes_per_update", "/bytes_per_second_per_bot"] {
        assert!(run.number(name) > 0.0, "{name}");
    }
    for name in ["/update_gap_ms/p50", "/update_gap_ms/p99", "/update_gap_ms/max"] {
        assert!(run.number(name) > 0.0, "{name}");
    }
    for name in ["/input_to_update_ms/p50", "/input_to_update_ms/p99", "/input_to_update_ms/max"] {
        assert!(run.number(name) > 0.0, "{name}");
    }

    assert_eq!(run.log.rooms, vec![serde_json::json!({"game": "drift"}); 2]);
    let mut rooms: Vec<_> =
        run.log.joins.iter().map(|join| join["room"].as_str().unwrap()).collect();
    rooms.sort_unstable();
    assert_eq!(rooms, ["room1", "room1", "room1", "room2", "room2"]);
    assert_eq!(run.log.subprotocols, ["tickwire.v1.1"; 5]);
    assert!(run.log.inputs > 5, "{}", run.log.inputs);
    assert_eq!(run.log.acknowledged_event, 1);
    assert_eq!(run.log.wrong, Vec::<String>::new());
}

#[tokio::test]
async fn every_behavior_plays() {
    for behavior in ["wander", "chase", "circle", "idle", "noise"] {
        let flags = format!("--bots 2 --duration 200ms --behavior {behavior} --verify-share 0.5");
        let run = run(Script::default(), &flags).await;
        run.assert(0, 2, 0);
        assert!(run.log.inputs > 2, "{behavior}: {}", run.log.inputs);
        assert_eq!(run.log.wrong, Vec::<String>::new(), "{behavior}");
    }
}

#[tokio::test]
async fn bots_spread_over_threads_and_add_up() {
    let flags = "--bots 7 --threads 3 --duration 400ms --ramp 50/s";
    let run = run(Script::default(), flags).await;
    run.assert(0, 7, 0);
    assert_eq!((run.report["threads"].as_u64(), run.log.goodbyes), (Some(3), 7));
    // Of each bot: the room ticks 250 times a second.
    let updates = run.number("/updates_per_second_per_bot");
    assert!(updates > 30.0, "{}", run.report);
    assert!(run.number("/load_busiest_share") > 0.0);
    assert_eq!(run.log.wrong, Vec::<String>::new());
}

#[tokio::test]
async fn bots_come_at_the_rate_of_the_ramp() {
    let began = std::time::Instant::now();
    let run = run(Script::default(), "--bots 5 --ramp 10/s --duration 100ms").await;
    run.assert(0, 5, 0);
    assert!(began.elapsed() >= std::time::Duration::from_millis(400 + 100));
}

#[tokio::test]
async fn a_slow_network_shows_in_the_latency() {
    let flags = "--bots 2 --duration 400ms --net latency=80ms,jitter=20ms";
    let run = run(Script::default(), flags).await;
    run.assert(0, 2, 0);
    // A round trip is as short as the jitter makes it, and then the server takes its time.
    assert!(run.number("/input_to_update_ms/p50") > 60.0, "{}", run.report);
    assert_eq!(run.log.wrong, Vec::<String>::new());
    assert_eq!(run.log.goodbyes, 2);
}

#[tokio::test]
async fn a_replica_that_differs_fails_the_run() {
    let script = Script { wrong_hash: true, ..Script::default() };
    let run_checked = run(script, "--bots 2 --duration 200ms").await;
    run_checked.assert(1, 2, 0);
    assert!(run_checked.number("/desyncs") > 0.0);
    assert_eq!(run_checked.log.reports, 2, "one of each bot: reports are rare");
    assert!(run_checked.errors.contains("differed"), "{}", run_checked.errors);

    let run_unchecked = run(script, "--bots 2 --duration 200ms --verify-share 0").await;
    run_unchecked.assert(0, 2, 0);
    assert_eq!(run_unchecked.report["entities_per_update"], Value::Null);
}

#[tokio::test]
async fn bots_come_back_after_a_restart() {
    let close = Some(Close { connections: 3, after_frames: 5, code: 1012 });
    let run = run(Script { close, ..Script::default() }, "--bots 3 --duration 3s").await;
    run.assert(0, 3, 0);
    assert_eq!(run.number("/reconnects"), 3.0);
    assert_eq!(run.log.subprotocols.len(), 6);
    assert!(run.number("/ticks_lost") > 0.0);
    assert!(run.number("/resume_ms/p50") > 0.0 && run.number("/resume_ms/max") > 0.0);
    assert_eq!(run.number("/desyncs"), 0.0);
}

#[tokio::test]
async fn bots_resume_what_they_cut() {
    let script = Script { resume_window_ms: 20_000, ..Script::default() };
    let run = run(script, "--bots 3 --duration 2s --cut-every 500ms").await;
    run.assert(0, 3, 0);
    let resumed = run.number("/resumed");
    // Four each, but for one that comes due while its bot is on its way back.
    assert!((6.0..=12.0).contains(&resumed), "{}", run.report);
    assert_eq!(run.number("/reconnects"), resumed);
    assert_eq!(run.log.resumes.len() as f64, resumed);
    assert_eq!(run.log.joins.len(), 3);
    // Cut without a word; only at the end do bots say goodbye.
    assert_eq!(run.log.goodbyes, 3);
    assert_eq!(run.number("/desyncs"), 0.0);
    assert_eq!(run.log.wrong, Vec::<String>::new());
}

#[tokio::test]
async fn all_bots_cut_once_at_a_time() {
    let script = Script { resume_window_ms: 20_000, ..Script::default() };
    let run = run(script, "--bots 4 --duration 1s --cut-at 300ms").await;
    run.assert(0, 4, 0);
    assert_eq!([run.number("/reconnects"), run.number("/resumed")], [4.0; 2]);
    assert!(run.number("/resume_ms/max") > 0.0);
    assert_eq!((run.log.resumes.len(), run.log.joins.len(), run.log.goodbyes), (4, 4, 4));
}

#[tokio::test]
async fn bots_that_cut_where_nothing_is_resumed_join_again() {
    // Joining takes half a second at the least: those who are not back at the end are waited for.
    let run = run(Script::default(), "--bots 2 --duration 700ms --cut-at 300ms").await;
    run.assert(0, 2, 0);
    assert_eq!([run.number("/reconnects"), run.number("/resumed")], [2.0, 0.0]);
    assert_eq!(run.log.joins.len(), 4);
}

#[tokio::test]
async fn a_bot_that_becomes_somebody_else_has_failed() {
    let close = Some(Close { connections: 1, after_frames: 9, code: LOST });
    let resume = Resume::OtherPlayer;
    let script = Script { close, resume, resume_window_ms: 20_000, ..Script::default() };
    let run = run(script, "--bots 2 --duration 1s").await;
    run.assert(1, 2, 1);
    assert!(run.errors.contains("resumed as player 2, who was player 1"), "{}", run.errors);
}

#[tokio::test]
async fn a_refused_join_fails_the_run() {
    let script = Script { refused_joins: 1, ..Script::default() };
    let run = run(script, "--bots 3 --duration 200ms").await;
    run.assert(1, 2, 1);
    assert!(run.errors.contains("1 bot failed: the room is full"), "{}", run.errors);
}

#[tokio::test]
async fn bots_whom_a_busy_server_refuses_come_again() {
    let busy = Busy { after: 0, times: 4, status: 503, retry_after: Some(1) };
    let busy_upgrades = Busy { after: 1, status: 429, ..busy };
    let script = Script { busy_joins: busy, busy_upgrades, ..Script::default() };
    let run = run(script, "--bots 3 --duration 200ms").await;
    run.assert(0, 3, 0);
    assert_eq!(run.errors, "");
    // Seats are kept when only the upgrade was refused.
    assert_eq!((run.log.joins.len(), run.log.upgrades.len()), (3 + 4, 3 + 4));
}

#[tokio::test]
async fn bots_that_are_turned_away_for_good_fail_the_run() {
    let close = Some(Close { connections: 1, after_frames: 1, code: 4400 });
    let run = run(Script { close, ..Script::default() }, "--bots 2 --duration 400ms").await;
    run.assert(1, 2, 1);
    assert!(run.errors.contains("closed with 4400"), "{}", run.errors);
}

#[tokio::test]
async fn nobody_there_fails_every_bot() {
    // Bound, so that nobody else has the port, but not listening.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let output = Command::new(env!("CARGO_BIN_EXE_bot-client"))
        .args(["--url", &url, "--bots", "2", "--json"])
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["bots_connected"], &report["bots_failed"]), (&0.into(), &2.into()));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("2 bots failed") && errors.contains(&url), "{errors}");
}

#[tokio::test]
async fn rooms_that_cannot_be_created_are_an_error_in_one_line() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let output = Command::new(env!("CARGO_BIN_EXE_bot-client"))
        .args(["--url", &url, "--rooms", "1"])
        .env("RUST_BACKTRACE", "1")
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.starts_with("error: cannot create a room of \"arena\""), "{errors}");
    assert!(errors.contains(&url) && errors.lines().count() == 1, "{errors}");
}

#[tokio::test]
async fn a_bad_flag_is_status_2() {
    for (flag, value) in [("--bots", "none"), ("--net", "latency=80"), ("--net", "loss=1%")] {
        let output = Command::new(env!("CARGO_BIN_EXE_bot-client"))
            .args([flag, value])
            .output()
            .await
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.contains(flag) && errors.contains(value), "{errors}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn an_interrupt_ends_the_run_early_with_a_report() {
    let test = async {
        let server = FakeServer::start(Script::default()).await;
        let bots = spawn(&server, "--bots 2 --duration 1h");
        // Both play, and the window has begun: inputs go on after everybody is in.
        server.log.wait_for(|log| log.subprotocols.len() == 2 && log.inputs > 20).await;
        let process = bots.id().unwrap().to_string();
        let kill = Command::new("kill").args(["-INT", &process]).status().await.unwrap();
        assert!(kill.success());
        read(&bots.wait_with_output().await.unwrap(), &server)
    };
    let run = LocalSet::new().run_until(test).await;
    run.assert(0, 2, 0);
    assert!(run.number("/updates_per_second_per_bot") > 0.0);
}
