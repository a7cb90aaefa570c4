//! Redis goes away, and comes back with or without what it held: those who play hardly notice.

use futures_util::future::join_all;
use serde_json::json;

use crate::fleet::{Fleet, Told, metric, nodes_at, post, try_post, until};
use crate::player::Player;
use crate::raw_redis::command;

/// Ticks that have to pass while Redis is away: longer than any lease or tenure.
const AWAY_FOR: u32 = 80;

/// A room at each node, with somebody in each.
async fn rooms_everywhere(fleet: &Fleet) -> Vec<(usize, String, Player)> {
    let mut rooms: Vec<(usize, String, Player)> = Vec::new();
    for count in 1..=3 {
        rooms.push(fleet.room().await);
        until("the load is known", async || {
            let nodes = nodes_at(&fleet.url(0)).await;
            nodes.values().map(|node| node["rooms"].as_u64().unwrap()).sum::<u64>() == count
        })
        .await;
    }
    let mut owners: Vec<_> = rooms.iter().map(|(owner, ..)| *owner).collect();
    owners.sort_unstable();
    assert_eq!(owners, [0, 1, 2]);
    rooms
}

/// All play on for so many ticks.
async fn play(rooms: &mut [(usize, String, Player)], ticks: u32) {
    join_all(rooms.iter_mut().map(|(_, _, player)| player.frames(ticks))).await;
}

fn is_away(told: &Told) -> bool {
    told.status == 503 && told.retry_after.is_some() && told.body["error"] == "cluster_away"
}

/// What is so while Redis is away: rooms go on, those that are here can be joined, and none is opened.
async fn play_without_redis(fleet: &Fleet, rooms: &mut [(usize, String, Player)]) {
    let began: Vec<_> = rooms.iter().map(|(_, _, player)| player.tick).collect();
    play(rooms, AWAY_FOR / 2).await;
    for (owner, room, _) in rooms.iter() {
        let url = fleet.url(*owner);
        let opened = post(&url, "/api/rooms", json!({"game": "drift"})).await;
        assert!(is_away(&opened), "{opened:?}");
        let mut late = Player::join(&url, json!({"name": "late", "room": room})).await;
        late.frames(5).await;
        let any = post(&url, "/api/join", json!({"name": "any", "game": "drift"})).await;
        assert_eq!((any.status, &any.body["room"]), (200, &json!(room)), "{any:?}");
        let elsewhere = fleet.url((owner + 1) % 3);
        let told = post(&elsewhere, "/api/join", json!({"name": "late", "room": room})).await;
        assert!(is_away(&told), "{told:?}");
    }
    for ((_, _, player), began) in rooms.iter_mut().zip(began) {
        let last = began.plus(AWAY_FOR);
        player.until(|player| !last.is_after(player.tick)).await;
    }
}

/// What is so afterwards: everything is known again, and whoever had a room has it.
async fn all_is_well(fleet: &Fleet, rooms: &mut [(usize, String, Player)]) {
    fleet.meet().await;
    let ids: Vec<_> = rooms.iter().map(|(_, room, _)| room.as_str()).collect();
    fleet.lists(&ids).await;
    for url in fleet.urls() {
        for (owner, room, player) in rooms.iter() {
            until("each room is joined where it was", async || {
                let told = try_post(&url, "/api/join", json!({"room": room})).await.unwrap();
                assert!(told.status == 200 || told.status == 503, "{told:?}");
                told.status == 200
                    && fleet.index_of(told.body["ws_url"].as_str().unwrap()) == *owner
            })
            .await;
            let told = player.ask_where(&url).await.unwrap();
            assert_eq!(told.body["fence"], player.fence.0, "{told:?}");
        }
        assert_eq!(metric(&url, "tickwire_rooms_deposed_total").await, 0.0);
        assert_eq!(metric(&url, "tickwire_rooms_taken_over_total").await, 0.0);
    }
    play(rooms, 10).await;
    until("rooms are opened again", async || {
        post(&fleet.url(0), "/api/rooms", json!({"game": "drift"})).await.status == 201
    })
    .await;
}

