//! One node alone is cut off from Redis; the others, and all clients, reach it.

use serde_json::json;

use crate::cut::Way;
use crate::fleet::{Fleet, get, metric, node, rooms_at, until};
use crate::player::Player;

#[tokio::test]
async fn the_node_that_is_cut_off_stands_still_and_its_rooms_go_on_elsewhere() {
    let mut fleet = Fleet::empty();
    let way = Way::to(fleet.redis.port);
    let flags = ["--durability=tick"];
    // Alone at first, so that the room is there.
    fleet.nodes.push(node("n1", &way.url(), &flags));
    let (_, room, mut stays) = fleet.room().await;
    fleet.add("n2", &flags);
    fleet.add("n3", &flags);
    fleet.meet().await;
    let mut goes = Player::join(&fleet.url(1), json!({"name": "other", "room": room})).await;
    assert_eq!(fleet.index_of(&goes.ws_url), 0);
    stays.settle().await;
    goes.settle().await;
    let places = [stays.place(), goes.place()];
    way.cut();
    let others = [fleet.url(1), fleet.url(2)];
    goes.resume_among(&others).await;
    let goes_on_at = goes.welcome.tick;
    assert_ne!(fleet.index_of(&goes.ws_url), 0);
    goes.frames(10).await;
    // It is there for whoever asks, and has nothing to say.
    assert_eq!(get(&fleet.url(0), "/healthz").await.status, 200);
    let held = metric(&fleet.url(0), "tickwire_rooms").await;
    assert_eq!(held, 1.0);
    way.mend();
    assert_eq!(stays.end().await, 1012);
    assert!(!stays.tick.is_after(goes_on_at), "{:?} {goes_on_at:?}", stays.tick);
    stays.resume_among(&fleet.urls()).await;
    assert_eq!(stays.fence, goes.fence);
    stays.frames(10).await;
    goes.frames(10).await;
    assert_eq!([stays.place(), goes.place()], places);
    fleet.meet().await;
    fleet.lists(&[&room]).await;
    assert_eq!(metric(&fleet.url(0), "tickwire_rooms_deposed_total").await, 1.0);
}

#[tokio::test]
async fn a_cut_that_is_mended_within_the_lease_is_nothing() {
    let mut fleet = Fleet::empty();
    let way = Way::to(fleet.redis.port);
    fleet.nodes.push(node("n1", &way.url(), &[]));
    let (_, room, mut player) = fleet.room().await;
    fleet.add("n2", &[]);
    fleet.add("n3", &[]);
    fleet.meet().await;
    let fence = player.fence;
    way.cut();
    player.frames(6).await;
    way.mend();
    player.frames(60).await;
    assert_eq!(player.fence, fence);
    for url in fleet.urls() {
        until("it is listed once", async || rooms_at(&url).await == [room.clone()]).await;
        assert_eq!(metric(&url, "tickwire_rooms_taken_over_total").await, 0.0);
    }
}
