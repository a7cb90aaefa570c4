//! Server-sent events over real sockets: what happens in a room and on the server, histories, limits, the end.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use reqwest::Response;
use serde_json::{Value, json};
use support::{PATIENCE, TestServer, drift};
use tickwire_protocol::ids::RequestId;
use tickwire_protocol::message::{
    ClientMessage, GameMessage, Request, RequestKind, Value as Param,
};

/// One who listens.
struct Listener {
    response: Response,
    text: String,
}

/// What a listener heard.
#[derive(Clone, Debug, PartialEq)]
struct Heard {
    id: Option<String>,
    event: String,
    data: Value,
}

impl Listener {
    async fn begin(server: &TestServer, path: &str) -> Self {
        Self::begin_after(server, path, None).await
    }

    /// Begins as a browser does that comes back.
    async fn begin_after(server: &TestServer, path: &str, last: Option<&str>) -> Self {
        let mut request = reqwest::Client::new().get(server.url(path));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        let mut listener = Self { response, text: String::new() };
        // It is there once it is told when to come back.
        assert_eq!(listener.block().await.unwrap(), "retry: 2000");
        listener
    }

    /// The next block of lines; nothing when the answer has ended.
    async fn block(&mut self) -> Option<String> {
        let read = async {
            loop {
                if let Some((block, rest)) = self.text.split_once("\n\n") {
                    let (block, rest) = (block.to_owned(), rest.to_owned());
                    self.text = rest;
                    return Some(block);
                }
                let chunk = self.response.chunk().await.unwrap()?;
                self.text.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        };
        tokio::time::timeout(PATIENCE, read).await.expect("something is heard")
    }

    /// What is heard next; nothing when the answer has ended.
    async fn next(&mut self) -> Option<Heard> {
        loop {
            let block = self.block().await?;
            let line = |name: &str| {
                block.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned))
            };
            let Some(event) = line("event: ") else { continue };
            let data = serde_json::from_str(&line("data: ").unwrap()).unwrap();
            return Some(Heard { id: line("id: "), event, data });
        }
    }

    /// The next event of this kind.
    async fn until(&mut self, event: &str) -> Heard {
        let wait = async {
            loop {
                let heard = self.next().await.unwrap_or_else(|| panic!("the end, and no {event}"));
                if heard.event == event {
                    return heard;
                }
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("no {event}"))
    }
}

async fn status(server: &TestServer, path: &str) -> (u16, Value) {
    let (status, answer) = server.get(path).await;
    (status.as_u16(), serde_json::from_str(&answer).unwrap())
}

#[tokio::test]
async fn a_room_tells_who_comes_and_goes_what_happens_and_how_it_is() {
    let server = TestServer::start(&["--bots=0"]);
    let (_, room) = server.post("/api/rooms", json!({"game": "arena"})).await;
    let path = format!("/api/rooms/{}/events", room["room"].as_str().unwrap());
    let mut listener = Listener::begin(&server, &path).await;
    // From then on the room tells: what came before is nobody's to know.
    listener.until("summary").await;
    let mut ada = server.enter(json!({"room": room["room"], "name": "Ada"})).await;
    let player = ada.welcome.player;
    let joined = listener.until("joined").await.data;
    assert_eq!((&joined["player"], &joined["name"]), (&json!(player), &json!("Ada")));
    assert_eq!(joined["role"], "player");
    let rename = RequestKind::Rename { name: "Zoë".to_owned() };
    ada.send(ClientMessage::Request(Request { id: RequestId(1), what: rename })).await;
    assert_eq!(listener.until("renamed").await.data["name"], "Zoë");
    let values = vec![Param::Text("gg".to_owned())];
    ada.send(ClientMessage::Game(GameMessage { kind: 0, values })).await;
    let said = listener.until("game").await.data;
    assert_eq!(said["values"]["text"], "gg", "{said}");
    assert!(said["event"].is_string() && said["tick"].is_number(), "{said}");
    let summary = listener.until("summary").await.data;
    let zoe = json!([{"player": player, "name": "Zoë"}]);
    assert_eq!((&summary["players"], &summary["playing"]), (&json!(1), &zoe));
    assert!(summary["tick_ms"]["p99"].is_number(), "{summary}");
    let host = server.enter(json!({"host_key": room["host_key"], "spectate": true})).await;
    assert_eq!(listener.until("host").await.data["player"], json!(host.welcome.player));
    ada.leave().await;
    assert_eq!(listener.until("left").await.data["player"], json!(player));
    let key = room["host_key"].as_str().unwrap();
    let url = server.url(&format!("/api/rooms/{}", room["room"].as_str().unwrap()));
    let close = reqwest::Client::new().delete(url).header("authorization", format!("Bearer {key}"));
    assert_eq!(close.send().await.unwrap().status(), 204);
    listener.until("closed").await;
    assert_eq!(listener.next().await, None, "nothing follows");
}