async fn no_tick_was_missed(fleet: &Fleet) {
    for url in fleet.urls() {
        assert_eq!(metric(&url, "tickwire_ticks_held_total").await, 0.0);
    }
}

#[tokio::test]
async fn a_redis_that_is_lost_with_its_data_is_made_up_for() {
    let mut fleet = Fleet::start(&[]).await;
    let mut rooms = rooms_everywhere(&fleet).await;
    fleet.redis.kill();
    play_without_redis(&fleet, &mut rooms).await;
    fleet.redis.start_again();
    all_is_well(&fleet, &mut rooms).await;
    no_tick_was_missed(&fleet).await;
    // What was kept before is made up for as well: at once, not at the next keyframe.
    let (owner, _, mut player) = rooms.swap_remove(0);
    player.settle().await;
    let (place, urls) = (player.place(), fleet.urls());
    fleet.kill(owner);
    assert_eq!(player.end().await, 1006);
    player.resume_among(&urls).await;
    player.frames(20).await;
    assert_eq!(player.place(), place);
    // Fences go on from where they were.
    let newest = rooms.iter().map(|(_, _, player)| player.fence).max().unwrap();
    let (_, _, fresh) = fleet.room().await;
    assert!(fresh.fence > newest);
}

#[tokio::test]
async fn a_redis_that_stands_still_does_not_hold_up_rooms() {
    let fleet = Fleet::start(&[]).await;
    let mut rooms = rooms_everywhere(&fleet).await;
    fleet.redis.signal("-STOP");
    play_without_redis(&fleet, &mut rooms).await;
    fleet.redis.signal("-CONT");
    all_is_well(&fleet, &mut rooms).await;
    no_tick_was_missed(&fleet).await;
}

#[tokio::test]
async fn a_redis_that_sleeps_for_a_while_is_waited_for() {
    let fleet = Fleet::start(&[]).await;
    let mut rooms = rooms_everywhere(&fleet).await;
    let port = fleet.redis.port;
    let asleep =
        std::thread::spawn(move || crate::raw_redis::command_at(port, &["DEBUG", "SLEEP", "2"]));
    play(&mut rooms, AWAY_FOR).await;
    assert_eq!(asleep.join().unwrap(), "+OK");
    all_is_well(&fleet, &mut rooms).await;
    no_tick_was_missed(&fleet).await;
}

#[tokio::test]
#[ignore = "takes half a minute"]
async fn a_redis_that_stands_still_for_ten_seconds_does_not_hold_up_rooms() {
    let fleet = Fleet::start(&[]).await;
    let mut rooms = rooms_everywhere(&fleet).await;
    fleet.redis.signal("-STOP");
    play(&mut rooms, 300).await;
    fleet.redis.signal("-CONT");
    all_is_well(&fleet, &mut rooms).await;
    no_tick_was_missed(&fleet).await;
}

#[tokio::test]
async fn with_durability_tick_rooms_say_that_they_stand_still_and_go_on() {
    let fleet = Fleet::start(&["--durability=tick"]).await;
    let (owner, room, mut player) = fleet.room().await;
    player.settle().await;
    let place = player.place();
    fleet.redis.signal("-STOP");
    player.until(|player| player.pauses == [true]).await;
    let stands_at = player.tick;
    fleet.redis.signal("-CONT");
    player.until(|player| player.pauses == [true, false]).await;
    // A few had been computed, and were not told.
    assert!(!player.tick.is_after(stands_at.plus(10)), "{:?} {stands_at:?}", player.tick);
    player.frames(30).await;
    assert_eq!(player.place(), place);
    assert!(metric(&fleet.url(owner), "tickwire_ticks_held_total").await > 0.0);
    fleet.lists(&[&room]).await;
    assert_eq!(player.pauses, [true, false]);
}

#[tokio::test]
async fn what_was_forgotten_of_a_node_alone_is_known_again() {
    let fleet = Fleet::start(&[]).await;
    let mut rooms = rooms_everywhere(&fleet).await;
    assert_eq!(command(&fleet.redis, &["FLUSHALL"]), "+OK");
    play(&mut rooms, AWAY_FOR).await;
    all_is_well(&fleet, &mut rooms).await;
    no_tick_was_missed(&fleet).await;
}
