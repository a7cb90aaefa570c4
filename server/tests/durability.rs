//! What waits until a room's journal is kept elsewhere, and what a room does when it is not.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use support::store::{Store, cluster, open_room};
use support::{Client, Received, TestServer, close_code, open, open_speaking};
use tickwire_protocol::ids::{Fence, Tick};
use tickwire_protocol::message::ServerMessage;
use tickwire_server::config::Durability;
use tickwire_server::journal::keeper::Kept;
use tickwire_server::room::RoomHandle;
use tickwire_server::room::door::Terms;

/// Ticks without an answer after which a room waits.
const MOST_BEHIND: usize = 8;

/// A server, its store, and a room of which the store has the beginning.
async fn start(durability: Durability) -> (TestServer, Store, RoomHandle) {
    let store = Store::default();
    let server = TestServer::start_in(cluster(&store, durability), &[]);
    let room = open_room(&server, "drift", Terms::default());
    (server, store, room)
}

async fn ws_url(server: &TestServer, room: &RoomHandle) -> String {
    let joined = server.join(json!({"name": "tester", "room": room.id.to_string()})).await;
    joined["ws_url"].as_str().unwrap().to_owned()
}

async fn enter(server: &TestServer, room: &RoomHandle) -> Client {
    Client::welcomed(open_speaking(&ws_url(server, room).await, "tickwire.v1.1").await).await
}

/// Waits as long as a room that goes takes for so many ticks.
async fn others_tick(server: &TestServer, ticks: u32) {
    let mut witness = server.enter(json!({"name": "witness", "game": "arena"})).await;
    let last = witness.frame().await.tick.plus(ticks);
    while last.is_after(witness.frame().await.tick) {}
}

#[tokio::test]
async fn nothing_is_told_before_it_is_kept() {
    let (server, store, room) = start(Durability::Tick).await;
    let mut client = enter(&server, &room).await;
    client.frame().await;
    store.fall_silent();
    // Whoever comes in now is not even welcomed.
    let has_spoken = Arc::new(AtomicBool::new(false));
    let (url, spoken) = (ws_url(&server, &room).await, Arc::clone(&has_spoken));
    let socket = open(&url).await;
    let welcomed = tokio::spawn(async move {
        let client = Client::welcomed(socket).await;
        assert!(spoken.load(Ordering::SeqCst), "welcomed before it was kept");
        client
    });
    // The room waits, and others do not.
    others_tick(&server, 30).await;
    let (before, stands_at) = (store.newest().0, room.board.read().tick);
    others_tick(&server, 10).await;
    assert_eq!((store.newest().0, room.board.read().tick), (before, stands_at));
    has_spoken.store(true, Ordering::SeqCst);
    store.speak();
    let mut late = welcomed.await.unwrap();
    // In order, and none is missing: their replicas are held against the hashes.
    for client in [&mut client, &mut late] {
        let last = client.frame().await.tick.plus(70);
        while last.is_after(client.frame().await.tick) {}
    }
    assert!(server.metric("tickwire_ticks_held_total").await >= 20.0);
}

#[tokio::test]
async fn a_room_computes_a_few_ticks_ahead_of_what_is_kept() {
    let (server, store, room) = start(Durability::Tick).await;
    store.batches_from(5).await;
    store.fall_silent();
    let silent_at = store.newest().0;
    others_tick(&server, 30).await;
    let ahead = store.newest().0 - silent_at;
    // One was on its way to be told, at the most.
    assert!((MOST_BEHIND - 1..=MOST_BEHIND + 1).contains(&ahead), "{ahead} ahead");
    store.speak();
    store.batches_from(silent_at + 3 * MOST_BEHIND).await;
    drop(room);
}

#[tokio::test]
async fn a_room_stands_still_while_the_store_is_away_and_says_so() {
    let (server, store, room) = start(Durability::Tick).await;
    let (mut client, mut old) =
        (enter(&server, &room).await, { Client::connect(&ws_url(&server, &room).await).await });
    client.frame().await;
    store.fall_silent();
    store.tell(&Kept::Away);
    loop {
        if let Received::Message(ServerMessage::Paused { is_paused }) = client.next().await {
            assert!(is_paused);
            break;
        }
    }
    let stands_at = room.board.read().tick;
    others_tick(&server, 30).await;
    assert_eq!(room.board.read().tick, stands_at);
    // Who wants in is sent to ask elsewhere.
    let (status, _) =
        server.post("/api/join", json!({"name": "late", "room": room.id.to_string()})).await;
    assert_eq!(status, 409);
    store.speak();
    store.tell(&Kept::Back);
    let mut last = Tick(0);
    loop {
        match client.next().await {
            Received::Message(ServerMessage::Paused { is_paused }) => {
                assert!(!is_paused);
                break;
            }
            Received::Message(_) => {}
            Received::Frame(frame) => last = frame.tick,
        }
    }
    assert!(!last.is_after(Tick(stands_at + 5)), "what was computed came first");
    let goes_on = Tick(stands_at + 30);
    while goes_on.is_after(client.frame().await.tick) {}
    // An old client has never heard of it.
    loop {
        let Received::Frame(frame) = old.next().await else { panic!("frames alone") };
        if frame.tick.is_after(goes_on) {
            break;
        }
    }
}

#[tokio::test]
async fn with_an_interval_nobody_waits() {
    let (server, store, room) = start(Durability::Interval(Duration::from_millis(200))).await;
    store.fall_silent();
    let mut client = enter(&server, &room).await;
    let first = client.frame().await.tick;
    let begin = store.newest().0;
    while !client.frame().await.tick.is_after(first.plus(60)) {}
    let batches = store.newest().0 - begin;
    assert!((2..30).contains(&batches), "{batches} of 60 ticks");
    // Nor when the store is away.
    store.tell(&Kept::Away);
    while !client.frame().await.tick.is_after(first.plus(90)) {}
    assert_eq!(store.journal().header().room, room.id.to_string());
}

#[tokio::test]
async fn without_durability_nothing_is_kept() {
    let (server, store, room) = start(Durability::None).await;
    let mut client = enter(&server, &room).await;
    for _ in 0..5 {
        client.frame().await;
    }
    assert_eq!(store.journals(), 0);
}

#[tokio::test]
async fn a_room_that_is_kept_for_another_owner_is_given_up() {
    for durability in [Durability::Tick, Durability::Interval(Duration::from_millis(10))] {
        let (server, store, room) = start(durability).await;
        let mut client = enter(&server, &room).await;
        client.frame().await;
        store.tell(&Kept::Lost("another owner".to_owned()));
        assert_eq!(close_code(&mut client.socket).await, 1012);
        server.metric_until("tickwire_rooms_deposed_total", 1.0).await;
        assert!(server.directory.find(room.id).is_none());
        assert_eq!(store.newest().2, None);
    }
}

#[tokio::test]
async fn a_match_that_ends_ends_there_too() {
    let store = Store::default();
    let cluster = cluster(&store, Durability::Tick);
    let server = TestServer::start_in(cluster, &["--empty-room-timeout=100ms"]);
    let room = open_room(&server, "drift", Terms::default());
    enter(&server, &room).await.leave().await;
    server.metric_until("tickwire_rooms", 0.0).await;
    let (_, fence, closed) = store.newest();
    assert_eq!((fence, closed), (Fence(1), Some(true)));
    assert_eq!(store.journal().end().unwrap().reason, "everybody has left");
}
