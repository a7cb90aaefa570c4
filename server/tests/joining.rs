//! Getting in: rooms, seats, tokens, listings, over real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use reqwest::StatusCode;
use serde_json::json;
use support::{Client, TestServer, close_code, drift, open};
use tickwire_protocol::message::Role;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

#[tokio::test]
async fn a_player_gets_a_welcome_and_then_frames() {
    let server = TestServer::start(&[]);
    let joined = server.join(json!({"name": "  Ada\u{202e}  Lovelace "})).await;
    let mut client = Client::connect(joined["ws_url"].as_str().unwrap()).await;
    assert_eq!(client.welcome.room, joined["room"]);
    assert_eq!(client.welcome.player.0, joined["player"]);
    assert_eq!(client.welcome.schema.game, "arena", "the demo game is the default");
    let own = client.welcome.roster.iter().find(|entry| entry.player == client.welcome.player);
    assert_eq!(own.unwrap().name, "Ada Lovelace");
    let bots = client.welcome.roster.iter().filter(|entry| entry.role == Role::Bot).count();
    assert_eq!(bots, 6);
    let first = client.frame().await;
    assert!(first.is_keyframe);
    let second = client.frame().await;
    assert!(!second.is_keyframe);
    assert_eq!(second.tick.since(first.tick), 1);
    assert!(client.replica.entity_count() > 10);
}

#[tokio::test]
async fn quick_play_fills_a_room_before_it_opens_another() {
    let server = TestServer::start(&["--room-capacity=3"]);
    let mut rooms = Vec::new();
    for _ in 0..5 {
        rooms.push(server.join(drift()).await["room"].clone());
    }
    assert_eq!(rooms[0], rooms[1]);
    assert_eq!(rooms[0], rooms[2]);
    assert_ne!(rooms[0], rooms[3]);
    assert_eq!(rooms[3], rooms[4]);
}

#[tokio::test]
async fn simultaneous_joins_never_overfill_a_room() {
    let server = TestServer::start(&["--room-capacity=8"]);
    let (_, room) = server.post("/api/rooms", json!({"game": "drift"})).await;
    let body = json!({"name": "x", "room": room["room"]});
    let joins = (0..20).map(|_| server.post("/api/join", body.clone()));
    let answers = futures_util::future::join_all(joins).await;
    let count = |wanted| answers.iter().filter(|(status, _)| *status == wanted).count();
    assert_eq!((count(StatusCode::OK), count(StatusCode::CONFLICT)), (8, 12));
    let refused = answers.iter().find(|(status, _)| *status == StatusCode::CONFLICT).unwrap();
    assert_eq!(refused.1["error"], "room_full");
}

