//! Sessions in text: as a person with a console has them, beside others that speak binary.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;

use futures_util::SinkExt;
use serde_json::{Value, json};
use support::text::{JSON, TextClient, entities, entity_of, talk};
use support::{Client, TestServer, close_code, drift, loud, open_speaking, tcp};
use tickwire_protocol::message::Event;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;

/// Where a player's body is.
fn place(state: &Value, player: &Value) -> Option<[f64; 2]> {
    let body = entity_of(state, "body", player)?;
    Some([0, 1].map(|axis| body["fields"]["position"][axis].as_f64().unwrap()))
}

#[tokio::test]
async fn a_person_comes_in_sees_and_moves() {
    let server = TestServer::start(&[]);
    let mut client = TextClient::enter(&server, drift()).await;
    let player = client.welcome["player"].clone();
    assert_eq!(client.welcome["schema"]["game"], "drift");
    assert_eq!(client.welcome["state_every"], 3, "10 Hz");
    let first = client.state_with(|state| place(state, &player).is_some()).await;
    assert_eq!(first["events"], json!([]), "its own coming in is in the welcome");
    let [x, y] = place(&first, &player).unwrap();
    let vx = if x < 2000.0 { 100 } else { -100 };
    client.say(json!({"type": "input", "values": {"vx": vx}})).await;
    let echo = client.state_with(|state| state["input"]["seq"] == 1).await;
    assert!(echo["input"]["applied"].as_u64() <= echo["tick"].as_u64());
    let is_far = |state: &Value| (place(state, &player).unwrap()[0] - x).abs() > 10.0;
    let moved = place(&client.state_with(is_far).await, &player).unwrap();
    assert_eq!(((moved[0] - x) * f64::from(vx) > 0.0, moved[1]), (true, y));
    client.say(json!({"type": "ping", "nonce": 7})).await;
    assert_eq!(client.told("pong").await["nonce"], 7);
    client.socket.close(None).await.unwrap();
    server.room_until(|room| room["players"] == 0).await;
}

#[tokio::test]
async fn states_come_ten_times_a_second_or_as_often_as_is_said() {
    for (flags, hz, every) in
        [(&["--bots=0"][..], 30, 3), (&["--json-hz=30"], 30, 1), (&["--tick-rate=4"], 4, 1)]
    {
        let server = TestServer::start(flags);
        let mut client = TextClient::enter(&server, json!({"name": "Ada"})).await;
        assert_eq!(client.welcome["tick_rate_hz"], hz);
        assert_eq!(client.welcome["state_every"], every);
        let mut ticks = Vec::new();
        while ticks.len() < 6 {
            ticks.push(client.told("state").await["tick"].as_u64().unwrap());
        }
        // A machine that is busy may skip some.
        let gaps: Vec<_> = ticks.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(gaps.iter().all(|gap| gap % every == 0), "{ticks:?}");
        assert!(gaps.contains(&every), "{ticks:?}");
    }
}

#[tokio::test]
async fn people_talk_and_rename_themselves_whatever_they_speak() {
    let server = TestServer::start(&["--bots=0"]);
    let mut witness = server.enter(json!({"name": "witness"})).await;
    let mut client = TextClient::enter(&server, json!({"name": "Ada"})).await;
    let player = client.welcome["player"].clone();
    let said = json!({"type": "message", "name": "say", "values": {"text": "gg"}});
    client.say(said.clone()).await;
    client.event(json!({"type": "event", "name": "said"})).await;
    let heard =
        |event: &Event| matches!(event, Event::Game(game) if format!("{game:?}").contains("gg"));
    while !witness.frame().await.events.iter().any(|received| heard(&received.event)) {}
    let mut asked = said;
    for id in 1..4 {
        asked["id"] = json!(id);
        assert_eq!(client.ask(asked.clone()).await["ok"], true);
    }
    asked["id"] = json!(4);
    let refused = client.ask(asked).await;
    assert_eq!((&refused["ok"], &refused["code"]), (&json!(false), &json!("too_fast")));
    let answer = client.ask(json!({"type": "rename", "name": " Zo\u{eb}\u{202e} ", "id": 5})).await;
    assert_eq!(answer["values"], json!(["Zoë"]));
    client.event(json!({"type": "renamed", "player": player, "name": "Zoë"})).await;
    let renamed = |event: &Event| matches!(event, Event::Renamed { name, .. } if name == "Zoë");
    while !witness.frame().await.events.iter().any(|received| renamed(&received.event)) {}
    client.say(json!({"type": "look", "center": [0, 0], "size": [1, 1]})).await;
    assert_eq!(client.told("refused").await["cause"], "not_a_spectator");
    client.say(json!({"type": "input", "at": u32::MAX})).await;
    client.say(json!({"type": "input", "at": 1_000_000})).await;
    let refused = client.told("refused").await;
    assert_eq!((&refused["cause"], &refused["input"]), (&json!("far_future"), &json!(2)));
}

