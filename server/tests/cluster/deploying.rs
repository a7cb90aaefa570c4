//! Nodes that stop, or are emptied: their rooms go to others, and nobody loses anything.

use reqwest::Method;
use serde_json::json;
use tickwire_protocol::message::LobbyNews;

use crate::fleet::{ADMIN, Fleet, host_of, metric, nodes_at, rooms_at, until, with_token};
use crate::player::Player;

/// Three nodes, each with an address for those who run it.
async fn administered(flags: &[&str]) -> (Fleet, Vec<String>) {
    let token = format!("--admin-token={ADMIN}");
    let flags = [&["--admin-bind=127.0.0.1:0", &token], flags].concat();
    let fleet = Fleet::start(&flags).await;
    let heard = |log: &Vec<String>| {
        let line = log.iter().find(|line| line.contains("administrators")).unwrap();
        line.split_whitespace().find(|word| word.starts_with("http")).unwrap().to_owned()
    };
    let admins = fleet.nodes.iter().map(|node| heard(&node.log)).collect();
    (fleet, admins)
}

/// Follows its room to where it was told that it goes on.
async fn follow(player: &mut Player) {
    let (before, place) = (player.tick, player.place());
    player.until(|player| player.moved.is_some()).await;
    let newest = player.tick;
    assert_eq!(player.end().await, 1012);
    assert_eq!(player.tick, newest, "nothing comes after it was told");
    let (fence, ws_url) = player.moved.clone().unwrap();
    player.resume_at(&ws_url).await;
    assert_eq!(player.fence, fence);
    assert!(!newest.is_after(player.welcome.tick), "nothing is taken back");
    assert!(!player.welcome.tick.is_after(newest.plus(60)), "nor has time passed: {before:?}");
    player.frames(20).await;
    assert_eq!(player.place(), place, "it is where it was");
}

#[tokio::test]
async fn a_node_that_stops_hands_its_rooms_over() {
    for durability in ["--durability=tick", "--durability=interval=100ms", "--durability=none"] {
        let mut fleet = Fleet::start(&[durability]).await;
        let (owner, room, mut one) = fleet.room().await;
        let mut other = Player::join(&fleet.url(1), json!({"name": "other", "room": room})).await;
        one.settle().await;
        other.settle().await;
        let mut node = fleet.nodes.remove(owner);
        node.signal("-TERM");
        follow(&mut one).await;
        follow(&mut other).await;
        assert_eq!(host_of(&one.ws_url), host_of(&other.ws_url));
        assert_eq!(node.exit_code(), Some(0));
        fleet.lists(&[&room]).await;
        fleet.meet_as(2).await;
        let mut late = Player::join(&fleet.url(0), json!({"name": "late", "room": room})).await;
        late.frames(10).await;
        // Not one tick less at the next one.
        one.settle().await;
    }
}

#[tokio::test]
async fn all_nodes_are_restarted_one_after_the_other_and_nobody_is_lost() {
    let mut fleet = Fleet::start(&[]).await;
    let (_, room, mut player) = fleet.room().await;
    player.settle().await;
    let place = player.place();
    for round in 0..3 {
        let owner = fleet.index_of(&player.ws_url);
        let mut node = fleet.nodes.remove(owner);
        node.signal("-TERM");
        follow(&mut player).await;
        assert_eq!(node.exit_code(), Some(0));
        fleet.add(&format!("again-{round}"), &[]);
        fleet.meet().await;
    }
    assert_eq!(player.place(), place);
    fleet.lists(&[&room]).await;
}

#[tokio::test]
async fn the_last_node_says_goodbye_as_ever() {
    let mut fleet = Fleet::empty();
    fleet.add("n1", &["--drain-notice=0s"]);
    let (_, _, mut player) = fleet.room().await;
    fleet.nodes[0].signal("-TERM");
    assert_eq!(player.end().await, 1012);
    assert_eq!(player.moved, None);
    assert_eq!(fleet.nodes[0].exit_code(), Some(0));
}

