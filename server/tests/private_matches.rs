//! Matches of rooms that are not for everybody, as far as they are written down: a room that comes back after a
//! crash is no more open than it was, and its recording is nobody's.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use support::Client;
use support::process::Process;

const KEY: &str = "--auth-key=0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// A folder of a test's own, gone when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("tickwire-{name}-{}", std::process::id())))
    }

    fn flag(&self) -> String {
        format!("--journal-dir={}", self.0.display())
    }

    /// Name of the one recording.
    fn recording(&self) -> String {
        let names = fs::read_dir(&self.0).unwrap().map(|file| file.unwrap().file_name());
        let names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
        let mut names = names.iter().filter_map(|name| name.strip_suffix(".journal"));
        let name = names.next().unwrap().to_owned();
        assert_eq!(names.next(), None);
        name
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn post(process: &Process, path: &str, body: &Value) -> (u16, Value) {
    let request = reqwest::Client::new().post(format!("{}{path}", process.url));
    let request = request.header("content-type", "application/json").body(body.to_string());
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

async fn enter(process: &Process, body: &Value) -> Client {
    let (status, joined) = post(process, "/api/join", body).await;
    assert_eq!(status, 200, "{joined}");
    Client::connect(joined["ws_url"].as_str().unwrap()).await
}

/// Plays in a room of these terms until its journal has something, and kills the server.
async fn crash(folder: &Folder, terms: &Value, pass: &Value) -> (Value, Process) {
    let (journals, flags) = (folder.flag(), ["--bots=0", KEY]);
    let flags = [&[&journals[..]], &flags[..]].concat();
    let process = Process::start(&flags);
    let (status, room) = post(&process, "/api/rooms", terms).await;
    assert_eq!(status, 201, "{room}");
    let mut body = pass.clone();
    body["room"] = room["room"].clone();
    body["code"] = room["code"].clone();
    let mut client = enter(&process, &body).await;
    for _ in 0..60 {
        client.frame().await;
    }
    process.signal("-KILL");
    drop(process);
    // Rooms are back before it says where it is.
    (room, Process::start(&flags))
}

#[tokio::test]
async fn a_private_room_comes_back_private_with_the_same_code_and_host() {
    let folder = Folder::new("private-revival");
    let terms = json!({"game": "arena", "private": true});
    let (room, process) = crash(&folder, &terms, &json!({})).await;
    let by_id = json!({"room": room["room"]});
    assert_eq!(post(&process, "/api/join", &by_id).await.0, 404);
    let (status, joined) = post(&process, "/api/join", &json!({"code": room["code"]})).await;
    assert_eq!((status, &joined["room"]), (200, &room["room"]));
    let (status, joined) =
        post(&process, "/api/join", &json!({"host_key": room["host_key"]})).await;
    assert_eq!((status, &joined["room"]), (200, &room["room"]));
}

#[tokio::test]
async fn a_room_with_a_password_comes_back_for_its_players_and_its_host_alone() {
    let folder = Folder::new("locked-revival");
    let terms = json!({"game": "arena", "password": "x"});
    let (room, process) = crash(&folder, &terms, &json!({"password": "x"})).await;
    let by_id = json!({"room": room["room"], "password": "x"});
    assert_eq!(
        post(&process, "/api/join", &by_id).await.0,
        404,
        "its password is not written down"
    );
    let (status, joined) =
        post(&process, "/api/join", &json!({"host_key": room["host_key"]})).await;
    assert_eq!((status, &joined["room"]), (200, &room["room"]));
}

#[tokio::test]
async fn a_private_match_is_nobodys_recording() {
    let folder = Folder::new("private-recording");
    let journals = folder.flag();
    let mut process = Process::start(&[&journals, "--bots=0", "--serve-replays"]);
    let terms = json!({"game": "arena", "private": true});
    let (_, room) = post(&process, "/api/rooms", &terms).await;
    let mut client = enter(&process, &json!({"code": room["code"]})).await;
    for _ in 0..60 {
        client.frame().await;
    }
    let url = format!("{}/api/rooms/{}", process.url, room["room"].as_str().unwrap());
    let key = format!("Bearer {}", room["host_key"].as_str().unwrap());
    let closed = reqwest::Client::new().delete(url).header("authorization", key);
    assert_eq!(closed.send().await.unwrap().status(), 204);
    process.line_with("room closed");
    let listing = reqwest::get(format!("{}/api/replays", process.url)).await.unwrap();
    let listing: Value = serde_json::from_str(&listing.text().await.unwrap()).unwrap();
    assert_eq!(listing, json!({"replays": [], "unreadable": []}));
    let replay = json!({"replay": folder.recording()});
    let (status, answer) = post(&process, "/api/join", &replay).await;
    assert_eq!((status, &answer["error"]), (404, &json!("no_such_replay")));
}
