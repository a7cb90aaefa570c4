//! Clients that stop reading while the server has more to say than the kernel takes: their sessions go
//! on, notice, and end with everything that is theirs.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use futures_util::SinkExt;
use serde_json::json;
use support::{Client, RawSocket, TestServer, loud};
use tickwire_protocol::ids::{EventNumber, FrameNumber};
use tickwire_protocol::message::{Ack, ClientMessage};
use tokio_tungstenite::tungstenite::Message;

fn start() -> TestServer {
    // Some 65 KB per frame, so that a client's window of state is more than the kernel takes, and less than
    // what stops the server from reading.
    let flags = [
        "--default-game=loud",
        "--heartbeat-interval=100ms",
        "--heartbeat-timeout=1500ms",
        "--resume-window=200ms",
    ];
    TestServer::start_with(loud::games(), &flags)
}

async fn enter(server: &TestServer) -> RawSocket {
    let joined = server.join(json!({"name": "tester"})).await;
    // Nobody speaks before the welcome.
    Client::connect(joined["ws_url"].as_str().unwrap()).await.socket
}

#[tokio::test]
async fn a_session_goes_on_while_its_client_does_not_read() {
    let server = start();
    let mut sockets = Vec::new();
    for _ in 0..5 {
        sockets.push(enter(&server).await);
    }
    // Not a word from the client: the session, and nobody else, notices its silence.
    server.metric_until("tickwire_closes_total{cause=\"silent\"}", 5.0).await;
    // The close frames cannot get out; the connections end all the same.
    server.metric_until("tickwire_sessions", 0.0).await;
    server.room_until(|room| room["players"] == 0).await;
}

#[tokio::test]
async fn who_acknowledges_what_it_does_not_read_does_not_fill_the_memory() {
    let server = start();
    let mut socket = enter(&server).await;
    let lie = async {
        for frame in 1.. {
            let ack = Ack { frame: FrameNumber(frame), event: EventNumber(0) };
            let ack = Message::Binary(ClientMessage::Ack(ack).to_bytes().into());
            // As fast as frames are made, but not faster: what was never sent is a bad message.
            let before = server.metric("tickwire_frames_total").await;
            while server.metric("tickwire_frames_total").await == before {
                tokio::task::yield_now().await;
            }
            if socket.send(ack).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = lie => {}
        () = server.metric_until("tickwire_closes_total{cause=\"silent\"}", 1.0) => {}
    }
    let bytes = server.metric("tickwire_frame_bytes_total").await;
    assert!(bytes < 2.0e6, "{bytes} bytes were queued for it");
    server.metric_until("tickwire_sessions", 0.0).await;
}

#[tokio::test]
async fn who_talks_but_does_not_read_is_too_slow() {
    let server = start();
    let mut socket = enter(&server).await;
    let mut beats = tokio::time::interval(Duration::from_millis(50));
    let talk = async {
        loop {
            beats.tick().await;
            let ping = Message::Binary(ClientMessage::Ping { nonce: 1 }.to_bytes().into());
            if socket.send(ping).await.is_err() {
                return std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = talk => {}
        () = server.metric_until("tickwire_closes_total{cause=\"too_slow\"}", 1.0) => {}
    }
    server.metric_until("tickwire_sessions", 0.0).await;
}
