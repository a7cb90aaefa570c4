//! Those who watch some time later: what they see is old, and nothing else is different for them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::time::{Duration, Instant};

use serde_json::json;
use support::{Client, TestServer, close_code};
use tickwire_protocol::ids::{InputSeq, Tick};
use tickwire_protocol::message::{ClientMessage, Input, InputValues, ViewAge};
use tickwire_protocol::parts::PartNumber;

const DELAY: Duration = Duration::from_millis(800);

/// Where the one body is, in steps of the wire; nowhere while there is none.
fn place(client: &Client) -> Option<Vec<u32>> {
    let part = client.replica.part(PartNumber::cell(0))?;
    // The player, and x and y.
    part.snapshot().rows().next().map(|row| row.lanes[1..3].to_vec())
}

/// Reads on until the one body is elsewhere than it was.
async fn until_moved(client: &mut Client) -> Instant {
    let before = place(client);
    while place(client) == before {
        client.frame().await;
    }
    Instant::now()
}

#[tokio::test]
async fn who_watches_sees_the_match_later_and_to_its_end() {
    let flags = ["--spectator-delay=800ms", "--empty-room-timeout=100ms", "--bots=0"];
    let server = TestServer::start(&flags);
    let mut player = server.enter(json!({"game": "drift", "name": "Ada"})).await;
    player.frame().await;
    let room = player.welcome.room.clone();
    let watch = json!({"room": room, "spectate": true});
    let joined = server.join(watch.clone()).await;
    assert_eq!(joined["room"], json!(room));
    let mut watcher = Client::connect(joined["ws_url"].as_str().unwrap()).await;
    assert_eq!((&watcher.welcome.room, watcher.welcome.spectator), (&room, true));
    // It has begun so long ago that its beginning is seen.
    while place(&watcher).is_none() {
        watcher.frame().await;
    }
    let values = InputValues::new(&[100, 100]).unwrap();
    let (seq, at, view_age) = (InputSeq(1), Tick(0), ViewAge::UNTOLD);
    player.send(ClientMessage::Input(Input { seq, at, view_age, values })).await;
    let (moved, seen) = tokio::join!(until_moved(&mut player), until_moved(&mut watcher));
    let later = seen.duration_since(moved);
    // A frame may be under way longer than another one.
    assert!(later > DELAY - Duration::from_millis(100), "{later:?}");

    // They share a room, which is listed once; and whoever watches may come to play.
    let mut other = server.enter(watch).await;
    other.frame().await;
    let (_, listed) = server.get("/api/rooms").await;
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&listed).unwrap()["rooms"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(server.metric("tickwire_rooms").await, 2.0);
    other.leave().await;
    let guest = server.enter(json!({"room": room, "name": "Grace"})).await;
    assert!(!guest.welcome.spectator);
    guest.leave().await;

    // The match ends, and is seen to its end.
    player.leave().await;
    let ended = Instant::now();
    assert_eq!(close_code(&mut watcher.socket).await, 4411);
    assert!(ended.elapsed() > DELAY, "{:?}", ended.elapsed());
    server.metric_until("tickwire_rooms", 0.0).await;
}

#[tokio::test]
async fn without_a_delay_who_watches_is_in_the_same_room() {
    let server = TestServer::start(&["--bots=0"]);
    let player = server.enter(json!({"game": "drift"})).await;
    let watch = json!({"room": player.welcome.room, "spectate": true});
    let watcher = server.enter(watch).await;
    assert!(watcher.welcome.spectator);
    assert_eq!(server.metric("tickwire_rooms").await, 1.0);
}
