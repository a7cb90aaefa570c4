//! Owners that die, or are stopped for longer than their lease.

use serde_json::json;
use tickwire_protocol::ids::Tick;

use crate::fleet::{Fleet, get, metric, rooms_at, until};
use crate::player::Player;

/// A batch is made of the ticks of 100 ms; one may be in the making, and one on its way.
const TWO_BATCHES: u32 = 2 * 4;

/// A room with two players who have settled, and its node.
async fn room_of_two(fleet: &Fleet) -> (usize, String, [Player; 2]) {
    let (owner, room, mut one) = fleet.room().await;
    let mut other = Player::join(&fleet.url(1), json!({"name": "other", "room": room})).await;
    one.settle().await;
    other.settle().await;
    (owner, room, [one, other])
}

/// Kills the owner; both players go on elsewhere as who they were, where they were. How many ticks were taken back
/// at most.
async fn survive(durability: &str) -> u32 {
    let mut fleet = Fleet::start(&[&format!("--durability={durability}")]).await;
    let (owner, room, mut players) = room_of_two(&fleet).await;
    let (before, urls) = (players[0].fence, fleet.urls());
    let places = [players[0].place(), players[1].place()];
    fleet.kill(owner);
    let mut newest = Tick(0);
    for player in &mut players {
        // All that was on its way.
        assert_eq!(player.end().await, 1006);
        newest = newest.max_of(player.tick);
    }
    let mut goes_on_at = None;
    for (player, place) in players.iter_mut().zip(&places) {
        player.resume_among(&urls).await;
        goes_on_at.get_or_insert(player.welcome.tick);
        player.frames(30).await;
        assert_eq!(player.place(), *place, "it is where it was");
        assert!(player.fence > before);
    }
    let [mut one, other] = players;
    assert_eq!(one.fence, other.fence);
    fleet.lists(&[&room]).await;
    // It goes on for good, and others come in.
    one.settle().await;
    let mut third = Player::join(&fleet.url(0), json!({"name": "third", "room": room})).await;
    third.frames(10).await;
    let taken_over = async |url: &str| metric(url, "tickwire_rooms_taken_over_total").await;
    assert_eq!(taken_over(&fleet.url(0)).await + taken_over(&fleet.url(1)).await, 1.0);
    let goes_on_at = goes_on_at.unwrap();
    if newest.is_after(goes_on_at) { newest.0.wrapping_sub(goes_on_at.0) } else { 0 }
}

/// The later of two ticks.
trait Later {
    fn max_of(self, other: Self) -> Self;
}

impl Later for Tick {
    fn max_of(self, other: Self) -> Self {
        if other.is_after(self) { other } else { self }
    }
}

#[tokio::test]
async fn with_durability_tick_nothing_that_was_seen_is_taken_back() {
    assert_eq!(survive("tick").await, 0);
}

#[tokio::test]
async fn with_an_interval_no_more_than_that_is_taken_back() {
    let lost = survive("interval=100ms").await;
    assert!(lost <= TWO_BATCHES, "{lost} ticks are taken back");
}

#[tokio::test]
async fn without_durability_a_room_dies_with_its_node() {
    let mut fleet = Fleet::start(&["--durability=none"]).await;
    let (owner, room, [player, _]) = room_of_two(&fleet).await;
    fleet.kill(owner);
    for url in fleet.urls() {
        until("the room is gone", async || {
            let told = player.ask_where(&url).await.unwrap();
            assert_ne!(told.status, 401, "{told:?}");
            told.status == 404 && told.body["error"] == "no_such_room"
        })
        .await;
        until("nor is it listed", async || rooms_at(&url).await.is_empty()).await;
        let told = crate::fleet::post(&url, "/api/join", json!({"room": room})).await;
        assert_eq!(told.status, 404, "{told:?}");
    }
    // Whoever wants to play does.
    Player::join(&fleet.url(0), json!({"game": "drift"})).await.frames(10).await;
}

#[tokio::test]
async fn a_dead_nodes_rooms_are_in_no_list_and_come_back_under_their_new_owner() {
    let mut fleet = Fleet::start(&[]).await;
    let mut rooms = Vec::new();
    for _ in 0..6 {
        rooms.push(fleet.room().await);
        let count = rooms.len();
        until("the load is known", async || {
            let nodes = crate::fleet::nodes_at(&fleet.url(0)).await;
            nodes.values().map(|node| node["rooms"].as_u64().unwrap()).sum::<u64>() == count as u64
        })
        .await;
    }
    let victim = rooms[0].0;
    let ids: Vec<_> = rooms.iter().map(|(_, room, _)| room.clone()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    fleet.lists(&ids).await;
    // Whoever came in since the last batch of a journal would not be known any more.
    for (_, _, player) in &mut rooms {
        player.frames(20).await;
    }
    let urls = fleet.urls();
    fleet.kill(victim);
    for (owner, _, mut player) in rooms {
        if owner == victim {
            assert_eq!(player.end().await, 1006);
            player.resume_among(&urls).await;
        }
        player.frames(20).await;
    }
    fleet.lists(&ids).await;
    fleet.meet_as(2).await;
    for node in &fleet.nodes {
        assert_eq!(get(&node.url, "/readyz").await.status, 200);
    }
}

#[tokio::test]
async fn an_owner_that_was_stopped_past_its_lease_sends_its_players_away_and_no_frame() {
    for durability in ["--durability=tick", "--durability=interval=100ms"] {
        let fleet = Fleet::start(&[durability]).await;
        let (owner, room, [mut stays, mut goes]) = room_of_two(&fleet).await;
        let others: Vec<_> =
            fleet.urls().into_iter().enumerate().filter(|(index, _)| *index != owner).collect();
        let others: Vec<_> = others.into_iter().map(|(_, url)| url).collect();
        fleet.nodes[owner].signal("-STOP");
        goes.resume_among(&others).await;
        let goes_on_at = goes.welcome.tick;
        goes.frames(5).await;
        fleet.nodes[owner].signal("-CONT");
        // All that it hears of its old owner from then on is of before.
        assert_eq!(stays.end().await, 1012);
        let most = if durability == "--durability=tick" { 0 } else { TWO_BATCHES };
        assert!(!stays.tick.is_after(goes_on_at.plus(most)), "{:?} {goes_on_at:?}", stays.tick);
        stays.resume_among(&others).await;
        assert_eq!(stays.fence, goes.fence);
        stays.frames(20).await;
        fleet.lists(&[&room]).await;
        fleet.meet().await;
        until("it has given the room up", async || {
            let url = fleet.url(owner);
            metric(&url, "tickwire_rooms_deposed_total").await == 1.0
                && metric(&url, "tickwire_rooms").await == 0.0
        })
        .await;
    }
}
