//! Coming back as the same player, over real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use futures_util::SinkExt;
use serde_json::json;
use support::{Client, Received, TestServer, close, close_code, drift, open};
use tickwire_protocol::ids::EventNumber;
use tickwire_protocol::message::ClientMessage;
use tokio_tungstenite::tungstenite::Message;

fn resume_url(server: &TestServer, client: &Client, event: u32) -> String {
    let token = &client.welcome.resume_token;
    format!("ws://{}/ws?resume={token}&event={event}", server.address)
}

/// Reads until the client's acknowledgements have reached the room.
async fn settle(client: &mut Client) {
    for _ in 0..5 {
        client.frame().await;
    }
    client.send(ClientMessage::Ping { nonce: 1 }).await;
    while !matches!(client.next().await, Received::Message(_)) {}
}

#[tokio::test]
async fn a_player_comes_back_with_everything() {
    let server = TestServer::start(&["--bots=0"]);
    let mut witness = server.enter(json!({"name": "witness"})).await;
    let mut lost = server.enter(json!({"name": "lost"})).await;
    settle(&mut lost).await;
    for _ in 0..3 {
        let (url, player) = (resume_url(&server, &lost, 0), lost.welcome.player);
        // Not a word of goodbye.
        drop(lost);
        server.metric_until("tickwire_sessions", 1.0).await;
        assert_eq!(server.room().await["players"], 2);
        lost = Client::connect(&url).await;
        assert_eq!(lost.welcome.player, player);
        assert!(lost.welcome.resumed.is_some());
        settle(&mut lost).await;
    }
    assert_eq!(server.metric("tickwire_resumes_total").await, 3.0);
    settle(&mut witness).await;
    lost.leave().await;
    server.room_until(|room| room["players"] == 1).await;
}

#[tokio::test]
async fn a_newer_connection_replaces_the_older_one() {
    let server = TestServer::start(&[]);
    let mut first = server.enter(drift()).await;
    settle(&mut first).await;
    let mut second = Client::connect(&resume_url(&server, &first, 0)).await;
    assert_eq!(second.welcome.player, first.welcome.player);
    assert_eq!(close_code(&mut first.socket).await, 4409);
    settle(&mut second).await;
    assert_eq!(server.room().await["players"], 1);
    server.metric_until("tickwire_sessions", 1.0).await;
    settle(&mut second).await;
}

#[tokio::test]
async fn only_the_newest_token_lets_its_player_in() {
    let server = TestServer::start(&[]);
    let mut client = server.enter(drift()).await;
    settle(&mut client).await;
    let old = resume_url(&server, &client, 0);
    drop(client);
    let mut client = Client::connect(&old).await;
    settle(&mut client).await;
    let joined = server.join(drift()).await;
    let base = format!("ws://{}/ws?resume=", server.address);
    let join_token = joined["token"].as_str().unwrap();
    for url in [old.clone(), base.clone(), format!("{base}AAAA"), format!("{base}{join_token}")] {
        let (code, text) = close(&mut open(&url).await).await;
        assert_eq!(code, 4001, "{url}: {text}");
        assert!(!text.is_empty(), "{url}");
    }
    // The real player has not noticed.
    settle(&mut client).await;
    // Nor can what was never sent be acknowledged.
    let (code, _) = close(&mut open(&resume_url(&server, &client, 1000)).await).await;
    assert_eq!(code, 4001);
    settle(&mut client).await;
}

#[tokio::test]
async fn a_token_can_be_the_first_message() {
    let server = TestServer::start(&[]);
    let url = format!("ws://{}/ws", server.address);
    let joined = server.join(drift()).await;
    let token = joined["token"].as_str().unwrap().to_owned();
    let enter = |message: ClientMessage| Message::Binary(message.to_bytes().into());
    let mut socket = open(&url).await;
    socket.send(enter(ClientMessage::Enter { token })).await.unwrap();
    let mut client = Client::welcomed(socket).await;
    settle(&mut client).await;
    let token = client.welcome.resume_token.clone();
    drop(client);
    let mut socket = open(&url).await;
    let event = EventNumber(0);
    socket.send(enter(ClientMessage::Resume { token, event })).await.unwrap();
    settle(&mut Client::welcomed(socket).await).await;
    // Anything else is none, and so is silence.
    let mut other = open(&url).await;
    other.send(enter(ClientMessage::Ping { nonce: 1 })).await.unwrap();
    assert_eq!(close_code(&mut other).await, 4400);
    let (code, text) = close(&mut open(&url).await).await;
    assert!(code == 4001 && text.contains("a token is due"), "{text}");
}

#[tokio::test]
async fn who_leaves_is_gone_at_once() {
    let server = TestServer::start(&[]);
    let client = server.enter(drift()).await;
    let url = resume_url(&server, &client, 0);
    let _witness = server.enter(drift()).await;
    client.leave().await;
    server.room_until(|room| room["players"] == 1).await;
    let (code, text) = close(&mut open(&url).await).await;
    assert_eq!(code, 4001, "{text}");
}
