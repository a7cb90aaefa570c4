//! Whatever is asked for, any node can be asked.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::fleet::{Fleet, get, host_of, nodes_at, post, rooms_at, try_post, until, with_token};
use crate::player::Player;

/// Opens a room; which node it is at, and what was answered.
async fn open(fleet: &Fleet, at: usize, body: Value) -> (usize, Value) {
    let opened = post(&fleet.url(at), "/api/rooms", body).await;
    assert_eq!(opened.status, 201, "{opened:?}");
    let key = opened.body["host_key"].clone();
    let joined =
        post(&fleet.url(at), "/api/join", json!({"host_key": key, "spectate": true})).await;
    assert_eq!(joined.status, 200, "{joined:?}");
    assert_eq!(joined.body["room"], opened.body["room"]);
    (fleet.index_of(joined.body["ws_url"].as_str().unwrap()), opened.body)
}

#[tokio::test]
async fn a_room_is_joined_at_any_node_by_all_that_opens_it() {
    let fleet = Fleet::start(&[]).await;
    let locked = json!({"game": "drift", "private": true, "password": "sesame", "name": "Den"});
    let (owner, room) = open(&fleet, 0, locked).await;
    for url in fleet.urls() {
        for (body, status) in [
            (json!({"code": room["code"], "password": "sesame"}), 200),
            (json!({"host_key": room["host_key"]}), 200),
            (json!({"code": room["code"]}), 401),
            (json!({"code": room["code"], "password": "wrong"}), 403),
            (json!({"code": "WRONG-CODE", "password": "sesame"}), 404),
            // Who knows its id alone is told that there is no such room.
            (json!({"room": room["room"], "password": "sesame"}), 404),
            (json!({"room": "0000000001"}), 404),
            (json!({"room": "no id"}), 400),
            (json!({"code": room["code"], "password": "sesame", "send_hz": 0}), 400),
        ] {
            let told = post(&url, "/api/join", body.clone()).await;
            assert_eq!(told.status, status, "{body}: {told:?}");
            if status == 200 {
                let ws_url = told.body["ws_url"].as_str().unwrap();
                assert_eq!(fleet.index_of(ws_url), owner);
            }
        }
        assert_eq!(rooms_at(&url).await, Vec::<String>::new(), "a private room is in no list");
    }
    // All come together.
    let mut players = Vec::new();
    for url in fleet.urls() {
        let body = json!({"code": room["code"], "password": "sesame"});
        players.push(Player::join(&url, body).await);
    }
    let ids: BTreeSet<_> = players.iter().map(|player| player.welcome.player.0).collect();
    assert_eq!(ids.len(), 3);
    for player in &mut players {
        assert!(player.welcome.roster.len() <= 3);
        player.until(|player| player.nodes.len() == 3).await;
        assert!(player.fence.is_some());
        assert_eq!(host_of(&player.nodes[0]), host_of(&player.ws_url), "the owner comes first");
    }
}

