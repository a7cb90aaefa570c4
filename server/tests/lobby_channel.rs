//! The lobby over real sockets: people in different rooms, and on different servers, talk and are counted.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value as Json, json};
use support::over_http::HttpClient;
use support::text::TextClient;
use support::{Client, PATIENCE, Received, TestServer, open_speaking};
use tickwire_protocol::ids::RequestId;
use tickwire_protocol::message::{
    Answer, ClientMessage, LobbyNews, Reply, Request, RequestKind, ServerMessage, Value,
};
use tickwire_server::cluster::bus::{Bus, LocalBus};

/// Somebody who may be in the lobby.
struct Person {
    client: Client,
    asked: u32,
    heard: VecDeque<LobbyNews>,
}

impl Person {
    async fn join(server: &TestServer, body: Json) -> Self {
        let joined = server.join(body).await;
        Self::connect(joined["ws_url"].as_str().unwrap()).await
    }

    async fn connect(ws_url: &str) -> Self {
        let socket = open_speaking(ws_url, "tickwire.v1.1").await;
        let client = Client::welcomed(socket).await;
        Self { client, asked: 0, heard: VecDeque::new() }
    }

    async fn begin(&mut self, what: RequestKind) -> RequestId {
        self.asked += 1;
        let id = RequestId(self.asked);
        self.client.send(ClientMessage::Request(Request { id, what })).await;
        id
    }

    async fn ask(&mut self, what: RequestKind) -> Reply {
        let asked = self.begin(what).await;
        let answered = async {
            loop {
                match self.client.next().await {
                    Received::Message(ServerMessage::Answer(Answer { id, outcome })) => {
                        assert_eq!(id, asked);
                        return outcome;
                    }
                    Received::Message(ServerMessage::Lobby(news)) => self.heard.push_back(news),
                    _ => {}
                }
            }
        };
        tokio::time::timeout(PATIENCE, answered).await.expect("an answer")
    }

    /// Enters, and says how many are in.
    async fn enter(&mut self) -> i32 {
        match self.ask(RequestKind::EnterLobby).await.unwrap()[..] {
            [Value::Integer(members)] => members,
            ref other => panic!("a number is due, not {other:?}"),
        }
    }

    async fn say(&mut self, text: &str) -> Reply {
        self.ask(RequestKind::SayToLobby { text: text.to_owned() }).await
    }

    async fn hear(&mut self) -> LobbyNews {
        if let Some(news) = self.heard.pop_front() {
            return news;
        }
        let heard = async {
            loop {
                if let Received::Message(ServerMessage::Lobby(news)) = self.client.next().await {
                    return news;
                }
            }
        };
        tokio::time::timeout(PATIENCE, heard).await.expect("a line")
    }
}

fn said(from: &str, room: &str, text: &str) -> LobbyNews {
    LobbyNews::Said { from: from.to_owned(), room: room.to_owned(), text: text.to_owned() }
}

fn code(outcome: Reply) -> String {
    outcome.unwrap_err().code
}

fn start() -> TestServer {
    TestServer::start(&["--bots=0"])
}

#[tokio::test]
async fn people_in_two_rooms_hear_each_other() {
    let server = start();
    let mut ada = Person::join(&server, json!({"name": "Ada"})).await;
    let (_, opened) = server.post("/api/rooms", json!({"game": "drift", "private": true})).await;
    let mut bo = Person::join(&server, json!({"name": "Bo", "code": opened["code"]})).await;
    assert_ne!(ada.client.welcome.room, bo.client.welcome.room);
    let room = ada.client.welcome.room.clone();
    assert_eq!(code(ada.say("is anybody there?").await), "not_in_lobby");
    assert_eq!(ada.enter().await, 1);
    ada.say(" first\u{202e} ").await.unwrap();
    // A newcomer is told what was said.
    assert_eq!(bo.enter().await, 2);
    bo.say("<b>second</b>").await.unwrap();
    for person in [&mut ada, &mut bo] {
        assert_eq!(person.hear().await, said("Ada", &room, "first"));
        // Nobody is told where a private room is.
        assert_eq!(person.hear().await, said("Bo", "", "<b>second</b>"));
    }
    // The name that one has then.
    ada.ask(RequestKind::Rename { name: "Countess".to_owned() }).await.unwrap();
    ada.say("third").await.unwrap();
    assert_eq!(bo.hear().await, said("Countess", &room, "third"));
    server.metric_until("tickwire_lobby_members", 2.0).await;
    assert_eq!(server.metric("tickwire_lobby_lines_total").await, 3.0);
    assert_eq!(server.metric("tickwire_lobby_refused_total").await, 1.0);
}