#[tokio::test]
async fn the_server_tells_of_its_rooms_and_of_its_health() {
    let server = TestServer::start(&["--bots=0"]);
    let mut listener = Listener::begin(&server, "/api/events").await;
    let (_, room) = server.post("/api/rooms", json!({"game": "drift", "name": "Ada's"})).await;
    let opened = listener.until("room_opened").await.data;
    let expected =
        json!({"game": "drift", "private": false, "room": room["room"], "name": "Ada's"});
    assert_eq!(opened, expected);
    let (_, private) = server.post("/api/rooms", json!({"game": "drift", "private": true})).await;
    let hidden = json!({"game": "drift", "private": true});
    assert_eq!(listener.until("room_opened").await.data, hidden, "no more than that");
    let client = server.enter(json!({"code": private["code"]})).await;
    let health = loop {
        let health = listener.until("health").await.data;
        if health["players"] == 1 {
            break health;
        }
    };
    assert_eq!((&health["rooms"], &health["sessions"]), (&json!(2), &json!(1)), "{health}");
    assert!(health["ticks"].as_u64().unwrap() > 0 && health["lateness_p99_ms"].is_number());
    client.leave().await;
    let url = server.url(&format!("/api/rooms/{}", private["room"].as_str().unwrap()));
    let key = private["host_key"].as_str().unwrap();
    let close = reqwest::Client::new().delete(url).header("authorization", format!("Bearer {key}"));
    assert_eq!(close.send().await.unwrap().status(), 204);
    assert_eq!(listener.until("room_closed").await.data, hidden);
}

#[tokio::test]
async fn whoever_comes_back_goes_on_after_its_last_event_or_is_told_that_it_cannot() {
    let server = TestServer::start(&["--bots=0"]);
    let mut witness = Listener::begin(&server, "/api/events").await;
    for _ in 0..3 {
        server.post("/api/rooms", json!({"game": "drift"})).await;
    }
    let mut opened = Vec::new();
    while opened.len() < 3 {
        opened.push(witness.until("room_opened").await);
    }
    let last = opened[0].id.clone().unwrap();
    let mut back = Listener::begin_after(&server, "/api/events", Some(&last)).await;
    assert_eq!(back.until("room_opened").await, opened[1]);
    let query = format!("/api/events?last_event_id={last}");
    assert_eq!(Listener::begin(&server, &query).await.until("room_opened").await, opened[1]);
    // Of another life of the server, from the future, and none at all.
    let (epoch, _) = last.split_once('-').unwrap();
    let other = u32::from_str_radix(epoch, 16).unwrap() ^ 1;
    for last in [format!("{other:08x}-1"), format!("{epoch}-999999"), "nonsense".to_owned()] {
        let mut lost = Listener::begin_after(&server, "/api/events", Some(&last)).await;
        let heard = lost.next().await.unwrap();
        assert_eq!((&heard.event[..], &heard.data), ("gap", &json!({"missed": null})), "{last}");
        assert_eq!(lost.until("room_opened").await, opened[0], "all that is kept");
    }
}

