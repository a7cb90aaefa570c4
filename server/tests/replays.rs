//! Recordings over HTTP and WebSocket: listed, described and watched where they are served, and nothing else
//! of the machine.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

#[path = "../simulation/tests/recorded_match/mod.rs"]
mod recorded_match;
mod support;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use recorded_match::{Script, record};
use reqwest::StatusCode;
use serde_json::{Value, json};
use support::{Client, TestServer};
use tickwire_protocol::ids::RequestId;
use tickwire_protocol::message::{
    ClientMessage, GameMessage, Request, RequestKind, Role, ServerMessage, Value as Param,
};
use tickwire_simulation::registry::GameOptions;

const NAME: &str = "20261129T084011Z-arena-abc";
const LENGTH: u32 = 400;

/// A folder of this test, gone at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("tickwire-replays-{}-{number}", std::process::id());
        let folder = Self(std::env::temp_dir().join(name));
        std::fs::create_dir(&folder.0).unwrap();
        folder
    }

    fn put(&self, file: &str, bytes: &[u8]) {
        std::fs::write(self.0.join(file), bytes).unwrap();
    }

    fn serve(&self, flags: &[&str]) -> TestServer {
        let dir = format!("--journal-dir={}", self.0.display());
        TestServer::start(&[&[&dir, "--serve-replays"], flags].concat())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn journal() -> Vec<u8> {
    let game = tickwire_arena::create(&GameOptions::default()).unwrap();
    record(&Script { ticks: LENGTH, ..Script::default() }, game)
}

fn recorded() -> Folder {
    let folder = Folder::new();
    folder.put(&format!("{NAME}.journal"), &journal());
    folder
}

async fn get(server: &TestServer, path: &str) -> (StatusCode, Value) {
    let (status, body) = server.get(path).await;
    (status, serde_json::from_str(&body).unwrap())
}

#[actix::test]
async fn recordings_are_listed_and_described() {
    let folder = recorded();
    folder.put("old.journal", &journal()[..journal().len() / 2]);
    folder.put("noise.journal", b"not a journal at all");
    folder.put("notes.txt", b"");
    folder.put("a b.journal", &journal());
    let server = folder.serve(&[]);
    let (status, listing) = get(&server, "/api/replays").await;
    assert_eq!(status, StatusCode::OK);
    let replays = listing["replays"].as_array().unwrap();
    assert_eq!(replays.len(), 2, "{listing}");
    let whole = replays.iter().find(|replay| replay["name"] == NAME).unwrap();
    let told = |key: &str| whole[key].clone();
    assert_eq!(
        (told("game"), told("players"), told("ended")),
        ("arena".into(), 3.into(), true.into())
    );
    assert_eq!(told("started_at"), "2026-11-29T08:41:09Z");
    assert_eq!(told("seconds"), f64::from(LENGTH) / 30.0);
    assert!(told("winner").is_string(), "{whole}");
    let cut = replays.iter().find(|replay| replay["name"] == "old").unwrap();
    assert_eq!(cut["ended"], false);
    assert!(cut["seconds"].as_f64() < whole["seconds"].as_f64());
    assert_eq!(listing["unreadable"][0]["name"], "noise");
    assert!(listing["unreadable"][0]["message"].as_str().unwrap().contains("not a journal"));

    let (status, details) = get(&server, &format!("/api/replays/{NAME}")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&details["name"], &details["tick_rate"]), (&json!(NAME), &json!(30)));
    let (first, last) = (details["first_tick"].as_u64(), details["last_tick"].as_u64());
    assert_eq!((first, last), (Some(0), Some(LENGTH.into())));
    let marks = details["marks"].as_array().unwrap();
    assert!(marks.contains(&json!({"tick": 30, "kind": "join", "players": ["Ada"]})), "{marks:?}");
    assert!(marks.contains(&json!({"tick": 270, "kind": "leave", "players": ["Cy"]})), "{marks:?}");
    let (_, rooms) = get(&server, "/api/rooms").await;
    assert_eq!((&rooms["replays"], rooms["rooms"].as_array().unwrap().len()), (&json!(true), 0));
}