#[tokio::test]
async fn who_has_left_hears_nothing_and_who_enters_twice_hears_once() {
    let server = start();
    let mut ada = Person::join(&server, json!({"name": "Ada"})).await;
    let mut bo = Person::join(&server, json!({"name": "Bo"})).await;
    let room = ada.client.welcome.room.clone();
    assert_eq!(ada.ask(RequestKind::LeaveLobby).await, Ok(vec![]));
    ada.enter().await;
    assert_eq!(bo.enter().await, 2);
    assert_eq!(bo.enter().await, 2);
    ada.say("one").await.unwrap();
    assert_eq!(bo.hear().await, said("Ada", &room, "one"));
    bo.ask(RequestKind::LeaveLobby).await.unwrap();
    ada.say("two").await.unwrap();
    assert_eq!(code(bo.say("gone").await), "not_in_lobby");
    assert!(bo.heard.is_empty());
    assert_eq!(bo.enter().await, 2);
    for line in ["one", "two"] {
        assert_eq!(bo.hear().await, said("Ada", &room, line));
    }
    // With the room one leaves the lobby.
    bo.client.leave().await;
    server.metric_until("tickwire_lobby_members", 1.0).await;
}

#[tokio::test]
async fn who_comes_back_is_in_the_lobby_when_it_asks_again() {
    let server = start();
    let mut ada = Person::join(&server, json!({"name": "Ada"})).await;
    ada.enter().await;
    let token = ada.client.welcome.resume_token.clone();
    drop(ada);
    server.metric_until("tickwire_lobby_members", 0.0).await;
    let url = format!("ws://{}/ws?resume={token}&event=0", server.address);
    let mut ada = Person::connect(&url).await;
    ada.asked = 10;
    assert_eq!(code(ada.say("back").await), "not_in_lobby");
    assert_eq!(ada.enter().await, 1);
    ada.say("back").await.unwrap();
    let room = ada.client.welcome.room.clone();
    assert_eq!(ada.hear().await, said("Ada", &room, "back"));
}

#[tokio::test]
async fn servers_on_one_bus_talk_and_count_together() {
    let bus = Arc::<LocalBus>::default();
    let start = || TestServer::start_on(Arc::<LocalBus>::clone(&bus), &["--bots=3"]);
    let (one, mut other) = (start(), start());
    let mut ada = Person::join(&one, json!({"name": "Ada"})).await;
    let mut bo = Person::join(&other, json!({"name": "Bo", "game": "drift"})).await;
    let _eve =
        Person::join(&other, json!({"name": "Eve", "game": "drift", "spectate": true})).await;
    ada.enter().await;
    bo.enter().await;
    let room = bo.client.welcome.room.clone();
    bo.say("hello over there").await.unwrap();
    assert_eq!(ada.hear().await, said("Bo", &room, "hello over there"));
    one.channel.announce("down at 18:00").unwrap();
    for person in [&mut bo, &mut ada] {
        while person.hear().await != (LobbyNews::Announced { text: "down at 18:00".to_owned() }) {}
    }
    // Bots are no people.
    let expected = json!({"players": 2, "spectators": 1, "games": {
        "arena": {"players": 1, "rooms": 1}, "drift": {"players": 1, "rooms": 1}}});
    online_until(&one, &expected).await;
    online_until(&other, &expected).await;
    let integer = |number| Value::Integer(number);
    let game = |name: &str| [Value::Text(name.to_owned()), integer(1), integer(1)];
    let values = [vec![integer(2), integer(1)], game("arena").to_vec(), game("drift").to_vec()];
    assert_eq!(ada.ask(RequestKind::WhoIsOnline).await, Ok(values.concat()));
    let mut late = Person::join(&one, json!({"name": "Cy"})).await;
    assert_eq!(late.enter().await, 3);
    late.client.leave().await;
    // A server that stops says so.
    other.begin_shutdown();
    let expected =
        json!({"players": 1, "spectators": 0, "games": {"arena": {"players": 1, "rooms": 1}}});
    online_until(&one, &expected).await;
}