#[tokio::test]
async fn a_token_can_come_as_the_first_message() {
    let server = TestServer::start(&[]);
    let token = server.join(drift()).await["token"].clone();
    let url = format!("ws://{}/ws", server.address);
    let mut client = TextClient { socket: open_speaking(&url, JSON).await, welcome: Value::Null };
    for (text, code) in [
        ("hello", "bad_json"),
        (r#"{"type": "ping"}"#, "not_in"),
        (r#"{"type": "enter"}"#, "missing_field"),
    ] {
        client.say_text(text).await;
        assert_eq!(client.told("error").await["code"], code);
    }
    client.say(json!({"type": "enter", "token": token})).await;
    let welcome = client.told("welcome").await;
    client.told("state").await;
    client.say(json!({"type": "enter", "token": token})).await;
    assert_eq!(client.told("error").await["code"], "already_in");
    drop(client);
    server.metric_until("tickwire_sessions", 0.0).await;
    let mut client = TextClient { socket: open_speaking(&url, JSON).await, welcome: Value::Null };
    let resume = json!({"type": "resume", "token": welcome["resume_token"]});
    client.say(resume.clone()).await;
    let again = client.told("welcome").await;
    assert_eq!(again["player"], welcome["player"]);
    assert_eq!(again["resumed"], json!({"lost_events": 0}));
    assert_eq!(client.told("state").await["events"], json!([]));
    let mut stranger = open_speaking(&url, JSON).await;
    let bad = json!({"type": "enter", "token": "nonsense"}).to_string();
    stranger.send(Message::text(bad)).await.unwrap();
    assert_eq!(close_code(&mut stranger).await, 4001);
}

#[tokio::test]
async fn a_player_comes_back_in_either_language() {
    let server = TestServer::start(&[]);
    let mut client = TextClient::enter(&server, drift()).await;
    let player = client.welcome["player"].as_u64().unwrap();
    let mut witness = server.enter(drift()).await;
    let other = witness.welcome.player.0;
    let joined = client.event(json!({"type": "joined", "player": other})).await;
    assert_eq!(joined["number"], 1);
    let url = client.resume_url(&server, 0);
    drop(client);
    server.metric_until("tickwire_sessions", 1.0).await;
    // What was not acknowledged for certain is told once more.
    let mut binary = Client::connect(&url).await;
    assert_eq!(u64::from(binary.welcome.player.0), player);
    let frame = binary.frame().await;
    assert!(frame.is_keyframe);
    assert_eq!(frame.events[0].number.0, 1);
    binary.frame().await;
    let token = &binary.welcome.resume_token;
    let url = format!("ws://{}/ws?resume={token}&event=1", server.address);
    drop(binary);
    server.metric_until("tickwire_sessions", 1.0).await;
    let mut client = TextClient::connect(&url).await;
    assert_eq!(client.welcome["player"], player);
    assert!(entity_of(&client.told("state").await, "body", &json!(player)).is_some());
    // A newer connection takes the place of the older one.
    let mut newer = TextClient::connect(&client.resume_url(&server, 1)).await;
    assert_eq!(close_code(&mut client.socket).await, 4409);
    newer.told("state").await;
    witness.frame().await;
}

#[tokio::test]
async fn text_and_binary_show_the_same() {
    let server = TestServer::start(&["--bots=4"]);
    let mut binary = server.enter(json!({"name": "binary"})).await;
    let mut text = TextClient::enter(&server, json!({"name": "text"})).await;
    text.say(json!({"type": "input", "values": {"thrust": 1, "turn": 60, "fire": 1}})).await;
    let mut known: BTreeMap<u64, BTreeMap<u32, [f64; 2]>> = BTreeMap::new();
    let mut compared = 0;
    while compared < 10 {
        let state = text.told("state").await;
        let tick = state["tick"].as_u64().unwrap();
        while known.last_key_value().is_none_or(|(&newest, _)| newest < tick) {
            let frame = binary.frame().await;
            let layout = binary.replica.layout();
            let ships = binary.replica.entities().filter(|row| row.kind == 0);
            let places = ships.map(|row| {
                let lanes = &layout.kinds[0].lanes;
                (row.id.0, [1, 2].map(|at| lanes[at].value(row.lanes[at])))
            });
            known.insert(frame.tick.0.into(), places.collect());
        }
        let Some(places) = known.get(&tick) else { continue };
        let ships = entities(&state).into_iter().filter(|entity| entity["kind"] == "ship");
        let shown = ships.map(|ship| {
            let place = [0, 1].map(|axis| ship["fields"]["position"][axis].as_f64().unwrap());
            (ship["id"].as_u64().unwrap() as u32, place)
        });
        assert_eq!(&shown.collect::<BTreeMap<_, _>>(), places);
        compared += 1;
    }
}

#[tokio::test]
async fn a_host_does_in_text_what_hosts_do() {
    let server = TestServer::start(&[]);
    let (_, room) = server.post("/api/rooms", json!({"game": "drift"})).await;
    let body = |name: &str| json!({"name": name, "room": room["room"]});
    let mut guest = server.enter(body("guest")).await;
    let mut hosting = body("host");
    hosting["host_key"] = room["host_key"].clone();
    let mut host = TextClient::enter(&server, hosting).await;
    let player = host.welcome["player"].clone();
    assert_eq!(host.told("host").await, json!({"type": "host", "player": player}));
    let kick = |player: &Value, id: u32| json!({"type": "kick", "player": player, "id": id});
    assert_eq!(host.ask(kick(&player, 1)).await["code"], "yourself");
    let whom = json!(guest.welcome.player.0);
    assert_eq!(host.ask(kick(&whom, 2)).await["ok"], true);
    host.event(json!({"type": "left", "player": whom})).await;
    // (One who does not know hosts is told that the room has ended.)
    assert_eq!(close_code(&mut guest.socket).await, 4411);
    assert_eq!(host.ask(json!({"type": "close_room", "id": 3})).await["ok"], true);
    assert_eq!(close_code(&mut host.socket).await, 4411);
}

#[tokio::test]
async fn text_is_spoken_over_websockets_alone() {
    let server = TestServer::start(&[]);
    let token = server.join(drift()).await["token"].clone();
    let path = format!("/stream?token={}&protocol={JSON}", token.as_str().unwrap());
    let (status, body) = server.get(&path).await;
    assert_eq!(status, 400);
    assert!(body.contains("\"error\":\"version\""), "{body}");
    // Who also speaks something better gets that.
    let joined = server.join(drift()).await;
    let socket =
        open_speaking(joined["ws_url"].as_str().unwrap(), "tickwire.v1.json, tickwire.v1").await;
    Client::welcomed(socket).await;
}

/// A server whose games have this many entities of eight numbers, some 200 bytes each as text.
fn loud_server(grains: &str) -> TestServer {
    let flags = [
        "--default-game=loud",
        &format!("--game-option=loud.grains={grains}"),
        "--heartbeat-interval=100ms",
        "--heartbeat-timeout=1500ms",
        "--resume-window=200ms",
    ];
    TestServer::start_with(loud::games(), &flags)
}

#[tokio::test]
async fn who_does_not_read_is_sent_away_and_disturbs_nobody() {
    let server = loud_server("300");
    let mut witness = TextClient::enter(&server, json!({"name": "witness"})).await;
    let mut stalled = TextClient::enter(&server, json!({"name": "stalled"})).await;
    let mut silent = TextClient::enter(&server, json!({"name": "silent"})).await;
    let silence = async {
        // Held open, and neither read nor written.
        let _ = &mut silent;
        std::future::pending::<()>().await;
    };
    let gone = async {
        server.metric_until("tickwire_closes_total{cause=\"too_slow\"}", 1.0).await;
        server.metric_until("tickwire_closes_total{cause=\"silent\"}", 1.0).await;
        server.metric_until("tickwire_sessions", 1.0).await;
    };
    let watching = async {
        loop {
            witness.told("state").await;
        }
    };
    tokio::select! {
        () = gone => {}
        () = watching => {}
        () = silence => {}
        () = talk(&mut stalled.socket) => {}
    }
    witness.told("state").await;
}

#[tokio::test]
async fn who_reads_but_never_answers_a_ping_is_too_slow() {
    let server = TestServer::start(&["--heartbeat-interval=100ms", "--heartbeat-timeout=500ms"]);
    let mut client = TextClient::enter(&server, drift()).await;
    let stream = tcp(&mut client.socket);
    // A ping in text, as a raw frame with a mask of zeros: no library answers the server's pings here.
    let ping = br#"{"type":"ping"}"#;
    let alive = [&[0x81, 0x80 | ping.len() as u8, 0, 0, 0, 0], &ping[..]].concat();
    let mut beats = tokio::time::interval(std::time::Duration::from_millis(100));
    let mut buffer = vec![0; 65_536];
    let reading = async {
        loop {
            tokio::select! {
                _ = beats.tick() => {
                    let _ = stream.write_all(&alive).await;
                }
                read = stream.read(&mut buffer) => {
                    if matches!(read, Ok(0) | Err(_)) {
                        return;
                    }
                }
            }
        }
    };
    tokio::time::timeout(support::PATIENCE, reading).await.expect("the connection ends");
    assert_eq!(server.metric("tickwire_closes_total{cause=\"too_slow\"}").await, 1.0);
}