#[actix::test]
async fn without_the_flag_there_are_none() {
    let folder = recorded();
    let dir = format!("--journal-dir={}", folder.0.display());
    let server = TestServer::start(&[&dir]);
    for path in ["/api/replays".to_owned(), format!("/api/replays/{NAME}")] {
        let (status, body) = get(&server, &path).await;
        assert_eq!((status, &body["error"]), (StatusCode::NOT_FOUND, &json!("replays_disabled")));
    }
    let (status, body) = server.post("/api/join", json!({"replay": NAME})).await;
    assert_eq!((status, &body["error"]), (StatusCode::NOT_FOUND, &json!("replays_disabled")));
    let (_, rooms) = get(&server, "/api/rooms").await;
    assert_eq!(rooms["replays"], false);
}

#[actix::test]
async fn names_never_leave_the_folder() {
    let folder = recorded();
    let outside = Folder::new();
    outside.put("secret.journal", &journal());
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.0.join("secret.journal"), folder.0.join("link.journal"))
        .unwrap();
    std::fs::create_dir(folder.0.join("dir.journal")).unwrap();
    let server = folder.serve(&[]);
    let absolute = outside.0.join("secret").display().to_string();
    let beside = outside.0.file_name().map(Path::new).unwrap().join("secret");
    let bad = [
        format!("../{}", beside.display()),
        absolute.clone(),
        "..".into(),
        ".".into(),
        String::new(),
        "a/../b".into(),
        "%2e%2e".into(),
        "a\\b".into(),
        "a\0b".into(),
        format!("{NAME}.journal"),
        "x".repeat(101),
    ];
    for name in &bad {
        let (status, body) = server.post("/api/join", json!({"replay": name})).await;
        let expected = (StatusCode::BAD_REQUEST, &json!("bad_replay_name"));
        assert_eq!((status, &body["error"]), expected, "{name:?}");
    }
    // As they come in an address: encoded, so that no client makes them shorter.
    let encoded = |name: &str| name.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
    for name in bad.iter().filter(|name| !name.is_empty() && !name.contains('\0')) {
        let (status, body) = server.get(&format!("/api/replays/{}", encoded(name))).await;
        assert!(status.is_client_error(), "{name:?}: {status} {body}");
        assert!(!body.contains("tick_rate"), "{name:?}: {body}");
    }
    for name in ["nothing", "link", "dir"] {
        let (status, body) = get(&server, &format!("/api/replays/{name}")).await;
        let expected = (StatusCode::NOT_FOUND, &json!("no_such_replay"));
        assert_eq!((status, &body["error"]), expected, "{name}");
        let (status, _) = server.post("/api/join", json!({"replay": name})).await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    }
    let (_, listing) = get(&server, "/api/replays").await;
    assert_eq!(listing["replays"].as_array().unwrap().len(), 1, "{listing}");
}

