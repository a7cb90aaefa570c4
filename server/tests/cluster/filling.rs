//! Many who want in at once: no seat too many, and none left.

use futures_util::future::join_all;
use serde_json::json;

use crate::fleet::{Fleet, get, post, until};
use crate::player::Player;

#[tokio::test]
async fn of_two_hundred_for_the_last_fifty_seats_exactly_fifty_get_in() {
    let fleet = Fleet::start(&["--room-capacity=20", "--max-rooms=1"]).await;
    let join = json!({"name": "one", "game": "drift"});
    // All into one room, whichever node they ask.
    let mut first = Vec::new();
    for index in 0..10 {
        first.push(Player::join(&fleet.url(index % 3), join.clone()).await);
    }
    assert!(first.iter().all(|player| player.welcome.room == first[0].welcome.room));
    let urls = fleet.urls();
    let joins = (0..200).map(|index| post(&urls[index % 3], "/api/join", join.clone()));
    let answers = join_all(joins).await;
    let got_in: Vec<_> = answers.iter().filter(|told| told.status == 200).collect();
    for told in answers.iter().filter(|told| told.status != 200) {
        assert!(told.status == 503 && told.retry_after.is_some(), "{told:?}");
    }
    assert_eq!(got_in.len(), 50);
    let seated = join_all(got_in.iter().map(|told| {
        let ws_url = told.body["ws_url"].as_str().unwrap();
        Player::connect(ws_url)
    }));
    let mut players = seated.await;
    players.append(&mut first);
    let mut seats: Vec<_> =
        players.iter().map(|player| (&player.welcome.room, player.welcome.player)).collect();
    seats.sort();
    seats.dedup();
    assert_eq!(seats.len(), 60, "each has a seat of its own");
    for url in urls {
        until("everybody is seen everywhere", async || {
            let listing = get(&url, "/api/rooms").await.body;
            let rooms = listing["rooms"].as_array().unwrap();
            rooms.len() == 3
                && rooms.iter().all(|room| room["players"] == 20 && room["free_seats"] == 0)
        })
        .await;
    }
}