#[tokio::test]
async fn a_node_is_emptied_on_request_and_takes_rooms_again() {
    let (fleet, admins) = administered(&[]).await;
    let (owner, room, mut player) = fleet.room().await;
    player.settle().await;
    let drain = async |method: Method, token: &str| {
        with_token(method, &admins[owner], "/api/admin/drain", None, token).await
    };
    for token in ["", "nonsense", &ADMIN[1..]] {
        let told = drain(Method::POST, token).await;
        assert_eq!((told.status, &told.body["error"]), (401, &json!("unauthorised")));
    }
    assert_eq!(
        nodes_at(&fleet.url(owner)).await.values().find(|node| node["draining"] == true),
        None
    );
    let (drained, ()) = tokio::join!(drain(Method::POST, ADMIN), follow(&mut player));
    assert_eq!((drained.status, &drained.body), (200, &json!({"draining": true, "rooms_left": 0})));
    assert_ne!(fleet.index_of(&player.ws_url), owner);
    fleet.lists(&[&room]).await;
    for url in fleet.urls() {
        until("all know of it", async || {
            nodes_at(&url).await.values().filter(|node| node["draining"] == true).count() == 1
        })
        .await;
    }
    // What is opened goes to others, wherever it is asked for.
    let mut elsewhere = Player::join(&fleet.url(owner), json!({"game": "arena"})).await;
    assert_ne!(fleet.index_of(&elsewhere.ws_url), owner);
    elsewhere.frames(5).await;
    let filled = drain(Method::DELETE, ADMIN).await;
    assert_eq!((filled.status, &filled.body["draining"]), (200, &json!(false)));
    for url in fleet.urls() {
        until("all know of that", async || {
            nodes_at(&url).await.values().all(|node| node["draining"] == false)
        })
        .await;
    }
    // And so it does when the others are emptied.
    for (index, admin) in admins.iter().enumerate().filter(|(index, _)| *index != owner) {
        let told = with_token(Method::POST, admin, "/api/admin/drain", None, ADMIN).await;
        assert_eq!(told.status, 200, "{index}: {told:?}");
    }
    follow_all(&mut player, owner, &fleet).await;
    assert_eq!(rooms_at(&fleet.url(owner)).await.len(), 2);
}

/// Follows until it is at this node.
async fn follow_all(player: &mut Player, to: usize, fleet: &Fleet) {
    while fleet.index_of(&player.ws_url) != to {
        player.until(|player| player.moved.is_some()).await;
        let (_, ws_url) = player.moved.clone().unwrap();
        // Where it was told to go may have been emptied meanwhile.
        if fleet.index_of(&ws_url) == to {
            player.resume_at(&ws_url).await;
        } else {
            player.resume_among(&[fleet.url(to)]).await;
        }
    }
    player.frames(10).await;
}

#[tokio::test]
async fn where_nobody_takes_them_rooms_stay_and_that_is_said() {
    let mut fleet = Fleet::empty();
    let token = format!("--admin-token={ADMIN}");
    fleet.add("n1", &["--admin-bind=127.0.0.1:0", &token]);
    let line = fleet.nodes[0].log.iter().find(|line| line.contains("administrators")).unwrap();
    let admin = line.split_whitespace().find(|word| word.starts_with("http")).unwrap().to_owned();
    let (_, _, mut player) = fleet.room().await;
    let told = with_token(Method::POST, &admin, "/api/admin/drain", None, ADMIN).await;
    assert_eq!((told.status, &told.body["rooms_left"]), (409, &json!(1)));
    player.frames(30).await;
    assert_eq!(metric(&fleet.url(0), "tickwire_rooms_handed_over_total").await, 0.0);
}

#[tokio::test]
async fn what_is_announced_at_one_node_is_heard_at_all() {
    let (fleet, admins) = administered(&[]).await;
    let (owner, _, mut player) = fleet.room().await;
    player.enter_lobby().await;
    player.frames(5).await;
    let admin = &admins[(owner + 1) % 3];
    let announce = async |body| {
        with_token(Method::POST, admin, "/api/admin/announce", Some(body), ADMIN).await
    };
    let told = announce(json!({"text": "a cup at noon"})).await;
    assert_eq!(told.status, 204, "{told:?}");
    player.until(|player| !player.lobby.is_empty()).await;
    assert_eq!(player.lobby, [LobbyNews::Announced { text: "a cup at noon".to_owned() }]);
    for body in [json!({}), json!({"text": ""}), json!({"text": 1}), json!([])] {
        let told = announce(body.clone()).await;
        assert_eq!(told.status, 400, "{body}: {told:?}");
    }
    let path = "/api/admin/announce";
    let body = Some(json!({"text": "x"}));
    assert_eq!(with_token(Method::POST, admin, path, body, "nonsense").await.status, 401);
}
