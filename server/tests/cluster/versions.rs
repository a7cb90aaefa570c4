//! Neighbouring versions in one cluster, and what is foreign under our keys while it runs.

use serde_json::json;

use crate::fleet::{Fleet, get, nodes_at, post, rooms_at, until};
use crate::player::Player;
use crate::raw_redis::command;

/// A node of a version to come: nobody listens where it says that it is.
const NEWER: &str = "newer@00000000000000aa";
const ROOM: &str = "0000000007";

fn newer_record() -> String {
    let record = json!({
        "instance": NEWER, "url": "http://127.0.0.1:1", "version": "0.9.0", "players": 3, "rooms": 1,
        "memory_share": 0.99, "moon_phase": 0.5, "tides": {"high": [1, 2]},
    });
    format!("{NEWER}\n{record}")
}

fn now_ms() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    now.as_millis().to_string()
}

#[tokio::test]
async fn a_newer_minor_version_is_worked_with() {
    let mut fleet = Fleet::empty();
    fleet.add("n1", &[]);
    let url = fleet.url(0);
    let room = json!({
        "room": ROOM, "game": "drift", "name": "Tomorrow", "free_seats": 4, "capacity": 8,
        "tick_rate_hz": 30, "fence": 7, "weather": "fine", "numbers": {"players": 3, "mood": "good"},
    });
    command(&fleet.redis, &["SET", "tickwire:node:newer", &newer_record(), "PX", "60000"]);
    command(&fleet.redis, &["ZADD", "tickwire:nodes", &now_ms(), NEWER]);
    command(&fleet.redis, &["HSET", &format!("tickwire:rooms:{NEWER}"), ROOM, &room.to_string()]);
    let owner = format!("tickwire:owner:{ROOM}");
    command(&fleet.redis, &["HSET", &owner, "instance", NEWER, "fence", "7", "mood", "good"]);
    until("it is known", async || nodes_at(&url).await.contains_key("newer")).await;
    let nodes = nodes_at(&url).await;
    assert_eq!(
        (&nodes["newer"]["players"], &nodes["newer"]["draining"]),
        (&json!(3), &json!(false))
    );
    let listed = get(&url, "/api/rooms?q=tomorrow").await.body;
    assert_eq!(
        (&listed["rooms"][0]["room"], &listed["rooms"][0]["players"]),
        (&json!(ROOM), &json!(3))
    );
    // It is asked for its room; it does not answer.
    let told = post(&url, "/api/join", json!({"room": ROOM})).await;
    assert_eq!((told.status, &told.body["error"]), (503, &json!("node_away")), "{told:?}");
    assert!(told.retry_after.is_some());
    // New rooms go on being opened.
    Player::join(&url, json!({"game": "drift"})).await.frames(5).await;
}

#[tokio::test]
async fn what_is_foreign_harms_nobody_who_plays() {
    let mut fleet = Fleet::empty();
    fleet.add("n1", &[]);
    let url = fleet.url(0);
    let (_, room, mut player) = fleet.room().await;
    for (name, lease) in [
        ("odd1", "nonsense"),
        ("odd2", "odd2@00000000000000bb\n{\"instance\": 1}"),
        ("odd3", "odd4@00000000000000bb\n{}"),
    ] {
        command(&fleet.redis, &["SET", &format!("tickwire:node:{name}"), lease, "PX", "60000"]);
        let instance = format!("{name}@00000000000000bb");
        command(&fleet.redis, &["ZADD", "tickwire:nodes", &now_ms(), &instance]);
        let rooms = format!("tickwire:rooms:{instance}");
        command(&fleet.redis, &["HSET", &rooms, ROOM, "{\"room\": 7}", "no room", "\u{0}"]);
    }
    command(&fleet.redis, &["ZADD", "tickwire:nodes", &now_ms(), "no instance at all"]);
    command(&fleet.redis, &["ZADD", "tickwire:open:drift", "1", "no room", "2", ROOM]);
    command(&fleet.redis, &["PUBLISH", "tickwire:bus:lobby", "\u{7f}nonsense"]);
    command(&fleet.redis, &["PUBLISH", "tickwire:bus:online", ""]);
    let owner = format!("tickwire:owner:{ROOM}");
    command(&fleet.redis, &["HSET", &owner, "instance", "nobody", "fence", "many"]);
    player.frames(60).await;
    assert_eq!(nodes_at(&url).await.len(), 1);
    assert_eq!(rooms_at(&url).await, std::slice::from_ref(&room));
    // Keys of the wrong kind.
    command(&fleet.redis, &["DEL", &owner]);
    command(&fleet.redis, &["SET", &owner, "hello"]);
    let told = post(&url, "/api/join", json!({"room": ROOM})).await;
    assert_eq!(told.status, 503, "{told:?}");
    let joined = post(&url, "/api/join", json!({"game": "drift"})).await;
    assert_eq!((joined.status, &joined.body["room"]), (200, &json!(room)), "{joined:?}");
    player.frames(10).await;
    assert!(!fleet.nodes[0].has_logged("panicked"));
}

#[tokio::test]
async fn a_cluster_that_is_of_another_format_now_is_left_alone() {
    let mut fleet = Fleet::empty();
    fleet.add("n1", &["--durability=none"]);
    let (_, _, mut player) = fleet.room().await;
    command(&fleet.redis, &["SET", "tickwire:format", "2"]);
    fleet.nodes[0].line_with("format 2");
    player.frames(1).await;
    assert_eq!(command(&fleet.redis, &["GET", "tickwire:format"]), "$1");
    assert!(!fleet.nodes[0].has_logged("panicked"));
    // Back again, as after a mistake: it goes on.
    command(&fleet.redis, &["SET", "tickwire:format", "1"]);
    player.frames(60).await;
}
