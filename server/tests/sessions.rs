//! Sessions over time: moving, seeing each other, falling silent, the server's goodbye.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use support::{Client, PATIENCE, Received, TestServer, close_code, drift, open};
use tickwire_protocol::ids::{InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{ClientMessage, Input, InputValues, ServerMessage};
use tokio_tungstenite::tungstenite::Message;

/// The x lane of a player's body, as a client sees it.
fn x_of(client: &Client, player: PlayerId) -> Option<u32> {
    client.replica.snapshot().rows().find(|row| row.lanes[0] == player.0).map(|row| row.lanes[1])
}

#[tokio::test]
async fn two_players_see_each_other_move() {
    let server = TestServer::start(&[]);
    let mut mover = server.enter(drift()).await;
    let mut watcher = server.enter(drift()).await;
    let player = mover.welcome.player;
    watcher.frame().await;
    let start = x_of(&watcher, player).unwrap();
    let vx = if start < 32_000 { 100 } else { -100 };
    let values = InputValues::new(&[vx, 0]).unwrap();
    mover.send(ClientMessage::Input(Input { seq: InputSeq(1), at: Tick(0), values })).await;
    loop {
        mover.frame().await;
        watcher.frame().await;
        let moved = x_of(&watcher, player).unwrap().cast_signed() - start.cast_signed();
        if moved.abs() > 160 {
            assert_eq!(moved.signum(), vx.signum());
            break;
        }
    }
    mover.leave().await;
    while x_of(&watcher, player).is_some() {
        watcher.frame().await;
    }
}

#[tokio::test]
async fn pings_are_answered_with_the_rooms_time() {
    let server = TestServer::start(&[]);
    let mut client = server.enter(drift()).await;
    client.send(ClientMessage::Ping { nonce: 5 }).await;
    loop {
        if let Received::Message(ServerMessage::Pong { nonce, room_time_us }) = client.next().await
        {
            assert_eq!(nonce, 5);
            let tick = client.replica.cursor().tick().unwrap_or(client.welcome.tick);
            let due_us = u64::from(tick.0) * 1_000_000 / 30;
            assert!(room_time_us.abs_diff(due_us) < 2_000_000, "{room_time_us} at tick {tick}");
            break;
        }
    }
}

const HEARTBEAT: [&str; 2] = ["--heartbeat-interval=100ms", "--heartbeat-timeout=400ms"];

#[tokio::test]
async fn a_silent_session_is_closed_and_its_seat_is_free() {
    let server = TestServer::start(&HEARTBEAT);
    let joined = server.join(drift()).await;
    let mut socket = open(joined["ws_url"].as_str().unwrap()).await;
    // Read without ever writing: tungstenite answers pings only when it is written to or flushed.
    let begin = std::time::Instant::now();
    let stream = socket.get_mut();
    let tokio_tungstenite::MaybeTlsStream::Plain(stream) = stream else { panic!("plain") };
    let mut last = Vec::new();
    let read = async {
        use tokio::io::AsyncReadExt;
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut buffer).await {
            last = buffer[..length].to_vec();
        }
    };
    tokio::time::timeout(PATIENCE, read).await.unwrap();
    assert!(begin.elapsed() >= Duration::from_millis(400));
    let code = 4408_u16.to_be_bytes();
    assert!(last.windows(2).any(|pair| pair == code), "the last bytes hold the close code");
    server.room_until(|room| room["players"] == 0).await;
    assert_eq!(server.metric("tickwire_closes_total{cause=\"silent\"}").await, 1.0);
}

#[tokio::test]
async fn any_frame_counts_as_life() {
    let server = TestServer::start(&HEARTBEAT);
    let mut client = server.enter(drift()).await;
    let begin = std::time::Instant::now();
    // Acknowledgements alone, which `frame` sends, keep the session alive.
    while begin.elapsed() < Duration::from_millis(1500) {
        client.frame().await;
    }
    assert_eq!(server.metric("tickwire_closes_total{cause=\"silent\"}").await, 0.0);
    client.leave().await;
}

#[tokio::test]
async fn a_dropped_connection_frees_the_seat() {
    let server = TestServer::start(&[]);
    let client = server.enter(drift()).await;
    server.room_until(|room| room["players"] == 1).await;
    drop(client);
    server.room_until(|room| room["players"] == 0).await;
    assert_eq!(server.metric("tickwire_sessions").await, 0.0);
}

#[tokio::test]
async fn a_client_that_reads_but_never_acknowledges_is_too_slow() {
    let server = TestServer::start(&["--tick-rate=60"]);
    let joined = server.join(drift()).await;
    let mut socket = open(joined["ws_url"].as_str().unwrap()).await;
    let mut frames = 0;
    let code = loop {
        match tokio::time::timeout(PATIENCE, socket.next()).await.unwrap() {
            Some(Ok(Message::Close(Some(close)))) => break u16::from(close.code),
            Some(Ok(Message::Binary(_))) => frames += 1,
            Some(Ok(Message::Ping(_))) => socket.flush().await.unwrap(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(code, 4410);
    assert!(frames <= 62, "{frames} frames were sent, a second's worth is the window");
    assert!(server.metric("tickwire_frames_skipped_total").await > 100.0);
}

#[tokio::test]
async fn the_server_says_goodbye() {
    let mut server = TestServer::start(&[]);
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(server.enter(drift()).await);
    }
    server.begin_shutdown();
    for mut client in clients {
        assert_eq!(close_code(&mut client.socket).await, 1012);
    }
}
