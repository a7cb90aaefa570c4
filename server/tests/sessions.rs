//! Sessions over time: moving, seeing each other, falling silent.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use support::{Client, PATIENCE, Received, TestServer, drift, open, read_in_silence, tcp};
use tickwire_protocol::ids::{InputSeq, PlayerId, Tick};
use tickwire_protocol::message::{ClientMessage, Input, InputValues, ServerMessage, ViewAge};
use tickwire_protocol::parts::PartNumber;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;

/// The x lane of a player's body, as a client sees it.
fn x_of(client: &Client, player: PlayerId) -> Option<u32> {
    client.replica.entities().find(|row| row.lanes[0] == player.0).map(|row| row.lanes[1])
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
    mover
        .send(ClientMessage::Input(Input {
            seq: InputSeq(1),
            at: Tick(0),
            view_age: ViewAge::UNTOLD,
            values,
        }))
        .await;
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
    let server = TestServer::start(&[&HEARTBEAT[..], &["--resume-window=200ms"]].concat());
    let joined = server.join(drift()).await;
    let mut socket = open(joined["ws_url"].as_str().unwrap()).await;
    let frames = read_in_silence(&mut socket).await;
    let (opcode, payload) = frames.last().unwrap();
    assert_eq!((*opcode, &payload[..2]), (0x88, &4408_u16.to_be_bytes()[..]));
    let pings = frames.iter().filter(|(first, _)| *first == 0x89).count();
    assert!((3..=4).contains(&pings), "{pings} pings of 100 ms in a silence of 400 ms");
    server.room_until(|room| room["players"] == 0).await;
    assert_eq!(server.metric("tickwire_closes_total{cause=\"silent\"}").await, 1.0);
}

#[tokio::test]
async fn any_frame_counts_as_life() {
    let server = TestServer::start(&HEARTBEAT);
    // A ping of our own protocol, as a raw frame: no library answers the server's pings here.
    let message = ClientMessage::Ping { nonce: 1 }.to_bytes();
    let message = [&[0x82, 0x80 | message.len() as u8, 0, 0, 0, 0], &message[..]].concat();
    // The same in two fragments, and an unasked pong.
    let fragments = [&[0x02, 0x81, 0, 0, 0, 0, message[6]], &[0x80, 0x81, 0, 0, 0, 0, 1][..]];
    let pong = vec![0x8a, 0x80, 0, 0, 0, 0];
    for alive in [message, fragments.concat(), pong] {
        let joined = server.join(drift()).await;
        let mut socket = open(joined["ws_url"].as_str().unwrap()).await;
        let stream = tcp(&mut socket);
        let mut ticks = tokio::time::interval(Duration::from_millis(100));
        let mut buffer = [0; 4096];
        // Three times as long as silence may last.
        let mut beats = 0;
        while beats < 12 {
            tokio::select! {
                _ = ticks.tick() => {
                    stream.write_all(&alive).await.unwrap();
                    beats += 1;
                }
                read = stream.read(&mut buffer) => assert!(read.unwrap() > 0, "{alive:?}"),
            }
        }
    }
    assert_eq!(server.metric("tickwire_closes_total{cause=\"silent\"}").await, 0.0);
}

#[tokio::test]
async fn a_dropped_connection_frees_the_seat_in_time() {
    let server = TestServer::start(&["--resume-window=200ms"]);
    let client = server.enter(drift()).await;
    server.room_until(|room| room["players"] == 1).await;
    drop(client);
    server.room_until(|room| room["players"] == 0).await;
    server.metric_until("tickwire_sessions", 0.0).await;
    assert_eq!(server.metric("tickwire_closes_total{cause=\"lost\"}").await, 1.0);
    assert_eq!(server.metric("tickwire_closes_total{cause=\"invalid_utf8\"}").await, 0.0);
}

#[tokio::test]
async fn a_client_whose_state_differs_is_heard_and_gets_all_of_it_anew() {
    let server = TestServer::start(&[]);
    let mut client = server.enter(drift()).await;
    assert!(client.frame().await.is_keyframe);
    let report = client.replica.report(PartNumber::cell(0)).unwrap();
    client.send(report).await;
    while !client.frame().await.is_keyframe {}
    server.metric_until("tickwire_desyncs_total", 1.0).await;
    client.leave().await;
}

#[tokio::test]
async fn a_client_that_reads_but_never_acknowledges_is_too_slow() {
    // Too slow is a heartbeat's timeout and a quarter of a second, and at least 64 ticks.
    let server = TestServer::start(&["--heartbeat-interval=100ms", "--heartbeat-timeout=500ms"]);
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
    assert!(frames <= 32, "{frames} frames were sent, a second's worth is the window");
    assert!(server.metric("tickwire_frames_skipped_total").await > 30.0);
}