/// Waits until a server says that so many are online.
async fn online_until(server: &TestServer, expected: &Json) {
    let wait = async {
        loop {
            let (_, online) = server.get("/api/online").await;
            if serde_json::from_str::<Json>(&online).unwrap() == *expected {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    let arrived = tokio::time::timeout(PATIENCE, wait).await;
    assert!(arrived.is_ok(), "{:?}", server.get("/api/online").await);
}

#[tokio::test]
async fn who_says_too_much_or_nothing_is_told_why() {
    let server = start();
    let mut ada = Person::join(&server, json!({"name": "Ada"})).await;
    let room = ada.client.welcome.room.clone();
    ada.enter().await;
    assert_eq!(code(ada.say(" \u{202e}\n").await), "empty");
    assert_eq!(code(ada.say(&"é".repeat(121)).await), "too_long");
    // In one go, so that no time passes in between: five are said, in order, and one is not.
    for number in 1..=12 {
        ada.begin(RequestKind::SayToLobby { text: format!("line {number}") }).await;
    }
    let mut answers = Vec::new();
    while answers.len() < 12 {
        match ada.client.next().await {
            Received::Message(ServerMessage::Answer(answer)) => answers.push(answer),
            Received::Message(ServerMessage::Lobby(news)) => ada.heard.push_back(news),
            _ => {}
        }
    }
    answers.sort_by_key(|answer| answer.id);
    assert!(answers[..5].iter().all(|answer| answer.outcome == Ok(vec![])));
    let refused: Vec<_> =
        answers.iter().filter_map(|answer| answer.outcome.as_ref().err()).collect();
    assert!(!refused.is_empty() && refused.iter().all(|why| why.code == "too_fast"), "{refused:?}");
    assert!(refused[0].message.starts_with("wait 0."), "{}", refused[0].message);
    for number in 1..=5 {
        assert_eq!(ada.hear().await, said("Ada", &room, &format!("line {number}")));
    }
    let metric = server.metric("tickwire_lobby_refused_total").await;
    assert_eq!(metric, 2.0 + refused.len() as f64);
}

#[tokio::test]
async fn nonsense_on_the_bus_harms_nobody() {
    let bus = Arc::<LocalBus>::default();
    let server = TestServer::start_on(Arc::<LocalBus>::clone(&bus), &["--bots=0"]);
    let mut ada = Person::join(&server, json!({"name": "Ada"})).await;
    let room = ada.client.welcome.room.clone();
    ada.enter().await;
    for topic in ["lobby", "online"] {
        for nonsense in [&b""[..], b"gg", b"\x01", b"\x01\x00\xff", &[1; 100_000], &[0xff; 40]] {
            bus.publish(topic, Bytes::copy_from_slice(nonsense));
        }
    }
    ada.say("still here").await.unwrap();
    assert_eq!(ada.hear().await, said("Ada", &room, "still here"));
    online_until(
        &server,
        &json!({"players": 1, "spectators": 0, "games": {"arena": {"players": 1, "rooms": 1}}}),
    )
    .await;
}

#[tokio::test]
async fn who_does_not_read_is_skipped_and_told_how_much_was_missed() {
    const LINES: u32 = 1000;
    let server = TestServer::start(&["--bots=0", "--heartbeat-timeout=60s"]);
    let mut reader = Person::join(&server, json!({"name": "Ada", "game": "drift"})).await;
    let mut idler = Person::join(&server, json!({"name": "Bo", "game": "drift"})).await;
    reader.enter().await;
    idler.enter().await;
    // Some megabytes: more than the kernel takes for somebody who does not read.
    let mut announced = 0;
    while announced < LINES {
        for _ in 0..10 {
            let text = format!("{announced} {}", "🚀".repeat(390));
            server.channel.announce(&text).unwrap();
            announced += 1;
        }
        for expected in announced - 10..announced {
            assert_eq!(number_of(&reader.hear().await), expected, "who reads misses nothing");
        }
    }
    let mut next = 0;
    let mut missed = 0;
    while next < LINES {
        match idler.hear().await {
            LobbyNews::Missed { lines } => {
                missed += lines;
                next += lines;
            }
            news => {
                assert_eq!(number_of(&news), next);
                next += 1;
            }
        }
    }
    assert!(missed > 0 && missed < LINES, "{missed} of {LINES} lines were missed");
    server.channel.announce("0").unwrap();
    assert_eq!(number_of(&idler.hear().await), 0, "and it goes on");
}

fn number_of(news: &LobbyNews) -> u32 {
    let LobbyNews::Announced { text } = news else { panic!("an announcement is due") };
    text.split(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn the_first_version_has_no_lobby() {
    let server = start();
    let mut ada = Person::join(&server, json!({"name": "Ada"})).await;
    ada.enter().await;
    let joined = server.join(json!({"name": "Bo"})).await;
    let client = Client::connect(joined["ws_url"].as_str().unwrap()).await;
    let mut bo = Person { client, asked: 0, heard: VecDeque::new() };
    let say = RequestKind::SayToLobby { text: "gg".to_owned() };
    for what in [RequestKind::EnterLobby, say, RequestKind::WhoIsOnline, RequestKind::LeaveLobby] {
        assert_eq!(code(bo.ask(what).await), "unsupported");
    }
    ada.say("gg").await.unwrap();
    bo.client.frame().await;
    assert!(bo.heard.is_empty());
}

#[tokio::test]
async fn text_clients_and_those_without_a_websocket_talk_as_well() {
    let server = start();
    let mut ada = TextClient::enter(&server, json!({"name": "Ada"})).await;
    let room = ada.welcome["room"].clone();
    ada.say(json!({"type": "enter_lobby", "id": 1})).await;
    assert_eq!(ada.told("answer").await["values"], json!([1]));
    ada.say(json!({"type": "say_to_lobby", "text": " gg ", "id": 2})).await;
    let line = json!({"type": "lobby", "what": "said", "from": "Ada", "room": room, "text": "gg"});
    assert_eq!(ada.told("lobby").await, line);
    ada.say(json!({"type": "who_is_online", "id": 3})).await;
    loop {
        let answer = ada.told("answer").await;
        if answer["id"] == 3 {
            break assert_eq!(answer["values"], json!([1, 0, "arena", 1, 1]));
        }
    }
    let joined = server.join(json!({"name": "Bo"})).await;
    let mut bo = HttpClient::stream(joined["ws_url"].as_str().unwrap()).await;
    let enter = Request { id: RequestId(1), what: RequestKind::EnterLobby };
    bo.send(ClientMessage::Request(enter)).await;
    let news = ServerMessage::Lobby(said("Ada", room.as_str().unwrap(), "gg"));
    while bo.message().await != news {}
}
