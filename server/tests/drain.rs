//! A server that is told to stop: nobody comes in any more, and everybody is told and sent away.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeSet;

use futures_util::StreamExt;
use reqwest::StatusCode;
use serde_json::json;
use support::process::Process;
use support::{Client, PATIENCE, Received, TestServer, close_code, drift, open};
use tickwire_protocol::message::{ClientMessage, Event, GameMessage, ServerMessage, Value};
use tokio_tungstenite::tungstenite::Message;

/// Reads on to the word that the server restarts: when it closes, and when to come back.
async fn restart(client: &mut Client) -> (u32, u32) {
    loop {
        if let Received::Message(ServerMessage::Restarting { closes_in_ms, back_after_ms }) =
            client.next().await
        {
            return (closes_in_ms, back_after_ms);
        }
    }
}

#[tokio::test]
async fn everybody_is_told_when_to_come_back_each_at_another_time() {
    let mut server = TestServer::start(&["--restart-delay=1s"]);
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(server.enter(drift()).await);
    }
    server.begin_shutdown();
    let mut delays = BTreeSet::new();
    for mut client in clients {
        let (_, back_after_ms) = restart(&mut client).await;
        assert!((1000..=2000).contains(&back_after_ms), "{back_after_ms}");
        delays.insert(back_after_ms);
        assert_eq!(close_code(&mut client.socket).await, 1012);
    }
    assert!(delays.len() >= 3, "{delays:?}: they would come back at once");
}

#[tokio::test]
async fn nobody_comes_in_any_more_and_those_who_are_in_play_to_the_end() {
    let mut server = TestServer::start(&["--drain-notice=700ms"]);
    let mut client = server.enter(drift()).await;
    let waiting = server.join(drift()).await;
    assert_eq!(server.get("/readyz").await.0, StatusCode::OK);
    server.begin_shutdown();
    let (closes_in_ms, _) = restart(&mut client).await;
    assert!(closes_in_ms <= 700, "{closes_in_ms}");
    assert_eq!(server.get("/readyz").await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(server.get("/healthz").await.0, StatusCode::OK);
    let (status, answer) = server.post("/api/join", drift()).await;
    assert_eq!(
        (status, &answer["error"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("shutting_down"))
    );
    let mut late = open(waiting["ws_url"].as_str().unwrap()).await;
    assert_eq!(close_code(&mut late).await, 1012);
    // Still playing, also when the connection breaks meanwhile.
    let resume = format!("{}&event=0", client.welcome.resume_token);
    drop(client);
    let mut client = Client::connect(&format!("ws://{}/ws?resume={resume}", server.address)).await;
    restart(&mut client).await;
    let first = client.frame().await.tick;
    while client.frame().await.tick.since(first) < 5 {}
    assert_eq!(close_code(&mut client.socket).await, 1012);
}

#[tokio::test]
async fn what_was_said_before_is_heard_also_by_who_is_sent_little() {
    for (send_hz, notice) in [(30, "0s"), (7, "0s"), (7, "500ms")] {
        hear_last_words(send_hz, &format!("--drain-notice={notice}")).await;
    }
}

async fn hear_last_words(send_hz: u32, notice: &str) {
    let mut server = TestServer::start(&["--bots=0", notice]);
    let mut speaker = server.enter(json!({"name": "speaker"})).await;
    let mut listener = server.enter(json!({"name": "listener", "send_hz": send_hz})).await;
    let text = GameMessage { kind: 0, values: vec![Value::Text("last words".to_owned())] };
    speaker.send(ClientMessage::Game(text)).await;
    // A ping after it: once that is answered, the message is with the room.
    speaker.send(ClientMessage::Ping { nonce: 1 }).await;
    while !matches!(speaker.next().await, Received::Message(ServerMessage::Pong { nonce: 1, .. })) {
    }
    server.begin_shutdown();
    let heard = async {
        loop {
            let Received::Frame(frame) = listener.next().await else { continue };
            let is_chat = |event: &Event| match event {
                Event::Game(event) => event.values.contains(&Value::Text("last words".to_owned())),
                _ => false,
            };
            if frame.events.iter().any(|event| is_chat(&event.event)) {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, heard).await.unwrap();
    assert_eq!(close_code(&mut listener.socket).await, 1012);
}

#[tokio::test]
async fn who_does_not_listen_does_not_hold_the_server_up() {
    let mut process = Process::start(&["--drain-timeout=1s", "--entry-timeout=1h"]);
    let joined = process.join().await;
    // Reads, but acknowledges nothing: events wait for it to the end.
    let mut deaf = open(joined["ws_url"].as_str().unwrap()).await;
    // Has no token yet, and never sends one.
    let mut awaiting = open(&format!("{}/ws", process.url.replace("http://", "ws://"))).await;
    let Some(Ok(Message::Binary(_))) = deaf.next().await else { panic!("a welcome") };
    process.signal("-TERM");
    assert_eq!(close_code(&mut awaiting).await, 1012);
    assert_eq!(close_code(&mut deaf).await, 1012);
    drop((deaf, awaiting));
    assert_eq!(process.exit_code(), Some(0));
}

#[tokio::test]
async fn who_asks_twice_does_not_wait() {
    let mut process = Process::start(&["--drain-timeout=10s", "--drain-notice=7s"]);
    let mut client = process.enter().await;
    process.signal("-INT");
    restart(&mut client).await;
    process.signal("-INT");
    assert_eq!(process.exit_code(), Some(130));
}
