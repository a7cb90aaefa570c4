//! Servers whose lease has run out: their rooms stand still, and tell nobody anything.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use serde_json::json;
use support::store::{Store, cluster, open_room};
use support::{Client, Received, TestServer, close_code, open};
use tickwire_protocol::ids::Tick;
use tickwire_protocol::message::ClientMessage;
use tickwire_server::config::Durability;
use tickwire_server::messages::Depose;
use tickwire_server::room::clustered::ClusterParts;
use tickwire_server::room::door::Terms;

/// Waits as long as a room of a server of its own takes for so many ticks.
async fn time_passes(ticks: u32) {
    let server = TestServer::start(&[]);
    let mut witness = server.enter(json!({"name": "witness"})).await;
    let last = witness.frame().await.tick.plus(ticks);
    while last.is_after(witness.frame().await.tick) {}
}

/// Reads all that is on the way, up to the answer to a ping; the tick of the last frame.
async fn drain(client: &mut Client) -> Option<Tick> {
    client.send(ClientMessage::Ping { nonce: 9 }).await;
    let mut last = None;
    loop {
        match client.next().await {
            Received::Frame(frame) => last = Some(frame.tick),
            Received::Message(_) => return last,
        }
    }
}

#[tokio::test]
async fn without_a_warrant_a_room_stands_still_and_is_silent() {
    let store = Store::default();
    let cluster = cluster(&store, Durability::Interval(std::time::Duration::from_millis(10)));
    let server = TestServer::start_in(cluster.clone(), &[]);
    let room = open_room(&server, "drift", Terms::default());
    let joined = server.join(json!({"name": "late", "room": room.id.to_string()})).await;
    let mut client = {
        let joined = server.join(json!({"name": "tester", "room": room.id.to_string()})).await;
        Client::connect(joined["ws_url"].as_str().unwrap()).await
    };
    let mut last = client.frame().await.tick;
    cluster.warrant.revoke();
    // A tick that was under way.
    time_passes(2).await;
    last = drain(&mut client).await.unwrap_or(last);
    let (batches, tick) = (store.newest().0, room.board.read().tick);
    time_passes(20).await;
    assert_eq!(drain(&mut client).await, None, "nothing is told");
    assert_eq!((store.newest().0, room.board.read().tick), (batches, tick));
    // Nor does anybody come in.
    assert_eq!(close_code(&mut open(joined["ws_url"].as_str().unwrap()).await).await, 1012);
    let (status, _) =
        server.post("/api/join", json!({"name": "later", "room": room.id.to_string()})).await;
    assert_eq!(status, 409);
    // The connection lives, and when the warrant is valid again everything goes on from there.
    cluster.warrant.extend_to(cluster.epoch.now() + support::PATIENCE);
    let mut ticks = Vec::new();
    for _ in 0..30 {
        ticks.push(client.frame().await.tick);
    }
    assert!(ticks[0].is_after(last) && !ticks[0].is_after(last.plus(10)), "{last:?}, {ticks:?}");
    store.batches_from(batches + 3).await;
    assert!(server.metric("tickwire_ticks_held_total").await >= 15.0);
}

#[tokio::test]
async fn a_warrant_runs_out_by_itself() {
    let cluster = ClusterParts { is_alone: false, ..ClusterParts::none() };
    cluster.warrant.revoke();
    let server = TestServer::start_in(cluster.clone(), &[]);
    let room = open_room(&server, "drift", Terms::default());
    time_passes(5).await;
    assert_eq!(room.board.read().tick, 0);
    cluster.warrant.extend_to(cluster.epoch.now() + std::time::Duration::from_millis(300));
    time_passes(30).await;
    let stood_at = room.board.read().tick;
    assert!((1..=11).contains(&stood_at), "{stood_at} ticks in 300 ms");
    time_passes(10).await;
    assert_eq!(room.board.read().tick, stood_at);
}

#[tokio::test]
async fn a_room_that_was_deposed_sends_its_players_away_and_is_gone() {
    let cluster = ClusterParts { is_alone: false, ..ClusterParts::none() };
    let server = TestServer::start_in(cluster.clone(), &[]);
    let room = open_room(&server, "drift", Terms::default());
    let joined = server.join(json!({"name": "tester", "room": room.id.to_string()})).await;
    let mut client = Client::connect(joined["ws_url"].as_str().unwrap()).await;
    client.frame().await;
    // Whether or not it may still be run here.
    cluster.warrant.revoke();
    room.address.send(Depose).await.unwrap();
    assert_eq!(close_code(&mut client.socket).await, 1012);
    server.metric_until("tickwire_rooms", 0.0).await;
    assert!(server.directory.find(room.id).is_none());
}

#[tokio::test]
async fn a_server_without_a_warrant_stops_in_time() {
    let cluster = ClusterParts { is_alone: false, ..ClusterParts::none() };
    let mut server = TestServer::start_in(cluster.clone(), &["--drain-timeout=10s"]);
    let room = open_room(&server, "drift", Terms::default());
    let joined = server.join(json!({"name": "tester", "room": room.id.to_string()})).await;
    let mut client = Client::connect(joined["ws_url"].as_str().unwrap()).await;
    client.frame().await;
    cluster.warrant.revoke();
    server.begin_shutdown();
    assert_eq!(close_code(&mut client.socket).await, 1012);
}
