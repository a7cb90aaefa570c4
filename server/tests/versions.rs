//! Versions of the wire over real sockets: the one before the newest is spoken as it was, others are refused.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use serde_json::{Value, json};
use support::{Client, Received, TestServer, drift, open_speaking};
use tickwire_protocol::close::CloseReason;
use tickwire_protocol::ids::{InputSeq, RequestId, Tick};
use tickwire_protocol::message::{
    ClientMessage, Input, InputValues, Request, RequestKind, ServerMessage, ViewAge,
};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

#[tokio::test]
async fn the_version_before_joins_plays_and_is_told_nothing_that_it_does_not_know() {
    let server = TestServer::start(&[]);
    let (_, room) = server.post("/api/rooms", drift_room()).await;
    let joined = server.join(json!({"room": room["room"]})).await;
    let socket = open_speaking(joined["ws_url"].as_str().unwrap(), "tickwire.v1").await;
    let mut old = Client::welcomed(socket).await;
    let joined = server.join(json!({"host_key": room["host_key"]})).await;
    let socket = open_speaking(joined["ws_url"].as_str().unwrap(), "tickwire.v1.1").await;
    let mut host = Client::welcomed(socket).await;
    let values = InputValues::new(&[1, 0]).unwrap();
    let (seq, at, view_age) = (InputSeq(1), Tick(0), ViewAge::UNTOLD);
    old.send(ClientMessage::Input(Input { seq, at, view_age, values })).await;
    let mut is_applied = false;
    while !is_applied {
        match old.next().await {
            Received::Frame(frame) => {
                is_applied = frame.input.is_some_and(|input| input.seq == seq)
            }
            Received::Message(message) => panic!("{message:?}"),
        }
    }
    let kick = RequestKind::Kick { player: old.welcome.player };
    host.send(ClientMessage::Request(Request { id: RequestId(1), what: kick })).await;
    let (code, text) = support::close(&mut old.socket).await;
    assert_eq!(code, CloseReason::RoomEnded.code(), "which covers that the game sends one away");
    assert_eq!(text, CloseReason::RoomEnded.text());
    let told = loop {
        if let Received::Message(ServerMessage::Host { player }) = host.next().await {
            break player;
        }
    };
    assert_eq!(told, Some(host.welcome.player), "as the newest version has it");
}

fn drift_room() -> Value {
    json!({"game": "drift"})
}

#[tokio::test]
async fn the_newest_version_that_both_speak_is_taken() {
    let server = TestServer::start(&[]);
    for (offered, taken) in [
        (Some("tickwire.v1, tickwire.v1.1"), Some("tickwire.v1.1")),
        (Some("tickwire.v9, tickwire.v1"), Some("tickwire.v1")),
        (None, None),
    ] {
        let joined = server.join(drift()).await;
        assert!(joined["protocols"].as_array().unwrap().contains(&json!("tickwire.v1.1")));
        let mut request = joined["ws_url"].as_str().unwrap().into_client_request().unwrap();
        if let Some(offered) = offered {
            request.headers_mut().insert("sec-websocket-protocol", offered.parse().unwrap());
        }
        let (socket, response) = connect_async(request).await.unwrap();
        let named = response.headers().get("sec-websocket-protocol");
        assert_eq!(named.map(|name| name.to_str().unwrap()), taken);
        Client::welcomed(socket).await.leave().await;
    }
}

#[tokio::test]
async fn a_version_that_is_not_spoken_is_refused_with_both_lists() {
    let server = TestServer::start(&[]);
    let joined = server.join(drift()).await;
    let mut request = joined["ws_url"].as_str().unwrap().into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "tickwire.v9".parse().unwrap());
    let Error::Http(response) = connect_async(request).await.unwrap_err() else {
        panic!("an answer is due")
    };
    assert_eq!(response.status(), 400);
    let body: Value = serde_json::from_slice(response.body().as_ref().unwrap()).unwrap();
    assert_eq!(body["error"], "version");
    let message = body["message"].as_str().unwrap();
    for name in ["tickwire.v9", "tickwire.v1", "tickwire.v1.1"] {
        assert!(message.contains(name), "{message}");
    }
    // The token is as good as before.
    Client::connect(joined["ws_url"].as_str().unwrap()).await.leave().await;
}