#[actix::test]
async fn what_cannot_be_shown_says_why_and_disturbs_nobody() {
    let folder = recorded();
    let mut newer = journal();
    newer[8] = 99;
    let script = Script { game: "chess", ticks: 60, ..Script::default() };
    let unknown = record(&script, tickwire_arena::create(&GameOptions::default()).unwrap());
    let script = Script { game: "drift", ticks: 60, ..Script::default() };
    let other = record(&script, tickwire_arena::create(&GameOptions::default()).unwrap());
    folder.put("foreign.journal", b"GIF89a");
    folder.put("empty.journal", b"");
    folder.put("newer.journal", &newer);
    folder.put("beginning.journal", &journal()[..40]);
    folder.put("unknown.journal", &unknown);
    folder.put("other.journal", &other);
    let server = folder.serve(&[]);
    let mut player = server.enter(json!({"game": "arena", "name": "Ada"})).await;
    for (name, code) in [
        ("foreign", "replay_foreign"),
        ("empty", "replay_foreign"),
        ("newer", "replay_version"),
        ("beginning", "replay_damaged"),
        ("unknown", "replay_game"),
        ("other", "replay_game"),
    ] {
        let (status, body) = server.post("/api/join", json!({"replay": name})).await;
        let expected = (StatusCode::UNPROCESSABLE_ENTITY, &json!(code));
        assert_eq!((status, &body["error"]), expected, "{name}: {body}");
        assert!(body["message"].as_str().unwrap().starts_with("the recording cannot be"));
        let (status, body) = get(&server, &format!("/api/replays/{name}")).await;
        assert_eq!((status, &body["error"]), expected, "{name}: {body}");
    }
    player.next().await;
    let (_, rooms) = get(&server, "/api/rooms").await;
    assert_eq!(rooms["rooms"].as_array().unwrap().len(), 1, "{rooms}");
}

/// Reads on to the answer of a request.
async fn ask(client: &mut Client, id: u32, kind: u8, values: Vec<Param>) -> bool {
    let what = RequestKind::Game(GameMessage { kind, values });
    client.send(ClientMessage::Request(Request { id: RequestId(id), what })).await;
    loop {
        if let support::Received::Message(ServerMessage::Answer(answer)) = client.next().await {
            return answer.outcome.is_ok();
        }
    }
}

#[actix::test]
async fn a_recording_is_watched_and_run_by_whoever_watches() {
    let folder = recorded();
    let server = folder.serve(&["--bots=0"]);
    let joined = server.join(json!({"replay": NAME, "name": "Watcher"})).await;
    assert!(joined["player"].as_u64().unwrap() > u64::from(u32::MAX / 2), "{joined}");
    let mut client = Client::connect(joined["ws_url"].as_str().unwrap()).await;
    assert!(client.welcome.spectator);
    let names = |role: Role| {
        let roster = client.welcome.roster.iter().filter(move |entry| entry.role == role);
        roster.map(|entry| entry.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(Role::Spectator), ["Watcher"]);
    assert_eq!(names(Role::Bot).len(), 4, "the bots that were there at first");
    assert!(ask(&mut client, 1, 2, vec![Param::Integer(250)]).await, "seek");
    assert!(ask(&mut client, 2, 1, vec![]).await, "pause");
    assert!(!ask(&mut client, 3, 0, vec![Param::Number(3.0)]).await, "a speed that there is not");

    let room = server.room().await;
    assert_eq!((&room["replay"], &room["game"]), (&json!(NAME), &json!("arena")));
    // A match of the game is another room; another one watches along, and nobody plays here.
    let player = server.enter(json!({"game": "arena", "name": "Ada"})).await;
    assert!(!player.welcome.spectator);
    assert_ne!(player.welcome.room, client.welcome.room);
    let along = server.enter(json!({"room": joined["room"], "spectate": true})).await;
    assert_eq!(along.welcome.room, client.welcome.room);
    let (status, _) = server.post("/api/join", json!({"room": joined["room"]})).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let again = server.join(json!({"replay": NAME})).await;
    assert_ne!(again["room"], joined["room"], "everybody gets a room of their own");
}

#[actix::test]
async fn screenings_count_as_rooms_and_end_when_nobody_watches() {
    let folder = recorded();
    let server = folder.serve(&["--max-rooms=1", "--bots=0"]);
    let mut client = server.enter(json!({"replay": NAME})).await;
    let (status, body) = server.post("/api/join", json!({"replay": NAME})).await;
    let full = (StatusCode::SERVICE_UNAVAILABLE, &json!("too_many_rooms"));
    assert_eq!((status, &body["error"]), full);
    client.socket.close(None).await.unwrap();
    server.metric_until("tickwire_rooms", 0.0).await;
    server.enter(json!({"replay": NAME})).await;
}