#[tokio::test]
async fn what_happens_in_a_private_room_is_told_to_those_who_have_its_code() {
    let server = TestServer::start(&["--guesses-per-minute=100"]);
    let wanted = json!({"game": "drift", "private": true, "password": "x"});
    let (_, room) = server.post("/api/rooms", wanted).await;
    let path = format!("/api/rooms/{}/events", room["room"].as_str().unwrap());
    let code = room["code"].as_str().unwrap();
    for (query, expected, error) in [
        (String::new(), 404, "no_such_room"),
        ("?code=0000-0000".to_owned(), 404, "no_such_room"),
        (format!("?code={code}"), 401, "password_required"),
        (format!("?code={code}&password=y"), 403, "wrong_password"),
    ] {
        let (got, answer) = status(&server, &format!("{path}{query}")).await;
        assert_eq!((got, &answer["error"]), (expected, &json!(error)), "{query}");
    }
    let path = format!("{path}?code={code}&password=x");
    Listener::begin(&server, &path).await.until("summary").await;
    let (got, answer) = status(&server, "/api/rooms/nonsense/events").await;
    assert_eq!((got, &answer["field"]), (400, &json!("room")));
}

#[tokio::test]
async fn a_match_that_is_shown_later_is_not_told_before() {
    let server = TestServer::start(&["--spectator-delay=5s"]);
    let player = server.enter(drift()).await;
    let path = format!("/api/rooms/{}/events", player.welcome.room);
    let (got, answer) = status(&server, &path).await;
    assert_eq!((got, &answer["error"]), (403, &json!("delayed")));
    player.leave().await;
}

#[tokio::test]
async fn so_many_listen_and_their_places_are_given_back() {
    let server = TestServer::start(&["--max-event-listeners=2"]);
    let one = Listener::begin(&server, "/api/events").await;
    let mut two = Listener::begin(&server, "/api/events").await;
    let (got, answer) = status(&server, "/api/events").await;
    assert_eq!((got, &answer["error"]), (503, &json!("too_many_listeners")));
    drop(one);
    // Who is gone is found out by reading or by writing: at the latest with the next of health.
    while two.until("health").await.data["listeners"] != 1 {}
    Listener::begin(&server, "/api/events").await;
}

#[tokio::test]
async fn an_address_listens_so_often() {
    let flags = ["--limit-loopback", "--max-sessions-per-address=4"];
    let server = TestServer::start(&flags);
    let mut listeners = Vec::new();
    for _ in 0..4 {
        listeners.push(Listener::begin(&server, "/api/events").await);
    }
    let (got, answer) = status(&server, "/api/events").await;
    assert_eq!((got, &answer["error"]), (429, &json!("too_many_connections")));
}

#[tokio::test]
async fn a_server_that_stops_says_so_and_ends_its_answers() {
    let mut server = TestServer::start(&["--bots=0"]);
    let (_, room) = server.post("/api/rooms", json!({"game": "drift"})).await;
    let path = format!("/api/rooms/{}/events", room["room"].as_str().unwrap());
    let mut of_server = Listener::begin(&server, "/api/events").await;
    let mut of_room = Listener::begin(&server, &path).await;
    of_room.until("summary").await;
    server.begin_shutdown();
    of_room.until("closed").await;
    assert_eq!(of_room.next().await, None);
    of_server.until("stopping").await;
    assert_eq!(of_server.next().await, None);
}

#[tokio::test]
async fn a_listener_outlives_the_time_that_a_request_has_and_idle_connections() {
    // Longer than either: answers that go on are neither late nor idle.
    let server = TestServer::start(&["--handshake-timeout=1s", "--bots=0"]);
    let mut listener = Listener::begin(&server, "/api/events").await;
    for _ in 0..17 {
        listener.until("health").await;
    }
}