#[tokio::test]
async fn what_cannot_be_joined_says_why() {
    let server = TestServer::start(&["--max-rooms=1"]);
    for (path, body, status, error) in [
        ("/api/join", json!({"room": "0123456789"}), 404, "no_such_room"),
        ("/api/join", json!({"room": "nonsense"}), 400, "bad_request"),
        ("/api/join", json!({"game": "chess"}), 404, "no_such_game"),
        ("/api/join", json!({"name": 7}), 400, "bad_request"),
        ("/api/join", json!({"send_hz": 0}), 400, "bad_request"),
        ("/api/join", json!({"colour": "red"}), 400, "bad_request"),
        ("/api/join", json!({"name": "x".repeat(20_000)}), 413, "too_large"),
        ("/api/rooms", json!({"game": "chess"}), 404, "no_such_game"),
        ("/api/rooms", json!({"game": "drift", "options": {"world": "tiny"}}), 400, "bad_option"),
        ("/api/rooms", json!({"game": "drift", "options": {"wind": "1"}}), 400, "bad_option"),
        ("/api/rooms", json!({"game": "drift"}), 201, ""),
        ("/api/rooms", json!({"game": "drift"}), 503, "too_many_rooms"),
        ("/api/nothing", json!({}), 404, "not_found"),
    ] {
        let (got, answer) = server.post(path, body.clone()).await;
        assert_eq!(got.as_u16(), status, "{path} {body}: {answer}");
        if status != 201 {
            assert_eq!(answer["error"], error, "{body}");
            assert!(!answer["message"].as_str().unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn a_token_for_a_room_that_has_ended_says_so() {
    let server = TestServer::start(&["--empty-room-timeout=100ms"]);
    let spectator = json!({"game": "drift", "spectate": true});
    let stale = server.join(spectator).await;
    // The seat is kept for ten seconds; after that the room is empty and ends.
    server.room_until(serde_json::Value::is_null).await;
    let mut socket = open(stale["ws_url"].as_str().unwrap()).await;
    assert_eq!(close_code(&mut socket).await, 4404);
}

#[tokio::test]
async fn a_seat_that_lapsed_and_was_taken_is_gone() {
    let server = TestServer::start(&["--room-capacity=1"]);
    let late = server.join(drift()).await;
    server.room_until(|room| room["free_seats"] == 0).await;
    server.room_until(|room| room["free_seats"] == 1).await;
    let quick = server.enter(json!({"room": late["room"]})).await;
    let mut socket = open(late["ws_url"].as_str().unwrap()).await;
    assert_eq!(close_code(&mut socket).await, 4423);
    assert_eq!(server.room().await["players"], 1);
    quick.leave().await;
}

#[tokio::test]
async fn another_subprotocol_is_refused_with_what_is_spoken() {
    let server = TestServer::start(&[]);
    let joined = server.join(drift()).await;
    let mut request = joined["ws_url"].as_str().unwrap().into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "tickwire.v9".parse().unwrap());
    let error = tokio_tungstenite::connect_async(request).await.unwrap_err();
    let tungstenite::Error::Http(response) = error else { panic!("{error}") };
    assert_eq!(response.status(), 400);
    let body = String::from_utf8(response.body().clone().unwrap()).unwrap();
    assert!(body.contains("tickwire.v1"), "{body}");
}

#[tokio::test]
async fn spectators_watch_without_a_seat_or_a_say() {
    let server = TestServer::start(&["--room-capacity=1"]);
    let player = server.enter(drift()).await;
    let room = player.welcome.room.clone();
    let mut spectator = server.enter(json!({"room": room, "spectate": true})).await;
    assert!(spectator.welcome.spectator);
    spectator.frame().await;
    assert_eq!(spectator.replica.entity_count(), 1, "only the player has a body");
    let numbers = server.room_until(|room| room["spectators"] == 1).await;
    assert_eq!(numbers["players"], 1);
    player.leave().await;
    server.room_until(|room| room["players"] == 0).await;
}

#[tokio::test]
async fn the_demo_and_the_health_pages_are_served() {
    let server = TestServer::start(&[]);
    for (path, text) in [
        ("/", "<canvas"),
        ("/demo/main.js", "import"),
        ("/sdk/index.js", "export"),
        ("/healthz", "ok"),
        ("/readyz", "ready"),
        ("/metrics", "tickwire_rooms"),
        ("/api/rooms", "\"rooms\""),
    ] {
        let (status, body) = server.get(path).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(body.contains(text), "{path}: {body}");
    }
    for path in ["/demo/../Cargo.toml", "/sdk/none.js", "/demo/..%2fsdk/index.js", "/etc"] {
        let (status, body) = server.get(path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(body.contains("\"not_found\""), "{path}: {body}");
    }
    for path in ["/ws", "/ws?token=a&token=b"] {
        let (status, body) = server.get(path).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
        assert!(body.contains("\"bad_request\""), "{path}: {body}");
    }
}

#[tokio::test]
async fn an_empty_room_ends() {
    let server = TestServer::start(&["--empty-room-timeout=200ms"]);
    let client = server.enter(drift()).await;
    assert_eq!(server.room().await["players"], 1);
    client.leave().await;
    server.room_until(serde_json::Value::is_null).await;
    server.metric_until("tickwire_rooms", 0.0).await;
}