#[tokio::test]
async fn rooms_are_listed_everywhere_and_sent_for_where_they_are() {
    let fleet = Fleet::start(&["--room-capacity=2"]).await;
    let mut rooms = Vec::new();
    for index in 0..4 {
        rooms.push(open(&fleet, index % 3, json!({"game": "drift", "name": "Hall"})).await);
    }
    let ids: Vec<_> = rooms.iter().map(|(_, room)| room["room"].as_str().unwrap()).collect();
    fleet.lists(&ids).await;
    let listed = get(&fleet.url(0), "/api/rooms?q=hall&limit=3").await;
    assert_eq!(listed.body["rooms"].as_array().unwrap().len(), 3);
    assert!(listed.body["next"].is_string());
    // Those who are there are counted, at each node.
    let mut players = Vec::new();
    for &id in &ids[..2] {
        for url in fleet.urls().iter().take(2) {
            players.push(Player::join(url, json!({"room": id})).await);
        }
    }
    for url in fleet.urls() {
        let full = post(&url, "/api/join", json!({"room": ids[0]})).await;
        assert_eq!((full.status, &full.body["error"]), (409, &json!("room_full")));
        until("everybody is counted", async || {
            let online = get(&url, "/api/online").await.body;
            let games = json!({"drift": {"players": 4, "rooms": 4}});
            online["players"] == 4 && online["spectators"] == 0 && online["games"] == games
        })
        .await;
        until("nodes tell how many play there", async || {
            let nodes = nodes_at(&url).await;
            let sum = |of: &str| nodes.values().map(|node| node[of].as_u64().unwrap()).sum::<u64>();
            (sum("players"), sum("rooms")) == (4, 4)
        })
        .await;
        for (name, node) in nodes_at(&url).await {
            assert_eq!(node["draining"], false, "{name}");
            assert!(node["tick_ms_p99"].is_number() && node["url"].is_string());
        }
    }
    // A room's end, and what happens there, is asked for at its node.
    let (owner, room) = &rooms[3];
    let (id, key) = (ids[3], room["host_key"].as_str().unwrap());
    for (index, url) in fleet.urls().iter().enumerate().filter(|(index, _)| index != owner) {
        for path in [format!("/api/rooms/{id}"), format!("/api/rooms/{id}/events?x=1")] {
            let method = if path.ends_with('1') { Method::GET } else { Method::DELETE };
            let told = with_token(method, url, &path, None, key).await;
            assert_eq!(told.status, 307, "{index} {path} {told:?}");
            assert_eq!(told.location, Some(format!("{}{path}", fleet.url(*owner))));
        }
    }
    let path = format!("/api/rooms/{id}");
    let told = with_token(Method::DELETE, &fleet.url(*owner), &path, None, key).await;
    assert_eq!(told.status, 204, "{told:?}");
    fleet.lists(&ids[..3]).await;
    for url in fleet.urls() {
        until("it is gone everywhere", async || {
            post(&url, "/api/join", json!({"room": id})).await.status == 404
        })
        .await;
    }
}

#[tokio::test]
async fn any_node_knows_where_somebody_goes_on() {
    let fleet = Fleet::start(&["--empty-room-timeout=500ms", "--resume-window=500ms"]).await;
    let (owner, _, player) = fleet.room().await;
    for url in fleet.urls() {
        let told = player.ask_where(&url).await.unwrap();
        assert_eq!(told.status, 200, "{told:?}");
        assert_eq!(host_of(told.body["ws_url"].as_str().unwrap()), host_of(&fleet.url(owner)));
        assert_eq!(told.body["fence"], player.fence.0);
        for token in ["", "nonsense", &player.welcome.resume_token[1..]] {
            let told = post(&url, "/api/resume", json!({"token": token})).await;
            assert_eq!((told.status, &told.body["error"]), (401, &json!("unauthorised")));
        }
        let told = post(&url, "/api/resume", json!({})).await;
        assert_eq!(told.status, 400, "{told:?}");
    }
    // It has ended by itself.
    let token = player.welcome.resume_token.clone();
    drop(player);
    fleet.lists(&[]).await;
    for url in fleet.urls() {
        until("a room that has ended is none", async || {
            let told = try_post(&url, "/api/resume", json!({"token": token})).await.unwrap();
            told.status == 404 && told.body["error"] == "no_such_room"
        })
        .await;
    }
}

#[tokio::test]
async fn what_nodes_ask_each_other_nobody_else_can_ask() {
    let mut fleet = Fleet::empty();
    fleet.add("n1", &[]);
    let none = fleet.url(0);
    for path in ["reaches", "join", "open", "rooms?from=n1@0000000000000001&fence=1"] {
        let told = post(&none, &format!("/api/peer/{path}"), json!({"body": {}})).await;
        assert_eq!((told.status, &told.body["error"]), (404, &json!("not_found")), "{path}");
    }
}

#[tokio::test]
async fn new_rooms_go_where_there_is_least_to_do() {
    let fleet = Fleet::start(&["--max-rooms=3"]).await;
    let mut at = [0; 3];
    for _ in 0..9 {
        let (owner, _) = open(&fleet, 0, json!({"game": "drift"})).await;
        at[owner] += 1;
        // Each knows of it before the next one comes.
        until("the load is known", async || {
            let nodes = nodes_at(&fleet.url(0)).await;
            let rooms: u64 = nodes.values().map(|node| node["rooms"].as_u64().unwrap()).sum();
            rooms == at.iter().sum::<u64>()
        })
        .await;
    }
    assert_eq!(at, [3, 3, 3]);
    for url in fleet.urls() {
        until("there is no place left", async || {
            let told = post(&url, "/api/rooms", json!({"game": "drift"})).await;
            assert_eq!((told.status, &told.body["error"]), (503, &json!("too_many_rooms")));
            told.retry_after.is_some()
        })
        .await;
    }
}
